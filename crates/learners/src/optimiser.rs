//! Which optimiser trains a convolutional network.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::Adam;

/// An optimiser; its rate is the learner's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimiser {
    /// Adam (Kingma and Ba 2015, Algorithm 1), with decays of 0.9 and 0.999 and an epsilon of 1e-8.
    Adam,
    /// Gradient descent with momentum: the step is a sum of all gradients, each `decay` times as heavy as the next.
    Momentum {
        /// In [0, 1).
        decay: f64,
    },
}

/// An optimiser under way.
#[derive(Debug)]
pub(crate) enum OptimiserState {
    Adam(Adam),
    Momentum { decay: f64, velocity: Tensor },
}

impl OptimiserState {
    pub(crate) fn new(optimiser: Optimiser, parameters: &Tensor) -> Self {
        match optimiser {
            Optimiser::Adam => Self::Adam(Adam::new(parameters)),
            Optimiser::Momentum { decay } => Self::Momentum { decay, velocity: parameters.zeros_like() },
        }
    }

    /// Moves `parameters` against `gradient`.
    pub(crate) fn step(&mut self, parameters: &mut Tensor, gradient: &Tensor, rate: f64) {
        match self {
            Self::Adam(adam) => adam.step(parameters, gradient, rate),
            Self::Momentum { decay, velocity } => {
                *velocity *= *decay;
                *velocity += gradient;
                *parameters -= &*velocity * rate;
            }
        }
    }

    /// By the names in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        match self {
            Self::Adam(adam) => adam.state(name),
            Self::Momentum { velocity, .. } => vec![(format!("momentum/{name}"), velocity.shallow_clone())],
        }
    }
}
