//! The theorems against the measurements: one row for each claim.

use rl::Prng;

use super::estimate::{
    Claim::{self, AtLeast, AtMost, Polynomial},
    Curve,
    Rate::{self, Bits, Power},
    judge,
};
use crate::{
    paper::{Finding, Verdict},
    stats::Interval,
    theory::{Outcome, TheoryResult},
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
    /// What was found, with its 95 % bootstrap interval over seeds.
    pub(super) measured: Option<Interval>,
    /// Whether the claim holds: upper bounds hold where the measured rate is not slower.
    pub(super) finding: Finding,
    /// Agrees, faster, slower, and what else must be known.
    pub(super) remark: String,
}

impl From<Row> for Verdict {
    fn from(row: Row) -> Self {
        let Row { theorem, quantity, predicted, measured, finding, remark } = row;
        let measured = measured.map_or("nothing".into(), text);
        let evidence = format!("predicted {predicted}, measured {measured}: {remark}");
        Verdict {
            claim: format!("{theorem}: {quantity}"),
            over_all_rows: true,
            finding,
            evidence,
            exceptions: String::new(),
            estimate: None,
        }
    }
}

/// An interval as text.
pub(super) fn text(Interval { low, estimate, high }: Interval) -> String {
    format!("{estimate:.2} [{low:.2}, {high:.2}]")
}

/// Fewer seeds decide nothing.
const LEAST_SEEDS: usize = 20;
/// A claim about the growth of a curve.
#[derive(Debug, Clone, Copy)]
struct Growth {
    theorem: &'static str,
    quantity: &'static str,
    study: &'static str,
    method: &'static str,
    rate: Rate,
    claim: Claim,
}

const fn growth(
    theorem: &'static str,
    quantity: &'static str,
    study: &'static str,
    method: &'static str,
    rate: Rate,
    claim: Claim,
) -> Growth {
    Growth { theorem, quantity, study, method, rate, claim }
}

const EPSILON_GREEDY: &str = "algorithm2-epsilon-greedy";
const FALCON: &str = "algorithm2-falcon";

/// Corollary A.4's powers: suboptimality O(C H^(7/3) (S A / T)^(1/3)) and O(C H^(5/2) S^(1/2) A / T^(1/2)). Solved for T
/// they are T = O(H^7) and O(H^5), which is what Theorem 4.3 says of the lock behind a guide of bounded C.
const GROWTHS: [Growth; 20] = [
    growth(
        "Theorem 4.1",
        "from scratch, ε-greedy: log2 episodes per step of H",
        "scratch",
        "epsilon-greedy",
        Bits,
        AtLeast(1.0),
    ),
    growth(
        "Theorem 4.1",
        "from scratch, FALCON+: log2 episodes per step of H",
        "scratch",
        "falcon",
        Bits,
        AtLeast(1.0),
    ),
    growth(
        "Theorem 4.3",
        "Algorithm 2, ε-greedy, C < e: episodes over H",
        "guided",
        EPSILON_GREEDY,
        Power,
        AtMost(7.0),
    ),
    growth("Theorem 4.3", "Algorithm 2, FALCON+, C < e: episodes over H", "guided", FALCON, Power, AtMost(5.0)),
    growth("Algorithm 1", "curriculum, C < e: episodes over H", "guided", "curriculum", Power, Polynomial),
    growth("Algorithm 1", "random horizons, C < e: episodes over H", "guided", "random", Power, Polynomial),
    growth(
        "Assumption 4.2",
        "guide always wrong, but C < e: curriculum, episodes over H",
        "cover",
        "wrong-curriculum",
        Power,
        Polynomial,
    ),
    growth(
        "Assumption 4.2",
        "guide always wrong, but C < e: random, episodes over H",
        "cover",
        "wrong-random",
        Power,
        Polynomial,
    ),
    growth(
        "Assumption 4.2",
        "right with 0.8, C = 1.25^(H-1): log2 episodes per step (T ~ C^3)",
        "cover",
        "right-0.8",
        Bits,
        AtMost(0.966),
    ),
    growth(
        "Assumption 4.2",
        "uniform guide, C = 2^(H-1): log2 episodes per step",
        "cover",
        "uniform",
        Bits,
        AtLeast(1.0),
    ),
    growth("Corollary A.4", "suboptimality over T, ε-greedy", "episodes", EPSILON_GREEDY, Power, AtMost(-1.0 / 3.0)),
    growth("Corollary A.4", "suboptimality over T, FALCON+", "episodes", FALCON, Power, AtMost(-1.0 / 2.0)),
    growth("Corollary A.4", "suboptimality over C, ε-greedy", "coverage", EPSILON_GREEDY, Power, AtMost(1.0)),
    growth("Corollary A.4", "suboptimality over C, FALCON+", "coverage", FALCON, Power, AtMost(1.0)),
    growth("Corollary A.4", "suboptimality over H, ε-greedy", "horizon", EPSILON_GREEDY, Power, AtMost(7.0 / 3.0)),
    growth("Corollary A.4", "suboptimality over H, FALCON+", "horizon", FALCON, Power, AtMost(5.0 / 2.0)),
    growth("Corollary A.4", "suboptimality over S, ε-greedy", "states", EPSILON_GREEDY, Power, AtMost(1.0 / 3.0)),
    growth("Corollary A.4", "suboptimality over S, FALCON+", "states", FALCON, Power, AtMost(1.0 / 2.0)),
    growth("Corollary A.4", "suboptimality over A, ε-greedy", "actions", EPSILON_GREEDY, Power, AtMost(1.0 / 3.0)),
    growth("Corollary A.4", "suboptimality over A, FALCON+", "actions", FALCON, Power, AtMost(1.0)),
];

/// A claim that one curve lies above another: (theorem, quantity, study and method above, those below).
type Above = (&'static str, &'static str, [&'static str; 2], [&'static str; 2]);

const ABOVES: [Above; 4] = [
    (
        "Assumption 4.2",
        "guide misses the good states, C = ∞: episodes, ratio to scratch",
        ["cover", "missing"],
        ["scratch", "epsilon-greedy"],
    ),
    (
        "Assumption 4.2",
        "uniform guide, C = 2^(H-1): episodes, ratio to scratch",
        ["cover", "uniform"],
        ["scratch", "epsilon-greedy"],
    ),
    (
        "Assumption 4.2",
        "guide always wrong, but C < e: episodes, scratch to curriculum",
        ["cover", "wrong-scratch"],
        ["cover", "wrong-curriculum"],
    ),
    (
        "Remark A.7",
        "equal C, error at the first or the last step but one: suboptimality, ratio",
        ["profile", "early"],
        ["profile", "late"],
    ),
];

/// All claims.
pub(super) fn rows(results: &[TheoryResult]) -> Vec<Row> {
    let growths = GROWTHS.iter().map(|growth| growth_row(results, growth));
    let aboves = ABOVES.iter().map(|above| above_row(results, *above));
    growths.chain(aboves).chain([bound_row(results, false), bound_row(results, true)]).collect()
}

fn growth_row(results: &[TheoryResult], growth: &Growth) -> Row {
    let Growth { theorem, quantity, study, method, rate, claim } = *growth;
    let predicted = match claim {
        AtLeast(rate) => format!("≥ {rate:.2}"),
        AtMost(rate) => format!("≤ {rate:.2}"),
        Polynomial => "polynomial".into(),
    };
    let row = |measured, finding, remark| Row { theorem, quantity, predicted, measured, finding, remark };
    let curve = Curve::new(results, study, method, 0.0);
    if curve.xs.len() < 2 {
        return row(None, Finding::NotRun, "not run".into());
    }
    let mut rng = Prng::derive("fig15", 0, &format!("{study} {method}"));
    let slope = curve.slope(rate, &mut rng);
    let (mut finding, remark) = judge(claim, slope);
    let mut remarks = vec![remark.to_string()];
    // Bounds over T speak of its leading power. Where the larger half of T falls faster than the whole, that power does
    // not rule yet, and a slope that is too shallow is no counter-example.
    if study == "episodes" && curve.xs.len() > 3 {
        let large = Curve::new(results, study, method, curve.xs[curve.xs.len() / 2]);
        let later = large.slope(rate, &mut rng);
        remarks.push(format!("{} from T = {:.0} on", text(later), large.xs[0]));
        if finding == Finding::Fails && later.high < slope.low {
            finding = Finding::Undecided;
            remarks.push("still getting steeper".into());
        }
    }
    // A power of H fits some of an exponential, so that the exponent alone cannot tell them apart.
    let must_be_polynomial = rate == Power && (study == "guided" || study == "cover");
    if must_be_polynomial && curve.xs.len() > 3 {
        let bits = curve.exponential_part(&mut rng);
        remarks.push(format!("beside the power {} bits per step (2^H has 1)", text(bits)));
        if finding == Finding::Holds && bits.high >= 0.5 {
            finding = if bits.low > 0.5 { Finding::Fails } else { Finding::Undecided };
        }
    }
    if theorem == "Theorem 4.3"
        && let Some(horizon) = curve.falls_below_doubling()
    {
        remarks.push(format!("its constants are large: continued, it falls below 2^H at H = {horizon}"));
    }
    let (censored, searches) = curve.censored();
    if censored > 0 {
        remarks.push(format!("{censored} of {searches} searches censored"));
    }
    if curve.seeds() < LEAST_SEEDS {
        finding = Finding::Undecided;
    }
    row(Some(slope), finding, remarks.join("; "))
}

/// "Not below" allows for 10 %: two curves that are one in truth would otherwise stay undecided for ever.
fn above_row(results: &[TheoryResult], (theorem, quantity, above, below): Above) -> Row {
    let [above, below] = [above, below].map(|[study, method]| Curve::new(results, study, method, 0.0));
    let predicted = "≥ 1".to_string();
    let row = |measured, finding, remark| Row { theorem, quantity, predicted, measured, finding, remark };
    let common = above.common(&below);
    if common.xs.is_empty() {
        return row(None, Finding::NotRun, "not run".into());
    }
    let ratio = above.ratio(&below, &mut Prng::derive("fig15", 0, quantity));
    let finding = match ratio {
        _ if above.seeds().min(below.seeds()) < LEAST_SEEDS => Finding::Undecided,
        Interval { low, .. } if low >= 0.9 => Finding::Holds,
        Interval { high, .. } if high < 0.9 => Finding::Fails,
        _ => Finding::Undecided,
    };
    row(Some(ratio), finding, format!("geometric mean over {} points", common.xs.len()))
}

/// Theorem A.3 or Remark A.7 in every run of Algorithm 2, with the measured mean regret per round as f.
fn bound_row(results: &[TheoryResult], per_step: bool) -> Row {
    // A measurement that two studies share is counted once.
    let first = |&(i, result): &(usize, &TheoryResult)| results[..i].iter().all(|r| r.point.spec != result.point.spec);
    let distinct = results.iter().enumerate().filter(first).map(|(_, result)| result);
    let runs = distinct.flat_map(|result| &result.outcomes).filter_map(|outcome| match *outcome {
        Outcome::Run { suboptimality, bound, bound_per_step } => {
            Some((suboptimality, if per_step { bound_per_step } else { bound }))
        }
        Outcome::Search(_) => None,
    });
    let runs: Vec<(f64, f64)> = runs.collect();
    let (theorem, quantity) = if per_step {
        ("Remark A.7", "suboptimality ≤ Σ C(h) f_h, f measured: share of the runs")
    } else {
        ("Theorem A.3", "suboptimality ≤ C Σ f_h, f measured: share of the runs")
    };
    let row = |measured, finding, remark| Row { theorem, quantity, predicted: "1".into(), measured, finding, remark };
    if runs.is_empty() {
        return row(None, Finding::NotRun, "not run".into());
    }
    let kept = runs.iter().filter(|(suboptimality, bound)| *suboptimality <= bound + 1e-9).count();
    let share = kept as f64 / runs.len() as f64;
    let mut ratios: Vec<f64> = runs.iter().map(|(suboptimality, bound)| bound / suboptimality).collect();
    ratios.sort_by(f64::total_cmp);
    let remark = format!(
        "{kept} of {} runs; the bound is {:.2} times the suboptimality in the middle run, {:.2} times at most",
        runs.len(),
        ratios[ratios.len() / 2],
        ratios[ratios.len() - 1]
    );
    let finding = if kept == runs.len() { Finding::Holds } else { Finding::Fails };
    row(Some(Interval { low: share, estimate: share, high: share }), finding, remark)
}
