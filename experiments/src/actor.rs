//! A policy by its name on the command line or in a specification.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use envs::Task;
use learners::Device;
use rl::{Drivers, Environment, EnvironmentSpec, Learner, Policy};

use crate::data_file::IMAGE_SIZES;

/// Who acts where, on the command line.
#[derive(Args)]
pub(crate) struct Cast {
    /// The task.
    #[arg(long, value_parser = task_names())]
    pub(crate) task: Task,
    /// Who acts: oracle, random, or the folder of a saved policy.
    #[arg(long)]
    pub(crate) policy: String,
    /// Who acts in the first --guide-steps steps, named likewise.
    #[arg(long, requires = "guide_steps")]
    pub(crate) guide: Option<String>,
    /// The guide's steps in each episode.
    #[arg(long, requires = "guide")]
    guide_steps: Option<usize>,
    /// Height and width of the task's pictures, for a policy that learned from larger or smaller ones [default: 64].
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u16).range(IMAGE_SIZES))]
    image_size: Option<u16>,
}

/// Tasks by their names, which `--help` and errors list.
fn task_names() -> impl TypedValueParser<Value = Task> {
    let name = |name: String| name.parse::<Task>().expect("it is one of them");
    PossibleValuesParser::new(Task::ALL.map(Task::name)).map(name)
}

impl Cast {
    /// Those who are named.
    pub(crate) fn actors(&self, device: Device) -> Result<Actors> {
        let environment = self.environment()?;
        let named = |name: &String| Actor::named(name, self.task, environment.spec(), device);
        let learner = named(&self.policy)?;
        Ok(Actors { learner, guide: self.guide.as_ref().map(named).transpose()? })
    }

    /// The task, with pictures of the size that is asked for.
    pub(crate) fn environment(&self) -> Result<Box<dyn Environment>> {
        let Some(size) = self.image_size else { return Ok(self.task.build()) };
        let sized = self.task.build_seen_with(Some(usize::from(size)));
        sized.with_context(|| format!("--image-size is for tasks with pictures: {} has none", self.task))
    }

    /// The guide's steps in each episode.
    pub(crate) fn guide_steps(&self) -> usize {
        self.guide_steps.unwrap_or(0)
    }
}

/// Those who take turns in an episode.
pub(crate) struct Actors {
    learner: Actor,
    guide: Option<Actor>,
}

impl Actors {
    /// Their policies; a guide who is not named is never asked.
    pub(crate) fn drivers(&self) -> Drivers<'_> {
        let learner = self.learner.policy();
        Drivers { guide: self.guide.as_ref().map_or(learner, Actor::policy), learner }
    }
}

/// A frozen policy, wherever it comes from.
pub(crate) enum Actor {
    /// The actor of a saved learner.
    Learned(Box<dyn Learner>),
    /// A policy that comes with the tasks.
    BuiltIn(Box<dyn Policy>),
}

impl Actor {
    /// `oracle`, `random`, or the folder of a saved learner.
    fn named(name: &str, task: Task, spec: &EnvironmentSpec, device: Device) -> Result<Self> {
        match name {
            "oracle" => Ok(Self::BuiltIn(task.oracle())),
            "random" => Ok(Self::BuiltIn(task.random_policy())),
            folder if Path::new(folder).is_dir() => Self::learned(Path::new(folder), spec, device),
            other => bail!(
                "no policy is named '{other}': say oracle, random, or the folder of a saved one (under checkpoints/)"
            ),
        }
    }

    /// The actor of a saved learner, which must be able to act in the task.
    pub(crate) fn learned(folder: &Path, task: &EnvironmentSpec, device: Device) -> Result<Self> {
        Ok(Self::Learned(learners::open_for(folder, task, device)?))
    }

    /// The policy.
    pub(crate) fn policy(&self) -> &dyn Policy {
        match self {
            Self::Learned(learner) => learner.policy(),
            Self::BuiltIn(policy) => &**policy,
        }
    }
}
