//! The pictures: the lock, episodes over the horizon, and the rates of Algorithm 2.

use std::path::Path;

use anyhow::Result;

use super::table::band;
use crate::{
    render::{
        lock,
        plot::{Axis, Dash, Panel, Point, Series, draw},
    },
    stats,
    theory::{Outcome, TheoryResult},
};

/// A curve: study, method, label, number of the colour, and how it is drawn.
type Curve = (&'static str, &'static str, &'static str, usize, Dash);

const GUIDED: [Curve; 6] = [
    ("scratch", "epsilon-greedy", "from scratch, ε-greedy", 0, Dash::Solid),
    ("scratch", "falcon", "from scratch, FALCON+", 5, Dash::Dashed),
    ("guided", "algorithm2-epsilon-greedy", "Algorithm 2, ε-greedy", 1, Dash::Solid),
    ("guided", "algorithm2-falcon", "Algorithm 2, FALCON+", 3, Dash::Dashed),
    ("guided", "curriculum", "Algorithm 1, curriculum", 2, Dash::Solid),
    ("guided", "random", "Algorithm 1, random", 4, Dash::Dashed),
];
const COVER: [Curve; 7] = [
    ("scratch", "epsilon-greedy", "from scratch, ε-greedy", 1, Dash::Solid),
    ("cover", "missing", "misses the good states, C = ∞", 7, Dash::Dashed),
    ("cover", "uniform", "uniform, C = 2^(H-1)", 0, Dash::Solid),
    ("cover", "right-0.8", "right with 0.8, C = 1.25^(H-1)", 3, Dash::Solid),
    ("cover", "wrong-scratch", "slippery lock, from scratch", 5, Dash::Dashed),
    ("cover", "wrong-curriculum", "slippery lock, always wrong, C < e", 2, Dash::Solid),
    ("cover", "wrong-random", "the same, random horizons", 4, Dash::Dashed),
];
/// Panels of Corollary A.4: study, title, x axis, exponents of ε-greedy and FALCON+.
const RATES: [(&str, &str, &str, f64, f64); 5] = [
    ("episodes", "T", "episodes T", -1.0 / 3.0, -1.0 / 2.0),
    ("coverage", "C", "coverage C", 1.0, 1.0),
    ("horizon", "H, reward at each step", "horizon H", 7.0 / 3.0, 5.0 / 2.0),
    ("states", "S", "states S", 1.0 / 3.0, 1.0 / 2.0),
    ("actions", "A", "actions A", 1.0 / 3.0, 1.0),
];

/// Writes `lock`, `fig15`, `cover` and `rates` as `.svg` and `.png`; all but the first only where there are records.
pub(super) fn write(results: &[TheoryResult], folder: &Path) -> Result<()> {
    let path = |name: &str, ending: &str| folder.join(format!("{name}.{ending}"));
    lock::draw()?.write(&path("lock", "svg"), &path("lock", "png"))?;
    if results.iter().all(|result| result.outcomes.is_empty()) {
        return Ok(());
    }
    let horizon = |title: &str, curves: &[Curve]| Panel {
        title: title.into(),
        x_label: "horizon H".into(),
        y_label: "episodes until suboptimality < 0.5".into(),
        y_axis: Axis::Log,
        series: curves.iter().filter_map(|curve| series(results, curve)).collect(),
        ..Panel::default()
    };
    // Apart, so that each has a legend of its own.
    draw(&[horizon("With and without a guide", &GUIDED)], 1)?.write(&path("fig15", "svg"), &path("fig15", "png"))?;
    draw(&[horizon("What a guide must cover", &COVER)], 1)?.write(&path("cover", "svg"), &path("cover", "png"))?;

    let mut panels: Vec<Panel> = RATES.iter().map(|rate| rate_panel(results, rate)).collect();
    panels.push(bound_panel(results));
    draw(&panels, 3)?.write(&path("rates", "svg"), &path("rates", "png"))
}

fn series(results: &[TheoryResult], (study, method, label, colour, dash): &Curve) -> Option<Series> {
    let of_curve = |result: &&TheoryResult| result.point.study == *study && result.point.method == *method;
    let points: Vec<Point> = results
        .iter()
        .filter(of_curve)
        .filter(|result| !result.outcomes.is_empty())
        .map(|result| {
            let interval = band(&result.point.name(), result.observations());
            Point { x: result.point.x, mean: interval.estimate, band: Some([interval.low, interval.high]) }
        })
        .collect();
    let series = Series { label: (*label).into(), colour: *colour, points, dash: *dash };
    (!series.points.is_empty()).then_some(series)
}

/// Suboptimality over one variable, with the slope of Corollary A.4 through the last point measured (over C, where the
/// bound soon leaves the panel, through the first).
fn rate_panel(
    results: &[TheoryResult],
    (study, title, x_label, epsilon_greedy, falcon): &(&'static str, &str, &str, f64, f64),
) -> Panel {
    let mut panel = Panel {
        title: format!("Suboptimality over {title}"),
        x_label: (*x_label).into(),
        y_label: "suboptimality".into(),
        x_axis: Axis::Log,
        y_axis: Axis::Log,
        ..Panel::default()
    };
    let curves = [
        ("algorithm2-epsilon-greedy", "Algorithm 2, ε-greedy", "slope of Corollary A.4, ε-greedy", 1, epsilon_greedy),
        ("algorithm2-falcon", "Algorithm 2, FALCON+", "slope of Corollary A.4, FALCON+", 0, falcon),
    ];
    for (method, label, bound, colour, exponent) in curves {
        let Some(measured) = series(results, &(study, method, label, colour, Dash::Solid)) else { continue };
        let (first, last) = (measured.points[0], measured.points[measured.points.len() - 1]);
        let anchor = if *study == "coverage" { first } else { last };
        let at = |x: f64| anchor.mean * (x / anchor.x).powf(*exponent);
        let end = |x: f64| Point { x, mean: at(x), band: None };
        let end_of_bound =
            if *study == "coverage" { first.x * (last.mean / first.mean).powf(1.0 / exponent) } else { last.x };
        let ends = [first.x, end_of_bound];
        let line = Series { label: bound.into(), colour, points: ends.map(end).into(), dash: Dash::Dashed };
        panel.series.extend([measured, line]);
    }
    panel
}

/// Remark A.7: two guides of equal C, with the bound of Theorem A.3, which knows only C. That of the remark would lie on
/// the curves: on the lock, where one state matters at each step, `C(h) f_h` is the whole regret there.
fn bound_panel(results: &[TheoryResult]) -> Panel {
    let mut panel = Panel {
        title: "Two guides with C = 16".into(),
        x_label: "episodes T".into(),
        y_label: "suboptimality".into(),
        x_axis: Axis::Log,
        y_axis: Axis::Log,
        ..Panel::default()
    };
    for (method, label, bound, colour) in [
        ("early", "errs at the first step", "errs at the first step: bound (Theorem A.3)", 2),
        ("late", "errs at the last step but one", "errs at the last step but one: bound", 4),
    ] {
        panel.series.extend(series(results, &("profile", method, label, colour, Dash::Solid)));
        let of_curve = results.iter().filter(|result| result.point.study == "profile" && result.point.method == method);
        let points: Vec<Point> = of_curve.filter_map(mean_bound).collect();
        let label = bound.into();
        panel.series.extend((!points.is_empty()).then_some(Series { label, colour, points, dash: Dash::Dashed }));
    }
    panel
}

/// The mean right-hand side of Theorem A.3 at a point.
fn mean_bound(result: &TheoryResult) -> Option<Point> {
    let bounds = result.outcomes.iter().filter_map(|outcome| match *outcome {
        Outcome::Run { bound, .. } => Some(bound),
        Outcome::Search(_) => None,
    });
    let bounds: Vec<f64> = bounds.collect();
    let mean = (!bounds.is_empty()).then(|| stats::mean(&bounds))?;
    Some(Point { x: result.point.x, mean, band: None })
}
