//! What records say of the paper's claims: verdicts, and how pairs of seeds make them.

use std::{collections::BTreeSet, fmt, slice::from_ref};

use envs::Task;

use crate::{
    data_file::size_label,
    paper::{Results, table1::Method},
    stats::{self, FEWEST, Interval},
};

/// What the records say of one claim of the paper.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// The claim, with its place in the paper.
    pub(crate) claim: String,
    /// Whether it is about all rows of a table together.
    pub(crate) over_all_rows: bool,
    /// Holds, fails, or cannot be told.
    pub(crate) finding: Finding,
    /// The numbers behind it.
    pub(crate) evidence: String,
    /// Of a claim over several rows: those that are decided otherwise by themselves, and those left out; empty where none is.
    pub(crate) exceptions: String,
    /// The mean difference among them, where it is about one.
    pub(crate) estimate: Option<f64>,
}

impl Verdict {
    /// A line of a page, without the exceptions.
    pub(super) fn line(&self) -> String {
        format!("- {}: **{}**, {}\n", self.claim, self.finding, self.evidence)
    }
}

/// Whether a claim holds in our records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The whole interval is on the claim's side.
    Holds,
    /// The whole interval is on the other side.
    Fails,
    /// The interval has both sides in it.
    Undecided,
    /// Rows disagree: together they are decided, and at least one by itself is decided the other way.
    Mixed,
    /// Runs are missing.
    NotRun,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Finding::Holds => "holds",
            Finding::Fails => "fails",
            Finding::Undecided => "undecided",
            Finding::Mixed => "mixed",
            Finding::NotRun => "not run",
        })
    }
}

/// One inequality: with such sizes of the data the first method's mean is at least the second's, or strictly above it.
pub(super) struct Inequality {
    pub(super) better: Method,
    pub(super) worse: Method,
    pub(super) strict: bool,
    pub(super) of: Sizes,
    pub(super) claim: &'static str,
}

/// Of which sizes of the data a claim is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sizes {
    Any,
    /// All but a task's largest of those that have both columns.
    Few,
    /// That one alone.
    Full,
}

/// Every inequality on every row that has both columns and its size, and over all those together.
pub(super) fn inequalities(all: &[Inequality], results: &Results, rows: &[(Task, usize)]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for &Inequality { better, worse, strict, of, claim } in all {
        verdicts.extend(in_rows(claim, strict, pairs(results, rows, [better, worse].map(Method::name), of)));
    }
    verdicts
}

/// The scores of two methods, seed by seed, on every row that has both and a size that is asked for.
pub(super) fn pairs(results: &Results, rows: &[(Task, usize)], methods: [&str; 2], of: Sizes) -> Vec<Row> {
    let row = |(task, transitions): &(Task, usize)| {
        let [x, y] = methods.map(|method| results.find(*task, *transitions, method));
        let (x, y) = paired(&x?.scores(), &y?.scores());
        let wanted = of == Sizes::Any || is_full(results, *task, *transitions, methods) == (of == Sizes::Full);
        wanted.then(|| (row_name(*task, *transitions), x, y))
    };
    rows.iter().filter_map(row).collect()
}

/// What a row of a table is called.
pub(super) fn row_name(task: Task, transitions: usize) -> String {
    format!("{task} {}", size_label(transitions))
}

/// Whether a size is a task's largest of several that have both columns.
pub(super) fn is_full(results: &Results, task: Task, transitions: usize, methods: [&str; 2]) -> bool {
    let sizes = results.cells.iter().map(|result| &result.cell.spec).filter(|spec| spec.task == task);
    let has_both = |n: &usize| methods.iter().all(|method| results.find(task, *n, method).is_some());
    let sizes: BTreeSet<usize> = sizes.map(|spec| spec.data.transitions).filter(has_both).collect();
    sizes.len() > 1 && sizes.last() == Some(&transitions)
}

/// What a judge makes of two methods' scores by seed, where they are all that a claim is about.
pub(super) fn of_two(
    judge: impl FnOnce(&[Vec<f64>], &[Vec<f64>]) -> Verdict,
    x: &[(u64, f64)],
    y: &[(u64, f64)],
) -> Verdict {
    let (x, y) = paired(x, y);
    Verdict { over_all_rows: true, ..judge(&[x], &[y]) }
}

/// A row's name and the numbers of two methods, pair by pair of seeds.
pub(super) type Row = (String, Vec<f64>, Vec<f64>);

/// An inequality on each row, and on all rows together: see [`row_by_row`].
pub(super) fn in_rows(claim: &str, strict: bool, rows: Vec<Row>) -> Vec<Verdict> {
    row_by_row(claim, |claim, x, y| compare(claim, strict, x, y), rows)
}

/// A claim on each row of paired numbers, and on all rows together that have [`FEWEST`] pairs. A mean over rows hides
/// those that go the other way: one that is decided by itself, and otherwise than the mean, stands beside it and makes the
/// whole [`Finding::Mixed`] where it contradicts it; rows too short to be judged are named with what they say.
pub(super) fn row_by_row(
    claim: &str,
    judge: impl Fn(&str, &[Vec<f64>], &[Vec<f64>]) -> Verdict,
    rows: Vec<Row>,
) -> Vec<Verdict> {
    let one = |(row, x, y): &Row| judge(&format!("{row}: {claim}"), from_ref(x), from_ref(y));
    let mut verdicts: Vec<Verdict> = rows.iter().map(one).collect();
    let planned = rows.len();
    if planned == 0 {
        return verdicts;
    }
    let run: Vec<Row> = rows.into_iter().filter(|(_, x, _)| !x.is_empty()).collect();
    let (enough, few): (Vec<Row>, Vec<Row>) = run.into_iter().partition(|(_, x, _)| x.len() >= FEWEST);
    let (judged, aside) = if enough.is_empty() { (few, Vec::new()) } else { (enough, few) };
    let named = match (judged.len(), planned) {
        (1, 1) => "the only row".to_string(),
        (judged, _) if judged == planned => format!("all {planned} rows"),
        (judged, _) => format!("{judged} of {planned} rows"),
    };
    let of_aside = |row: &Row| format!("{} {}", row.0, signed(one(row).estimate.unwrap_or_default()));
    let others: Vec<String> = aside.iter().map(of_aside).collect();
    let by_themselves: Vec<(String, Verdict)> = judged.iter().map(|row| (row.0.clone(), one(row))).collect();
    let (x, y): (Vec<_>, Vec<_>) = judged.into_iter().map(|(_, x, y)| (x, y)).unzip();
    let mut verdict = judge(&format!("{named}: {claim}"), &x, &y);
    let (whole, mut exceptions) = (verdict.finding, Vec::new());
    for (row, Verdict { finding, estimate, .. }) in by_themselves {
        if matches!(finding, Finding::Holds | Finding::Fails) && finding != whole {
            exceptions.push(format!("{row} by itself {finding} ({})", signed(estimate.unwrap_or_default())));
            verdict.finding = if whole == Finding::Undecided { whole } else { Finding::Mixed };
        }
    }
    if !others.is_empty() {
        exceptions.push(format!("left out, of fewer than {FEWEST} seeds: {}", others.join(", ")));
    }
    verdicts.push(Verdict { over_all_rows: true, exceptions: exceptions.join("; "), ..verdict });
    verdicts
}

/// What runs say of the claims about whole tables, for people, where any was run; then [`READ_ON`], and beyond it what the
/// words mean and which rows are exceptions.
pub(super) fn told(verdicts: &[Verdict]) -> String {
    let run = || verdicts.iter().filter(|verdict| verdict.over_all_rows && verdict.finding != Finding::NotRun);
    if run().next().is_none() {
        return format!("\n{READ_ON}\n");
    }
    let lines = run().map(Verdict::line).collect::<Vec<_>>().concat();
    let with_exceptions = run().filter(|verdict| !verdict.exceptions.is_empty());
    let exceptions: Vec<String> = with_exceptions
        .map(|Verdict { claim, finding, exceptions, .. }| format!("- {claim}: **{finding}**; {exceptions}\n"))
        .collect();
    let exceptions = match exceptions.concat() {
        none if none.is_empty() => none,
        lines => format!("\nRows that are decided otherwise by themselves, and rows left out:\n\n{lines}"),
    };
    format!(
        "\nWhat these runs say of the paper's claims:\n\n{lines}\n{READ_ON}\n\nA claim holds where the whole 95 % interval by \
         Student's t is on its side, fails where all of it is on the other, and is otherwise undecided; mixed: all rows together are \
         decided, but at least one row by itself is decided the other way. Intervals make no allowance for the number of rows and claims. Row by \
         row: `make check`.\n{exceptions}"
    )
}

/// Where a page goes into README.md, it ends there before this line: the rest is read on the page of its own.
pub(crate) const READ_ON: &str = "<!-- README.md ends here -->";

/// The scores of the seeds that both have, in one order.
pub(super) fn paired(x: &[(u64, f64)], y: &[(u64, f64)]) -> (Vec<f64>, Vec<f64>) {
    let find = |seed: u64| y.iter().find(|(other, _)| *other == seed).map(|(_, score)| *score);
    x.iter().filter_map(|(seed, score)| Some((*score, find(*seed)?))).unzip()
}

/// One inequality on rows of paired scores: the first method is at least as good as the second, or strictly better.
pub(super) fn compare(claim: &str, strict: bool, better: &[Vec<f64>], worse: &[Vec<f64>]) -> Verdict {
    let verdict = difference(claim, "points", better, worse, |low, high| match (low, high) {
        (low, _) if low > 0.0 || (low >= 0.0 && !strict) => Finding::Holds,
        (_, high) if high < 0.0 || (high <= 0.0 && strict) => Finding::Fails,
        _ => Finding::Undecided,
    });
    unless_nobody_succeeds(verdict, better, worse)
}

/// Two methods that never succeed are equal, which says nothing of them.
fn unless_nobody_succeeds(verdict: Verdict, x: &[Vec<f64>], y: &[Vec<f64>]) -> Verdict {
    let scores = || x.iter().chain(y).flatten();
    if scores().next().is_none() || scores().any(|score| *score != 0.0) {
        return verdict;
    }
    Verdict { finding: Finding::Undecided, evidence: format!("{}; neither ever succeeds", verdict.evidence), ..verdict }
}

/// Scores that differ by no more than this are "the same" (points). The paper's Table 2 has the two kinds of JSRL up to 5
/// points apart and calls their final performances the same; intervals over few seeds need room on either side.
const SAME: f64 = 10.0;

/// Two methods are equally good: the whole interval of their difference is within [`SAME`].
pub(super) fn same(claim: &str, one: &[Vec<f64>], other: &[Vec<f64>]) -> Verdict {
    let claim = format!("{claim}, within {SAME} points");
    let verdict = difference(&claim, "points", one, other, |low, high| match (low, high) {
        (low, high) if low >= -SAME && high <= SAME => Finding::Holds,
        (low, high) if low > SAME || high < -SAME => Finding::Fails,
        _ => Finding::Undecided,
    });
    unless_nobody_succeeds(verdict, one, other)
}

/// One method gets somewhere in fewer online steps than another.
pub(super) fn sooner(claim: &str, first: &[Vec<f64>], later: &[Vec<f64>]) -> Verdict {
    difference(claim, "online steps (positive: sooner)", later, first, |low, high| match (low, high) {
        (low, _) if low > 0.0 => Finding::Holds,
        (_, high) if high < 0.0 => Finding::Fails,
        _ => Finding::Undecided,
    })
}

/// The mean over rows of `x - y` on the same seed, and what a judge makes of its interval (from `low` to `high`). Rows of
/// fewer than [`FEWEST`] pairs are left out; where there are no others, nothing is decided.
fn difference(claim: &str, unit: &str, x: &[Vec<f64>], y: &[Vec<f64>], judge: impl Fn(f64, f64) -> Finding) -> Verdict {
    let verdict = |finding, evidence, estimate| {
        let claim = claim.to_string();
        Verdict { claim, over_all_rows: false, finding, evidence, exceptions: String::new(), estimate }
    };
    if x.iter().all(Vec::is_empty) {
        return verdict(Finding::NotRun, "no pair of runs".into(), None);
    }
    let run = stats::differences(x, y).into_iter().filter(|row| !row.is_empty());
    let (enough, few): (Vec<_>, Vec<_>) = run.partition(|row| row.len() >= FEWEST);
    let pairs = |rows: &[Vec<f64>]| match rows.iter().map(Vec::len).sum() {
        1 => "1 pair of seeds".to_string(),
        pairs => format!("{pairs} pairs of seeds"),
    };
    if enough.is_empty() {
        let estimate = stats::mean_of_means(&few);
        let evidence = format!(
            "difference {} {unit} over {}, with rows of fewer than {FEWEST}, which make no interval",
            signed(estimate),
            pairs(&few)
        );
        return verdict(Finding::Undecided, evidence, Some(estimate));
    }
    let Interval { low, estimate, high } = stats::students(&enough);
    let without = match few.len() {
        0 => String::new(),
        1 => format!(" (a row of fewer than {FEWEST} left out)"),
        rows => format!(" ({rows} rows of fewer than {FEWEST} left out)"),
    };
    let [middle, from, to] = [estimate, low, high].map(signed);
    let evidence = format!("difference {middle} [{from}, {to}] {unit} over {}{without}", pairs(&enough));
    verdict(judge(low, high), evidence, Some(estimate))
}

/// A difference with its sign; of thousands of steps, no tenths.
fn signed(difference: f64) -> String {
    if difference.abs() < 1_000.0 { format!("{difference:+.1}") } else { format!("{difference:+.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_never_succeeds_decides_nothing() {
        let [never, always] = [0.0, 100.0].map(|score| [vec![score; 3]]);
        let verdict = compare("", true, &never, &never);
        assert!(verdict.finding == Finding::Undecided && verdict.evidence.ends_with("; neither ever succeeds"));
        assert_eq!(compare("", false, &never, &never).finding, Finding::Undecided);
        assert_eq!(same("", &never, &never).finding, Finding::Undecided);
        assert_eq!(compare("", false, &always, &always).finding, Finding::Holds);
        assert_eq!(same("", &always, &always).finding, Finding::Holds);
        assert_eq!(compare("", false, &[vec![]], &[vec![]]).finding, Finding::NotRun);
    }

    #[test]
    fn what_is_the_same_differs_by_little_with_certainty() {
        let finding = |differences: [f64; 3]| same("", &[differences.to_vec()], &[vec![0.0; 3]]).finding;
        assert_eq!(finding([-3.0, 0.0, 3.0]), Finding::Holds);
        assert_eq!(finding([-20.0, 0.0, 20.0]), Finding::Undecided, "the mean alone would do");
        assert_eq!(finding([28.0, 30.0, 32.0]), Finding::Fails);
        assert_eq!(same("", &[vec![0.0; 2]], &[vec![0.0; 2]]).finding, Finding::Undecided, "two seeds are too few");
        let rows = |n: usize| (vec![vec![1.0; n]; 3], vec![vec![0.0; n]; 3]);
        let finding = |(x, y): (Vec<Vec<f64>>, Vec<Vec<f64>>)| compare("", false, &x, &y).finding;
        assert_eq!(finding(rows(3)), Finding::Holds);
        assert_eq!(finding(rows(1)), Finding::Undecided, "one seed a row, however many rows");
        let [long, lone] = [vec![1.0; 3], vec![-90.0]];
        let mixed = compare("", false, &[long, lone], &[vec![0.0; 3], vec![0.0]]);
        assert_eq!(mixed.finding, Finding::Holds, "a row of one seed is left out");
        assert!(mixed.evidence.contains("+1.0 [") && mixed.evidence.contains("a row of fewer than 3"), "{mixed:?}");
    }

    #[test]
    fn scores_are_paired_by_seed() {
        let (x, y) = ([(0, 1.0), (2, 3.0), (4, 9.0)], [(2, 7.0), (1, 6.0), (0, 5.0)]);
        assert_eq!(paired(&x, &y), (vec![1.0, 3.0], vec![5.0, 7.0]));
    }

    /// Three rows of one seed that go the other way decide nothing, but are not kept quiet.
    #[test]
    fn rows_of_too_few_seeds_are_named() {
        let row = |name: &str, x: Vec<f64>| (name.to_string(), x.clone(), vec![0.0; x.len()]);
        let rows =
            vec![row("a", vec![9.0, 10.0, 11.0]), row("b", vec![-20.0]), row("c", vec![]), row("d", vec![-1.0; 2])];
        let verdicts = in_rows("it helps", true, rows);
        let Verdict { claim, finding, evidence, exceptions, .. } = verdicts.last().expect("over all rows");
        assert_eq!((verdicts.len(), claim.as_str()), (5, "1 of 4 rows: it helps"));
        assert_eq!(*finding, Finding::Holds);
        assert!(evidence.ends_with("over 3 pairs of seeds"), "{evidence}");
        assert_eq!(exceptions, "left out, of fewer than 3 seeds: b -20.0, d -1.0");
        let page = told(&verdicts);
        let (short, rest) = page.split_once(READ_ON).expect("the line that README.md ends before");
        assert!(short.contains("1 of 4 rows: it helps: **holds**") && !short.contains("b -20.0"), "{short}");
        assert!(
            rest.ends_with("- 1 of 4 rows: it helps: **holds**; left out, of fewer than 3 seeds: b -20.0, d -1.0\n")
        );
        let verdicts = in_rows("it helps", true, vec![row("b", vec![-20.0]), row("d", vec![-10.0])]);
        let all = verdicts.last().expect("over all rows");
        assert_eq!((all.claim.as_str(), all.finding), ("all 2 rows: it helps", Finding::Undecided));
        assert!(all.evidence.starts_with("difference -15.0 points over 2 pairs"), "{}", all.evidence);
    }

    /// A mean that holds hides no row that fails by itself, nor one that is undecided a row that is decided.
    #[test]
    fn rows_that_disagree_are_mixed() {
        let row = |name: &str, x: [f64; 3]| (name.to_string(), x.to_vec(), vec![0.0; 3]);
        let rows = |second| vec![row("a", [39.0, 40.0, 41.0]), row("b", second), row("c", [-9.0, 0.0, 9.0])];
        let finding = |rows| {
            in_rows("it helps", true, rows).pop().map(|all| (all.finding, all.exceptions)).expect("over all rows")
        };
        let told = |finding, exceptions: &str| (finding, exceptions.to_string());
        assert_eq!(finding(rows([-5.0, -4.0, -3.0])), told(Finding::Mixed, "b by itself fails (-4.0)"));
        assert_eq!(finding(rows([-9.0, 0.0, 9.0])), told(Finding::Holds, ""));
        let both = "a by itself holds (+40.0); b by itself fails (-40.0)";
        assert_eq!(finding(rows([-41.0, -40.0, -39.0])), told(Finding::Undecided, both));
    }

    #[test]
    fn sooner_is_in_fewer_steps() {
        let finding = |first: [f64; 3], later: [f64; 3]| sooner("", &[first.to_vec()], &[later.to_vec()]).finding;
        assert_eq!(finding([1e3, 2e3, 3e3], [2e3, 3e3, 4e3]), Finding::Holds);
        assert_eq!(finding([2e3, 3e3, 4e3], [1e3, 2e3, 3e3]), Finding::Fails);
        assert_eq!(finding([2e3; 3], [2e3; 3]), Finding::Undecided, "neither comes first");
        assert_eq!(finding([1e3, 3e3, 2e3], [2e3, 1e3, 3e3]), Finding::Undecided);
    }
}
