//! Finite-horizon MDPs with a table for each step.

use rl::Prng;

use super::TabularPolicy;

/// A layered MDP: H steps, S states at each of them, A actions. Rewards are 0 or 1 with the mean of the table, so that
/// the return from step h on lies in `[0, H - h]`, as Assumption A.2 wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mdp {
    horizon: usize,
    states: usize,
    actions: usize,
    /// Probability of each first state.
    start: Vec<f64>,
    /// Probabilities of the next state: `[step, state, action, next state]`.
    transitions: Vec<f64>,
    /// Mean rewards: `[step, state, action]`.
    rewards: Vec<f64>,
}

/// One step of an episode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Visit {
    pub(super) state: usize,
    pub(super) action: usize,
    pub(super) reward: f64,
}

impl Mdp {
    /// An MDP from its tables, given as functions of (step, state, action).
    pub fn new(
        horizon: usize,
        start: Vec<f64>,
        actions: usize,
        mut next_states: impl FnMut(usize, usize, usize) -> Vec<f64>,
        mut mean_reward: impl FnMut(usize, usize, usize) -> f64,
    ) -> Self {
        assert!(horizon > 0 && actions > 0, "{horizon} steps, {actions} actions");
        let states = start.len();
        let is_distribution = |row: &[f64]| {
            row.len() == states && row.iter().all(|p| *p >= 0.0) && (row.iter().sum::<f64>() - 1.0).abs() < 1e-9
        };
        assert!(is_distribution(&start), "the first state has probabilities {start:?}");
        let (mut transitions, mut rewards) = (Vec::new(), Vec::new());
        for step in 0..horizon {
            for state in 0..states {
                for action in 0..actions {
                    let row = next_states(step, state, action);
                    assert!(is_distribution(&row), "step {step}, state {state}, action {action}: {row:?}");
                    transitions.extend(row);
                    let reward = mean_reward(step, state, action);
                    assert!((0.0..=1.0).contains(&reward), "a mean reward of {reward}");
                    rewards.push(reward);
                }
            }
        }
        Self { horizon, states, actions, start, transitions, rewards }
    }

    /// H.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// S, the number of states at each step.
    pub fn states(&self) -> usize {
        self.states
    }

    /// A.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// Probabilities of the first state (p0).
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// Probabilities of the state after an action.
    pub fn next_states(&self, step: usize, state: usize, action: usize) -> &[f64] {
        let row = self.cell(step, state, action) * self.states;
        &self.transitions[row..row + self.states]
    }

    /// Mean reward of an action.
    pub fn mean_reward(&self, step: usize, state: usize, action: usize) -> f64 {
        self.rewards[self.cell(step, state, action)]
    }

    fn cell(&self, step: usize, state: usize, action: usize) -> usize {
        (step * self.states + state) * self.actions + action
    }

    /// Plays a whole episode; `act` chooses the action at (step, state).
    pub(super) fn episode(
        &self,
        visits: &mut Vec<Visit>,
        rng: &mut Prng,
        mut act: impl FnMut(usize, usize, &mut Prng) -> usize,
    ) {
        visits.clear();
        let mut state = rng.weighted(&self.start);
        for step in 0..self.horizon {
            let action = act(step, state, rng);
            let reward = f64::from(u8::from(rng.chance(self.mean_reward(step, state, action))));
            visits.push(Visit { state, action, reward });
            state = rng.weighted(self.next_states(step, state, action));
        }
    }

    /// Checks that a policy is one for this MDP.
    pub(super) fn check(&self, policy: &TabularPolicy) {
        let (mine, its) = ((self.horizon, self.states, self.actions), policy.shape());
        assert_eq!(mine, its, "a policy of another shape (steps, states, actions)");
    }
}
