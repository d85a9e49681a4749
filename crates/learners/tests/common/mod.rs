//! What several tests share.

#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]

use learners::{
    AwOptConfig, AwacConfig, BcConfig, BcLoss, CemConfig, CqlConfig, Crop, ImageBcConfig, Inputs, IqlConfig,
    LearnerConfig, QtOptConfig, RateSchedule, Vision, Widths,
};
use rl::{EnvironmentSpec, ImagePairs, ImageRows, ImageShape, LaneRows, Minibatch, ObservationRows, Prng};

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

/// A task for a learner, with pictures if it wants them.
pub(crate) fn spec_for(config: &LearnerConfig) -> EnvironmentSpec {
    let image = config.sees().then_some(ImageShape { height: 20, width: 22, channels: 4 });
    EnvironmentSpec { image, ..spec(5, 3) }
}

/// What a policy is asked of a batch's states.
pub(crate) fn observations(batch: &Minibatch) -> ObservationRows {
    let image = batch.images.as_ref().map(|pairs| pairs.images.clone());
    ObservationRows { image, ..ObservationRows::of_states(batch.states.clone()) }
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
        images: spec.image.map(|shape| ImagePairs {
            images: random_images(shape, lanes, rows, &format!("{round}, images")),
            next_images: random_images(shape, lanes, rows, &format!("{round}, next images")),
        }),
    }
}

fn random_images(shape: ImageShape, lanes: usize, rows: usize, round: &str) -> ImageRows {
    let lane = |seed| {
        let mut rng = Prng::derive(round, seed, "batch");
        (0..rows * shape.size()).map(move |_| rng.below(256) as u8)
    };
    ImageRows::from_vec(lanes, rows, shape, (0..lanes as u64).flat_map(lane).collect())
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
    AwacConfig { hidden: vec![16, 12], actor_average: Some(0.05), ..AwacConfig::antmaze() }
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

/// A small network and every feature of QT-Opt switched on.
pub(crate) fn small_qt_opt(network: fn(Widths) -> Vision) -> QtOptConfig {
    QtOptConfig {
        network: network(Widths { filters: 4, hidden: 8 }),
        crop: Some(Crop { height: 18, width: 16 }),
        cem: CemConfig { samples: 16, elites: 4, iterations: 2 },
        lag: 2,
        weight_decay: 1e-3,
        epsilon: 0.2,
        ..QtOptConfig::small()
    }
}

/// Small networks and every feature of AW-Opt switched on.
pub(crate) fn small_aw_opt() -> AwOptConfig {
    AwOptConfig { critic: small_qt_opt(Vision::Flat), ..AwOptConfig::small() }
}

/// A small network and every feature of behaviour cloning from pictures switched on.
pub(crate) fn small_image_bc(loss: BcLoss) -> ImageBcConfig {
    let QtOptConfig { network, crop, .. } = small_qt_opt(Vision::Flat);
    ImageBcConfig { loss, network, crop, ..ImageBcConfig::small() }
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
        LearnerConfig::QtOpt(small_qt_opt(Vision::Flat)),
        LearnerConfig::QtOpt(small_qt_opt(Vision::Map)),
        LearnerConfig::QtOpt(small_qt_opt(Vision::Points)),
        LearnerConfig::AwOpt(small_aw_opt()),
        LearnerConfig::ImageBc(small_image_bc(BcLoss::SquaredError)),
        LearnerConfig::ImageBc(small_image_bc(BcLoss::LogLikelihood)),
    ]
}
