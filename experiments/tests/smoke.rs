//! The program as a user meets it: every table at smoke scale in an empty folder, and again.

mod common;

use std::{fs, path::Path};

use common::{experiments, files_under, networks, program, refuse, result_of, results, spec_of, succeed};
use serde_json::Value;

#[test]
fn every_table_runs_at_smoke_scale_and_never_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    succeed(folder, &["--scale", "smoke", "--log-dir", "events"]);
    let records = files_under(&folder.join("results/records"));
    let (theory, runs): (Vec<_>, Vec<_>) = records.iter().partition(|path| path.iter().any(|part| part == "theory"));
    // Five columns of Table 1 and cloning on six mazes, AWAC and CQL on one, these and cloning on the door, six columns on
    // two tasks of grasping, seven on three of the hand; four columns on one maze with more steps; two warm starts on each maze (Tables 7 to 10), two curricula (11), fresh critics cold and warmed up
    // (Figures 2, 7 and 8); a guide and its pupil (Figure 9), two curricula (12), a guide of another task (13), and AW-Opt before its fine-tuning on both; one seed each.
    let run_count = 6 * (5 + 1) + 6 + 5 + 2 * 6 + 3 * 7 + 4 + 6 * 2 + 2 + 2 + 2 + 2 + 1 + 2;
    assert_eq!(runs.len(), run_count);
    for record in &runs {
        assert_eq!(result_of(record)["outcome"], "finished");
    }
    // The clones of Figure 4 are curves: judged after half of their 20 gradient steps, too.
    let clones = runs.iter().filter(|path| path.iter().any(|part| part == "offline-image_bc"));
    let checks: Vec<Value> = clones.map(|path| result_of(path)["offline_checks"][0]["step"].clone()).collect();
    assert_eq!(checks, [10, 10]);
    // Two sizes each: 2 curves from scratch, 4 behind a guide, 6 of coverage, 5 rates of 2 oracles, 2 profiles.
    assert_eq!(theory.len(), 2 * (2 + 4 + 6 + 5 * 2 + 2), "one file for the four seeds of a measurement");
    for record in &records {
        assert!(fs::metadata(record).expect("readable").len() < 16_000, "{} is too large", record.display());
    }
    assert_eq!(files_under(&folder.join("events")).len(), run_count);

    let mut artifacts = files_under(&folder.join("results/table1-smoke"));
    for figure in ["fig15", "fig4-grasping", "fig8", "fig12", "fig13", "tables7-10", "table11", "longer"] {
        artifacts.extend(files_under(&folder.join(format!("results/{figure}-smoke"))));
    }
    let names: Vec<_> = artifacts.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    for name in ["table1.md", "table1.csv", "table1.json", "curves-antmaze-umaze-v0.svg", "curves-antmaze-umaze-v0.png"]
    {
        assert!(names.contains(&name), "no {name} among {names:?}");
    }
    for name in ["fig15.md", "fig15.csv", "fig15.json", "lock.svg", "fig15.png", "cover.svg", "rates.png"] {
        assert!(names.contains(&name), "no {name} among {names:?}");
    }
    for name in ["fig4-grasping.md", "fig4-grasping.csv", "fig4-grasping.svg", "fig12.png", "fig13.png"] {
        assert!(names.contains(&name), "no {name} among {names:?}");
    }
    for name in ["fig8.png", "fig8.csv", "tables7-10.md", "table11.csv", "longer.png"] {
        assert!(names.contains(&name), "no {name} among {names:?}");
    }
    let before: Vec<_> = records.iter().chain(&artifacts).map(|path| fs::read(path).expect("readable")).collect();
    let said = succeed(folder, &["--scale", "smoke"]);
    assert_eq!(said.matches("0 to do").count(), 2, "neither runs nor theory: {said}");
    let after: Vec<_> = records.iter().chain(&artifacts).map(|path| fs::read(path).expect("readable")).collect();
    assert!(before == after, "the same records gave other files");

    // A fresh clone has the records and the manifest, but no data.
    for file in files_under(&folder.join("data")).iter().filter(|path| !path.ends_with("manifest.json")) {
        fs::remove_file(file).expect("removable");
    }
    succeed(folder, &["report", "--scale", "smoke"]);
    let reported: Vec<_> = records.iter().chain(&artifacts).map(|path| fs::read(path).expect("readable")).collect();
    assert!(before == reported, "without data the records gave other files");

    let listed = succeed(folder, &["list", "--scale", "smoke"]);
    assert!(listed.contains("make table1") && listed.contains("| 45 "), "{listed}");
    assert!(listed.contains("make fig15") && listed.contains("| 192 "), "{listed}");
    let checked = succeed(folder, &["check", "--scale", "smoke"]);
    let of_runs = checked.split("fig15 at smoke scale").next().expect("it is checked last");
    let is_claim = |line: &&str| line.starts_with("| ") && !line.starts_with("| claim") && !line.starts_with("| ---");
    let claims: Vec<&str> = of_runs.lines().filter(is_claim).collect();
    assert!(claims.len() > 50, "{checked}");
    for line in claims {
        assert!(line.contains("| undecided "), "one seed decides nothing: {line}");
    }
    let always = checked.lines().find(|line| line.starts_with("| Theorem A.3")).expect("it is checked run by run");
    assert!(always.contains("| holds ") && always.contains("88 of 88 runs"), "{always}");
}

#[test]
fn theory_goes_on_where_it_stopped_with_the_same_bits() {
    let [at_once, stopped] = [(), ()].map(|()| tempfile::tempdir().expect("a folder"));
    let make = |folder: &Path, seeds: &str, jobs: &str| {
        succeed(folder, &["--scale", "smoke", "--only", "fig15", "--seeds", seeds, "--jobs", jobs])
    };
    make(at_once.path(), "4", "1");
    make(stopped.path(), "2", "2");
    let records = files_under(&stopped.path().join("results/records"));
    let lost = &records[0];
    fs::remove_file(lost).expect("removable");
    let kept: Vec<_> = records[1..].iter().map(|path| fs::read(path).expect("readable")).collect();
    make(stopped.path(), "4", "2");
    let again: Vec<_> = records[1..].iter().map(|path| fs::read(path).expect("readable")).collect();
    assert!(kept == again, "a record was overwritten");
    for name in ["fig15.md", "fig15.json", "fig15.svg", "cover.svg", "rates.svg"] {
        let [x, y] = [&at_once, &stopped].map(|folder| folder.path().join("results/fig15-smoke").join(name));
        assert!(fs::read(x).expect("readable") == fs::read(y).expect("readable"), "{name} differs");
    }

    fs::write(&records[1], "{").expect("writable");
    let said = refuse(stopped.path(), &["report", "--scale", "smoke"]);
    assert!(said.contains("seeds-0-1.json") && said.contains("move it away"), "{said}");
    assert_eq!(fs::read_to_string(&records[1]).expect("readable"), "{", "it was overwritten");
}

#[test]
fn neither_jobs_nor_lost_networks_change_a_result() {
    let [one, two] = [(), ()].map(|()| tempfile::tempdir().expect("a folder"));
    let only = ["--only", "antmaze-umaze-v0/1k/jsrl", "--only", "antmaze-umaze-v0/1k/iql"];
    let arguments = |jobs| [&["--scale", "smoke", "--seeds", "2", "--jobs", jobs][..], &only].concat();
    succeed(one.path(), &arguments("1"));
    // The other folder makes the offline runs first, loses their networks, and goes on.
    succeed(two.path(), &["--scale", "smoke", "--seeds", "2", "--only", "antmaze-umaze-v0/1k/offline-iql"]);
    fs::remove_dir_all(two.path().join("checkpoints")).expect("the networks were kept there");
    // Their records are another machine's: what follows goes by the networks made anew.
    let offline = files_under(&two.path().join("results/records/antmaze-umaze-v0/offline-iql"));
    let undisturbed: Vec<_> = offline.iter().map(|path| fs::read(path).expect("readable")).collect();
    for (path, record) in offline.iter().zip(&undisturbed) {
        let mut record: serde_json::Value = serde_json::from_slice(record).expect("a record");
        let successes = record["evaluations"][0]["alone"]["successes"].as_array_mut().expect("it was judged");
        for success in successes {
            *success = (1 - success.as_u64().expect("0 or 1")).into();
        }
        fs::write(path, record.to_string()).expect("writable");
    }
    let said = succeed(two.path(), &arguments("2"));
    assert!(said.contains("its scores differ from its record"), "{said}");
    for (path, record) in offline.iter().zip(undisturbed) {
        fs::write(path, record).expect("writable");
    }
    // Three online runs of Table 1, two warm starts, and the offline one; two seeds.
    assert_eq!(results(one.path()).len(), 12);
    assert_eq!(results(one.path()), results(two.path()));
    let [one, two] = [one, two].map(|folder| networks(folder.path()));
    assert!(one.len() == 24 && one == two, "other networks behind the same scores");
}

#[test]
fn any_policy_can_be_the_guide() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let spec = spec_of(folder, "jsrl-random");
    let offline = files_under(&folder.join("checkpoints"))
        .into_iter()
        .find(|path| path.ends_with("learner.json"))
        .and_then(|path| Some(path.parent()?.to_str()?.to_string()))
        .expect("the guide was kept");
    let cloning = serde_json::json!({"learner": "bc", "loss": "squared_error", "learning_rate": 1e-3, "hidden": [16],
        "dropout": 0.0, "inputs": "scaled"});
    let mut alone = spec.clone();
    alone["online"]["schedule"] = serde_json::json!({"schedule": "learner_only"});
    let guides = [
        serde_json::json!("oracle"),
        serde_json::json!({"learner": cloning}),
        serde_json::json!({"saved": {"folder": offline}}),
        serde_json::json!({"run": {"method": "alone", "spec": alone}}),
    ];
    for (i, guide) in guides.into_iter().enumerate() {
        let mut spec = spec.clone();
        spec["online"]["guide"] = guide.clone();
        spec["online"]["start"] = ["cold", "warm", "cold", "warm"][i].into();
        fs::write(folder.join("spec.json"), spec.to_string()).expect("writable");
        let method = format!("guide-{i}");
        succeed(folder, &["run", "--scale", "smoke", "--seeds", "1", "--spec", "spec.json", "--method", &method]);
        let records = files_under(&folder.join("results/records").join("antmaze-umaze-v0").join(&method));
        let record = result_of(&records[0]);
        assert_eq!(record["outcome"], "finished", "{guide}");
        assert!(record["guide"]["first_horizon"].as_u64() > Some(0), "{guide}");
        if guide == "oracle" {
            assert!(record["guide"]["success_rate"].as_f64() >= Some(0.5), "the oracle knows the way");
        }
    }
    // Other networks in the folder are another guide, with a record of its own.
    let mut saved = spec.clone();
    saved["online"]["guide"] = serde_json::json!({"saved": {"folder": "guide"}});
    fs::create_dir(folder.join("guide")).expect("writable");
    fs::write(folder.join("spec.json"), saved.to_string()).expect("writable");
    let arguments = ["run", "--scale", "smoke", "--seeds", "1", "--spec", "spec.json", "--method", "saved"];
    assert!(refuse(folder, &arguments).contains("guide/learner.json"));
    let known = networks(folder);
    let sources = known.keys().filter(|path| path.ends_with("learner.json")).filter_map(|path| path.parent());
    for (i, source) in sources.take(2).enumerate() {
        for file in ["learner.json", "learner.safetensors"] {
            let source = folder.join("checkpoints").join(source).join(file);
            fs::copy(source, folder.join("guide").join(file)).expect("writable");
        }
        succeed(folder, &arguments);
        assert_eq!(files_under(&folder.join("results/records/antmaze-umaze-v0/saved")).len(), i + 1);
    }

    let run = files_under(&folder.join("results/records/antmaze-umaze-v0/alone"));
    assert_eq!(run.len(), 1, "the guide's run has a record of its own");
    assert_eq!(result_of(&run[0])["spec"], alone);

    let said = refuse(folder, &["evaluate", "--task", "door-binary-v0", "--policy", &offline]);
    assert!(
        said.contains("is of a policy for states of 29") && said.contains("door-binary-v0 has states of 39"),
        "{said}"
    );
}

#[test]
fn a_training_that_loses_its_footing_is_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut spec = spec_of(folder, "jsrl-random");
    spec["learner"]["learning_rate"] = 1e30.into();
    fs::write(folder.join("spec.json"), spec.to_string()).expect("writable");
    let arguments = ["run", "--scale", "smoke", "--seeds", "1", "--spec", "spec.json", "--method", "wild"];
    let said = refuse(folder, &arguments);
    assert!(said.contains("not finite") && said.contains("2 runs failed"), "{said}");
    let wild = files_under(&folder.join("results/records/antmaze-umaze-v0/wild"));
    let reason = result_of(&wild[0])["outcome"]["failed"].to_string();
    assert!(reason.contains("its offline phase failed") && reason.contains("not finite after"), "{reason}");
    let said = succeed(folder, &arguments);
    assert!(
        said.contains("1 runs done (1 of them failed") && said.contains("0 to do"),
        "not again, nor kept quiet: {said}"
    );
}

#[test]
fn a_policy_can_be_judged_and_filmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let task = ["--task", "antmaze-umaze-v0"];
    let oracle = [&["evaluate", "--policy", "oracle", "--episodes", "4", "--json"][..], &task].concat();
    let verdict: Value = serde_json::from_str(&String::from_utf8_lossy(&experiments(folder.path(), &oracle).stdout))
        .expect("--json prints JSON");
    assert_eq!(verdict["episodes"]["returns"].as_array().map(Vec::len), Some(4));
    assert!(verdict["success_rate"].as_f64() >= Some(0.5), "the oracle knows the way: {verdict}");
    let random = [&["evaluate", "--policy", "random", "--episodes", "2", "--json"][..], &task].concat();
    let verdict: Value = serde_json::from_str(&String::from_utf8_lossy(&experiments(folder.path(), &random).stdout))
        .expect("--json prints JSON");
    assert_eq!(verdict["success_rate"].as_f64(), Some(0.0));

    let guided = [&random[..], &["--guide", "oracle", "--guide-steps", "700"]].concat();
    let verdict: Value = serde_json::from_str(&String::from_utf8_lossy(&experiments(folder.path(), &guided).stdout))
        .expect("--json prints JSON");
    assert!(verdict["success_rate"].as_f64() >= Some(0.5), "the guide opens the episodes: {verdict}");

    let film = ["play", "--policy", "oracle", "--gif", "ant.gif", "--every", "20", "--height", "60"];
    succeed(folder.path(), &[&film[..], &task].concat());
    assert!(fs::read(folder.path().join("ant.gif")).expect("the film is there").starts_with(b"GIF89a"));
}

/// A file of somebody's own takes the place of ours, and its tables stand beside ours.
#[test]
fn ones_own_data_get_tables_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    succeed(folder, &["run", "--scale", "smoke", "--only", "table1/antmaze-umaze-v0/1k/control"]);
    succeed(folder, &["report", "--scale", "smoke"]);
    let page = folder.join("results/table1-smoke/table1.md");
    let before = fs::read(&page).expect("a page");
    fs::remove_file(folder.join("data/smoke/antmaze-umaze-v0.hdf5")).expect("removable");
    succeed(folder, &["data", "antmaze-umaze-v0", "--scale", "smoke", "--straying", "0.5"]);
    succeed(folder, &["report", "--scale", "smoke"]);
    assert!(folder.join("results/table1-smoke-own-data/table1.md").exists());
    assert!(fs::read(&page).expect("a page") == before, "ours was overwritten");
}

/// Whatever kernels the environment asks of libtorch and of MKL, as two processors would choose different ones.
#[test]
fn the_data_of_the_hand_have_the_same_bits_everywhere() {
    let contents = [["default", "COMPATIBLE"], ["avx2", "AVX2"]].map(|[kernels, products]| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = program(folder.path(), &["data", "door-binary-v0", "--scale", "smoke"]);
        let output = command.envs([("ATEN_CPU_CAPABILITY", kernels), ("MKL_CBWR", products)]).output();
        assert!(output.expect("the program can be started").status.success());
        let manifest = fs::read(folder.path().join("data/manifest.json")).expect("a manifest");
        let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
        manifest["smoke/door-binary-v0"]["content"].as_str().expect("a hash").to_string()
    });
    assert_eq!(contents[0], contents[1]);
}

#[test]
fn the_pens_expert_can_be_trained_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["pen-expert", "--updates", "1"];
    let message = refuse(folder.path(), &words);
    assert!(message.contains("--out"), "a try does not replace the expert behind the data: {message}");
    let train = |out| {
        succeed(folder.path(), &[&words[..], &["--out", out]].concat());
        fs::read(folder.path().join(out)).expect("a network")
    };
    assert_eq!(train("first.safetensors"), train("second.safetensors"));
}

/// `--only` makes the very files that its cells learn from; `--image-size` is for tasks with pictures, and a clone of small
/// pictures acts on such.
#[test]
fn demonstrations_are_made_as_many_and_as_large_as_they_are_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    succeed(folder, &["data", "--scale", "smoke", "--only", "table2/grasping-indiscriminate/20/"]);
    succeed(folder, &["data", "grasping-instance", "--scale", "smoke", "--demos", "5", "--image-size", "32"]);
    let made: Vec<_> = files_under(&folder.join("data/smoke"))
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "hdf5"))
        .map(|path| path.file_name().expect("a name").to_str().expect("text").to_string())
        .collect();
    assert_eq!(made, ["grasping-indiscriminate-20.hdf5", "grasping-instance-5-32px.hdf5"]);

    let manifest = fs::read(folder.join("data/manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let entry = &manifest["smoke/grasping-instance-5-32px"];
    let clone = serde_json::json!({
        "task": "grasping-instance",
        "data": {"file": "smoke/grasping-instance-5-32px", "content": entry["content"], "transitions": entry["transitions"]},
        "learner": {
            "learner": "image_bc", "loss": "squared_error", "inputs": "scaled", "learning_rate": 1e-3,
            "network": {"form": "flat", "filters": 4, "hidden": 8},
        },
        "offline": {"updates": 2, "batch_rows": 8, "episodes": 1},
    });
    fs::write(folder.join("clone.json"), clone.to_string()).expect("writable");
    succeed(folder, &["run", "--spec", "clone.json", "--seeds", "1"]);
    let policy = files_under(&folder.join("checkpoints")).into_iter().find(|file| file.ends_with("learner.json"));
    let policy = policy.expect("a saved policy").parent().expect("a folder").to_str().expect("text").to_string();
    let judge = ["evaluate", "--task", "grasping-instance", "--policy", &policy, "--episodes", "1"];
    assert!(refuse(folder, &judge).contains("picture"));
    succeed(folder, &[&judge[..], &["--image-size", "32"]].concat());
    assert!(
        refuse(folder, &["data", "pen-binary-v0", "--image-size", "32"]).contains("leave them out for pen-binary-v0")
    );
    assert!(refuse(folder, &["data", "pen-binary-v0", "--demos", "20"]).contains("leave them out for pen-binary-v0"));
}

#[test]
fn a_profile_tells_where_the_time_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = succeed(folder.path(), &["profile", "--steps", "40", "--guide-updates", "5"]);
    for part in ["environment", "updates", "evaluation", "sampling"] {
        assert!(said.contains(part), "no {part} in {said}");
    }
}
