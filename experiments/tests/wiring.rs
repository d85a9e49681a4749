//! How the parts of a run are put together: who acts and who is judged, what a start loads, what ends a run.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::{experiments, files_under, result_of, spec_of};
use serde_json::{Value, json};

/// Runs a specification under a method's name, whether its training succeeds or not: where the record is, and the record.
fn run(folder: &Path, method: &str, spec: &Value) -> (PathBuf, Value) {
    fs::write(folder.join("spec.json"), spec.to_string()).expect("writable");
    experiments(folder, &["run", "--scale", "smoke", "--seeds", "1", "--spec", "spec.json", "--method", method]);
    record_of(folder, method)
}

fn record_of(folder: &Path, method: &str) -> (PathBuf, Value) {
    let records = files_under(&folder.join("results/records/antmaze-umaze-v0").join(method));
    assert_eq!(records.len(), 1, "one run of {method}");
    (records[0].clone(), result_of(&records[0]))
}

/// Tensors of a run's networks: names and bytes of those that a filter lets through.
fn tensors(folder: &Path, record: &Path, wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let key = record.parent().and_then(Path::file_name).expect("records lie in folders of their keys");
    let bytes = fs::read(folder.join("checkpoints").join(key).join("seed-0/learner.safetensors")).expect("networks");
    let (length, rest) = bytes.split_at(8);
    let (header, data) = rest.split_at(u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize);
    let header: serde_json::Map<String, Value> = serde_json::from_slice(header).expect("a header in JSON");
    let offset = |tensor: &Value, i: usize| tensor["data_offsets"][i].as_u64().expect("an offset") as usize;
    let found = header.iter().filter(|(name, _)| wanted(name));
    found.map(|(name, tensor)| (name.clone(), data[offset(tensor, 0)..offset(tensor, 1)].to_vec())).collect()
}

/// The oracle knows the way, and a learner of a hundred steps does not walk yet.
#[test]
fn the_guide_helps_the_combined_policy_and_never_the_reported_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spec = spec_of(folder.path(), "jsrl-curriculum");
    let online = &mut spec["online"];
    online["guide"] = "oracle".into();
    // With a window that is never full the horizon stays at H1.
    online["schedule"] = json!({"schedule": "curriculum", "stages": 1, "tolerance": 0.1, "window": 100});
    online["steps"] = 100.into();
    online["evaluation"] =
        json!({"every": 100, "episodes": 4, "scored": 1, "curriculum_every": 100, "curriculum_episodes": 4});
    let (_, record) = run(folder.path(), "guided", &spec);
    assert_eq!(record["outcome"], "finished");
    let successes = |who: &str| -> u64 {
        let judged = record["evaluations"][0][who]["successes"].as_array().expect("it was judged");
        assert_eq!(judged.len(), 4);
        judged.iter().map(|success| success.as_u64().expect("0 or 1")).sum()
    };
    assert!(successes("combined") > 0, "the guide did not act where the combined policy was judged");
    assert_eq!(successes("alone"), 0, "the guide helped where the exploration-policy was judged");
}

#[test]
fn a_warm_start_has_the_networks_of_the_offline_phase() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut spec = spec_of(folder, "iql");
    let online = &mut spec["online"];
    online["steps"] = 20.into();
    online["evaluation"]["every"] = 20.into();
    online["updates_per_step"] = 0.into();
    let whole = |record: &Path| tensors(folder, record, |_| true);
    let ((warm, warm_record), (offline, offline_record)) =
        (run(folder, "warm", &spec), record_of(folder, "offline-iql"));
    assert!(whole(&warm) == whole(&offline), "a warm start without updates ends as it began");
    assert_eq!(warm_record["evaluations"][0], offline_record["evaluations"][0], "its curve begins there");

    spec["online"]["start"] = "cold".into();
    let (cold, _) = run(folder, "cold", &spec);
    let first_layer = |record: &Path| tensors(folder, record, |name| name == "actor/0/weight");
    assert_ne!(first_layer(&cold), first_layer(&offline));
    assert_eq!(first_layer(&warm).len(), 1);

    // Fresh critics beside its actor, which is let go for the last of the twenty steps or for all of them.
    spec["online"]["updates_per_step"] = 1.into();
    let mut steps = |warm_up: usize| {
        spec["online"]["start"] = json!({"actor": {"critic_warm_up": warm_up}});
        let (record, _) = run(folder, &format!("warm-up-{warm_up}"), &spec);
        let counts = tensors(folder, &record, |name| ["adam/actor/steps", "adam/critic1/steps"].contains(&name));
        [0, 1].map(|i: usize| u64::from_le_bytes(counts[i].1[..8].try_into().expect("a 64-bit count")))
    };
    assert_eq!(steps(19), [1, 20], "steps of the actor and of a critic");
    assert_eq!(steps(0), [20, 20]);
}

#[test]
fn gradient_steps_follow_every_few_steps() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spec = spec_of(folder.path(), "control");
    let online = &mut spec["online"];
    (online["steps"], online["update_every"]) = (20.into(), 6.into());
    online["evaluation"]["every"] = 20.into();
    let (record, _) = run(folder.path(), "every-sixth", &spec);
    let counts = tensors(folder.path(), &record, |name| name == "adam/actor/steps");
    assert_eq!(counts[0].1[..8], 3_u64.to_le_bytes());
}

#[test]
fn non_finite_numbers_end_an_online_phase_with_a_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spec = spec_of(folder.path(), "control");
    spec["learner"]["learning_rate"] = 1e30.into();
    let reason = run(folder.path(), "wild", &spec).1["outcome"]["failed"].to_string();
    assert!(reason.contains("is not finite after") && reason.contains("steps"), "{reason}");
}
