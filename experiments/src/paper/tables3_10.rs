//! Tables 3 to 10: warm and cold starts behind both schedules, by size of the offline data. The hand has Tables 3 to 6, which
//! are here Table 1's rows of the hand too; the ant mazes have 7 to 10, whose cold starts are Table 1's own runs.
//!
//! The hand's scores are the percent of steps at the goal, 100 (1 + return / horizon) with rewards of -1 and 0, which is
//! what the IQL paper reports of these tasks as far as its numbers tell; beside it stands the percent of successful
//! episodes, which is the score of the mazes.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    data_file::size_label,
    paper::{
        Cell, Experiment, Results, Verdict,
        budget::is_hand,
        claims::{self, Inequality, Sizes},
        key, number,
        numbers::{PaperTable, PaperValue},
        statistics, summary,
        table1::{self, Method},
        values,
    },
    spec::Scale,
    stats,
    table::Table,
    workspace::write_whole,
};

/// What tells the two groups of tables apart.
struct Group {
    /// Their name on the command line and in results/.
    id: &'static str,
    /// Their name in the paper.
    name: &'static str,
    /// Their rows.
    tasks: &'static [Task],
    /// What else the page shows.
    beside: &'static str,
    /// The score.
    score: &'static str,
    /// A row that may be missing.
    example: &'static str,
    /// What the paper says of them.
    claims: &'static [Inequality],
}

const HAND: Group = Group {
    id: "tables3-6",
    name: "Tables 3-6",
    tasks: &Task::HANDS,
    beside: ", and Table 1's rows of the hand",
    score: "percent of steps at the goal (mean ± sd over n seeds), after it the percent of successful episodes",
    example: "relocate-binary-v0/10k",
    claims: &HAND_CLAIMS,
};

const MAZES: Group = Group {
    id: "tables7-10",
    name: "Tables 7-10",
    tasks: &Task::ANT_MAZES,
    beside: "; the columns without a warm start are Table 1's runs (of which the paper itself has slightly other numbers in Table 1, such as 52.3 for 52.7)",
    score: "percent of successful episodes (mean ± sd over n seeds)",
    example: "antmaze-umaze-v0/10k",
    claims: &MAZE_CLAIMS,
};

/// Tables 3 to 6.
pub(crate) fn hand() -> Experiment {
    Experiment {
        id: HAND.id,
        title: "the hand's tasks by size of the data, warm and cold starts",
        paper_seeds: 20,
        cells: |scale, catalog| cells(&HAND, scale, catalog),
        present: |scale, results, folder| present(&HAND, scale, results, folder),
        check: |results| check(&HAND, results),
    }
}

/// Tables 7 to 10.
pub(crate) fn mazes() -> Experiment {
    Experiment {
        id: MAZES.id,
        title: "the ant mazes by size of the data, warm and cold starts",
        paper_seeds: 20,
        cells: |scale, catalog| cells(&MAZES, scale, catalog),
        present: |scale, results, folder| present(&MAZES, scale, results, folder),
        check: |results| check(&MAZES, results),
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

fn cells(group: &Group, scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for task in group.tasks.iter().copied() {
        for transitions in table1::sizes(task, scale) {
            let data = catalog.slice(task, scale, transitions)?;
            for method in METHODS {
                let spec = table1::run(method, task, scale, data.clone(), None);
                cells.push(Cell { experiment: group.id, method: method.name().to_string(), spec });
            }
        }
    }
    Ok(cells)
}

/// Writes `<id>.md` and `<id>.csv`.
fn present(group: &Group, scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let Group { id, name, beside, score, example, .. } = group;
    let paper = PaperTable::tables_3_to_10();
    let titles = METHODS.map(|method| method.title().to_string());
    let mut table = Table::new(["task".into(), "data".into()].into_iter().chain(titles));
    let mut csv = Table::new([
        "task",
        "transitions",
        "method",
        "seeds",
        "failed",
        "score",
        "sd",
        "episodes",
        "paper",
        "paper_sd",
        "key",
    ]);
    for (task, transitions) in results.rows() {
        let size = size_label(transitions);
        let texts = METHODS.map(|method| {
            let paper = paper.get(task.name(), &size, method.name());
            let Some(result) = results.find(task, transitions, method.name()) else {
                return text(&[], &[], 0, paper);
            };
            let scores = values(result.scores());
            // Of mazes these are the scores.
            let episodes = if is_hand(task) { values(result.success()) } else { Vec::new() };
            let cell = [task.to_string(), transitions.to_string(), method.name().to_string()].into_iter();
            let others = [
                (!episodes.is_empty()).then(|| stats::mean(&episodes)),
                paper.map(|value| value.mean),
                paper.and_then(|value| value.sd),
            ];
            csv.push(
                cell.chain(statistics(&scores, result.failed())).chain(others.map(number)).chain([key(Some(result))]),
            );
            text(&scores, &episodes, result.failed(), paper)
        });
        table.push([task.to_string(), size].into_iter().chain(texts));
    }
    // Budgets of the mazes differ too much for a mean to be any row's price.
    let cost = if group.tasks.iter().all(|task| is_hand(*task)) {
        results.cost()
    } else {
        format!(" How long: `make list ONLY={id}`.")
    };
    let page = format!(
        "**{name}** at {scale} scale{beside}: {score}. *Paper*: its score of 20 seeds. A dash: not run \
         (`make {id} ONLY={id}/{example}/` and so on).{cost}\n\n{}",
        table.markdown()
    ) + &claims::told(&check(group, results))
        + "\nSettings and data of these runs: [Table 1's page](../table1/table1.md).\n";
    write_whole(&folder.join(format!("{id}.md")), page.as_bytes())?;
    write_whole(&folder.join(format!("{id}.csv")), csv.csv().as_bytes())
}

fn text(scores: &[f64], episodes: &[f64], failed: usize, paper: Option<PaperValue>) -> String {
    let episodes =
        if episodes.is_empty() { String::new() } else { format!("<br>{:.1} of episodes", stats::mean(episodes)) };
    summary(scores, failed) + &episodes + &paper.map_or(String::new(), PaperValue::below)
}

/// The first method is at least as good as the second, with such sizes of the data.
const fn inequality(better: Method, worse: Method, of: Sizes, claim: &'static str) -> Inequality {
    Inequality { better, worse, strict: false, of, claim }
}

/// Those of section 5.3 and of the appendix that goes with Tables 3-6, what these tables themselves show, and our questions:
/// whether a warm start gains anything, and our control.
const HAND_CLAIMS: [Inequality; 12] = [
    inequality(
        Method::JsrlCurriculum,
        Method::Iql,
        Sizes::Few,
        "JSRL (curriculum) is at least as good as IQL with the hand and few data (section 5.3, Tables 3-5)",
    ),
    inequality(
        Method::JsrlRandom,
        Method::Iql,
        Sizes::Few,
        "JSRL (random) is at least as good as IQL with the hand and few data (section 5.3, Tables 3-5)",
    ),
    inequality(
        Method::JsrlCurriculum,
        Method::WarmCurriculum,
        Sizes::Few,
        "with few data a cold start is at least as good as a warm one (curriculum, Tables 3-5)",
    ),
    inequality(
        Method::JsrlRandom,
        Method::WarmRandom,
        Sizes::Few,
        "with few data a cold start is at least as good as a warm one (random, Tables 3-5)",
    ),
    inequality(
        Method::WarmCurriculum,
        Method::JsrlCurriculum,
        Sizes::Full,
        "with all data a warm start is at least as good as a cold one (curriculum, Table 6)",
    ),
    inequality(
        Method::WarmRandom,
        Method::JsrlRandom,
        Sizes::Full,
        "with all data a warm start is at least as good as a cold one (random, Table 6)",
    ),
    inequality(
        Method::WarmCurriculum,
        Method::Iql,
        Sizes::Any,
        "with a warm start JSRL is at least as good as IQL (curriculum; our question: in Tables 3-6 two of four means say so)",
    ),
    inequality(
        Method::WarmRandom,
        Method::Iql,
        Sizes::Any,
        "with a warm start JSRL is at least as good as IQL (random; our question: in Tables 3-6 three of four means say so)",
    ),
    inequality(
        Method::Iql,
        Method::JsrlCurriculum,
        Sizes::Full,
        "IQL is at least as good as JSRL (curriculum) with the hand and all data (Table 6)",
    ),
    inequality(
        Method::JsrlRandom,
        Method::JsrlCurriculum,
        Sizes::Few,
        "with few data random horizons are at least as good as the curriculum with the hand (the means of Tables 3-5)",
    ),
    inequality(
        Method::JsrlCurriculum,
        Method::Offline,
        Sizes::Any,
        "JSRL (curriculum) ends at least as good as its guide with the hand (what a jump-start is for; our question)",
    ),
    inequality(
        Method::JsrlCurriculum,
        Method::Control,
        Sizes::Any,
        "the guide is what helps the hand: JSRL is at least as good as the same start and buffers without it (our control)",
    ),
];

/// What else is said of the mazes stands beside Table 1. The appendix says that a warm start "seems to perform better" with
/// "dense and high-quality" data; Table 10 has it ahead on medium-play and the large mazes by the curriculum, on umaze and
/// large-play at random horizons.
const MAZE_CLAIMS: [Inequality; 6] = [
    inequality(
        Method::JsrlCurriculum,
        Method::WarmCurriculum,
        Sizes::Few,
        "with few data a cold start is at least as good as a warm one (curriculum, Tables 7-9)",
    ),
    inequality(
        Method::JsrlRandom,
        Method::WarmRandom,
        Sizes::Few,
        "with few data a cold start is at least as good as a warm one (random, Tables 7-9)",
    ),
    inequality(
        Method::WarmCurriculum,
        Method::JsrlCurriculum,
        Sizes::Full,
        "with all data a warm start is at least as good as a cold one (curriculum, appendix A.2; three of six mazes in Table 10)",
    ),
    inequality(
        Method::WarmRandom,
        Method::JsrlRandom,
        Sizes::Full,
        "with all data a warm start is at least as good as a cold one (random, appendix A.2; two of six mazes in Table 10)",
    ),
    inequality(
        Method::WarmCurriculum,
        Method::Iql,
        Sizes::Any,
        "with a warm start JSRL is at least as good as IQL (curriculum; our question: in Tables 7-10 two of four means say so)",
    ),
    inequality(
        Method::WarmRandom,
        Method::Iql,
        Sizes::Any,
        "with a warm start JSRL is at least as good as IQL (random; our question: in Tables 7-10 one of four means ties, and none is above)",
    ),
];

fn check(group: &Group, results: &Results) -> Vec<Verdict> {
    claims::inequalities(group.claims, results, &results.rows())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{paper::CellResult, workspace::Workspace};

    /// A row of a task, of files a little shorter than their size's name says, which has a row all the same.
    fn page(group: &Group, task: Task, transitions: usize) -> String {
        let empty = tempfile::tempdir().expect("a folder");
        let catalog = DataCatalog::new(&Workspace::at(empty.path()));
        let mut cells = cells(group, Scale::Smoke, &catalog).expect("no data are needed to plan");
        cells.retain(|cell| cell.spec.task == task);
        for cell in &mut cells {
            cell.spec.data.transitions = transitions;
        }
        let results = Results { cells: cells.into_iter().map(|cell| CellResult { cell, records: vec![] }).collect() };
        present(group, Scale::Smoke, &results, empty.path()).expect("a table");
        std::fs::read_to_string(empty.path().join(format!("{}.md", group.id))).expect("it was written")
    }

    #[test]
    fn whole_files_have_a_row_beside_the_papers() {
        let hand = page(&HAND, Task::DoorBinary, 99_500);
        assert!(hand.contains("| door-binary-v0 | 100k ") && hand.contains("*38.7 ± 17.3*"), "{hand}");
        let maze = page(&MAZES, Task::AntMazeLargePlay, 998_571);
        assert!(maze.contains("| antmaze-large-play-v0 | 1m ") && maze.contains("*72.2 ± 9.7*"), "{maze}");
    }

    /// The runs without a warm start are made once.
    #[test]
    fn cold_starts_on_the_mazes_are_those_of_table_1() {
        let empty = tempfile::tempdir().expect("a folder");
        let catalog = DataCatalog::new(&Workspace::at(empty.path()));
        for scale in [Scale::Smoke, Scale::Laptop, Scale::Paper] {
            let table1 = (table1::experiment().cells)(scale, &catalog).expect("no data are needed to plan");
            for cell in cells(&MAZES, scale, &catalog).expect("no data are needed to plan") {
                let shared = table1.iter().any(|other| other.job(0) == cell.job(0));
                assert_eq!(shared, !cell.method.ends_with("-warm"), "{}", cell.name());
            }
        }
    }
}
