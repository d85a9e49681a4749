//! The actor of picture tasks.

use rl::Prng;
use tch::{Tensor, no_grad};

use crate::losses::{self, Loss};
use crate::nets::spread::Spread;
use crate::nets::{Cnn, Pass, TrainedCnn, Vision};
use crate::sight::{Sight, SightInput};
use crate::{Interface, Optimiser};

/// As [`crate::nets::Actor`], on a network that sees pictures: tanh at its end is the mean action, and a Gaussian actor
/// has one spread for all states.
#[derive(Debug)]
pub(crate) struct ImageActor {
    network: TrainedCnn,
    spread: Option<Spread>,
}

impl ImageActor {
    pub(crate) fn deterministic(vision: Vision, input: &SightInput, interface: &Interface, rngs: &mut [Prng]) -> Self {
        let (states, actions) = (interface.state_size(), interface.action_size);
        let network = Cnn::new(vision, input.window(), states, actions, rngs, input.device());
        Self { network: TrainedCnn::new(network, Optimiser::Adam, 0.0), spread: None }
    }

    pub(crate) fn gaussian(vision: Vision, input: &SightInput, interface: &Interface, rngs: &mut [Prng]) -> Self {
        let spread = Spread::new(rngs.len(), interface.action_size, input.device());
        Self { spread: Some(spread), ..Self::deterministic(vision, input, interface, rngs) }
    }

    pub(crate) fn lanes(&self) -> usize {
        self.network.network().lanes()
    }

    /// The mean action, `[lane, row, action]`.
    pub(crate) fn mean(&self, sight: &Sight) -> Tensor {
        no_grad(|| self.output(sight, Pass::Eval).tanh())
    }

    /// The standard deviation `[lane, 1, action]`; none for a deterministic actor.
    pub(crate) fn std(&self) -> Option<Tensor> {
        self.spread.as_ref().map(Spread::std)
    }

    /// As [`crate::nets::Actor::step_likelihood`].
    pub(crate) fn step_likelihood(&mut self, sight: &Sight, actions: &Tensor, weight: &Tensor, rate: f64) -> Tensor {
        let output = self.output(sight, Pass::Train);
        let mean = output.detach().tanh();
        let spread = self.spread.as_mut().expect("a deterministic actor has no likelihood");
        let loss = spread.step(&mean, actions, weight, rate);
        self.step(&output, &mean, loss, rate)
    }

    /// As [`crate::nets::Actor::step_squared_error`].
    pub(crate) fn step_squared_error(&mut self, sight: &Sight, actions: &Tensor, rate: f64) -> Tensor {
        let output = self.output(sight, Pass::Train);
        let mean = output.detach().tanh();
        let loss = losses::squared_error(&mean, actions);
        self.step(&output, &mean, loss, rate)
    }

    fn output(&self, sight: &Sight, pass: Pass) -> Tensor {
        let network = self.network.network();
        network.head(&network.encode(&sight.images, pass), &sight.states, pass)
    }

    fn step(&mut self, output: &Tensor, mean: &Tensor, loss: Loss, rate: f64) -> Tensor {
        self.network.step(output, &Tensor::tanh_backward(&loss.gradient, mean), rate);
        loss.value
    }

    /// Parameters and moments, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        self.network.state(name).into_iter().chain(self.spread.iter().flat_map(|spread| spread.state(name))).collect()
    }
}
