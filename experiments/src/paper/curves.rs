//! Learning curves, the same for every table and figure: success over online steps with bands over seeds, the guide's
//! horizon below it, and what stands still as a level.

use jsrl::SchedulePlan;
use rl::Prng;

use crate::{
    paper::{CellResult, Results, values},
    record::{Evaluation, RunRecord},
    render::plot::{Dash, Level, Panel, Point, Series},
    stats::{self, Interval},
};

/// How captions tell what a curve of scores shows.
pub(super) const BAND: &str = "mean over seeds, from 3 seeds on with a 95 % bootstrap band";
const _: () = assert!(stats::FEWEST == 3, "captions say 3");

/// What is drawn of a run without further words.
pub(super) const ALONE: &str = "success, policy alone (%)";

/// The runs of a cell as a figure shows them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curve<'a> {
    /// The runs.
    pub(super) result: &'a CellResult,
    /// Their name in the legend.
    pub(super) label: &'a str,
    /// See [`Series::colour`].
    pub(super) colour: usize,
}

/// Coordinates for success in percent of episodes.
pub(super) fn success_panel(title: String, y_label: &str) -> Panel {
    Panel { title, y_range: Some((0.0, 100.0)), ..over_steps(y_label) }
}

/// The guide's horizon, from 0 on, so that a curriculum that stands still does not look finished.
pub(super) fn horizon_panel(title: String, series: Vec<Series>) -> Panel {
    let high = |point: &Point| point.band.map_or(point.mean, |[_, high]| high);
    let highest = series.iter().flat_map(|series| &series.points).map(high).fold(1.0, f64::max);
    Panel { title, series, y_range: Some((0.0, highest)), ..over_steps("guide horizon (steps)") }
}

/// Curves by their cells' methods, in figures that have each method once: `(method, label, colour)`.
pub(super) fn named<'a>(results: &'a Results, curves: &[(&str, &'a str, usize)]) -> Vec<Curve<'a>> {
    let find = |method: &str| results.cells.iter().find(|result| result.cell.method == method);
    curves
        .iter()
        .filter_map(|(method, label, colour)| Some(Curve { result: find(method)?, label, colour: *colour }))
        .collect()
}

/// Success alone of these runs, and for below it the horizons that their curricula leave to the guides; none where none
/// of them has run.
pub(super) fn side_by_side(title: &str, curves: &[Curve]) -> Option<[Panel; 2]> {
    let success =
        Panel { series: curves.iter().filter_map(Curve::alone).collect(), ..success_panel(title.into(), ALONE) };
    let horizon = horizon_panel(title.into(), curves.iter().filter_map(Curve::horizon).collect());
    (!success.series.is_empty()).then_some([success, horizon])
}

/// The same with the guides as levels.
pub(super) fn beside_guides(title: &str, curves: &[Curve]) -> Vec<Panel> {
    let Some([mut success, horizon]) = side_by_side(title, curves) else { return Vec::new() };
    success.levels.extend(curves.iter().filter_map(Curve::guide_level));
    vec![success, horizon]
}

fn over_steps(y_label: &str) -> Panel {
    Panel { x_label: "online steps".into(), y_label: y_label.into(), ..Panel::default() }
}

impl Curve<'_> {
    /// Score of the exploration-policy alone (%), mean over seeds with a 95 % bootstrap band from
    /// [`stats::FEWEST`] seeds on; none without a run.
    pub(super) fn alone(&self) -> Option<Series> {
        let value = |evaluation: &Evaluation| self.percent_alone(evaluation);
        self.series(self.label.into(), Dash::Solid, "band", |record| by_step(&record.evaluations, value))
    }

    /// Score (%) of a policy that learns offline alone, over gradient steps; none where only its end was judged.
    pub(super) fn offline(&self) -> Option<Series> {
        let curve = |record: &RunRecord| -> Vec<(usize, f64)> {
            let RunRecord { spec, offline_checks, evaluations, .. } = record;
            let end =
                evaluations.iter().map(|evaluation| Evaluation { step: spec.offline.updates, ..evaluation.clone() });
            let checks: Vec<Evaluation> = offline_checks.iter().cloned().chain(end).collect();
            by_step(&checks, |evaluation| self.percent_alone(evaluation))
        };
        self.series(self.label.into(), Dash::Solid, "band", curve).filter(|series| series.points.len() > 1)
    }

    fn percent_alone(&self, evaluation: &Evaluation) -> Option<f64> {
        Some(self.result.percent(evaluation.alone.as_ref()?))
    }

    /// The same of the combined policy, where a curriculum has it judged. From horizon 0 on it is the exploration-policy.
    pub(super) fn combined(&self) -> Option<Series> {
        let online = self.result.cell.spec.online.as_ref()?;
        let SchedulePlan::Curriculum { .. } = online.schedule else { return None };
        let value = |Evaluation { horizon, alone, combined, .. }: &Evaluation| {
            let alone = alone.as_ref().filter(|_| *horizon == Some(0));
            combined.as_ref().or(alone).map(|scores| self.result.percent(scores))
        };
        let label = format!("{} with its guide", self.label);
        self.series(label, Dash::Dashed, "combined band", |record| by_step(&record.evaluations, value))
    }

    /// The curriculum's horizon, mean over seeds with the band from the smallest to the largest; none for other schedules.
    pub(super) fn horizon(&self) -> Option<Series> {
        let online = self.result.cell.spec.online.as_ref()?;
        let SchedulePlan::Curriculum { .. } = online.schedule else { return None };
        let horizons = |record: &RunRecord| -> Vec<(usize, f64)> {
            let first = record.guide.as_ref().map(|guide| (0, guide.first_horizon as f64));
            let later = record.evaluations.iter().filter_map(|e| Some((e.step, e.horizon? as f64)));
            first.into_iter().chain(later).collect()
        };
        let curves: Vec<_> = self.result.finished().map(horizons).collect();
        // A horizon holds until the next one is noted, at whatever steps the other seeds note theirs.
        let held = |step: usize| -> Vec<f64> {
            let last = |curve: &Vec<(usize, f64)>| curve.iter().rev().find(|(s, _)| *s <= step).map(|(_, h)| *h);
            curves.iter().filter_map(last).collect()
        };
        let noted = steps(&curves).into_iter().map(|(step, _)| (step, held(step))).map(|(step, values)| Point {
            x: step as f64,
            mean: stats::mean(&values),
            band: Some([
                values.iter().copied().fold(f64::INFINITY, f64::min),
                values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ]),
        });
        self.some(self.label.into(), Dash::Solid, stairs(noted))
    }

    /// The mean score over seeds, for a policy that learns nothing online.
    pub(super) fn level(&self) -> Option<Level> {
        let scores = values(self.result.scores());
        (!scores.is_empty()).then(|| Level { label: self.label.into(), colour: self.colour, y: stats::mean(&scores) })
    }

    /// How good the guides were before the runs (%), mean over seeds.
    pub(super) fn guide_level(&self) -> Option<Level> {
        let levels = values(guide_scores(self.result));
        let label = "its guide alone".into();
        (!levels.is_empty()).then(|| Level { label, colour: self.colour, y: stats::mean(&levels) })
    }

    fn series(
        &self,
        label: String,
        dash: Dash,
        stream: &str,
        curve: impl Fn(&RunRecord) -> Vec<(usize, f64)>,
    ) -> Option<Series> {
        let curves: Vec<_> = self.result.finished().map(curve).collect();
        // A mean of other seeds from point to point would be no curve.
        let of_all = steps(&curves).into_iter().filter(|(_, values)| values.len() == curves.len());
        let points = of_all.map(|(step, values)| {
            let mut rng = Prng::derive(&self.result.cell.name(), step as u64, stream);
            let shown = values.len() >= stats::FEWEST;
            let Interval { low, estimate, high } = stats::bootstrap(&[values], stats::mean_of_means, &mut rng);
            Point { x: step as f64, mean: estimate, band: shown.then_some([low, high]) }
        });
        self.some(label, dash, points.collect())
    }

    fn some(&self, label: String, dash: Dash, points: Vec<Point>) -> Option<Series> {
        (!points.is_empty()).then_some(Series { label, colour: self.colour, points, dash })
    }
}

/// What stays as it is from each point to the next.
fn stairs(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut stairs: Vec<Point> = Vec::new();
    for point in points {
        let before = stairs.last().map(|last| Point { x: point.x, ..*last });
        stairs.extend(before.into_iter().chain([point]));
    }
    stairs
}

/// What evaluations say, by their steps.
fn by_step(evaluations: &[Evaluation], value: impl Fn(&Evaluation) -> Option<f64>) -> Vec<(usize, f64)> {
    evaluations.iter().filter_map(|evaluation| Some((evaluation.step, value(evaluation)?))).collect()
}

/// Percent of successful episodes of each run's guide on the run's task, by seed.
pub(super) fn guide_scores(result: &CellResult) -> Vec<(u64, f64)> {
    let level = |record: &RunRecord| Some((record.seed, 100.0 * f64::from(record.guide.as_ref()?.success_rate)));
    result.finished().filter_map(level).collect()
}

/// The values of all seeds at each step at which any was judged.
fn steps(curves: &[Vec<(usize, f64)>]) -> Vec<(usize, Vec<f64>)> {
    let mut steps: Vec<usize> = curves.iter().flatten().map(|(step, _)| *step).collect();
    steps.sort_unstable();
    steps.dedup();
    let at = |step: usize| curves.iter().flatten().filter(|(s, _)| *s == step).map(|(_, value)| *value).collect();
    steps.into_iter().map(|step| (step, at(step))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_holds_until_the_next_one_is_noted() {
        let point = |x: f64, mean: f64| Point { x, mean, band: None };
        let drawn = stairs([point(0.0, 9.0), point(2.0, 5.0), point(4.0, 5.0)].into_iter());
        let xy: Vec<(f64, f64)> = drawn.iter().map(|point| (point.x, point.mean)).collect();
        assert_eq!(xy, [(0.0, 9.0), (2.0, 9.0), (2.0, 5.0), (4.0, 5.0), (4.0, 5.0)]);
    }
}
