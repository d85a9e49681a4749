//! 0-initialised tabular Q-learning.

use super::{Mdp, TabularPolicy, mdp::Visit, policy::greedy};

/// The constant step size of the updates.
const STEP_SIZE: f64 = 0.5;

/// Action values `[step, state, action]`, 0 at first, as Theorem 4.1 has them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct QTable {
    horizon: usize,
    states: usize,
    actions: usize,
    values: Vec<f64>,
}

impl QTable {
    /// All values 0.
    pub(super) fn new(mdp: &Mdp) -> Self {
        let (horizon, states, actions) = (mdp.horizon(), mdp.states(), mdp.actions());
        Self { horizon, states, actions, values: vec![0.0; horizon * states * actions] }
    }

    /// The values of a state's actions.
    pub(super) fn row(&self, step: usize, state: usize) -> &[f64] {
        let from = (step * self.states + state) * self.actions;
        &self.values[from..from + self.actions]
    }

    /// The policy that takes the best action, and among several best ones any.
    pub(super) fn greedy_policy(&self) -> TabularPolicy {
        let mut policy = TabularPolicy::uniform(self.horizon, self.states, self.actions);
        for (step, state) in (0..self.horizon).flat_map(|step| (0..self.states).map(move |state| (step, state))) {
            greedy(self.row(step, state), policy.row_mut(step, state));
        }
        policy
    }

    /// One Q-learning update (Watkins & Dayan 1992) for each transition of an episode, from its end to its start. In this
    /// order a single success values the whole way to it, so that what is left to measure is exploration, not the speed
    /// at which values travel. Returns whether any value changed.
    pub(super) fn learn(&mut self, visits: &[Visit]) -> bool {
        let mut changed = false;
        let mut next = 0.0_f64;
        for (step, visit) in visits.iter().enumerate().rev() {
            let from = (step * self.states + visit.state) * self.actions;
            let row = &mut self.values[from..from + self.actions];
            let error = visit.reward + next - row[visit.action];
            row[visit.action] += STEP_SIZE * error;
            changed |= error != 0.0;
            next = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::{LockPlan, combination_lock};

    #[test]
    fn one_success_values_the_whole_way() {
        let lock = combination_lock(&LockPlan::figure_15(3, 2));
        let mut table = QTable::new(&lock);
        let visit = |action, reward| Visit { state: 0, action, reward };
        assert!(!table.learn(&[visit(0, 0.0), visit(0, 0.0), visit(0, 0.0)]), "no reward, nothing to learn");
        assert_eq!(lock.value(&table.greedy_policy()), 0.125, "ties are uniform");
        assert!(table.learn(&[visit(0, 0.0), visit(0, 0.0), visit(1, 1.0)]));
        assert_eq!([0, 1, 2].map(|step| table.row(step, 0)[usize::from(step == 2)]), [0.125, 0.25, 0.5]);
        assert_eq!(lock.value(&table.greedy_policy()), 1.0);
    }
}
