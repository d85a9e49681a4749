//! The theorems as a table, and the points behind the curves as csv and json.

use std::path::Path;

use anyhow::Result;
use rl::Prng;
use serde::Serialize;

use super::{
    claims::{Row, rows, text},
    estimate::{censored_mean, median},
};
use crate::{
    spec::Scale,
    stats::{self, Interval},
    table::Table,
    theory::{Observation, TheoryResult},
    workspace::write_whole,
};

/// One point of a curve.
#[derive(Debug, Clone, Serialize)]
struct Shown {
    study: &'static str,
    method: &'static str,
    x: f64,
    /// Hash of the measurement: the folder of its records.
    key: String,
    seeds: usize,
    /// Searches that stopped at their budget.
    censored: usize,
    /// Episodes or suboptimality, by the estimator of [`censored_mean`]; none without records.
    mean: Option<f64>,
    /// 95 % bootstrap interval.
    low: Option<f64>,
    high: Option<f64>,
    /// Kaplan-Meier median; none where fewer than half of the searches ended.
    median: Option<f64>,
}

/// Writes `fig15.md`, `.csv` and `.json`.
pub(super) fn write(scale: Scale, results: &[TheoryResult], folder: &Path) -> Result<()> {
    let shown: Vec<Shown> = results.iter().map(shown).collect();
    write_whole(&folder.join("fig15.md"), markdown(scale, results).as_bytes())?;
    write_whole(&folder.join("fig15.csv"), csv(&shown).as_bytes())?;
    write_whole(&folder.join("fig15.json"), (serde_json::to_string_pretty(&shown)? + "\n").as_bytes())
}

/// The mean of a point with its band.
pub(super) fn band(name: &str, observations: Vec<Observation>) -> Interval {
    let mut rng = Prng::derive(name, 0, "band");
    stats::bootstrap(&[observations], |samples| censored_mean(&samples[0]), &mut rng)
}

fn shown(result: &TheoryResult) -> Shown {
    let observations = result.observations();
    let point = &result.point;
    let censored = observations.iter().filter(|observation| !observation.seen).count();
    let interval = (!observations.is_empty()).then(|| band(&point.name(), observations.clone()));
    Shown {
        study: point.study,
        method: point.method,
        x: point.x,
        key: point.spec.key().to_string(),
        seeds: observations.len(),
        censored,
        mean: interval.map(|interval| interval.estimate),
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        median: median(observations),
    }
}

fn markdown(scale: Scale, results: &[TheoryResult]) -> String {
    let mut table = Table::new(["theorem", "quantity", "predicted", "measured (95 %)", "holds", "how"]);
    for Row { theorem, quantity, predicted, measured, finding, remark } in rows(results) {
        let measured = measured.map_or("–".into(), text);
        table.push([theorem.into(), quantity.into(), predicted, measured, finding.to_string(), remark]);
    }
    let seeds = results.iter().map(|result| result.outcomes.len()).min().unwrap_or(0);
    format!(
        "**Figure 15 and the theorems** at {scale} scale, {seeds} seeds for each point: exponents as slopes of log2 of the \
         mean (episodes to a suboptimality below 0.5, or suboptimality), with 95 % bootstrap intervals over seeds. The \
         bounds are for the worst case: one holds where the measured growth is not beyond it by more than 0.05 (or 5 %; ratios \
         of two curves, by 10 %). \
         Values, occupancies and coverage are exact. A search that stops at its budget counts as censored: the mean is then \
         all episodes over all searches that ended. The paper's A.2 lets f bound the regret's sum over rounds, but uses its \
         mean per round; f here is the mean. Where Algorithm 2's episodes are searched for, T grows by half from one try to the next, so \
         that they are known to a factor of 1.5, which their intervals over seeds leave out. The ranges of T, A and H were set after pilot runs with the same seeds, so that \
         the bounds' leading terms rule in most of them.\n\n{}",
        table.markdown()
    )
}

fn csv(shown: &[Shown]) -> String {
    let mut table = Table::new(["study", "method", "x", "key", "seeds", "censored", "mean", "low", "high", "median"]);
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.5}"));
    for point in shown {
        let Shown { study, method, x, key, seeds, censored, mean, low, high, median } = point;
        let text = [(*study).into(), (*method).into(), x.to_string(), key.clone(), seeds.to_string()];
        let numbers = [*mean, *low, *high, *median].map(number);
        table.push(text.into_iter().chain([censored.to_string()]).chain(numbers));
    }
    table.csv()
}
