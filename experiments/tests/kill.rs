//! Nothing is lost and nothing is spoilt: by kills, by a second process, by a full disk, by damaged checkpoints.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use common::{files_under, networks, program, results, succeed};
use rl::Prng;
use serde_json::Value;
use tempfile::TempDir;

/// Five runs: the offline one, which three of the others need, and four online ones.
const ALL: [&str; 4] = ["--scale", "smoke", "--only", "table1/antmaze-umaze-v0/1k"];
/// The first of them.
const OFFLINE: [&str; 5] = ["run", "--scale", "smoke", "--only", "table1/antmaze-umaze-v0/1k/offline"];
/// One that needs no other.
const CONTROL: [&str; 5] = ["run", "--scale", "smoke", "--only", "table1/antmaze-umaze-v0/1k/control"];
const DATA: &str = "data/smoke/antmaze-umaze-v0.hdf5";

/// A folder in which nothing ever went wrong.
fn undisturbed() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        succeed(folder.path(), &[&ALL[..], &["--jobs", "1"]].concat());
        folder
    });
    folder.path()
}

/// Its record of one method.
fn undisturbed_result(method: &str) -> Vec<Value> {
    results(undisturbed()).into_iter().filter(|record| record["method"] == method).collect()
}

/// A folder with data, but without runs.
fn with_data() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("data/smoke")).expect("writable");
    for file in [DATA, "data/manifest.json"] {
        fs::copy(undisturbed().join(file), folder.path().join(file)).expect("writable");
    }
    folder
}

/// Records, networks, data and report are those of the undisturbed folder, and nothing is left of the way to them.
fn assert_whole(folder: &Path) {
    assert_eq!(results(folder), results(undisturbed()));
    assert_eq!(networks(folder).len(), 2 * results(folder).len(), "each run keeps its networks");
    assert_networks(folder);
    for file in [DATA, "data/manifest.json", "results/table1-smoke/table1.csv", "results/table1-smoke/table1.md"] {
        let same = fs::read(folder.join(file)).ok() == fs::read(undisturbed().join(file)).ok();
        assert!(same, "{file} has come out differently");
    }
    assert_eq!(newest_step(folder), None, "checkpoints are left behind");
}

/// What there is of networks is as in the undisturbed folder.
fn assert_networks(folder: &Path) {
    let (found, undisturbed) = (networks(folder), networks(undisturbed()));
    assert!(!found.is_empty(), "no networks");
    for (path, content) in found {
        assert!(undisturbed.get(&path) == Some(&content), "{} has come out differently", path.display());
    }
}

/// The furthest step of all checkpoints of runs under way.
fn newest_step(folder: &Path) -> Option<usize> {
    let steps = files_under(&folder.join("checkpoints"));
    steps.iter().filter_map(|file| file.parent()?.file_name()?.to_str()?.parse().ok()).max()
}

fn half_written_data(folder: &Path) -> bool {
    files_under(&folder.join("data")).iter().any(|file| file.to_string_lossy().contains(".writing-"))
}

/// Starts the command, waits for a moment and kills the process then. Returns what it had said.
fn kill_when(folder: &Path, arguments: &[&str], mut moment: impl FnMut() -> bool) -> String {
    let mut child: Child = program(folder, arguments).stderr(Stdio::piped()).spawn().expect("it can be started");
    let start = Instant::now();
    while !moment() {
        assert!(start.elapsed() < Duration::from_secs(120), "{arguments:?}: the moment never came");
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            panic!("{arguments:?} ended before its moment: {status}");
        }
        thread::sleep(Duration::from_micros(200));
    }
    child.kill().expect("it can be killed");
    let output = child.wait_with_output().expect("it can be waited for");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn kills_change_no_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let command = |more: [&'static str; 4]| [&ALL[..], &more].concat();
    let mut rng = Prng::derive("kill", 0, "moments");

    // While data are written, which takes some milliseconds: again until the kill has come in time.
    let in_time = (0..20).any(|_| {
        fs::remove_file(folder.join(DATA)).ok();
        kill_when(folder, &command(["--jobs", "1", "--checkpoint-seconds", "0"]), || half_written_data(folder));
        !folder.join(DATA).exists()
    });
    assert!(in_time && half_written_data(folder), "no kill came while data were written");

    let mut said = String::new();
    // In the offline phase.
    let step = 1 + rng.below(150);
    let alone = command(["--jobs", "1", "--checkpoint-seconds", "0"]);
    said += &kill_when(folder, &alone, || newest_step(folder) >= Some(step));
    // In the online phase of two runs at once.
    let (records, step) = (folder.join("results/records"), 1 + rng.below(300));
    let two = command(["--jobs", "2", "--checkpoint-seconds", "0"]);
    said += &kill_when(folder, &two, || !files_under(&records).is_empty() && newest_step(folder) >= Some(step));
    // At any moment, with the checkpoints far apart.
    let delay = Duration::from_secs_f32(rng.uniform(0.05, 0.5));
    let start = Instant::now();
    said += &kill_when(folder, &command(["--jobs", "2", "--checkpoint-seconds", "300"]), || start.elapsed() > delay);
    // When most is done.
    let step = 1 + rng.below(300);
    let three = command(["--jobs", "3", "--checkpoint-seconds", "0.05"]);
    said += &kill_when(folder, &three, || files_under(&records).len() >= 2 && newest_step(folder) >= Some(step));

    said += &succeed(folder, &command(["--jobs", "2", "--checkpoint-seconds", "300"]));
    // Those killed before they could say so are not among them.
    assert!(said.matches("goes on from step").count() >= 2, "{said}");
    assert!(!said.contains("cannot serve") && !said.contains("panicked"), "{said}");
    assert_whole(folder);

    // A kill between a record and the end of its checkpoints leaves those to the next command.
    let networks = files_under(&folder.join("checkpoints")).into_iter().find(|file| file.ends_with("learner.json"));
    let left = networks.and_then(|file| Some(file.parent()?.with_extension("unfinished").join("400")));
    let left = left.expect("networks were kept");
    fs::create_dir_all(&left).expect("writable");
    fs::write(left.join("training.bin"), "").expect("writable");
    succeed(folder, &ALL);
    assert_whole(folder);
}

/// The hand's data are made in a second process, which holds the file's lock; it ends with the one that was killed.
#[test]
fn a_kill_reaches_the_process_that_makes_the_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let arguments = ["data", "door-binary-v0", "--scale", "smoke"];
    let busy = || {
        let lock = fs::File::open(folder.join("checkpoints/data-smoke-door-binary-v0.lock"));
        lock.is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
    };
    // This returns when nobody can write to the killed one's channel any more, so when both are gone.
    kill_when(folder, &arguments, busy);
    let data = folder.join("data/smoke/door-binary-v0.hdf5");
    assert!(!busy() && !data.exists(), "the second process worked on");
    succeed(folder, &arguments);
    assert!(data.exists());
}

#[test]
fn two_processes_share_the_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // From nothing: both need the data first. A run that is made leaves an event file of whoever makes it.
    let start = |events: &'static str| {
        let arguments = [&ALL[..], &["--jobs", "1", "--log-dir", events]].concat();
        program(folder, &arguments).stderr(Stdio::piped()).spawn().expect("it can be started")
    };
    let children = ["one", "two"].map(start);
    let mut said = String::new();
    for child in children {
        let output = child.wait_with_output().expect("it can be waited for");
        said += &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    let made = |events: &str| -> Vec<PathBuf> {
        let files = files_under(&folder.join(events));
        files.iter().map(|file| file.strip_prefix(folder.join(events)).expect("below").to_path_buf()).collect()
    };
    let runs = |events| -> Vec<PathBuf> {
        made(events).iter().map(|file| file.parent().expect("the run's folder").to_path_buf()).collect()
    };
    let (one, two) = (runs("one"), runs("two"));
    assert_eq!(one.len() + two.len(), 5, "each run is made once: {one:?} {two:?}\n{said}");
    assert!(one.iter().all(|run| !two.contains(run)), "{one:?} {two:?}");
    assert!(!one.is_empty() && !two.is_empty(), "one did all the work: {said}");
    assert_eq!(said.matches("transitions, ").count(), 1, "the data are made once: {said}");
    assert_whole(folder);
}

/// A limit on the size of files stands for a full disk: it is felt in the same calls, and needs no rights.
fn with_full_disk(folder: &Path, kilobytes: usize, arguments: &[&str]) -> String {
    let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_experiments")]).args(arguments).current_dir(folder);
    let output = command.output().expect("bash is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && output.status.code().is_some(), "{}: {said}", output.status);
    assert!(said.contains("error: ") && !said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_full_disk_stops_with_a_sentence() {
    let folder = with_data();
    let folder = folder.path();
    succeed(folder, &OFFLINE);
    let finished = results(folder);
    assert_eq!(finished.len(), 1);
    // The networks at the end of a run, then a checkpoint, then (in a folder without any) data.
    let said = with_full_disk(folder, 20, &CONTROL);
    assert!(said.contains("learner.safetensors") && said.contains("free disk"), "{said}");
    let said = with_full_disk(folder, 20, &[&CONTROL[..], &["--checkpoint-seconds", "0"]].concat());
    assert!(said.contains(".unfinished") && said.contains("free disk"), "{said}");
    assert_eq!(results(folder), finished, "what was finished is still there");
    let empty = tempfile::tempdir().expect("a folder");
    let said = with_full_disk(empty.path(), 100, &CONTROL);
    assert!(said.contains("antmaze-umaze-v0.hdf5"), "{said}");
    assert_eq!(files_under(&empty.path().join("data")), Vec::<PathBuf>::new(), "half a data file");

    succeed(folder, &CONTROL);
    assert_eq!(results(folder), [undisturbed_result("control"), undisturbed_result("offline-iql")].concat());
    assert_networks(folder);
}

#[test]
fn a_checkpoint_that_does_not_fit_is_set_aside() {
    let cut: fn(&Path) = |folder| {
        let file = folder.join("training.bin");
        let bytes = fs::read(&file).expect("readable");
        fs::write(&file, &bytes[..bytes.len() / 2]).expect("writable");
    };
    let no_contents: fn(&Path) = |folder| fs::remove_file(folder.join("contents.json")).expect("removable");
    let foreign: fn(&Path) = |folder| {
        let file = folder.join("contents.json");
        let mut contents: Value = serde_json::from_slice(&fs::read(&file).expect("readable")).expect("JSON");
        contents["identity"]["program"] = "another build".into();
        fs::write(&file, contents.to_string()).expect("writable");
    };
    for (spoil, reason) in [(cut, "damaged"), (no_contents, "contents.json"), (foreign, "another program")] {
        let folder = with_data();
        let folder = folder.path();
        let arguments = [&OFFLINE[..], &["--checkpoint-seconds", "0"]].concat();
        kill_when(folder, &arguments, || newest_step(folder) >= Some(50));
        let newest = newest_step(folder).expect("it was just there").to_string();
        for file in files_under(&folder.join("checkpoints")).iter().filter(|file| file.ends_with("contents.json")) {
            // A kill between two steps of the swap leaves two whole ones.
            spoil(file.parent().expect("the checkpoint"));
        }
        let said = succeed(folder, &OFFLINE);
        let note = said.lines().find(|line| line.contains(&newest)).unwrap_or_default();
        assert!(note.contains("set aside") && note.contains(reason), "{said}");
        assert!(!said.contains("goes on from"), "{said}");
        assert_eq!(results(folder), undisturbed_result("offline-iql"));
        assert_networks(folder);
    }
}

/// A guide whose networks overflow chooses an action that is none: the assertion that keeps it from the ant ends the run,
/// and the next one goes on.
#[test]
fn a_panic_is_recorded_and_the_rest_goes_on() {
    let folder = with_data();
    let folder = folder.path();
    succeed(folder, &CONTROL);
    let networks = files_under(&folder.join("checkpoints"));
    let tensors = networks.iter().find(|path| path.ends_with("learner.safetensors")).expect("the networks are kept");
    let mut bytes = fs::read(tensors).expect("readable");
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    // Of either sign and nearly as large as 32-bit floats can be: infinity less infinity is no number.
    bytes[8 + header..].fill(0x7f);
    bytes[8 + header..].chunks_exact_mut(4).step_by(3).for_each(|number| number[3] = 0xff);
    fs::write(tensors, bytes).expect("writable");
    let mut spec = undisturbed_result("jsrl-random").remove(0)["spec"].take();
    spec["online"]["guide"] = serde_json::json!({"saved": {"folder": tensors.parent()}});
    fs::write(folder.join("spec.json"), spec.to_string()).expect("writable");
    let arguments =
        ["run", "--scale", "smoke", "--seeds", "2", "--jobs", "1", "--spec", "spec.json", "--method", "nan"];
    let said = common::experiments(folder, &arguments);
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("2 runs failed"), "{said}");
    let failed: Vec<Value> = results(folder).into_iter().filter(|record| record["method"] == "nan").collect();
    assert_eq!(failed.len(), 2, "{said}");
    for record in failed {
        let reason = record["outcome"]["failed"].as_str().expect("it failed");
        assert!(reason.contains("a policy chose the action") && reason.contains("NaN"), "{reason}");
    }
}

/// Files of killed processes are cleared away once nobody can be writing them.
#[test]
fn leftovers_are_cleared_away() {
    let folder = with_data();
    let (old, new) = (folder.path().join("data/smoke/.writing-old"), folder.path().join("results/.writing-new"));
    fs::create_dir_all(folder.path().join("results")).expect("writable");
    for path in [&old, &new] {
        fs::write(path, "half").expect("writable");
    }
    let modified = fs::metadata(&old).and_then(|metadata| metadata.modified()).expect("it has an age");
    let file = fs::File::options().write(true).open(&old).expect("writable");
    file.set_modified(modified - Duration::from_secs(7200)).expect("the age can be set");
    succeed(folder.path(), &[&OFFLINE[..], &["--dry-run"]].concat());
    assert!(!old.exists() && new.exists(), "only what nobody can be writing goes");
}
