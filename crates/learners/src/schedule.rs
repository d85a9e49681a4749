//! How a learning rate changes over the updates.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The course of a learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "schedule", rename_all = "snake_case", deny_unknown_fields)]
pub enum RateSchedule {
    /// The same rate for ever.
    Constant,
    /// Half a cosine from the full rate to 0, and 0 from then on (the official IQL code's `cosine_decay_schedule`).
    Cosine {
        /// Updates until the rate is 0.
        max_steps: u64,
    },
}

impl RateSchedule {
    /// The rate of the update after `done` updates.
    pub fn rate(self, full: f64, done: i64) -> f64 {
        match self {
            Self::Constant => full,
            Self::Cosine { max_steps } => {
                let progress = (done as f64 / max_steps as f64).min(1.0);
                full * f64::midpoint(1.0, (PI * progress).cos())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RateSchedule;

    #[test]
    fn cosine_falls_from_full_to_zero() {
        let schedule = RateSchedule::Cosine { max_steps: 100 };
        for (done, expected) in [(0, 2.0), (25, 1.0 + 0.5_f64.sqrt()), (50, 1.0), (100, 0.0), (200, 0.0)] {
            assert!((schedule.rate(2.0, done) - expected).abs() < 1e-12, "after {done}: {}", schedule.rate(2.0, done));
        }
        assert!((RateSchedule::Constant.rate(2.0, 200) - 2.0).abs() < 1e-12);
    }
}
