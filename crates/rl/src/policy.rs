//! Anything that chooses actions: a learner's actor, a scripted guide, a walker, noise.

use crate::{LaneRows, ObservationRows, Prng};

/// Chooses one action per row, each component in [-1, 1].
///
/// A policy is Markov: its action depends on the current observation alone, and it keeps no state between calls. It is also
/// asked for rows that it will not drive, and evaluations come between two steps of training; so whatever a guide must
/// remember (the phase of a state machine, the place on a recorded path) belongs in the environment, which shows it in
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
