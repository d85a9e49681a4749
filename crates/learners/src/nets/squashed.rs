//! The actor of CQL: a Gaussian squashed by tanh, whose spread depends on the state.

use std::f64::consts::{LN_2, PI};

use rl::Prng;
use tch::{Kind, Tensor};

use crate::Device;
use crate::nets::{Activations, Scalar, Trained};

/// A perceptron with two outputs per action component, mean and raw log standard deviation, in the form of CORL's
/// `cql.py`: the log standard deviation is `multiplier * raw + offset`, both trained numbers, clipped to a range; an
/// action is tanh(mean + std * normal).
#[derive(Debug)]
pub(crate) struct SquashedActor {
    network: Trained,
    multiplier: Scalar,
    offset: Scalar,
    log_std_range: (f64, f64),
    action_size: i64,
}

/// What the actor says of a batch of states, to draw from as often as is wanted.
#[derive(Debug)]
pub(crate) struct Squashed {
    pass: Activations,
    mean: Tensor,    // [lane, row, action]
    raw: Tensor,     // [lane, row, action]
    log_std: Tensor, // [lane, row, action]
    std: Tensor,     // [lane, row, action]
    inside: Tensor,  // [lane, row, action]: 1 where the log standard deviation was not clipped, else 0
}

/// Several actions for each state.
#[derive(Debug)]
pub(crate) struct Sample {
    noise: Tensor, // [lane, row, n, action]
    /// In (-1, 1), `[lane, row, n, action]`.
    pub(crate) actions: Tensor,
    /// log pi(action | state), `[lane, row, n]`.
    pub(crate) log_density: Tensor,
}

impl SquashedActor {
    /// A fresh actor for actions of `action_size` components: multiplier 1 and offset -1, as CORL starts them.
    pub(crate) fn orthogonal(
        (state_size, hidden, action_size): (usize, &[usize], usize),
        log_std_range: (f64, f64),
        rngs: &mut [Prng],
        device: Device,
    ) -> Self {
        let sizes = [&[state_size], hidden, &[2 * action_size]].concat();
        Self {
            network: Trained::orthogonal(&sizes, rngs, device),
            multiplier: Scalar::new(1.0, rngs.len(), device),
            offset: Scalar::new(-1.0, rngs.len(), device),
            log_std_range,
            action_size: action_size as i64,
        }
    }

    /// Number of lanes.
    pub(crate) fn lanes(&self) -> usize {
        self.network.network().lanes()
    }

    /// What the actor says of states `[lane, row, state]`.
    pub(crate) fn at(&self, states: &Tensor) -> Squashed {
        let pass = self.network.forward(states);
        let mean = pass.output.narrow(2, 0, self.action_size);
        let raw = pass.output.narrow(2, self.action_size, self.action_size);
        let (low, high) = self.log_std_range;
        let unclipped = self.offset.value() + self.multiplier.value() * &raw;
        let inside = unclipped.ge(low).logical_and(&unclipped.le(high)).to_kind(Kind::Float);
        let log_std = unclipped.clamp(low, high);
        Squashed { pass, mean, raw, std: log_std.exp(), log_std, inside }
    }

    /// One step against a loss of one drawn action per state, by its gradients at the actions
    /// (`action_gradient`, `[lane, row, action]`) and at their log-densities (`density_gradient`, `[lane, 1, 1]`, the
    /// same for every row). The gradient goes through the draw: the noise is what is held fixed.
    pub(crate) fn step(
        &mut self,
        at: &Squashed,
        sample: &Sample,
        action_gradient: &Tensor,
        density_gradient: &Tensor,
        rate: f64,
    ) {
        let gradients = at.gradients(sample, action_gradient, density_gradient);
        let raw = &gradients.log_std * self.multiplier.value();
        let total = |x: &Tensor| x.sum_dim_intlist([1_i64, 2].as_slice(), true, Kind::Float); // [lane, 1, 1]
        let (multiplier, offset) = (total(&(&gradients.log_std * &at.raw)), total(&gradients.log_std));
        self.multiplier.step(&multiplier, rate);
        self.offset.step(&offset, rate);
        self.network.step(&at.pass, Tensor::cat(&[gradients.mean, raw], 2), rate);
    }

    /// Parameters and moments, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        let mut state = self.network.state(name);
        state.extend(self.multiplier.state(&format!("{name}/log_std_multiplier")));
        state.extend(self.offset.state(&format!("{name}/log_std_offset")));
        state
    }
}

struct Gradients {
    mean: Tensor,    // [lane, row, action]
    log_std: Tensor, // [lane, row, action]
}

impl Squashed {
    /// The action without noise, `[lane, row, action]`.
    pub(crate) fn mode(&self) -> Tensor {
        self.mean.tanh()
    }

    /// As many actions per state as there is standard normal `noise`, `[lane, row, n, action]`.
    ///
    /// The density is that of u = mean + std * noise, less log(1 - tanh(u)^2) for the squashing, written as
    /// 2 (log 2 - u - softplus(-2 u)), which loses no digits where tanh(u) is near 1 (Haarnoja et al. 2018, appendix C,
    /// is the formula; the form is that of CORL and of torch's `TanhTransform`).
    pub(crate) fn sample(&self, noise: &Tensor) -> Sample {
        let mut u = self.mean.unsqueeze(2) + self.std.unsqueeze(2) * noise;
        let squashing = ((&u * -2.0).softplus() + &u - LN_2) * 2.0; // - log(1 - tanh(u)^2)
        let density = noise.square() * -0.5 - self.log_std.unsqueeze(2) - 0.5 * (2.0 * PI).ln() + squashing;
        Sample {
            noise: noise.shallow_clone(),
            actions: u.tanh_(),
            log_density: density.sum_dim_intlist([3_i64].as_slice(), false, Kind::Float),
        }
    }

    fn gradients(&self, sample: &Sample, action_gradient: &Tensor, density_gradient: &Tensor) -> Gradients {
        assert_eq!(sample.actions.size()[2], 1, "a step is one of a single action per state");
        let (action, noise) = (sample.actions.squeeze_dim(2), sample.noise.squeeze_dim(2));
        // At u: through tanh, and through the squashing's part of the log-density, whose slope is 2 tanh(u).
        let mean = Tensor::tanh_backward(action_gradient, &action) + &action * 2.0 * density_gradient;
        let log_std = (&mean * noise * &self.std - density_gradient) * &self.inside;
        Gradients { mean, log_std }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::normals;

    #[test]
    fn gradients_agree_with_autograd() {
        let mut rngs: Vec<Prng> = (0..2).map(|seed| Prng::derive("squashed", seed, "init")).collect();
        let actor = SquashedActor::orthogonal((5, &[16], 3), (-1.5, -0.5), &mut rngs, Device::CPU);
        let states = normals(&[2, 20, 5], &mut rngs[0]);
        let noise = normals(&[2, 20, 1, 3], &mut rngs[0]);
        let action_gradient = normals(&[2, 20, 3], &mut rngs[0]);
        let density_gradient = normals(&[2, 1, 1], &mut rngs[0]);
        let at = actor.at(&states);
        let sample = at.sample(&noise);
        let found = at.gradients(&sample, &action_gradient, &density_gradient);

        let mean = at.mean.copy().set_requires_grad(true);
        let log_std = (actor.offset.value() + actor.multiplier.value() * &at.raw).set_requires_grad(true);
        let clipped = log_std.clamp(-1.5, -0.5);
        let u = &mean + clipped.exp() * noise.squeeze_dim(2);
        // The density by the textbook: that of the Gaussian at u over the slope of tanh.
        let gaussian = -((&u - &mean) / clipped.exp()).square() / 2.0 - &clipped - (2.0 * PI).sqrt().ln();
        let density = gaussian - (-u.tanh().square() + 1.0).log();
        let density = density.sum_dim_intlist([2_i64].as_slice(), true, Kind::Float);
        let loss = (u.tanh() * action_gradient).sum(Kind::Float) + (&density * density_gradient).sum(Kind::Float);
        loss.backward();
        let close = |found: &Tensor, expected: &Tensor| {
            let off = (found - expected).abs().max().double_value(&[]);
            assert!(off < 1e-4, "off by {off}");
        };
        close(&sample.actions.squeeze_dim(2), &u.tanh().detach());
        close(&sample.log_density, &density.detach());
        close(&found.mean, &mean.grad());
        close(&found.log_std, &log_std.grad());
        let share = at.inside.mean(Kind::Float).double_value(&[]);
        assert!(0.1 < share && share < 0.9, "clipped and unclipped entries are met: {share}");
    }
}
