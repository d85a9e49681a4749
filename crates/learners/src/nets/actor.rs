//! The actor of IQL, of AWAC and of behaviour cloning.

use rl::Prng;
use tch::Tensor;

use crate::Device;
use crate::losses::{self, Loss};
use crate::nets::spread::Spread;
use crate::nets::{Activations, Mlp, Trained};
use crate::noise::dropout_mask;

/// A perceptron with tanh at its end, which is the mean of a diagonal Gaussian whose log standard deviation is one
/// trained vector for all states (official IQL code, `policy.py`); or, without that vector, a deterministic policy.
/// AWAC's has no tanh ([`Actor::with_linear_mean`]).
///
/// The distribution itself is not squashed.
#[derive(Debug)]
pub(crate) struct Actor {
    network: Trained,
    linear: bool, // no tanh at the end
    average: Option<Average>,
    spread: Option<Spread>,
    dropout: f64,
    device: Device,
}

/// What a training pass found in states: draws and a step can be made of it.
#[derive(Debug)]
pub(crate) struct TrainingPass {
    activations: Activations,
    /// `[lane, row, action]`.
    mean: Tensor,
}

/// A network that follows the trained one as target critics follow critics.
#[derive(Debug)]
struct Average {
    network: Mlp,
    rate: f64,
}

impl Actor {
    /// A fresh stochastic actor: log standard deviations are 0, and clipped to [`losses::LOG_STD_RANGE`]. `dropout` is the
    /// share of each hidden layer's outputs that a training pass leaves out.
    pub(crate) fn gaussian(sizes: &[usize], dropout: f64, rngs: &mut [Prng], device: Device) -> Self {
        let spread = Spread::new(rngs.len(), sizes[sizes.len() - 1], device);
        Self { spread: Some(spread), ..Self::deterministic(sizes, dropout, rngs, device) }
    }

    /// A fresh deterministic actor.
    pub(crate) fn deterministic(sizes: &[usize], dropout: f64, rngs: &mut [Prng], device: Device) -> Self {
        let network = Trained::orthogonal(sizes, rngs, device);
        Self { network, linear: false, average: None, spread: None, dropout, device }
    }

    /// The same actor without tanh at its end.
    #[must_use]
    pub(crate) fn with_linear_mean(self) -> Self {
        Self { linear: true, ..self }
    }

    /// The same fresh actor with the weights of its last layer times `factor`: a small one lets it start near 0 everywhere.
    #[must_use]
    pub(crate) fn with_scaled_end(self, factor: f64) -> Self {
        Self { network: self.network.with_scaled_end(factor), ..self }
    }

    /// The same actor with another range for its log standard deviations; nothing to a deterministic one.
    #[must_use]
    pub(crate) fn with_log_std_range(mut self, range: (f64, f64)) -> Self {
        if let Some(spread) = &mut self.spread {
            spread.set_range(range);
        }
        self
    }

    /// The same actor, its log standard deviations led into their range by a sigmoid instead of clipped to it; they begin in
    /// its middle. Nothing to a deterministic one.
    #[must_use]
    pub(crate) fn with_squashed_log_std(mut self, squashed: bool) -> Self {
        if let (true, Some(spread)) = (squashed, &mut self.spread) {
            spread.squash();
        }
        self
    }

    /// The same actor with a moving average of its weights beside them, which [`Actor::best_mean`] acts by; each step
    /// moves the average by the share `rate` of its way to the weights. Without a rate there is none.
    #[must_use]
    pub(crate) fn with_average(mut self, rate: Option<f64>) -> Self {
        self.average = rate.map(|rate| Average { network: self.network.network().duplicate(), rate });
        self
    }

    /// Number of lanes.
    pub(crate) fn lanes(&self) -> usize {
        self.network.network().lanes()
    }

    /// Steps taken so far.
    pub(crate) fn steps(&self) -> i64 {
        self.network.steps()
    }

    /// The mean action, without dropout, `[lane, row, action]` for states `[lane, row, state]`; without tanh it may lie
    /// outside [-1, 1].
    pub(crate) fn mean(&self, states: &Tensor) -> Tensor {
        self.end(&self.network.forward(states).output)
    }

    /// The mean action of the averaged weights where there are any, else [`Actor::mean`].
    pub(crate) fn best_mean(&self, states: &Tensor) -> Tensor {
        match &self.average {
            Some(Average { network, .. }) => self.end(&network.forward(states).output),
            None => self.mean(states),
        }
    }

    /// Actions `[lane, row, action]` by standard normal `noise` of that shape, clipped to [-1, 1]; a deterministic
    /// actor takes its mean.
    pub(crate) fn sample(&self, states: &Tensor, noise: &Tensor) -> Tensor {
        self.draw(&self.mean(states), noise)
    }

    /// The same in the states of a pass.
    pub(crate) fn sample_at(&self, pass: &TrainingPass, noise: &Tensor) -> Tensor {
        self.draw(&pass.mean, noise)
    }

    fn draw(&self, mean: &Tensor, noise: &Tensor) -> Tensor {
        match self.std() {
            Some(std) => (mean + std * noise).clamp_(-1.0, 1.0),
            None => mean.shallow_clone(),
        }
    }

    fn end(&self, output: &Tensor) -> Tensor {
        if self.linear { output.shallow_clone() } else { output.tanh() }
    }

    /// The standard deviation `[lane, 1, action]`; none for a deterministic actor.
    pub(crate) fn std(&self) -> Option<Tensor> {
        self.spread.as_ref().map(Spread::std)
    }

    /// One step towards likelier `actions`, each row as much as its `weight` `[lane, row, 1]` says. Returns the loss
    /// `[lane]` ([`losses::weighted_likelihood`]). `rngs` feed dropout.
    pub(crate) fn step_likelihood(
        &mut self,
        states: &Tensor,
        actions: &Tensor,
        weight: &Tensor,
        rate: f64,
        rngs: &mut [Prng],
    ) -> Tensor {
        let pass = self.training_pass(states, rngs);
        self.step_likelihood_at(&pass, actions, weight, rate)
    }

    /// The same from a pass; no step may lie between the two.
    pub(crate) fn step_likelihood_at(
        &mut self,
        pass: &TrainingPass,
        actions: &Tensor,
        weight: &Tensor,
        rate: f64,
    ) -> Tensor {
        let spread = self.spread.as_mut().expect("a deterministic actor has no likelihood");
        let loss = spread.step(&pass.mean, actions, weight, rate);
        self.step_mean(pass, loss, rate)
    }

    /// One step of the mean towards `actions` in squared error. Returns the loss `[lane]` ([`losses::squared_error`]).
    pub(crate) fn step_squared_error(
        &mut self,
        states: &Tensor,
        actions: &Tensor,
        rate: f64,
        rngs: &mut [Prng],
    ) -> Tensor {
        let pass = self.training_pass(states, rngs);
        let loss = losses::squared_error(&pass.mean, actions);
        self.step_mean(&pass, loss, rate)
    }

    /// A pass with dropout, where there is any; `rngs` feed it.
    pub(crate) fn training_pass(&self, states: &Tensor, rngs: &mut [Prng]) -> TrainingPass {
        let network = self.network.network();
        let rows = states.size()[1];
        let masks = if self.dropout == 0.0 {
            Vec::new()
        } else {
            network.hidden().map(|width| dropout_mask(self.dropout, rngs, rows, width, self.device)).collect()
        };
        let activations = network.forward_masked(states, masks);
        let mean = self.end(&activations.output);
        TrainingPass { activations, mean }
    }

    fn step_mean(&mut self, TrainingPass { activations, mean }: &TrainingPass, loss: Loss, rate: f64) -> Tensor {
        let gradient = if self.linear { loss.gradient } else { Tensor::tanh_backward(&loss.gradient, mean) };
        self.network.step(activations, gradient, rate);
        if let Some(Average { network, rate }) = &mut self.average {
            network.soft_update(self.network.network(), *rate);
        }
        loss.value
    }

    /// What it acts by, of [`Actor::state`].
    pub(crate) fn weights(&self, name: &str) -> Vec<(String, Tensor)> {
        let mut state = self.state(name);
        state.retain(|(name, _)| !name.starts_with("adam/"));
        state
    }

    /// Parameters and moments, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        let mut state = self.network.state(name);
        if let Some(Average { network, .. }) = &self.average {
            state.extend(network.state(&format!("{name}_average")));
        }
        state.extend(self.spread.iter().flat_map(|spread| spread.state(name)));
        state
    }
}
