//! Exploration oracles for tabular contextual bandits (`ExplorationOracle_CB` of Assumption A.2).

use serde::{Deserialize, Serialize};

use super::policy::{epsilon_greedy, inverse_gap_weighting};

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
#[derive(Debug, Clone)]
pub struct Bandit {
    oracle: Oracle,
    contexts: usize,
    actions: usize,
    /// R.
    range: f64,
    /// Rounds finished.
    rounds: usize,
    /// Sums and counts of the rewards seen: of all rounds, or (FALCON+) of this epoch.
    sums: Vec<f64>,
    counts: Vec<f64>,
    /// Mean rewards as a share of R; 0 where nothing was seen.
    estimates: Vec<f64>,
    /// FALCON+: length of the epoch before this one, and the round with which this one ends.
    fitted_rounds: usize,
    epoch_end: usize,
}

impl Bandit {
    /// Before the first round.
    pub fn new(oracle: Oracle, contexts: usize, actions: usize, range: f64) -> Self {
        let zeros = vec![0.0; contexts * actions];
        let (sums, counts, estimates) = (zeros.clone(), zeros.clone(), zeros);
        Self { oracle, contexts, actions, range, rounds: 0, sums, counts, estimates, fitted_rounds: 0, epoch_end: 1 }
    }

    /// The policy of this round in a context.
    pub fn act(&self, context: usize, probabilities: &mut [f64]) {
        let estimates = &self.estimates[context * self.actions..(context + 1) * self.actions];
        match self.oracle {
            Oracle::EpsilonGreedy => {
                let cells = (self.contexts * self.actions) as f64;
                epsilon_greedy(estimates, (cells / (self.rounds + 1) as f64).cbrt().min(1.0), probabilities);
            }
            Oracle::FalconPlus => {
                let gamma = (self.fitted_rounds as f64 / self.contexts as f64).sqrt();
                inverse_gap_weighting(estimates, gamma, probabilities);
            }
        }
    }

    /// Ends the round with the reward of the action taken.
    pub fn observe(&mut self, context: usize, action: usize, reward: f64) {
        assert!((0.0..=self.range).contains(&reward), "a reward of {reward} in a bandit of range {}", self.range);
        let cell = context * self.actions + action;
        self.sums[cell] += reward / self.range;
        self.counts[cell] += 1.0;
        self.rounds += 1;
        match self.oracle {
            Oracle::EpsilonGreedy => self.estimates[cell] = self.sums[cell] / self.counts[cell],
            Oracle::FalconPlus if self.rounds == self.epoch_end => {
                for ((estimate, sum), count) in self.estimates.iter_mut().zip(&self.sums).zip(&self.counts) {
                    *estimate = if *count > 0.0 { sum / count } else { 0.0 };
                }
                self.sums.fill(0.0);
                self.counts.fill(0.0);
                self.fitted_rounds = self.rounds.div_ceil(2);
                self.epoch_end = 2 * self.rounds;
            }
            Oracle::FalconPlus => {}
        }
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
        for _ in 0..rounds {
            let context = rng.below(2);
            bandit.act(context, &mut row);
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9 && row.iter().all(|p| *p >= 0.0), "{row:?}");
            regret += 0.6 * (1.0 - row[context]) / rounds as f64;
            let action = rng.weighted(&row);
            let mean = if action == context { 0.8 } else { 0.2 };
            bandit.observe(context, action, f64::from(u8::from(rng.chance(mean))));
        }
        regret
    }

    #[test]
    fn regret_falls_as_assumption_a2_says() {
        for (oracle, exponent) in [(Oracle::EpsilonGreedy, -1.0 / 3.0), (Oracle::FalconPlus, -1.0 / 2.0)] {
            let measured = (mean_regret(oracle, 262_144) / mean_regret(oracle, 4_096)).log2() / 6.0;
            assert!((measured - exponent).abs() < 0.06, "{oracle:?}: {measured} is not about {exponent}");
        }
    }
}
