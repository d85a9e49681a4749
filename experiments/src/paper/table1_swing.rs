//! How much of what Table 1's checks differ by is the policies' own swinging, and how much the chance of a few episodes.
//!
//! A check of n episodes of a policy that succeeds with probability p has the variance p (1 - p) / n by chance alone. So of
//! the variance that neighbouring checks of a run show, that is taken off; what remains is the policy's own: the weights
//! that each update moves, and the rise that the curve still has.

use envs::Task;
use rl::Prng;

use crate::{
    paper::{CellResult, Results, table1::Method},
    record::RunRecord,
    stats::{self, FEWEST},
    table::Table,
};

/// Variances (squared percent) of one run's scored checks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Swing {
    /// Half of the mean squared difference of neighbouring checks.
    shown: f64,
    /// The mean over the checks of what chance alone gives.
    chance: f64,
}

impl Swing {
    /// None of a run with fewer than two scored checks, or checks of a single episode.
    fn of(record: &RunRecord) -> Option<Self> {
        let checks: Vec<(f64, usize)> = record.scored(|scores| (scores.success_rate().into(), scores.successes.len()));
        if checks.len() < 2 || checks.iter().any(|(_, episodes)| *episodes < 2) {
            return None;
        }
        let halves: Vec<f64> = checks.windows(2).map(|pair| (pair[1].0 - pair[0].0).powi(2) / 2.0).collect();
        // With n - 1 below, since p is not known but estimated by the same episodes.
        let chances: Vec<f64> = checks.iter().map(|(rate, n)| rate * (1.0 - rate) / (*n - 1) as f64).collect();
        Some(Self { shown: 1e4 * stats::mean(&halves), chance: 1e4 * stats::mean(&chances) })
    }
}

/// The standard deviation (percent) of what is not chance; 0 where there is no more than chance.
fn own(swings: &[Vec<Swing>]) -> f64 {
    (mean_of(swings, |swing| swing.shown) - mean_of(swings, |swing| swing.chance)).max(0.0).sqrt()
}

fn mean_of(swings: &[Vec<Swing>], part: impl Fn(&Swing) -> f64) -> f64 {
    stats::mean(&swings.iter().flatten().map(part).collect::<Vec<_>>())
}

/// A section of Table 1's page; nothing where no maze has runs enough.
pub(super) fn told(results: &Results) -> String {
    let headers = ["task", "column", "n", "shown", "chance", "own", "in the score", "between seeds"];
    let (mut table, mut filled) = (Table::new(headers), false);
    for task in Task::ANT_MAZES {
        for method in Method::TABLE1.into_iter().filter(|method| *method != Method::Offline) {
            let is_column = |r: &&CellResult| r.cell.spec.task == task && r.cell.method == method.name();
            let cells: Vec<&CellResult> = results.cells.iter().filter(is_column).collect();
            if let Some(row) = row(task, method, &cells) {
                table.push(row);
                filled = true;
            }
        }
    }
    if !filled {
        return String::new();
    }
    format!(
        "\n## How much the policies swing\n\nOf the checks that are scored, over all sizes of a maze's data (standard deviations, in points). Shown: what neighbouring \
         checks of a run differ by. Chance: what they would differ by if the policy stood still, since a check has few episodes. \
         Own: what is left, the policy's swinging and the rise of its curve, with a 95 % bootstrap interval over runs. In the \
         score: own, in the mean of the scored checks if each is by itself. Between seeds: the scores of the seeds of a row; whatever \
         calms policies from check to check can take the square of what stands under \"in the score\" off its square, and no more. What changes \
         more slowly than from check to check is not told from a difference between seeds.\n\n{}",
        table.markdown()
    )
}

fn row(task: Task, method: Method, cells: &[&CellResult]) -> Option<[String; 8]> {
    let swings: Vec<Vec<Swing>> = vec![cells.iter().flat_map(|cell| cell.finished().filter_map(Swing::of)).collect()];
    let n = swings[0].len();
    if n < FEWEST {
        return None;
    }
    let scored = cells.iter().flat_map(|cell| cell.finished()).map(|record| record.scored(|_| ()).len()).min()?;
    let mut rng = Prng::derive("swing", 0, &format!("{task} {}", method.name()));
    let interval = stats::bootstrap(&swings, own, &mut rng);
    let seeds = cells.iter().filter_map(|cell| stats::standard_deviation(&super::values(cell.scores())));
    let squares: Vec<f64> = seeds.map(|deviation| deviation.powi(2)).collect();
    let point = |value: f64| format!("{value:.1}");
    Some([
        task.to_string(),
        method.title().to_string(),
        n.to_string(),
        point(mean_of(&swings, |swing| swing.shown).sqrt()),
        point(mean_of(&swings, |swing| swing.chance).sqrt()),
        format!("{:.1} [{:.1}, {:.1}]", interval.estimate, interval.low, interval.high),
        point(interval.estimate / (scored as f64).sqrt()),
        if squares.is_empty() { "–".to_string() } else { point(stats::mean(&squares).sqrt()) },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        paper::{Cell, fixtures, table1},
        spec::Scale,
    };

    fn cells() -> Vec<Cell> {
        let mut cells = (table1::experiment().cells)(Scale::Laptop, &fixtures::catalog()).expect("a plan");
        cells.retain(|cell| cell.name().contains("antmaze-umaze-v0/10k") && cell.method == "iql");
        cells
    }

    /// Checks of 10 and 20 of 20 episodes: differences of 50 points, of which half the square is shown; by chance
    /// 1/2 x 1/2 / 19 at the first and nothing at the second.
    #[test]
    fn variances_by_hand() {
        let swing = Swing::of(&fixtures::record(&cells()[0], 0, &[0, 10, 20, 10, 20, 10])).expect("five scored checks");
        assert!((swing.shown - 1250.0).abs() < 1e-9, "{swing:?}");
        assert!((swing.chance - 3.0 / 5.0 * 2500.0 / 19.0).abs() < 1e-3, "{swing:?}");
        assert_eq!(Swing::of(&fixtures::record(&cells()[0], 0, &[3])), None);
    }

    /// Policies that stand still have nothing of their own, and those that jump have it besides chance.
    #[test]
    fn chance_is_told_from_swinging() {
        let cell = cells().remove(0);
        let mut rng = Prng::derive("test", 0, "swing");
        let mut swings = |rates: [f64; 2]| -> Vec<Vec<Swing>> {
            let mut check = |rate: f64| (0..20).filter(|_| rng.chance(rate)).count();
            let run = |_| fixtures::record(&cell, 0, &[0, 1, 0, 1, 0].map(|i| check(rates[i])));
            vec![(0..2_000).map(run).filter_map(|record| Swing::of(&record)).collect()]
        };
        let (still, jumping) = (swings([0.5; 2]), swings([0.4, 0.6]));
        assert!(own(&still) < 2.0, "{}", own(&still));
        // Neighbours differ by 20 points: half the square is 200.
        assert!((own(&jumping) - 200.0_f64.sqrt()).abs() < 1.0, "{}", own(&jumping));
    }

    #[test]
    fn a_row_needs_runs_enough() {
        let page =
            |seeds| told(&fixtures::results(cells(), seeds, |_, seed| Some(vec![10, 12, 10, 12, 10 + seed as usize])));
        assert_eq!(page(FEWEST as u64 - 1), "");
        let page = page(FEWEST as u64);
        let row = page.lines().find(|line| line.starts_with("| antmaze-umaze-v0 ")).expect("a row");
        // Two points of 20 to and fro lie within chance.
        assert!(row.contains(" IQL ") && row.contains("| 0.0 [0.0, 0.0] |"), "{row}");
    }
}
