//! The data files of a workspace: what they hold, and slices of them in memory.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result, bail};
use envs::Task;
use rl::{Dataset, Prng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    spec::{DataSlice, Scale, hex},
    workspace::{Workspace, write_whole},
};

/// What data/manifest.json tells of a file that this project makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManifestEntry {
    /// See [`DataSlice::content`].
    pub(crate) content: String,
    /// Transitions that a learner gets.
    pub(crate) transitions: usize,
    /// Episodes collected.
    pub(crate) episodes: usize,
    /// Episodes that pass the relabelled goal.
    pub(crate) success_episodes: usize,
    /// Share of rows with a reward (0 to 1).
    pub(crate) rewarded_share: f64,
    /// Mean length of an episode (control steps).
    pub(crate) mean_episode_steps: f64,
}

/// The file data/manifest.json.
pub(crate) type Manifest = BTreeMap<String, ManifestEntry>;

/// Reads and remembers data files.
#[derive(Debug)]
pub(crate) struct DataCatalog {
    workspace: Workspace,
    loaded: Mutex<HashMap<String, Arc<Dataset>>>,
}

impl DataCatalog {
    /// The data of a workspace.
    pub(crate) fn new(workspace: &Workspace) -> Self {
        Self { workspace: workspace.clone(), loaded: Mutex::default() }
    }

    /// A slice of a task's data file: that of the file on disk (a user's own, perhaps), else that of the file which
    /// this project would make. A file with fewer transitions gives all of them.
    pub(crate) fn slice(&self, task: Task, scale: Scale, transitions: usize) -> Result<DataSlice> {
        let file = Workspace::data_name(task, scale);
        let path = self.workspace.data_path(&file);
        let (content, rows) = if path.exists() {
            self.content(task, &file)?
        } else {
            match read_manifest(&self.workspace)?.get(&file) {
                Some(entry) => (entry.content.clone(), entry.transitions),
                None => (String::from("to be made"), transitions),
            }
        };
        Ok(DataSlice { file, content, transitions: transitions.min(rows) })
    }

    /// The transitions of a slice, for one seed.
    pub(crate) fn load(&self, task: Task, slice: &DataSlice, seed: u64) -> Result<Arc<Dataset>> {
        let all = self.load_all(task, &slice.file)?;
        let content = content_of(&all);
        if content != slice.content {
            bail!(
                "{} has changed (content {content}, not {}): give the command again to plan with the new file",
                self.workspace.data_path(&slice.file).display(),
                slice.content
            );
        }
        if slice.transitions == all.len() {
            return Ok(all);
        }
        let key = format!("{} {}", slice.content, slice.transitions);
        Ok(Arc::new(all.subset(slice.transitions, &mut Prng::derive(&key, seed, "subset"))))
    }

    fn load_all(&self, task: Task, file: &str) -> Result<Arc<Dataset>> {
        let mut loaded = self.loaded.lock().expect("no panic while loading");
        if let Some(dataset) = loaded.get(file) {
            return Ok(dataset.clone());
        }
        let path = self.workspace.data_path(file);
        if !path.exists() {
            bail!("{} is missing: make it with `cargo run -p experiments -- data {task}`", path.display());
        }
        let dataset = Arc::new(d4rl::read(&path)?.qlearning_dataset(task.max_steps()));
        loaded.insert(file.to_string(), dataset.clone());
        Ok(dataset)
    }

    /// Content and size of a file on disk; remembered beside it, since hashing reads the whole file.
    fn content(&self, task: Task, file: &str) -> Result<(String, usize)> {
        #[derive(Serialize, Deserialize, PartialEq)]
        struct Remembered {
            bytes: u64,
            modified: u128,
            content: String,
            transitions: usize,
        }
        let path = self.workspace.data_path(file);
        let metadata = fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        let beside = path.with_extension("content.json");
        let remembered = fs::read(&beside).ok().and_then(|json| serde_json::from_slice::<Remembered>(&json).ok());
        if let Some(remembered) = remembered.filter(|r| (r.bytes, r.modified) == (metadata.len(), modified)) {
            return Ok((remembered.content, remembered.transitions));
        }
        let dataset = self.load_all(task, file)?;
        let (content, transitions) = (content_of(&dataset), dataset.len());
        let remembered = Remembered { bytes: metadata.len(), modified, content: content.clone(), transitions };
        write_whole(&beside, &serde_json::to_vec(&remembered)?)?;
        Ok((content, transitions))
    }
}

/// A hash of the numbers that a learner gets, whatever the file's compression.
pub(crate) fn content_of(dataset: &Dataset) -> String {
    let mut hash = Sha256::new();
    for column in [&dataset.states, &dataset.actions, &dataset.rewards, &dataset.bootstraps] {
        hash.update((column.len() as u64).to_le_bytes());
        for chunk in column.chunks(4096) {
            hash.update(chunk.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
        }
    }
    hex(&hash.finalize())[..16].to_string()
}

/// The manifest of a workspace; empty where there is none.
pub(crate) fn read_manifest(workspace: &Workspace) -> Result<Manifest> {
    let path = workspace.manifest();
    if !path.exists() {
        return Ok(Manifest::new());
    }
    let broken = || format!("{} is broken: restore it with git", path.display());
    serde_json::from_slice(&fs::read(&path).with_context(broken)?).with_context(broken)
}

/// Adds an entry to the manifest.
pub(crate) fn write_manifest(workspace: &Workspace, name: &str, entry: ManifestEntry) -> Result<()> {
    let mut manifest = read_manifest(workspace)?;
    if manifest.get(name) == Some(&entry) {
        return Ok(());
    }
    manifest.insert(name.to_string(), entry);
    let mut json = serde_json::to_vec_pretty(&manifest)?;
    json.push(b'\n');
    write_whole(&workspace.manifest(), &json)
}

/// Reads a data file and states what is in it.
pub(crate) fn describe(task: Task, path: &Path) -> Result<ManifestEntry> {
    let recording = d4rl::read(path)?;
    let dataset = recording.qlearning_dataset(task.max_steps());
    // Relabelled files mark every step at the goal as terminal; an episode of the walker ends where its time did.
    let mut episodes = Vec::new();
    let mut start = 0;
    for (row, _) in recording.timeouts.iter().flatten().enumerate().filter(|(_, timed_out)| **timed_out) {
        episodes.push(start..row + 1);
        start = row + 1;
    }
    let rewarded = |rows: std::ops::Range<usize>| recording.rewards[rows].iter().any(|reward| *reward > 0.0);
    Ok(ManifestEntry {
        content: content_of(&dataset),
        transitions: dataset.len(),
        episodes: episodes.len(),
        success_episodes: episodes.iter().filter(|rows| rewarded((*rows).clone())).count(),
        rewarded_share: recording.rewards.iter().filter(|reward| **reward > 0.0).count() as f64
            / recording.rewards.len() as f64,
        mean_episode_steps: recording.rewards.len() as f64 / episodes.len().max(1) as f64,
    })
}
