//! The spread of a Gaussian actor.

use tch::{Kind, Tensor};

use crate::losses::{self, LOG_STD_RANGE, Loss};
use crate::{Adam, Device};

/// One trained vector of log standard deviations for all states, at first 0 (official IQL code, `policy.py`).
#[derive(Debug)]
pub(super) struct Spread {
    log_std: Tensor, // [lane, 1, action]
    range: (f64, f64),
    adam: Adam,
}

impl Spread {
    /// Clipped to [`LOG_STD_RANGE`].
    pub(super) fn new(lanes: usize, action_size: usize, device: Device) -> Self {
        let log_std = Tensor::zeros([lanes as i64, 1, action_size as i64], (Kind::Float, device.0));
        Self { adam: Adam::new(&log_std), log_std, range: LOG_STD_RANGE }
    }

    pub(super) fn set_range(&mut self, range: (f64, f64)) {
        self.range = range;
    }

    /// The standard deviation `[lane, 1, action]`.
    pub(super) fn std(&self) -> Tensor {
        let (low, high) = self.range;
        self.log_std.clamp(low, high).exp_()
    }

    /// One step of the spread alone towards likelier `actions`. Returns the loss of `mean`
    /// ([`losses::weighted_likelihood`]).
    pub(super) fn step(&mut self, mean: &Tensor, actions: &Tensor, weight: &Tensor, rate: f64) -> Loss {
        let loss = losses::weighted_likelihood(mean, &self.log_std, self.range, actions, weight);
        self.adam.step(&mut self.log_std, &loss.log_std_gradient, rate);
        loss.mean
    }

    /// By the names in a checkpoint.
    pub(super) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        let name = format!("{name}/log_std");
        std::iter::once((name.clone(), self.log_std.shallow_clone())).chain(self.adam.state(&name)).collect()
    }
}
