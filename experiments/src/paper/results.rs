//! Cells with their records, and what tables say of them in words and numbers.

use anyhow::Result;
use envs::{Family, Task};
use rl::EpisodeScores;

use crate::{
    data::DataCatalog,
    paper::{Cell, Experiment},
    record::{RecordStore, RunOutcome, RunRecord},
    spec::Scale,
    stats,
};

/// A cell with the records of its seeds.
#[derive(Debug, Clone)]
pub(crate) struct CellResult {
    /// The cell.
    pub(crate) cell: Cell,
    /// Finished and failed runs, by seed.
    pub(crate) records: Vec<RunRecord>,
}

impl CellResult {
    /// The runs that did not fail.
    pub(crate) fn finished(&self) -> impl Iterator<Item = &RunRecord> {
        self.records.iter().filter(|record| record.outcome == RunOutcome::Finished)
    }

    /// `(seed, percent)` of the finished runs, as the paper scores the task.
    pub(crate) fn scores(&self) -> Vec<(u64, f64)> {
        self.finished()
            .map(|record| (record.seed, stats::mean(&record.scored(|scores| self.percent(scores)))))
            .collect()
    }

    /// `(seed, percent of successful episodes)` of the finished runs.
    pub(crate) fn success(&self) -> Vec<(u64, f64)> {
        self.records.iter().filter_map(|record| Some((record.seed, record.success_percent()?))).collect()
    }

    /// How many runs ended in a recorded failure.
    pub(crate) fn failed(&self) -> usize {
        self.records.len() - self.finished().count()
    }

    /// An evaluation in percent, as the paper scores the task: successful episodes; with the hand, steps at the goal.
    pub(super) fn percent(&self, scores: &EpisodeScores) -> f64 {
        let task = self.cell.spec.task;
        match task.family() {
            Family::Hand(_) => {
                let steps = scores.goal_steps.len() * task.max_steps();
                100.0 * scores.goal_steps.iter().sum::<usize>() as f64 / steps as f64
            }
            Family::AntMaze(_) | Family::Grasping(_) => 100.0 * f64::from(scores.success_rate()),
        }
    }
}

/// Scores without their seeds.
pub(super) fn values(scores: Vec<(u64, f64)>) -> Vec<f64> {
    scores.into_iter().map(|(_, score)| score).collect()
}

/// What a cell says of its runs: mean over seeds, standard deviation where there are several, and how many there are.
pub(super) fn summary(scores: &[f64], failed: usize) -> String {
    let ours = match (scores, stats::standard_deviation(scores)) {
        ([], _) => "–".to_string(),
        (_, None) => format!("{:.1}, n=1", scores[0]),
        (_, Some(sd)) => format!("{:.1} ± {sd:.1}, n={}", stats::mean(scores), scores.len()),
    };
    if failed > 0 { format!("{ours}<br>{failed} failed") } else { ours }
}

/// The same for a csv file: seeds, failed runs, mean and standard deviation.
pub(super) fn statistics(scores: &[f64], failed: usize) -> [String; 4] {
    let mean = (!scores.is_empty()).then(|| stats::mean(scores));
    [scores.len().to_string(), failed.to_string(), number(mean), number(stats::standard_deviation(scores))]
}

/// A cell's folder of records, for a csv file; nothing where this scale has no such cell.
pub(super) fn key(result: Option<&CellResult>) -> String {
    result.map_or(String::new(), |result| result.cell.spec.key().to_string())
}

/// A number in a csv file, where there is one.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!("{value:.2}"))
}

/// All that is known when a table is made.
#[derive(Debug, Clone)]
pub(crate) struct Results {
    /// In the order of the experiment's cells.
    pub(crate) cells: Vec<CellResult>,
}

impl Results {
    /// Reads the records of an experiment's cells. Every seed counts whose record is there, but for those of pilots.
    pub(crate) fn read(
        experiment: &Experiment,
        scale: Scale,
        catalog: &DataCatalog,
        store: &RecordStore,
    ) -> Result<Self> {
        let read = |cell: Cell| -> Result<CellResult> {
            Ok(CellResult { records: store.seeds_of(&cell.method, &cell.spec)?, cell })
        };
        Ok(Self { cells: (experiment.cells)(scale, catalog)?.into_iter().map(read).collect::<Result<_>>()? })
    }

    /// The cell of a task, data size and method.
    pub(crate) fn find(&self, task: Task, transitions: usize, method: &str) -> Option<&CellResult> {
        self.cells.iter().find(|result| {
            let CellResult { cell: Cell { spec, method: m, .. }, .. } = result;
            spec.task == task && spec.data.transitions == transitions && m == method
        })
    }

    /// The tasks and sizes of the data, as the cells have them: whole files are a little shorter than their names say.
    pub(super) fn rows(&self) -> Vec<(Task, usize)> {
        let specs = self.cells.iter().map(|result| &result.cell.spec);
        let mut rows: Vec<(Task, usize)> = specs.map(|spec| (spec.task, spec.data.transitions)).collect();
        rows.dedup();
        rows
    }

    /// What runs took, method by method, which is the price of each seed of a dash; nothing where none was made.
    pub(super) fn cost(&self) -> String {
        let mut methods: Vec<(&str, Vec<f64>)> = Vec::new();
        for result in &self.cells {
            let minutes = result.finished().map(|record| record.provenance.wall_seconds / 60.0);
            match methods.iter_mut().find(|(method, _)| *method == result.cell.method) {
                Some((_, all)) => all.extend(minutes),
                None => methods.push((&result.cell.method, minutes.collect())),
            }
        }
        let made = methods.iter().filter(|(_, minutes)| !minutes.is_empty());
        let means: Vec<String> = made
            .map(|(method, minutes)| format!("{method} {:.1} (n={})", stats::mean(minutes), minutes.len()))
            .collect();
        if means.is_empty() {
            return String::new();
        }
        format!(
            " Minutes that a run took, with one core of its own or a share of one: {}. Each seed that is missing costs about as much.",
            means.join(", ")
        )
    }
}
