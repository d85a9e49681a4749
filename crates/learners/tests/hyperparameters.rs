//! No hyperparameter is ignored: changing any one of them changes what is learned.

mod common;

use common::{random_batch, rngs, small_bc, small_iql, spec};
use learners::{BcConfig, BcLoss, Device, Inputs, IqlConfig, LearnerConfig, RateSchedule};
use rl::Diagnostics;

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
fn configurations_are_stored_whole_and_strictly() {
    for config in [LearnerConfig::Iql(small_iql()), LearnerConfig::Bc(small_bc(BcLoss::LogLikelihood))] {
        let text = serde_json::to_string(&config).unwrap();
        assert!(text.starts_with(&format!("{{\"learner\":\"{}\"", config.name())), "{text}");
        assert_eq!(serde_json::from_str::<LearnerConfig>(&text).unwrap(), config);
        assert!(!text.contains("null"), "what is not given leaves no trace: {text}");
        let unknown = text.replacen('{', "{\"unknown\":1,", 1);
        assert!(serde_json::from_str::<LearnerConfig>(&unknown).is_err(), "{unknown}");
    }
}

fn assert_all_differ(configs: impl Iterator<Item = LearnerConfig>) {
    let mut results: Vec<(LearnerConfig, Diagnostics)> = Vec::new();
    for config in configs {
        let result = result(&config);
        for (other, theirs) in &results {
            assert_ne!(result, *theirs, "{config:?} learns the same as {other:?}");
        }
        results.push((config, result));
    }
}

/// What the third update reports.
fn result(config: &LearnerConfig) -> Diagnostics {
    let spec = spec(5, 3);
    let batch = random_batch(&spec, 1, 8, "hyperparameters");
    let mut learner = config.build(&spec, rngs(1), Device::CPU);
    learner.update(&batch);
    learner.update(&batch);
    learner.update(&batch)
}
