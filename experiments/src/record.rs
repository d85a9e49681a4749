//! What a run leaves behind: one JSON file per seed, never overwritten.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use rl::EpisodeScores;
use serde::{Deserialize, Serialize};

use crate::{
    clock,
    spec::{RunKey, RunSpec},
    workspace::{Workspace, write_whole},
};

/// The format that this program writes and reads.
const FORMAT: u32 = 1;

/// One seed's result; it explains itself without the code that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunRecord {
    /// The version of this layout.
    pub(crate) format: u32,
    /// The method's name in tables, such as `iql` or `jsrl-curriculum`.
    pub(crate) method: String,
    /// The run.
    pub(crate) spec: RunSpec,
    /// The seed.
    pub(crate) seed: u64,
    /// The guide as it was measured before the run; none where nobody guides.
    pub(crate) guide: Option<GuideMeasure>,
    /// Oldest first.
    pub(crate) evaluations: Vec<Evaluation>,
    /// The offline phase on its way, where its plan has checks; `step` counts gradient steps here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) offline_checks: Vec<Evaluation>,
    /// How it ended.
    pub(crate) outcome: RunOutcome,
    /// Where, when and with what it ran.
    pub(crate) provenance: Provenance,
}

/// The guide's level and the horizons that follow from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuideMeasure {
    /// Share of successful episodes (0 to 1).
    pub(crate) success_rate: f32,
    /// Mean control steps of its successful episodes, or the task's limit where it has none.
    pub(crate) first_horizon: usize,
    /// Stages of the curriculum that ended without any success to hold.
    pub(crate) forced_stages: usize,
}

/// The policies' scores at one moment: raw, one entry per episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evaluation {
    /// Environment steps taken (0 after the offline phase).
    pub(crate) step: usize,
    /// The guide's steps per episode from here on; none where each episode draws its own.
    pub(crate) horizon: Option<usize>,
    /// The exploration-policy alone, from the true start, by its best actions (its mean; of QT-Opt and AW-Opt what
    /// the search finds); none between its evaluations.
    pub(crate) alone: Option<EpisodeScores>,
    /// The combined policy, where the curriculum asked for it.
    pub(crate) combined: Option<EpisodeScores>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunOutcome {
    /// All steps were taken.
    Finished,
    /// It could not go on; the text says why.
    Failed(String),
}

/// Where, when and with what a run was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provenance {
    /// Git's name of the source, with `+` behind it where files had been changed.
    pub(crate) revision: String,
    /// The compiler.
    pub(crate) rustc: String,
    /// Libraries that move numbers.
    pub(crate) libraries: String,
    /// `cpu` or `cuda`, and the processor's name.
    pub(crate) device: String,
    /// The day it ended (UTC).
    pub(crate) date: String,
    /// Seconds it took.
    pub(crate) wall_seconds: f64,
}

impl RunRecord {
    /// A record in today's format.
    pub(crate) fn new(method: &str, spec: RunSpec, seed: u64, provenance: Provenance) -> Self {
        Self {
            format: FORMAT,
            method: method.to_string(),
            spec,
            seed,
            guide: None,
            evaluations: Vec::new(),
            offline_checks: Vec::new(),
            outcome: RunOutcome::Finished,
            provenance,
        }
    }

    /// Notes when and after how long the run ended.
    pub(crate) fn close(&mut self, wall_seconds: f64) {
        self.provenance.wall_seconds = wall_seconds;
        self.provenance.date = clock::date(clock::unix_seconds());
    }

    /// Writes it, whatever is there.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut json = serde_json::to_vec(self).context("a record is plain data")?;
        json.push(b'\n');
        write_whole(path, &json)
    }

    /// Whether its numbers can be those of a run.
    fn check(&self) -> Result<()> {
        for Evaluation { alone, combined, step, .. } in self.evaluations.iter().chain(&self.offline_checks) {
            let sound = [alone, combined].into_iter().flatten().all(EpisodeScores::is_sound);
            ensure!(sound, "its evaluation after {step} steps has columns of unequal length, or none");
        }
        let scored = self.outcome != RunOutcome::Finished || self.success_percent().is_some();
        ensure!(scored, "it has finished without an evaluation");
        Ok(())
    }

    /// Percent of successful episodes of the exploration-policy alone, mean over the last evaluations that the specification
    /// asks for. None for a failed run. (The tables' score of the hand is another: its steps at the goal.)
    pub(crate) fn success_percent(&self) -> Option<f64> {
        let rates = self.scored(|scores| 100.0 * f64::from(scores.success_rate()));
        (self.outcome == RunOutcome::Finished && !rates.is_empty())
            .then(|| rates.iter().sum::<f64>() / rates.len() as f64)
    }

    /// A number of each evaluation of the exploration-policy alone that counts for the score, the last one first.
    pub(crate) fn scored<T>(&self, number: impl Fn(&EpisodeScores) -> T) -> Vec<T> {
        let scored = self.spec.online.as_ref().map_or(1, |online| online.evaluation.scored);
        // A warm start's record begins with the offline phase's evaluation, which is no score of the online one.
        let counted = self.evaluations.iter().rev().filter(|e| e.step > 0 || self.spec.online.is_none());
        counted.filter_map(|evaluation| evaluation.alone.as_ref()).take(scored).map(number).collect()
    }
}

/// All records of a workspace.
#[derive(Debug, Clone)]
pub(crate) struct RecordStore {
    folder: PathBuf,
}

/// Seeds from here on are for choosing settings: no table or figure takes notice of them.
pub(crate) const FIRST_PILOT: u64 = 1_000;

impl RecordStore {
    /// The records of a workspace.
    pub(crate) fn new(workspace: &Workspace) -> Self {
        Self { folder: workspace.records() }
    }

    fn path(&self, method: &str, spec: &RunSpec, seed: u64) -> PathBuf {
        let key: RunKey = spec.key();
        self.folder.join(spec.task.to_string()).join(method).join(key.to_string()).join(format!("seed-{seed}.json"))
    }

    /// The record of a run, if it is there.
    pub(crate) fn load(&self, method: &str, spec: &RunSpec, seed: u64) -> Result<Option<RunRecord>> {
        let path = self.path(method, spec, seed);
        if path.exists() { self.read_in_place(&path).map(Some) } else { Ok(None) }
    }

    /// The records of all reported seeds of a run, by seed; those of pilots are none ([`FIRST_PILOT`]).
    pub(crate) fn seeds_of(&self, method: &str, spec: &RunSpec) -> Result<Vec<RunRecord>> {
        let path = self.path(method, spec, 0);
        let folder = path.parent().expect("a file has a folder");
        let Ok(files) = fs::read_dir(folder) else { return Ok(Vec::new()) };
        let mut records = Vec::new();
        for file in files {
            let path = file.with_context(|| format!("cannot read {}", folder.display()))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                records.push(self.read_in_place(&path)?);
            }
        }
        records.retain(|record| record.seed < FIRST_PILOT);
        records.sort_by_key(|record| record.seed);
        Ok(records)
    }

    /// Reads a record, which must be of the run that its place stands for: a copy counts once, and only where it belongs.
    fn read_in_place(&self, path: &Path) -> Result<RunRecord> {
        let record = read(path)?;
        let place = self.path(&record.method, &record.spec, record.seed);
        ensure!(
            place == path,
            "the record {} is of another run than its place says, and belongs to {}: move it there, or away",
            path.display(),
            place.display()
        );
        Ok(record)
    }

    /// Every record that can be read where it belongs, of whatever run.
    pub(crate) fn readable(&self) -> Vec<RunRecord> {
        let mut records = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if path.is_dir() { folders.push(path) } else { records.extend(self.read_in_place(&path)) }
            }
        }
        records
    }

    /// Adds a record; one that is there already is not touched.
    pub(crate) fn save(&self, record: &RunRecord) -> Result<()> {
        let path = self.path(&record.method, &record.spec, record.seed);
        if path.exists() {
            return Ok(());
        }
        record.write(&path)
    }
}

/// Reads one record.
pub(crate) fn read(path: &Path) -> Result<RunRecord> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let json = fs::read(path).with_context(|| format!("cannot read the record {}", path.display()))?;
    let broken = || {
        format!("the record {} is not one of this program: move it away, and the run will be made anew", path.display())
    };
    let version: Versioned = serde_json::from_slice(&json).with_context(broken)?;
    if version.format != FORMAT {
        bail!(
            "the record {} has format {}, and this program reads format {FORMAT}: move it away, and the run will be \
             made anew",
            path.display(),
            version.format
        );
    }
    let record: RunRecord = serde_json::from_slice(&json).with_context(broken)?;
    record.check().with_context(broken)?;
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::DataCatalog,
        paper::{self, Exhibit},
        provenance,
        spec::Scale,
    };

    #[test]
    fn tables_take_no_notice_of_pilots() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::at(folder.path());
        let store = RecordStore::new(&workspace);
        let Some(Exhibit::Runs(table)) = paper::all().into_iter().next() else { panic!("Table 1 comes first") };
        let cells = (table.cells)(Scale::Smoke, &DataCatalog::new(&workspace));
        let cell = cells.expect("no data are needed to plan").remove(0);
        let seeds = [999, 0, FIRST_PILOT, FIRST_PILOT + 1];
        for seed in seeds {
            let provenance = provenance::of(learners::Device::CPU, &workspace);
            let mut record = RunRecord::new(&cell.method, cell.spec.clone(), seed, provenance);
            record.outcome = RunOutcome::Failed("a test".into());
            store.save(&record).expect("writable");
        }
        let reported = store.seeds_of(&cell.method, &cell.spec).expect("readable");
        assert_eq!(reported.iter().map(|record| record.seed).collect::<Vec<_>>(), [0, 999]);
        let pilot = store.load(&cell.method, &cell.spec, FIRST_PILOT).expect("readable");
        assert!(pilot.is_some(), "a run finds its guide's record whatever the seed");

        // A copy of a record is none of another seed, nor of another method.
        let file = |method: &str, seed| store.path(method, &cell.spec, seed);
        for (method, seed) in [(cell.method.as_str(), 1), ("other", 0)] {
            let copy = file(method, seed);
            fs::create_dir_all(copy.parent().expect("a folder")).expect("writable");
            fs::copy(file(&cell.method, 0), &copy).expect("writable");
            let error = store.seeds_of(method, &cell.spec).expect_err("it counts twice").to_string();
            assert!(error.contains(&copy.display().to_string()) && error.contains("belongs to"), "{error}");
            fs::remove_file(copy).expect("removable");
        }
    }
}
