//! Reads recordings and holds learners against them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use learners::{Interface, RateSchedule};
use rl::{LaneRows, Learner, Minibatch};
use serde_json::Value;
use tch::{Kind, Tensor};

type Tensors = BTreeMap<String, Tensor>;

/// One recording.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) settings: Value,
    tolerances: Value,
    pub(crate) tensors: Tensors,
    /// Whether the last updates were left out, and the final parameters with them.
    cut: bool,
}

/// The committed cases of an algorithm, of which there are so many, or those of `GOLDEN_DIR`.
pub(crate) fn cases(algorithm: &str, committed: usize) -> Vec<Case> {
    let here = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    let elsewhere = std::env::var_os("GOLDEN_DIR");
    let wanted = if elsewhere.is_some() { 1 } else { committed };
    let folder = elsewhere.map_or(here, PathBuf::from).join(algorithm);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("cannot read the recordings in {}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert!(files.len() >= wanted, "{} recordings of {wanted} in {}", files.len(), folder.display());
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

    pub(crate) fn hidden(&self, name: &str) -> Vec<usize> {
        self.settings[name].as_array().unwrap().iter().map(|width| width.as_u64().unwrap() as usize).collect()
    }

    pub(crate) fn schedule(&self) -> RateSchedule {
        match self.settings["actor_lr_schedule"].as_str() {
            Some("cosine") => RateSchedule::Cosine { max_steps: self.settings["max_steps"].as_u64().unwrap() },
            Some("none") => RateSchedule::Constant,
            None if self.settings["actor_lr_schedule"].is_null() => RateSchedule::Constant,
            _ => panic!("{}: unknown actor_lr_schedule {}", self.name, self.settings["actor_lr_schedule"]),
        }
    }

    pub(crate) fn log_std_range(&self) -> (f64, f64) {
        (self.bound("log_std_min", f32::MIN), self.bound("log_std_max", f32::MAX))
    }

    /// A setting for which null means no bound at all.
    pub(crate) fn bound(&self, name: &str, none: f32) -> f64 {
        let value = self.settings.get(name).unwrap_or_else(|| panic!("{}: no {name}", self.name));
        value.as_f64().unwrap_or(f64::from(none))
    }

    /// Fails at a hyperparameter that is neither among those `used`, nor known to every learner, nor of the one value
    /// that is built into them. Null stands for what is not there, such as a clip or dropout.
    pub(crate) fn refuse_other_settings(&self, used: &[&str]) {
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

    pub(crate) fn interface(&self) -> Interface {
        let size = |name: &str| self.settings[name].as_u64().unwrap() as usize;
        Interface {
            state_center: vec![0.0; size("obs_dim")],
            state_spread: vec![1.0; size("obs_dim")],
            action_size: size("act_dim"),
            image: None,
        }
    }

    fn tolerance(&self, name: &str) -> f64 {
        number(&self.tolerances[name])
    }

    /// Replays every update; `update` returns what is recorded under `step/`, but for the update norms.
    pub(crate) fn replay<L: Learner>(
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
            successes: LaneRows::zeros(1, rows, 1),
            images: None,
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
    pub(crate) fn draw(&self, name: &str, step: i64) -> Tensor {
        let key = format!("draw/{name}");
        let draws = self.tensors.get(&key).unwrap_or_else(|| panic!("{}: no {key}", self.name));
        draws.get(step).unsqueeze(0)
    }

    /// The same with an axis of actions, `[lane, row, n, action]`, which single ones are recorded without.
    pub(crate) fn actions_per_state(&self, name: &str, step: i64) -> Tensor {
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
        // What a learner has not, such as a loss of what is not learned, can only be recorded as 0.
        for (name, recorded) in &self.tensors {
            let Some(name) = name.strip_prefix("step/").filter(|name| !name.starts_with("update_norm")) else {
                continue;
            };
            let checked = found.iter().any(|(found, _)| *found == name);
            let zero = || recorded.abs().max().double_value(&[]) == 0.0;
            assert!(checked || zero(), "{}: {name} is recorded and not computed", self.name);
        }
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

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.reshape([-1])).unwrap()
}
