//! The nouns of the project. Every other crate points here, and this crate points nowhere.
//!
//! - [`Environment`]: a control task. It starts episodes, advances them by one [`Step`] and says through an
//!   [`Outcome`] whether the episode goes on, has truly ended, or has run out of time.
//! - [`Image`]: a picture, where the agent sees one beside its state.
//! - [`Policy`]: chooses actions, with the [`Intent`] to explore or to exploit.
//! - [`Learner`]: improves a policy from [`Minibatch`]es.
//! - [`Lane`]: one run's environment, random streams and current episode. Whatever a learner sees has the shape
//!   `[lane, row, feature]` ([`LaneRows`]): lanes share the learner's settings and nothing else.
//! - [`Drivers`]: who acts, the guide or the learner.
//! - [`Dataset`], [`ReplayBuffer`], [`Replay`], [`sample`]: experience, and how minibatches are drawn from it.
//! - [`OfflineTraining`]: the offline loop. [`evaluate`]: the evaluator. (The online loop is `jsrl::JumpStart`.)
//! - [`Prng`]: all randomness, derived from `(key, seed, purpose)`.

mod conformance;
mod dataset;
mod environment;
mod evaluate;
mod image;
mod lane;
mod lane_rows;
mod learner;
#[cfg(test)]
mod line;
mod minibatch;
mod offline;
mod policy;
mod prng;
mod replay;
mod scores;

pub use conformance::{check_environment, check_learner, check_robot};
pub use dataset::{Dataset, Row, Transition};
pub use environment::{Environment, EnvironmentSpec, Observation, Outcome, Snapshot, Step, TimeLimit};
pub use evaluate::{EvaluationLane, evaluate};
pub use image::{Image, ImageColumns, ImageRows, ImageShape};
pub use lane::{Drivers, Lane, LaneState};
pub use lane_rows::{LaneRows, ObservationRows};
pub use learner::{CheckpointError, Diagnostics, GivenActor, Learner};
pub use minibatch::{ImagePairs, Minibatch, OfflineSource, Replay, sample};
pub use offline::{OfflineState, OfflineTraining};
pub use policy::{Intent, Policy};
pub use prng::Prng;
pub use replay::{Collected, ReplayBuffer};
pub use scores::EpisodeScores;
