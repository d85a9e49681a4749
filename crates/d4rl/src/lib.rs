//! HDF5 files in the layout of D4RL (Fu et al. 2020, "D4RL: Datasets for Deep Data-Driven Reinforcement Learning").
//!
//! - [`read`] turns a file into a [`Recording`], whatever types and shapes its writer chose; [`write()`] is the way
//!   back.
//! - [`Recording::qlearning_dataset`] makes the transitions that learners train on, as D4RL's function of that name.
//! - [`inspect`] describes a file to people and to tests.
//! - [`ReferenceScores`] puts returns on D4RL's scale.
//!
//! What agents see beside a vector of numbers is in one more key, `images`: bytes of shape `[step, height, width, channel]`.
//!
//! HDF5 calls go through one lock per process, so reading from several threads is safe and no faster.

mod episodes;
mod error;
mod file;
mod inspect;
mod normalize;
mod recording;
mod write;

pub use episodes::ACTION_LIMIT;
pub use error::DatasetError;
pub use file::read;
pub use inspect::{Inspection, Key, Lengths, Summary, inspect};
pub use normalize::ReferenceScores;
pub use recording::{Column, Images, Metadata, Recording};
pub use write::write;
