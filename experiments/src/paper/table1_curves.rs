//! Learning curves behind Table 1: success over online steps, and the guide's horizon below it.

use std::{iter, path::Path};

use anyhow::Result;
use envs::Task;

use crate::{
    data_file::size_label,
    paper::{
        Results,
        budget::is_hand,
        curves::{ALONE, Curve, horizon_panel, success_panel},
        table1::{self, Method},
    },
    render::plot::{Panel, draw},
};

/// Panels in a row: with more, letters are too small where a page shows the picture at its own width.
const ACROSS: usize = 3;

/// Writes `curves-<task>.svg` and `.png` for every task with records of an online phase.
pub(crate) fn write(results: &Results, folder: &Path) -> Result<()> {
    for task in table1::TASKS.into_iter().flatten().copied() {
        let mut sizes: Vec<usize> = results
            .cells
            .iter()
            .filter(|result| result.cell.spec.task == task && result.cell.spec.online.is_some())
            .filter(|result| !result.records.is_empty())
            .map(|result| result.cell.spec.data.transitions)
            .collect();
        sizes.dedup();
        if sizes.is_empty() {
            continue;
        }
        let mut panels: Vec<Panel> = sizes.iter().map(|transitions| success(results, task, *transitions)).collect();
        if is_hand(task) {
            stretch(&mut panels);
        }
        let horizons: Vec<Panel> = sizes.iter().map(|transitions| horizon(results, task, *transitions)).collect();
        let picture = draw(&in_pairs_of_rows(&panels, &horizons), sizes.len().min(ACROSS))?;
        let path = |ending: &str| folder.join(format!("curves-{task}.{ending}"));
        picture.write(&path("svg"), &path("png"))?;
    }
    Ok(())
}

/// Rows of [`ACROSS`] panels, each with its horizons in the row below; where the last two are shorter, the rest is blank.
fn in_pairs_of_rows(success: &[Panel], horizons: &[Panel]) -> Vec<Panel> {
    let rows = success.chunks(ACROSS).zip(horizons.chunks(ACROSS)).flat_map(|(above, below)| [above, below]);
    let columns = success.len().min(ACROSS);
    rows.flat_map(|row| row.iter().cloned().chain(iter::repeat_n(Panel::default(), columns - row.len()))).collect()
}

fn curve(results: &Results, task: Task, transitions: usize, method: Method) -> Option<Curve<'_>> {
    let result = results.find(task, transitions, method.name())?;
    Some(Curve { result, label: method.title(), colour: method.colour() })
}

/// The exploration-policies alone, with the guide as a level.
fn success(results: &Results, task: Task, transitions: usize) -> Panel {
    let online = Method::TABLE1.into_iter().filter(|method| *method != Method::Offline);
    let curves: Vec<Curve> = online.filter_map(|method| curve(results, task, transitions, method)).collect();
    let seeds = curves.iter().map(|curve| curve.result.finished().count()).filter(|count| *count > 0);
    let (fewest, most) = seeds.fold((usize::MAX, 0), |(fewest, most), count| (fewest.min(count), most.max(count)));
    let seeds = if fewest < most { format!("{fewest} to {most}") } else { most.to_string() };
    let title = format!("{task} {}, n={seeds}", size_label(transitions));
    Panel {
        series: curves.iter().filter_map(Curve::alone).collect(),
        levels: curve(results, task, transitions, Method::Offline)
            .and_then(|guide| guide.level())
            .into_iter()
            .collect(),
        ..success_panel(title, if is_hand(task) { "steps at the goal, policy alone (%)" } else { ALONE })
    }
}

/// Gives panels one y axis, from 0 to the next ten above all that they show: the hand's scores end far below 100.
fn stretch(panels: &mut [Panel]) {
    let points = panels.iter().flat_map(|panel| panel.series.iter().flat_map(|series| &series.points));
    let tops = points.map(|point| point.band.map_or(point.mean, |[_, high]| high));
    let levels = panels.iter().flat_map(|panel| panel.levels.iter().map(|level| level.y));
    let top = tops.chain(levels).fold(0.0, f64::max);
    let range = (0.0, (10.0 * (top / 10.0).ceil()).clamp(10.0, 100.0));
    for panel in panels {
        panel.y_range = Some(range);
    }
}

fn horizon(results: &Results, task: Task, transitions: usize) -> Panel {
    let curriculum = curve(results, task, transitions, Method::JsrlCurriculum);
    horizon_panel(String::new(), curriculum.and_then(|curve| curve.horizon()).into_iter().collect())
}
