//! Are our data about as hard as D4RL's? What cloning and IQL make of each file as a whole, beside what the IQL paper
//! (Kostrikov et al. 2021, Table 1) reports of D4RL's files of the same name.

use std::path::Path;

use anyhow::Result;
use envs::Task;
use learners::{BcConfig, LearnerConfig};

use crate::{
    data::{DataCatalog, Manifest},
    paper::{Cell, CellResult, Experiment, Results, key, statistics, summary, table1, values},
    render::coverage::{self, CoveragePanel},
    spec::{NamedRun, RunSpec, Scale},
    table::Table,
    workspace::write_whole,
};

/// This table.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: "datasets",
        title: "cloning and IQL on whole data sets, beside D4RL's",
        paper_seeds: 20,
        cells,
        present,
        check: |_| Vec::new(),
    }
}

/// The learners, as they are named in records and in `experiments/paper/datasets.csv`.
const COLUMNS: [(&str, &str); 2] = [("offline-bc", "cloning"), ("offline-iql", "IQL")];

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for task in Task::ANT_MAZES {
        let iql = table1::offline_run(task, scale, catalog)?;
        let bc = RunSpec { learner: LearnerConfig::Bc(cloning(scale)), ..iql.clone() };
        for spec in [bc, iql] {
            let NamedRun { method, spec } = NamedRun::offline(spec);
            cells.push(Cell { experiment: "datasets", method, spec });
        }
    }
    Ok(cells)
}

/// How cloning is done at a scale.
pub(super) fn cloning(scale: Scale) -> BcConfig {
    match scale {
        Scale::Smoke => BcConfig { hidden: vec![32, 32], ..BcConfig::small() },
        Scale::Laptop => BcConfig::small(),
        Scale::Paper => BcConfig::corl(),
    }
}

/// Writes `datasets.md` and `datasets.csv`.
fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let mut table = Table::new(["task", "cloning", "cloning on D4RL's", "IQL", "IQL on D4RL's"]);
    let mut csv = Table::new(["task", "method", "seeds", "failed", "mean", "sd", "d4rl", "key"]);
    for task in Task::ANT_MAZES {
        let texts = COLUMNS.map(|(method, _)| {
            let result =
                results.cells.iter().find(|result| result.cell.spec.task == task && result.cell.method == method);
            let scores = result.map_or(Vec::new(), |result| values(result.scores()));
            let failed = result.map_or(0, CellResult::failed);
            let theirs = d4rl(task, method);
            let cell = [task.to_string(), method.to_string()].into_iter();
            csv.push(cell.chain(statistics(&scores, failed)).chain([theirs.clone(), key(result)]));
            [summary(&scores, failed), theirs]
        });
        table.push([task.to_string()].into_iter().chain(texts.into_iter().flatten()));
    }
    let page = format!(
        "Percent of successful episodes after Table 1's offline phase of the {scale} scale on a whole data file: mean ± sd over \
         n seeds. D4RL's columns: the IQL paper, Table 1, a million updates on the file of that name (IQL in whole percent).\n\n{}",
        table.markdown()
    );
    write_whole(&folder.join("datasets.md"), page.as_bytes())?;
    write_whole(&folder.join("datasets.csv"), csv.csv().as_bytes())
}

/// What the manifest says of the data files: a table for data/README.md, and with it `coverage.svg` and `.png`.
pub(crate) fn describe(manifest: &Manifest, folder: &Path) -> Result<String> {
    let mut table = Table::new(["file", "transitions", "episodes", "steps each", "pass the goal", "rows rewarded"]);
    let mut panels = Vec::new();
    for task in Task::ALL {
        let Some(entry) = manifest.get(task.name()) else { continue };
        let share = |part: usize| format!("{part} ({:.0} %)", 100.0 * part as f64 / entry.episodes as f64);
        table.push([
            task.to_string(),
            entry.transitions.to_string(),
            entry.episodes.to_string(),
            format!("{:.0}", entry.mean_episode_steps),
            share(entry.success_episodes),
            format!("{:.2} %", 100.0 * entry.rewarded_share),
        ]);
        if let Some(maze) = task.maze().filter(|_| !entry.visits.is_empty()) {
            panels.push(CoveragePanel { title: task.to_string(), maze, visits: entry.visits.clone() });
        }
    }
    if !panels.is_empty() {
        coverage::draw(&panels)?.write(&folder.join("coverage.svg"), &folder.join("coverage.png"))?;
    }
    Ok(table.markdown())
}

/// The value of a task in the file of published ones.
fn d4rl(task: Task, method: &str) -> String {
    let mut lines = include_str!("../../paper/datasets.csv").lines().map(|line| line.split(',').collect::<Vec<_>>());
    let headers = lines.next().expect("the file has a header");
    let column = headers.iter().position(|header| method.ends_with(header)).expect("a column for each learner");
    let line = lines.find(|line| line[0] == task.name()).expect("a line for each task");
    line[column].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values_are_found() {
        assert_eq!(d4rl(Task::AntMazeUmaze, "offline-bc"), "54.6");
        assert_eq!(d4rl(Task::AntMazeLargeDiverse, "offline-iql"), "47");
    }
}
