//! Made-up records, for tests of what is made of records.

use rl::EpisodeScores;

use super::{Cell, CellResult, Results};
use crate::{
    data::DataCatalog,
    provenance,
    record::{Evaluation, RunRecord},
    workspace::Workspace,
};

/// A catalog without data, which plans need none of.
pub(super) fn catalog() -> DataCatalog {
    let empty = tempfile::tempdir().expect("a folder");
    DataCatalog::new(&Workspace::at(empty.path()))
}

/// A run whose policy had so many successes in 20 episodes at each evaluation, one every 2,000 steps.
pub(super) fn record(cell: &Cell, seed: u64, successes: &[usize]) -> RunRecord {
    let provenance = provenance::of(learners::Device::CPU, &Workspace::at(".".as_ref()));
    let mut record = RunRecord::new(&cell.method, cell.spec.clone(), seed, provenance);
    let evaluation = |(i, successes): (usize, &usize)| {
        let successes: Vec<bool> = (0..20).map(|episode| episode < *successes).collect();
        let goal_steps: Vec<usize> = successes.iter().map(|success| usize::from(*success)).collect();
        let returns = goal_steps.iter().map(|steps| *steps as f32).collect();
        let alone = EpisodeScores { returns, successes, steps: vec![1; 20], goal_steps, first_goal_steps: Vec::new() };
        Evaluation { step: 2_000 * (i + 1), horizon: Some(0), alone: Some(alone), combined: None }
    };
    record.evaluations = successes.iter().enumerate().map(evaluation).collect();
    record
}

/// Runs of the first `seeds` seeds of each cell; none of those for which there are no successes to tell.
pub(super) fn results(cells: Vec<Cell>, seeds: u64, successes: impl Fn(&Cell, u64) -> Option<Vec<usize>>) -> Results {
    let run = |cell: Cell| {
        let of_seed = |seed| Some(record(&cell, seed, &successes(&cell, seed)?));
        CellResult { records: (0..seeds).filter_map(of_seed).collect(), cell }
    };
    Results { cells: cells.into_iter().map(run).collect() }
}
