//! Guides of known coverage (Assumptions 4.2 and A.1).

use serde::{Deserialize, Serialize};

use super::{Mdp, TabularPolicy};

/// A guide, by what it knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "guide", rename_all = "snake_case", deny_unknown_fields)]
pub enum Guide {
    /// Takes the optimal action with the probability given for each step, otherwise any other action. On a lock
    /// without slip `d_h(s*_h)` is the product of the probabilities before step h, so that `C(h)` is its inverse.
    Right {
        /// For each step (0 to 1).
        probabilities: Vec<f64>,
    },
    /// Never takes the optimal action: always the one after it, which on a lock with slip leaves most good states open.
    /// Its state coverage is finite, its coverage of state-action pairs infinite, and its value 0.
    Wrong,
}

impl Guide {
    /// Right with probability p at each step: `C = p^-(H-1)` on the lock.
    pub fn right(horizon: usize, p: f64) -> Self {
        Self::Right { probabilities: vec![p; horizon] }
    }

    /// Right with probability `1 - c/H`: C stays below about `e^c` for every H.
    pub fn bounded(horizon: usize, c: f64) -> Self {
        Self::right(horizon, 1.0 - c / horizon as f64)
    }

    /// Any action, as without a guide: `C = A^(H-1)` on the lock.
    pub fn uniform(horizon: usize, actions: usize) -> Self {
        Self::right(horizon, 1.0 / actions as f64)
    }

    /// Never right at the first step: it misses every later good state of the lock, so that C is infinite.
    pub fn missing(horizon: usize) -> Self {
        let mut probabilities = vec![1.0; horizon];
        probabilities[0] = 0.0;
        Self::Right { probabilities }
    }

    /// The guide as a policy for an MDP.
    pub fn policy(&self, mdp: &Mdp) -> TabularPolicy {
        let (optimal, _) = mdp.optimal();
        let mut policy = optimal.clone();
        for (step, state) in (0..mdp.horizon()).flat_map(|step| (0..mdp.states()).map(move |state| (step, state))) {
            let (right, row) = (optimal.mode(step, state), policy.row_mut(step, state));
            match self {
                Self::Right { probabilities } => {
                    assert_eq!(probabilities.len(), mdp.horizon(), "one probability for each step");
                    let others = (row.len() - 1).max(1) as f64;
                    row.fill((1.0 - probabilities[step]) / others);
                    row[right] = probabilities[step];
                }
                Self::Wrong => {
                    let wrong = (right + 1) % row.len();
                    row.fill(0.0);
                    row[wrong] = 1.0;
                }
            }
        }
        policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::{LockPlan, combination_lock};

    fn close(actual: f64, expected: f64) {
        assert!((actual / expected - 1.0).abs() < 1e-9, "{actual} is not {expected}");
    }

    #[test]
    fn coverage_on_the_lock_is_the_formula() {
        for horizon in [2, 5, 11] {
            let lock = combination_lock(&LockPlan::figure_15(horizon, 3));
            let coverage = |guide: Guide| lock.coverage(&guide.policy(&lock));
            for p in [0.5, 0.9, 1.0] {
                let coverage = coverage(Guide::right(horizon, p));
                close(coverage.constant(), p.powi(1 - horizon as i32));
                close(coverage.state_action, p.powi(-(horizon as i32)));
                for (step, c) in coverage.per_step.into_iter().enumerate() {
                    close(c, p.powi(-(step as i32)));
                }
            }
            close(coverage(Guide::uniform(horizon, 3)).constant(), 3.0_f64.powi(horizon as i32 - 1));
            assert!(coverage(Guide::bounded(horizon, 1.0)).constant() < std::f64::consts::E);
            assert_eq!(coverage(Guide::missing(horizon)).constant(), f64::INFINITY);
        }
    }

    #[test]
    fn a_guide_can_cover_the_good_states_and_act_wrongly_in_all_of_them() {
        let plan = LockPlan { slip: 0.9, ..LockPlan::figure_15(10, 4) };
        let lock = combination_lock(&plan);
        let guide = Guide::Wrong.policy(&lock);
        let coverage = lock.coverage(&guide);
        close(coverage.constant(), 0.9_f64.powi(-9));
        assert_eq!(coverage.state_action, f64::INFINITY);
        assert_eq!(lock.value(&guide), 0.0);
    }
}
