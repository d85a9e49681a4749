//! Measured rates against the theorems: one row for each claim.

use rl::Prng;

use crate::{
    paper::{Finding, Verdict},
    stats::{self, Interval},
    theory::{Observation, Outcome, TheoryResult},
};

/// A claim with the numbers that decide it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Theorem, corollary, remark or assumption.
    pub(super) theorem: &'static str,
    /// What is measured of which algorithm.
    pub(super) quantity: &'static str,
    /// The exponent or what else the paper says.
    pub(super) predicted: String,
    /// The exponent found, with its 95 % bootstrap interval over seeds.
    pub(super) measured: Option<Interval>,
    /// Whether the claim holds: upper bounds hold where the measured rate is not slower.
    pub(super) finding: Finding,
    /// Agrees, faster, slower, and what else must be known.
    pub(super) remark: String,
}

impl From<Row> for Verdict {
    fn from(row: Row) -> Self {
        let Row { theorem, quantity, predicted, measured, finding, remark } = row;
        let number = measured.map_or("not run".into(), text);
        let evidence = format!("predicted {predicted}, measured {number}: {remark}");
        Verdict { claim: format!("{theorem}: {quantity}"), over_all_rows: true, finding, evidence }
    }
}

/// An interval as text.
pub(super) fn text(Interval { low, estimate, high }: Interval) -> String {
    format!("{estimate:.2} [{low:.2}, {high:.2}]")
}

/// A measured exponent may differ from a predicted one by 0.05, or 5 % of it, and still agree: neither is exact at
/// finite T and H.
fn tolerance(predicted: f64) -> f64 {
    0.05 * predicted.abs().max(1.0)
}

/// Fewer seeds decide nothing.
const LEAST_SEEDS: usize = 20;

/// The scale on which a study's rate is a slope; y is always log2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rate {
    /// Bits for each step of x: exponential growth.
    Bits,
    /// Power of x.
    Power,
}

/// How a prediction bounds the rate.
#[derive(Debug, Clone, Copy)]
enum Claim {
    /// The growth is at least this.
    AtLeast(f64),
    /// The growth is at most this.
    AtMost(f64),
    /// The growth is that of some power of x, the paper says not which.
    Polynomial,
}

type Slope = (&'static str, &'static str, &'static str, &'static str, Rate, Claim);

/// (theorem, quantity, study, method, rate, claim).
const SLOPES: [Slope; 22] = [
    (
        "Theorem 4.1",
        "from scratch, ε-greedy: log2 episodes per step of H",
        "scratch",
        "epsilon-greedy",
        Rate::Bits,
        Claim::AtLeast(1.0),
    ),
    (
        "Theorem 4.1",
        "from scratch, FALCON+: log2 episodes per step of H",
        "scratch",
        "falcon",
        Rate::Bits,
        Claim::AtLeast(1.0),
    ),
    (
        "Theorem 4.3",
        "Algorithm 2, ε-greedy, C < e: episodes over H",
        "guided",
        "algorithm2-epsilon-greedy",
        Rate::Power,
        Claim::AtMost(7.0),
    ),
    (
        "Theorem 4.3",
        "Algorithm 2, FALCON+, C < e: episodes over H",
        "guided",
        "algorithm2-falcon",
        Rate::Power,
        Claim::AtMost(5.0),
    ),
    ("Algorithm 1", "curriculum, C < e: episodes over H", "guided", "curriculum", Rate::Power, Claim::Polynomial),
    ("Algorithm 1", "random horizons, C < e: episodes over H", "guided", "random", Rate::Power, Claim::Polynomial),
    (
        "Assumption 4.2",
        "fails: uniform guide, C = 2^(H-1): log2 episodes per step",
        "cover",
        "uniform",
        Rate::Bits,
        Claim::AtLeast(1.0),
    ),
    (
        "Assumption 4.2",
        "fails: guide misses the good states, C = ∞: log2 episodes per step",
        "cover",
        "missing",
        Rate::Bits,
        Claim::AtLeast(1.0),
    ),
    (
        "Assumption 4.2",
        "weak: right with 0.8, C = 1.25^(H-1): log2 episodes per step (T ~ C^3)",
        "cover",
        "right-0.8",
        Rate::Bits,
        Claim::AtMost(0.966),
    ),
    (
        "Assumption 4.2",
        "slippery lock from scratch, for comparison: log2 episodes per step",
        "cover",
        "wrong-scratch",
        Rate::Bits,
        Claim::AtLeast(1.0),
    ),
    (
        "Assumption 4.2",
        "holds, guide always wrong, C < e: curriculum, episodes over H",
        "cover",
        "wrong-curriculum",
        Rate::Power,
        Claim::Polynomial,
    ),
    (
        "Assumption 4.2",
        "holds, guide always wrong, C < e: random, episodes over H",
        "cover",
        "wrong-random",
        Rate::Power,
        Claim::Polynomial,
    ),
    rate("suboptimality over T, ε-greedy", "episodes", EPSILON_GREEDY, -1.0 / 3.0),
    rate("suboptimality over T, FALCON+", "episodes", FALCON, -1.0 / 2.0),
    rate("suboptimality over C, ε-greedy", "coverage", EPSILON_GREEDY, 1.0),
    rate("suboptimality over C, FALCON+", "coverage", FALCON, 1.0),
    rate("suboptimality over H, ε-greedy", "horizon", EPSILON_GREEDY, 7.0 / 3.0),
    rate("suboptimality over H, FALCON+", "horizon", FALCON, 5.0 / 2.0),
    rate("suboptimality over S, ε-greedy", "states", EPSILON_GREEDY, 1.0 / 3.0),
    rate("suboptimality over S, FALCON+", "states", FALCON, 1.0 / 2.0),
    rate("suboptimality over A, ε-greedy", "actions", EPSILON_GREEDY, 1.0 / 3.0),
    rate("suboptimality over A, FALCON+", "actions", FALCON, 1.0),
];

const EPSILON_GREEDY: &str = "algorithm2-epsilon-greedy";
const FALCON: &str = "algorithm2-falcon";

const fn rate(quantity: &'static str, study: &'static str, method: &'static str, predicted: f64) -> Slope {
    ("Corollary A.4", quantity, study, method, Rate::Power, Claim::AtMost(predicted))
}

/// All claims.
pub(super) fn rows(results: &[TheoryResult]) -> Vec<Row> {
    let slopes = SLOPES.iter().map(|slope| slope_row(results, *slope));
    slopes.chain([bound_row(results, false), bound_row(results, true), profile_row(results)]).collect()
}

/// A curve: the values of x, and what the seeds gave at each.
pub(super) fn curve(results: &[TheoryResult], study: &str, method: &str) -> (Vec<f64>, Vec<Vec<Observation>>) {
    let of_curve = |result: &&TheoryResult| result.point.study == study && result.point.method == method;
    let with_seeds = results.iter().filter(of_curve).filter(|result| !result.outcomes.is_empty());
    with_seeds.map(|result| (result.point.x, result.observations())).unzip()
}

/// The mean; of censored values, the maximum-likelihood mean of a geometric time, which is all episodes played over
/// the number of searches that ended (exact for exploration from scratch, whose episodes are alike until the first
/// success). Nothing is dropped. With no search ended it is a lower bound.
pub(super) fn censored_mean(observations: &[Observation]) -> f64 {
    let ended = observations.iter().filter(|observation| observation.seen).count();
    observations.iter().map(|observation| observation.value).sum::<f64>() / ended.max(1) as f64
}

fn slope_row(results: &[TheoryResult], (theorem, quantity, study, method, rate, claim): Slope) -> Row {
    let (xs, samples) = curve(results, study, method);
    let predicted = match claim {
        Claim::AtLeast(rate) => format!("≥ {rate:.2}"),
        Claim::AtMost(rate) => format!("≤ {rate:.2}"),
        Claim::Polynomial => "polynomial".into(),
    };
    let row = |measured, finding, remark| Row { theorem, quantity, predicted, measured, finding, remark };
    if xs.len() < 2 {
        return row(None, Finding::NotRun, "not run".into());
    }
    let transform = |x: &f64| if rate == Rate::Power { x.log2() } else { *x };
    let axis: Vec<f64> = xs.iter().map(transform).collect();
    let means = |samples: &[Vec<Observation>]| samples.iter().map(|s| censored_mean(s).log2()).collect::<Vec<f64>>();
    let mut rng = Prng::derive("fig15", 0, &format!("{study} {method}"));
    let slope = stats::bootstrap(&samples, |samples| least_squares(&axis, &means(samples)), &mut rng);
    // What is exponential in the growth, once a power of x is taken out: 0 for a polynomial, 1 for 2^x.
    let exponential = (matches!(claim, Claim::Polynomial) || study == "guided").then(|| {
        let residual = residuals(&axis, &xs);
        stats::bootstrap(&samples, |samples| least_squares(&residual, &residuals(&axis, &means(samples))), &mut rng)
    });
    let (mut finding, mut remark) = judge(claim, slope);
    if let Some(bits) = exponential.filter(|_| xs.len() > 3) {
        let polynomial = if bits.high < 0.5 {
            Finding::Holds
        } else if bits.low > 0.5 {
            Finding::Fails
        } else {
            Finding::Undecided
        };
        finding = if finding == Finding::Holds { polynomial } else { finding };
        remark += &format!("; beside the power of H {} bits per step (2^H has 1)", text(bits));
    }
    let seeds = samples.iter().map(Vec::len).min().unwrap_or(0);
    let censored = samples.iter().flatten().filter(|observation| !observation.seen).count();
    if censored > 0 {
        remark += &format!("; {censored} of {} searches censored", samples.iter().map(Vec::len).sum::<usize>());
    }
    if seeds < LEAST_SEEDS {
        finding = Finding::Undecided;
    }
    row(Some(slope), finding, remark)
}

/// Whether a slope is on the claim's side, and how it compares.
fn judge(claim: Claim, Interval { low, estimate, high }: Interval) -> (Finding, String) {
    let (predicted, sign) = match claim {
        Claim::AtLeast(predicted) => (predicted, -1.0),
        Claim::AtMost(predicted) => (predicted, 1.0),
        Claim::Polynomial => return (Finding::Holds, "the paper states no exponent".into()),
    };
    let tolerance = tolerance(predicted);
    // How far the growth lies beyond the bound; at most 0 where it holds.
    let mut beyond = [sign * (low - predicted), sign * (high - predicted)];
    beyond.sort_by(f64::total_cmp);
    let finding = match beyond {
        [_, worst] if worst <= tolerance => Finding::Holds,
        [best, _] if best > tolerance => Finding::Fails,
        _ => Finding::Undecided,
    };
    let remark = match estimate - predicted {
        difference if difference.abs() <= tolerance => "agrees",
        difference if difference < 0.0 => "grows more slowly than the bound",
        _ => "grows faster than the bound",
    };
    (finding, remark.into())
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

/// Theorem A.3 or Remark A.7 in every run of Algorithm 2, with the measured mean regret per round as f.
fn bound_row(results: &[TheoryResult], per_step: bool) -> Row {
    let runs = results.iter().flat_map(|result| &result.outcomes).filter_map(|outcome| match *outcome {
        Outcome::Run { suboptimality, bound, bound_per_step } => {
            Some((suboptimality, if per_step { bound_per_step } else { bound }))
        }
        Outcome::Search(_) => None,
    });
    let runs: Vec<(f64, f64)> = runs.collect();
    let (theorem, quantity) = if per_step {
        ("Remark A.7", "suboptimality ≤ Σ C(h) f_h: share of the runs, f measured")
    } else {
        ("Theorem A.3", "suboptimality ≤ C Σ f_h: share of the runs, f measured")
    };
    let row = |measured, finding, remark| Row { theorem, quantity, predicted: "1".into(), measured, finding, remark };
    if runs.is_empty() {
        return row(None, Finding::NotRun, "not run".into());
    }
    let kept = runs.iter().filter(|(suboptimality, bound)| *suboptimality <= bound + 1e-9).count();
    let share = kept as f64 / runs.len() as f64;
    let mut ratios: Vec<f64> = runs.iter().map(|(suboptimality, bound)| bound / suboptimality).collect();
    ratios.sort_by(f64::total_cmp);
    let (middle, largest) = (ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    let remark = format!(
        "{kept} of {} runs; the bound is {middle:.2} times the suboptimality in the middle run, {largest:.0} times at most",
        runs.len()
    );
    let finding = if kept == runs.len() { Finding::Holds } else { Finding::Fails };
    row(Some(Interval { low: share, estimate: share, high: share }), finding, remark)
}

/// Remark A.7's consequence: at equal C, the guide that errs late leaves the smaller bound and the better policy.
fn profile_row(results: &[TheoryResult]) -> Row {
    let [(_, early), (_, late)] = ["early", "late"].map(|method| curve(results, "profile", method));
    let row = |measured, finding, remark| Row {
        theorem: "Remark A.7",
        quantity: "equal C, mistake at the first or at the last step but one: suboptimality, ratio of means",
        predicted: "≥ 1".into(),
        measured,
        finding,
        remark,
    };
    if early.is_empty() || late.is_empty() {
        return row(None, Finding::NotRun, "not run".into());
    }
    let (split, both) = (early.len(), [early, late].concat());
    let mean = |samples: &[Vec<Observation>]| {
        stats::mean(&samples.iter().map(|s| censored_mean(s).log2()).collect::<Vec<_>>())
    };
    let ratio = |samples: &[Vec<Observation>]| (mean(&samples[..split]) - mean(&samples[split..])).exp2();
    let interval = stats::bootstrap(&both, ratio, &mut Prng::derive("fig15", 0, "profile"));
    let finding = match interval {
        _ if both.iter().any(|seeds| seeds.len() < LEAST_SEEDS) => Finding::Undecided,
        Interval { low, .. } if low >= 1.0 => Finding::Holds,
        Interval { high, .. } if high < 1.0 => Finding::Fails,
        _ => Finding::Undecided,
    };
    row(Some(interval), finding, "geometric mean over T; C = 16 for both".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(value: f64) -> Observation {
        Observation { value, seen: true }
    }

    #[test]
    fn censored_searches_count() {
        let stopped = Observation { value: 10.0, seen: false };
        assert_eq!(censored_mean(&[seen(2.0), seen(4.0)]), 3.0);
        assert_eq!(censored_mean(&[seen(2.0), stopped]), 12.0);
        assert_eq!(censored_mean(&[stopped, stopped]), 20.0, "a lower bound");
    }

    #[test]
    fn powers_and_exponentials_are_told_apart() {
        let xs: Vec<f64> = (2..=12).map(f64::from).collect();
        let logs: Vec<f64> = xs.iter().map(|x| x.log2()).collect();
        let exponential = |y: &[f64]| least_squares(&residuals(&logs, &xs), &residuals(&logs, y));
        let cubic: Vec<f64> = logs.iter().map(|x| 3.0 * x + 1.0).collect();
        assert!((least_squares(&logs, &cubic) - 3.0).abs() < 1e-9 && exponential(&cubic).abs() < 1e-9);
        let both: Vec<f64> = cubic.iter().zip(&xs).map(|(y, x)| y + x).collect();
        assert!((exponential(&both) - 1.0).abs() < 1e-9, "2^x x^3");
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
