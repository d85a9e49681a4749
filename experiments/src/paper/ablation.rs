//! How the curriculum decides to move on: its moving average and tolerance varied, all else that of one run. Table 11 has
//! it on a maze, Figure 12 on grasping (appendix A.4).

use std::collections::BTreeSet;

use jsrl::SchedulePlan;

use crate::{
    paper::{
        Cell, CellResult, Results, Verdict,
        claims::{self, Row},
    },
    spec::{RunSpec, Scale},
};

/// Evaluations in the moving average, and how far it may lie below the best one (0 to 1).
pub(super) type Settings = (usize, f32);

/// The moving averages of Table 11, by rising number; Figure 12 does not name its own.
pub(super) fn windows(scale: Scale) -> Vec<usize> {
    if scale == Scale::Smoke { vec![1] } else { vec![1, 5, 10] }
}

/// Its tolerances, by rising number.
pub(super) fn tolerances(scale: Scale) -> Vec<f32> {
    if scale == Scale::Smoke { vec![0.0, 0.15] } else { vec![0.0, 0.05, 0.15] }
}

/// A curriculum's run with each of the settings, tolerance by tolerance.
pub(super) fn cells(jsrl: &Cell, scale: Scale) -> Vec<Cell> {
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
    cells
}

/// The settings of a run.
pub(super) fn settings(spec: &RunSpec) -> Option<Settings> {
    match spec.online.as_ref()?.schedule {
        SchedulePlan::Curriculum { window, tolerance, .. } => Some((window, tolerance)),
        _ => None,
    }
}

/// The runs with such settings.
pub(super) fn find(results: &Results, wanted: Settings) -> Option<&CellResult> {
    results.cells.iter().find(|result| settings(&result.cell.spec) == Some(wanted))
}

/// A larger tolerance hurts: the smallest one is at least as good as the largest.
pub(super) fn tolerance_hurts(results: &Results, place: &str) -> Vec<Verdict> {
    let (claim, rows) = tolerances_compared(results, place);
    claims::in_rows(&claim, false, rows)
}

/// The same where all runs are of one seed, as the paper's are in Table 11: its moving averages are then the pairs.
pub(super) fn tolerance_hurts_one_seed(results: &Results, place: &str) -> Vec<Verdict> {
    let seeds: BTreeSet<u64> =
        results.cells.iter().flat_map(|result| result.scores().into_iter().map(|(seed, _)| seed)).collect();
    if seeds.len() != 1 {
        return tolerance_hurts(results, place);
    }
    let (claim, rows) = tolerances_compared(results, place);
    let (tight, loose): (Vec<_>, Vec<_>) = rows.into_iter().map(|(_, x, y)| (x, y)).unzip();
    let verdict = claims::compare(&claim, false, &[tight.concat()], &[loose.concat()]);
    let evidence = format!("{}, which are the moving averages of one seed", verdict.evidence);
    vec![Verdict { over_all_rows: true, evidence, ..verdict }]
}

/// The claim, and the scores with the smallest and with the largest tolerance, a row for each moving average.
fn tolerances_compared(results: &Results, place: &str) -> (String, Vec<Row>) {
    let all = all(results);
    let [strict, lax] = [&all[0], &all[all.len() - 1]].map(|(_, tolerance)| *tolerance);
    let claim = format!("a tolerance of {:.0} % is at least as good as {:.0} % ({place})", 100.0 * strict, 100.0 * lax);
    let windows = all.iter().filter(|(_, tolerance)| *tolerance == strict).map(|(window, _)| *window);
    let row = |window| row(results, format!("window {window}"), [(window, strict), (window, lax)]);
    (claim, windows.map(row).collect())
}

/// The length of the moving average does not matter: the shortest is as good as the longest, with every tolerance.
pub(super) fn window_does_not_matter(results: &Results, place: &str) -> Vec<Verdict> {
    let all = all(results);
    let [fewest, most] = [&all[0], &all[all.len() - 1]].map(|(window, _)| *window);
    if fewest == most {
        return Vec::new();
    }
    let claim = format!("a moving average of {fewest} is as good as one of {most} ({place})");
    let tolerances = all.iter().filter(|(window, _)| *window == fewest).map(|(_, tolerance)| *tolerance);
    let row = |t: f32| row(results, format!("tolerance {:.0} %", 100.0 * t), [(fewest, t), (most, t)]);
    claims::row_by_row(&claim, claims::same, tolerances.map(row).collect())
}

fn all(results: &Results) -> Vec<Settings> {
    results.cells.iter().filter_map(|result| settings(&result.cell.spec)).collect()
}

/// A row of the seeds that both of two settings have.
fn row(results: &Results, name: String, settings: [Settings; 2]) -> Row {
    let [x, y] = settings.map(|wanted| find(results, wanted).map(CellResult::scores).unwrap_or_default());
    let (x, y) = claims::paired(&x, &y);
    (name, x, y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{Finding, fig12, fixtures, table2, table11};

    /// Of one seed the moving averages are the pairs; of two, the rows are too short.
    #[test]
    fn one_seed_is_judged_by_its_settings() {
        let verdict = |seeds| {
            let cells = (table11::experiment().cells)(Scale::Laptop, &fixtures::catalog()).expect("a plan");
            let successes = |cell: &Cell, _| Some(vec![if settings(&cell.spec)?.1 == 0.0 { 12 } else { 8 }; 5]);
            tolerance_hurts_one_seed(&fixtures::results(cells, seeds, successes), "Table 11").pop().expect("a claim")
        };
        let one = verdict(1);
        assert_eq!(one.finding, Finding::Holds);
        assert!(one.evidence.ends_with("over 3 pairs of seeds, which are the moving averages of one seed"));
        assert_eq!(verdict(2).finding, Finding::Undecided);
    }

    /// A mean over tolerances that is level says nothing where the moving average helps with one and harms with another.
    #[test]
    fn what_matters_with_some_tolerances_matters() {
        let verdicts = |short: fn(f32) -> usize| {
            let cells = (fig12::experiment().cells)(Scale::Laptop, &fixtures::catalog()).expect("a plan");
            let successes = |cell: &Cell, _| {
                let (window, tolerance) = settings(&cell.spec)?;
                Some(vec![if window == 1 { short(tolerance) } else { 10 }; 5])
            };
            window_does_not_matter(&fixtures::results(cells, 3, successes), "Figure 12")
        };
        let findings = |short| verdicts(short).iter().map(|verdict| verdict.finding).collect::<Vec<_>>();
        let (holds, fails) = (Finding::Holds, Finding::Fails);
        assert_eq!(findings(|_| 10), [holds; 4]);
        let by_tolerance = |tolerance| match tolerance {
            ..0.01_f32 => 14,
            ..0.1 => 10,
            _ => 6,
        };
        assert_eq!(findings(by_tolerance), [fails, holds, fails, Finding::Mixed]);
    }

    /// Nothing but the two settings differs between cells, and of Figure 12 from Table 2's curriculum.
    #[test]
    fn each_cell_has_settings_of_its_own() {
        let catalog = fixtures::catalog();
        for experiment in [fig12::experiment(), table11::experiment()] {
            let mut cells = (experiment.cells)(Scale::Laptop, &catalog).expect("no data are needed to plan");
            let seen: Vec<_> = cells.iter().map(|cell| settings(&cell.spec).expect("a curriculum")).collect();
            let names: std::collections::BTreeSet<_> = seen.iter().map(|settings| format!("{settings:?}")).collect();
            assert_eq!((seen.len(), names.len()), (9, 9));
            assert_eq!((seen[0], seen[8]), ((1, 0.0), (10, 0.15)));
            for cell in &mut cells {
                let SchedulePlan::Curriculum { tolerance, window, .. } =
                    &mut cell.spec.online.as_mut().expect("it learns online").schedule
                else {
                    panic!("{} has another schedule", cell.method)
                };
                (*tolerance, *window) = (0.1, 3);
            }
            assert!(cells.iter().all(|cell| cell.spec == cells[0].spec), "{}", experiment.id);
            let jsrl = |cell: &&Cell| cell.method == "jsrl-curriculum" && cell.spec.task == cells[0].spec.task;
            let table2 = (table2::experiment().cells)(Scale::Laptop, &catalog).expect("no data are needed to plan");
            let standard = table2.iter().filter(jsrl).find(|cell| cell.spec.data == cells[0].spec.data);
            if let Some(cell) = standard {
                let mut spec = cell.spec.clone();
                let schedule = &mut spec.online.as_mut().expect("it learns online").schedule;
                let SchedulePlan::Curriculum { tolerance, window, .. } = schedule else { panic!("another schedule") };
                (*tolerance, *window) = (0.1, 3);
                assert!(spec == cells[0].spec, "{}", experiment.id);
            }
            assert_eq!(standard.is_some(), experiment.id == "fig12");
        }
    }
}
