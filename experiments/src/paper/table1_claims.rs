//! The paper's claims on Table 1.

use envs::Task;

use crate::{
    paper::{
        CellResult, Results, Verdict,
        claims::{self, Inequality, Sizes, in_rows, paired, row_name},
        table1::Method,
    },
    record::RunRecord,
    stats,
};

const INEQUALITIES: [Inequality; 8] = [
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::Iql,
        strict: false,
        of: Sizes::Few,
        claim: "JSRL (curriculum) is at least as good as IQL on the ant mazes with few data (section 5.3, Table 1)",
    },
    Inequality {
        better: Method::JsrlRandom,
        worse: Method::Iql,
        strict: false,
        of: Sizes::Few,
        claim: "JSRL (random) is at least as good as IQL on the ant mazes with few data (section 5.3, Table 1)",
    },
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::Iql,
        strict: false,
        of: Sizes::Full,
        claim: "JSRL (curriculum) is at least as good as IQL on the ant mazes with all data (Table 1, where it is within a standard deviation or above)",
    },
    Inequality {
        better: Method::JsrlRandom,
        worse: Method::Iql,
        strict: false,
        of: Sizes::Full,
        claim: "JSRL (random) is at least as good as IQL on the ant mazes with all data (our question: in Table 1 the means over \
                the mazes are level, and four of six mazes have it more than a standard deviation below)",
    },
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::JsrlRandom,
        strict: false,
        of: Sizes::Any,
        claim: "the curriculum is at least as good as random horizons on the ant mazes (Table 1)",
    },
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::Control,
        strict: true,
        of: Sizes::Any,
        claim: "the guide is what helps on the ant mazes: JSRL beats the same start and buffers without it (our control)",
    },
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::Offline,
        strict: false,
        of: Sizes::Any,
        claim: "JSRL (curriculum) ends at least as good as its guide on the ant mazes (what a jump-start is for; our question)",
    },
    // The paper compares JSRL with IQL alone; what a fresh start and two buffers do without a guide is part of that.
    Inequality {
        better: Method::Control,
        worse: Method::Iql,
        strict: false,
        of: Sizes::Few,
        claim: "without any guide, our control is at least as good as IQL on the ant mazes with few data",
    },
];

/// Every claim on every row that this scale has, and over all rows together.
pub(crate) fn check(results: &Results) -> Vec<Verdict> {
    let mut rows = results.rows();
    // Those of the hand are told beside Tables 3-6.
    rows.retain(|(task, _)| task.maze().is_some());
    let mut verdicts = claims::inequalities(&INEQUALITIES, results, &rows);
    verdicts.extend(degrades_less(results, &rows));
    let online = Method::TABLE1.into_iter().filter(|method| *method != Method::Offline);
    verdicts.extend(online.flat_map(|method| still_rises(method, results, &rows)));
    verdicts
}

/// The share of its score with all data that JSRL keeps with fewer, beside IQL's. (The paper's means over the mazes, from a
/// million to 100k: 82 against 34 percent.)
fn degrades_less(results: &Results, rows: &[(Task, usize)]) -> Vec<Verdict> {
    let methods = [Method::JsrlCurriculum, Method::Iql].map(Method::name);
    let full =
        |task: Task| rows.iter().find(|(other, n)| *other == task && claims::is_full(results, task, *n, methods));
    let pairs = rows.iter().filter_map(|(task, transitions)| {
        let (_, all) = full(*task).filter(|(_, all)| all != transitions)?;
        let kept = |method: Method| -> Option<Vec<(u64, f64)>> {
            let [few, all] = [transitions, all].map(|n| results.find(*task, *n, method.name()));
            Some(shares(&few?.scores(), &all?.scores()))
        };
        let (x, y) = paired(&kept(Method::JsrlCurriculum)?, &kept(Method::Iql)?);
        Some((row_name(*task, *transitions), x, y))
    });
    // Intervals over all rows take them for independent, which a task's are not.
    let claim = "JSRL (curriculum) keeps a larger share of its score with all data than IQL, in percent, where data get fewer \
                 (section 5.3, Table 1; the paper's shares are of scores that are level with all data; the rows of a task share \
                 its runs with all data, so that the interval over all rows is too narrow)";
    in_rows(claim, true, pairs.collect())
}

/// What each seed that both have scores with few data, as percent of its score with all; of a score of 0 there are no shares.
fn shares(few: &[(u64, f64)], all: &[(u64, f64)]) -> Vec<(u64, f64)> {
    let find = |seed: u64| all.iter().find(|(other, score)| *other == seed && *score > 0.0).map(|(_, score)| *score);
    few.iter().filter_map(|(seed, score)| Some((*seed, 100.0 * score / find(*seed)?))).collect()
}

/// Whether a column goes on rising when its online phase ends, of which the laptop scale has a small part of the paper's.
fn still_rises(method: Method, results: &Results, rows: &[(Task, usize)]) -> Vec<Verdict> {
    let row = |(task, transitions): &(Task, usize)| {
        let cell = results.find(*task, *transitions, method.name())?;
        let quarters = |record: &RunRecord| Some((quarter(cell, record, 3)?, quarter(cell, record, 2)?));
        let (last, before) = cell.finished().filter_map(quarters).unzip();
        Some((row_name(*task, *transitions), last, before))
    };
    let claim = format!(
        "{} still rises on the ant mazes when the online phase ends: the last quarter's evaluations, beside those of the \
         quarter before (our question; the paper has a million steps)",
        method.title()
    );
    in_rows(&claim, true, rows.iter().filter_map(row).collect())
}

/// The mean (percent) of a run's evaluations in one quarter of its online phase, 0 to 3; nothing where it has none there.
fn quarter(cell: &CellResult, record: &RunRecord, which: usize) -> Option<f64> {
    let steps = record.spec.online.as_ref()?.steps;
    let inside = record.evaluations.iter().filter(|e| e.step > 0 && (4 * e.step - 1) / steps == which);
    let scores: Vec<f64> = inside.filter_map(|e| e.alone.as_ref()).map(|alone| cell.percent(alone)).collect();
    (!scores.is_empty()).then(|| stats::mean(&scores))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        paper::{Cell, claims::Finding, fixtures, table1},
        spec::Scale,
    };

    #[test]
    fn shares_are_of_the_same_seed() {
        let (few, all) = ([(0, 1.0), (2, 3.0), (3, 5.0), (4, 9.0)], [(2, 6.0), (1, 6.0), (3, 0.0), (0, 5.0)]);
        assert_eq!(shares(&few, &all), [(0, 20.0), (2, 50.0)]);
    }

    /// Of evaluations every 2,000 steps, the last quarter's are those after 32,000 to 40,000.
    #[test]
    fn a_column_rises_where_its_last_quarter_is_above_the_one_before() {
        let found = |successes: [usize; 20]| {
            let mut cells = (table1::experiment().cells)(Scale::Laptop, &fixtures::catalog()).expect("a plan");
            cells.retain(|cell| cell.name().contains("antmaze-umaze-v0/10k"));
            let steps = cells.iter().filter_map(|cell| cell.spec.online.as_ref()).map(|online| online.steps);
            assert!(steps.eq([40_000; 4]));
            let of_iql = |cell: &Cell, _| (cell.method == "iql").then(|| successes.to_vec());
            let results = fixtures::results(cells, 3, of_iql);
            let verdict = still_rises(Method::Iql, &results, &results.rows()).pop().expect("over all rows");
            assert!(verdict.over_all_rows && verdict.claim.contains("IQL still rises"), "{}", verdict.claim);
            (verdict.finding, verdict.evidence)
        };
        let mut successes = [20; 20]; // of 20
        successes[10..15].fill(4);
        successes[15..].fill(5);
        let (finding, evidence) = found(successes);
        assert!(finding == Finding::Holds && evidence.starts_with("difference +5.0 "), "{evidence}");
        successes[15] = 0;
        assert_eq!(found(successes).0, Finding::Fails, "level");
    }
}
