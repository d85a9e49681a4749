//! A policy by its name on the command line or in a specification.

use std::path::Path;

use anyhow::{Context, Result, bail};
use envs::Task;
use learners::Device;
use rl::{Learner, Policy};

/// A frozen policy, wherever it comes from.
pub(crate) enum Actor {
    /// The actor of a saved learner.
    Learned(Box<dyn Learner>),
    /// A scripted controller.
    Scripted(Box<dyn Policy>),
}

impl Actor {
    /// `oracle`, `random`, or the folder of a saved learner.
    pub(crate) fn named(name: &str, task: Task, device: Device) -> Result<Self> {
        match name {
            "oracle" => Self::oracle(task),
            "random" => Ok(Self::Scripted(task.random_policy())),
            folder if Path::new(folder).is_dir() => Self::learned(Path::new(folder), task, device),
            other => bail!(
                "no policy is named '{other}': say oracle, random, or the folder of a saved one (under checkpoints/)"
            ),
        }
    }

    /// The actor of a saved learner, which must be able to act in the task.
    pub(crate) fn learned(folder: &Path, task: Task, device: Device) -> Result<Self> {
        let learner = learners::open_for(folder, task.build().spec(), device)?;
        Ok(Self::Learned(learner))
    }

    /// The task's scripted controller.
    pub(crate) fn oracle(task: Task) -> Result<Self> {
        let oracle = task.oracle().with_context(|| format!("{task} has no scripted policy: name a saved one"))?;
        Ok(Self::Scripted(oracle))
    }

    /// The policy.
    pub(crate) fn policy(&self) -> &dyn Policy {
        match self {
            Self::Learned(learner) => learner.policy(),
            Self::Scripted(policy) => &**policy,
        }
    }
}
