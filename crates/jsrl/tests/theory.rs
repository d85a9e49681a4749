//! The paper's theorems on small problems: what must hold in every run, and what a guide is good for.

use jsrl::{
    SchedulePlan,
    theory::{
        Exploration, Guide, JumpStartPlan, LockPlan, Oracle, Search, combination_lock, episodes_until, psdp,
        psdp_until, random_mdp,
    },
};
use rl::Prng;

const ORACLES: [Oracle; 2] = [Oracle::EpsilonGreedy, Oracle::FalconPlus];

fn rng(seed: u64) -> Prng {
    Prng::derive("test", seed, "theory")
}

/// Algorithm 1's plans on a lock of H steps: from scratch, curriculum, random.
fn plans(horizon: usize) -> [JumpStartPlan; 3] {
    let exploration = Exploration::EpsilonGreedy { epsilon: 0.1 };
    [
        SchedulePlan::LearnerOnly,
        SchedulePlan::Curriculum { stages: horizon, tolerance: 0.1, window: 1 },
        SchedulePlan::Random { stages: horizon },
    ]
    .map(|schedule| JumpStartPlan { schedule, exploration })
}

/// Mean episodes of Algorithm 1 on a lock over 20 seeds.
fn mean_episodes(plan: &LockPlan, guide: &Guide, jump_start: &JumpStartPlan) -> f64 {
    let lock = combination_lock(plan);
    let guide = guide.policy(&lock);
    let search = |seed| episodes_until(0.5, &lock, &guide, jump_start, 100_000, &mut rng(seed));
    let searches: Vec<Search> = (0..20).map(search).collect();
    assert!(searches.iter().all(|search| search.found), "{plan:?} {guide:?}");
    searches.iter().map(|search| search.episodes as f64).sum::<f64>() / 20.0
}

#[test]
fn algorithm_2_with_a_perfect_guide_comes_within_a_twentieth_of_optimal() {
    let mut problems = vec![combination_lock(&LockPlan::figure_15(3, 2))];
    problems.push(random_mdp(3, 3, 2, &mut rng(0)));
    for (mdp, oracle) in problems.iter().flat_map(|mdp| ORACLES.map(|oracle| (mdp, oracle))) {
        let guide = Guide::right(mdp.horizon(), 1.0).policy(mdp);
        let episodes = if oracle == Oracle::EpsilonGreedy { 4_000_000 } else { 500_000 };
        let shortfall = |episodes| psdp(mdp, &guide, oracle, episodes, &mut rng(1)).suboptimality / mdp.optimal().1;
        let (few, many) = (shortfall(mdp.horizon()), shortfall(episodes));
        assert!(many < 0.05 && many < few, "{oracle:?}: {many} of V*, {few} after one round a stage");
    }
}

/// Theorem A.3 and Remark A.7 with the measured regrets: a consequence of the performance difference lemma, run by run.
#[test]
fn no_run_of_algorithm_2_is_worse_than_theorem_a3() {
    for seed in 0..30 {
        let mdp = random_mdp(4, 3, 3, &mut rng(seed));
        let lock = combination_lock(&LockPlan { slip: 0.5, ..LockPlan::figure_15(4, 3) });
        for (mdp, guide, oracle) in [
            (&mdp, Guide::bounded(4, 1.0), Oracle::EpsilonGreedy),
            (&mdp, Guide::Wrong, Oracle::FalconPlus),
            (&lock, Guide::Wrong, Oracle::EpsilonGreedy),
            (&lock, Guide::uniform(4, 3), Oracle::FalconPlus),
        ] {
            let guide = guide.policy(mdp);
            let coverage = mdp.coverage(&guide);
            let run = psdp(mdp, &guide, oracle, 1 << (4 + seed % 8), &mut rng(seed));
            let (bound, tighter) = (run.bound(coverage.constant()), run.bound_per_step(&coverage.per_step));
            assert!(run.suboptimality > 0.0 && run.mean_regrets.iter().all(|regret| *regret >= 0.0), "{run:?}");
            assert!(run.suboptimality <= tighter + 1e-9 && tighter <= bound + 1e-9, "{bound} {tighter} {run:?}");
        }
    }
}

#[test]
fn exploration_from_scratch_takes_a_to_the_h_episodes() {
    for horizon in [4, 8] {
        let plan = LockPlan::figure_15(horizon, 2);
        let measured = mean_episodes(&plan, &Guide::uniform(horizon, 2), &plans(horizon)[0]);
        let expected = 2.0_f64.powi(horizon as i32);
        // A geometric mean over 20 seeds has a relative standard error of 0.22.
        assert!((0.4..1.8).contains(&(measured / expected)), "H = {horizon}: {measured} episodes");
    }
}

#[test]
fn guides_help_by_what_they_cover() {
    let plan = LockPlan::figure_15(9, 2);
    let [scratch, curriculum, random] = plans(9);
    let from_scratch = mean_episodes(&plan, &Guide::uniform(9, 2), &scratch);
    for jump_start in [&curriculum, &random] {
        let helped = mean_episodes(&plan, &Guide::bounded(9, 1.0), jump_start);
        assert!(helped < from_scratch / 10.0, "{helped} episodes with a guide, {from_scratch} without");
        // C is A^(H-1), and infinite.
        for useless in [Guide::uniform(9, 2), Guide::missing(9)] {
            let not_helped = mean_episodes(&plan, &useless, jump_start);
            assert!(not_helped > 0.5 * from_scratch, "{useless:?}: {not_helped} episodes, {from_scratch} without");
        }
    }
    // Wrong in every state, but it visits the good ones (Assumption 4.2).
    let slippery = LockPlan { slip: 1.0 - 1.0 / 9.0, ..LockPlan::figure_15(9, 4) };
    let helped = mean_episodes(&slippery, &Guide::Wrong, &curriculum);
    let alone = mean_episodes(&slippery, &Guide::Wrong, &scratch);
    assert!(helped < alone / 4.0, "{helped} episodes with a guide that is always wrong, {alone} without");
}

#[test]
fn algorithm_2_needs_coverage_too() {
    let lock = combination_lock(&LockPlan::figure_15(6, 2));
    let budget = 60_000;
    for oracle in ORACLES {
        let search = |guide: Guide| psdp_until(0.5, &lock, &guide.policy(&lock), oracle, budget, &mut rng(2));
        let covered = search(Guide::bounded(6, 1.0));
        assert!(covered.found && covered.episodes <= budget, "{oracle:?}: {covered:?}");
        let missed = search(Guide::missing(6));
        assert!(!missed.found && missed.episodes > budget / 4, "{oracle:?}: {missed:?}");
    }
}

#[test]
fn the_same_stream_gives_the_same_bits() {
    let lock = combination_lock(&LockPlan::figure_15(5, 2));
    let guide = Guide::bounded(5, 1.0).policy(&lock);
    let run = |seed| psdp(&lock, &guide, Oracle::EpsilonGreedy, 500, &mut rng(seed));
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}
