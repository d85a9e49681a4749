//! Exact values, occupancies and coverage by dynamic programming.

use super::{Mdp, TabularPolicy, policy::first_best};

/// How well a guide covers the states of the optimal policy (Assumptions 4.2 and A.1, with `phi(s) = s`).
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// C(h) of Remark A.7: `max_s d*_h(s) / d^g_h(s)`; infinite where the guide misses a state of the optimal policy.
    pub per_step: Vec<f64>,
    /// The same for pairs of state and action: the single-policy concentrability of offline learning (equation 1 of the
    /// appendix), which the paper does not need.
    pub state_action: f64,
}

impl Coverage {
    /// C, the largest C(h).
    pub fn constant(&self) -> f64 {
        self.per_step.iter().copied().fold(0.0, f64::max)
    }
}

impl Mdp {
    /// `E_{s ~ p0} V^pi_0(s)`.
    pub fn value(&self, policy: &TabularPolicy) -> f64 {
        dot(self.start(), &self.state_values(policy, 0))
    }

    /// `Q^pi_h(s, a)` as `[state, action]`, where the policy acts from step h + 1 on.
    pub fn action_values(&self, policy: &TabularPolicy, step: usize) -> Vec<f64> {
        self.backup(step, &self.state_values(policy, step + 1))
    }

    /// `V^pi_h(s)` of every state at a step, zeros after the last one.
    fn state_values(&self, policy: &TabularPolicy, step: usize) -> Vec<f64> {
        self.check(policy);
        (step..self.horizon()).rev().fold(vec![0.0; self.states()], |next, step| {
            let values = self.backup(step, &next);
            values.chunks(self.actions()).enumerate().map(|(s, q)| dot(policy.row(step, s), q)).collect()
        })
    }

    /// The optimal policy (of equal actions the first) and its value from the start, `E_{s ~ p0} V*_0(s)`.
    pub fn optimal(&self) -> (TabularPolicy, f64) {
        let mut policy = TabularPolicy::uniform(self.horizon(), self.states(), self.actions());
        let mut next = vec![0.0; self.states()];
        for step in (0..self.horizon()).rev() {
            let values = self.backup(step, &next);
            for (state, q) in values.chunks(self.actions()).enumerate() {
                let best = first_best(q);
                policy.row_mut(step, state).fill(0.0);
                policy.row_mut(step, state)[best] = 1.0;
                next[state] = q[best];
            }
        }
        (policy, dot(self.start(), &next))
    }

    /// R of Assumption A.2 at each step: the largest sum of rewards that any episode can collect from there on.
    pub fn largest_returns(&self) -> Vec<f64> {
        let (states, actions) = (self.states(), self.actions());
        let (mut next, mut largest) = (vec![0.0_f64; states], vec![0.0_f64; self.horizon()]);
        for step in (0..self.horizon()).rev() {
            let of = |state: usize, action: usize| {
                let reachable = self.next_states(step, state, action).iter().zip(&next).filter(|(p, _)| **p > 0.0);
                let later = reachable.map(|(_, largest)| *largest).fold(0.0, f64::max);
                later + f64::from(u8::from(self.mean_reward(step, state, action) > 0.0))
            };
            next = (0..states).map(|state| (0..actions).map(|action| of(state, action)).fold(0.0, f64::max)).collect();
            // A stage without any reward has nothing to learn; 1 keeps its oracle's scale.
            largest[step] = next.iter().copied().fold(0.0, f64::max).max(1.0);
        }
        largest
    }

    /// `d^pi_h(s)`, the probability of being in state s at step h: `[step][state]`.
    pub fn occupancies(&self, policy: &TabularPolicy) -> Vec<Vec<f64>> {
        self.check(policy);
        let mut occupancies = vec![self.start().to_vec()];
        for step in 0..self.horizon() - 1 {
            let mut next = vec![0.0; self.states()];
            for (state, here) in occupancies[step].iter().enumerate() {
                for (action, probability) in policy.row(step, state).iter().enumerate() {
                    let flow = here * probability;
                    next.iter_mut().zip(self.next_states(step, state, action)).for_each(|(n, p)| *n += flow * p);
                }
            }
            occupancies.push(next);
        }
        occupancies
    }

    /// Coverage of the optimal policy by a guide (Assumptions 4.2 and A.1).
    pub fn coverage(&self, guide: &TabularPolicy) -> Coverage {
        let (optimal, _) = self.optimal();
        let (wanted, visited) = (self.occupancies(&optimal), self.occupancies(guide));
        let ratio = |wanted: f64, visited: f64| if wanted > 0.0 { wanted / visited } else { 0.0 };
        let (mut per_step, mut state_action) = (Vec::new(), 0.0_f64);
        for (step, (wanted, visited)) in wanted.iter().zip(&visited).enumerate() {
            let ratios = wanted.iter().zip(visited).map(|(wanted, visited)| ratio(*wanted, *visited));
            per_step.push(ratios.fold(0.0, f64::max));
            for (state, (wanted, visited)) in wanted.iter().zip(visited).enumerate() {
                for (right, taken) in optimal.row(step, state).iter().zip(guide.row(step, state)) {
                    state_action = state_action.max(ratio(wanted * right, visited * taken));
                }
            }
        }
        Coverage { per_step, state_action }
    }

    /// Bellman backup of the values after a step: `[state, action]`.
    fn backup(&self, step: usize, next: &[f64]) -> Vec<f64> {
        let (states, actions) = (self.states(), self.actions());
        let value = |cell: usize| {
            let (state, action) = (cell / actions, cell % actions);
            self.mean_reward(step, state, action) + dot(self.next_states(step, state, action), next)
        };
        (0..states * actions).map(value).collect()
    }
}

/// Sum of products.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}
