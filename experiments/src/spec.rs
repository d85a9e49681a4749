//! What a run is: everything that determines its result. (Some of it does so for some plans alone: ARCHITECTURE.md, "Keys".)

use std::{fmt, sync::Arc};

use anyhow::{Context, Result, anyhow, ensure};
use envs::Task;
use jsrl::SchedulePlan;
use learners::LearnerConfig;
use rl::{Dataset, Environment, EnvironmentSpec, Intent, OfflineSource, Replay, ReplayBuffer};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    data_file::{Demonstrated, Demonstrations, environment_of, size_label},
    guide::SavedPolicy,
};

/// One run: an offline phase and, after it, perhaps an online one. The seed is not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunSpec {
    /// The environment.
    pub(crate) task: Task,
    /// The offline data.
    pub(crate) data: DataSlice,
    /// Who learns, offline and online.
    pub(crate) learner: LearnerConfig,
    /// The offline phase.
    pub(crate) offline: OfflinePlan,
    /// The online phase; none for a run that ends with the offline one.
    pub(crate) online: Option<OnlinePlan>,
}

/// A random subset of a data file, drawn once per (content, size, seed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataSlice {
    /// The file's name under data/, without its ending. That of demonstrations tells how large their pictures are, and so
    /// those of the run's task ([`Demonstrated`]).
    pub(crate) file: String,
    /// A hash of the file's transitions: records of one file never serve for another of the same name.
    pub(crate) content: String,
    /// Transitions in the subset.
    pub(crate) transitions: usize,
}

impl DataSlice {
    /// How many demonstrations the file has, where its name says so.
    pub(crate) fn demonstrations(&self, task: Task) -> Option<Demonstrations> {
        Demonstrated::of(task, &self.file).map(|told| told.count)
    }

    /// Its size as the paper writes it: 300, 1k, 1m transitions, or 20, 200, 2k demonstrations.
    pub(crate) fn size(&self, task: Task) -> String {
        self.demonstrations(task).map_or_else(|| size_label(self.transitions), |count| count.to_string())
    }
}

/// The offline phase: `updates` gradient steps on the data slice, judged at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfflinePlan {
    /// Gradient steps; the same for every data size.
    pub(crate) updates: usize,
    /// Transitions in a minibatch.
    pub(crate) batch_rows: usize,
    /// Episodes that judge the result and give the guide's first horizon H1.
    pub(crate) episodes: usize,
    /// How often the policy is judged on the way, by as many episodes and after gradient steps that are evenly spaced,
    /// where the offline phase is a figure's curve.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) checks: usize,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The online phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnlinePlan {
    /// The exploration-policy's first weights.
    pub(crate) start: Start,
    /// Who opens the episodes, where the schedule lets anybody.
    pub(crate) guide: GuideSource,
    /// Whether the guide draws its actions while experience is collected, as the exploration-policy does, or takes its best
    /// ones, as it does wherever it is judged. A guide without a spread (a script, a clone by squared error) has none to draw.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) guide_draws: bool,
    /// For how long.
    pub(crate) schedule: SchedulePlan,
    /// Where minibatches come from.
    pub(crate) replay: ReplayPlan,
    /// Environment steps; the guide's count.
    pub(crate) steps: usize,
    /// Transitions in a minibatch.
    pub(crate) batch_rows: usize,
    /// Gradient steps after an environment step.
    pub(crate) updates_per_step: usize,
    /// Environment steps for each round of gradient steps, where it is not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) update_every: Option<usize>,
    /// When and how the policies are judged.
    pub(crate) evaluation: EvaluationPlan,
}

impl OnlinePlan {
    /// Environment steps for each round of gradient steps.
    pub(crate) fn update_every(&self) -> usize {
        self.update_every.unwrap_or(1)
    }

    /// What the guide's actions are wanted for while experience is collected.
    pub(crate) fn guide_intent(&self) -> Intent {
        if self.guide_draws { Intent::Explore } else { Intent::Exploit }
    }
}

/// The exploration-policy's first weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Start {
    /// Fresh ones.
    Cold,
    /// The whole learner of the offline phase: networks, targets, Adam's moments and step counts.
    Warm,
    /// The offline phase's actor beside fresh critics, as for somebody who is given a policy and nothing else.
    Actor {
        /// Environment steps in which that policy acts and critics alone learn, before it is fine-tuned too.
        critic_warm_up: usize,
    },
}

/// Where the guide comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GuideSource {
    /// The policy of this run's own offline phase, as in the paper.
    Offline,
    /// Another learner, trained on the same slice by the same offline plan.
    Learner(LearnerConfig),
    /// The controller that comes with the task.
    Oracle,
    /// A policy saved earlier.
    Saved(SavedPolicy),
    /// The final policy of another run with the same seed, of this or of another task, judged on this one. Where this
    /// task's pictures have more channels than its own had, it sees the first ones.
    Run(Box<NamedRun>),
}

/// A run that another one needs, and the method's name under which its record is kept: a table that has the run too
/// shares the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedRun {
    /// The method's name in tables.
    pub(crate) method: String,
    /// The run.
    pub(crate) spec: RunSpec,
}

impl NamedRun {
    /// A run that ends with the offline phase, whose record is kept as `offline-iql`, say.
    pub(crate) fn offline(spec: RunSpec) -> Self {
        Self { method: format!("offline-{}", spec.learner.name()), spec }
    }
}

/// Where minibatches of the online phase come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "replay", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ReplayPlan {
    /// One uniform buffer that starts with the data slice (IQL's own fine-tuning).
    Preloaded {
        /// Transitions kept.
        capacity: usize,
    },
    /// The data slice beside a buffer of what is collected (JSRL).
    TwoBuffers {
        /// Collected transitions kept.
        capacity: usize,
        /// Share of each minibatch that comes from the data slice (0 to 1).
        offline_share: f32,
    },
}

impl ReplayPlan {
    /// The buffers before anything is collected.
    pub(crate) fn buffers(self, dataset: &Arc<Dataset>) -> Replay {
        match self {
            Self::Preloaded { capacity } => {
                Replay { online: ReplayBuffer::preloaded(capacity, Dataset::clone(dataset)), offline: None }
            }
            Self::TwoBuffers { capacity, offline_share } => Replay {
                online: ReplayBuffer::preloaded(capacity, dataset.without_rows()),
                offline: Some(OfflineSource { data: dataset.clone(), share: offline_share }),
            },
        }
    }
}

/// When and how the policies are judged during the online phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvaluationPlan {
    /// Environment steps between evaluations of the exploration-policy alone.
    pub(crate) every: usize,
    /// Episodes of each of them, from the true start.
    pub(crate) episodes: usize,
    /// The score of the run is the mean over this many of the last of them.
    pub(crate) scored: usize,
    /// Environment steps between evaluations of the combined policy, which move the curriculum.
    pub(crate) curriculum_every: usize,
    /// Episodes of each of those.
    pub(crate) curriculum_episodes: usize,
}

/// The name of a run's folder: a hash of its specification.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RunKey(String);

impl RunKey {
    /// The name of a specification: equal for equal JSON, with fields in the order of their declaration.
    pub(crate) fn of(spec: &impl Serialize) -> Self {
        let json = serde_json::to_string(spec).expect("a specification is plain data");
        Self(digits(&Sha256::digest(json)))
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A method's name is a folder's, whether the command line gives it or a specification the guide's run's.
pub(crate) fn check_method(name: &str) -> Result<()> {
    let plain = name.chars().all(|c: char| c.is_ascii_alphanumeric() || "-_.".contains(c)) && !name.starts_with('.');
    let told = "a method's name is a folder's: letters, digits, - _ and ., not beginning with a dot; this is";
    ensure!(plain && !name.is_empty(), "{told} {name:?}");
    Ok(())
}

/// In a minibatch; more would not fit into memory.
const MOST_ROWS: usize = 1_000_000;

impl RunSpec {
    /// Says what makes a specification impossible to run; those of tables never are.
    pub(crate) fn check(&self) -> Result<()> {
        let environment = self.environment();
        let check = |learner: &LearnerConfig| {
            learner.check_for(environment.spec()).map_err(|problem| anyhow!("{} {problem}", learner.name()))
        };
        check(&self.learner)?;
        ensure!(self.data.transitions > 0, "data.transitions must be at least 1");
        let rows = |batch_rows: usize| (1..=MOST_ROWS).contains(&batch_rows);
        ensure!(rows(self.offline.batch_rows), "offline.batch_rows must be from 1 to {MOST_ROWS}");
        ensure!(self.offline.episodes > 0, "offline.episodes must be at least 1");
        let Some(online) = &self.online else { return Ok(()) };
        ensure!(online.steps > 0, "online.steps must be at least 1");
        ensure!(rows(online.batch_rows), "online.batch_rows must be from 1 to {MOST_ROWS}");
        ensure!(online.update_every() > 0, "online.update_every must be at least 1");
        let EvaluationPlan { every, episodes, scored, curriculum_every, curriculum_episodes } = online.evaluation;
        let counts = [every, episodes, scored, curriculum_every, curriculum_episodes];
        ensure!(counts.iter().all(|count| *count > 0), "every number of online.evaluation must be at least 1");
        ensure!(every <= online.steps, "online.evaluation.every must not be larger than online.steps");
        if let Start::Actor { critic_warm_up } = online.start {
            let name = self.learner.name();
            ensure!(matches!(self.learner, LearnerConfig::Iql(_)), "{name} cannot start from its actor alone: iql can");
            ensure!(critic_warm_up < online.steps, "critic_warm_up must be smaller than online.steps");
        }
        match online.schedule {
            SchedulePlan::Curriculum { stages, tolerance, window } => {
                ensure!(stages > 0 && window > 0, "a curriculum's stages and window must be at least 1");
                ensure!((0.0..=1.0).contains(&tolerance), "a curriculum's tolerance must be from 0 to 1");
            }
            SchedulePlan::Random { stages } => ensure!(stages > 0, "a random schedule's stages must be at least 1"),
            SchedulePlan::LearnerOnly => {}
        }
        match online.replay {
            ReplayPlan::Preloaded { capacity } => {
                ensure!(capacity >= self.data.transitions, "the replay's capacity must hold all of data.transitions");
            }
            ReplayPlan::TwoBuffers { capacity, offline_share } => {
                ensure!(capacity > 0, "the replay's capacity must be at least 1");
                ensure!((0.0..=1.0).contains(&offline_share), "the replay's offline_share must be from 0 to 1");
            }
        }
        match &online.guide {
            GuideSource::Learner(learner) => check(learner),
            GuideSource::Run(run) => {
                let sizes = |environment: &dyn Environment| {
                    let EnvironmentSpec { state_size, action_size, image, .. } = environment.spec();
                    (*state_size, *action_size, image.map(|image| (image.height, image.width)))
                };
                let same = sizes(&*environment) == sizes(&*run.spec.environment());
                ensure!(same, "the guide's run must have states, actions and pictures as large as the run's own");
                check_method(&run.method).and_then(|()| run.spec.check()).context("the guide's run cannot be run")
            }
            GuideSource::Offline | GuideSource::Oracle | GuideSource::Saved(_) => Ok(()),
        }
    }

    /// The task, with pictures as large as those of the data.
    pub(crate) fn environment(&self) -> Box<dyn Environment> {
        environment_of(self.task, &self.data.file)
    }

    /// The specification's name.
    pub(crate) fn key(&self) -> RunKey {
        RunKey::of(self)
    }

    /// The run that ends where this one's online phase begins. Guide, other starts than cold ones and the offline columns
    /// all read it.
    pub(crate) fn offline_run(&self) -> RunSpec {
        RunSpec { online: None, ..self.clone() }
    }

    /// The run that makes the guide, where a run makes it.
    pub(crate) fn guide_run(&self) -> Option<NamedRun> {
        let online = self.online.as_ref()?;
        match (&online.schedule, &online.guide) {
            (SchedulePlan::LearnerOnly, _) | (_, GuideSource::Oracle | GuideSource::Saved(_)) => None,
            (_, GuideSource::Offline) => Some(NamedRun::offline(self.offline_run())),
            (_, GuideSource::Learner(learner)) => {
                Some(NamedRun::offline(RunSpec { learner: learner.clone(), ..self.offline_run() }))
            }
            (_, GuideSource::Run(run)) => Some(NamedRun::clone(run)),
        }
    }

    /// The runs that must be finished before this one can start; what one of them needs itself stands before it.
    pub(crate) fn needs(&self) -> Vec<NamedRun> {
        let goes_on = self.online.as_ref().is_some_and(|online| online.start != Start::Cold);
        let start = goes_on.then(|| NamedRun::offline(self.offline_run()));
        let mut needs = Vec::new();
        for run in self.guide_run().into_iter().chain(start) {
            for need in run.spec.needs().into_iter().chain([run]) {
                if !needs.contains(&need) {
                    needs.push(need);
                }
            }
        }
        needs
    }
}

/// The first sixteen hexadecimal digits of a hash.
pub(crate) fn digits(hash: &[u8]) -> String {
    format!("{:016x}", u64::from_be_bytes(hash[..8].try_into().expect("hashes are longer")))
}

/// How much is run: which sizes of everything a table takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scale {
    /// Each task, learner and schedule once, in seconds; the numbers mean nothing.
    Smoke,
    /// Reduced budgets and part of the grid, for a few cores: hours for a row, days for a table.
    Laptop,
    /// The paper's budgets and grid.
    Paper,
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Scale::Smoke => "smoke",
            Scale::Laptop => "laptop",
            Scale::Paper => "paper",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_in_the_buffers_that_a_plan_says() {
        let mut data = Dataset::empty(1, 1);
        data.push(rl::Row {
            state: &[0.0],
            action: &[0.0],
            reward: 1.0,
            next_state: &[1.0],
            bootstrap: 0.0,
            success: 1.0,
            images: None,
        });
        let data = Arc::new(data);
        let two = ReplayPlan::TwoBuffers { capacity: 10, offline_share: 0.25 }.buffers(&data);
        assert_eq!(two.online.columns().len(), 0);
        assert_eq!(two.offline.map(|OfflineSource { data, share }| (data.len(), share)), Some((1, 0.25)));
        let one = ReplayPlan::Preloaded { capacity: 10 }.buffers(&data);
        assert_eq!((one.online.columns().len(), one.offline.is_none()), (1, true));
    }
}
