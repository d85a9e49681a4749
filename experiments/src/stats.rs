//! Statistics over few runs, as Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical
//! Precipice", recommends and their `rliable` library computes them.
//!
//! Scores are given as `[task][seed]`: one number for each run, which is that run's mean over its episodes. Episodes
//! of one run share its policy, so they are never counted as if they were runs.

use rl::Prng;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The fewest runs of a task for which intervals and claims are reported.
pub(crate) const FEWEST: usize = 3;

/// Bootstrap samples behind each interval: `rliable`'s default (`get_interval_estimates`, `reps`).
pub(crate) const RESAMPLES: usize = 2000;

/// An estimate and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    /// The lower end.
    pub(crate) low: f64,
    /// The estimate from the runs themselves.
    pub(crate) estimate: f64,
    /// The upper end.
    pub(crate) high: f64,
}

/// The mean.
pub(crate) fn mean(values: &[f64]) -> f64 {
    assert!(!values.is_empty(), "no values have no mean");
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation of the population behind a sample, with n - 1 below; none of fewer than two values.
pub(crate) fn standard_deviation(values: &[f64]) -> Option<f64> {
    let squares = |mean: f64| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (values.len() > 1).then(|| (squares(mean(values)) / (values.len() - 1) as f64).sqrt())
}

/// The interquartile mean of all runs of all tasks together: the mean without the lowest and the highest quarter.
///
/// A quarter is rounded down to whole runs, as by `rliable`'s `aggregate_iqm`, which is `scipy.stats.trim_mean` with
/// `proportiontocut=0.25`: of five runs the middle three count.
pub(crate) fn interquartile_mean(scores: &[Vec<f64>]) -> f64 {
    let mut sorted = scores.concat();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    mean(&sorted[cut..sorted.len() - cut])
}

/// The mean over tasks of each task's mean over its runs (`rliable`'s `aggregate_mean`).
pub(crate) fn mean_of_means(scores: &[Vec<f64>]) -> f64 {
    mean(&scores.iter().map(|runs| mean(runs)).collect::<Vec<_>>())
}

/// An aggregate with its 95 % interval by the stratified bootstrap: each resample draws, for each task by itself, as
/// many runs as there are, with replacement; the interval lies between the 2.5th and the 97.5th percentile of the
/// aggregate over [`RESAMPLES`] resamples (Agarwal et al. 2021, section 4.1; `rliable`'s `StratifiedBootstrap` with
/// `method="percentile"`).
///
/// With a handful of runs it is too narrow: of five normal scores, the mean's holds the truth 83 times in 100
/// (`students_interval_covers_what_it_says`). So it shows how runs spread, and [`students`] decides claims.
///
/// Give each number of a report a stream of its own, named after it, and reports are equal bit for bit.
pub(crate) fn bootstrap<T: Copy>(scores: &[Vec<T>], aggregate: impl Fn(&[Vec<T>]) -> f64, rng: &mut Prng) -> Interval {
    percentile_interval(aggregate(scores), || aggregate(&resample(scores, rng)))
}

/// `x - y` on the same seed, task by task: what a seed does to both methods alike (its data, its goal) cancels.
pub(crate) fn differences(x: &[Vec<f64>], y: &[Vec<f64>]) -> Vec<Vec<f64>> {
    assert_eq!(x.len(), y.len(), "both methods must have the same tasks");
    let difference = |(x, y): (&Vec<f64>, &Vec<f64>)| {
        assert_eq!(x.len(), y.len(), "both methods must have the same seeds");
        x.iter().zip(y).map(|(x, y)| x - y).collect()
    };
    x.iter().zip(y).map(difference).collect()
}

/// [`mean_of_means`] with its 95 % interval by Student's t; each task needs two runs or more.
///
/// The variance of the mean over k tasks is the sum of their s^2 / n, divided by k^2; tasks may vary by different amounts, so
/// the degrees of freedom are Welch's and Satterthwaite's, (sum of s^2 / n)^2 / (sum of (s^2 / n)^2 / (n - 1)).
pub(crate) fn students(scores: &[Vec<f64>]) -> Interval {
    let variances = || {
        scores.iter().map(|runs| {
            let deviation = standard_deviation(runs).expect("two runs or more of each task");
            (deviation.powi(2) / runs.len() as f64, (runs.len() - 1) as f64)
        })
    };
    let estimate = mean_of_means(scores);
    let sum: f64 = variances().map(|(variance, _)| variance).sum();
    if sum == 0.0 {
        return Interval { low: estimate, estimate, high: estimate };
    }
    let freedom = sum.powi(2) / variances().map(|(variance, freedom)| variance.powi(2) / freedom).sum::<f64>();
    let student = StudentsT::new(0.0, 1.0, freedom).expect("the degrees of freedom are positive");
    let half = student.inverse_cdf(0.975) * sum.sqrt() / scores.len() as f64;
    Interval { low: estimate - half, estimate, high: estimate + half }
}

/// As many runs of each task as there are, drawn with replacement.
fn resample<T: Copy>(scores: &[Vec<T>], rng: &mut Prng) -> Vec<Vec<T>> {
    let mut draw = |runs: &Vec<T>| (0..runs.len()).map(|_| runs[rng.below(runs.len())]).collect();
    scores.iter().map(&mut draw).collect()
}

fn percentile_interval(estimate: f64, mut draw: impl FnMut() -> f64) -> Interval {
    let mut draws: Vec<f64> = (0..RESAMPLES).map(|_| draw()).collect();
    draws.sort_by(f64::total_cmp);
    Interval { low: percentile(&draws, 2.5), estimate, high: percentile(&draws, 97.5) }
}

/// A percentile of sorted values, interpolated linearly between its neighbours (numpy's default).
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let position = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rng() -> Prng {
        Prng::derive("test", 0, "bootstrap")
    }

    fn close(actual: f64, expected: f64, tolerance: f64) {
        assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected} within {tolerance}");
    }

    #[test]
    fn means_and_deviations() {
        close(mean(&[1.0, 2.0, 6.0]), 3.0, 1e-12);
        close(standard_deviation(&[1.0, 2.0, 6.0]).expect("of three values"), 7.0_f64.sqrt(), 1e-12);
        assert_eq!((standard_deviation(&[4.0]), standard_deviation(&[])), (None, None));
        close(mean_of_means(&[vec![0.0, 2.0], vec![5.0]]), 3.0, 1e-12);
    }

    #[test]
    fn the_interquartile_mean_is_scipys() {
        let iqm = |scores: &[f64]| interquartile_mean(&[scores.to_vec()]);
        close(iqm(&[9.0, 1.0, 2.0, 3.0]), 2.5, 1e-12);
        close(iqm(&[100.0, 1.0, 2.0, 4.0, 3.0]), 3.0, 1e-12);
        close(iqm(&[7.0]), 7.0, 1e-12);
        // scipy.stats.trim_mean([[...], [...]], 0.25, axis=None) of the same ten numbers.
        let two_tasks = [vec![0.1, 0.9, 0.4, 0.35, 0.8], vec![0.05, 0.6, 0.55, 0.2, 1.0]];
        close(interquartile_mean(&two_tasks), 0.483_333_333_333_333_4, 1e-12);
    }

    #[test]
    fn percentiles_are_numpys() {
        close(percentile(&[1.0, 2.0, 4.0, 8.0], 2.5), 1.075, 1e-12);
        close(percentile(&[1.0, 2.0, 4.0, 8.0], 97.5), 7.7, 1e-12);
        close(percentile(&[3.0], 97.5), 3.0, 0.0);
    }

    #[test]
    fn the_bootstrap_interval_is_that_of_the_exact_distribution() {
        // The mean of 20 draws of 0 or 1 is binomial: its 2.5th and 97.5th percentiles are 6 and 14 of 20.
        let coins: Vec<f64> = (0..20).map(|i| f64::from(i % 2)).collect();
        assert_eq!(bootstrap(&[coins], mean_of_means, &mut rng()), Interval { low: 0.3, estimate: 0.5, high: 0.7 });
    }

    #[test]
    fn runs_are_resampled_within_their_task() {
        // Runs of one task agree, so that only a draw across tasks could move the aggregate.
        let scores = [vec![0.0; 5], vec![1.0; 5]];
        assert_eq!(bootstrap(&scores, mean_of_means, &mut rng()), Interval { low: 0.5, estimate: 0.5, high: 0.5 });
        // scipy.stats.trim_mean over 200,000 resamples drawn with numpy in the same way.
        let scores = [vec![0.1, 0.9, 0.4, 0.35, 0.8], vec![0.05, 0.6, 0.55, 0.2, 1.0]];
        let interval = bootstrap(&scores, interquartile_mean, &mut rng());
        close(interval.low, 0.241_67, 0.02);
        close(interval.high, 0.75, 0.02);
        assert_eq!(bootstrap(&scores, interquartile_mean, &mut rng()), interval, "the same stream, the same bits");
    }

    #[test]
    fn what_seeds_share_cancels_in_paired_differences() {
        let y = [vec![0.0, 10.0, 20.0], vec![5.0, 50.0, 500.0]];
        let x = y.clone().map(|runs| runs.iter().map(|run| run + 1.0).collect::<Vec<_>>());
        assert_eq!(students(&differences(&x, &y)), Interval { low: 1.0, estimate: 1.0, high: 1.0 });
        let unpaired = students(&x);
        assert!(unpaired.high - unpaired.low > 100.0, "seeds differ far more than methods do");
    }

    /// Quantiles as tables have them: 4.302653 for 2 degrees of freedom, 2.776445 for 4, 2.306004 for 8.
    #[test]
    fn students_interval_is_the_textbooks() {
        let half = |scores: &[Vec<f64>]| {
            let Interval { low, estimate, high } = students(scores);
            close(high - estimate, estimate - low, 1e-9);
            high - estimate
        };
        // Of 1, 2, 3 the deviation is 1; of 1 to 5 it is the root of 2.5.
        close(half(&[vec![1.0, 2.0, 3.0]]), 4.302_653 / 3.0_f64.sqrt(), 1e-5);
        let five: Vec<f64> = (1..=5).map(f64::from).collect();
        close(half(std::slice::from_ref(&five)), 2.776_445 * 0.5_f64.sqrt(), 1e-5);
        // Two tasks that vary alike have the freedom of both together.
        close(half(&[five.clone(), five.clone()]), 2.306_004 * 1.0_f64.sqrt() / 2.0, 1e-5);
        // One that does not vary adds none.
        close(half(&[five, vec![7.0; 5]]), 2.776_445 * 0.5_f64.sqrt() / 2.0, 1e-5);
    }

    /// How often intervals of normal scores hold the truth. The bootstrap's share is what [`bootstrap`]'s page says.
    #[test]
    fn students_interval_covers_what_it_says() {
        let mut rng = rng();
        let coverage = |tasks: usize, runs: usize, interval: &mut dyn FnMut(&[Vec<f64>]) -> Interval| {
            let mut rng = Prng::derive("test", 0, "coverage");
            let trials = 2000;
            let held = (0..trials).filter(|_| {
                // Tasks vary by different amounts.
                let mut task = |k: usize| (0..runs).map(|_| k as f64 * f64::from(rng.normal())).collect::<Vec<_>>();
                let Interval { low, high, .. } = interval(&(1..=tasks).map(&mut task).collect::<Vec<_>>());
                low <= 0.0 && high >= 0.0
            });
            held.count() as f64 / f64::from(trials)
        };
        for (tasks, runs) in [(1, 3), (1, 5), (2, 5), (3, 3), (3, 5)] {
            let share = coverage(tasks, runs, &mut students);
            assert!((0.935..0.985).contains(&share), "{tasks} tasks of {runs} runs: {share}");
        }
        let share = coverage(1, 5, &mut |scores| bootstrap(scores, mean_of_means, &mut rng));
        close(share, 0.83, 0.02);
    }
}
