//! Bad input gets one clear sentence and a failure, and nothing is overwritten.

mod common;

use std::{fs, path::Path, process::Stdio};

use common::{files_under, program, refuse, succeed};
use serde_json::Value;

#[test]
fn bad_input_gets_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let said = refuse(folder, &["evaluate", "--task", "antmaze-tiny-v0", "--policy", "oracle"]);
    assert!(said.contains("antmaze-tiny-v0") && said.contains("antmaze-umaze-v0"), "{said}");
    let said = refuse(folder, &["evaluate", "--task", "antmaze-umaze-v0", "--policy", "nobody"]);
    assert!(said.contains("nobody") && said.contains("oracle"), "{said}");
    let said = refuse(folder, &["list", "--scale", "huge"]);
    assert!(said.contains("huge") && said.contains("laptop"), "{said}");
    let said = refuse(folder, &["run", "--device", "tpu"]);
    assert!(said.contains("tpu") && said.contains("cuda"), "{said}");
    let said = refuse(folder, &["run", "--only", "antmaze-umaze-v0/77k"]);
    assert!(said.contains("77k"), "{said}");
    for unknown in [&["evaluate", "--seeds", "5"][..], &["inspect", "--only", "table1"], &["report", "--jobs", "2"]] {
        let said = refuse(folder, unknown);
        assert!(said.contains("unexpected argument"), "an option without effect is none: {said}");
    }
    let said = refuse(folder, &["run", "--first-seed", "18446744073709551615"]);
    assert!(said.contains("--first-seed"), "{said}");
    let said = refuse(folder, &["run", "--seeds", "0"]);
    assert!(said.contains("--seeds"), "{said}");
    let said = refuse(folder, &["inspect", "absent.hdf5"]);
    assert!(said.contains("absent.hdf5"), "{said}");
    let said = refuse(folder, &["inspect", "data/smoke/grasping-instance-20.hdf5"]);
    assert!(said.contains("cargo run -p experiments -- data grasping-instance --demos 20 --scale smoke"), "{said}");
    fs::write(folder.join("spec.json"), "{\"task\": \"antmaze-umaze-v0\"}").expect("writable");
    let said = refuse(folder, &["run", "--spec", "spec.json"]);
    assert!(said.contains("spec.json") && said.contains("data"), "{said}");
}

#[test]
fn broken_files_are_named_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let arguments = ["run", "--scale", "smoke", "--only", "antmaze-umaze-v0/1k/control"];
    succeed(folder, &arguments);
    let records = files_under(&folder.join("results/records"));
    assert_eq!(records.len(), 1);
    let whole = fs::read_to_string(&records[0]).expect("readable");

    let mut empty: Value = serde_json::from_str(&whole).expect("a record is JSON");
    empty["evaluations"] = Value::Array(Vec::new());
    for (content, word) in [
        (whole.replacen("\"format\":1", "\"format\":0", 1), "format 0"),
        (whole[..99].into(), "not one"),
        (empty.to_string(), "without an evaluation"),
    ] {
        fs::write(&records[0], &content).expect("writable");
        let said = refuse(folder, &arguments);
        assert!(said.contains(word) && said.contains("seed-0.json") && said.contains("move it away"), "{said}");
        assert_eq!(fs::read_to_string(&records[0]).expect("readable"), content, "it was overwritten");
    }
    fs::write(&records[0], &whole).expect("writable");

    // A copy counts as no other seed.
    let copy = records[0].with_file_name("seed-7.json");
    fs::write(&copy, &whole).expect("writable");
    let said = refuse(folder, &["report", "--scale", "smoke"]);
    assert!(said.contains("seed-7.json") && said.contains("belongs to"), "{said}");
    fs::remove_file(copy).expect("removable");

    // Without the manifest a clone would find none of its records. A folder of one's own need not have any.
    let (manifest, aside) = (folder.join("data/manifest.json"), folder.join("manifest.json"));
    fs::rename(&manifest, &aside).expect("writable");
    succeed(folder, &["list", "--scale", "smoke"]);
    fs::create_dir(folder.join("experiments")).expect("writable");
    fs::write(folder.join("experiments/Cargo.toml"), "").expect("writable");
    let said = refuse(folder, &["list", "--scale", "smoke"]);
    assert!(said.contains("manifest.json") && said.contains("git"), "{said}");
    fs::rename(&aside, &manifest).expect("writable");

    let data = folder.join("data/smoke/antmaze-umaze-v0.hdf5");
    let bytes = fs::read(&data).expect("readable");
    fs::write(&data, &bytes[..bytes.len() / 2]).expect("writable");
    let said = refuse(folder, &["inspect", data.to_str().expect("a plain path")]);
    assert!(said.contains("antmaze-umaze-v0.hdf5"), "{said}");

    // A file of another robot under the task's name.
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/d4rl/tests/data/door-human-3.hdf5");
    fs::copy(other, &data).expect("writable");
    let said = refuse(folder, &["run", "--scale", "smoke", "--only", "antmaze-umaze-v0/1k/iql"]);
    assert!(said.contains("antmaze-umaze-v0.hdf5") && said.contains("39") && said.contains("29"), "{said}");

    let networks = files_under(&folder.join("checkpoints"));
    let tensors = networks.iter().find(|path| path.ends_with("learner.safetensors")).expect("the networks are kept");
    let bytes = fs::read(tensors).expect("readable");
    let policy = tensors.parent().and_then(Path::to_str).expect("a plain path");
    let said = refuse(folder, &["export", policy, policy]);
    assert!(said.contains("is there already"), "{said}");
    assert!(fs::read(tensors).expect("readable") == bytes, "it was overwritten");
    let evaluate = ["evaluate", "--task", "antmaze-umaze-v0", "--policy", policy];
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let no_numbers = [&bytes[..header], &vec![0xff; bytes.len() - header]].concat();
    fs::write(tensors, no_numbers).expect("writable");
    let said = refuse(folder, &evaluate);
    assert!(said.contains("learner.safetensors") && said.contains("not finite"), "{said}");
    fs::write(tensors, &bytes[..bytes.len() / 2]).expect("writable");
    let said = refuse(folder, &evaluate);
    assert!(said.contains("learner.safetensors"), "{said}");
}

/// `2>&1 | head -1`: whoever listened may be gone before all is said.
#[test]
fn nobody_need_listen() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut unheard = program(folder.path(), &["run", "--scale", "smoke", "--only", "fig15", "--seeds", "1"]);
    let mut child = unheard.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it can be started");
    drop(child.stderr.take());
    assert!(child.wait().expect("it can be waited for").success());
}
