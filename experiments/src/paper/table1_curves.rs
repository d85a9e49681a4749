//! Learning curves behind Table 1: success over online steps, and the guide's horizon below it.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    paper::{
        Results,
        budget::is_hand,
        curves::{ALONE, Curve, horizon_panel, success_panel},
        table1::{self, Method},
    },
    render::plot::{Panel, draw},
    run::size_label,
};

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
        let success = sizes.iter().map(|transitions| success(results, task, *transitions));
        let horizon = sizes.iter().map(|transitions| horizon(results, task, *transitions));
        let panels: Vec<Panel> = success.chain(horizon).collect();
        let picture = draw(&panels, sizes.len())?;
        let path = |ending: &str| folder.join(format!("curves-{task}.{ending}"));
        picture.write(&path("svg"), &path("png"))?;
    }
    Ok(())
}

fn curve(results: &Results, task: Task, transitions: usize, method: Method) -> Option<Curve<'_>> {
    let result = results.find(task, transitions, method.name())?;
    Some(Curve { result, label: method.title(), colour: method.colour() })
}

/// The exploration-policies alone, with the guide as a level.
fn success(results: &Results, task: Task, transitions: usize) -> Panel {
    let title = format!("{task}, {} transitions", size_label(transitions));
    let online = Method::TABLE1.into_iter().filter(|method| *method != Method::Offline);
    Panel {
        series: online.filter_map(|method| curve(results, task, transitions, method)?.alone()).collect(),
        levels: curve(results, task, transitions, Method::Offline)
            .and_then(|guide| guide.level())
            .into_iter()
            .collect(),
        ..success_panel(title, if is_hand(task) { "steps at the goal, policy alone (%)" } else { ALONE })
    }
}

fn horizon(results: &Results, task: Task, transitions: usize) -> Panel {
    let curriculum = curve(results, task, transitions, Method::JsrlCurriculum);
    Panel { series: curriculum.and_then(|curve| curve.horizon()).into_iter().collect(), ..horizon_panel(String::new()) }
}
