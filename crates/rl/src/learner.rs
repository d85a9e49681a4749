//! The boundary between the loops and whatever learns.

use std::path::{Path, PathBuf};

use crate::{Minibatch, Policy};

/// Improves one policy per lane from minibatches. Lanes never influence each other.
pub trait Learner {
    /// One gradient step for every lane.
    fn update(&mut self, batch: &Minibatch) -> Diagnostics;
    /// The policy as it stands.
    fn policy(&self) -> &dyn Policy;
    /// Writes parameters, targets, optimiser moments, step counts, learned scalars and random streams into a folder.
    ///
    /// # Errors
    /// When a file cannot be written; the message names it.
    fn save(&self, directory: &Path) -> Result<(), CheckpointError>;
    /// Reads back what `save` wrote for the same configuration.
    ///
    /// # Errors
    /// When a file is missing, cut short, or of other sizes; the message names it and what was expected.
    fn load(&mut self, directory: &Path) -> Result<(), CheckpointError>;
    /// This learner as one whose actor can be loaded by itself and held still; none where that is not possible.
    fn given_actor(&mut self) -> Option<&mut dyn GivenActor> {
        None
    }
}

/// A learner that can start from somebody's policy and nothing else (the paper's Figures 2, 7 and 8).
pub trait GivenActor {
    /// One gradient step for every lane of all but the actor: the critics learn of a policy that stays as it is.
    fn update_critics(&mut self, batch: &Minibatch) -> Diagnostics;
    /// Reads back the actor alone of what [`Learner::save`] wrote for the same configuration; critics, moments, step counts
    /// and streams stay as they are.
    ///
    /// # Errors
    /// As [`Learner::load`].
    fn load_actor(&mut self, directory: &Path) -> Result<(), CheckpointError>;
}

/// Named scalars of one update, one value per lane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagnostics(pub Vec<(&'static str, Vec<f32>)>);

impl Diagnostics {
    /// The values of a scalar over lanes.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, values)| values.as_slice())
    }

    /// The first scalar that is not finite in some lane: a training that has gone wrong.
    pub fn not_finite(&self) -> Option<&'static str> {
        self.0.iter().find(|(_, values)| values.iter().any(|value| !value.is_finite())).map(|(name, _)| *name)
    }
}

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system said no.
    #[error(
        "cannot {verb} the checkpoint file {path} ({source}): name a folder that a learner was saved in, and check its permissions and the free disk"
    )]
    Io {
        /// "read" or "write".
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The content is not what this learner saves.
    #[error("the checkpoint file {path} {problem}: name another folder, or remove this one")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, as the end of a sentence.
        problem: String,
    },
}
