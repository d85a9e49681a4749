//! Small trained networks that act without libtorch.

use rl::{Intent, LaneRows, ObservationRows, Policy, Prng};
use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, SafeTensorError};

/// A perceptron with rectified hidden layers and a tanh at its end; as a policy it acts on raw states, in every lane the
/// same, and explores nothing.
///
/// One that was trained elsewhere can so be a guide. From Python, of `torch` layers as they act one after the other:
///
/// ```python
/// tensors = {}
/// for i, layer in enumerate(layers):
///     tensors[f"actor/{i}/weight"] = layer.weight.T[None].contiguous()
///     tensors[f"actor/{i}/bias"] = layer.bias[None, None].contiguous()
/// safetensors.torch.save_file(tensors, "guide.safetensors")
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Perceptron {
    layers: Vec<Layer>,
}

#[derive(Debug, Clone, PartialEq)]
struct Layer {
    /// `[input, output]`, row-major.
    weight: Vec<f32>,
    /// `[output]`.
    bias: Vec<f32>,
}

/// Why bytes are not the perceptron that they should be.
#[derive(Debug, thiserror::Error)]
pub enum PerceptronError {
    /// Not the format, or a layer lacks one of its two tensors.
    #[error("the weights cannot be read: {0}")]
    Format(#[from] SafeTensorError),
    /// The layers do not fit together.
    #[error("the weights {0}")]
    Layers(String),
}

impl Perceptron {
    /// Reads the tensors `actor/{0, 1, ..}/weight` `[1, input, output]` and `bias` `[1, 1, output]` (32-bit floats) of
    /// an actor's checkpoint, and leaves what else is in it.
    ///
    /// # Errors
    /// When the bytes are not safetensors, or the layers do not lead from `inputs` to `outputs`.
    pub fn from_safetensors(bytes: &[u8], mut inputs: usize, outputs: usize) -> Result<Self, PerceptronError> {
        let file = SafeTensors::deserialize(bytes)?;
        let mut layers = Vec::new();
        while file.names().contains(&weight_name(layers.len()).as_str()) {
            let index = layers.len();
            let (weight, bias) = (file.tensor(&weight_name(index))?, file.tensor(&bias_name(index))?);
            let width = bias.shape().last().copied().unwrap_or(0);
            let whole = weight.shape() == [1, inputs, width] && bias.shape() == [1, 1, width] && width > 0;
            if !(whole && weight.dtype() == Dtype::F32 && bias.dtype() == Dtype::F32) {
                let problem = format!("of layer {index} are {:?}, not 32-bit [1, {inputs}, {width}]", weight.shape());
                return Err(PerceptronError::Layers(problem));
            }
            layers.push(Layer { weight: numbers(&weight), bias: numbers(&bias) });
            inputs = width;
        }
        if layers.is_empty() || inputs != outputs {
            return Err(PerceptronError::Layers(format!("end in {inputs} outputs, not {outputs}")));
        }
        Ok(Self { layers })
    }

    /// Writes what [`Perceptron::from_safetensors`] reads, and nothing else.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let mut tensors = Vec::new();
        for (index, Layer { weight, bias }) in self.layers.iter().enumerate() {
            let outputs = bias.len();
            tensors.push((weight_name(index), vec![1, weight.len() / outputs, outputs], to_bytes(weight)));
            tensors.push((bias_name(index), vec![1, 1, outputs], to_bytes(bias)));
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("four bytes for each number");
            (name, view)
        });
        safetensors::serialize(views, None).expect("names are unique and short")
    }

    /// The outputs for these inputs.
    pub fn run(&self, inputs: &[f32]) -> Vec<f32> {
        let mut values = inputs.to_vec();
        for (index, Layer { weight, bias }) in self.layers.iter().enumerate() {
            let mut outputs = bias.clone();
            for (value, row) in values.iter().zip(weight.chunks_exact(bias.len())) {
                for (output, weight) in outputs.iter_mut().zip(row) {
                    *output += value * weight;
                }
            }
            let last = index + 1 == self.layers.len();
            for output in &mut outputs {
                *output = if last { output.tanh() } else { output.max(0.0) };
            }
            values = outputs;
        }
        values
    }
}

impl Policy for Perceptron {
    fn act(&self, observations: &ObservationRows, _: Intent, _: &mut [Prng]) -> LaneRows {
        let states = &observations.state;
        let outputs = self.layers.last().map_or(0, |layer| layer.bias.len());
        LaneRows::from_fn(states.lanes(), states.rows(), outputs, |lane, row, action| {
            action.copy_from_slice(&self.run(states.row(lane, row)));
        })
    }
}

fn weight_name(layer: usize) -> String {
    format!("actor/{layer}/weight")
}

fn bias_name(layer: usize) -> String {
    format!("actor/{layer}/bias")
}

fn numbers(tensor: &TensorView) -> Vec<f32> {
    let (fours, _) = tensor.data().as_chunks();
    fours.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

fn to_bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two inputs, one hidden unit, three outputs.
    fn small() -> Perceptron {
        let hidden = Layer { weight: vec![1.0, 0.0], bias: vec![0.0] };
        Perceptron { layers: vec![hidden, Layer { weight: vec![2.0; 3], bias: vec![-1.0; 3] }] }
    }

    #[test]
    fn weights_go_to_bytes_and_back() {
        assert_eq!(Perceptron::from_safetensors(&small().to_safetensors(), 2, 3).unwrap(), small());
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let bytes = small().to_safetensors();
        let message = Perceptron::from_safetensors(&bytes, 2, 8).unwrap_err().to_string();
        assert!(message.contains("3 outputs, not 8"), "{message}");
        let message = Perceptron::from_safetensors(&bytes, 5, 3).unwrap_err().to_string();
        assert!(message.contains("not 32-bit [1, 5, 1]"), "{message}");
        let empty = Perceptron { layers: vec![] }.to_safetensors();
        assert!(Perceptron::from_safetensors(&empty, 3, 3).is_err());
        assert!(Perceptron::from_safetensors(b"weights", 2, 3).is_err());
    }

    /// By hand: the hidden unit passes on the first input unless it is negative.
    #[test]
    fn it_computes_what_it_should() {
        let close = |found: Vec<f32>, expected: f32| found.iter().all(|x| (x - expected).abs() < 1e-6);
        assert!(close(small().run(&[0.7, 5.0]), 0.4_f32.tanh()));
        assert!(close(small().run(&[-0.7, 5.0]), (-1.0_f32).tanh()));
    }

    #[test]
    fn as_a_policy_it_acts_row_by_row() {
        let states = LaneRows::from_vec(2, 2, 2, vec![0.7, 5.0, -0.7, 5.0, 0.1, 0.0, 0.2, 0.0]);
        let actions = small().act(&ObservationRows::of_states(states.clone()), Intent::Exploit, &mut []);
        for (lane, row) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            assert_eq!(actions.row(lane, row), small().run(states.row(lane, row)));
        }
    }
}
