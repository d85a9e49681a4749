//! What several of these tests need.

#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// The program, to be run in a folder.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_experiments"));
    command.args(arguments).current_dir(folder);
    command
}

pub(crate) fn experiments(folder: &Path, arguments: &[&str]) -> Output {
    program(folder, arguments).output().expect("the program can be started")
}

/// What it says on both channels.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = experiments(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?} failed:\n{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &errors
}

/// Sorted; none where there is no such folder.
pub(crate) fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// A record without the part that tells when and where it was made.
pub(crate) fn result_of(path: &Path) -> Value {
    let mut record: Value = serde_json::from_slice(&fs::read(path).expect("readable")).expect("a record is JSON");
    record.as_object_mut().expect("a record is an object").remove("provenance");
    record
}

/// All records of a folder.
pub(crate) fn results(folder: &Path) -> Vec<Value> {
    // A kill may leave a record under a temporary name, which nothing reads.
    let whole = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "json");
    files_under(&folder.join("results/records")).iter().filter(whole).map(|path| result_of(path)).collect()
}

/// The specification of one of Table 1's methods at smoke scale, which is run for it.
pub(crate) fn spec_of(folder: &Path, method: &str) -> Value {
    succeed(folder, &["run", "--scale", "smoke", "--only", &format!("table1/antmaze-umaze-v0/1k/{method}")]);
    let records = files_under(&folder.join("results/records/antmaze-umaze-v0").join(method));
    assert_eq!(records.len(), 1, "one run of {method}");
    result_of(&records[0])["spec"].clone()
}

/// The networks of all finished runs and the state of their streams: the contents of each file, by its path. Scores of
/// runs as short as these say little: an ant that cannot walk yet scores 0 whatever its weights are.
pub(crate) fn networks(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = folder.join("checkpoints");
    let saved = |path: &PathBuf| path.ends_with("learner.safetensors") || path.ends_with("learner.json");
    let files = files_under(&folder).into_iter().filter(saved);
    files
        .map(|path| (path.strip_prefix(&folder).expect("below").to_path_buf(), fs::read(&path).expect("readable")))
        .collect()
}

/// The one line that bad input gets.
pub(crate) fn refuse(folder: &Path, arguments: &[&str]) -> String {
    let output = experiments(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?} was accepted");
    assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
    errors
}
