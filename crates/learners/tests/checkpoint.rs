//! Saving, loading and reopening.

mod common;

use std::fs::{self, OpenOptions};
use std::thread;

use common::{every_learner, observations, random_batch, rngs, small_iql, small_qt_opt, spec, spec_for};
use learners::{Device, IqlConfig, LearnerConfig, Vision, export, open, open_for};
use rl::{EnvironmentSpec, ImageRows, ImageShape, Intent, ObservationRows, Policy, Prng};
use tch::{Kind, Tensor};

#[test]
fn every_learner_keeps_the_contract() {
    let others: Vec<Prng> = (10..12).map(|seed| Prng::derive("test", seed, "learner")).collect();
    for config in every_learner() {
        let spec = spec_for(&config);
        let folder = tempfile::tempdir().unwrap();
        let mut learner = config.build(&spec, rngs(2), Device::CPU);
        let mut other = config.build(&spec, others.clone(), Device::CPU);
        rl::check_learner(learner.as_mut(), other.as_mut(), &random_batch(&spec, 2, 8, "contract"), folder.path());
    }
}

#[test]
fn a_reopened_learner_acts_and_learns_the_same() {
    for config in every_learner() {
        let spec = spec_for(&config);
        let batch = random_batch(&spec, 2, 8, "reopen");
        let seen = observations(&batch);
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

/// Also where the original acts by averaged weights; what acts by more than an actor is refused.
#[test]
fn an_exported_policy_acts_as_its_original() {
    for config in every_learner() {
        let spec = spec_for(&config);
        let batch = random_batch(&spec, 1, 8, "export");
        let [from, to] = [(), ()].map(|()| tempfile::tempdir().unwrap());
        let mut learner = config.build(&spec, rngs(1), Device::CPU);
        learner.update(&batch);
        learner.save(from.path()).unwrap();
        let written = export(from.path(), to.path());
        if !["iql", "bc", "image_bc"].contains(&config.name()) {
            let said = written.unwrap_err().to_string();
            assert!(said.contains(&format!("is of {}", config.name())), "{said}");
            assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
            continue;
        }
        written.unwrap();
        let act = |policy: &dyn Policy| policy.act(&observations(&batch), Intent::Exploit, &mut rngs(1));
        let copy = open(to.path(), Device::CPU).unwrap();
        assert_eq!(act(learner.policy()), act(copy.policy()), "{}", config.name());
    }
}

#[test]
fn headers_out_of_range_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let header = folder.path().join("learner.json");
    LearnerConfig::Iql(small_iql()).build(&spec(5, 3), rngs(1), Device::CPU).save(folder.path()).unwrap();
    let sound: String = fs::read_to_string(&header).unwrap().split_whitespace().collect();
    let streams = &sound[sound.find("\"rngs\"").unwrap()..];
    for (from, to, expected) in [
        ("\"expectile\":0.9", "\"expectile\":2", "learner.json has expectile 2, where it must be in (0, 1)"),
        ("\"hidden\":[16,12]", "\"hidden\":[]", "number of hidden layers"),
        ("\"max_steps\":20", "\"max_steps\":0", "max_steps"),
        ("\"state_spread\":[2.0,", "\"state_spread\":[", "length of state_spread"),
        (streams, "\"rngs\":[]}", "learner.json has no lanes"),
    ] {
        assert!(sound.contains(from), "{from} in {sound}");
        fs::write(&header, sound.replace(from, to)).unwrap();
        let message = open(folder.path(), Device::CPU).err().expect(expected).to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn tensors_of_another_kind_are_named() {
    let folder = tempfile::tempdir().unwrap();
    LearnerConfig::Iql(small_iql()).build(&spec(5, 3), rngs(1), Device::CPU).save(folder.path()).unwrap();
    let file = folder.path().join("learner.safetensors");
    let tensors: Vec<(String, Tensor)> = Tensor::read_safetensors(&file)
        .unwrap()
        .into_iter()
        .map(
            |(name, tensor)| {
                if name == "actor/log_std" { (name, tensor.to_kind(Kind::Double)) } else { (name, tensor) }
            },
        )
        .collect();
    Tensor::write_safetensors(&tensors, &file).unwrap();
    let message = open(folder.path(), Device::CPU).err().expect("64-bit floats").to_string();
    assert!(message.contains("holds actor/log_std as Double [1, 1, 3] and not as Float [1, 1, 3]"), "{message}");
}

#[test]
fn threads_may_save_into_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let learner = LearnerConfig::Iql(small_iql()).build(&spec(5, 3), rngs(1), Device::CPU);
                for _ in 0..20 {
                    learner.save(folder.path()).unwrap();
                }
            });
        }
    });
    open(folder.path(), Device::CPU).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn damaged_and_foreign_files_are_named() {
    let spec = spec(5, 3);
    let [iql, bc, gaussian_bc, ..] = &every_learner()[..] else { panic!("three learners or more") };
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
    assert!(
        error.contains("learner.json is of 1 lane(s) of bc") && error.contains("wanted are 1 lane(s) of iql"),
        "{error}"
    );
    let deterministic = fs::read(&tensors).unwrap();
    gaussian_bc.build(&spec, rngs(1), Device::CPU).save(folder.path()).unwrap();
    fs::write(&tensors, deterministic).unwrap();
    assert!(message().contains("has no tensor actor/log_std"), "{}", message());
    iql.build(&spec, rngs(2), Device::CPU).save(folder.path()).unwrap();
    assert!(learner.load(folder.path()).unwrap_err().to_string().contains("is of 2 lane(s) of iql"));
    let LearnerConfig::Iql(settings) = iql else { panic!("IQL comes first") };
    let other = LearnerConfig::Iql(IqlConfig { discount: 0.5, ..settings.clone() });
    other.build(&spec, rngs(1), Device::CPU).save(folder.path()).unwrap();
    assert!(learner.load(folder.path()).unwrap_err().to_string().contains("other settings"));

    // Weights must be numbers; one of Adam's squares may overflow in a training that goes on.
    for (name, sound) in [("adam/actor/square", true), ("actor/0/weight", false)] {
        learner.save(folder.path()).unwrap();
        let mut found = Tensor::read_safetensors(&tensors).unwrap();
        let (_, tensor) = found.iter_mut().find(|(other, _)| other == name).expect("it is saved");
        *tensor = tensor.full_like(f64::INFINITY);
        Tensor::write_safetensors(&found, &tensors).unwrap();
        let loaded = open(folder.path(), Device::CPU).err().map(|error| error.to_string());
        assert_eq!(loaded.is_none(), sound, "{name}");
        assert!(sound || loaded.expect("an error").contains("not finite in actor/0/weight"));
    }
    fs::write(&header, b"{\"config\": ").unwrap();
    assert!(message().contains("learner.json is not a learner's header"), "{}", message());
}

/// A policy may act where pictures have further channels, and acts as on its own ones; any other difference is named.
#[test]
fn a_policy_is_opened_only_for_what_it_fits() {
    let config = LearnerConfig::QtOpt(small_qt_opt(Vision::Flat));
    let own = spec_for(&config);
    let folder = tempfile::tempdir().unwrap();
    config.build(&own, rngs(1), Device::CPU).save(folder.path()).unwrap();
    let with = |change: fn(&mut ImageShape)| {
        let mut image = own.image.expect("it learns from pictures");
        change(&mut image);
        EnvironmentSpec { name: "other".into(), image: Some(image), ..own.clone() }
    };
    let wide = with(|image| image.channels += 1);
    let policy = open_for(folder.path(), &wide, Device::CPU).unwrap();
    let seen = observations(&random_batch(&own, 1, 3, "wide"));
    let mut bytes = Vec::new();
    let picture = seen.image.as_ref().expect("pictures");
    picture.as_slice().chunks(picture.shape().channels).for_each(|pixel| bytes.extend(pixel.iter().chain(&[255])));
    let shape = wide.image.expect("pictures");
    let wider = ObservationRows { image: Some(ImageRows::from_vec(1, 3, shape, bytes)), ..seen.clone() };
    let act = |seen| policy.policy().act(seen, Intent::Exploit, &mut rngs(1));
    assert_eq!(act(&seen), act(&wider));

    for (task, word) in [
        (with(|image| image.channels -= 1), "20 x 22 x 3"),
        (with(|image| image.height += 1), "21 x 22 x 4"),
        (EnvironmentSpec { image: None, ..own.clone() }, "no picture"),
        (EnvironmentSpec { action_size: 4, ..own.clone() }, "actions of 4"),
        (spec(6, 3), "states of 6"),
    ] {
        let error = open_for(folder.path(), &task, Device::CPU).err().expect("it does not fit").to_string();
        assert!(error.contains("learner.json is of a policy for states of 5, actions of 3"), "{error}");
        assert!(error.contains(word) && error.contains(&task.name), "{error}");
    }
    config.build(&own, rngs(2), Device::CPU).save(folder.path()).unwrap();
    let error = open_for(folder.path(), &own, Device::CPU).err().expect("it has two lanes").to_string();
    assert!(error.contains("is of 2 lanes"), "{error}");
}
