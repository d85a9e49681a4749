//! Pictures that need no runs: each follows from files of this repository alone.

mod demo;
mod fig1;
mod fig5;
mod fig6;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use envs::Task;
use learners::Device;
use rl::Drivers;

use crate::{actor::Actor, workspace::Workspace};

/// One picture, or a few that belong together.
pub(crate) struct Illustration {
    /// Its name on the command line and in results/.
    pub(crate) id: &'static str,
    /// One line for people.
    pub(crate) title: &'static str,
    /// Writes its files into a folder.
    pub(crate) draw: fn(&Workspace, &Path) -> Result<Drawn>,
}

/// What a picture has become.
pub(crate) struct Drawn {
    /// Its files.
    pub(crate) files: Vec<PathBuf>,
    /// What is seen on it, in sentences.
    pub(crate) seen: String,
}

/// All of them.
pub(crate) fn all() -> Vec<Illustration> {
    vec![fig1::illustration(), fig5::illustration(), fig6::illustration(), demo::illustration()]
}

/// Where the committed guide and the committed policy are at home.
const TASK: Task = Task::AntMazeUmaze;
const MAZE: &str = "these tasks are mazes";

/// The committed guide, and the policy that JSRL has trained with it.
struct Pair {
    guide: Actor,
    policy: Actor,
}

impl Pair {
    fn open(workspace: &Workspace) -> Result<Self> {
        let actor = |name: &str| {
            let folder = workspace.root().join("results/demo").join(name);
            let learner = learners::open(&folder, Device::CPU)
                .context("the committed policies are not as they should be: git checkout results/demo")?;
            anyhow::Ok(Actor::Learned(learner))
        };
        learners::use_one_thread();
        Ok(Self { guide: actor("guide")?, policy: actor("policy")? })
    }

    fn drivers(&self) -> Drivers<'_> {
        Drivers { guide: self.guide.policy(), learner: self.policy.policy() }
    }
}
