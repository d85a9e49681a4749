//! No hyperparameter is ignored: changing any one of them changes what is learned.

mod common;

use common::{
    observations, plain_cql, random_batch, rngs, small_aw_opt, small_awac, small_bc, small_cql, small_image_bc,
    small_iql, small_qt_opt, spec_for,
};
use learners::{
    AwOptConfig, AwacConfig, AwacWeighting, BcConfig, BcLoss, CemConfig, CqlConfig, Crop, Device, ImageBcConfig,
    Inputs, IqlConfig, LearnerConfig, Optimiser, QtOptConfig, RateSchedule, Vision, Widths,
};
use rl::{Diagnostics, Intent, LaneRows, Minibatch};

#[test]
fn every_hyperparameter_of_iql_matters() {
    let base = small_iql;
    let changed = [
        IqlConfig { expectile: 0.7, ..base() },
        IqlConfig { temperature: 3.0, ..base() },
        IqlConfig { discount: 0.9, ..base() },
        IqlConfig { tau: 0.5, ..base() },
        IqlConfig { learning_rate: 1e-3, ..base() },
        IqlConfig { actor_learning_rate: Some(1e-3), ..base() },
        IqlConfig { value_learning_rate: Some(1e-3), ..base() },
        IqlConfig { max_advantage_weight: Some(1.0), ..base() },
        IqlConfig { log_std_range: Some((0.5, 1.0)), ..base() },
        IqlConfig { hidden: vec![16, 13], ..base() },
        IqlConfig { actor_dropout: 0.0, ..base() },
        IqlConfig { actor_schedule: RateSchedule::Constant, ..base() },
        IqlConfig { reward_scale: 2.0, ..base() },
        IqlConfig { reward_shift: 0.0, ..base() },
        IqlConfig { inputs: Inputs::Raw, ..base() },
    ];
    assert_all_differ(std::iter::once(base()).chain(changed).map(LearnerConfig::Iql));
}

#[test]
fn every_hyperparameter_of_bc_matters() {
    let base = || small_bc(BcLoss::SquaredError);
    let changed = [
        BcConfig { loss: BcLoss::LogLikelihood, ..base() },
        BcConfig { learning_rate: 1e-3, ..base() },
        BcConfig { hidden: vec![16], ..base() },
        BcConfig { dropout: 0.0, ..base() },
        BcConfig { inputs: Inputs::Raw, ..base() },
    ];
    assert_all_differ(std::iter::once(base()).chain(changed).map(LearnerConfig::Bc));
}

#[test]
fn every_hyperparameter_of_awac_matters() {
    let base = small_awac;
    let softmax = |max_advantage| AwacWeighting::Softmax { max_advantage };
    let changed = [
        AwacConfig { lambda: 1.0, ..base() },
        AwacConfig { weighting: AwacWeighting::Exponential { max: 1.0 }, ..base() },
        AwacConfig { weighting: softmax(100.0), ..base() },
        AwacConfig { weighting: softmax(0.0), ..base() },
        AwacConfig { weighting: softmax(100.0), lambda: 1.0, ..base() },
        AwacConfig { discount: 0.9, ..base() },
        AwacConfig { tau: 0.5, ..base() },
        AwacConfig { learning_rate: 1e-3, ..base() },
        AwacConfig { log_std_range: (0.5, 1.0), ..base() },
        AwacConfig { squashed_log_std: true, ..base() },
        AwacConfig { hidden: vec![16, 13], ..base() },
        AwacConfig { reward_scale: 2.0, ..base() },
        AwacConfig { reward_shift: 0.0, ..base() },
        AwacConfig { inputs: Inputs::Raw, ..base() },
    ];
    assert_all_differ(std::iter::once(base()).chain(changed).map(LearnerConfig::Awac));
}

#[test]
fn every_hyperparameter_of_cql_matters() {
    let base = small_cql;
    let changed = [
        CqlConfig { alpha: 1.0, ..base() },
        CqlConfig { action_gap: Some(0.2), ..base() },
        CqlConfig { action_gap: None, ..base() },
        CqlConfig { sampled_actions: 4, ..base() },
        CqlConfig { importance_sampling: false, ..base() },
        CqlConfig { temperature: 2.0, ..base() },
        CqlConfig { max_target_backup: false, ..base() },
        CqlConfig { clip_difference_min: Some(5.0), ..base() },
        CqlConfig { clip_difference_max: Some(3.0), ..base() },
        CqlConfig { automatic_entropy: false, ..base() },
        CqlConfig { target_entropy: Some(-1.0), ..base() },
        CqlConfig { entropy_multiplier: 2.0, ..base() },
        CqlConfig { discount: 0.9, ..base() },
        CqlConfig { tau: 0.5, ..base() },
        CqlConfig { actor_learning_rate: 1e-3, ..base() },
        CqlConfig { critic_learning_rate: 1e-3, ..base() },
        CqlConfig { log_std_range: (-0.5, 0.0), ..base() },
        CqlConfig { actor_hidden: vec![16, 13], ..base() },
        CqlConfig { critic_hidden: vec![16, 13], ..base() },
        CqlConfig { reward_scale: 2.0, ..base() },
        CqlConfig { reward_shift: 0.0, ..base() },
        CqlConfig { inputs: Inputs::Raw, ..base() },
    ];
    assert_all_differ(std::iter::once(base()).chain(changed).map(LearnerConfig::Cql));
}

#[test]
fn every_hyperparameter_of_qt_opt_matters() {
    let changed = changed_qt_opt();
    assert_all_differ(std::iter::once(small_qt_opt(Vision::Flat)).chain(changed).map(LearnerConfig::QtOpt));
}

fn changed_qt_opt() -> Vec<QtOptConfig> {
    let base = || small_qt_opt(Vision::Flat);
    let cem = base().cem;
    let momentum = |decay| Optimiser::Momentum { decay };
    vec![
        small_qt_opt(Vision::Points),
        small_qt_opt(Vision::Map),
        QtOptConfig { network: Vision::Flat(Widths { filters: 5, hidden: 8 }), ..base() },
        QtOptConfig { network: Vision::Flat(Widths { filters: 4, hidden: 9 }), ..base() },
        QtOptConfig { crop: Some(Crop { height: 18, width: 18 }), ..base() },
        QtOptConfig { crop: None, ..base() },
        QtOptConfig { inputs: Inputs::Raw, ..base() },
        QtOptConfig { cem: CemConfig { samples: 15, ..cem }, ..base() },
        QtOptConfig { cem: CemConfig { elites: 3, ..cem }, ..base() },
        QtOptConfig { cem: CemConfig { iterations: 3, ..cem }, ..base() },
        QtOptConfig { discount: 0.5, ..base() },
        QtOptConfig { tau: 0.5, ..base() },
        QtOptConfig { tau: 0.5, lag: 1, ..base() },
        QtOptConfig { optimiser: momentum(0.9), ..base() },
        QtOptConfig { optimiser: momentum(0.5), ..base() },
        QtOptConfig { learning_rate: 1e-2, ..base() },
        QtOptConfig { weight_decay: 0.0, ..base() },
        QtOptConfig { epsilon: 0.9, ..base() },
    ]
}

#[test]
fn every_hyperparameter_of_aw_opt_matters() {
    let base = small_aw_opt;
    let own = [
        AwOptConfig { lambda: 0.1, ..base() },
        AwOptConfig { max_weight: 0.5, ..base() },
        AwOptConfig { actor_learning_rate: 1e-2, ..base() },
        AwOptConfig { actor_share: 1.0, ..base() },
    ];
    let critics = changed_qt_opt().into_iter().map(|critic| AwOptConfig { critic, ..base() });
    assert_all_differ(std::iter::once(base()).chain(own).chain(critics).map(LearnerConfig::AwOpt));
}

#[test]
fn every_hyperparameter_of_cloning_from_pictures_matters() {
    let base = || small_image_bc(BcLoss::SquaredError);
    let changed = [
        small_image_bc(BcLoss::LogLikelihood),
        ImageBcConfig { network: Vision::Points(Widths { filters: 4, hidden: 8 }), ..base() },
        ImageBcConfig { crop: None, ..base() },
        ImageBcConfig { inputs: Inputs::Raw, ..base() },
        ImageBcConfig { learning_rate: 1e-2, ..base() },
    ];
    assert_all_differ(std::iter::once(base()).chain(changed).map(LearnerConfig::ImageBc));
}

/// Rewards 10 r - 5 are those, whether the data have them so or the learner makes them.
#[test]
fn rewards_are_scaled_and_then_shifted() {
    let rewards = |reward_scale: f64, reward_shift: f64| {
        [
            LearnerConfig::Iql(IqlConfig { reward_scale, reward_shift, ..small_iql() }),
            LearnerConfig::Awac(AwacConfig { reward_scale, reward_shift, ..small_awac() }),
            LearnerConfig::Cql(CqlConfig { reward_scale, reward_shift, ..small_cql() }),
        ]
    };
    for (transforms, plain) in rewards(10.0, -5.0).into_iter().zip(rewards(1.0, 0.0)) {
        let transformed = |batch: &mut Minibatch| {
            (0..8).for_each(|row| batch.rewards.row_mut(0, row)[0] = 10.0 * batch.rewards.row(0, row)[0] - 5.0);
        };
        assert_eq!(result(&transforms), result_on(&plain, transformed), "{}", plain.name());
        assert_ne!(result(&transforms), result(&plain));
    }
}

/// The official code's cap of the advantage weights, where a configuration names none.
#[test]
fn advantage_weights_of_iql_are_capped_at_100() {
    let capped = |max_advantage_weight| {
        result(&LearnerConfig::Iql(IqlConfig { temperature: 1e3, max_advantage_weight, ..small_iql() }))
    };
    assert_eq!(capped(None), capped(Some(100.0)));
    assert_ne!(capped(None), capped(Some(99.0)));
}

#[test]
fn configurations_are_stored_whole_and_strictly() {
    for config in [
        LearnerConfig::Iql(small_iql()),
        LearnerConfig::Bc(small_bc(BcLoss::LogLikelihood)),
        LearnerConfig::Awac(small_awac()),
        LearnerConfig::Awac(AwacConfig::rlkit()),
        LearnerConfig::Cql(CqlConfig { target_entropy: Some(-3.0), ..small_cql() }),
        LearnerConfig::Cql(plain_cql()),
        LearnerConfig::QtOpt(small_qt_opt(Vision::Map)),
        LearnerConfig::AwOpt(small_aw_opt()),
        LearnerConfig::ImageBc(small_image_bc(BcLoss::LogLikelihood)),
    ] {
        let text = serde_json::to_string(&config).unwrap();
        assert!(text.starts_with(&format!("{{\"learner\":\"{}\"", config.name())), "{text}");
        assert_eq!(serde_json::from_str::<LearnerConfig>(&text).unwrap(), config);
        assert!(!text.contains("null"), "what is not given leaves no trace: {text}");
        let unknown = text.replacen('{', "{\"unknown\":1,", 1);
        assert!(serde_json::from_str::<LearnerConfig>(&unknown).is_err(), "{unknown}");
    }
}

fn assert_all_differ(configs: impl Iterator<Item = LearnerConfig>) {
    let mut results: Vec<(LearnerConfig, (Diagnostics, LaneRows))> = Vec::new();
    for config in configs {
        let result = result(&config);
        for (other, theirs) in &results {
            assert_ne!(result, *theirs, "{config:?} learns the same as {other:?}");
        }
        results.push((config, result));
    }
}

/// What the third update reports, and what the policy then tries.
fn result(config: &LearnerConfig) -> (Diagnostics, LaneRows) {
    result_on(config, |_| {})
}

/// The same with another batch.
fn result_on(config: &LearnerConfig, change: impl Fn(&mut Minibatch)) -> (Diagnostics, LaneRows) {
    let spec = spec_for(config);
    let mut batch = random_batch(&spec, 1, 8, "hyperparameters");
    change(&mut batch);
    let mut learner = config.build(&spec, rngs(1), Device::CPU);
    learner.update(&batch);
    learner.update(&batch);
    let told = learner.update(&batch);
    (told, learner.policy().act(&observations(&batch), Intent::Explore, &mut rngs(1)))
}

/// Actions of a minibatch are clipped to 1 - 1e-5, wherever they come from.
#[test]
fn actions_of_iql_are_clipped() {
    let at = |size: f32| {
        result_on(&LearnerConfig::Iql(small_iql()), |batch| {
            (0..8).for_each(|row| batch.actions.row_mut(0, row).iter_mut().for_each(|x| *x = size.copysign(*x)));
        })
    };
    assert_eq!(at(1.0), at(1.0 - 1e-5));
    assert_ne!(at(1.0), at(0.999));
}
