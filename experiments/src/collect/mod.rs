//! How data sets come about, one file per recipe.

pub(crate) mod grasping;
pub(crate) mod hand;
pub(crate) mod human;
pub(crate) mod maze;

use d4rl::{Metadata, Recording};

/// Notes in a file who acted, and in which simulator.
fn sign(recording: &mut Recording, algorithm: &str) {
    for (key, value) in [("algorithm", algorithm), ("simulator", envs::PHYSICS)] {
        recording.metadata.insert(key.into(), Metadata::Text(value.into()));
    }
}
