//! Measurements on the tabular problems of the paper's theory: seconds each, without data, learner or robot.

pub(crate) mod make;
mod record;

use jsrl::theory::{
    Guide, JumpStartPlan, LockPlan, Mdp, Oracle, Search, combination_lock, episodes_until, psdp, psdp_until, random_mdp,
};
use rl::Prng;
use serde::{Deserialize, Serialize};

pub(crate) use record::{Observation, TheoryStore};

use crate::spec::RunKey;

/// What determines a measurement; the seed is not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measurement {
    /// Where.
    pub(crate) problem: Problem,
    /// Behind whom.
    pub(crate) guide: Guide,
    /// What is run and measured.
    pub(crate) quantity: Quantity,
}

/// A tabular problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Problem {
    /// Figure 15 and its variants.
    Lock(LockPlan),
    /// A random layered MDP, another one for each seed.
    Random {
        /// H.
        horizon: usize,
        /// S.
        states: usize,
        /// A.
        actions: usize,
    },
}

/// What is run and measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    /// Episodes that Algorithm 1 takes to a policy within `suboptimality` of V*.
    Algorithm1Episodes {
        /// How it is run.
        plan: JumpStartPlan,
        /// The distance to V* at which the search ends.
        suboptimality: f64,
        /// Episodes after which it gives up.
        budget: usize,
    },
    /// Episodes that Algorithm 2 takes, with a T that grows by half until it gets there.
    Algorithm2Episodes {
        /// The exploration oracle.
        oracle: Oracle,
        /// The distance to V* at which the search ends.
        suboptimality: f64,
        /// Episodes after which it gives up.
        budget: usize,
    },
    /// Suboptimality of Algorithm 2 after T episodes, and the right-hand sides of Theorem A.3 and Remark A.7.
    Algorithm2Suboptimality {
        /// The exploration oracle.
        oracle: Oracle,
        /// T.
        episodes: usize,
    },
}

/// What one seed gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    /// Of a search.
    Search(Search),
    /// Of Algorithm 2 at a fixed T.
    Run {
        /// Distance to V*, exact.
        suboptimality: f64,
        /// C times the sum of the oracle's mean regrets (Theorem A.3).
        bound: f64,
        /// The sum of C(h) times the oracle's mean regret at h (Remark A.7).
        bound_per_step: f64,
    },
}

impl Measurement {
    /// The name of its records' folder.
    pub(crate) fn key(&self) -> RunKey {
        RunKey::of(self)
    }

    /// Makes the measurement of one seed.
    pub(crate) fn run(&self, seed: u64) -> Outcome {
        let mdp = self.problem.build(seed);
        let guide = self.guide.policy(&mdp);
        let mut rng = Prng::derive(&self.key().to_string(), seed, "theory");
        match &self.quantity {
            Quantity::Algorithm1Episodes { plan, suboptimality, budget } => {
                Outcome::Search(episodes_until(*suboptimality, &mdp, &guide, plan, *budget, &mut rng))
            }
            Quantity::Algorithm2Episodes { oracle, suboptimality, budget } => {
                Outcome::Search(psdp_until(*suboptimality, &mdp, &guide, *oracle, *budget, &mut rng))
            }
            Quantity::Algorithm2Suboptimality { oracle, episodes } => {
                let (run, coverage) = (psdp(&mdp, &guide, *oracle, *episodes, &mut rng), mdp.coverage(&guide));
                Outcome::Run {
                    suboptimality: run.suboptimality,
                    bound: run.bound(coverage.constant()),
                    bound_per_step: run.bound_per_step(&coverage.per_step),
                }
            }
        }
    }
}

impl Problem {
    /// The problem of a seed. It depends on nothing but its sizes and the seed, so that oracles and budgets are compared on
    /// the same problems.
    fn build(&self, seed: u64) -> Mdp {
        match self {
            Problem::Lock(plan) => combination_lock(plan),
            Problem::Random { horizon, states, actions } => {
                let mut rng = Prng::derive(&RunKey::of(self).to_string(), seed, "problem");
                random_mdp(*horizon, *states, *actions, &mut rng)
            }
        }
    }
}

/// One point of a figure: a measurement to be made for every seed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TheoryPoint {
    /// The figure.
    pub(crate) experiment: &'static str,
    /// What is varied, such as `horizon`.
    pub(crate) study: &'static str,
    /// Which curve.
    pub(crate) method: &'static str,
    /// The value of what is varied.
    pub(crate) x: f64,
    /// The measurement.
    pub(crate) spec: Measurement,
}

impl TheoryPoint {
    /// The name that `--only` is matched with, such as `fig15/scratch/epsilon-greedy/8`.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}/{}", self.experiment, self.study, self.method, self.x)
    }
}

/// A point with what its seeds gave.
#[derive(Debug, Clone)]
pub(crate) struct TheoryResult {
    /// The point.
    pub(crate) point: TheoryPoint,
    /// In the order of the seeds.
    pub(crate) outcomes: Vec<Outcome>,
}

impl TheoryResult {
    /// The measured quantity of every seed.
    pub(crate) fn observations(&self) -> Vec<Observation> {
        self.outcomes.iter().map(|outcome| Observation::from(*outcome)).collect()
    }
}

/// Seeds of a point where the command line does not say.
pub(crate) fn seeds(scale: crate::spec::Scale) -> u64 {
    match scale {
        crate::spec::Scale::Smoke => 4,
        crate::spec::Scale::Laptop | crate::spec::Scale::Paper => 200,
    }
}
