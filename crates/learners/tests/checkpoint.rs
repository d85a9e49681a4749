//! Saving, loading and reopening.

mod common;

use std::fs::{self, OpenOptions};

use common::{every_learner, random_batch, rngs, spec};
use learners::{Device, open};
use rl::{Intent, ObservationRows, Prng};

#[test]
fn every_learner_keeps_the_contract() {
    let spec = spec(5, 3);
    let others: Vec<Prng> = (10..12).map(|seed| Prng::derive("test", seed, "learner")).collect();
    for config in every_learner() {
        let folder = tempfile::tempdir().unwrap();
        let mut learner = config.build(&spec, rngs(2), Device::CPU);
        let mut other = config.build(&spec, others.clone(), Device::CPU);
        rl::check_learner(learner.as_mut(), other.as_mut(), &random_batch(&spec, 2, 8, "contract"), folder.path());
    }
}

#[test]
fn a_reopened_learner_acts_and_learns_the_same() {
    let spec = spec(5, 3);
    let batch = random_batch(&spec, 2, 8, "reopen");
    let seen = ObservationRows { state: batch.states.clone(), privileged: rl::LaneRows::zeros(2, 8, 0) };
    for config in every_learner() {
        let folder = tempfile::tempdir().unwrap();
        let mut learner = config.build(&spec, rngs(2), Device::CPU);
        learner.update(&batch);
        learner.save(folder.path()).unwrap();
        let mut reopened = open(folder.path(), Device::CPU).unwrap();
        for intent in [Intent::Exploit, Intent::Explore] {
            let [a, b] = [&learner, &reopened].map(|learner| learner.policy().act(&seen, intent, &mut rngs(2)));
            assert_eq!(a, b, "{}", config.name());
            assert!(a.as_slice().iter().all(|action| action.abs() <= 1.0));
        }
        assert_eq!(learner.update(&batch), reopened.update(&batch), "{}", config.name());
    }
}

#[test]
fn damaged_and_foreign_files_are_named() {
    let spec = spec(5, 3);
    let [iql, bc, gaussian_bc] = every_learner().try_into().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut learner = iql.build(&spec, rngs(1), Device::CPU);
    let tensors = folder.path().join("learner.safetensors");
    let header = folder.path().join("learner.json");
    let message = || open(folder.path(), Device::CPU).err().expect("a damaged checkpoint").to_string();

    assert!(message().contains("learner.json"), "{}", message());
    learner.save(folder.path()).unwrap();
    let length = fs::metadata(&tensors).unwrap().len();
    OpenOptions::new().write(true).open(&tensors).unwrap().set_len(length - 100).unwrap();
    assert!(message().contains("learner.safetensors is damaged"), "{}", message());
    fs::write(&tensors, b"nothing of the kind").unwrap();
    assert!(message().contains("learner.safetensors is damaged"), "{}", message());
    fs::remove_file(&tensors).unwrap();
    assert!(message().contains("cannot read") && message().contains("learner.safetensors"), "{}", message());

    bc.build(&spec, rngs(1), Device::CPU).save(folder.path()).unwrap();
    let error = learner.load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("learner.json is of another learner"), "{error}");
    let deterministic = fs::read(&tensors).unwrap();
    gaussian_bc.build(&spec, rngs(1), Device::CPU).save(folder.path()).unwrap();
    fs::write(&tensors, deterministic).unwrap();
    assert!(message().contains("has no tensor actor/log_std"), "{}", message());
    iql.build(&spec, rngs(2), Device::CPU).save(folder.path()).unwrap();
    assert!(learner.load(folder.path()).unwrap_err().to_string().contains("holds 2 lane(s)"));
    fs::write(&header, b"{\"config\": ").unwrap();
    assert!(message().contains("learner.json is not a learner's header"), "{}", message());
}
