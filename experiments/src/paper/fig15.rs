//! Figure 15 and the theorems: the combination lock without and with a guide, and the rates of Algorithm 2.
//!
//! The paper draws the lock and proves Theorems 4.1 and 4.3; it shows no experiment for them. Each study varies one thing.

mod claims;
mod estimate;
mod figures;
mod table;

use std::path::Path;

use anyhow::Result;
use jsrl::{
    SchedulePlan,
    theory::{Exploration, Guide, JumpStartPlan, LockPlan, Oracle, Reward},
};

use crate::{
    paper::{TheoryExperiment, Verdict},
    spec::Scale,
    theory::{Measurement, Problem, Quantity, TheoryPoint, TheoryResult},
};

/// This figure.
pub(crate) fn experiment() -> TheoryExperiment {
    TheoryExperiment {
        id: "fig15",
        title: "the combination lock and the theorems, measured",
        points,
        present,
        check: |results| claims::rows(results).into_iter().map(Verdict::from).collect(),
    }
}

fn present(scale: Scale, results: &[TheoryResult], folder: &Path) -> Result<()> {
    table::write(scale, results, folder)?;
    figures::write(results, folder)
}

/// Theorem 4.1's distance to V*.
const SUBOPTIMALITY: f64 = 0.5;
/// Both oracles, with the names of their curves.
const ORACLES: [(&str, Oracle); 2] =
    [("algorithm2-epsilon-greedy", Oracle::EpsilonGreedy), ("algorithm2-falcon", Oracle::FalconPlus)];

/// What a scale fixes.
struct Budget {
    /// Horizons of exploration from scratch and of Algorithm 1 with a guide.
    horizons: Vec<usize>,
    /// Horizons of the guides that cover more or less; shorter locks are opened by chance.
    cover_horizons: Vec<usize>,
    /// Horizons of Algorithm 2, whose cost is a higher power of H.
    algorithm2_horizons: Vec<usize>,
    /// Episodes after which a search gives up. The mean of the longest from scratch is half of it.
    search: usize,
    /// Powers of 2 that T takes.
    episodes: Vec<u32>,
    /// T where something else is varied, as a power of 2.
    fixed: u32,
}

impl Budget {
    fn of(scale: Scale) -> Self {
        match scale {
            Scale::Smoke => Self {
                horizons: vec![2, 4],
                cover_horizons: vec![4, 5],
                algorithm2_horizons: vec![2, 3],
                search: 5_000,
                episodes: vec![8, 10],
                fixed: 10,
            },
            Scale::Laptop => Self {
                horizons: (2..=16).collect(),
                cover_horizons: (4..=14).collect(),
                algorithm2_horizons: vec![2, 3, 4, 6, 8, 10, 12],
                search: 1 << 17,
                episodes: vec![10, 12, 14, 16, 18, 20],
                fixed: 16,
            },
            Scale::Paper => Self {
                horizons: (2..=22).collect(),
                cover_horizons: (4..=18).collect(),
                algorithm2_horizons: vec![2, 3, 4, 6, 8, 10, 12, 16],
                search: 1 << 23,
                episodes: vec![10, 12, 14, 16, 18, 20, 22],
                fixed: 20,
            },
        }
    }
}

fn points(scale: Scale) -> Vec<TheoryPoint> {
    let budget = Budget::of(scale);
    [scratch(&budget), guided(&budget), cover(&budget), rates_of_algorithm2(scale, &budget), profiles(&budget)].concat()
}

fn point(study: &'static str, method: &'static str, x: usize, spec: Measurement) -> TheoryPoint {
    TheoryPoint { experiment: "fig15", study, method, x: x as f64, spec }
}

const EPSILON_GREEDY: Exploration = Exploration::EpsilonGreedy { epsilon: 0.1 };

/// One stage for each step. Scores are exact, so that there is nothing to average over a window.
fn curriculum(horizon: usize) -> SchedulePlan {
    SchedulePlan::Curriculum { stages: horizon, tolerance: 0.1, window: 1 }
}

/// Algorithm 1 on a lock, until the policy is good.
fn algorithm1(
    lock: LockPlan,
    guide: Guide,
    schedule: SchedulePlan,
    exploration: Exploration,
    budget: usize,
) -> Measurement {
    let plan = JumpStartPlan { schedule, exploration };
    let quantity = Quantity::Algorithm1Episodes { plan, suboptimality: SUBOPTIMALITY, budget };
    Measurement { problem: Problem::Lock(lock), guide, quantity }
}

/// Algorithm 2 on a lock, until the policy is good. It never gives up early: its cost is known to be a power of H.
fn algorithm2(lock: LockPlan, guide: Guide, oracle: Oracle, budget: usize) -> Measurement {
    let quantity = Quantity::Algorithm2Episodes { oracle, suboptimality: SUBOPTIMALITY, budget: 100 * budget };
    Measurement { problem: Problem::Lock(lock), guide, quantity }
}

/// Theorem 4.1: no guide (the one named here never acts).
fn scratch(budget: &Budget) -> Vec<TheoryPoint> {
    let rules = [("epsilon-greedy", EPSILON_GREEDY), ("falcon", Exploration::InverseGapWeighting)];
    let of = |(method, exploration), horizon: usize| {
        let (lock, guide) = (LockPlan::figure_15(horizon, 2), Guide::uniform(horizon, 2));
        point(
            "scratch",
            method,
            horizon,
            algorithm1(lock, guide, SchedulePlan::LearnerOnly, exploration, budget.search),
        )
    };
    rules.into_iter().flat_map(|rule| budget.horizons.iter().map(move |h| of(rule, *h))).collect()
}

/// The same locks behind a guide that is right with probability 1 - 1/H, so that C < e.
fn guided(budget: &Budget) -> Vec<TheoryPoint> {
    let (lock, guide) = (|horizon| LockPlan::figure_15(horizon, 2), |horizon| Guide::bounded(horizon, 1.0));
    let mut points = Vec::new();
    for &h in &budget.horizons {
        for (method, schedule) in [("curriculum", curriculum(h)), ("random", SchedulePlan::Random { stages: h })] {
            let spec = algorithm1(lock(h), guide(h), schedule, EPSILON_GREEDY, budget.search);
            points.push(point("guided", method, h, spec));
        }
    }
    for &h in &budget.algorithm2_horizons {
        for (method, oracle) in ORACLES {
            points.push(point("guided", method, h, algorithm2(lock(h), guide(h), oracle, budget.search)));
        }
    }
    points
}

/// What a guide must cover (Assumption 4.2), from nothing to the good states without the good actions.
fn cover(budget: &Budget) -> Vec<TheoryPoint> {
    let mut points = Vec::new();
    for &h in &budget.cover_horizons {
        let figure_15 = LockPlan::figure_15(h, 2);
        for (method, guide) in
            [("uniform", Guide::uniform(h, 2)), ("missing", Guide::missing(h)), ("right-0.8", Guide::right(h, 0.8))]
        {
            let spec = algorithm1(figure_15, guide, curriculum(h), EPSILON_GREEDY, budget.search);
            points.push(point("cover", method, h, spec));
        }
        // Four actions: a random one leaves this lock open with probability 1/2, as in Figure 15.
        let slippery = LockPlan { slip: 1.0 - 1.0 / h as f64, ..LockPlan::figure_15(h, 4) };
        for (method, schedule) in [
            ("wrong-scratch", SchedulePlan::LearnerOnly),
            ("wrong-curriculum", curriculum(h)),
            ("wrong-random", SchedulePlan::Random { stages: h }),
        ] {
            let spec = algorithm1(slippery, Guide::Wrong, schedule, EPSILON_GREEDY, budget.search);
            points.push(point("cover", method, h, spec));
        }
    }
    points
}

/// Suboptimality of Algorithm 2 over T, S, A (random MDPs), H (the lock that pays each step) and C (the lock).
fn rates_of_algorithm2(scale: Scale, budget: &Budget) -> Vec<TheoryPoint> {
    let random = |horizon, states, actions| Problem::Random { horizon, states, actions };
    let few = |values: &[usize]| if scale == Scale::Smoke { values[..2].to_vec() } else { values.to_vec() };
    let fixed = 1_usize << budget.fixed;
    let mut points = Vec::new();
    for (method, oracle) in ORACLES {
        let mut push = |study, x, problem, guide, episodes| {
            let quantity = Quantity::Algorithm2Suboptimality { oracle, episodes };
            points.push(point(study, method, x, Measurement { problem, guide, quantity }));
        };
        for power in &budget.episodes {
            push("episodes", 1 << power, random(2, 2, 2), Guide::bounded(2, 1.0), 1 << power);
        }
        for states in few(&[2, 4, 8, 16, 32]) {
            push("states", states, random(2, states, 2), Guide::bounded(2, 1.0), fixed);
        }
        // Not fewer: exploring costs (A - 1) / A, which is near its limit only for many actions.
        for actions in few(&[16, 32, 64, 128]) {
            push("actions", actions, random(2, 2, actions), Guide::bounded(2, 1.0), fixed);
        }
        for horizon in few(&[2, 3, 4, 6, 8, 12, 16]) {
            let lock = LockPlan { reward: Reward::EachStep, ..LockPlan::figure_15(horizon, 2) };
            push("horizon", horizon, Problem::Lock(lock), Guide::bounded(horizon, 1.0), fixed);
        }
        for coverage in few(&[1, 4, 16, 64, 256, 1024]) {
            let p = (coverage as f64).powf(-1.0 / 4.0);
            push("coverage", coverage, Problem::Lock(LockPlan::figure_15(5, 2)), Guide::right(5, p), fixed >> 3);
        }
    }
    points
}

/// Remark A.7: guides of equal C that err at one step only, the first or the last but one.
fn profiles(budget: &Budget) -> Vec<TheoryPoint> {
    let mut points = Vec::new();
    for (method, step) in [("early", 0), ("late", 4)] {
        let mut probabilities = vec![1.0; 6];
        probabilities[step] = 1.0 / 16.0;
        for power in budget.episodes.iter().map(|power| power - 2) {
            let quantity = Quantity::Algorithm2Suboptimality { oracle: Oracle::EpsilonGreedy, episodes: 1 << power };
            let (problem, guide) =
                (Problem::Lock(LockPlan::figure_15(6, 2)), Guide::Right { probabilities: probabilities.clone() });
            points.push(point("profile", method, 1 << power, Measurement { problem, guide, quantity }));
        }
    }
    points
}
