//! The paper's claims on Table 1.

use envs::Task;

use crate::paper::{
    Results, Verdict,
    claims::{self, Inequality, Sizes, in_rows, paired, row_name},
    table1::Method,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_same_seed() {
        let (few, all) = ([(0, 1.0), (2, 3.0), (3, 5.0), (4, 9.0)], [(2, 6.0), (1, 6.0), (3, 0.0), (0, 5.0)]);
        assert_eq!(shares(&few, &all), [(0, 20.0), (2, 50.0)]);
    }
}
