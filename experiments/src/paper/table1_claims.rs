//! The paper's claims on Table 1.

use envs::Task;

use crate::paper::{
    Results, Verdict,
    claims::{self, Inequality, Sizes, in_rows, paired, row_name},
    table1::Method,
};

const INEQUALITIES: [Inequality; 6] = [
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::Iql,
        strict: false,
        of: Sizes::Few,
        claim: "JSRL (curriculum) is at least as good as IQL on the ant mazes with few data (section 5.1)",
    },
    Inequality {
        better: Method::JsrlRandom,
        worse: Method::Iql,
        strict: false,
        of: Sizes::Few,
        claim: "JSRL (random) is at least as good as IQL on the ant mazes with few data (section 5.1)",
    },
    Inequality {
        better: Method::JsrlCurriculum,
        worse: Method::Iql,
        strict: false,
        of: Sizes::Full,
        claim: "JSRL (curriculum) is at least as good as IQL on the ant mazes with all data (Table 1)",
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
    verdicts
}

/// What JSRL's score changes by from all data to fewer, beside what IQL's does. (The paper's means over the mazes: 14.6
/// points lost against 51.2 from a million to 100k.)
fn degrades_less(results: &Results, rows: &[(Task, usize)]) -> Vec<Verdict> {
    let methods = [Method::JsrlCurriculum, Method::Iql];
    let full =
        |task: Task| rows.iter().find(|(other, n)| *other == task && claims::is_full(results, task, *n, methods));
    let pairs = rows.iter().filter_map(|(task, transitions)| {
        let (_, all) = full(*task).filter(|(_, all)| all != transitions)?;
        let change = |method: Method| -> Option<Vec<(u64, f64)>> {
            let [few, all] = [transitions, all].map(|n| results.find(*task, *n, method.name()));
            Some(changes(&all?.scores(), &few?.scores()))
        };
        let (x, y) = paired(&change(Method::JsrlCurriculum)?, &change(Method::Iql)?);
        Some((row_name(*task, *transitions), x, y))
    });
    // Intervals over all rows take them for independent, which a task's are not.
    let claim = "JSRL (curriculum) loses fewer points than IQL where data get fewer, or gains more (Table 1; the rows of a \
                 task share its runs with all data)";
    in_rows(claim, true, pairs.collect())
}

/// What the score of each seed that both have changes by.
fn changes(from: &[(u64, f64)], to: &[(u64, f64)]) -> Vec<(u64, f64)> {
    let find = |seed: u64| from.iter().find(|(other, _)| *other == seed).map(|(_, score)| *score);
    to.iter().filter_map(|(seed, score)| Some((*seed, score - find(*seed)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_paired_by_seed() {
        let (from, to) = ([(0, 1.0), (2, 3.0), (4, 9.0)], [(2, 7.0), (1, 6.0), (0, 5.0)]);
        assert_eq!(changes(&from, &to), [(2, 4.0), (0, 4.0)]);
    }
}
