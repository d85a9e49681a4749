//! Learning curves behind Table 1: success over online steps, and the guide's horizon below it.

use std::path::Path;

use anyhow::Result;
use envs::Task;
use rl::Prng;

use crate::{
    paper::{CellResult, Results, table1::Method},
    record::{Evaluation, RunRecord},
    render::plot::{Level, Panel, Point, Series, draw},
    run::size_label,
    stats,
};

/// Writes `curves-<task>.svg` and `.png` for every task with records of an online phase.
pub(crate) fn write(results: &Results, folder: &Path) -> Result<()> {
    for task in Task::ANT_MAZES {
        let online = |result: &&CellResult| result.cell.spec.task == task && result.cell.spec.online.is_some();
        let mut sizes: Vec<usize> = results
            .cells
            .iter()
            .filter(online)
            .filter(|result| !result.records.is_empty())
            .map(|result| result.cell.spec.data.transitions)
            .collect();
        sizes.dedup();
        if sizes.is_empty() {
            continue;
        }
        let success = sizes.iter().map(|transitions| success_panel(results, task, *transitions));
        let horizon = sizes.iter().map(|transitions| horizon_panel(results, task, *transitions));
        let panels: Vec<Panel> = success.chain(horizon).collect();
        let picture = draw(&panels, sizes.len())?;
        let path = |ending: &str| folder.join(format!("curves-{task}.{ending}"));
        picture.write(&path("svg"), &path("png"))?;
    }
    Ok(())
}

/// Success of the exploration-policy alone (%), mean over seeds with a 95 % bootstrap band.
fn success_panel(results: &Results, task: Task, transitions: usize) -> Panel {
    let mut panel = empty(format!("{task}, {} transitions", size_label(transitions)), "success alone (%)");
    panel.y_range = Some((0.0, 100.0));
    for method in Method::TABLE1 {
        let found = results.find(task, transitions, method.name());
        if let Some(result) = found.filter(|result| result.cell.spec.online.is_some()) {
            let value = |evaluation: &Evaluation| Some(100.0 * f64::from(evaluation.alone.as_ref()?.success_rate()));
            panel.series.extend(series(result, method, value));
        }
    }
    let guide = results.find(task, transitions, Method::Offline.name()).map(CellResult::scores).unwrap_or_default();
    if !guide.is_empty() {
        let scores: Vec<f64> = guide.into_iter().map(|(_, score)| score).collect();
        panel.levels.push(Level {
            label: Method::Offline.title().into(),
            colour: Method::Offline.colour(),
            y: stats::mean(&scores),
        });
    }
    panel
}

/// The curriculum's horizon, mean over seeds with the band from the smallest to the largest.
fn horizon_panel(results: &Results, task: Task, transitions: usize) -> Panel {
    let mut panel = empty(String::new(), "guide horizon (steps)");
    let method = Method::JsrlCurriculum;
    if let Some(result) = results.find(task, transitions, method.name()) {
        let horizons = |record: &RunRecord| -> Vec<(usize, f64)> {
            let first = record.guide.as_ref().map(|guide| (0, guide.first_horizon as f64));
            let later = record.evaluations.iter().filter_map(|e| Some((e.step, e.horizon? as f64)));
            first.into_iter().chain(later).collect()
        };
        let curves: Vec<_> = result.finished().map(horizons).collect();
        // A horizon holds until the next one is noted, at whatever steps the other seeds note theirs.
        let held = |step: usize| -> Vec<f64> {
            let last = |curve: &Vec<(usize, f64)>| curve.iter().rev().find(|(s, _)| *s <= step).map(|(_, h)| *h);
            curves.iter().filter_map(last).collect()
        };
        let points = steps(&curves).into_iter().map(|(step, _)| (step, held(step))).map(|(step, values)| Point {
            x: step as f64,
            mean: stats::mean(&values),
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        });
        let series =
            Series { label: method.title().into(), colour: method.colour(), points: points.collect(), dashed: false };
        panel.series.extend((!series.points.is_empty()).then_some(series));
    }
    panel
}

fn empty(title: String, y_label: &str) -> Panel {
    let x_label = "online steps".into();
    Panel { title, x_label, y_label: y_label.into(), ..Panel::default() }
}

fn series(result: &CellResult, method: Method, value: impl Fn(&Evaluation) -> Option<f64>) -> Option<Series> {
    let curve = |record: &RunRecord| -> Vec<(usize, f64)> {
        record.evaluations.iter().filter_map(|evaluation| Some((evaluation.step, value(evaluation)?))).collect()
    };
    let curves: Vec<_> = result.finished().map(curve).collect();
    let points: Vec<Point> = steps(&curves)
        .into_iter()
        .map(|(step, values)| {
            let mut rng = Prng::derive(&result.cell.name(), step as u64, "band");
            let interval = stats::bootstrap(&[values], stats::mean_of_means, &mut rng);
            Point { x: step as f64, mean: interval.estimate, low: interval.low, high: interval.high }
        })
        .collect();
    (!points.is_empty()).then(|| Series {
        label: method.title().into(),
        colour: method.colour(),
        points,
        dashed: false,
    })
}

/// The values of all seeds at each step at which any was judged.
fn steps(curves: &[Vec<(usize, f64)>]) -> Vec<(usize, Vec<f64>)> {
    let mut steps: Vec<usize> = curves.iter().flatten().map(|(step, _)| *step).collect();
    steps.sort_unstable();
    steps.dedup();
    let at = |step: usize| curves.iter().flatten().filter(|(s, _)| *s == step).map(|(_, value)| *value).collect();
    steps.into_iter().map(|step| (step, at(step))).collect()
}
