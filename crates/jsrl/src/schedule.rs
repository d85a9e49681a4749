//! How many steps of an episode belong to the guide, and when that number falls.

use std::collections::VecDeque;

use rl::Prng;
use serde::{Deserialize, Serialize};

/// What a specification says; the horizons follow once the guide is measured ([`SchedulePlan::start`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "schedule", rename_all = "snake_case", deny_unknown_fields)]
pub enum SchedulePlan {
    /// Lowers the horizon when the combined policy holds its level (section 4.2; its rule is in appendix A.4).
    Curriculum {
        /// n, the number of times that the horizon falls on its way to 0.
        stages: usize,
        /// How far, relative to the best level so far, the moving average may lie below it (0 to 1).
        tolerance: f32,
        /// Evaluations in the moving average.
        window: usize,
    },
    /// Draws a horizon of the same list anew for each episode (JSRL-Random, section 4.2).
    Random {
        /// n, as in the curriculum.
        stages: usize,
    },
    /// No guide: ordinary online training.
    LearnerOnly,
}

impl SchedulePlan {
    /// The schedule at the start of a run whose guide needs `first_horizon` = H1 steps: with the horizons H1, H1 - H1/n,
    /// ..., H1/n, 0, rounded: where the guide needs fewer than n steps, some stand there twice.
    ///
    /// Algorithm 1 starts at H1, the appendix one stage later; at H1 the first full window measures the guide.
    pub fn start(&self, first_horizon: usize) -> ScheduleState {
        let horizons = |stages: usize| -> Vec<usize> {
            assert!(stages > 0, "a schedule needs at least one stage");
            (0..=stages).map(|stage| (first_horizon * (stages - stage) + stages / 2) / stages).collect()
        };
        let schedule = match *self {
            SchedulePlan::Curriculum { stages, tolerance, window } => {
                assert!(window > 0, "a moving average needs at least one evaluation");
                GuideSchedule::Curriculum { horizons: horizons(stages), tolerance, window }
            }
            SchedulePlan::Random { stages } => GuideSchedule::Random { horizons: horizons(stages) },
            SchedulePlan::LearnerOnly => GuideSchedule::LearnerOnly,
        };
        ScheduleState {
            schedule,
            stage: 0,
            window: VecDeque::new(),
            best: None,
            scored: false,
            evaluations_in_stage: 0,
            forced: 0,
        }
    }
}

/// A mean this far below the bar still reaches it, so that rounding does not decide.
const SLACK: f64 = 1e-6;

/// How many steps of each episode belong to the guide (h in Algorithm 1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum GuideSchedule {
    /// Goes down the list, one horizon at a time, whenever the combined policy holds its level.
    Curriculum {
        /// Falling, the last one 0.
        horizons: Vec<usize>,
        /// See [`SchedulePlan::Curriculum`].
        tolerance: f32,
        /// See [`SchedulePlan::Curriculum`].
        window: usize,
    },
    /// Draws one of the horizons anew for each episode.
    Random {
        /// The same list as the curriculum's.
        horizons: Vec<usize>,
    },
    /// No guide.
    LearnerOnly,
}

/// The progress of a schedule in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduleState {
    schedule: GuideSchedule,
    stage: usize,
    window: VecDeque<f32>,
    /// The largest full-window mean so far.
    best: Option<f64>,
    /// Whether any full-window mean was other than 0.
    scored: bool,
    evaluations_in_stage: usize,
    forced: usize,
}

impl ScheduleState {
    /// The guide's steps in the episode that starts now.
    pub fn next_horizon(&self, rng: &mut Prng) -> usize {
        match &self.schedule {
            GuideSchedule::Curriculum { horizons, .. } => horizons[self.stage],
            GuideSchedule::Random { horizons } => horizons[rng.below(horizons.len())],
            GuideSchedule::LearnerOnly => 0,
        }
    }

    /// The horizon at which the combined policy must be evaluated to move the curriculum; none where no evaluation
    /// moves anything (the other schedules, and a curriculum that has arrived at 0).
    pub fn evaluation_horizon(&self) -> Option<usize> {
        match &self.schedule {
            GuideSchedule::Curriculum { horizons, .. } => {
                (self.stage + 1 < horizons.len()).then(|| horizons[self.stage])
            }
            _ => None,
        }
    }

    /// The horizon of the moment, for plots: none where it is drawn anew for each episode.
    pub fn current_horizon(&self) -> Option<usize> {
        match &self.schedule {
            GuideSchedule::Curriculum { horizons, .. } => Some(horizons[self.stage]),
            GuideSchedule::Random { .. } => None,
            GuideSchedule::LearnerOnly => Some(0),
        }
    }

    /// Takes the combined policy's score at [`ScheduleState::evaluation_horizon`] and moves the curriculum on when the
    /// mean of the last `window` scores is at least `best - tolerance * |best|`, with `best` the largest such mean
    /// before (appendix A.4; the window rolls on across stages).
    ///
    /// While every such mean has been 0, holding that level is no progress: a stage then ends only after twice the
    /// window, and counts as [`ScheduleState::forced`].
    ///
    /// # Panics
    /// When the score is not finite: nothing could be held against it.
    pub fn observe_evaluation(&mut self, score: f32) {
        assert!(score.is_finite(), "an evaluation's score of {score}");
        if self.evaluation_horizon().is_none() {
            return;
        }
        let GuideSchedule::Curriculum { tolerance, window, .. } = self.schedule else { return };
        self.evaluations_in_stage += 1;
        self.window.push_back(score);
        if self.window.len() > window {
            self.window.pop_front();
        }
        if self.window.len() < window {
            return;
        }
        let mean = self.window.iter().map(|score| f64::from(*score)).sum::<f64>() / window as f64;
        let holds = self.best.is_none_or(|best| mean >= best - f64::from(tolerance) * best.abs() - SLACK);
        self.best = Some(self.best.map_or(mean, |best| best.max(mean)));
        self.scored |= mean != 0.0;
        let forced = !self.scored && self.evaluations_in_stage >= 2 * window;
        if forced || (holds && self.scored) {
            self.forced += usize::from(forced);
            self.stage += 1;
            self.evaluations_in_stage = 0;
        }
    }

    /// Stages that ended without any success to hold.
    pub fn forced(&self) -> usize {
        self.forced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curriculum(stages: usize, tolerance: f32, window: usize, first: usize) -> ScheduleState {
        SchedulePlan::Curriculum { stages, tolerance, window }.start(first)
    }

    #[test]
    fn horizons_fall_from_the_first_to_zero() {
        let rows = [(100, 4, vec![100, 75, 50, 25, 0]), (10, 3, vec![10, 7, 3, 0]), (2, 4, vec![2, 2, 1, 1, 0])];
        for (first, stages, expected) in rows {
            assert_eq!(
                SchedulePlan::Random { stages }.start(first).schedule,
                GuideSchedule::Random { horizons: expected },
                "H1 = {first}, n = {stages}"
            );
        }
    }

    /// Window 2, tolerance 10 %, horizons 30, 20, 10, 0: score observed -> horizon after it.
    #[test]
    fn the_curriculum_moves_row_by_row() {
        let mut rng = Prng::derive("test", 0, "schedule");
        let mut state = curriculum(3, 0.1, 2, 30);
        assert_eq!(state.next_horizon(&mut rng), 30);
        let rows = [
            (0.5, 30, "the window is not full"),
            (0.5, 20, "the first full window measures the guide and advances"),
            (0.3, 20, "0.40 is below 0.45"),
            (0.5, 20, "0.40 again"),
            (0.42, 10, "0.46 is within the tolerance of 0.5, the best so far"),
            (0.9, 0, "0.66 is a new best"),
            (0.0, 0, "at 0 nothing moves"),
        ];
        for (score, horizon, why) in rows {
            state.observe_evaluation(score);
            assert_eq!(state.next_horizon(&mut rng), horizon, "{why}");
        }
        assert_eq!((state.evaluation_horizon(), state.forced()), (None, 0));
    }

    #[test]
    fn a_level_of_zero_is_no_progress() {
        let mut state = curriculum(2, 0.0, 2, 10);
        let horizons: Vec<_> = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5]
            .into_iter()
            .map(|score| {
                state.observe_evaluation(score);
                state.current_horizon()
            })
            .collect();
        assert_eq!(horizons, [10, 10, 10, 5, 5, 5, 0].map(Some));
        assert_eq!(state.forced(), 1, "the second stage ended by a success");
    }

    #[test]
    fn negative_scores_have_a_tolerance_too() {
        let mut state = curriculum(3, 0.1, 1, 30);
        for (score, horizon) in [(-100.0, 20), (-111.0, 20), (-109.0, 10)] {
            state.observe_evaluation(score);
            assert_eq!(state.current_horizon(), Some(horizon), "after {score}");
        }
    }

    /// Costs as rewards: 0 is then the best level of all, and reaching it is progress.
    #[test]
    fn zero_after_a_negative_level_advances() {
        let mut state = curriculum(3, 0.1, 1, 30);
        for (score, horizon) in [(-5.0, 20), (0.0, 10), (0.0, 0)] {
            state.observe_evaluation(score);
            assert_eq!(state.current_horizon(), Some(horizon), "after {score}");
        }
        assert_eq!(state.forced(), 0);
    }

    #[test]
    #[should_panic(expected = "score of NaN")]
    fn a_score_that_is_no_number_is_refused() {
        curriculum(3, 0.1, 1, 30).observe_evaluation(f32::NAN);
    }

    /// The same level in other numbers: as 32-bit floats, 0.0, 0.2 and 0.7 sum to less than three times 0.3.
    #[test]
    fn rounding_does_not_decide() {
        let sum = |scores: [f32; 3]| scores.map(f64::from).iter().sum::<f64>();
        assert!(sum([0.0, 0.2, 0.7]) < sum([0.3; 3]));
        let mut state = curriculum(2, 0.0, 3, 10);
        let rows = [(0.3, 10), (0.3, 10), (0.3, 5), (0.0, 5), (0.2, 5), (0.7, 0)];
        for (score, horizon) in rows {
            state.observe_evaluation(score);
            assert_eq!(state.current_horizon(), Some(horizon), "after {score}");
        }
    }

    #[test]
    fn random_draws_every_horizon() {
        let mut rng = Prng::derive("test", 0, "schedule");
        let state = SchedulePlan::Random { stages: 4 }.start(100);
        let mut drawn: Vec<usize> = (0..200).map(|_| state.next_horizon(&mut rng)).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [0, 25, 50, 75, 100]);
        assert_eq!(state.evaluation_horizon(), None);
        assert_eq!(SchedulePlan::LearnerOnly.start(100).next_horizon(&mut rng), 0);
    }
}
