//! Anything that chooses actions: a learner's actor, a scripted guide, a walker, noise.

use crate::{LaneRows, ObservationRows, Prng};

/// Chooses one action per row, each component in [-1, 1].
///
/// A policy is Markov: it sees the observation of the moment and keeps no state between calls. Rows are asked for that it
/// will not drive, and evaluations ask between two steps of training; so what a guide must remember (the phase of a state
/// machine, the place on a recorded path) belongs into the environment, which shows it in
/// [`crate::Observation::privileged`].
pub trait Policy {
    /// Actions `[lane, row, action]` for observations `[lane, row, feature]`. `rngs[l]` feeds only rows of lane `l`.
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows;
}

/// What an action is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Collecting experience: stochastic policies draw.
    Explore,
    /// Being judged, or guiding: the best known action.
    Exploit,
}
