//! Updates of public implementations, recorded number by number (tests/golden/README.md), replayed through checkpoints:
//! the recorded parameters are written into a learner's own checkpoint, and read back from it after every update.
//!
//! `GOLDEN_DIR` names another folder of cases to replay instead.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use learners::losses::LOG_STD_RANGE;
use learners::{
    Awac, AwacConfig, AwacNoise, AwacWeighting, Bc, BcConfig, BcLoss, Cql, CqlConfig, CqlNoise, Device, Inputs,
    Interface, Iql, IqlConfig, RateSchedule,
};
use rl::{Diagnostics, LaneRows, Learner, Minibatch};
use serde_json::Value;
use tch::{Kind, Tensor};

type Tensors = BTreeMap<String, Tensor>;

#[test]
fn iql_follows_the_official_code() {
    for case in cases("iql") {
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
    for case in cases("bc") {
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
    for case in cases("awac") {
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
                hidden: case.hidden("hidden"),
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
    for case in cases("cql") {
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

/// One recording.
struct Case {
    name: String,
    settings: Value,
    tolerances: Value,
    tensors: Tensors,
    /// Whether the last updates were left out, and the final parameters with them.
    cut: bool,
}

/// The committed cases of an algorithm, or those of `GOLDEN_DIR`.
fn cases(algorithm: &str) -> Vec<Case> {
    let committed = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    let folder = std::env::var_os("GOLDEN_DIR").map_or(committed, PathBuf::from).join(algorithm);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("cannot read the recordings in {}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no recordings in {}", folder.display());
    files.iter().map(|file| Case::read(file)).collect()
}

impl Case {
    fn read(file: &Path) -> Self {
        let description: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let tensors = Tensor::read_safetensors(file.with_extension("safetensors")).unwrap().into_iter().collect();
        Self {
            name: file.display().to_string(),
            settings: description["hyperparameters"].clone(),
            tolerances: description["tolerances_for_float32"].clone(),
            tensors,
            cut: description.get("cut").is_some(),
        }
    }

    fn hidden(&self, name: &str) -> Vec<usize> {
        self.settings[name].as_array().unwrap().iter().map(|width| width.as_u64().unwrap() as usize).collect()
    }

    fn schedule(&self) -> RateSchedule {
        match self.settings["actor_lr_schedule"].as_str() {
            Some("cosine") => RateSchedule::Cosine { max_steps: self.settings["max_steps"].as_u64().unwrap() },
            Some("none") => RateSchedule::Constant,
            None if self.settings["actor_lr_schedule"].is_null() => RateSchedule::Constant,
            _ => panic!("{}: unknown actor_lr_schedule {}", self.name, self.settings["actor_lr_schedule"]),
        }
    }

    fn log_std_range(&self) -> (f64, f64) {
        (self.bound("log_std_min", f32::MIN), self.bound("log_std_max", f32::MAX))
    }

    /// A setting for which null means no bound at all.
    fn bound(&self, name: &str, none: f32) -> f64 {
        let value = self.settings.get(name).unwrap_or_else(|| panic!("{}: no {name}", self.name));
        value.as_f64().unwrap_or(f64::from(none))
    }

    /// Fails at a hyperparameter that is neither among those `used`, nor known to every learner, nor of the one value
    /// that is built into them. Null stands for what is not there, such as a clip or dropout.
    fn refuse_other_settings(&self, used: &[&str]) {
        const OF_ALL: [&str; 11] = [
            "seed",   // of the recording
            "reward", // rewards are recorded as the learner sees them
            "batch_size",
            "steps",
            "obs_dim",
            "act_dim",
            "hidden",
            "actor_lr_schedule",
            "max_steps",
            "log_std_min",
            "log_std_max",
        ];
        // Dropout draws at random, and nothing hands its masks to a learner.
        const BUILT_IN: [(&str, f64); 12] = [
            ("beta1", 0.9),
            ("beta2", 0.999),
            ("eps", 1e-8),
            ("weight_decay", 0.0),
            ("max_action", 1.0),
            ("action_min", -1.0),
            ("action_max", 1.0),
            ("target_update_period", 1.0),
            ("alpha_prime_min", 0.0),
            ("alpha_prime_max", 1e6),
            ("backup_entropy", 0.0), // a flag
            ("dropout", 0.0),
        ];
        let settings = self.settings.as_object().unwrap().iter().filter(|(name, _)| *name != "adam");
        for (name, value) in settings.chain(self.settings["adam"].as_object().unwrap()) {
            let built_in = BUILT_IN.iter().find(|(built_in, _)| built_in == name);
            let value_or_flag = value.as_f64().or(value.as_bool().map(|flag| f64::from(u8::from(flag))));
            let supported = match (value_or_flag, built_in) {
                (Some(found), Some((_, expected))) => (found - expected).abs() <= 1e-12,
                _ => value.is_null() || used.contains(&name.as_str()) || OF_ALL.contains(&name.as_str()),
            };
            assert!(supported, "{}: no learner here supports {name} = {value}", self.name);
        }
    }

    fn interface(&self) -> Interface {
        let size = |name: &str| self.settings[name].as_u64().unwrap() as usize;
        Interface {
            state_center: vec![0.0; size("obs_dim")],
            state_spread: vec![1.0; size("obs_dim")],
            action_size: size("act_dim"),
        }
    }

    fn tolerance(&self, name: &str) -> f64 {
        number(&self.tolerances[name])
    }

    /// Replays every update; `update` returns what is recorded under `step/`, but for the update norms.
    fn replay<L: Learner>(
        &self,
        mut learner: L,
        update: impl Fn(&mut L, &Minibatch, i64) -> Vec<(&'static str, Vec<f32>)>,
    ) {
        learners::use_one_thread();
        let folder = tempfile::tempdir().unwrap();
        self.load_initial(&mut learner, folder.path());
        let mut before = self.parameters(&learner, folder.path());
        for step in 0..self.settings["steps"].as_i64().unwrap() {
            let found = update(&mut learner, &self.batch(step), step);
            self.check_step(step, &found);
            let after = self.parameters(&learner, folder.path());
            self.check_update_norms(step, &before, &after);
            if step == 0 {
                self.check_parameters("after1", &after);
            }
            before = after;
        }
        self.check_parameters("final", &before);
    }

    /// Puts the recorded parameters into the learner, in place of its own.
    fn load_initial(&self, learner: &mut impl Learner, folder: &Path) {
        learner.save(folder).unwrap();
        let file = folder.join("learner.safetensors");
        let replaced: Vec<(String, Tensor)> = Tensor::read_safetensors(&file)
            .unwrap()
            .into_iter()
            .map(|(name, own)| match self.tensors.get(&format!("init/{name}")) {
                None => {
                    assert!(name.starts_with("adam/"), "{}: no recorded {name}", self.name);
                    (name, own)
                }
                Some(recorded) => (name, from_recorded(recorded).reshape(own.size())),
            })
            .collect();
        let taken = replaced.iter().filter(|(name, _)| !name.starts_with("adam/")).count();
        let recorded = self.tensors.keys().filter(|name| name.starts_with("init/")).count();
        assert_eq!(taken, recorded, "{}: every recorded parameter has a place", self.name);
        Tensor::write_safetensors(&replaced, &file).unwrap();
        learner.load(folder).unwrap();
    }

    fn parameters(&self, learner: &impl Learner, folder: &Path) -> Tensors {
        learner.save(folder).unwrap();
        let saved = Tensor::read_safetensors(folder.join("learner.safetensors")).unwrap();
        saved.into_iter().filter(|(name, _)| self.tensors.contains_key(&format!("init/{name}"))).collect()
    }

    fn batch(&self, step: i64) -> Minibatch {
        let (states, actions) = (self.column("observations", step), self.column("actions", step));
        let (rows, has_rewards) = (states.rows(), self.tensors.contains_key("batch/rewards"));
        let or_zeros = |name: &str, features| {
            if has_rewards { self.column(name, step) } else { LaneRows::zeros(1, rows, features) }
        };
        Minibatch {
            rewards: or_zeros("rewards", 1),
            next_states: or_zeros("next_observations", states.features()),
            bootstraps: or_zeros("masks", 1),
            states,
            actions,
        }
    }

    fn column(&self, name: &str, step: i64) -> LaneRows {
        let column = self.tensors[&format!("batch/{name}")].get(step);
        let features = column.size().get(1).map_or(1, |size| *size as usize);
        LaneRows::from_vec(1, column.size()[0] as usize, features, numbers(&column))
    }

    /// Random numbers of an update, `[lane, row, ..]`.
    fn draw(&self, name: &str, step: i64) -> Tensor {
        let key = format!("draw/{name}");
        let draws = self.tensors.get(&key).unwrap_or_else(|| panic!("{}: no {key}", self.name));
        draws.get(step).unsqueeze(0)
    }

    /// The same with an axis of actions, `[lane, row, n, action]`, which single ones are recorded without.
    fn actions_per_state(&self, name: &str, step: i64) -> Tensor {
        let draws = self.draw(name, step);
        if draws.dim() == 3 { draws.unsqueeze(2) } else { draws }
    }

    fn check_step(&self, step: i64, found: &[(&str, Vec<f32>)]) {
        let rule = if step == 0 { "step_scalars_first_update" } else { "step_scalars_all_updates" };
        let tolerance = self.tolerance(rule);
        for (name, values) in found {
            let recorded = numbers(&self.recorded_step(name).get(step));
            assert_eq!(values.len(), recorded.len(), "{}: {name}", self.name);
            for (found, recorded) in values.iter().zip(recorded) {
                let (found, recorded) = (f64::from(*found), f64::from(recorded));
                assert!(
                    (found - recorded).abs() <= tolerance * recorded.abs().max(1.0),
                    "{}: {name} of update {step} is {found}, recorded is {recorded}",
                    self.name
                );
            }
        }
        let recorded = self.tensors.keys().filter(|name| name.starts_with("step/") && !name.contains("update_norm"));
        assert_eq!(found.len(), recorded.count(), "{}: every recorded quantity is checked", self.name);
    }

    fn check_update_norms(&self, step: i64, before: &Tensors, after: &Tensors) {
        for network in networks(after) {
            let of_number = if network.starts_with("log_alpha") { "_of_log_alpha_and_log_alpha_prime" } else { "" };
            let tolerance = self.tolerance(&format!("update_norm_relative{of_number}"));
            let found = distance(before, after, &network);
            let recorded = self.recorded_step(&format!("update_norm/{network}")).double_value(&[step]);
            assert!(
                (found - recorded).abs() <= tolerance * recorded,
                "{}: update {step} moved {network} by {found}, recorded is {recorded}",
                self.name
            );
        }
    }

    fn check_parameters(&self, moment: &str, found: &Tensors) {
        let recorded_at = |moment: &str| -> Option<Tensors> {
            let recorded = |(name, own): (&String, &Tensor)| {
                let recorded = self.tensors.get(&format!("{moment}/{name}"))?;
                Some((name.clone(), from_recorded(recorded).reshape(own.size())))
            };
            found.iter().map(recorded).collect()
        };
        // Some cases have no `after1`; only those that were cut have no `final`.
        let Some(recorded) = recorded_at(moment) else {
            assert!(moment == "after1" || self.cut, "{}: no {moment} parameters", self.name);
            return;
        };
        let initial = recorded_at("init").unwrap();
        for network in networks(found) {
            let (off, moved) = (distance(found, &recorded, &network), distance(&initial, &recorded, &network));
            let tolerance = self.tolerance("final_displacement_relative");
            assert!(off <= tolerance * moved, "{}: {moment} {network} is off by {off} of {moved}", self.name);
        }
        for (name, found) in found {
            let off = (found - &recorded[name]).abs().max().double_value(&[]);
            assert!(off <= self.tolerance("final_max_abs"), "{}: {moment} {name} is off by {off}", self.name);
        }
    }

    fn recorded_step(&self, name: &str) -> &Tensor {
        let key = format!("step/{name}");
        self.tensors.get(&key).unwrap_or_else(|| panic!("{}: no {key}", self.name))
    }
}

/// Recorded weights are `[out, in]`, ours `[in, out]`.
fn from_recorded(tensor: &Tensor) -> Tensor {
    if tensor.dim() == 2 { tensor.tr().contiguous() } else { tensor.copy() }
}

/// The first parts of the parameters' names.
fn networks(parameters: &Tensors) -> Vec<String> {
    let mut networks: Vec<String> = parameters.keys().map(|name| network(name).to_owned()).collect();
    networks.dedup();
    networks
}

fn network(name: &str) -> &str {
    name.split('/').next().expect("a name has a first part")
}

/// The L2 distance over all parameters of a network.
fn distance(a: &Tensors, b: &Tensors, of: &str) -> f64 {
    let squares = a.iter().filter(|(name, _)| network(name) == of).map(|(name, tensor)| {
        let difference = tensor.to_kind(Kind::Double) - b[name].to_kind(Kind::Double);
        difference.square().sum(Kind::Double).double_value(&[])
    });
    squares.sum::<f64>().sqrt()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.reshape([-1])).unwrap()
}
