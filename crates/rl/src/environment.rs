//! The boundary between physics and learning.

use serde::{Deserialize, Serialize};

use crate::{Image, ImageShape, Prng};

/// A control task: physics, observation, reward and ending. Single, unbatched, tensor-free.
pub trait Environment: Send {
    /// Sizes and limits; constant over the environment's life.
    fn spec(&self) -> &EnvironmentSpec;
    /// Starts an episode. All randomness comes from `rng`.
    fn reset(&mut self, rng: &mut Prng) -> Observation;
    /// Advances one control step. Loops and evaluations clip `action` to [-1, 1] per component before they hand it over
    /// ([`crate::Drivers::act`]); others may hand over anything.
    fn step(&mut self, action: &[f32]) -> Step;
    /// The complete state: after [`Environment::restore`] the next steps give the same bits. A robot in the world cannot do
    /// this: let it return an empty snapshot and `restore` do nothing, and begin an episode when a training has been restored.
    /// ([`crate::check_environment`] tests all of this, [`crate::check_robot`] what such a robot can promise.)
    fn snapshot(&self) -> Snapshot;
    /// Puts the environment back into the state of a snapshot of the same task.
    fn restore(&mut self, snapshot: &Snapshot);
}

/// What an environment tells about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentSpec {
    /// The task's name, as on the command line.
    pub name: String,
    /// Length of [`Observation::state`].
    pub state_size: usize,
    /// Typical middle of each component of the state, in its own unit. Learners may scale their inputs by
    /// `(state - center) / spread`; observations themselves stay raw.
    pub state_center: Vec<f32>,
    /// Typical distance from the middle of each component of the state, in its own unit; above 0.
    pub state_spread: Vec<f32>,
    /// Size of [`Observation::image`]; none where the agent sees no picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageShape>,
    /// Length of [`Observation::privileged`].
    pub privileged_size: usize,
    /// Length of an action.
    pub action_size: usize,
    /// Control steps after which an episode times out.
    pub max_steps: usize,
    /// Steps at the goal that make an episode a success.
    pub success_steps: usize,
}

/// What the agent sees, and beside it what only scripted guides may see.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// The vector that policies and learners get.
    pub state: Vec<f32>,
    /// The picture that they get beside it.
    pub image: Option<Image>,
    /// Facts that a learner never gets and no buffer stores, such as this episode's goal.
    pub privileged: Vec<f32>,
}

impl Observation {
    /// A state and nothing beside it.
    pub fn of_state(state: Vec<f32>) -> Self {
        Self { state, ..Self::default() }
    }
}

/// The result of one control step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The observation after the step.
    pub observation: Observation,
    /// The reward of the step.
    pub reward: f32,
    /// What the step did to its episode.
    pub outcome: Outcome,
    /// At the goal in this step. An episode succeeds after [`EnvironmentSpec::success_steps`] of them.
    pub success: bool,
}

impl Step {
    /// Panics where the state or the reward is no finite number: from there on nothing that is learned or measured
    /// would mean anything. `step` counts from 0 within the episode.
    pub(crate) fn assert_finite(&self, task: &str, step: usize) {
        let state = &self.observation.state;
        assert!(state.iter().all(|x| x.is_finite()), "{task}: step {step} led to the state {state:?}");
        assert!(self.reward.is_finite(), "{task}: step {step} had the reward {}", self.reward);
    }
}

/// What a step did to its episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The episode goes on.
    Continues,
    /// A true ending: nothing can be earned after it.
    Terminates,
    /// The time limit cut the episode; the state itself is an ordinary one.
    TimesOut,
}

impl Outcome {
    /// 0 after a true ending, 1 otherwise: a time limit says nothing about the value beyond it.
    pub fn bootstrap(self) -> f32 {
        if self == Outcome::Terminates { 0.0 } else { 1.0 }
    }

    /// Whether the next step belongs to another episode.
    pub fn ends_episode(self) -> bool {
        self != Outcome::Continues
    }
}

/// The full state of an environment as bytes; their meaning is the environment's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot(pub Vec<u8>);

/// Cuts the episodes of an environment after [`EnvironmentSpec::max_steps`], for those that do not count steps themselves
/// (grasping does: its reward falls due when time runs out).
pub struct TimeLimit<E> {
    inner: E,
    steps: u64,
}

impl<E: Environment> TimeLimit<E> {
    /// Wraps a task that never times out by itself.
    pub fn new(inner: E) -> Self {
        Self { inner, steps: 0 }
    }

    /// The wrapped task.
    pub fn inner(&self) -> &E {
        &self.inner
    }
}

impl<E: Environment> Environment for TimeLimit<E> {
    fn spec(&self) -> &EnvironmentSpec {
        self.inner.spec()
    }

    fn reset(&mut self, rng: &mut Prng) -> Observation {
        self.steps = 0;
        self.inner.reset(rng)
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let mut step = self.inner.step(action);
        self.steps += 1;
        if step.outcome == Outcome::Continues && self.steps >= self.spec().max_steps as u64 {
            step.outcome = Outcome::TimesOut;
        }
        step
    }

    fn snapshot(&self) -> Snapshot {
        let Snapshot(mut bytes) = self.inner.snapshot();
        bytes.extend(self.steps.to_le_bytes());
        Snapshot(bytes)
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        let (inner, steps) = snapshot.0.split_last_chunk().expect("a snapshot made by TimeLimit");
        self.inner.restore(&Snapshot(inner.to_vec()));
        self.steps = u64::from_le_bytes(*steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Line;

    fn outcomes(environment: &mut impl Environment, action: f32, steps: usize) -> Vec<Outcome> {
        (0..steps).map(|_| environment.step(&[action]).outcome).collect()
    }

    #[test]
    fn the_time_used_is_part_of_a_snapshot() {
        use Outcome::{Continues, TimesOut};
        let mut environment = TimeLimit::new(Line::new(5, 1));
        let mut rng = Prng::derive("test", 0, "time limit");
        environment.reset(&mut rng);
        assert_eq!(outcomes(&mut environment, 0.0, 3), [Continues; 3]);
        let snapshot = environment.snapshot();
        assert_eq!(outcomes(&mut environment, 0.0, 2), [Continues, TimesOut]);
        environment.reset(&mut rng);
        assert_eq!(outcomes(&mut environment, 0.0, 4), [Continues; 4], "a reset starts the count anew");
        environment.restore(&snapshot);
        assert_eq!(outcomes(&mut environment, 0.0, 2), [Continues, TimesOut]);
    }

    #[test]
    fn a_true_ending_on_the_last_step_is_no_timeout() {
        let mut environment = TimeLimit::new(Line::new(5, 1));
        environment.reset(&mut Prng::derive("test", 0, "time limit"));
        environment.inner.position = 0.55;
        assert_eq!(outcomes(&mut environment, 1.0, 5)[3..], [Outcome::Continues, Outcome::Terminates]);
    }

    #[test]
    fn the_line_keeps_the_contract() {
        crate::check_environment(&mut TimeLimit::new(Line::new(30, 1)), 4);
    }
}
