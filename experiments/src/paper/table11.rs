//! Table 11: the curriculum's moving average and tolerance on the largest maze (appendix A.4).
//!
//! The paper has one seed of five million training steps, which are online steps here, with ten stages. All else is Table
//! 1's curriculum on all data; at laptop scale the combined policy is judged more often than there, so that a moving
//! average of ten evaluations leaves room for ten stages.

use std::path::Path;

use anyhow::{Result, bail};
use envs::Task;
use jsrl::SchedulePlan;

use crate::{
    data::DataCatalog,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict,
        ablation::{self, find, tolerances, windows},
        claims, key, number,
        numbers::{PaperValue, table_11},
        settings::unfinished,
        statistics, summary,
        table1::{self, Method},
        values,
    },
    spec::Scale,
    table::Table,
    workspace::write_whole,
};

const ID: &str = "table11";
const TASK: Task = Task::AntMazeLargeDiverse;

/// This table.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "a large maze, the curriculum's moving average and tolerance",
        paper_seeds: 1,
        cells,
        present,
        check,
    }
}

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let data = table1::offline_run(TASK, scale, catalog)?.data;
    let mut spec = table1::run(Method::JsrlCurriculum, TASK, scale, data, None);
    let online = spec.online.as_mut().expect("it learns online");
    if let (true, SchedulePlan::Curriculum { stages, .. }) = (scale != Scale::Smoke, &mut online.schedule) {
        *stages = 10;
    }
    match scale {
        Scale::Smoke => {}
        Scale::Laptop => online.evaluation.curriculum_every /= 2,
        Scale::Paper => online.steps = 5_000_000,
    }
    let jsrl = Cell { experiment: ID, method: Method::JsrlCurriculum.name().to_string(), spec };
    Ok(ablation::cells(&jsrl, scale))
}

/// Writes `table11.md` and `table11.csv`.
fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let titles = windows(scale).into_iter().map(|window| format!("moving average of {window}"));
    let mut table = Table::new(["tolerance".to_string()].into_iter().chain(titles));
    let mut csv = Table::new(["tolerance", "window", "seeds", "failed", "success", "sd", "paper", "key"]);
    for tolerance in tolerances(scale) {
        let mut row = vec![format!("{:.0} %", 100.0 * tolerance)];
        for window in windows(scale) {
            let result = find(results, (window, tolerance));
            let scores = result.map_or(Vec::new(), |result| values(result.scores()));
            let failed = result.map_or(0, CellResult::failed);
            let paper = table_11(window, tolerance);
            let below = paper.map_or(String::new(), |mean| PaperValue { mean, sd: None }.below());
            row.push(summary(&scores, failed) + &below);
            let settings = [tolerance.to_string(), window.to_string()].into_iter();
            csv.push(settings.chain(statistics(&scores, failed)).chain([number(paper), key(result)]));
        }
        table.push(row);
    }
    let plan = results.cells.first().and_then(|result| result.cell.spec.online.as_ref());
    let (stages, steps, every) = match plan.map(|plan| (&plan.schedule, plan.steps, plan.evaluation.curriculum_every)) {
        Some((SchedulePlan::Curriculum { stages, .. }, steps, every)) => (*stages, steps, every),
        _ => bail!("Table 11 is made of curricula"),
    };
    let page = format!(
        "**Table 11** at {scale} scale: {TASK}, JSRL on all data with a curriculum of {stages} stages, judged every {every} of \
         {steps} online steps: percent of \
         successful episodes of the exploration-policy alone (mean ± sd over n seeds), by how many evaluations the \
         curriculum's moving average has and how far it may lie below the best one when the guide's share falls.{} *Paper*: \
         one seed, 10 stages, 5000000 steps. A dash: not run (`make {ID}`).{}\n\n{}",
        unfinished(&results.cells.iter().collect::<Vec<_>>()),
        results.cost(),
        table.markdown()
    ) + &claims::told(&check(results));
    write_whole(&folder.join("table11.md"), page.as_bytes())?;
    write_whole(&folder.join("table11.csv"), csv.csv().as_bytes())
}

/// "As tolerance increases, the reward decreases".
fn check(results: &Results) -> Vec<Verdict> {
    ablation::tolerance_hurts_one_seed(results, "Table 11")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn the_papers_numbers_stand_in_their_cells() {
        let empty = tempfile::tempdir().expect("a folder");
        let catalog = DataCatalog::new(&Workspace::at(empty.path()));
        let cells = cells(Scale::Paper, &catalog).expect("no data are needed to plan");
        assert!(cells.iter().all(|cell| cell.spec.online.as_ref().is_some_and(|online| online.steps == 5_000_000)));
        let results = Results { cells: cells.into_iter().map(|cell| CellResult { cell, records: vec![] }).collect() };
        present(Scale::Paper, &results, empty.path()).expect("a table");
        let page = std::fs::read_to_string(empty.path().join("table11.md")).expect("it was written");
        assert!(page.contains("| 5 %       | –<br>*51.1*"), "{page}");
        let csv = std::fs::read_to_string(empty.path().join("table11.csv")).expect("it was written");
        assert!(csv.contains("0.15,5,0,0,,,47.46,"), "{csv}");
    }
}
