//! What several tests share.

#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]

use learners::{AwacConfig, BcConfig, BcLoss, CqlConfig, Inputs, IqlConfig, LearnerConfig, RateSchedule};
use rl::{EnvironmentSpec, LaneRows, Minibatch, Prng};

/// A task of these sizes, with constants that scaling would show.
pub(crate) fn spec(state_size: usize, action_size: usize) -> EnvironmentSpec {
    EnvironmentSpec {
        name: "test".into(),
        state_size,
        state_center: vec![0.5; state_size],
        state_spread: vec![2.0; state_size],
        image: None,
        privileged_size: 0,
        action_size,
        max_steps: 1,
        success_steps: 1,
    }
}

/// Streams of seeds 0, 1, ...: one per lane.
pub(crate) fn rngs(lanes: usize) -> Vec<Prng> {
    (0..lanes as u64).map(|seed| Prng::derive("test", seed, "learner")).collect()
}

/// A batch of random transitions, whose lanes do not depend on their number.
pub(crate) fn random_batch(spec: &EnvironmentSpec, lanes: usize, rows: usize, round: &str) -> Minibatch {
    let mut rngs: Vec<Prng> = (0..lanes as u64).map(|seed| Prng::derive(round, seed, "batch")).collect();
    let mut column = |features: usize, draw: fn(&mut Prng) -> f32| {
        let values = rngs.iter_mut().flat_map(|rng| (0..rows * features).map(|_| draw(rng)).collect::<Vec<_>>());
        LaneRows::from_vec(lanes, rows, features, values.collect())
    };
    Minibatch {
        states: column(spec.state_size, Prng::normal),
        actions: column(spec.action_size, |rng| rng.uniform(-1.0, 1.0)),
        rewards: column(1, |rng| rng.below(2) as f32),
        next_states: column(spec.state_size, Prng::normal),
        bootstraps: column(1, |rng| if rng.chance(0.2) { 0.0 } else { 1.0 }),
        successes: column(1, |rng| rng.below(2) as f32),
        images: None,
    }
}

/// Small networks and every feature of IQL switched on.
pub(crate) fn small_iql() -> IqlConfig {
    IqlConfig {
        hidden: vec![16, 12],
        actor_dropout: 0.1,
        actor_schedule: RateSchedule::Cosine { max_steps: 20 },
        actor_average: Some(0.05),
        inputs: Inputs::Scaled,
        ..IqlConfig::antmaze()
    }
}

/// Small networks and every feature of behaviour cloning switched on.
pub(crate) fn small_bc(loss: BcLoss) -> BcConfig {
    BcConfig { loss, hidden: vec![16, 12], dropout: 0.1, ..BcConfig::corl() }
}

/// Small networks and every feature of AWAC switched on.
pub(crate) fn small_awac() -> AwacConfig {
    AwacConfig { hidden: vec![16, 12], ..AwacConfig::antmaze() }
}

/// Small networks and every feature of CQL switched on.
pub(crate) fn small_cql() -> CqlConfig {
    CqlConfig {
        sampled_actions: 3,
        actor_hidden: vec![16, 12],
        critic_hidden: vec![16, 12],
        inputs: Inputs::Scaled,
        ..CqlConfig::antmaze()
    }
}

/// Small networks and every feature of CQL switched off that can be.
pub(crate) fn plain_cql() -> CqlConfig {
    CqlConfig {
        action_gap: None,
        importance_sampling: false,
        max_target_backup: false,
        clip_difference_min: None,
        automatic_entropy: false,
        ..small_cql()
    }
}

/// One configuration of each kind.
pub(crate) fn every_learner() -> Vec<LearnerConfig> {
    vec![
        LearnerConfig::Iql(small_iql()),
        LearnerConfig::Bc(small_bc(BcLoss::SquaredError)),
        LearnerConfig::Bc(small_bc(BcLoss::LogLikelihood)),
        LearnerConfig::Awac(small_awac()),
        LearnerConfig::Awac(AwacConfig { hidden: vec![16, 12], ..AwacConfig::rlkit() }),
        LearnerConfig::Cql(small_cql()),
        LearnerConfig::Cql(plain_cql()),
    ]
}
