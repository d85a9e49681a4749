//! Updates of public implementations, recorded number by number (tests/golden/README.md), replayed through checkpoints:
//! the recorded parameters are written into a learner's own checkpoint, and read back from it after every update.
//!
//! `GOLDEN_DIR` names another folder of cases to replay instead.

mod common;
mod recording;

use learners::{
    Awac, AwacConfig, AwacNoise, AwacWeighting, Bc, BcConfig, BcLoss, Cql, CqlConfig, CqlNoise, Device, Inputs, Iql,
    IqlConfig, LOG_STD_RANGE,
};
use recording::{cases, number};
use rl::{Diagnostics, Learner};

#[test]
fn iql_follows_the_official_code() {
    for case in cases("iql", 1) {
        let settings = &case.settings;
        case.refuse_other_settings(&[
            "expectile",
            "temperature",
            "discount",
            "tau",
            "actor_lr",
            "value_lr",
            "critic_lr",
            "exp_advantage_max",
        ]);
        let learner = Iql::new(
            IqlConfig {
                expectile: number(&settings["expectile"]),
                temperature: number(&settings["temperature"]),
                discount: number(&settings["discount"]),
                tau: number(&settings["tau"]),
                learning_rate: number(&settings["critic_lr"]),
                actor_learning_rate: Some(number(&settings["actor_lr"])),
                value_learning_rate: Some(number(&settings["value_lr"])),
                max_advantage_weight: Some(case.bound("exp_advantage_max", f32::MAX)),
                log_std_range: Some(case.log_std_range()),
                hidden: case.hidden("hidden"),
                actor_dropout: 0.0,
                actor_schedule: case.schedule(),
                actor_average: None,
                reward_scale: 1.0,
                reward_shift: 0.0, // rewards are recorded as the learner sees them
                inputs: Inputs::Raw,
            },
            case.interface(),
            common::rngs(1),
            Device::CPU,
        );
        case.replay(learner, |iql, batch, _| {
            let (diagnostics, advantages) = iql.update_with_advantages(batch);
            let mut found: Vec<(&str, Vec<f32>)> = vec![("adv", advantages.as_slice().to_vec())];
            found.extend(diagnostics.0.into_iter().filter(|(name, _)| *name != "advantage"));
            found
        });
    }
}

#[test]
fn bc_follows_public_code() {
    for case in cases("bc", 2) {
        case.refuse_other_settings(&["actor_lr"]);
        let gaussian = case.tensors.contains_key("init/actor/log_std");
        let learner = Bc::new(
            BcConfig {
                loss: if gaussian { BcLoss::LogLikelihood } else { BcLoss::SquaredError },
                learning_rate: number(&case.settings["actor_lr"]),
                hidden: case.hidden("hidden"),
                dropout: 0.0,
                inputs: Inputs::Raw,
            },
            case.interface(),
            common::rngs(1),
            Device::CPU,
        );
        let log_std_range = if gaussian { case.log_std_range() } else { LOG_STD_RANGE };
        let learner = learner.with_variation(case.schedule(), log_std_range);
        case.replay(learner, |bc, batch, _| {
            let Diagnostics(found) = bc.update(batch);
            found
        });
    }
}

#[test]
fn awac_follows_corl() {
    for case in cases("awac", 1) {
        let settings = &case.settings;
        case.refuse_other_settings(&["discount", "tau", "learning_rate", "awac_lambda", "exp_advantage_max"]);
        let learner = Awac::new(
            AwacConfig {
                lambda: number(&settings["awac_lambda"]),
                weighting: AwacWeighting::Exponential { max: case.bound("exp_advantage_max", f32::MAX) },
                discount: number(&settings["discount"]),
                tau: number(&settings["tau"]),
                learning_rate: number(&settings["learning_rate"]),
                log_std_range: case.log_std_range(),
                squashed_log_std: false,
                hidden: case.hidden("hidden"),
                actor_average: None,
                reward_scale: 1.0,
                reward_shift: 0.0,
                inputs: Inputs::Raw,
            },
            case.interface(),
            common::rngs(1),
            Device::CPU,
        );
        case.replay(learner, |awac, batch, step| {
            let noise = AwacNoise {
                next_action: case.draw("next_action_noise", step),
                baseline: case.draw("policy_noise", step),
            };
            let (diagnostics, targets, advantages) = awac.update_with_noise(batch, &noise);
            let mut found = vec![("adv", advantages.as_slice().to_vec()), ("target_q", targets.as_slice().to_vec())];
            found.extend(diagnostics.0.into_iter().filter(|(name, _)| *name != "advantage"));
            found
        });
    }
}

#[test]
fn cql_follows_corl() {
    for case in cases("cql", 2) {
        let settings = &case.settings;
        case.refuse_other_settings(&CQL_SETTINGS);
        let flag = |name: &str| settings[name].as_bool().unwrap_or_else(|| panic!("{}: {name} is no flag", case.name));
        let (actor_rate, critic_rate) = (number(&settings["policy_lr"]), number(&settings["qf_lr"]));
        for (name, rate) in [("log_alpha_lr", actor_rate), ("log_alpha_prime_lr", critic_rate)] {
            assert!(settings[name].as_f64().is_none_or(|found| found == rate), "{}: another {name}", case.name);
        }
        let learner = Cql::new(
            CqlConfig {
                alpha: number(&settings["cql_alpha"]),
                action_gap: flag("cql_lagrange").then(|| number(&settings["cql_target_action_gap"])),
                sampled_actions: number(&settings["cql_n_actions"]) as usize,
                importance_sampling: flag("cql_importance_sample"),
                temperature: number(&settings["cql_temp"]),
                max_target_backup: flag("cql_max_target_backup"),
                clip_difference_min: settings["cql_clip_diff_min"].as_f64(),
                clip_difference_max: settings["cql_clip_diff_max"].as_f64(),
                automatic_entropy: flag("use_automatic_entropy_tuning"),
                target_entropy: settings["target_entropy"].as_f64(),
                entropy_multiplier: number(&settings["alpha_multiplier"]),
                discount: number(&settings["discount"]),
                tau: number(&settings["soft_target_update_rate"]),
                actor_learning_rate: actor_rate,
                critic_learning_rate: critic_rate,
                log_std_range: case.log_std_range(),
                actor_hidden: case.hidden("actor_hidden"),
                critic_hidden: case.hidden("critic_hidden"),
                reward_scale: 1.0,
                reward_shift: 0.0,
                inputs: Inputs::Raw,
            },
            case.interface(),
            common::rngs(1),
            Device::CPU,
        );
        case.replay(learner, |cql, batch, step| {
            let noise = CqlNoise {
                policy: case.actions_per_state("policy_noise", step),
                target: case.actions_per_state("target_noise", step),
                random_actions: case.actions_per_state("random_actions", step),
                current: case.actions_per_state("current_noise", step),
                next: case.actions_per_state("next_noise", step),
            };
            let Diagnostics(found) = cql.update_with_noise(batch, &noise);
            found
        });
    }
}

const CQL_SETTINGS: [&str; 20] = [
    "cql_alpha",
    "cql_lagrange",
    "cql_target_action_gap",
    "cql_n_actions",
    "cql_importance_sample",
    "cql_temp",
    "cql_max_target_backup",
    "cql_clip_diff_min",
    "cql_clip_diff_max",
    "use_automatic_entropy_tuning",
    "target_entropy",
    "alpha_multiplier",
    "discount",
    "soft_target_update_rate",
    "policy_lr",
    "qf_lr",
    "log_alpha_lr",
    "log_alpha_prime_lr",
    "actor_hidden",
    "critic_hidden",
];
