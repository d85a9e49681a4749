//! Table 1's other columns: AWAC, behaviour cloning and CQL, offline and after fine-tuning, and AWAC under JSRL.
//!
//! The two versions of the paper differ here. The first copies these columns from the IQL paper, of the whole data only;
//! the second ran rlkit's AWAC and cloning and CQL (of `SimpleSAC`) again at every size. It names no settings: ours are of
//! rlkit's example for the hand and of CORL's configurations, which have one for the mazes where `SimpleSAC` has none, with
//! the minibatches and the numbers of updates and steps of Table 1's other columns.

use std::path::Path;

use anyhow::Result;
use envs::Task;
use learners::{AwacConfig, CqlConfig, LearnerConfig};

use crate::{
    data::DataCatalog,
    data_file::size_label,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict,
        budget::is_hand,
        claims::{self, Sizes},
        datasets::cloning,
        key, number,
        numbers::{PaperTable, PaperValue, first_version},
        statistics, summary,
        table1::{self, Method},
        values,
    },
    spec::{NamedRun, RunSpec, Scale},
    table::Table,
    workspace::write_whole,
};

/// This part of the table.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: "baselines",
        title: "Table 1's columns AWAC, BC and CQL, and AWAC under JSRL",
        paper_seeds: 3,
        cells,
        present,
        check,
    }
}

/// Columns: the method's name in records, its title, and the learner as the paper's files name it.
const COLUMNS: [(&str, &str, &str); 8] = [
    ("offline-bc", "BC", "bc"),
    ("offline-awac", "AWAC offline", ""),
    ("awac", "AWAC fine-tuned", "awac"),
    ("offline-cql", "CQL offline", ""),
    ("cql", "CQL fine-tuned", "cql"),
    ("offline-iql", "IQL offline", ""),
    ("awac-jsrl-curriculum", "AWAC + JSRL curriculum", ""),
    ("awac-jsrl-random", "AWAC + JSRL random", ""),
];

/// The task on which AWAC is jump-started.
const TASK: Task = Task::AntMazeUmaze;

/// The tasks that a scale has.
fn tasks(scale: Scale) -> Vec<Task> {
    match scale {
        Scale::Smoke => vec![TASK, Task::DoorBinary],
        Scale::Laptop => vec![TASK, Task::PenBinary, Task::DoorBinary],
        Scale::Paper => [&Task::ANT_MAZES[..], &Task::HANDS].concat(),
    }
}

/// The size at which AWAC is jump-started.
fn jump_started(scale: Scale) -> usize {
    if scale == Scale::Smoke { 1_000 } else { 10_000 }
}

fn awac(task: Task, scale: Scale) -> LearnerConfig {
    let small = || if is_hand(task) { AwacConfig::adroit_small() } else { AwacConfig::antmaze_small() };
    LearnerConfig::Awac(match scale {
        Scale::Smoke => AwacConfig { hidden: vec![32, 32], ..small() },
        Scale::Laptop => small(),
        Scale::Paper if is_hand(task) => AwacConfig { reward_shift: 0.0, ..AwacConfig::rlkit() },
        Scale::Paper => AwacConfig::rlkit(),
    })
}

fn cql(task: Task, scale: Scale) -> LearnerConfig {
    let small = || if is_hand(task) { CqlConfig::adroit_small() } else { CqlConfig::antmaze_small() };
    LearnerConfig::Cql(match scale {
        Scale::Smoke => CqlConfig { actor_hidden: vec![32, 32], critic_hidden: vec![32, 32], ..small() },
        Scale::Laptop => small(),
        Scale::Paper if is_hand(task) => CqlConfig::adroit(),
        Scale::Paper => CqlConfig::antmaze(),
    })
}

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for task in tasks(scale) {
        let of_paper = |transitions: &usize| PaperTable::table_1().sizes(task.name()).contains(transitions);
        for transitions in table1::sizes(task, scale).into_iter().filter(of_paper) {
            let data = catalog.slice(task, scale, transitions)?;
            let mut cell = |method, learner: Option<LearnerConfig>, name: Option<&str>| {
                let spec = table1::run(method, task, scale, data.clone(), learner);
                let method = name.map_or_else(|| NamedRun::offline(spec.clone()).method, str::to_string);
                cells.push(Cell { experiment: "baselines", method, spec });
            };
            cell(Method::Offline, Some(LearnerConfig::Bc(cloning(scale))), None);
            cell(Method::Offline, Some(awac(task, scale)), None);
            cell(Method::Iql, Some(awac(task, scale)), Some("awac"));
            cell(Method::Offline, Some(cql(task, scale)), None);
            cell(Method::Iql, Some(cql(task, scale)), Some("cql"));
            cell(Method::Offline, None, None);
            // Table 1's own, to compare with.
            cell(Method::JsrlCurriculum, None, Some(Method::JsrlCurriculum.name()));
            cell(Method::JsrlRandom, None, Some(Method::JsrlRandom.name()));
            if task == TASK && transitions == jump_started(scale) {
                cell(Method::JsrlCurriculum, Some(awac(task, scale)), Some("awac-jsrl-curriculum"));
                cell(Method::JsrlRandom, Some(awac(task, scale)), Some("awac-jsrl-random"));
            }
        }
    }
    Ok(cells)
}

/// Where a reader finds what the runs were made with.
const SETTINGS: &str = "Budgets are those of [Table 1's page](../table1/table1.md). Hyperparameters are the presets `antmaze_small` and \
     `adroit_small` of `AwacConfig` and `CqlConfig`, and `BcConfig::small` (crates/learners/src), at laptop scale; each record has its own.";

/// Writes `baselines.md` and `baselines.csv`.
fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let paper = PaperTable::table_1();
    let titles = COLUMNS.map(|(_, title, _)| title);
    let mut table = Table::new(["task", "data"].into_iter().chain(titles));
    let mut csv =
        Table::new(["task", "transitions", "method", "seeds", "failed", "mean", "sd", "paper", "paper_v1", "key"]);
    for (task, transitions) in results.rows() {
        let size = size_label(transitions);
        let texts = COLUMNS.map(|(method, _, learner)| {
            let result = results.find(task, transitions, method);
            let second = paper.get(task.name(), &size, learner);
            let whole = paper.sizes(task.name()).last().is_some_and(|whole| size_label(*whole) == size);
            let first = whole.then(|| first_version(task.name(), learner)).flatten();
            let scores = result.map_or(Vec::new(), |result| values(result.scores()));
            let failed = result.map_or(0, CellResult::failed);
            let cell = [task.to_string(), transitions.to_string(), method.to_string()].into_iter();
            let paper = [second.map(|value| value.mean), first].map(number);
            csv.push(cell.chain(statistics(&scores, failed)).chain(paper).chain([key(result)]));
            if result.is_some() { text(&scores, failed, second, first) } else { String::new() }
        });
        table.push([task.to_string(), size].into_iter().chain(texts));
    }
    let page = format!(
        "Table 1's other columns at {scale} scale: percent of successful episodes of the policy alone (with the hand: of \
         steps at the goal), mean ± sd over n seeds, with the budgets and the evaluation of Table 1 above. *The paper's* \
         second version, and after a slash the \
         first, which has the whole data only; their columns are AWAC and CQL after fine-tuning. A dash: not run \
         (`make baselines`); nothing: not planned.{}\n\n{}",
        results.cost(),
        table.markdown()
    ) + &claims::told(&check(results))
        + &format!("\n{SETTINGS}\n");
    write_whole(&folder.join("baselines.md"), page.as_bytes())?;
    write_whole(&folder.join("baselines.csv"), csv.csv().as_bytes())
}

/// What the paper says of JSRL beside these columns, of whole data, of few, and of random horizons. "Competitive" is judged as
/// at least as good.
const COMPETES: [(Method, Sizes, &str); 3] = [
    (Method::JsrlCurriculum, Sizes::Full, "with all data: competitive, section 5.1"),
    (Method::JsrlCurriculum, Sizes::Few, "with few data: it outperforms them, section 5.3"),
    (Method::JsrlRandom, Sizes::Any, "quite competitively, section 5.4"),
];

/// JSRL beside the columns, and as a method for any learner (section 4): behind its own offline policy as the guide, AWAC
/// must gain by it.
fn check(results: &Results) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (ours, sizes, place) in COMPETES {
        for (method, name, _) in COLUMNS.iter().filter(|(_, _, paper)| !paper.is_empty()) {
            let claim = format!("{} is at least as good as {name} ({place})", ours.title());
            let pairs = claims::pairs(results, &results.rows(), [ours.name(), method], sizes);
            verdicts.extend(claims::in_rows(&claim, false, pairs));
        }
    }
    for (method, schedule) in [("awac-jsrl-curriculum", "curriculum"), ("awac-jsrl-random", "random")] {
        for result in results.cells.iter().filter(|result| result.cell.method == method) {
            let RunSpec { task, data, .. } = &result.cell.spec;
            let own = results.find(*task, data.transitions, "awac").map(CellResult::scores).unwrap_or_default();
            let claim = format!(
                "{task} {}: AWAC with JSRL ({schedule}) is at least as good as with its own fine-tuning (JSRL takes any \
                 learner, section 4)",
                size_label(data.transitions)
            );
            // Of one size there is one row, which is then the whole of it.
            verdicts.push(claims::of_two(|x, y| claims::compare(&claim, false, x, y), &result.scores(), &own));
        }
    }
    verdicts
}

fn text(scores: &[f64], failed: usize, second: Option<PaperValue>, first: Option<f64>) -> String {
    let paper = match (second, first) {
        (None, _) => String::new(),
        (Some(second), None) => format!("<br>*{:.1}*", second.mean),
        (Some(second), Some(first)) => format!("<br>*{:.1} / {first:.1}*", second.mean),
    };
    summary(scores, failed) + &paper
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{Finding, fixtures};

    /// AWAC is better with all data and worse with few.
    #[test]
    fn claims_are_of_the_sizes_that_they_name() {
        let mut cells = cells(Scale::Laptop, &fixtures::catalog()).expect("a plan");
        cells.retain(|cell| cell.spec.task == TASK && ["awac", "jsrl-curriculum"].contains(&cell.method.as_str()));
        let successes = |cell: &Cell, _| {
            let awac = if cell.spec.data.transitions > 100_000 { 12 } else { 8 };
            Some(vec![if cell.method == "awac" { awac } else { 10 }; 5])
        };
        let verdicts = check(&fixtures::results(cells, 3, successes));
        let finding = |words: &str| {
            let of_all = |verdict: &&Verdict| verdict.over_all_rows && verdict.claim.contains(words);
            verdicts.iter().find(of_all).map(|verdict| (verdict.finding, verdict.evidence.clone()))
        };
        let (whole, evidence) = finding("AWAC fine-tuned (with all data").expect("a verdict");
        assert!(whole == Finding::Fails && evidence.ends_with("over 3 pairs of seeds"), "{evidence}");
        let (few, evidence) = finding("AWAC fine-tuned (with few data").expect("a verdict");
        assert!(few == Finding::Holds && evidence.ends_with("over 6 pairs of seeds"), "{evidence}");
    }

    /// JSRL takes any learner: only the learner's name differs from Table 1's own cells.
    #[test]
    fn a_jump_started_awac_differs_from_iql_in_the_learner_alone() {
        let cells = cells(Scale::Smoke, &fixtures::catalog()).expect("a plan");
        let ours = cells.iter().find(|cell| cell.method == "awac-jsrl-curriculum").expect("it is a column");
        let iql = table1::run(Method::JsrlCurriculum, TASK, Scale::Smoke, ours.spec.data.clone(), None);
        let same = RunSpec { learner: iql.learner.clone(), ..ours.spec.clone() };
        assert!(same == iql && ours.spec != iql);
    }
}
