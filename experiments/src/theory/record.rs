//! What measurements leave behind: one JSON file for a block of seeds, never overwritten.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use jsrl::theory::Search;
use serde::{Deserialize, Serialize};

use super::{Measurement, Outcome, TheoryPoint};
use crate::{
    record::Provenance,
    workspace::{Workspace, write_whole},
};

/// The format that this program writes and reads.
const FORMAT: u32 = 1;
/// Seeds in a file, so that none grows beyond 16 KB.
const BLOCK: u64 = 100;

/// Results of a block of seeds; it explains itself without the code that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TheoryRecord {
    format: u32,
    study: String,
    method: String,
    spec: Measurement,
    /// The others follow it.
    first_seed: u64,
    outcomes: Outcomes,
    /// Where, when and with what it was made.
    provenance: Provenance,
}

/// What the seeds gave, column by column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcomes {
    /// See [`Search`].
    Searches {
        /// Episodes played.
        episodes: Vec<usize>,
        /// False where the search stopped at its budget.
        found: Vec<bool>,
    },
    /// See [`Outcome::Run`].
    Runs {
        /// Distance to V*.
        suboptimality: Vec<f64>,
        /// Theorem A.3.
        bound: Vec<f64>,
        /// Remark A.7.
        bound_per_step: Vec<f64>,
    },
}

/// A quantity of one seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Observation {
    /// Episodes, or suboptimality.
    pub(crate) value: f64,
    /// False where the true value is larger (right-censored).
    pub(crate) seen: bool,
}

impl From<Outcome> for Observation {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Search(Search { episodes, found }) => Self { value: episodes as f64, seen: found },
            Outcome::Run { suboptimality, .. } => Self { value: suboptimality, seen: true },
        }
    }
}

impl Outcomes {
    fn of(outcomes: &[Outcome]) -> Self {
        let (mut episodes, mut found) = (Vec::new(), Vec::new());
        let (mut suboptimality, mut bound, mut bound_per_step) = (Vec::new(), Vec::new(), Vec::new());
        for outcome in outcomes {
            match *outcome {
                Outcome::Search(search) => {
                    episodes.push(search.episodes);
                    found.push(search.found);
                }
                Outcome::Run { suboptimality: s, bound: b, bound_per_step: c } => {
                    suboptimality.push(s);
                    bound.push(b);
                    bound_per_step.push(c);
                }
            }
        }
        if episodes.is_empty() {
            Self::Runs { suboptimality, bound, bound_per_step }
        } else {
            Self::Searches { episodes, found }
        }
    }

    fn lengths(&self) -> Vec<usize> {
        match self {
            Self::Searches { episodes, found } => vec![episodes.len(), found.len()],
            Self::Runs { suboptimality, bound, bound_per_step } => {
                [suboptimality, bound, bound_per_step].map(Vec::len).to_vec()
            }
        }
    }

    fn rows(&self) -> Vec<Outcome> {
        match self {
            Self::Searches { episodes, found } => {
                let search = |(episodes, found): (&usize, &bool)| Search { episodes: *episodes, found: *found };
                episodes.iter().zip(found).map(search).map(Outcome::Search).collect()
            }
            Self::Runs { suboptimality, bound, bound_per_step } => {
                let bounds = bound.iter().zip(bound_per_step);
                let run = |(s, (b, c)): (&f64, (&f64, &f64))| Outcome::Run {
                    suboptimality: *s,
                    bound: *b,
                    bound_per_step: *c,
                };
                suboptimality.iter().zip(bounds).map(run).collect()
            }
        }
    }
}

/// All records of measurements in a workspace.
#[derive(Debug, Clone)]
pub(crate) struct TheoryStore {
    folder: PathBuf,
}

impl TheoryStore {
    /// The records of a workspace.
    pub(crate) fn new(workspace: &Workspace) -> Self {
        Self { folder: workspace.theory_records() }
    }

    fn folder(&self, point: &TheoryPoint) -> PathBuf {
        self.folder.join(point.study).join(point.method).join(point.spec.key().to_string())
    }

    /// All seeds that are recorded of a point, and the wall time that they took together (s).
    pub(crate) fn load(&self, point: &TheoryPoint) -> Result<(BTreeMap<u64, Outcome>, f64)> {
        let folder = self.folder(point);
        let (mut seeds, mut seconds) = (BTreeMap::new(), 0.0);
        let Ok(files) = fs::read_dir(&folder) else { return Ok((seeds, seconds)) };
        for file in files {
            let path = file.with_context(|| format!("cannot read {}", folder.display()))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let record = read(&path)?;
                let rows = record.outcomes.rows();
                let TheoryRecord { study, method, spec, first_seed, .. } = &record;
                let of_point = study == point.study && method == point.method && *spec == point.spec;
                let named = format!("seeds-{first_seed}-{}.json", first_seed.saturating_add(rows.len() as u64) - 1);
                ensure!(
                    of_point && path.ends_with(named),
                    "the record {} is of other measurements than its place says: move it away, and it will be made anew",
                    path.display()
                );
                seconds += record.provenance.wall_seconds;
                // Blocks may overlap; the same seed has the same result.
                seeds.extend((record.first_seed..).zip(rows));
            }
        }
        Ok((seeds, seconds))
    }

    /// The seeds that are missing, in blocks of one file each.
    pub(crate) fn missing(&self, point: &TheoryPoint, seeds: Range<u64>) -> Result<Vec<Range<u64>>> {
        let (recorded, _) = self.load(point)?;
        let mut blocks: Vec<Range<u64>> = Vec::new();
        for seed in seeds.filter(|seed| !recorded.contains_key(seed)) {
            match blocks.last_mut() {
                Some(block) if block.end == seed && block.end - block.start < BLOCK => block.end += 1,
                _ => blocks.push(seed..seed + 1),
            }
        }
        Ok(blocks)
    }

    /// Adds the record of a block; one that is there already is not touched.
    pub(crate) fn save(
        &self,
        point: &TheoryPoint,
        block: &Range<u64>,
        outcomes: &[Outcome],
        provenance: Provenance,
    ) -> Result<()> {
        let path = self.folder(point).join(format!("seeds-{}-{}.json", block.start, block.end - 1));
        if path.exists() {
            return Ok(());
        }
        let record = TheoryRecord {
            format: FORMAT,
            study: point.study.into(),
            method: point.method.into(),
            spec: point.spec.clone(),
            first_seed: block.start,
            outcomes: Outcomes::of(outcomes),
            provenance,
        };
        let mut json = serde_json::to_vec(&record).context("a record is plain data")?;
        json.push(b'\n');
        ensure!(json.len() < 16_000, "{} would have {} bytes", path.display(), json.len());
        write_whole(&path, &json)
    }
}

fn read(path: &Path) -> Result<TheoryRecord> {
    let json = fs::read(path).with_context(|| format!("cannot read the record {}", path.display()))?;
    let record: TheoryRecord = serde_json::from_slice(&json).with_context(|| {
        format!("the record {} is not one of this program: move it away, and it will be made anew", path.display())
    })?;
    if record.format != FORMAT {
        bail!(
            "the record {} has format {}, and this program reads {FORMAT}: move it away",
            path.display(),
            record.format
        );
    }
    let columns = record.outcomes.lengths();
    ensure!(
        columns[0] > 0 && columns.iter().all(|length| *length == columns[0]),
        "the record {} has columns of unequal length, or none: move it away, and it will be made anew",
        path.display()
    );
    Ok(record)
}
