//! The boundary between physics and learning.

use serde::{Deserialize, Serialize};

use crate::Prng;

/// A control task: physics, observation, reward and ending. Single, unbatched, tensor-free.
pub trait Environment: Send {
    /// Sizes and limits; constant over the environment's life.
    fn spec(&self) -> &EnvironmentSpec;
    /// Starts an episode. All randomness comes from `rng`.
    fn reset(&mut self, rng: &mut Prng) -> Observation;
    /// Advances one control step. `action` is in [-1, 1] per component; what lies outside is clipped.
    fn step(&mut self, action: &[f32]) -> Step;
    /// Everything that the next `step` depends on, and back again, bit for bit.
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
    /// Facts that a learner never gets and no buffer stores, such as this episode's goal.
    pub privileged: Vec<f32>,
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

/// Cuts the episodes of an environment after [`EnvironmentSpec::max_steps`]: the one place where time runs out.
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
