//! A network under training.

use rl::Prng;
use tch::Tensor;

use crate::nets::{Activations, Mlp};
use crate::{Adam, Device};

/// A network with its gradient and its own optimiser.
#[derive(Debug)]
pub(crate) struct Trained {
    network: Mlp,
    gradient: Mlp,
    adam: Adam,
}

impl Trained {
    /// A fresh network, as [`Mlp::orthogonal`] makes it.
    pub(crate) fn orthogonal(sizes: &[usize], rngs: &mut [Prng], device: Device) -> Self {
        let network = Mlp::orthogonal(sizes, rngs, device);
        Self { gradient: network.zeros_like(), adam: Adam::new(network.parameters()), network }
    }

    /// The same network with the weights of its last layer times `factor`.
    #[must_use]
    pub(crate) fn with_scaled_end(self, factor: f64) -> Self {
        Self { network: self.network.with_scaled_end(factor), ..self }
    }

    /// The network as it stands.
    pub(crate) fn network(&self) -> &Mlp {
        &self.network
    }

    /// Steps taken so far.
    pub(crate) fn steps(&self) -> i64 {
        self.adam.steps()
    }

    /// Runs the network on `[lane, row, in]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Activations {
        self.network.forward(input)
    }

    /// One step of Adam against a loss whose gradient at the output is `output_gradient`.
    pub(crate) fn step(&mut self, activations: &Activations, output_gradient: Tensor, rate: f64) {
        self.network.backward(activations, output_gradient, &mut self.gradient);
        self.adam.step(self.network.parameters_mut(), self.gradient.parameters(), rate);
    }

    /// Parameters and moments, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        self.network.state(name).into_iter().chain(self.adam.state(name)).collect()
    }
}
