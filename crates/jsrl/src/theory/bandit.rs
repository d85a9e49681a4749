//! Exploration oracles for tabular contextual bandits (`ExplorationOracle_CB` of Assumption A.2).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::policy::{greedy, inverse_gap_weighting};

/// Which oracle; both estimate the mean reward of each (context, action) by an average.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oracle {
    /// Epsilon-greedy with `epsilon_t = min(1, (S A / t)^(1/3))` and ties broken at random: mean regret
    /// `f = R (S A / T)^(1/3)` (Langford & Zhang 2007, as Corollary A.4 uses it).
    EpsilonGreedy,
    /// FALCON+ (Simchi-Levi & Xu 2020, algorithm 2): epochs of doubling length, estimates from the epoch before, and
    /// [inverse gap weighting](https://arxiv.org/abs/2003.12699) with `gamma = sqrt(A / E(n))`, where `E(n) = S A / n` is
    /// the error of a table fitted to the n rounds of that epoch: mean regret `f = R (S A^2 / T)^(1/2)` (Corollary A.4).
    /// The constant 1/30 of their proof is left out; it changes no exponent.
    FalconPlus,
}

/// An oracle at work in one bandit with S contexts, A actions and rewards in `[0, R]`.
///
/// Round t's policy is uniform with probability `epsilon_t` (0 for FALCON+), and otherwise a base policy that changes only
/// with the estimates. So the mean of all policies played, which Algorithm 2 wants, costs no pass over all contexts a round.
#[derive(Debug, Clone)]
pub struct Bandit {
    oracle: Oracle,
    contexts: usize,
    actions: usize,
    /// R.
    range: f64,
    /// Rounds finished.
    rounds: usize,
    /// Sums and counts of the rewards seen, as shares of R: of all rounds, or (FALCON+) of this epoch.
    sums: Vec<f64>,
    counts: Vec<f64>,
    /// Mean rewards, 0 where nothing was seen: `[context, action]`, as the sums and counts.
    estimates: Vec<f64>,
    /// `[context, action]`.
    base: Vec<f64>,
    /// Sums over the rounds finished of `epsilon_t` and of `1 - epsilon_t`.
    uniform_weight: f64,
    base_weight: f64,
    /// The base policies played, weighted, up to each context's last change; and `base_weight` at that change.
    played: Vec<f64>,
    played_until: Vec<f64>,
    /// FALCON+: the round with which this epoch ends.
    epoch_end: usize,
}

impl Bandit {
    /// Before the first round.
    pub fn new(oracle: Oracle, contexts: usize, actions: usize, range: f64) -> Self {
        let zeros = vec![0.0; contexts * actions];
        Self {
            oracle,
            contexts,
            actions,
            range,
            rounds: 0,
            sums: zeros.clone(),
            counts: zeros.clone(),
            estimates: zeros.clone(),
            base: vec![1.0 / actions as f64; contexts * actions],
            uniform_weight: 0.0,
            base_weight: 0.0,
            played: zeros,
            played_until: vec![0.0; contexts],
            epoch_end: 1,
        }
    }

    /// The share of uniform exploration in the round that comes.
    fn epsilon(&self) -> f64 {
        match self.oracle {
            Oracle::EpsilonGreedy => {
                let cells = (self.contexts * self.actions) as f64;
                (cells / (self.rounds + 1) as f64).cbrt().min(1.0)
            }
            Oracle::FalconPlus => 0.0,
        }
    }

    /// The policy of this round in a context.
    pub fn act(&self, context: usize, probabilities: &mut [f64]) {
        let (epsilon, from) = (self.epsilon(), context * self.actions);
        for (probability, base) in probabilities.iter_mut().zip(&self.base[from..from + self.actions]) {
            *probability = epsilon / self.actions as f64 + (1.0 - epsilon) * base;
        }
    }

    /// Ends the round with the reward of the action taken.
    pub fn observe(&mut self, context: usize, action: usize, reward: f64) {
        assert!((0.0..=self.range).contains(&reward), "a reward of {reward} in a bandit of range {}", self.range);
        let epsilon = self.epsilon();
        self.uniform_weight += epsilon;
        self.base_weight += 1.0 - epsilon;
        self.rounds += 1;
        let cell = context * self.actions + action;
        self.sums[cell] += reward / self.range;
        self.counts[cell] += 1.0;
        match self.oracle {
            Oracle::EpsilonGreedy => {
                self.estimates[cell] = self.sums[cell] / self.counts[cell];
                self.settle(context);
                let row = self.row(context);
                greedy(&self.estimates[row.clone()], &mut self.base[row]);
            }
            Oracle::FalconPlus if self.rounds == self.epoch_end => {
                for ((estimate, sum), count) in self.estimates.iter_mut().zip(&self.sums).zip(&self.counts) {
                    *estimate = if *count > 0.0 { sum / count } else { 0.0 };
                }
                self.sums.fill(0.0);
                self.counts.fill(0.0);
                // The epoch that ends here has half of all rounds.
                let gamma = (self.rounds.div_ceil(2) as f64 / self.contexts as f64).sqrt();
                for context in 0..self.contexts {
                    self.settle(context);
                    let row = self.row(context);
                    inverse_gap_weighting(&self.estimates[row.clone()], gamma, &mut self.base[row]);
                }
                self.epoch_end = 2 * self.rounds;
            }
            Oracle::FalconPlus => {}
        }
    }

    /// The mean of the policies of all rounds in a context: `Unif({pi_t})` of Algorithm 2 as one policy.
    pub fn mean_policy(&mut self, context: usize) -> Vec<f64> {
        assert!(self.rounds > 0, "no round, no policy");
        self.settle(context);
        let uniform = self.uniform_weight / self.actions as f64;
        self.played[self.row(context)].iter().map(|played| (played + uniform) / self.rounds as f64).collect()
    }

    fn row(&self, context: usize) -> Range<usize> {
        context * self.actions..(context + 1) * self.actions
    }

    /// Adds what a context's base policy was worth since its last change.
    fn settle(&mut self, context: usize) {
        let weight = self.base_weight - self.played_until[context];
        let row = self.row(context);
        self.played[row.clone()].iter_mut().zip(&self.base[row]).for_each(|(sum, base)| *sum += weight * base);
        self.played_until[context] = self.base_weight;
    }
}

#[cfg(test)]
mod tests {
    use rl::Prng;

    use super::*;

    /// Mean regret per round in a bandit with 2 contexts, 3 actions and a gap of 0.6.
    fn mean_regret(oracle: Oracle, rounds: usize) -> f64 {
        let mut rng = Prng::derive("test", rounds as u64, "bandit");
        let (mut bandit, mut row, mut regret) = (Bandit::new(oracle, 2, 3, 1.0), [0.0; 3], 0.0);
        let mut played = [0.0; 3];
        for _ in 0..rounds {
            bandit.act(1, &mut row);
            played.iter_mut().zip(row).for_each(|(sum, probability)| *sum += probability / rounds as f64);
            let context = rng.below(2);
            bandit.act(context, &mut row);
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9 && row.iter().all(|p| *p >= 0.0), "{row:?}");
            regret += 0.6 * (1.0 - row[context]) / rounds as f64;
            let action = rng.weighted(&row);
            let mean = if action == context { 0.8 } else { 0.2 };
            bandit.observe(context, action, f64::from(u8::from(rng.chance(mean))));
        }
        for (lazy, sum) in bandit.mean_policy(1).into_iter().zip(played) {
            assert!((lazy - sum).abs() < 1e-9, "{lazy} is not the mean of what was played, {sum}");
        }
        regret
    }

    #[test]
    fn regret_falls_as_assumption_a2_says() {
        for (oracle, exponent) in [(Oracle::EpsilonGreedy, -1.0 / 3.0), (Oracle::FalconPlus, -1.0 / 2.0)] {
            let measured = (mean_regret(oracle, 1_048_576) / mean_regret(oracle, 16_384)).log2() / 6.0;
            assert!((measured - exponent).abs() < 0.06, "{oracle:?}: {measured} is not about {exponent}");
        }
    }
}
