//! Multi-layer perceptrons with a leading lane axis, and their gradients by hand.

use rl::Prng;
use tch::{Kind, Tensor};

use crate::Device;
use crate::noise::normals;

/// One perceptron per lane, all of one shape: linear layers with rectifiers between them and none after the last.
///
/// All parameters are one tensor `[lane, parameter]`; weights and biases are views of it.
#[derive(Debug)]
pub(crate) struct Mlp {
    parameters: Tensor,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    weight: Tensor, // [lane, in, out]
    bias: Tensor,   // [lane, 1, out]
    /// The weight as the backward pass wants it, `[lane, out, in]`: a view like the others, made once.
    transposed: Tensor,
}

/// What a forward pass leaves behind for the backward pass.
#[derive(Debug)]
pub(crate) struct Activations {
    /// What each layer got, `[lane, row, in]`.
    inputs: Vec<Tensor>,
    /// Dropout masks of the hidden layers; empty without dropout.
    masks: Vec<Tensor>,
    /// `[lane, row, out]`.
    pub(crate) output: Tensor,
}

impl Mlp {
    /// All parameters 0. `sizes` lists the width of the input, of each hidden layer and of the output.
    pub(crate) fn zeros(sizes: &[usize], lanes: usize, device: Device) -> Self {
        let lanes = lanes as i64;
        let sizes: Vec<i64> = sizes.iter().map(|size| *size as i64).collect();
        let count = sizes.windows(2).map(|size| (size[0] + 1) * size[1]).sum::<i64>();
        let parameters = Tensor::zeros([lanes, count], (Kind::Float, device.0));
        let mut start = 0;
        let mut take = |rows, columns| {
            let view = parameters.narrow(1, start, rows * columns).view([lanes, rows, columns]);
            start += rows * columns;
            view
        };
        let mut layer = |rows, columns| {
            let (weight, bias) = (take(rows, columns), take(1, columns));
            Layer { transposed: weight.transpose(1, 2), weight, bias }
        };
        let layers = sizes.windows(2).map(|size| layer(size[0], size[1])).collect();
        Self { parameters, layers }
    }

    /// Orthogonal weights of gain sqrt(2) and biases of 0 (official IQL code, `common.py`), each lane's from its own
    /// stream.
    pub(crate) fn orthogonal(sizes: &[usize], rngs: &mut [Prng], device: Device) -> Self {
        let mut mlp = Self::zeros(sizes, rngs.len(), device);
        for (lane, rng) in rngs.iter_mut().enumerate() {
            for layer in &mut mlp.layers {
                let size = layer.weight.size();
                layer.weight.get(lane as i64).copy_(&(orthogonal(size[1], size[2], rng) * 2.0_f64.sqrt()));
            }
        }
        mlp
    }

    /// The same network with the weights of its last layer times `factor`.
    #[must_use]
    pub(crate) fn with_scaled_end(mut self, factor: f64) -> Self {
        if let Some(last) = self.layers.last_mut() {
            last.weight *= factor;
        }
        self
    }

    /// Parameters all 0, in the same shape: a place for gradients.
    #[must_use]
    pub(crate) fn zeros_like(&self) -> Self {
        let inputs = self.layers.iter().map(|layer| layer.weight.size()[1]);
        let outputs = self.layers.last().map(|layer| layer.weight.size()[2]);
        let sizes: Vec<usize> = inputs.chain(outputs).map(|size| size as usize).collect();
        Self::zeros(&sizes, self.lanes(), Device(self.parameters.device()))
    }

    /// A copy that shares nothing.
    #[must_use]
    pub(crate) fn duplicate(&self) -> Self {
        let mut copy = self.zeros_like();
        copy.parameters.copy_(&self.parameters);
        copy
    }

    /// Number of lanes.
    pub(crate) fn lanes(&self) -> usize {
        self.parameters.size()[0] as usize
    }

    /// Width of each hidden layer.
    pub(crate) fn hidden(&self) -> impl Iterator<Item = i64> {
        self.layers.iter().skip(1).map(|layer| layer.weight.size()[1])
    }

    /// All parameters, `[lane, parameter]`.
    pub(crate) fn parameters(&self) -> &Tensor {
        &self.parameters
    }

    /// All parameters, to write.
    pub(crate) fn parameters_mut(&mut self) -> &mut Tensor {
        &mut self.parameters
    }

    /// Runs the network on `[lane, row, in]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Activations {
        self.forward_masked(input, Vec::new())
    }

    /// Runs the network with what follows each hidden rectifier multiplied by a mask `[lane, row, width]` (dropout).
    pub(crate) fn forward_masked(&self, input: &Tensor, masks: Vec<Tensor>) -> Activations {
        let mut inputs = vec![input.shallow_clone()];
        let mut output = self.layers[0].forward(input);
        for (i, layer) in self.layers.iter().enumerate().skip(1) {
            let mut hidden = output.relu_();
            if let Some(mask) = masks.get(i - 1) {
                hidden *= mask;
            }
            output = layer.forward(&hidden);
            inputs.push(hidden);
        }
        Activations { inputs, masks, output }
    }

    /// Overwrites `gradient` with the gradient of a loss whose gradient at the output is `output_gradient`.
    pub(crate) fn backward(&self, activations: &Activations, output_gradient: Tensor, gradient: &mut Self) {
        let mut delta = output_gradient;
        for (i, gradient) in gradient.layers.iter().enumerate().rev() {
            _ = activations.inputs[i].transpose(1, 2).bmm_out(&gradient.weight, &delta);
            _ = delta.sum_intlist_out(&gradient.bias, [1_i64].as_slice(), true, Kind::Float);
            if i > 0 {
                delta = self.before_rectifier(activations, i, &delta);
            }
        }
    }

    /// The gradient at the network's input, `[lane, row, in]`, of a loss whose gradient at the output is
    /// `output_gradient`.
    pub(crate) fn backward_to_input(&self, activations: &Activations, output_gradient: Tensor) -> Tensor {
        let above = (1..self.layers.len()).rev();
        let delta = above.fold(output_gradient, |delta, i| self.before_rectifier(activations, i, &delta));
        delta.bmm(&self.layers[0].transposed)
    }

    /// From the gradient at the output of layer `i` to that at the output of the layer before it.
    fn before_rectifier(&self, activations: &Activations, i: usize, delta: &Tensor) -> Tensor {
        let mut delta = delta.bmm(&self.layers[i].transposed);
        // A hidden value is 0 where its rectifier is shut.
        _ = activations.inputs[i].threshold_backward_grad_input(&delta, &delta, 0);
        if let Some(mask) = activations.masks.get(i - 1) {
            delta *= mask;
        }
        delta
    }

    /// Moves every parameter by the share `tau` towards another network's (Polyak averaging, for target networks).
    pub(crate) fn soft_update(&mut self, other: &Self, tau: f64) {
        _ = self.parameters.lerp_(&other.parameters, tau);
    }

    /// Weights `[lane, in, out]` and biases `[lane, 1, out]`, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        let parts = |(i, layer): (usize, &Layer)| {
            [("weight", &layer.weight), ("bias", &layer.bias)]
                .map(|(part, tensor)| (format!("{name}/{i}/{part}"), tensor.shallow_clone()))
        };
        self.layers.iter().enumerate().flat_map(parts).collect()
    }
}

impl Layer {
    fn forward(&self, input: &Tensor) -> Tensor {
        self.bias.baddbmm(input, &self.weight, 1, 1)
    }
}

/// A matrix with orthonormal rows or columns, whichever are fewer, distributed evenly (Haar).
pub(crate) fn orthogonal(rows: i64, columns: i64, rng: &mut Prng) -> Tensor {
    let (long, short) = (rows.max(columns), rows.min(columns));
    let (q, r) = Tensor::linalg_qr(&normals(&[long, short], rng), "reduced");
    // The signs of a QR decomposition are arbitrary; fixing those of R's diagonal makes Q even.
    let q = q * r.diagonal(0, 0, 1).sign();
    if rows < columns { q.tr() } else { q }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 4] = [3, 8, 5, 2];

    fn rngs() -> Vec<Prng> {
        (0..2).map(|seed| Prng::derive("mlp", seed, "init")).collect()
    }

    fn largest(x: &Tensor) -> f64 {
        x.abs().max().double_value(&[])
    }

    #[test]
    fn backward_agrees_with_autograd() {
        let mut rngs = rngs();
        for masks in [vec![], vec![dropout(8, &mut rngs), dropout(5, &mut rngs)]] {
            let mut mlp = Mlp::orthogonal(&SIZES, &mut rngs, Device::CPU);
            let noise = normals(&mlp.parameters.size(), &mut rngs[0]);
            mlp.parameters += noise * 0.1; // so that biases are not 0
            let input = normals(&[2, 7, 3], &mut rngs[0]);
            let output_gradient = normals(&[2, 7, 2], &mut rngs[0]);

            let activations = mlp.forward_masked(&input, copies(&masks));
            let mut gradient = mlp.zeros_like();
            mlp.backward(&activations, output_gradient.copy(), &mut gradient);
            let input_gradient = mlp.backward_to_input(&activations, output_gradient.copy());

            let input = input.set_requires_grad(true);
            let leaves: Vec<Tensor> =
                mlp.state("").into_iter().map(|(_, leaf)| leaf.copy().set_requires_grad(true)).collect();
            let mut output = input.shallow_clone();
            for (i, layer) in leaves.chunks(2).enumerate() {
                output = output.matmul(&layer[0]) + &layer[1];
                if i < 2 {
                    output = output.relu();
                    output = masks.get(i).map_or(output.shallow_clone(), |mask| &output * mask);
                }
            }
            assert!(largest(&(&output - &activations.output)) < 1e-5);
            (output * output_gradient).sum(Kind::Float).backward();
            assert!(largest(&(input.grad() - input_gradient)) < 1e-5);
            for (leaf, (name, found)) in leaves.iter().zip(gradient.state("")) {
                assert!(largest(&(leaf.grad() - found)) < 1e-5, "{name}, {} masks", masks.len());
            }
        }
    }

    fn dropout(width: i64, rngs: &mut [Prng]) -> Tensor {
        crate::noise::dropout_mask(0.5, rngs, 7, width, Device::CPU)
    }

    fn copies(tensors: &[Tensor]) -> Vec<Tensor> {
        tensors.iter().map(Tensor::copy).collect()
    }

    #[test]
    fn weights_are_orthogonal_and_a_lanes_own() {
        let mlp = Mlp::orthogonal(&SIZES, &mut rngs(), Device::CPU);
        for layer in &mlp.layers {
            assert_eq!(largest(&layer.bias), 0.0);
            let (wide, weight) = (layer.weight.size()[1] < layer.weight.size()[2], layer.weight.get(1));
            let gram = if wide { weight.matmul(&weight.tr()) } else { weight.tr().matmul(&weight) };
            let identity = Tensor::eye(gram.size()[0], (Kind::Float, tch::Device::Cpu));
            assert!(largest(&(gram - identity * 2.0)) < 1e-5);
        }
        let alone = Mlp::orthogonal(&SIZES, &mut rngs()[1..], Device::CPU);
        assert_eq!(alone.parameters.get(0), mlp.parameters.get(1));
    }

    #[test]
    fn a_soft_update_moves_by_a_share() {
        let mut target = Mlp::zeros(&SIZES, 1, Device::CPU);
        let mut other = target.duplicate();
        _ = other.parameters_mut().fill_(4.0);
        target.soft_update(&other, 0.25);
        target.soft_update(&other, 0.25);
        assert!(largest(&(target.parameters() - 1.75)) < 1e-6);
    }
}
