//! How Table 1 is shown: Markdown for people, csv and json for programs, learning curves.

use std::path::Path;

use anyhow::Result;
use envs::Task;
use jsrl::SchedulePlan;
use learners::{Inputs, LearnerConfig, RateSchedule};
use rl::Prng;
use serde::Serialize;

use crate::{
    paper::{
        CellResult, Results, claims,
        numbers::{PaperTable, PaperValue},
        table1::{self, Method},
        table1_curves,
    },
    run::size_label,
    spec::{EvaluationPlan, ReplayPlan, RunSpec, Scale},
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
        let empty = || row.iter().filter(|shown| shown.scores.is_empty() && shown.failed == 0);
        if empty().any(|shown| shown.key.is_some()) {
            here.push(format!("- `make table1 SCALE={scale} ONLY=table1/{task}/{size}/`\n"));
        }
        if empty().any(|shown| shown.key.is_none()) && scale != Scale::Paper {
            elsewhere.push(format!("- `make table1 SCALE=paper ONLY=table1/{task}/{size}/`\n"));
        }
    }
    let page = format!(
        "**Table 1** at {scale} scale: percent of successful episodes of the exploration-policy alone (with the hand: of steps at \
         the goal). Ours: mean ± sd, \
         interquartile mean with its 95 % bootstrap interval over n seeds (none of fewer than {FEWEST}; of so few as {FEWEST} to 5 it \
         is too narrow, so claims are judged by Student's t). *Paper*: mean ± sd over 20 seeds of a million \
         offline updates and a million online steps on D4RL's data.\n\n{}\n{}",
        reductions(scale, results),
        run.markdown()
    );
    let listed = |words: &str, commands: &[String]| match commands {
        [] => String::new(),
        commands => format!("\n{words}:\n\n{}", commands.concat()),
    };
    let here = listed("A dash is a cell that has not been run. The commands that fill them", &here);
    let words = format!("Cells that the {scale} scale does not have are run at paper scale, with a table of its own");
    let rest = not_run.markdown() + &here + &listed(&words, &elsewhere);
    let claims = claims::told(&claims::check(results));
    format!(
        "{page}{claims}\n<details><summary>Rows not run, and the commands that run them</summary>\n\n{rest}\n</details>\n"
    )
}

/// What a scale reduces, read off the specifications: once for all tasks with records that have it in common.
fn reductions(scale: Scale, results: &Results) -> String {
    let mut groups: Vec<(&RunSpec, Vec<Task>)> = Vec::new();
    for task in table1::TASKS.into_iter().flatten().copied() {
        let cells = results.cells.iter().filter(|result| result.cell.spec.task == task);
        if cells.clone().all(|result| result.records.is_empty()) {
            continue;
        }
        let Some(spec) = cells.map(|result| &result.cell.spec).find(|spec| spec.online.is_some()) else { continue };
        match groups.iter_mut().find(|(other, _)| have_budget_in_common(spec, other)) {
            Some((_, tasks)) => tasks.push(task),
            None => groups.push((spec, vec![task])),
        }
    }
    groups.iter().filter_map(|(_, tasks)| settings(scale, tasks, results)).collect::<Vec<_>>().join("\n")
}

fn have_budget_in_common(a: &RunSpec, b: &RunSpec) -> bool {
    let online = |spec: &RunSpec| {
        let online = spec.online.as_ref()?;
        Some((online.steps, online.updates_per_step, online.batch_rows, online.evaluation))
    };
    a.learner == b.learner && a.offline == b.offline && online(a) == online(b)
}

/// The settings of tasks that have them in common.
fn settings(scale: Scale, tasks: &[Task], results: &Results) -> Option<String> {
    let cells: Vec<&CellResult> =
        results.cells.iter().filter(|result| tasks.contains(&result.cell.spec.task)).collect();
    let specs: Vec<&RunSpec> = cells.iter().map(|result| &result.cell.spec).collect();
    let (LearnerConfig::Iql(iql), offline, online) =
        specs.iter().find_map(|spec| Some((&spec.learner, &spec.offline, spec.online.as_ref()?)))?
    else {
        return None;
    };
    let EvaluationPlan { episodes, scored, curriculum_every, curriculum_episodes, .. } = online.evaluation;
    let inputs = match iql.inputs {
        Inputs::Raw => "raw",
        Inputs::Scaled => "scaled",
    };
    let rate = match iql.actor_schedule {
        RateSchedule::Constant => String::new(),
        RateSchedule::Cosine { max_steps } => format!(" (the actor's falls to 0 by its update {max_steps})"),
    };
    let average = iql.actor_average.map_or(String::new(), |share| {
        format!("; policies act by averaged weights, of which each update renews {share}")
    });
    let curriculum = specs
        .iter()
        .find_map(|spec| match spec.online.as_ref()?.schedule {
            SchedulePlan::Curriculum { stages, tolerance, window } => Some(format!(
                " The curriculum has {stages} stages, tolerance {tolerance} and a window of {window} evaluations of \
                 {curriculum_episodes} episodes, one every {curriculum_every} steps.{}{}",
                buffers(spec.online.as_ref()?.replay),
                unfinished(&cells)
            )),
            _ => None,
        })
        .unwrap_or_default();
    let rewards = match (iql.reward_scale, iql.reward_shift) {
        (1.0, 0.0) => "r".to_string(),
        (scale, 0.0) => format!("{scale} r"),
        (1.0, shift) => format!("r {shift:+}"),
        (scale, shift) => format!("{scale} r {shift:+}"),
    };
    let names: Vec<&str> = tasks.iter().map(|task| task.name()).collect();
    let names = names.join(", ");
    let used = cells.iter().filter(|result| !result.records.is_empty()).map(|result| &result.cell.spec.data);
    let mut data: Vec<String> = used.map(|slice| format!("{} ({})", slice.file, slice.content)).collect();
    data.dedup();
    let data = data.join(", ");
    Some(format!(
        "Settings of the {scale} scale for {names}, the same for all columns: {} offline updates; {} online steps with {} \
         update(s) each; minibatches of {}; hidden layers {:?}; rate {}{rate}; expectile {}; temperature {}; target rate \
         {}; dropout {}; rewards {rewards}; {inputs} inputs{average}. The score is the mean of the last {scored} x {episodes} evaluation episodes.{curriculum}\n\nData \
         files, with a hash of their numbers: {data}.\n",
        offline.updates,
        online.steps,
        online.updates_per_step,
        online.batch_rows,
        iql.hidden,
        iql.learning_rate,
        iql.expectile,
        iql.temperature,
        iql.tau,
        iql.actor_dropout,
    ))
}

/// What the columns with two buffers draw from.
fn buffers(replay: ReplayPlan) -> String {
    let ReplayPlan::TwoBuffers { capacity, offline_share } = replay else { return String::new() };
    let (own, data) = (100.0 * (1.0 - offline_share), 100.0 * offline_share);
    format!(
        " JSRL and control draw {own} % of a minibatch from the last {} collected transitions and {data} % from the data; \
         IQL draws from one buffer.",
        size_label(capacity)
    )
}

/// How many curricula ended before they had taken the guide's last step.
pub(super) fn unfinished(cells: &[&CellResult]) -> String {
    let runs = cells.iter().flat_map(|result| result.finished());
    let curricula = runs.filter(|record| {
        let online = record.spec.online.as_ref();
        online.is_some_and(|online| matches!(online.schedule, SchedulePlan::Curriculum { .. }))
    });
    let last: Vec<usize> =
        curricula.filter_map(|record| record.evaluations.iter().rev().find_map(|e| e.horizon)).collect();
    match last.iter().filter(|horizon| **horizon > 0).count() {
        0 => String::new(),
        n => format!(" In {n} of {} runs with a curriculum the guide still opened episodes at the end.", last.len()),
    }
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
    use rl::EpisodeScores;

    use super::*;
    use crate::{
        data::DataCatalog,
        paper::{CellResult, table1},
        record::{Evaluation, RunOutcome, RunRecord},
        workspace::Workspace,
    };

    /// A run whose last evaluation had so many successes in 20 episodes.
    fn record(result: &CellResult, seed: u64, successes: usize) -> RunRecord {
        let provenance = crate::provenance::of(learners::Device::CPU, &Workspace::at(".".as_ref()));
        let mut record = RunRecord::new(&result.cell.method, result.cell.spec.clone(), seed, provenance);
        let successes = (0..20).map(|episode| episode < successes).collect();
        let alone = EpisodeScores { successes, ..EpisodeScores::default() };
        record.evaluations.push(Evaluation { step: 1, horizon: Some(0), alone: Some(alone), combined: None });
        record
    }

    #[test]
    fn a_cell_shows_ours_and_the_papers() {
        let empty = tempfile::tempdir().expect("a folder");
        let catalog = DataCatalog::new(&Workspace::at(empty.path()));
        let cells = (table1::experiment().cells)(Scale::Smoke, &catalog).expect("no data are needed to plan");
        let mut results =
            Results { cells: cells.into_iter().map(|cell| CellResult { cell, records: vec![] }).collect() };
        let curriculum = results
            .cells
            .iter_mut()
            .find(|result| result.cell.method == "jsrl-curriculum")
            .expect("the table has this column");
        let mut records: Vec<RunRecord> =
            [(0, 5), (1, 10), (2, 20), (3, 0)].map(|(seed, n)| record(curriculum, seed, n)).into();
        records[3].outcome = RunOutcome::Failed("v is not finite".into());
        curriculum.records = records;

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
        assert!(page.contains("- `make table1 SCALE=paper ONLY=table1/antmaze-umaze-v0/10k/`"), "{page}");
        let line = csv(&rows(&results)).lines().find(|line| line.contains(",jsrl-curriculum,")).map(str::to_string);
        assert!(line.is_some_and(|line| {
            line.starts_with("antmaze-umaze-v0,1000,not yet made,jsrl-curriculum,3,1,58.333,38.188,")
        }));
    }
}
