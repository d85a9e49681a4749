//! The guide of a run: who it is, and how good.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use jsrl::SchedulePlan;
use rl::Drivers;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    actor::Actor,
    judge::Judge,
    progress::Progress,
    record::GuideMeasure,
    run::Runner,
    spec::{GuideSource, OnlinePlan, RunSpec, digits},
    workspace::Workspace,
};

/// The networks of a policy that was saved earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedPolicy {
    /// Their folder: its full path, or that from the top of the clone.
    folder: String,
    /// A hash of them, so that the record of one guide never serves for another. It is noted where a specification leaves
    /// it out.
    #[serde(default)]
    content: String,
}

impl SavedPolicy {
    /// The folder.
    pub(crate) fn path(&self, workspace: &Workspace) -> PathBuf {
        workspace.root().join(&self.folder)
    }

    fn found(&self, workspace: &Workspace) -> Result<String> {
        let mut hash = Sha256::new();
        for file in ["learner.json", "learner.safetensors"].map(|name| self.path(workspace).join(name)) {
            hash.update(fs::read(&file).with_context(|| format!("cannot read the guide {}", file.display()))?);
        }
        Ok(digits(&hash.finalize()))
    }

    /// The folder, with the very networks that the specification means.
    fn verified(&self, workspace: &Workspace) -> Result<PathBuf> {
        let (path, found) = (self.path(workspace), self.found(workspace)?);
        ensure!(
            found == self.content,
            "{} holds other networks (content {found}) than the specification says ({}): put back those, or leave the \
             content out of the specification for a run with these",
            path.display(),
            self.content
        );
        Ok(path)
    }
}

impl RunSpec {
    /// Notes what the folders of saved guides hold, where that is left out.
    pub(crate) fn note_saved_guides(&mut self, workspace: &Workspace) -> Result<()> {
        match self.online.as_mut().map(|online| &mut online.guide) {
            Some(GuideSource::Saved(policy)) if policy.content.is_empty() => {
                policy.content = policy.found(workspace)?;
                Ok(())
            }
            Some(GuideSource::Run(run)) => run.spec.note_saved_guides(workspace),
            _ => Ok(()),
        }
    }

    /// Whether saved guides are those that it means, before hours go into what leads up to them.
    pub(crate) fn verify_saved_guides(&self, workspace: &Workspace) -> Result<()> {
        match self.online.as_ref().map(|online| &online.guide) {
            Some(GuideSource::Saved(policy)) => policy.verified(workspace).map(drop),
            Some(GuideSource::Run(run)) => run.spec.verify_saved_guides(workspace),
            _ => Ok(()),
        }
    }
}

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
                let folder = self.workspace.networks(&run.spec.key(), seed);
                let judged_on_this_task = !matches!(source, GuideSource::Run(_));
                let last = record.evaluations.into_iter().next_back().filter(|_| judged_on_this_task);
                (learned(&folder)?, last.and_then(|evaluation| evaluation.alone))
            }
            (None, GuideSource::Saved(policy)) => (learned(&policy.verified(&self.workspace)?)?, None),
            (None, _) => (Actor::BuiltIn(spec.task.oracle()), None),
        };
        let scores = judged.unwrap_or_else(|| {
            Judge::of(spec, seed).score(Drivers::alone(guide.policy()), 0, spec.offline.episodes, "guide")
        });
        let steps = scores.mean_success_steps().map_or(spec.task.max_steps(), |steps| steps.round() as usize);
        let measure = GuideMeasure { success_rate: scores.success_rate(), first_horizon: steps, forced_stages: 0 };
        Ok((Some(guide), Some(measure)))
    }
}
