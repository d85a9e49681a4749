//! A tiny task and a tiny policy for this crate's own tests.

use crate::{
    Environment, EnvironmentSpec, Intent, LaneRows, Observation, ObservationRows, Outcome, Policy, Prng, Snapshot, Step,
};

/// A point on a line, which starts within 0.5 of 0 and moves by 0.1 times the action. It is at the goal from 0.6 on and
/// leaves at 1. The reward is the position.
pub(crate) struct Line {
    spec: EnvironmentSpec,
    pub(crate) position: f32,
}

impl Line {
    pub(crate) fn new(max_steps: usize, success_steps: usize) -> Self {
        let spec = EnvironmentSpec {
            name: "line".into(),
            state_size: 1,
            state_center: vec![0.0],
            state_spread: vec![1.0],
            image: None,
            privileged_size: 0,
            action_size: 1,
            max_steps,
            success_steps,
        };
        Self { spec, position: 0.0 }
    }

    fn observation(&self) -> Observation {
        Observation::of_state(vec![self.position])
    }
}

impl Environment for Line {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut Prng) -> Observation {
        self.position = rng.uniform(-0.5, 0.5);
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.position += 0.1 * action[0];
        let outcome = if self.position >= 1.0 { Outcome::Terminates } else { Outcome::Continues };
        Step { observation: self.observation(), reward: self.position, outcome, success: self.position >= 0.6 }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot(self.position.to_le_bytes().into())
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        self.position = f32::from_le_bytes(snapshot.0.as_slice().try_into().expect("four bytes"));
    }
}

/// The same action always.
pub(crate) struct Always(pub(crate) f32);

impl Policy for Always {
    fn act(&self, observations: &ObservationRows, _: Intent, _: &mut [Prng]) -> LaneRows {
        let (lanes, rows) = (observations.state.lanes(), observations.state.rows());
        LaneRows::from_vec(lanes, rows, 1, vec![self.0; lanes * rows])
    }
}
