//! How Table 1 is shown: Markdown for people, csv and json for programs, learning curves.

use std::path::Path;

use anyhow::Result;
use envs::Task;
use rl::Prng;
use serde::Serialize;

use crate::{
    data_file::size_label,
    paper::{
        CellResult, Results, Verdict, claims,
        curves::BAND,
        numbers::{PaperTable, PaperValue},
        seeds,
        settings::reductions,
        table1::{self, Method},
        table1_claims, table1_curves, table1_swing,
    },
    spec::Scale,
    stats::{self, FEWEST},
    table::Table,
    workspace::write_whole,
};

/// One cell: our runs and the paper's value.
#[derive(Debug, Clone, Serialize)]
struct Shown {
    task: Task,
    transitions: usize,
    /// Hash of the data file's numbers. None where this scale has no such cell.
    data: Option<String>,
    method: &'static str,
    /// Hash of the run's specification: the folder of its records. None where this scale has no such cell.
    key: Option<String>,
    /// Percent, by seed: of successful episodes, or with the hand of steps at the goal.
    scores: Vec<(u64, f64)>,
    /// Runs that ended in a recorded failure.
    failed: usize,
    summary: Option<Summary>,
    paper: Option<PaperValue>,
}

/// Over seeds (percent).
#[derive(Debug, Clone, Copy, Serialize)]
struct Summary {
    mean: f64,
    /// None of a single seed.
    sd: Option<f64>,
    interquartile_mean: f64,
    /// 95 % bootstrap interval of the interquartile mean; none of fewer than [`FEWEST`] seeds.
    low: Option<f64>,
    high: Option<f64>,
}

/// Writes `table1.md`, `.csv`, `.json` and the curves of every task that has records.
pub(crate) fn write(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let rows = rows(results);
    write_whole(&folder.join("table1.md"), markdown(scale, results, &rows).as_bytes())?;
    write_whole(&folder.join("table1.csv"), csv(&rows).as_bytes())?;
    let cells: Vec<&Shown> = rows.iter().flatten().collect();
    write_whole(&folder.join("table1.json"), (serde_json::to_string_pretty(&cells)? + "\n").as_bytes())?;
    table1_curves::write(results, folder)
}

/// One row per task and data size, ours and the paper's.
fn rows(results: &Results) -> Vec<Vec<Shown>> {
    let paper = PaperTable::table_1();
    let mut rows = Vec::new();
    for task in table1::TASKS.into_iter().flatten().copied() {
        let ours = results.cells.iter().map(|result| &result.cell.spec).filter(|spec| spec.task == task);
        let mut sizes: Vec<usize> = ours.map(|spec| spec.data.transitions).chain(paper.sizes(task.name())).collect();
        sizes.sort_unstable();
        sizes.dedup_by_key(|transitions| size_label(*transitions));
        for transitions in sizes {
            rows.push(Method::TABLE1.map(|method| shown(results, &paper, task, transitions, method)).into());
        }
    }
    rows
}

fn shown(results: &Results, paper: &PaperTable, task: Task, transitions: usize, method: Method) -> Shown {
    let size = size_label(transitions);
    let cell = results.find(task, transitions, method.name());
    let scores = cell.map(super::CellResult::scores).unwrap_or_default();
    let values = vec![super::values(scores.clone())];
    let summary = (!scores.is_empty()).then(|| {
        let mut rng = Prng::derive("table1", 0, &format!("{task} {size} {}", method.name()));
        let interval = stats::bootstrap(&values, stats::interquartile_mean, &mut rng);
        let of_enough = |end: f64| (scores.len() >= FEWEST).then_some(end);
        Summary {
            mean: stats::mean(&values[0]),
            sd: stats::standard_deviation(&values[0]),
            interquartile_mean: interval.estimate,
            low: of_enough(interval.low),
            high: of_enough(interval.high),
        }
    });
    Shown {
        task,
        transitions,
        data: cell.map(|result| result.cell.spec.data.content.clone()),
        method: method.name(),
        key: cell.map(|result| result.cell.spec.key().to_string()),
        failed: cell.map_or(0, CellResult::failed),
        scores,
        summary,
        paper: paper.get(task.name(), &size, method.name()),
    }
}

fn markdown(scale: Scale, results: &Results, rows: &[Vec<Shown>]) -> String {
    let titles = Method::TABLE1.map(|method| method.title().to_string());
    let empty_table = || Table::new(["task".into(), "data".into()].into_iter().chain(titles.clone()));
    let (mut run, mut not_run) = (empty_table(), empty_table());
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for row in rows {
        let Shown { task, transitions, .. } = &row[0];
        let size = size_label(*transitions);
        let table = if row.iter().any(|shown| !shown.scores.is_empty()) { &mut run } else { &mut not_run };
        table.push([task.to_string(), size.clone()].into_iter().chain(row.iter().map(text)));
        let few = |shown: &&Shown| (shown.scores.len() + shown.failed) < seeds(scale) as usize;
        if row.iter().filter(few).any(|shown| shown.key.is_some()) {
            here.push((*task, size.clone()));
        }
        if row.iter().filter(few).any(|shown| shown.key.is_none()) && scale != Scale::Paper {
            elsewhere.push((*task, size));
        }
    }
    let page = format!(
        "**Table 1** at {scale} scale: percent of successful episodes of the exploration-policy alone (with the hand: of steps at \
         the goal). Ours: mean ± sd, \
         interquartile mean with its 95 % bootstrap interval over n seeds (none of fewer than {FEWEST}; with only {FEWEST} to 5 it \
         is too narrow, so claims are judged by Student's t). *Paper*: mean ± sd over 20 seeds of a million \
         online steps on D4RL's data, after offline updates whose number it does not give (IQL's code has a million). Curves (`curves-*.png`): {BAND}, the guide dotted; below them \
         the steps that the curriculum leaves to the guide, mean and from smallest to largest.\n\n{}{}",
        run.markdown(),
        claims::told(&table1_claims::check(results)) + &by_the_last(results)
    );
    let here = commands(scale, &here);
    let elsewhere = match commands(Scale::Paper, &elsewhere) {
        none if none.is_empty() => none,
        lines => format!(
            "\nCells that the {scale} scale does not have are run at paper scale, with a table of its own:\n\n{lines}"
        ),
    };
    let settings = format!("\n## Settings and data of these runs\n\n{}", reductions(scale, results));
    let missing = format!(
        "\n## Not run, or by fewer than {} seeds\n\n{}\nWhat makes them, and what has fewer seeds:\n\n{here}{elsewhere}",
        seeds(scale),
        not_run.markdown()
    );
    page + &table1_swing::told(results) + &settings + &missing
}

/// Which claims come out otherwise by the last evaluation alone, as the paper seems to score; nothing where none does.
fn by_the_last(results: &Results) -> String {
    let mut last = results.clone();
    for record in last.cells.iter_mut().flat_map(|result| &mut result.records) {
        if let Some(online) = &mut record.spec.online {
            online.evaluation.scored = 1;
        }
    }
    let by_several = table1_claims::check(results);
    let differs = |verdict: &Verdict| {
        let same = by_several.iter().find(|other| other.claim == verdict.claim);
        verdict.over_all_rows && same.is_some_and(|other| other.finding != verdict.finding)
    };
    let lines: Vec<String> =
        table1_claims::check(&last).iter().filter(|verdict| differs(verdict)).map(Verdict::line).collect();
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "\nBy the last evaluation of each run alone, as the paper seems to score, these come out otherwise:\n\n{}",
        lines.concat()
    )
}

/// What makes the missing cells of rows, a line for each task.
fn commands(scale: Scale, rows: &[(Task, String)]) -> String {
    let mut lines: Vec<(Task, Vec<&str>)> = Vec::new();
    for (task, size) in rows {
        match lines.last_mut() {
            Some((last, sizes)) if last == task => sizes.push(size),
            _ => lines.push((*task, vec![size])),
        }
    }
    let line = |(task, sizes): &(Task, Vec<&str>)| {
        let (first, others) = (sizes[0], &sizes[1..]);
        let others = if others.is_empty() { String::new() } else { format!(", and so on: {}", others.join(", ")) };
        format!("- `make table1 SCALE={scale} ONLY=table1/{task}/{first}/`{others}\n")
    };
    lines.iter().map(line).collect()
}

fn text(shown: &Shown) -> String {
    let n = shown.scores.len();
    let ours = match shown.summary {
        None => "–".to_string(),
        Some(Summary { mean, sd: Some(sd), interquartile_mean, low: Some(low), high: Some(high) }) => {
            format!("{mean:.1} ± {sd:.1}<br>{interquartile_mean:.1} [{low:.1}, {high:.1}] n={n}")
        }
        Some(Summary { mean, sd: Some(sd), .. }) => format!("{mean:.1} ± {sd:.1} n={n}"),
        Some(Summary { mean, sd: None, .. }) => format!("{mean:.1} n={n}"),
    };
    let failed = if shown.failed > 0 { format!("<br>{} failed", shown.failed) } else { String::new() };
    ours + &failed + &shown.paper.map_or(String::new(), PaperValue::below)
}

fn csv(rows: &[Vec<Shown>]) -> String {
    let mut table = Table::new([
        "task",
        "transitions",
        "data",
        "method",
        "seeds",
        "failed",
        "mean",
        "sd",
        "interquartile_mean",
        "low",
        "high",
        "paper_mean",
        "paper_sd",
        "key",
    ]);
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.3}"));
    for shown in rows.iter().flatten() {
        let of = |pick: fn(&Summary) -> Option<f64>| number(shown.summary.as_ref().and_then(pick));
        table.push([
            shown.task.to_string(),
            shown.transitions.to_string(),
            shown.data.clone().unwrap_or_default(),
            shown.method.to_string(),
            shown.scores.len().to_string(),
            shown.failed.to_string(),
            of(|s| Some(s.mean)),
            of(|s| s.sd),
            of(|s| Some(s.interquartile_mean)),
            of(|s| s.low),
            of(|s| s.high),
            number(shown.paper.map(|paper| paper.mean)),
            number(shown.paper.and_then(|paper| paper.sd)),
            shown.key.clone().unwrap_or_default(),
        ]);
    }
    table.csv()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        paper::{Cell, fixtures, table1},
        record::RunOutcome,
    };

    #[test]
    fn what_the_last_evaluation_alone_says_otherwise_is_told() {
        let told = |curriculum: [usize; 5]| {
            let mut cells = (table1::experiment().cells)(Scale::Laptop, &fixtures::catalog()).expect("a plan");
            cells.retain(|cell| cell.name().contains("antmaze-umaze-v0/10k"));
            let successes = |cell: &Cell, _| match cell.method.as_str() {
                "jsrl-curriculum" => Some(curriculum.to_vec()),
                "iql" => Some(vec![10; 5]),
                _ => None,
            };
            by_the_last(&fixtures::results(cells, 3, successes))
        };
        assert_eq!(told([16; 5]), "");
        let otherwise = told([20, 20, 20, 20, 0]);
        let line = otherwise.lines().find(|line| line.contains("JSRL (curriculum) is at least as good as IQL"));
        assert!(line.is_some_and(|line| line.contains("**fails**, difference -50.0")), "{otherwise}");
    }

    #[test]
    fn a_cell_shows_ours_and_the_papers() {
        let cells = (table1::experiment().cells)(Scale::Smoke, &fixtures::catalog()).expect("a plan");
        let first =
            cells.iter().find(|cell| cell.method == "jsrl-curriculum").expect("the table has this column").clone();
        let successes = |cell: &Cell, seed| (*cell == first).then(|| vec![[5, 10, 20, 0][seed as usize]]);
        let mut results = fixtures::results(cells, 4, successes);
        let curriculum = results.cells.iter_mut().find(|result| result.cell == first).expect("it is still there");
        curriculum.records[3].outcome = RunOutcome::Failed("v is not finite".into());

        let page = markdown(Scale::Smoke, &results, &rows(&results));
        let row: Vec<&str> = page
            .lines()
            .find(|line| line.contains("| 1k "))
            .expect("the first row")
            .split('|')
            .map(str::trim)
            .collect();
        insta::assert_snapshot!(row.join("\n").trim(), @r"
        antmaze-umaze-v0
        1k
        –
        –<br>*0.2 ± 0.5*
        58.3 ± 38.2<br>58.3 [25.0, 100.0] n=3<br>1 failed<br>*15.6 ± 19.9*
        –<br>*10.4 ± 9.6*
        –
        ");
        assert!(page.contains("- `make table1 SCALE=smoke ONLY=table1/antmaze-umaze-v0/1k/`"), "{page}");
        assert!(
            page.contains("- `make table1 SCALE=paper ONLY=table1/antmaze-umaze-v0/10k/`, and so on: 100k, 1m\n"),
            "{page}"
        );
        let line = csv(&rows(&results)).lines().find(|line| line.contains(",jsrl-curriculum,")).map(str::to_string);
        assert!(line.is_some_and(|line| {
            line.starts_with("antmaze-umaze-v0,1000,not yet made,jsrl-curriculum,3,1,58.333,38.188,")
        }));
    }
}
