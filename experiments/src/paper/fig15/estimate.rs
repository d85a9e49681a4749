//! Means of censored searches, slopes, and how a slope compares with a bound.

use rl::Prng;

use crate::{
    paper::Finding,
    stats::{self, Interval},
    theory::{Observation, TheoryResult},
};

/// A curve: what the seeds gave at each value of what is varied.
#[derive(Debug, Clone, Default)]
pub(super) struct Curve {
    /// The values, rising.
    pub(super) xs: Vec<f64>,
    /// `[x][seed]`.
    pub(super) samples: Vec<Vec<Observation>>,
}

/// The scale on which a curve's growth is a slope; y is always log2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rate {
    /// Bits for each step of x: exponential growth.
    Bits,
    /// Power of x.
    Power,
}

/// How a prediction bounds a rate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Claim {
    /// The growth is at least this.
    AtLeast(f64),
    /// The growth is at most this.
    AtMost(f64),
    /// The growth is that of some power of x, the paper says not which.
    Polynomial,
}

impl Curve {
    /// The points with records of a study's method, from `least` on.
    pub(super) fn new(results: &[TheoryResult], study: &str, method: &str, least: f64) -> Self {
        let of_curve = |result: &&TheoryResult| result.point.study == study && result.point.method == method;
        let shown = results.iter().filter(of_curve).filter(|r| !r.outcomes.is_empty() && r.point.x >= least);
        let (xs, samples) = shown.map(|result| (result.point.x, result.observations())).unzip();
        Self { xs, samples }
    }

    /// The points that another curve has too.
    pub(super) fn common(&self, other: &Self) -> Self {
        let shared = self.xs.iter().zip(&self.samples).filter(|(x, _)| other.xs.contains(x));
        let (xs, samples) = shared.map(|(x, seeds)| (*x, seeds.clone())).unzip();
        Self { xs, samples }
    }

    fn axis(&self, rate: Rate) -> Vec<f64> {
        self.xs.iter().map(|x| if rate == Rate::Power { x.log2() } else { *x }).collect()
    }

    /// The slope of log2 of the mean, with its interval over seeds.
    pub(super) fn slope(&self, rate: Rate, rng: &mut Prng) -> Interval {
        let axis = self.axis(rate);
        stats::bootstrap(&self.samples, |samples| least_squares(&axis, &log_means(samples)), rng)
    }

    /// The least x beyond the last measured, up to 100, at which this power of x has come below 2^x.
    pub(super) fn falls_below_doubling(&self) -> Option<usize> {
        let (axis, logs) = (self.axis(Rate::Power), log_means(&self.samples));
        let (slope, x, y) = (least_squares(&axis, &logs), stats::mean(&axis), stats::mean(&logs));
        let last = *self.xs.last()? as usize;
        (last..=100).find(|h| y + slope * ((*h as f64).log2() - x) <= *h as f64)
    }

    /// The exponential part of the growth, in bits for each step of x, once a power of x is taken out: 0 for a
    /// polynomial, 1 for 2^x.
    pub(super) fn exponential_part(&self, rng: &mut Prng) -> Interval {
        let axis = self.axis(Rate::Power);
        let rest = residuals(&axis, &self.xs);
        let part = |samples: &[Vec<Observation>]| least_squares(&rest, &residuals(&axis, &log_means(samples)));
        stats::bootstrap(&self.samples, part, rng)
    }

    /// How many times larger this curve's means are than another's, as a geometric mean over the points of both.
    pub(super) fn ratio(&self, other: &Self, rng: &mut Prng) -> Interval {
        let (mine, its) = (self.common(other), other.common(self));
        let (split, both) = (mine.samples.len(), [mine.samples, its.samples].concat());
        let mean = |samples: &[Vec<Observation>]| stats::mean(&log_means(samples));
        stats::bootstrap(&both, |samples| (mean(&samples[..split]) - mean(&samples[split..])).exp2(), rng)
    }

    /// The fewest seeds of any point.
    pub(super) fn seeds(&self) -> usize {
        self.samples.iter().map(Vec::len).min().unwrap_or(0)
    }

    /// Searches that stopped at their budget, and all searches.
    pub(super) fn censored(&self) -> (usize, usize) {
        let all = self.samples.iter().flatten();
        (all.clone().filter(|observation| !observation.seen).count(), all.count())
    }
}

fn log_means(samples: &[Vec<Observation>]) -> Vec<f64> {
    samples.iter().map(|seeds| censored_mean(seeds).log2()).collect()
}

/// The mean; of censored values, the maximum-likelihood mean of a geometric time, which is all episodes played over
/// the number of searches that ended (exact for exploration from scratch, whose episodes are alike until the first
/// success). Nothing is dropped. With no search ended it is a lower bound.
pub(super) fn censored_mean(observations: &[Observation]) -> f64 {
    let ended = observations.iter().filter(|observation| observation.seen).count();
    observations.iter().map(|observation| observation.value).sum::<f64>() / ended.max(1) as f64
}

/// The Kaplan-Meier median: the first value by which the estimated share still searching falls to one half. Censored
/// searches count as at risk up to the value at which they stopped. None where the share stays above.
pub(super) fn median(mut observations: Vec<Observation>) -> Option<f64> {
    observations.sort_by(|x, y| x.value.total_cmp(&y.value).then(y.seen.cmp(&x.seen)));
    let (mut searching, all) = (1.0, observations.len());
    for (i, observation) in observations.iter().enumerate() {
        if observation.seen {
            searching *= 1.0 - 1.0 / (all - i) as f64;
        }
        if searching <= 0.5 + 1e-12 {
            return Some(observation.value);
        }
    }
    None
}

/// Whether a slope is on the claim's side, and how it compares. It may lie beyond the bound by 0.05, or 5 % of it: no
/// exponent is exact at finite T and H.
pub(super) fn judge(claim: Claim, Interval { low, estimate, high }: Interval) -> (Finding, &'static str) {
    let (predicted, sign) = match claim {
        Claim::AtLeast(predicted) => (predicted, -1.0),
        Claim::AtMost(predicted) => (predicted, 1.0),
        Claim::Polynomial => return (Finding::Holds, "the paper states no exponent"),
    };
    let tolerance = 0.05 * f64::max(1.0, predicted.abs());
    // How far the growth lies beyond the bound; negative where it holds.
    let ends = [sign * (low - predicted), sign * (high - predicted)];
    let finding = match (ends[0].min(ends[1]), ends[0].max(ends[1])) {
        (_, worst) if worst <= tolerance => Finding::Holds,
        (best, _) if best > tolerance => Finding::Fails,
        _ => Finding::Undecided,
    };
    let remark = match (sign * (estimate - predicted), claim) {
        (beyond, _) if beyond.abs() <= tolerance => "agrees",
        (beyond, _) if beyond > 0.0 => "beyond the bound",
        (_, Claim::AtMost(_)) => "faster than the bound asks",
        _ => "slower still than the bound says",
    };
    (finding, remark)
}

/// The slope of the least-squares line.
fn least_squares(x: &[f64], y: &[f64]) -> f64 {
    let (mean_x, mean_y) = (stats::mean(x), stats::mean(y));
    let covariance: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    covariance / x.iter().map(|x| (x - mean_x).powi(2)).sum::<f64>()
}

/// What the least-squares line leaves of y.
fn residuals(x: &[f64], y: &[f64]) -> Vec<f64> {
    let (slope, mean_x, mean_y) = (least_squares(x, y), stats::mean(x), stats::mean(y));
    x.iter().zip(y).map(|(x, y)| y - mean_y - slope * (x - mean_x)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation((value, seen): (f64, bool)) -> Observation {
        Observation { value, seen }
    }

    fn curve(y: impl Fn(f64) -> f64) -> Curve {
        let xs: Vec<f64> = (2..=12).map(f64::from).collect();
        Curve { samples: xs.iter().map(|x| vec![observation((y(*x), true)); 3]).collect(), xs }
    }

    fn rng() -> Prng {
        Prng::derive("test", 0, "fig15")
    }

    #[test]
    fn censored_searches_count() {
        let mean = |values: &[(f64, bool)]| censored_mean(&values.iter().copied().map(observation).collect::<Vec<_>>());
        assert_eq!(mean(&[(2.0, true), (4.0, true)]), 3.0);
        assert_eq!(mean(&[(2.0, true), (10.0, false)]), 12.0);
        assert_eq!(mean(&[(10.0, false), (10.0, false)]), 20.0, "a lower bound");
    }

    #[test]
    fn the_median_is_kaplan_and_meiers() {
        let of = |values: &[(f64, bool)]| median(values.iter().copied().map(observation).collect());
        assert_eq!(of(&[(3.0, true), (1.0, true), (2.0, true)]), Some(2.0));
        assert_eq!(of(&[(1.0, true), (9.0, false), (9.0, false)]), None, "a third of them ended");
        // Shares left: 4/5 after 1; 2 is censored; 4/5 * 2/3 after 3, and half of that after 4.
        assert_eq!(of(&[(1.0, true), (2.0, false), (3.0, true), (4.0, true), (5.0, true)]), Some(4.0));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn powers_and_exponentials_are_told_apart() {
        let (cubic, exponential) = (curve(|x| 5.0 * x.powi(3)), curve(f64::exp2));
        for (curve, power, part) in [(&cubic, 3.0, 0.0), (&curve(|x| x.exp2() / x), 2.9, 1.0)] {
            let (slope, bits) = (curve.slope(Rate::Power, &mut rng()), curve.exponential_part(&mut rng()));
            assert!((slope.estimate - power).abs() < 0.1 && (bits.estimate - part).abs() < 1e-9, "{slope:?} {bits:?}");
        }
        assert!((exponential.slope(Rate::Bits, &mut rng()).estimate - 1.0).abs() < 1e-9);
        // 40 x^3 and 2^x: 163,840 and 65,536 at 16, 274,360 and 524,288 at 19.
        assert_eq!(curve(|x| 40.0 * x.powi(3)).falls_below_doubling(), Some(18));
        let twice = curve(|x| 2.0 * x.exp2());
        assert!((twice.ratio(&exponential, &mut rng()).estimate - 2.0).abs() < 1e-9);
        let short = Curve { xs: vec![3.0], samples: vec![vec![observation((24.0, true))]] };
        assert_eq!(short.ratio(&exponential, &mut rng()).estimate, 3.0, "only where both have a point");
    }

    #[test]
    fn bounds_are_judged_from_their_side() {
        let interval = |low, high| Interval { low, estimate: f64::midpoint(low, high), high };
        for (claim, low, high, expected) in [
            (Claim::AtMost(-0.5), -0.6, -0.5, Finding::Holds),
            (Claim::AtMost(-0.5), -0.6, -0.4, Finding::Undecided),
            (Claim::AtMost(-0.5), -0.4, -0.3, Finding::Fails),
            (Claim::AtLeast(1.0), 0.96, 1.2, Finding::Holds),
            (Claim::AtLeast(1.0), 0.3, 0.9, Finding::Fails),
        ] {
            assert_eq!(judge(claim, interval(low, high)).0, expected, "{claim:?} {low} {high}");
        }
    }
}
