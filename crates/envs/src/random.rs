//! The policy that knows nothing.

use rl::{Intent, LaneRows, ObservationRows, Policy, Prng};

/// Uniform actions in [-1, 1], whatever they are wanted for.
pub(crate) struct RandomPolicy {
    pub(crate) action_size: usize,
}

impl Policy for RandomPolicy {
    fn act(&self, observations: &ObservationRows, _intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        let (lanes, rows) = (observations.state.lanes(), observations.state.rows());
        let mut actions = LaneRows::zeros(lanes, rows, self.action_size);
        for (lane, rng) in rngs.iter_mut().enumerate() {
            for row in 0..rows {
                actions.row_mut(lane, row).fill_with(|| rng.uniform(-1.0, 1.0));
            }
        }
        actions
    }
}
