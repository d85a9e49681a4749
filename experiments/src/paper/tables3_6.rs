//! Tables 3 to 6: the hand's tasks by size of the offline data, warm and cold starts, both schedules; and with them
//! Table 1's rows of the hand, which are the cold ones.
//!
//! Scores are the percent of steps at the goal, 100 (1 + return / horizon) with rewards of -1 and 0, which is what the IQL
//! paper reports of these tasks as far as its numbers tell; beside it stands the percent of successful episodes.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict, claims, number,
        numbers::{PaperTable, PaperValue},
        statistics, summary,
        table1::{self, Method},
        values,
    },
    run::size_label,
    spec::Scale,
    stats,
    table::Table,
    workspace::write_whole,
};

/// These tables.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: "tables3-6",
        title: "the hand's tasks by size of the data, warm and cold starts",
        cells,
        present,
        check,
    }
}

/// The columns, after the guide.
const METHODS: [Method; 7] = [
    Method::Offline,
    Method::Iql,
    Method::JsrlCurriculum,
    Method::WarmCurriculum,
    Method::JsrlRandom,
    Method::WarmRandom,
    Method::Control,
];

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for task in Task::HANDS {
        for transitions in table1::sizes(task, scale) {
            let data = catalog.slice(task, scale, transitions)?;
            for method in METHODS {
                let spec = table1::run(method, task, scale, data.clone(), None);
                cells.push(Cell { experiment: "tables3-6", method: method.name().to_string(), spec });
            }
        }
    }
    Ok(cells)
}

/// Writes `tables3-6.md` and `tables3-6.csv`.
fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let paper = PaperTable::tables_3_to_10();
    let titles = METHODS.map(|method| method.title().to_string());
    let mut table = Table::new(["task".into(), "data".into()].into_iter().chain(titles));
    let mut csv = Table::new([
        "task",
        "transitions",
        "method",
        "seeds",
        "failed",
        "goal_steps",
        "sd",
        "episodes",
        "paper",
        "paper_sd",
    ]);
    for (task, transitions) in results.rows() {
        let size = size_label(transitions);
        let texts = METHODS.map(|method| {
            let paper = paper.get(task.name(), &size, method.name());
            let Some(result) = results.find(task, transitions, method.name()) else {
                return text(&[], &[], 0, paper);
            };
            let (steps, episodes) = (values(result.scores()), values(result.success()));
            let cell = [task.to_string(), transitions.to_string(), method.name().to_string()].into_iter();
            let others = [
                (!episodes.is_empty()).then(|| stats::mean(&episodes)),
                paper.map(|value| value.mean),
                paper.and_then(|value| value.sd),
            ];
            csv.push(cell.chain(statistics(&steps, result.failed())).chain(others.map(number)));
            text(&steps, &episodes, result.failed(), paper)
        });
        table.push([task.to_string(), size].into_iter().chain(texts));
    }
    let page = format!(
        "**Tables 3-6** at {scale} scale, and Table 1's rows of the hand: percent of steps at the goal (mean ± sd over n \
         seeds), after it the percent of successful episodes. *Paper*: its score of 20 seeds. A dash: not run \
         (`make tables3-6 ONLY=tables3-6/relocate-binary-v0/10k/` and so on).{}\n\n{}",
        results.cost(),
        table.markdown()
    ) + &claims::told(&check(results));
    write_whole(&folder.join("tables3-6.md"), page.as_bytes())?;
    write_whole(&folder.join("tables3-6.csv"), csv.csv().as_bytes())
}

fn text(steps: &[f64], episodes: &[f64], failed: usize, paper: Option<PaperValue>) -> String {
    let episodes =
        if episodes.is_empty() { String::new() } else { format!("<br>{:.1} of episodes", stats::mean(episodes)) };
    summary(steps, failed) + &episodes + &paper.map_or(String::new(), PaperValue::below)
}

/// The first method is at least as good as the second, with such sizes of the data.
struct Inequality {
    better: Method,
    worse: Method,
    sizes: Sizes,
    claim: &'static str,
}

#[derive(PartialEq, Eq)]
enum Sizes {
    Few,
    All,
    Any,
}

/// Those of section 5.1 and of the appendix that goes with Tables 3-6, and our control.
const INEQUALITIES: [Inequality; 7] = [
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::Iql,
        sizes: Sizes::Few,
        claim: "JSRL (curriculum) is at least as good as IQL with few data (section 5.1)",
    },
    Inequality {
        better: Method::JsrlRandom,
        worse: Method::Iql,
        sizes: Sizes::Few,
        claim: "JSRL (random) is at least as good as IQL with few data (section 5.1)",
    },
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::WarmCurriculum,
        sizes: Sizes::Few,
        claim: "with few data a cold start is at least as good as a warm one (curriculum, Tables 3-5)",
    },
    Inequality {
        better: Method::JsrlRandom,
        worse: Method::WarmRandom,
        sizes: Sizes::Few,
        claim: "with few data a cold start is at least as good as a warm one (random, Tables 3-5)",
    },
    Inequality {
        better: Method::WarmCurriculum,
        worse: Method::JsrlCurriculum,
        sizes: Sizes::All,
        claim: "with all data a warm start is at least as good as a cold one (curriculum, Table 6)",
    },
    Inequality {
        better: Method::WarmRandom,
        worse: Method::JsrlRandom,
        sizes: Sizes::All,
        claim: "with all data a warm start is at least as good as a cold one (random, Table 6)",
    },
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::Control,
        sizes: Sizes::Any,
        claim: "the guide is what helps: JSRL is at least as good as the same start and buffers without it (our control)",
    },
];

/// The paper's standard size of the hand's data; files are a little shorter.
const ALL_DATA: usize = 100_000;

fn check(results: &Results) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for Inequality { better, worse, sizes, claim } in INEQUALITIES {
        let pairs = results.rows().into_iter().filter_map(|(task, transitions)| {
            let size = if transitions < ALL_DATA * 9 / 10 { Sizes::Few } else { Sizes::All };
            let [x, y] = [better, worse].map(|method| {
                results.find(task, transitions, method.name()).map(CellResult::scores).unwrap_or_default()
            });
            let row = format!("{task} {}", size_label(transitions));
            [Sizes::Any, size].contains(&sizes).then(|| (row, claims::paired(&x, &y)))
        });
        verdicts.extend(claims::in_rows(claim, false, pairs));
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    /// Files are a little shorter than their names say, and have rows of their own all the same.
    #[test]
    fn whole_files_have_a_row() {
        let empty = tempfile::tempdir().expect("a folder");
        let catalog = DataCatalog::new(&Workspace::at(empty.path()));
        let mut cells = cells(Scale::Smoke, &catalog).expect("no data are needed to plan");
        cells.retain(|cell| cell.spec.task == Task::DoorBinary);
        for cell in &mut cells {
            cell.spec.data.transitions = 99_500;
        }
        let results = Results { cells: cells.into_iter().map(|cell| CellResult { cell, records: vec![] }).collect() };
        present(Scale::Smoke, &results, empty.path()).expect("a table");
        let page = std::fs::read_to_string(empty.path().join("tables3-6.md")).expect("it was written");
        assert!(page.contains("| door-binary-v0 | 100k "), "{page}");
    }
}
