//! Anything that chooses actions: a learner's actor, a scripted guide, a walker, noise.

use crate::{LaneRows, ObservationRows, Prng};

/// Chooses one action per row, each component in [-1, 1].
///
/// A policy is Markov: it sees the observation of the moment and keeps no state between calls.
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
