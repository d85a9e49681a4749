//! Figure 12: the curriculum's moving average and tolerance on indiscriminate grasping (appendix A.4). The paper does not
//! name the values; these are those of its Table 11, the same ablation on a maze.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict,
        ablation::{self, find, settings, tolerances, windows},
        curves::{BAND, Curve, side_by_side},
        figure::Figure,
        grasping_figures::scores,
        table2,
    },
    render::plot::Panel,
    spec::Scale,
};

const ID: &str = "fig12";
const TASK: Task = Task::GraspingIndiscriminate;

/// This figure.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "indiscriminate grasping, the curriculum's moving average and tolerance",
        paper_seeds: 3,
        cells,
        present,
        check,
    }
}

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let jsrl = table2::cell(ID, "jsrl-curriculum", TASK, table2::standard(scale), scale, catalog)?;
    Ok(ablation::cells(&jsrl, scale))
}

fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let labels: Vec<String> = windows(scale).iter().map(|window| format!("window {window}")).collect();
    let (mut success, mut horizons): (Vec<Panel>, Vec<Panel>) = (Vec::new(), Vec::new());
    for tolerance in tolerances(scale) {
        let curve = |(colour, window): (usize, &usize)| {
            Some(Curve { result: find(results, (*window, tolerance))?, label: &labels[colour], colour })
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
    let tolerance = ablation::tolerance_hurts(results, "Figure 12");
    [tolerance, ablation::window_does_not_matter(results, "Figure 12")].concat()
}
