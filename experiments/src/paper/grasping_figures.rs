//! Panels of the grasping figures: curves of Table 2's columns, of other runs beside them, and the paper's own.

use envs::Task;

use crate::{
    data_file::Demonstrations,
    paper::{
        CellResult, Results,
        curves::{ALONE, Curve, guide_scores, horizon_panel, success_panel},
        numbers, summary,
        table2::{CLONE, COLUMNS, CONTROL, find},
        values,
    },
    render::plot::{Dash, Panel, Point, Series},
    table::Table,
};

/// A panel for each of Table 2's columns that learn online, with a curve for each number of demonstrations and its clone
/// as a level (Figures 3 and 10).
pub(super) fn by_method(results: &Results, task: Task, sizes: &[Demonstrations]) -> Vec<Panel> {
    let panel = |(method, title, _): (&str, &str, usize)| {
        let mut panel = success_panel(title.into(), ALONE);
        if method == CONTROL {
            let [count, ..] = sizes else { return panel };
            let curve = curve(results, task, *count, method, "no demonstrations", sizes.len());
            panel.series.extend(curve.and_then(|curve| curve.alone()));
            return panel;
        }
        for (colour, count) in sizes.iter().enumerate() {
            let label = format!("{count} demonstrations");
            panel.series.extend(curve(results, task, *count, method, &label, colour).and_then(|curve| curve.alone()));
            let label = format!("BC with {count}");
            panel.levels.extend(curve(results, task, *count, CLONE, &label, colour).and_then(|clone| clone.level()));
        }
        panel
    };
    COLUMNS.into_iter().filter(|(method, ..)| *method != CLONE).map(panel).filter(has_curves).collect()
}

/// A panel for each number of demonstrations, with a curve for each column and the clone as a level (Figure 11).
pub(super) fn by_size(results: &Results, task: Task, sizes: &[Demonstrations]) -> Vec<Panel> {
    sizes.iter().map(|count| methods(results, task, *count)).filter(has_curves).collect()
}

fn methods(results: &Results, task: Task, count: Demonstrations) -> Panel {
    let mut panel = success_panel(format!("{task}, {count} demonstrations"), ALONE);
    panel.x_label = "gradient steps".into();
    for (method, title, colour) in COLUMNS {
        let Some(curve) = curve(results, task, count, method, title, colour) else { continue };
        // The control, the last column, is every panel's, and fills none by itself.
        if method == CONTROL && !has_curves(&panel) {
            continue;
        }
        if method == CLONE {
            // Over gradient steps, as in the paper's figures, and its end as a level.
            panel.series.extend(Curve { label: "BC over gradient steps", ..curve }.offline());
            panel.levels.extend(curve.level());
        } else {
            panel.series.extend(curve.alone().map(|series| over_updates(series, curve.result)));
        }
    }
    panel
}

/// A curve over online steps, over the gradient steps that go with them.
fn over_updates(series: Series, result: &CellResult) -> Series {
    let online = result.cell.spec.online.as_ref().expect("it has online steps");
    let share = online.updates_per_step as f64 / online.update_every() as f64;
    let points = series.points.into_iter().map(|point| Point { x: point.x * share, ..point });
    Series { points: points.collect(), ..series }
}

/// What the axis of these curves counts: online phases are alike in all columns.
pub(super) fn axis(results: &Results) -> String {
    let mut plans = results.cells.iter().filter_map(|result| result.cell.spec.online.as_ref());
    let often = match plans.next().map(|online| (online.updates_per_step, online.update_every())) {
        Some((1, every)) if every > 1 => format!(", one after every {every} steps"),
        _ => String::new(),
    };
    format!(
        "The axis counts gradient steps: the clone's own, and of the others those online{often} (AW-Opt's on the \
         demonstrations come before)."
    )
}

/// Each task at one number of demonstrations, JSRL also with its guide, and the paper's curves as far as ours go; below
/// them the guide's horizon (Figure 4).
pub(super) fn by_task(results: &Results, count: Demonstrations) -> Vec<Panel> {
    let (mut success, mut horizons) = (Vec::new(), Vec::new());
    for task in Task::GRASPING {
        let mut panel = methods(results, task, count);
        if !has_curves(&panel) {
            continue;
        }
        panel.y_label = "success (%)".into();
        let mut steps_left = Vec::new();
        for (method, title, colour) in COLUMNS {
            let Some(curve) = curve(results, task, count, method, title, colour) else { continue };
            panel.series.extend(curve.combined().map(|series| over_updates(series, curve.result)));
            steps_left.extend(curve.horizon().map(|series| over_updates(series, curve.result)));
        }
        let horizon = Panel { x_label: panel.x_label.clone(), ..horizon_panel(panel.title.clone(), steps_left) };
        let end = panel.series.iter().flat_map(|series| &series.points).map(|point| point.x).fold(0.0, f64::max);
        for (method, curve) in numbers::figure_4(task) {
            let (_, title, colour) = COLUMNS.into_iter().find(|(name, ..)| *name == method).expect("a column");
            let points = up_to(&curve, end);
            let label = format!("{title}, the paper's");
            panel.series.extend((points.len() > 1).then_some(Series { label, colour, points, dash: Dash::Thin }));
        }
        success.push(panel);
        horizons.push(horizon);
    }
    success.append(&mut horizons);
    success
}

/// What runs came to, and how good their guides were on their task.
pub(super) fn scores(curves: &[Curve]) -> Table {
    let mut table = Table::new(["curve", "its guide (%)", "score (%)"]);
    for Curve { result, label, .. } in curves {
        let (guides, scores) = (values(guide_scores(result)), values(result.scores()));
        table.push([label.to_string(), summary(&guides, 0), summary(&scores, result.failed())]);
    }
    table
}

fn curve<'a>(
    results: &'a Results,
    task: Task,
    count: Demonstrations,
    method: &str,
    label: &'a str,
    colour: usize,
) -> Option<Curve<'a>> {
    find(results, task, count, method).map(|result| Curve { result, label, colour })
}

fn has_curves(panel: &Panel) -> bool {
    !panel.series.is_empty()
}

/// The part of a curve that is no further right than `end`, on a straight line to there from its last point.
fn up_to(curve: &[(f64, f64)], end: f64) -> Vec<Point> {
    let point = |x: f64, y: f64| Point { x, mean: y, band: None };
    let mut points: Vec<Point> = curve.iter().take_while(|(x, _)| *x <= end).map(|(x, y)| point(*x, *y)).collect();
    if let (Some(last), Some((x, y))) = (points.last().copied(), curve.get(points.len()))
        && last.x < end
    {
        points.push(point(end, last.mean + (y - last.mean) * (end - last.x) / (x - last.x)));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        paper::{fixtures, table2},
        spec::Scale,
    };

    #[test]
    fn curves_are_over_gradient_steps_where_the_clones_are() {
        let shown = |task, count| task == Task::GraspingInstance && count == table2::standard(Scale::Laptop);
        let cells = table2::view("fig4-grasping", Scale::Laptop, &fixtures::catalog(), shown).expect("a plan");
        let mut results = fixtures::results(cells, 1, |_, _| Some(vec![4, 12]));
        assert!(axis(&results).contains("online, one after every 4 steps ("), "{}", axis(&results));
        for result in &mut results.cells {
            let Some(online) = &mut result.cell.spec.online else { continue };
            (online.updates_per_step, online.update_every) = (2, Some(5));
        }
        assert!(axis(&results).contains("those online ("), "no whole number of steps for each");
        let panel = methods(&results, Task::GraspingInstance, table2::standard(Scale::Laptop));
        let label = |series: &&Series| series.label == "QT-Opt";
        let x: Vec<f64> = panel.series.iter().find(label).expect("it has run").points.iter().map(|p| p.x).collect();
        assert_eq!(x, [800.0, 1_600.0], "of evaluations after 2,000 and 4,000 online steps");
        results.cells.retain(|result| result.cell.method == CONTROL);
        assert!(!has_curves(&methods(&results, Task::GraspingInstance, table2::standard(Scale::Laptop))));
    }

    #[test]
    fn the_papers_curves_end_where_ours_do() {
        let curve = [(1_000.0, 10.0), (2_000.0, 20.0), (4_000.0, 40.0)];
        let drawn = |end: f64| up_to(&curve, end).iter().map(|point| (point.x, point.mean)).collect::<Vec<_>>();
        assert_eq!(drawn(60.0), []);
        assert_eq!(drawn(2_000.0), curve[..2]);
        assert_eq!(drawn(3_000.0), [curve[0], curve[1], (3_000.0, 30.0)]);
        assert_eq!(drawn(9_000.0), curve);
    }
}
