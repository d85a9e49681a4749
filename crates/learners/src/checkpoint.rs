//! What a learner leaves on disk: `learner.safetensors` with every tensor that the next update depends on, and
//! `learner.json` with its configuration and random streams.
//!
//! Parameters are named `NET/LAYER/weight` `[lane, in, out]`, `NET/LAYER/bias` `[lane, 1, out]` and `NET/log_std`
//! `[lane, 1, action]`; Adam's moments are `adam/NET/mean` and `adam/NET/square` `[lane, parameter]`, its step count
//! `adam/NET/steps`. Learned numbers, `log_alpha` for one, are `[lane, 1, 1]`.
//!
//! Each file is written under another name and then renamed, so that a killed run leaves no half file. Both together
//! are one state: whoever saves over an older checkpoint saves into a new folder and swaps the folders.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::{process, thread};

use rl::{CheckpointError, EnvironmentSpec, Learner, Prng};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{Device, Interface, LearnerConfig};

const TENSORS: &str = "learner.safetensors";
const HEADER: &str = "learner.json";

/// Everything about a learner that is no tensor; enough to build it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) config: LearnerConfig,
    pub(crate) interface: Interface,
    /// One stream per lane.
    pub(crate) rngs: Vec<Prng>,
}

/// Rebuilds the learner that was saved into a folder, whatever its kind: to serve as a guide, or to go on.
///
/// # Errors
/// When a file is missing, cut short, not a learner's, or holds settings out of range; the message names it.
pub fn open(directory: &Path, device: Device) -> Result<Box<dyn Learner>, CheckpointError> {
    let Header { config, interface, rngs } = read_header(directory)?;
    let lanes = if rngs.is_empty() { Err("has no lanes".to_owned()) } else { Ok(()) };
    let sound = lanes.and_then(|()| config.check()).and_then(|()| interface.check(&config));
    sound.map_err(|problem| header_problem(directory, problem))?;
    let mut learner = config.build_for(&interface, rngs, device);
    learner.load(directory)?;
    Ok(learner)
}

/// The same, to act in one lane of a task: that of the learner, or one that shows more. Of pictures with more channels
/// than the learner knows it sees the first ones.
///
/// # Errors
/// As [`open`], and when states, actions or pictures of the task do not fit the learner's, or it has several lanes.
pub fn open_for(directory: &Path, spec: &EnvironmentSpec, device: Device) -> Result<Box<dyn Learner>, CheckpointError> {
    let Header { interface, rngs, .. } = read_header(directory)?;
    let one_lane = match rngs.len() {
        0 | 1 => Ok(()), // none at all is for `open` to tell
        lanes => Err(format!("is of {lanes} lanes, trained side by side, where one is wanted")),
    };
    let fits = interface.fits(&Interface::of(spec), &spec.name);
    fits.and(one_lane).map_err(|problem| header_problem(directory, problem))?;
    open(directory, device)
}

/// Writes a learner's tensors and header into a folder, which is made if need be.
pub(crate) fn save(directory: &Path, header: &Header, state: Vec<(String, Tensor)>) -> Result<(), CheckpointError> {
    fs::create_dir_all(directory).map_err(|source| write_error(directory, source))?;
    let state: Vec<(String, Tensor)> =
        state.into_iter().map(|(name, tensor)| (name, tensor.to_device(tch::Device::Cpu).contiguous())).collect();
    replace(&directory.join(TENSORS), |path| Tensor::write_safetensors(&state, path).map_err(io::Error::other))?;
    replace(&directory.join(HEADER), |path| fs::write(path, serde_json::to_vec_pretty(header)?))
}

/// Fills a learner's tensors from a folder and returns its random streams. `expected` is the learner's own header.
pub(crate) fn load(
    directory: &Path,
    expected: &Header,
    state: Vec<(String, Tensor)>,
) -> Result<Vec<Prng>, CheckpointError> {
    let header = read_header(directory)?;
    let lanes = |header: &Header| header.rngs.len();
    let same = header.config == expected.config && header.interface == expected.interface;
    if !same || lanes(&header) != lanes(expected) {
        let told = |header: &Header| {
            let Interface { state_center, action_size, .. } = &header.interface;
            let (name, states) = (header.config.name(), state_center.len());
            format!("{} lane(s) of {name} with states of {states} and actions of {action_size}", lanes(header))
        };
        let problem = if told(&header) == told(expected) {
            format!("is of {} with other settings than wanted", told(expected))
        } else {
            format!("is of {}, and wanted are {}", told(&header), told(expected))
        };
        return Err(header_problem(directory, problem));
    }
    let saved = read_tensors(directory)?;
    let malformed = |problem| CheckpointError::Malformed { path: directory.join(TENSORS), problem };
    // Nothing is written before everything fits, so that a failed load leaves the learner as it was.
    let mut pairs = Vec::new();
    for (name, tensor) in state {
        let (_, found) =
            saved.iter().find(|(saved, _)| *saved == name).ok_or_else(|| malformed(format!("has no tensor {name}")))?;
        let form = |tensor: &Tensor| format!("{:?} {:?}", tensor.kind(), tensor.size());
        if form(found) != form(&tensor) {
            return Err(malformed(format!("holds {name} as {} and not as {}", form(found), form(&tensor))));
        }
        // Of Adam's squares one may overflow in a training that goes on.
        if !name.starts_with("adam/") && found.isfinite().all().int64_value(&[]) == 0 {
            return Err(malformed(format!("holds numbers that are not finite in {name}")));
        }
        pairs.push((tensor, found));
    }
    for (mut tensor, found) in pairs {
        tensor.copy_(found);
    }
    Ok(header.rngs)
}

/// Whether a folder holds a learner, sound or not.
pub(crate) fn is_one(directory: &Path) -> bool {
    directory.join(HEADER).exists()
}

/// What a folder says of its learner.
pub(crate) fn read_header(directory: &Path) -> Result<Header, CheckpointError> {
    let path = directory.join(HEADER);
    let bytes = fs::read(&path).map_err(|source| read_error(&path, source))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| header_problem(directory, format!("is not a learner's header ({error})")))
}

/// The error of a folder whose learner is not the one that is wanted.
pub(crate) fn header_problem(directory: &Path, problem: String) -> CheckpointError {
    CheckpointError::Malformed { path: directory.join(HEADER), problem }
}

/// All tensors of a folder.
pub(crate) fn read_tensors(directory: &Path) -> Result<Vec<(String, Tensor)>, CheckpointError> {
    let path = directory.join(TENSORS);
    File::open(&path).map_err(|source| read_error(&path, source))?;
    let damaged = |error| CheckpointError::Malformed { path: path.clone(), problem: format!("is damaged ({error})") };
    Tensor::read_safetensors(&path).map_err(damaged)
}

/// The temporary name is this thread's alone, so that two that save into one folder do not mix their bytes.
fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), CheckpointError> {
    let mut temporary: PathBuf = path.to_owned();
    temporary.as_mut_os_string().push(format!(".{}-{:?}.part", process::id(), thread::current().id()));
    let on_disk = |temporary: &Path| File::open(temporary)?.sync_all();
    write(&temporary).and_then(|()| on_disk(&temporary)).and_then(|()| fs::rename(&temporary, path)).map_err(|source| {
        _ = fs::remove_file(&temporary);
        write_error(path, source)
    })
}

fn read_error(path: &Path, source: io::Error) -> CheckpointError {
    CheckpointError::Io { verb: "read", path: path.to_owned(), source }
}

fn write_error(path: &Path, source: io::Error) -> CheckpointError {
    CheckpointError::Io { verb: "write", path: path.to_owned(), source }
}
