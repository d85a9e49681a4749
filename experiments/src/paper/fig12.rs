//! Figure 12: the curriculum's moving average and tolerance on indiscriminate grasping (appendix A.4). The paper does not
//! name the values; these are those of its Table 11, the same ablation on a maze.

use std::path::Path;

use anyhow::Result;
use envs::Task;
use jsrl::SchedulePlan;

use crate::{
    data::DataCatalog,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict, claims,
        curves::{BAND, Curve},
        figure::Figure,
        grasping_figures::{scores, side_by_side},
        table2,
    },
    render::plot::Panel,
    spec::{RunSpec, Scale},
};

const ID: &str = "fig12";
const TASK: Task = Task::GraspingIndiscriminate;

/// Evaluations in the moving average, by rising number.
fn windows(scale: Scale) -> Vec<usize> {
    if scale == Scale::Smoke { vec![1] } else { vec![1, 5, 10] }
}

/// How far the moving average may lie below the best one (0 to 1), by rising number.
fn tolerances(scale: Scale) -> Vec<f32> {
    if scale == Scale::Smoke { vec![0.0, 0.15] } else { vec![0.0, 0.05, 0.15] }
}

/// This figure.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "indiscriminate grasping, the curriculum's moving average and tolerance",
        cells,
        present,
        check,
    }
}

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let jsrl = table2::cell(ID, "jsrl-curriculum", TASK, table2::standard(scale), scale, catalog)?;
    let mut cells = Vec::new();
    for tolerance in tolerances(scale) {
        for window in windows(scale) {
            let mut cell = Cell { method: format!("jsrl-window-{window}-tolerance-{tolerance}"), ..jsrl.clone() };
            let schedule = &mut cell.spec.online.as_mut().expect("it learns online").schedule;
            if let SchedulePlan::Curriculum { tolerance: t, window: w, .. } = schedule {
                (*t, *w) = (tolerance, window);
            }
            cells.push(cell);
        }
    }
    Ok(cells)
}

/// Window and tolerance of a run.
fn settings(spec: &RunSpec) -> Option<(usize, f32)> {
    match spec.online.as_ref()?.schedule {
        SchedulePlan::Curriculum { window, tolerance, .. } => Some((window, tolerance)),
        _ => None,
    }
}

fn find(results: &Results, window: usize, tolerance: f32) -> Option<&CellResult> {
    results.cells.iter().find(|result| settings(&result.cell.spec) == Some((window, tolerance)))
}

fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let labels: Vec<String> = windows(scale).iter().map(|window| format!("window {window}")).collect();
    let (mut success, mut horizons): (Vec<Panel>, Vec<Panel>) = (Vec::new(), Vec::new());
    for tolerance in tolerances(scale) {
        let curve = |(colour, window): (usize, &usize)| {
            Some(Curve { result: find(results, *window, tolerance)?, label: &labels[colour], colour })
        };
        let curves: Vec<Curve> = windows(scale).iter().enumerate().filter_map(curve).collect();
        let title = format!("tolerance {:.0} %", 100.0 * tolerance);
        if let Some([above, below]) = side_by_side(&title, &curves) {
            success.push(above);
            horizons.push(below);
        }
    }
    let columns = success.len();
    success.append(&mut horizons);
    let name = |result: &CellResult| {
        let (window, tolerance) = settings(&result.cell.spec).expect("each cell is a curriculum");
        format!("window {window}, tolerance {:.0} %", 100.0 * tolerance)
    };
    let names: Vec<String> = results.cells.iter().map(name).collect();
    let all = results.cells.iter().zip(&names).map(|(result, label)| Curve { result, label, colour: 0 });
    let figure = Figure {
        id: ID,
        name: "Figure 12",
        caption: format!(
            "{TASK}, QT-Opt + JSRL with {} demonstrations: how many evaluations the curriculum's moving average has (its \
             window), and how far it may lie below the best one when the guide's share falls (its tolerance). Success of the exploration-policy alone ({BAND}), and the steps that the curriculum leaves to the guide. The values are those \
             of Table 11; the paper gives no numbers for its curves.",
            table2::standard(scale)
        ),
        panels: success,
        columns,
        table: Some(scores(&all.collect::<Vec<_>>())),
        verdicts: check(results),
    };
    figure.write(scale, results, folder)
}

/// "The moving average horizon does not have a large impact on performance, but larger tolerance slightly hurts".
fn check(results: &Results) -> Vec<Verdict> {
    let all: Vec<(usize, f32)> = results.cells.iter().filter_map(|result| settings(&result.cell.spec)).collect();
    let (Some((fewest, strict)), Some((most, lax))) = (all.first().copied(), all.last().copied()) else {
        return Vec::new();
    };
    // Rows of seeds that both settings have.
    let rows = |pairs: &mut dyn Iterator<Item = [(usize, f32); 2]>| -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let scores = |(window, tolerance)| find(results, window, tolerance).map(CellResult::scores).unwrap_or_default();
        pairs.map(|[a, b]| claims::paired(&scores(a), &scores(b))).filter(|(x, _)| !x.is_empty()).unzip()
    };
    let (short, long) = rows(&mut all.iter().filter(|(w, _)| *w == fewest).map(|(w, t)| [(*w, *t), (most, *t)]));
    let (tight, loose) = rows(&mut all.iter().filter(|(_, t)| *t == strict).map(|(w, t)| [(*w, *t), (*w, lax)]));
    let tolerance =
        format!("a tolerance of {:.0} % is at least as good as {:.0} % (Figure 12)", 100.0 * strict, 100.0 * lax);
    let mut verdicts = vec![claims::compare(&tolerance, false, &tight, &loose)];
    if fewest != most {
        let window = format!("a moving average of {fewest} is as good as one of {most} (Figure 12)");
        verdicts.push(claims::same(&window, &short, &long));
    }
    verdicts.into_iter().map(|verdict| Verdict { over_all_rows: true, ..verdict }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    /// Nothing but the two settings differs from Table 2's curriculum.
    #[test]
    fn each_cell_has_settings_of_its_own() {
        let empty = tempfile::tempdir().expect("a folder");
        let catalog = DataCatalog::new(&Workspace::at(empty.path()));
        let cells = cells(Scale::Laptop, &catalog).expect("no data are needed to plan");
        let seen: Vec<_> = cells.iter().map(|cell| settings(&cell.spec).expect("a curriculum")).collect();
        let names: std::collections::BTreeSet<String> = seen.iter().map(|settings| format!("{settings:?}")).collect();
        assert_eq!((seen.len(), names.len()), (9, 9));
        assert_eq!((seen[0], seen[8]), ((1, 0.0), (10, 0.15)));
        let jsrl = table2::cell(ID, "jsrl-curriculum", TASK, table2::standard(Scale::Laptop), Scale::Laptop, &catalog);
        let jsrl = jsrl.expect("no data are needed to plan").spec;
        for mut cell in cells {
            let online = cell.spec.online.as_mut().expect("it learns online");
            online.schedule = jsrl.online.as_ref().expect("it learns online").schedule.clone();
            assert!(cell.spec == jsrl, "{}", cell.method);
        }
    }
}
