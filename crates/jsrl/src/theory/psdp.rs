//! Algorithm 2: JSRL as Policy Search by Dynamic Programming (Bagnell et al. 2003) with a contextual-bandit oracle.

use rl::Prng;

use super::{Bandit, Mdp, Oracle, Search, TabularPolicy, exact::dot};

/// What a run of Algorithm 2 found, all numbers exact.
#[derive(Debug, Clone, PartialEq)]
pub struct PsdpRun {
    /// The policy: at each step the uniform mixture of the policies that the oracle played there.
    pub policy: TabularPolicy,
    /// `E_{s ~ p0} [V*_0(s) - V^pi_0(s)]`.
    pub suboptimality: f64,
    /// f of Assumption A.2 as it turned out at each step h: the oracle's mean regret per round, under the guide's
    /// distribution of states. (The paper's A.2 lets f bound the sum over rounds; Theorem A.3 and Corollary A.4 use the
    /// mean per round, and so does this.)
    pub mean_regrets: Vec<f64>,
}

impl PsdpRun {
    /// The right-hand side of Theorem A.3, `C * sum_h f(T/H, H-h)`, with the measured regrets as f. The proof holds run by
    /// run: no run of Algorithm 2 may have a suboptimality above it. Assumes A.1 with a finite C.
    pub fn bound(&self, coverage: f64) -> f64 {
        self.mean_regrets.iter().map(|regret| coverage * regret).sum()
    }

    /// The right-hand side of Remark A.7, `sum_h C(h) f(T/H, H-h)`, with the measured regrets as f. Each C(h) must
    /// be finite.
    pub fn bound_per_step(&self, coverage: &[f64]) -> f64 {
        dot(coverage, &self.mean_regrets)
    }
}

/// Algorithm 2 with `episodes` = T: for h = H-1 down to 0, `ceil(T/H)` rounds of a contextual bandit whose context is the
/// state that the guide reaches at step h and whose reward is the sum of the rewards from h on, with the steps after h in
/// the hands of the policies already found; then `pi_h = Unif({pi_t})`.
///
/// The oracle knows R, the range of that sum, as Assumption A.2 has it: `H - h`, or less where no return can be so large
/// (1 on the lock of Figure 15).
///
/// Theorem A.3 bounds its suboptimality by `C * sum_h f(T/H, H-h)` under Assumptions A.1 (coverage C) and A.2 (an oracle
/// of regret f). Corollary A.4 (Theorem 4.3 in the text) makes it `O(C H^(7/3) (S A / T)^(1/3))` for epsilon-greedy and
/// `O(C H^(5/2) S^(1/2) A / T^(1/2))` for FALCON+.
pub fn psdp(mdp: &Mdp, guide: &TabularPolicy, oracle: Oracle, episodes: usize, rng: &mut Prng) -> PsdpRun {
    let (horizon, states, actions) = (mdp.horizon(), mdp.states(), mdp.actions());
    mdp.check(guide);
    let rounds = episodes.div_ceil(horizon);
    let (occupancies, ranges) = (mdp.occupancies(guide), mdp.largest_returns());
    let (mut policy, mut mean_regrets) = (guide.clone(), vec![0.0; horizon]);
    let (mut visits, mut row) = (Vec::new(), vec![0.0; actions]);
    for h in (0..horizon).rev() {
        let mut bandit = Bandit::new(oracle, states, actions, ranges[h]);
        for _ in 0..rounds {
            mdp.episode(&mut visits, rng, |step, state, rng| {
                if step == h {
                    bandit.act(state, &mut row);
                    rng.weighted(&row)
                } else {
                    rng.weighted(policy.row(step, state))
                }
            });
            let reward = visits[h..].iter().map(|visit| visit.reward).sum();
            bandit.observe(visits[h].state, visits[h].action, reward);
        }
        let values = mdp.action_values(&policy, h);
        for (state, q) in values.chunks(actions).enumerate() {
            let mixture = bandit.mean_policy(state);
            let best = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            mean_regrets[h] += occupancies[h][state] * (best - dot(&mixture, q));
            policy.row_mut(h, state).copy_from_slice(&mixture);
        }
    }
    let suboptimality = mdp.optimal().1 - mdp.value(&policy);
    PsdpRun { policy, suboptimality, mean_regrets }
}

/// Runs Algorithm 2 with a T that starts at H and grows by half until its policy is within `suboptimality` of V*, since
/// Algorithm 2 must know its T beforehand. Counts the episodes of all runs; stops before the total would exceed `budget`.
pub fn psdp_until(
    suboptimality: f64,
    mdp: &Mdp,
    guide: &TabularPolicy,
    oracle: Oracle,
    budget: usize,
    rng: &mut Prng,
) -> Search {
    let (mut total, mut rounds) = (0, 1);
    while total + rounds * mdp.horizon() <= budget {
        let episodes = rounds * mdp.horizon();
        total += episodes;
        if psdp(mdp, guide, oracle, episodes, rng).suboptimality < suboptimality {
            return Search { episodes: total, found: true };
        }
        rounds += rounds.div_ceil(2);
    }
    Search { episodes: total, found: false }
}
