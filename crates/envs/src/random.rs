//! The policy that knows nothing.

use rl::{Intent, LaneRows, ObservationRows, Policy, Prng};

/// Uniform actions in [-1, 1], whatever they are wanted for.
pub(crate) struct RandomPolicy {
    pub(crate) action_size: usize,
}

impl Policy for RandomPolicy {
    fn act(&self, observations: &ObservationRows, _intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        let (lanes, rows) = (observations.state.lanes(), observations.state.rows());
        LaneRows::from_fn(lanes, rows, self.action_size, |lane, _, action| {
            action.fill_with(|| rngs[lane].uniform(-1.0, 1.0));
        })
    }
}
