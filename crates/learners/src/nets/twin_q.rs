//! Two critics and their targets.

use rl::Prng;
use tch::Tensor;

use crate::nets::{Activations, Mlp, Trained};
use crate::{Device, losses};

/// Two critics of one shape, Q1 and Q2, each with a target that follows it slowly; the smaller of the two says what an
/// action is worth (clipped double Q-learning, Fujimoto, van Hoof and Meger 2018).
///
/// Critics get `[lane, row, state + action]` and return `[lane, row, 1]`.
#[derive(Debug)]
pub(crate) struct TwinQ {
    critics: [Trained; 2],
    targets: [Mlp; 2],
}

impl TwinQ {
    /// Fresh critics, as [`Mlp::orthogonal`] makes them; the targets start as copies.
    pub(crate) fn orthogonal(sizes: &[usize], rngs: &mut [Prng], device: Device) -> Self {
        let critics = [(); 2].map(|()| Trained::orthogonal(sizes, rngs, device));
        let targets = critics.each_ref().map(|critic| critic.network().duplicate());
        Self { critics, targets }
    }

    /// Runs both critics.
    pub(crate) fn forward(&self, pairs: &Tensor) -> [Activations; 2] {
        self.critics.each_ref().map(|critic| critic.forward(pairs))
    }

    /// The smaller value of the two critics.
    pub(crate) fn min(&self, pairs: &Tensor) -> Tensor {
        let [q1, q2] = self.forward(pairs);
        q1.output.minimum(&q2.output)
    }

    /// The smaller value of the two target critics.
    pub(crate) fn target_min(&self, pairs: &Tensor) -> Tensor {
        let [q1, q2] = self.targets.each_ref().map(|target| target.forward(pairs).output);
        q1.minimum(&q2)
    }

    /// The gradient of the smaller value at the critics' input, `[lane, row, state + action]`, for what
    /// [`TwinQ::forward`] left behind. Where both are equal, each counts half.
    pub(crate) fn min_input_gradient(&self, passes: &[Activations; 2]) -> Tensor {
        let [q1, q2] = passes;
        let excess = (&q1.output - &q2.output).sign();
        let [first, second] = [&excess * -0.5 + 0.5, excess * 0.5 + 0.5]; // shares of the gradient
        let [critic1, critic2] = self.critics.each_ref().map(Trained::network);
        critic1.backward_to_input(q1, first) + critic2.backward_to_input(q2, second)
    }

    /// One step of both critics towards `y` `[lane, row, 1]` in squared error. Returns the value `[lane, row, 1]` and
    /// the loss `[lane]` of each, from before the step.
    pub(crate) fn step_towards(&mut self, pairs: &Tensor, y: &Tensor, rate: f64) -> [(Tensor, Tensor); 2] {
        self.critics.each_mut().map(|critic| {
            let q = critic.forward(pairs);
            let loss = losses::squared_error(&q.output, y);
            critic.step(&q, loss.gradient, rate);
            (q.output, loss.value)
        })
    }

    /// One step of each critic against a loss of its own, given by its gradient at the output.
    pub(crate) fn step(&mut self, passes: &[Activations; 2], output_gradients: [Tensor; 2], rate: f64) {
        for ((critic, pass), gradient) in self.critics.iter_mut().zip(passes).zip(output_gradients) {
            critic.step(pass, gradient, rate);
        }
    }

    /// Moves the targets by the share `tau` towards the critics.
    pub(crate) fn soft_update(&mut self, tau: f64) {
        for (target, critic) in self.targets.iter_mut().zip(&self.critics) {
            target.soft_update(critic.network(), tau);
        }
    }

    /// Parameters and moments, by the names that they have in a checkpoint.
    pub(crate) fn state(&self) -> Vec<(String, Tensor)> {
        let [critic1, critic2] = &self.critics;
        let [target1, target2] = &self.targets;
        [
            critic1.state("critic1"),
            critic2.state("critic2"),
            target1.state("target_critic1"),
            target2.state("target_critic2"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// States `[lane, row, state]`, each beside every one of its actions `[lane, row, n, action]`, as critics want them:
/// `[lane, row * n, state + action]`. The repeated states are written straight to their place.
pub(crate) fn pairs(states: &Tensor, actions: &Tensor) -> Tensor {
    let [lanes, rows, n, action] = actions.size()[..] else { panic!("actions of shape {:?}", actions.size()) };
    let state = states.size()[2];
    let repeated = states.unsqueeze(2).expand([lanes, rows, n, state], false);
    Tensor::cat(&[repeated, actions.shallow_clone()], 3).view([lanes, rows * n, state + action])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::normals;
    use tch::Kind;

    #[test]
    fn the_smaller_values_gradient_agrees_with_autograd() {
        let mut rngs: Vec<Prng> = (0..2).map(|seed| Prng::derive("twin", seed, "init")).collect();
        let twin = TwinQ::orthogonal(&[5, 16, 1], &mut rngs, Device::CPU);
        let input = normals(&[2, 20, 5], &mut rngs[0]);
        let passes = twin.forward(&input);
        let found = twin.min_input_gradient(&passes);
        let first = passes[0].output.lt_tensor(&passes[1].output).to_kind(Kind::Float).mean(Kind::Float);
        assert!((0.1..0.9).contains(&first.double_value(&[])), "each critic is the smaller one somewhere");

        let leaf = input.set_requires_grad(true);
        twin.min(&leaf).sum(Kind::Float).backward();
        let off = (leaf.grad() - found).abs().max().double_value(&[]);
        assert!(off < 1e-5, "off by {off}");
    }

    /// Equal critics: each counts half, so that the gradient is that of either.
    #[test]
    fn equal_values_share_the_gradient() {
        let mut rngs = vec![Prng::derive("twin", 0, "init")];
        let mut twin = TwinQ::orthogonal(&[3, 8, 1], &mut rngs, Device::CPU);
        let [first, second] = &mut twin.critics;
        *second = Trained::orthogonal(&[3, 8, 1], &mut [Prng::derive("twin", 0, "init")], Device::CPU);
        *first = Trained::orthogonal(&[3, 8, 1], &mut [Prng::derive("twin", 0, "init")], Device::CPU);
        let input = normals(&[1, 4, 3], &mut rngs[0]);
        let passes = twin.forward(&input);
        let alone = twin.critics[0].network().backward_to_input(&passes[0], passes[0].output.ones_like());
        let off = (twin.min_input_gradient(&passes) - alone).abs().max().double_value(&[]);
        assert!(off < 1e-6, "off by {off}");
    }

    #[test]
    fn every_action_stands_beside_its_state() {
        let states = Tensor::from_slice(&[1.0_f32, 2.0]).view([1, 2, 1]);
        let actions = Tensor::from_slice(&[10.0_f32, 11.0, 20.0, 21.0]).view([1, 2, 2, 1]);
        let expected = Tensor::from_slice(&[1.0_f32, 10.0, 1.0, 11.0, 2.0, 20.0, 2.0, 21.0]).view([1, 4, 2]);
        assert_eq!(pairs(&states, &actions), expected);
    }
}
