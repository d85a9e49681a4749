//! The spread of a Gaussian actor.

use tch::{Kind, Tensor};

use crate::losses::{self, LOG_STD_RANGE, Loss};
use crate::{Adam, Device};

/// One trained vector for all states, at first 0, that says the log standard deviations: clipped to a range (official IQL
/// code, `policy.py`) or led into it by a sigmoid (rlkit, `gaussian_policy.py`).
#[derive(Debug)]
pub(super) struct Spread {
    log_std: Tensor, // [lane, 1, action]
    range: (f64, f64),
    squashed: bool,
    adam: Adam,
}

impl Spread {
    /// Clipped to [`LOG_STD_RANGE`].
    pub(super) fn new(lanes: usize, action_size: usize, device: Device) -> Self {
        let log_std = Tensor::zeros([lanes as i64, 1, action_size as i64], (Kind::Float, device.0));
        Self { adam: Adam::new(&log_std), log_std, range: LOG_STD_RANGE, squashed: false }
    }

    pub(super) fn set_range(&mut self, range: (f64, f64)) {
        self.range = range;
    }

    /// From now on by a sigmoid. A range that ends at 0 needs it: clipped there, a single step outwards would end all
    /// learning of the spread, since no gradient comes from outside.
    pub(super) fn squash(&mut self) {
        self.squashed = true;
    }

    /// The standard deviation `[lane, 1, action]`.
    pub(super) fn std(&self) -> Tensor {
        let (low, high) = self.range;
        if self.squashed { self.led_into_range().exp_() } else { self.log_std.clamp(low, high).exp_() }
    }

    fn led_into_range(&self) -> Tensor {
        let (low, high) = self.range;
        self.log_std.sigmoid() * (high - low) + low
    }

    /// One step of the spread alone towards likelier `actions`. Returns the loss of `mean`
    /// ([`losses::weighted_likelihood`]).
    pub(super) fn step(&mut self, mean: &Tensor, actions: &Tensor, weight: &Tensor, rate: f64) -> Loss {
        let (loss, gradient) = self.loss(mean, actions, weight);
        self.adam.step(&mut self.log_std, &gradient, rate);
        loss
    }

    /// The loss of `mean`, and the gradient of what is trained here.
    fn loss(&self, mean: &Tensor, actions: &Tensor, weight: &Tensor) -> (Loss, Tensor) {
        let (low, high) = self.range;
        let inside = self.squashed.then(|| self.led_into_range());
        let log_std = inside.as_ref().unwrap_or(&self.log_std);
        let mut loss = losses::weighted_likelihood(mean, log_std, self.range, actions, weight);
        if let Some(inside) = inside {
            // The sigmoid's slope, in terms of where it led to.
            loss.log_std_gradient *= (&inside - low) * (high - &inside) / (high - low);
        }
        (loss.mean, loss.log_std_gradient)
    }

    /// By the names in a checkpoint.
    pub(super) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        let name = format!("{name}/log_std");
        std::iter::once((name.clone(), self.log_std.shallow_clone())).chain(self.adam.state(&name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the loss at either side, clipped and led by a sigmoid.
    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let rows = |values: &[f32]| Tensor::from_slice(values).view([1, -1, 2]);
        let (mean, actions) = (rows(&[0.1, -0.3, 0.2, 0.0]), rows(&[0.5, 0.1, -0.6, 0.7]));
        let weight = Tensor::from_slice(&[0.5_f32, 2.0]).view([1, 2, 1]);
        for squashed in [false, true] {
            let mut spread = Spread::new(1, 2, Device::CPU);
            spread.set_range((-3.0, 1.0));
            if squashed {
                spread.squash();
            }
            let at = |component: i64, x: f64| {
                let mut moved = Spread {
                    log_std: Tensor::from_slice(&[-0.4_f32, 0.3]).view([1, 1, 2]),
                    ..Spread::new(1, 2, Device::CPU)
                };
                (moved.range, moved.squashed) = (spread.range, spread.squashed);
                _ = moved.log_std.narrow(2, component, 1).f_add_scalar_(x).expect("a number");
                let (loss, gradient) = moved.loss(&mean, &actions, &weight);
                (loss.value.double_value(&[0]), gradient.double_value(&[0, 0, component]))
            };
            for component in 0..2 {
                let (_, gradient) = at(component, 0.0);
                let slope = (at(component, 0.01).0 - at(component, -0.01).0) / 0.02;
                assert!((gradient - slope).abs() < 2e-3 * (1.0 + slope.abs()), "{squashed}: {gradient}, {slope}");
            }
        }
    }

    /// Its gradient leads to the actions' own spread, from wherever it starts. Clipped, it would stand at 1.
    #[test]
    fn a_spread_whose_range_ends_at_0_is_learned() {
        let rows = |values: &[f32]| Tensor::from_slice(values).view([1, -1, 1]);
        let (mean, actions, weight) = (rows(&[0.0; 2]), rows(&[-0.2, 0.2]), rows(&[1.0; 2]));
        let mut spread = Spread::new(1, 1, Device::CPU);
        spread.set_range((-6.0, 0.0));
        spread.squash();
        let std = |spread: &Spread| spread.std().double_value(&[0, 0, 0]);
        assert!((std(&spread) - (-3.0_f64).exp()).abs() < 1e-6);
        (0..4_000).for_each(|_| drop(spread.step(&mean, &actions, &weight, 3e-3)));
        assert!((std(&spread) - 0.2).abs() < 2e-3, "{}", std(&spread));
    }
}
