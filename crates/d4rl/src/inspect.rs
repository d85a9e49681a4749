//! What is in a file, in numbers that people and tests can check.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::file::{Source, type_name};
use crate::{DatasetError, Recording, read};

/// A description of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// Everything in it, read or not.
    pub keys: Vec<Key>,
    /// Steps.
    pub rows: usize,
    /// Rows marked as terminal.
    pub terminals: usize,
    /// Rows marked as timed out; None where the file has no such key.
    pub timeouts: Option<usize>,
    /// Length of the episodes; None where there is none ([`Recording::episodes`]).
    pub episodes: Option<Lengths>,
    /// Episodes with any reward above 0. In ant maze files each step at the goal ends an episode, so that this counts
    /// steps at the goal; the walks that got there are the [`Inspection::rewarded_segments`].
    pub rewarded_episodes: usize,
    /// Stretches between timeouts ([`Recording::segments`]); None where the file has no such key.
    pub segments: Option<usize>,
    /// Segments with any reward above 0, which for rewards of 0 and 1 means success; -1 and 0 have none.
    pub rewarded_segments: Option<usize>,
    /// Rows after the end of the last episode.
    pub unfinished_rows: usize,
    /// Transitions that learners get ([`Recording::qlearning_dataset`]).
    pub transitions: usize,
    /// All rewards.
    pub rewards: Summary,
    /// All components of all actions, as recorded.
    pub actions: Summary,
    /// All features of all observations.
    pub observations: Summary,
    /// Least and greatest value of each feature of the observation.
    pub observation_ranges: Vec<[f32; 2]>,
}

/// One data set of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Full name.
    pub name: String,
    /// Length of each axis; empty for a single value.
    pub shape: Vec<usize>,
    /// Type of the elements.
    pub element: String,
}

/// How many episodes there are, and their steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lengths {
    /// Number of episodes.
    pub count: usize,
    /// Steps of the shortest.
    pub min: usize,
    /// Steps of the longest.
    pub max: usize,
    /// Mean number of steps.
    pub mean: f64,
}

/// Many numbers in short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// The least.
    pub min: f32,
    /// The greatest.
    pub max: f32,
    /// The mean.
    pub mean: f64,
    /// The sum, which a copy with a single changed number does not share.
    pub sum: f64,
}

/// Describes a file. Where it has no `timeouts`, episodes are cut after `max_episode_steps` rows, or never if None.
///
/// # Errors
/// As [`read`].
pub fn inspect(path: impl AsRef<Path>, max_episode_steps: Option<usize>) -> Result<Inspection, DatasetError> {
    let path = path.as_ref();
    let recording = read(path)?;
    let max_episode_steps = max_episode_steps.unwrap_or(usize::MAX);
    let episodes = recording.episodes(max_episode_steps);
    let segments = recording.segments();
    let rewarded = |stretches: &[Range<usize>]| {
        let rewarded = |rows: &&Range<usize>| recording.rewards[(*rows).clone()].iter().any(|&reward| reward > 0.0);
        stretches.iter().filter(rewarded).count()
    };
    let count = |flags: &[bool]| flags.iter().filter(|&&flag| flag).count();
    Ok(Inspection {
        path: path.to_owned(),
        keys: keys(path)?,
        rows: recording.len(),
        terminals: count(&recording.terminals),
        timeouts: recording.timeouts.as_deref().map(count),
        episodes: Lengths::of(episodes.iter().map(ExactSizeIterator::len)),
        rewarded_episodes: rewarded(&episodes),
        segments: segments.as_ref().map(Vec::len),
        rewarded_segments: segments.as_deref().map(rewarded),
        unfinished_rows: recording.len() - episodes.last().map_or(0, |rows| rows.end),
        transitions: recording.qlearning_dataset(max_episode_steps).len(),
        rewards: Summary::of(&recording.rewards),
        actions: Summary::of(&recording.actions.values),
        observations: Summary::of(&recording.observations.values),
        observation_ranges: observation_ranges(&recording),
    })
}

impl Lengths {
    fn of(lengths: impl ExactSizeIterator<Item = usize> + Clone) -> Option<Self> {
        let count = lengths.len();
        let mean = lengths.clone().sum::<usize>() as f64 / count as f64;
        Some(Self { count, min: lengths.clone().min()?, max: lengths.max()?, mean })
    }
}

impl Summary {
    fn of(values: &[f32]) -> Self {
        let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
        let [min, max] = range(values.iter().copied());
        Self { min, max, mean: sum / values.len() as f64, sum }
    }
}

fn keys(path: &Path) -> Result<Vec<Key>, DatasetError> {
    let source = Source::open(path)?;
    let key = |(name, dataset): (&String, &hdf5::Dataset)| Key {
        name: name.clone(),
        shape: dataset.shape(),
        element: type_name(dataset),
    };
    Ok(source.keys.iter().map(key).collect())
}

fn observation_ranges(recording: &Recording) -> Vec<[f32; 2]> {
    let column = &recording.observations;
    (0..column.size).map(|feature| range(column.values.iter().copied().skip(feature).step_by(column.size))).collect()
}

fn range(values: impl Iterator<Item = f32>) -> [f32; 2] {
    values.fold([f32::INFINITY, f32::NEG_INFINITY], |[min, max], value| [min.min(value), max.max(value)])
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{}", self.path.display())?;
        for Key { name, shape, element } in &self.keys {
            writeln!(f, "  {name:<34} {:<16} {element}", format!("{shape:?}"))?;
        }
        writeln!(f, "  {} steps, {} transitions to learn from", self.rows, self.transitions)?;
        match self.episodes {
            None => writeln!(f, "  no finished episode")?,
            Some(Lengths { count, min, max, mean }) => {
                writeln!(f, "  {count} episodes of {min} to {max} steps, {mean:.1} on average")?;
                // Rewards of -1 and 0 say of no episode that it succeeded.
                if self.rewards.max > 0.0 {
                    writeln!(f, "  {} of them with a reward above 0", self.rewarded_episodes)?;
                }
            }
        }
        if let (Some(segments), Some(rewarded)) = (self.segments, self.rewarded_segments) {
            write!(f, "  {segments} stretches between timeouts")?;
            let told = if self.rewards.max > 0.0 {
                format!(", {rewarded} of them with a reward above 0")
            } else {
                String::new()
            };
            writeln!(f, "{told}")?;
        }
        match self.timeouts {
            None => write!(f, "  {} terminals, no timeouts key", self.terminals)?,
            Some(timeouts) => write!(f, "  {} terminals, {timeouts} timeouts", self.terminals)?,
        }
        writeln!(f, ", {} steps after the last episode", self.unfinished_rows)?;
        writeln!(f, "  rewards      {}", self.rewards)?;
        writeln!(f, "  actions      {}", self.actions)?;
        write!(f, "  observations {}", self.observations)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} to {}, mean {:.6}, sum {:.6}", self.min, self.max, self.mean, self.sum)
    }
}
