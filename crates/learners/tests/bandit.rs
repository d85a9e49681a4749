//! Each learner solves a small continuous bandit: one state feature x in [-1, 1], one action, and one step.

mod common;

use common::spec;
use learners::{AwacConfig, BcConfig, BcLoss, CqlConfig, Device, IqlConfig, LearnerConfig};
use rl::{Intent, LaneRows, Minibatch, ObservationRows, Prng};

/// The best action for a state.
fn best(x: f32) -> f32 {
    0.6 * x
}

/// Without an average: over a thousand updates it lags behind in so short a training.
#[test]
fn iql_finds_the_best_of_random_actions() {
    let config =
        IqlConfig { hidden: vec![32, 32], temperature: 20.0, actor_average: None, ..IqlConfig::antmaze_small() };
    assert_finds_the_best_of_random_actions(&LearnerConfig::Iql(config), 0.15);
}

#[test]
fn awac_finds_the_best_of_random_actions() {
    let small =
        || AwacConfig { hidden: vec![32, 32], reward_shift: 0.0, actor_average: None, ..AwacConfig::antmaze_small() };
    let exponential = AwacConfig { lambda: 0.05, weighting: AwacConfig::antmaze().weighting, ..small() };
    let softmax = AwacConfig { lambda: 0.05, weighting: AwacConfig::rlkit().weighting, ..small() };
    for config in [exponential, softmax] {
        assert_finds_the_best_of_random_actions(&LearnerConfig::Awac(config), 0.15);
    }
}

/// Its actor learns from the critics themselves, held down but little.
#[test]
fn cql_finds_the_best_of_random_actions() {
    let small = || CqlConfig {
        actor_hidden: vec![32, 32],
        critic_hidden: vec![32, 32],
        reward_scale: 10.0,
        reward_shift: 0.0,
        actor_learning_rate: 1e-3,
        ..CqlConfig::antmaze_small()
    };
    let lagrange = CqlConfig { alpha: 1.0, action_gap: Some(5.0), ..small() };
    let fixed = CqlConfig { alpha: 1.0, action_gap: None, importance_sampling: false, ..small() };
    for config in [lagrange, fixed] {
        assert_finds_the_best_of_random_actions(&LearnerConfig::Cql(config), 0.15);
    }
}

fn assert_finds_the_best_of_random_actions(config: &LearnerConfig, tolerance: f32) {
    let reward = |x: f32, action: f32| -2.0 * (action - best(x)).powi(2);
    let worst = train(config, |_, rng| rng.uniform(-1.0, 1.0), reward);
    assert!(worst < tolerance, "{} is off by {worst}", config.name());
}

#[test]
fn cloning_finds_the_mean_of_noisy_actions() {
    for loss in [BcLoss::SquaredError, BcLoss::LogLikelihood] {
        let config = BcConfig { loss, hidden: vec![32, 32], ..BcConfig::small() };
        let noisy = |x: f32, rng: &mut Prng| best(x) + 0.1 * rng.normal();
        let worst = train(&LearnerConfig::Bc(config), noisy, |_, _| 0.0);
        assert!(worst < 0.1, "{loss:?} is off by {worst}");
    }
}

/// Trains on fresh random rows and returns how far the policy's worst action is from the best one.
fn train(config: &LearnerConfig, behave: impl Fn(f32, &mut Prng) -> f32, reward: impl Fn(f32, f32) -> f32) -> f32 {
    learners::use_one_thread();
    let mut rng = Prng::derive("bandit", 0, "data");
    let mut learner = config.build(&spec(1, 1), common::rngs(1), Device::CPU);
    let rows = 64;
    for _ in 0..1500 {
        let states: Vec<f32> = (0..rows).map(|_| rng.uniform(-1.0, 1.0)).collect();
        let actions: Vec<f32> = states.iter().map(|x| behave(*x, &mut rng)).collect();
        let rewards = states.iter().zip(&actions).map(|(x, action)| reward(*x, *action)).collect();
        let column = |values| LaneRows::from_vec(1, rows, 1, values);
        learner.update(&Minibatch {
            states: column(states.clone()),
            actions: column(actions),
            rewards: column(rewards),
            next_states: column(states),
            bootstraps: LaneRows::zeros(1, rows, 1),
            successes: LaneRows::zeros(1, rows, 1),
            images: None,
        });
    }
    let states = vec![-0.9, -0.5, 0.0, 0.5, 0.9];
    let observations = ObservationRows::of_states(LaneRows::from_vec(1, states.len(), 1, states.clone()));
    let actions = learner.policy().act(&observations, Intent::Exploit, &mut [rng]);
    states.iter().zip(actions.as_slice()).map(|(x, action)| (action - best(*x)).abs()).fold(0.0, f32::max)
}
