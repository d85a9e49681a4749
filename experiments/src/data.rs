//! The data files of a workspace: what they hold, and slices of them in memory.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result, bail, ensure};
use d4rl::Recording;
use envs::{Family, Task};
use rl::{Dataset, Prng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    data_file::{Demonstrated, environment_of, recipe},
    spec::{DataSlice, Scale, digits},
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
    /// Episodes that pass the relabelled goal of an ant maze; those of other tasks that succeed.
    pub(crate) success_episodes: usize,
    /// Share of rows with a reward (0 to 1).
    pub(crate) rewarded_share: f64,
    /// Mean length of an episode (control steps).
    pub(crate) mean_episode_steps: f64,
    /// Share of the rows in each free cell of the maze, in the order of `Maze::free_cells` (0 to 1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) visits: Vec<f64>,
}

/// The file data/manifest.json.
pub(crate) type Manifest = BTreeMap<String, ManifestEntry>;

/// Stands for the content of a file that no clone has made yet: a plan can be made with it, a run cannot.
const NOT_YET_MADE: &str = "not yet made";

/// Reads and remembers data files.
#[derive(Debug)]
pub(crate) struct DataCatalog {
    workspace: Workspace,
    /// Transitions and their content, by file.
    loaded: Mutex<HashMap<String, (Arc<Dataset>, String)>>,
}

impl DataCatalog {
    /// The data of a workspace.
    pub(crate) fn new(workspace: &Workspace) -> Self {
        Self { workspace: workspace.clone(), loaded: Mutex::default() }
    }

    /// A slice of a task's data file: that of the file on disk (a user's own, perhaps), else that of the file which
    /// this project would make. A file with fewer transitions gives all of them.
    pub(crate) fn slice(&self, task: Task, scale: Scale, transitions: usize) -> Result<DataSlice> {
        self.slice_of(task, Workspace::data_name(task, scale), Some(transitions))
    }

    /// The whole file of so many demonstrations.
    pub(crate) fn demonstrations(&self, task: Task, scale: Scale, wanted: Demonstrated) -> Result<DataSlice> {
        self.slice_of(task, wanted.file(task, scale), None)
    }

    /// So many transitions of a file, or all.
    fn slice_of(&self, task: Task, file: String, transitions: Option<usize>) -> Result<DataSlice> {
        let path = self.workspace.data_path(&file);
        let (content, rows) = if path.exists() {
            self.content(task, &file)?
        } else {
            match read_manifest(&self.workspace)?.get(&file) {
                Some(entry) => (entry.content.clone(), entry.transitions),
                None => (NOT_YET_MADE.to_string(), transitions.unwrap_or(1)),
            }
        };
        Ok(DataSlice { file, content, transitions: transitions.map_or(rows, |transitions| transitions.min(rows)) })
    }

    /// Whether a slice is of another file than the one that this project makes under that name.
    pub(crate) fn is_foreign(&self, slice: &DataSlice) -> Result<bool> {
        Ok(read_manifest(&self.workspace)?.get(&slice.file).is_some_and(|entry| entry.content != slice.content))
    }

    /// The transitions of a slice, for one seed.
    pub(crate) fn load(&self, task: Task, slice: &DataSlice, seed: u64) -> Result<Arc<Dataset>> {
        let (all, content) = self.load_all(task, &slice.file)?;
        let path = self.workspace.data_path(&slice.file);
        if content != slice.content {
            // What was remembered beside the file is wrong, so that the next plan must look again.
            fs::remove_file(remembered_path(&path)).ok();
            bail!(
                "{} has changed (content {content}, not {}): give the command again to plan with the new file, or put the \
                 new content into your specification",
                path.display(),
                slice.content
            );
        }
        if slice.transitions > all.len() {
            bail!(
                "{} has {} transitions, and {} are asked for: ask for fewer, or make the file anew",
                path.display(),
                all.len(),
                slice.transitions
            );
        }
        if slice.transitions == all.len() {
            return Ok(all);
        }
        let key = format!("{} {}", slice.content, slice.transitions);
        Ok(Arc::new(all.subset(slice.transitions, &mut Prng::derive(&key, seed, "subset"))))
    }

    fn load_all(&self, task: Task, file: &str) -> Result<(Arc<Dataset>, String)> {
        // What is in the map is whole: a panic while loading has put nothing there.
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = loaded.get(file) {
            return Ok(known.clone());
        }
        let path = self.workspace.data_path(file);
        if !path.exists() {
            let advice =
                recipe(task, file).map_or("put it there".into(), |command| format!("make it with `{command}`"));
            bail!("{} is missing: {advice}", path.display());
        }
        let mut recording = d4rl::read(&path)?;
        let spec = environment_of(task, file).spec().clone();
        // What a task does not show is not learned from.
        recording.images = recording.images.filter(|_| spec.image.is_some());
        recording.check_sizes(&path, spec.state_size, spec.action_size, spec.image)?;
        recording.infos.clear(); // of a maze 124 MB, which nobody learns from
        let dataset = recording.qlearning_dataset(task.max_steps());
        if dataset.is_empty() {
            bail!("{} holds no transition to learn from: remove it, and it is made anew", path.display());
        }
        let content = content_of(&dataset);
        let known = (Arc::new(dataset), content);
        loaded.insert(file.to_string(), known.clone());
        Ok(known)
    }

    /// Content and size of a file on disk; remembered beside it, since hashing reads the whole file.
    fn content(&self, task: Task, file: &str) -> Result<(String, usize)> {
        let path = self.workspace.data_path(file);
        let (bytes, modified) = size_and_time(&path)?;
        let remembered = fs::read(remembered_path(&path)).ok();
        let remembered = remembered.and_then(|json| serde_json::from_slice::<Remembered>(&json).ok());
        if let Some(remembered) = remembered.filter(|r| (r.bytes, r.modified) == (bytes, modified)) {
            return Ok((remembered.content, remembered.transitions));
        }
        let (dataset, content) = self.load_all(task, file)?;
        remember(&path, &content, dataset.len())?;
        Ok((content, dataset.len()))
    }
}

/// What stands beside a data file, so that it need not be read to be known. It counts only while the file has this size and
/// time.
#[derive(Serialize, Deserialize)]
struct Remembered {
    bytes: u64,
    modified: u128,
    content: String,
    transitions: usize,
}

/// Notes beside a data file what is in it.
pub(crate) fn remember(path: &Path, content: &str, transitions: usize) -> Result<()> {
    let (bytes, modified) = size_and_time(path)?;
    let remembered = Remembered { bytes, modified, content: content.into(), transitions };
    // Where this cannot be written, the next command reads the file again.
    write_whole(&remembered_path(path), &serde_json::to_vec(&remembered)?).ok();
    Ok(())
}

fn size_and_time(path: &Path) -> Result<(u64, u128)> {
    let metadata = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((metadata.len(), metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos()))
}

fn remembered_path(path: &Path) -> PathBuf {
    path.with_extension("content.json")
}

/// A hash of the numbers that a learner gets, whatever the file's compression; of each transition's next state and
/// picture it hears where they are those of the next row, as all but an episode's last are.
pub(crate) fn content_of(dataset: &Dataset) -> String {
    let mut hash = Sha256::new();
    for column in [&dataset.states, &dataset.actions, &dataset.rewards, &dataset.bootstraps] {
        hash.update((column.len() as u64).to_le_bytes());
        for chunk in column.chunks(4096) {
            hash.update(chunk.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
        }
    }
    for image in dataset.images.iter().flat_map(|images| (0..dataset.len()).map(|row| images.image(row))) {
        hash.update(image.bytes());
    }
    digits(&hash.finalize())
}

/// The manifest of a workspace; empty where there is none yet, which only a clone must have.
pub(crate) fn read_manifest(workspace: &Workspace) -> Result<Manifest> {
    let path = workspace.manifest();
    if !path.exists() {
        // Records are found by the content of their data, which only the manifest tells while there are no data.
        let problem = "is missing, without which no record is found: restore it with git";
        ensure!(!workspace.is_clone(), "{} {problem}", path.display());
        return Ok(Manifest::new());
    }
    let broken = || format!("{} is broken: restore it with git", path.display());
    serde_json::from_slice(&fs::read(&path).with_context(broken)?).with_context(broken)
}

/// Adds an entry to the manifest.
pub(crate) fn write_manifest(workspace: &Workspace, name: &str, entry: ManifestEntry) -> Result<()> {
    let _lock = workspace.lock_shared("data/manifest.json")?;
    let mut manifest = read_manifest(workspace)?;
    if manifest.get(name) == Some(&entry) {
        return Ok(());
    }
    manifest.insert(name.to_string(), entry);
    let mut json = serde_json::to_vec_pretty(&manifest)?;
    json.push(b'\n');
    write_whole(&workspace.manifest(), &json)
}

/// States what is in a data file.
pub(crate) fn describe(task: Task, recording: &Recording) -> ManifestEntry {
    let dataset = recording.qlearning_dataset(task.max_steps());
    // Relabelled files mark every step at the goal as terminal; an episode of the walker ends where its time did.
    let episodes = match task.family() {
        Family::Grasping(_) => recording.episodes(task.max_steps()),
        Family::AntMaze(_) | Family::Hand(_) => recording.segments().unwrap_or_default(),
    };
    // The hand's binary reward is 0 at the goal, and -1 elsewhere.
    let nothing = if matches!(task.family(), Family::Hand(_)) { -1.0 } else { 0.0 };
    let rewarded = |rewards: &[f32]| rewards.iter().filter(|reward| **reward > nothing).count();
    let success_steps = task.build().spec().success_steps;
    ManifestEntry {
        content: content_of(&dataset),
        transitions: dataset.len(),
        episodes: episodes.len(),
        success_episodes: episodes
            .iter()
            .filter(|rows| rewarded(&recording.rewards[(*rows).clone()]) >= success_steps)
            .count(),
        rewarded_share: rewarded(&recording.rewards) as f64 / recording.rewards.len() as f64,
        mean_episode_steps: recording.rewards.len() as f64 / episodes.len().max(1) as f64,
        visits: visits(task, recording),
    }
}

/// Share of the rows in each free cell of a maze, in ten thousandths: enough for a picture.
fn visits(task: Task, recording: &Recording) -> Vec<f64> {
    let Some(maze) = task.maze() else { return Vec::new() };
    let states = &recording.observations;
    let cells = maze.free_cells();
    let mut counts = vec![0_usize; cells.len()];
    for state in states.values.chunks_exact(states.size) {
        let cell = maze.cell_near([state[0], state[1]]);
        counts[cells.binary_search(&cell).expect("cell_near gives free cells")] += 1;
    }
    let share = |count: usize| (1e4 * count as f64 / recording.len() as f64).round() / 1e4;
    counts.into_iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use rl::{Image, ImageShape, Outcome};

    use super::*;

    #[test]
    fn each_seed_draws_a_subset_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::at(folder.path());
        let path = workspace.data_path("door-binary-v0");
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/d4rl/tests/data/door-human-3.hdf5");
        fs::copy(source, &path).expect("writable");
        let catalog = DataCatalog::new(&workspace);
        let slice = catalog.slice(Task::DoorBinary, Scale::Laptop, 100).expect("it has as many");
        let states = |seed| catalog.load(Task::DoorBinary, &slice, seed).expect("a subset").states.clone();
        assert_eq!(states(0).len(), 100 * 39);
        assert_eq!(states(0), states(0));
        assert_ne!(states(0), states(1));
    }

    /// A run on it would push what it sees, which has no picture, into a buffer of pictures.
    #[test]
    fn pictures_of_a_task_without_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::at(folder.path());
        let (task, file) = (Task::DoorBinary, "door-binary-v0");
        let (state, action) = ([0.0; 39], [0.0; 28]);
        let mut recording = Recording::empty(state.len(), action.len());
        for step in 0..4 {
            let outcome = if step == 3 { Outcome::TimesOut } else { Outcome::Continues };
            recording.push(&state, &action, -1.0, outcome);
            recording.push_image(&Image::new(ImageShape { height: 2, width: 2, channels: 3 }, vec![0; 12]));
        }
        let path = workspace.data_path(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        d4rl::write(&path, &recording).expect("writable");
        let (dataset, _) = DataCatalog::new(&workspace).load_all(task, file).expect("a good file");
        assert!(dataset.images.is_none() && dataset.len() == 3);
    }
}
