//! The combination lock of Figure 15 (after Koenig & Simmons 1993), the hard instance of Theorem 4.1.

use serde::{Deserialize, Serialize};

use super::Mdp;

/// A state in which all actions so far were right: red in Figure 15.
pub(super) const GOOD: usize = 0;
/// The lock is closed for the rest of the episode: blue.
const CLOSED: usize = 1;

/// Sizes and variants of the lock. Figure 15 has `actions: 2`, [`Reward::AtTheEnd`] and `slip: 0.0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockPlan {
    /// H.
    pub horizon: usize,
    /// A.
    pub actions: usize,
    /// What opening pays.
    pub reward: Reward,
    /// Probability that the action after the right one leaves the lock open all the same, except at the last step. With
    /// it a guide can visit every good state and take the wrong action in each, which is the point of Assumption 4.2.
    pub slip: f64,
}

/// What a lock pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reward {
    /// 1 for the last right action after all others: Figure 15.
    AtTheEnd,
    /// 1 for every right action while open. A mistake at step h then costs all of the `H - h` that is left, the worst that
    /// Assumption A.2 allows for; Corollary A.4's exponents of H are made for this.
    EachStep,
}

impl LockPlan {
    /// The lock of Figure 15 with H steps and A actions.
    pub fn figure_15(horizon: usize, actions: usize) -> Self {
        Self { horizon, actions, reward: Reward::AtTheEnd, slip: 0.0 }
    }
}

/// The right action of a step, a*_h.
pub(super) fn right_action(step: usize, actions: usize) -> usize {
    (step / 2) % actions
}

/// Builds a lock: from the good state `s*_h` the action `a*_h` leads to `s*_{h+1}`, any other to the closed state, which
/// nothing leaves. V* is 1, or H where each step pays; a policy that draws actions uniformly opens the lock of Figure 15
/// with probability `A^-H`.
pub fn combination_lock(plan: &LockPlan) -> Mdp {
    let LockPlan { horizon, actions, reward, slip } = *plan;
    assert!(actions > 1, "a lock with one action is no lock");
    let is_right = |step: usize, state: usize, action: usize| state == GOOD && action == right_action(step, actions);
    let next = move |step: usize, state: usize, action: usize| {
        let slips = action == (right_action(step, actions) + 1) % actions;
        let open = match state {
            GOOD if is_right(step, state, action) => 1.0,
            GOOD if slips => slip,
            _ => 0.0,
        };
        let mut row = vec![0.0; 2];
        (row[GOOD], row[CLOSED]) = (open, 1.0 - open);
        row
    };
    let mean_reward = |step: usize, state: usize, action: usize| {
        let pays = reward == Reward::EachStep || step + 1 == horizon;
        f64::from(u8::from(pays && is_right(step, state, action)))
    };
    Mdp::new(horizon, vec![1.0, 0.0], actions, next, mean_reward)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::TabularPolicy;

    #[test]
    fn the_optimal_value_is_one_for_every_horizon() {
        for (horizon, actions) in (1..=22).flat_map(|horizon| [2, 3, 5].map(|actions| (horizon, actions))) {
            let (policy, value) = combination_lock(&LockPlan::figure_15(horizon, actions)).optimal();
            assert_eq!(value, 1.0, "H = {horizon}, A = {actions}");
            assert!((0..horizon).all(|step| policy.mode(step, GOOD) == right_action(step, actions)));
            let plan = LockPlan { reward: Reward::EachStep, ..LockPlan::figure_15(horizon, actions) };
            assert_eq!(combination_lock(&plan).optimal().1, horizon as f64);
        }
    }

    #[test]
    fn a_uniform_policy_sees_the_reward_with_probability_a_to_the_minus_h() {
        for (horizon, actions) in (1..=12).flat_map(|horizon| [2, 3, 4].map(|actions| (horizon, actions))) {
            let lock = combination_lock(&LockPlan::figure_15(horizon, actions));
            let value = lock.value(&TabularPolicy::uniform(horizon, 2, actions));
            let expected = (actions as f64).powi(-(horizon as i32));
            assert!((value / expected - 1.0).abs() < 1e-12, "H = {horizon}, A = {actions}: {value} is not {expected}");
        }
    }
}
