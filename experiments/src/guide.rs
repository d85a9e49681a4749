//! The guide of a run: who it is, and how good.

use std::path::Path;

use anyhow::Result;
use jsrl::SchedulePlan;
use rl::Drivers;

use crate::{
    actor::Actor,
    progress::Progress,
    record::GuideMeasure,
    run::{Runner, judge},
    spec::{GuideSource, OnlinePlan, RunSpec},
};

impl Runner {
    /// The guide, frozen, and its level; none for a schedule that leaves it no step.
    ///
    /// A guide that an offline phase on this very task made was judged at its end. Any other is judged here, on the task
    /// that it is to open: what it can do elsewhere says nothing of H1.
    pub(crate) fn guide(
        &self,
        spec: &RunSpec,
        online: &OnlinePlan,
        seed: u64,
        progress: &Progress,
    ) -> Result<(Option<Actor>, Option<GuideMeasure>)> {
        if online.schedule == SchedulePlan::LearnerOnly {
            return Ok((None, None));
        }
        let learned = |folder: &Path| Actor::learned(folder, spec.environment().spec(), self.device);
        let (guide, judged) = match (spec.guide_run(), &online.guide) {
            (Some(run), source) => {
                let record = self.finished(&run, seed, progress)?;
                let folder = self.workspace.checkpoint(&run.spec.key(), seed);
                let judged_on_this_task = !matches!(source, GuideSource::Run(_));
                let last = record.evaluations.into_iter().next_back().filter(|_| judged_on_this_task);
                (learned(&folder)?, last.and_then(|evaluation| evaluation.alone))
            }
            (None, GuideSource::Saved(folder)) => (learned(folder.as_ref())?, None),
            (None, _) => (Actor::BuiltIn(spec.task.oracle()), None),
        };
        let scores = judged
            .unwrap_or_else(|| judge(spec, seed, Drivers::alone(guide.policy()), 0, spec.offline.episodes, "guide"));
        let steps = scores.mean_success_steps().map_or(spec.task.max_steps(), |steps| steps.round() as usize);
        let measure = GuideMeasure { success_rate: scores.success_rate(), first_horizon: steps, forced_stages: 0 };
        Ok((Some(guide), Some(measure)))
    }
}
