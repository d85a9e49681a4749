//! Everything a killed run needs to go on, with the same bits as if nothing had happened.
//!
//! A run under way leaves `checkpoints/KEY/seed-N.unfinished/STEP/`: the learner, `training.bin` (the loop's state and
//! the evaluations so far) and `contents.json`, which says whose they are and holds a checksum of each. The folder gets
//! its name when it is whole, and only then the one before it is removed, so that a kill at any moment leaves a whole
//! one. What does not fit (another program, machine, guide, or damaged bytes) is set aside, and the run starts anew.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Context, Result, bail, ensure};
use learners::Device;
use rl::Learner;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    clock::Stopwatch,
    progress::{Progress, sentence},
    provenance,
    record::{Evaluation, RecordStore, RunOutcome},
    run::Job,
    spec::GuideSource,
    workspace::{TEMPORARY, Workspace},
};

const TRAINING: &str = "training.bin";
const CONTENTS: &str = "contents.json";

/// Saves one run from time to time, and goes on from what a killed process saved. The caller holds the run's lock.
pub(crate) struct Keeper {
    folder: PathBuf,
    identity: Identity,
    /// Seconds between two checkpoints.
    every: f64,
    watch: Stopwatch,
    /// By `watch`: when the last checkpoint was written.
    saved_at: f64,
    /// What earlier processes have spent on this run (s).
    seconds_before: f64,
}

/// What must be equal for a checkpoint to serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    /// The program's version and a checksum of its file: another build may round otherwise.
    program: String,
    /// As in records: another processor may round otherwise.
    device: String,
    /// The run's key.
    key: String,
    /// The seed.
    seed: u64,
    /// A checksum of the guide's networks, where it has some.
    guide: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    identity: Identity,
    /// Spent on the run so far (s).
    seconds: f64,
    /// Checksums of the other files, by name.
    files: BTreeMap<String, u32>,
}

impl Keeper {
    /// For a run whose guide, if a run makes it, is finished.
    pub(crate) fn new(workspace: &Workspace, job: &Job, device: Device, every: f64) -> Self {
        let identity = Identity {
            program: program().to_string(),
            device: provenance::of(device, workspace).device,
            key: job.spec.key().to_string(),
            seed: job.seed,
            guide: guide_networks(workspace, job)
                .and_then(|path| fs::read(path).ok())
                .map(|file| crc32c::crc32c(&file)),
        };
        let folder = folder(workspace, job);
        Self { folder, identity, every, watch: Stopwatch::start(), saved_at: 0.0, seconds_before: 0.0 }
    }

    /// Seconds spent on the run, by this process and those before it.
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds_before + self.watch.seconds()
    }

    /// Loads the learner and returns the evaluations and the loop's state of the newest checkpoint that fits; none
    /// where the run must start anew. Then the learner is as it was.
    pub(crate) fn resume<S: DeserializeOwned>(
        &mut self,
        learner: &mut dyn Learner,
        label: &str,
        progress: &Progress,
    ) -> Option<(Vec<Evaluation>, S)> {
        for (step, path) in steps(&self.folder) {
            match read(&path, &self.identity, learner) {
                Ok((seconds, saved)) => {
                    progress.line(&format!("{label} goes on from step {step}"));
                    self.seconds_before = seconds;
                    return Some(saved);
                }
                Err(error) => {
                    let aside = set_aside(&self.folder);
                    fs::remove_dir_all(&aside).ok();
                    // Where even this fails, the next checkpoint takes its place.
                    fs::rename(&path, &aside).ok();
                    let reason = sentence(&error);
                    progress.line(&format!(
                        "note: the checkpoint of {label} at step {step} cannot serve ({reason}); it is set aside as {} until the run \
                         is over",
                        aside.display()
                    ));
                }
            }
        }
        None
    }

    /// Saves the run, if it is time.
    pub(crate) fn save_if_due<S: Serialize>(
        &mut self,
        step: usize,
        learner: &dyn Learner,
        evaluations: &[Evaluation],
        state: impl FnOnce() -> S,
    ) -> Result<()> {
        if self.watch.seconds() - self.saved_at < self.every {
            return Ok(());
        }
        self.save(step, learner, evaluations, &state()).with_context(|| {
            format!("cannot save a run in {}: check the free disk and the folder's permissions", self.folder.display())
        })?;
        self.saved_at = self.watch.seconds();
        Ok(())
    }

    fn save(
        &self,
        step: usize,
        learner: &dyn Learner,
        evaluations: &[Evaluation],
        state: &impl Serialize,
    ) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let temporary = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(&self.folder)?;
        learner.save(temporary.path())?;
        // Nothing is forced to the disk: what a crash of the machine leaves half written fails its checksum.
        fs::write(temporary.path().join(TRAINING), postcard::to_stdvec(&(evaluations, state))?)?;
        let contents =
            Contents { identity: self.identity.clone(), seconds: self.seconds(), files: checksums(temporary.path())? };
        fs::write(temporary.path().join(CONTENTS), serde_json::to_vec(&contents)?)?;
        let whole = self.folder.join(step.to_string());
        if whole.exists() {
            fs::remove_dir_all(&whole)?;
        }
        fs::rename(temporary.keep(), whole)?;
        for (_, older) in steps(&self.folder).into_iter().filter(|(other, _)| *other != step) {
            fs::remove_dir_all(older)?;
        }
        Ok(())
    }
}

/// Removes what a run left on its way, set aside or not, once its record tells all.
pub(crate) fn discard(workspace: &Workspace, job: &Job) {
    // A checkpoint without a reader is only a waste of space.
    let folder = folder(workspace, job);
    fs::remove_dir_all(set_aside(&folder)).ok();
    fs::remove_dir_all(folder).ok();
}

/// The same for a run that was killed between its record and that. A run without the networks that its record tells of
/// is trained again, and what that leaves on its way stays.
pub(crate) fn discard_if_over(workspace: &Workspace, store: &RecordStore, job: &Job) -> Result<()> {
    let key = job.spec.key();
    if !folder(workspace, job).exists() {
        return Ok(());
    }
    if let (Some(_lock), Some(record)) =
        (workspace.try_lock(&key, job.seed)?, store.load(&job.method, &job.spec, job.seed)?)
        && (record.outcome != RunOutcome::Finished || workspace.networks(&key, job.seed).join("learner.json").exists())
    {
        discard(workspace, job);
    }
    Ok(())
}

/// Where a checkpoint goes that cannot serve.
fn set_aside(folder: &Path) -> PathBuf {
    folder.with_extension("set-aside")
}

fn folder(workspace: &Workspace, job: &Job) -> PathBuf {
    workspace.networks(&job.spec.key(), job.seed).with_extension("unfinished")
}

/// The whole checkpoints of a run, the newest first.
fn steps(folder: &Path) -> Vec<(usize, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut steps: Vec<_> =
        entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))).collect();
    steps.sort_unstable_by(|a, b| b.cmp(a));
    steps
}

/// The seconds spent, the evaluations and the loop's state; the learner is loaded last, when all the rest is sound.
fn read<S: DeserializeOwned>(
    path: &Path,
    expected: &Identity,
    learner: &mut dyn Learner,
) -> Result<(f64, (Vec<Evaluation>, S))> {
    let contents = fs::read(path.join(CONTENTS)).with_context(|| format!("it has no {CONTENTS}"))?;
    let Contents { identity, seconds, files } = serde_json::from_slice(&contents).context("it is damaged")?;
    if identity != *expected {
        bail!("it is of another program, machine or guide");
    }
    ensure!(files == checksums(path)?, "it is damaged: its files are not those that were saved");
    let saved = postcard::from_bytes(&fs::read(path.join(TRAINING))?).context("it is damaged")?;
    learner.load(path)?;
    Ok((seconds, saved))
}

/// Checksums of the files in a folder, the one that holds them left out.
fn checksums(folder: &Path) -> Result<BTreeMap<String, u32>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != CONTENTS {
            files.insert(name, crc32c::crc32c(&fs::read(entry.path())?));
        }
    }
    Ok(files)
}

/// The file with the guide's networks; none for a scripted guide.
fn guide_networks(workspace: &Workspace, job: &Job) -> Option<PathBuf> {
    let folder = match (job.spec.guide_run(), job.spec.online.as_ref().map(|online| &online.guide)) {
        (Some(run), _) => workspace.networks(&run.spec.key(), job.seed),
        (None, Some(GuideSource::Saved(policy))) => policy.path(workspace),
        (None, _) => return None,
    };
    Some(folder.join("learner.safetensors"))
}

/// This very program. (The link still leads to its bytes when the file has been replaced since.)
fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let bytes = fs::read("/proc/self/exe").unwrap_or_default();
        format!("{} {:08x}, {}", env!("CARGO_PKG_VERSION"), crc32c::crc32c(&bytes), learners::LIBTORCH)
    })
}
