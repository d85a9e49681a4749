//! One run's environment and episode, and who drives it.

use serde::{Deserialize, Serialize};

use crate::{Environment, Intent, LaneRows, Observation, ObservationRows, Policy, Prng, Snapshot, Transition};

/// One run's environment, its random stream and the episode it is in.
pub struct Lane {
    environment: Box<dyn Environment>,
    rng: Prng,
    observation: Observation,
    steps: usize,
    guide_steps: usize,
}

/// Everything that a lane's next step depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneState {
    environment: Snapshot,
    rng: Prng,
    observation: Observation,
    steps: usize,
    guide_steps: usize,
}

impl Lane {
    /// Takes an environment and the stream of its resets, and starts the first episode with `guide_steps` of guidance.
    pub fn new(environment: Box<dyn Environment>, rng: Prng, guide_steps: usize) -> Self {
        let mut lane = Self { environment, rng, observation: Observation::default(), steps: 0, guide_steps };
        lane.begin_episode(guide_steps);
        lane
    }

    /// Starts an episode whose first `guide_steps` steps belong to the guide.
    pub fn begin_episode(&mut self, guide_steps: usize) {
        self.observation = self.environment.reset(&mut self.rng);
        self.steps = 0;
        self.guide_steps = guide_steps;
    }

    /// The lane as it stands, in the middle of an episode or not.
    pub fn state(&self) -> LaneState {
        LaneState {
            environment: self.environment.snapshot(),
            rng: self.rng.clone(),
            observation: self.observation.clone(),
            steps: self.steps,
            guide_steps: self.guide_steps,
        }
    }

    /// Puts a lane of the same task into a saved state, from which it goes on with the same bits.
    pub fn restore(&mut self, state: &LaneState) {
        let LaneState { environment, rng, observation, steps, guide_steps } = state.clone();
        self.environment.restore(&environment);
        (self.rng, self.observation, self.steps, self.guide_steps) = (rng, observation, steps, guide_steps);
    }

    /// Whether the next step is an episode's first.
    pub fn at_start(&self) -> bool {
        self.steps == 0
    }

    /// What the driver of the next step sees.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// Whether the next step is the guide's: steps 0 to h - 1 are, so a horizon of 0 leaves it none.
    pub fn in_guide_hands(&self) -> bool {
        self.steps < self.guide_steps
    }

    /// Takes one control step, with an action that [`Drivers::act`] has clipped: what is stored is what was done. After an
    /// outcome that ends the episode, call [`Lane::begin_episode`] next.
    pub fn step(&mut self, action: &[f32]) -> Transition {
        let step = self.environment.step(action);
        step.assert_finite(&self.environment.spec().name, self.steps);
        self.steps += 1;
        let observation = std::mem::replace(&mut self.observation, step.observation);
        Transition {
            observation,
            action: action.to_vec(),
            reward: step.reward,
            next_observation: self.observation.clone(),
            outcome: step.outcome,
        }
    }
}

/// The guide drives a lane until its hand-over step, the learner from there on.
#[derive(Clone, Copy)]
pub struct Drivers<'a> {
    /// Opens the episode.
    pub guide: &'a dyn Policy,
    /// Finishes it.
    pub learner: &'a dyn Policy,
}

impl<'a> Drivers<'a> {
    /// One policy in both seats.
    pub fn alone(policy: &'a dyn Policy) -> Self {
        Self { guide: policy, learner: policy }
    }

    /// Actions `[lane, row, action]`, clipped to [-1, 1] whoever chose them; `in_guide_hands` has one entry per lane and
    /// row, lane by lane.
    ///
    /// What a lane draws does not depend on who drives the others: the learner is asked for every row, and the streams
    /// of lanes without a row in guide hands stay where the learner left them.
    ///
    /// # Panics
    /// Where whoever drives a row chose an action that is not finite: no robot should be sent one.
    pub fn act(
        &self,
        observations: &ObservationRows,
        in_guide_hands: &[bool],
        guide_intent: Intent,
        learner_intent: Intent,
        rngs: &mut [Prng],
    ) -> LaneRows {
        let mut actions = self.learner.act(observations, learner_intent, rngs);
        let rows = actions.rows();
        if in_guide_hands.contains(&true) {
            let before = rngs.to_vec();
            let guided = self.guide.act(observations, guide_intent, rngs);
            for ((rng, before), in_guide_hands) in rngs.iter_mut().zip(before).zip(in_guide_hands.chunks(rows)) {
                if !in_guide_hands.contains(&true) {
                    *rng = before;
                }
            }
            for (i, _) in in_guide_hands.iter().enumerate().filter(|(_, in_guide_hands)| **in_guide_hands) {
                let (lane, row) = (i / rows, i % rows);
                actions.row_mut(lane, row).copy_from_slice(guided.row(lane, row));
            }
        }
        for i in 0..actions.lanes() * rows {
            let action = actions.row_mut(i / rows, i % rows);
            assert!(action.iter().all(|x| x.is_finite()), "a policy chose the action {action:?}");
            for x in action {
                *x = x.clamp(-1.0, 1.0);
            }
        }
        actions
    }
}
