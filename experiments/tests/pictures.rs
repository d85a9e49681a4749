//! Pictures, exported policies and traces, as a user meets them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Runs the program in a folder; what it said, and whether it was content.
fn experiments(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_experiments"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    (output.status.success(), said)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn pictures_follow_from_committed_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (content, said) = experiments(folder, &["figure", "demo"]);
    assert!(!content && said.contains("results/demo"), "there is no policy yet: {said}");
    for actor in ["guide", "policy"] {
        let inner = Path::new("results/demo").join(actor);
        fs::create_dir_all(folder.join(&inner)).expect("writable");
        for file in ["learner.json", "learner.safetensors"] {
            let from = root().join(&inner).join(file);
            assert!(
                fs::metadata(&from).expect("it is committed").len() < 300_000,
                "{file} of the {actor} is too large"
            );
            fs::copy(from, folder.join(&inner).join(file)).expect("writable");
        }
    }
    let (content, said) = experiments(folder, &["figure"]);
    assert!(content, "{said}");
    let figures = ["fig1/fig1.svg", "fig1/fig1.png", "fig5/fig5.png", "fig6/fig6.png"];
    for file in figures.into_iter().chain(["demo/demo.gif", "demo/path.svg", "demo/path.png"]) {
        assert!(folder.join("results").join(file).is_file() && said.contains(file), "{file}: {said}");
    }
    let (content, said) = experiments(folder, &["figure", "fig7"]);
    assert!(!content && said.contains("fig7") && said.contains("fig6"), "{said}");
}

#[test]
fn an_exported_policy_acts_as_its_original() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (content, said) =
        experiments(folder, &["run", "--scale", "smoke", "--only", "antmaze-umaze-v0/1k/offline-iql"]);
    assert!(content, "{said}");
    let keys = fs::read_dir(folder.join("checkpoints")).expect("the networks are kept");
    let key = keys.map(|entry| entry.expect("readable").path()).find(|path| path.is_dir()).expect("of one run");
    let original = key.join("seed-0");
    let original = original.to_str().expect("a plain path");
    let (content, said) = experiments(folder, &["export", original, "small"]);
    assert!(content, "{said}");
    let size = |path: &Path| fs::metadata(path.join("learner.safetensors")).expect("readable").len();
    assert!(5 * size(&folder.join("small")) < 2 * size(Path::new(original)), "it is hardly smaller");
    // Its scores are those of any policy that fails; its way is its own.
    let way = |policy: &str, map: &str| {
        let words = ["play", "--task", "antmaze-umaze-v0", "--policy", policy, "--gif", "a.gif"];
        let picture = ["--every", "700", "--height", "12", "--map", map];
        let (content, said) = experiments(folder, &[&words[..], &picture].concat());
        assert!(content, "{said}");
        fs::read(folder.join(map).with_extension("svg")).expect("a map")
    };
    let original_way = way(original, "original");
    assert!(original_way == way("small", "small"), "it goes another way");
    assert!(original_way != way("random", "random"), "every policy goes this way");
}

#[test]
fn a_trace_follows_its_plan() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let model = root().join("crates/envs/assets/ant.xml");
    let model = model.to_str().expect("a plain path");
    let (height, still) = ([0.0, 0.0, 9.0, 1.0, 0.0, 0.0, 0.0], [0.0; 14]);
    let joints = [0.0, 1.0, 0.0, -1.0, 0.0, -1.0, 0.0, 1.0];
    let plan = |positions: &[f64]| {
        format!("{{\"positions\": {positions:?}, \"velocities\": {still:?}, \"controls\": {:?}}}", [[0.0; 8]; 5])
    };
    fs::write(folder.join("plan.json"), plan(&[&height[..], &joints].concat())).expect("writable");
    let (content, said) = experiments(folder, &["trace", model, "plan.json", "trace.json"]);
    assert!(content, "{said}");
    let trace: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("trace.json")).expect("readable")).expect("JSON");
    let heights: Vec<f64> = (0..5).map(|step| trace["positions"][step][2].as_f64().expect("a number")).collect();
    assert!(heights.is_sorted_by(|a, b| a > b) && (heights[4] - 9.0 + 0.5 * 9.81 * 0.01).abs() < 0.01, "{heights:?}");

    fs::write(folder.join("plan.json"), plan(&joints)).expect("writable");
    let (content, said) = experiments(folder, &["trace", model, "plan.json", "trace.json"]);
    assert!(!content && said.contains("plan.json") && said.contains("15"), "{said}");
}
