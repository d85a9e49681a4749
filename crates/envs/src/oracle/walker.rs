//! A network that walks the ant in a wanted direction, cloned from the clocked [`super::gait`].
//!
//! It reads the phase of its walk from its joints, so it needs no clock and its data are Markov. `make walker`
//! makes the weights; this file only runs them.

use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, SafeTensorError};

use super::gait::in_body_frame;
use crate::ant_maze::ACTION_SIZE;

/// Inputs of the network ([`features`]).
pub const FEATURES: usize = 28;

/// A perceptron with rectified hidden layers and a tanh at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Walker {
    layers: Vec<Layer>,
}

#[derive(Debug, Clone, PartialEq)]
struct Layer {
    /// `[input, output]`, row-major.
    weight: Vec<f32>,
    /// `[output]`.
    bias: Vec<f32>,
}

/// Why bytes are not a walker.
#[derive(Debug, thiserror::Error)]
pub enum WalkerError {
    /// Not the format, or a layer lacks one of its two tensors.
    #[error("the walker's weights cannot be read ({0}); make them anew with `make walker`")]
    Format(#[from] SafeTensorError),
    /// The layers do not fit together.
    #[error("the walker's weights {0}; make them anew with `make walker`")]
    Layers(String),
}

impl Walker {
    /// The walker that comes with this crate.
    pub fn pretrained() -> Self {
        Self::from_safetensors(include_bytes!("../../assets/walker.safetensors"))
            .expect("assets/walker.safetensors is what `experiments walker` writes")
    }

    /// Reads the tensors `actor/{0, 1, ..}/weight` `[1, input, output]` and `bias` `[1, 1, output]` (32-bit floats) of
    /// a deterministic actor's checkpoint, and leaves what else is in it.
    ///
    /// # Errors
    /// When the bytes are not safetensors, or the layers do not lead from [`FEATURES`] to [`ACTION_SIZE`].
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, WalkerError> {
        let file = SafeTensors::deserialize(bytes)?;
        let numbers = |name: String| -> Result<Vec<f32>, WalkerError> {
            let (fours, _) = file.tensor(&name)?.data().as_chunks();
            Ok(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
        };
        let mut layers = Vec::new();
        let mut inputs = FEATURES;
        while file.names().contains(&weight_name(layers.len()).as_str()) {
            let layer = Layer { weight: numbers(weight_name(layers.len()))?, bias: numbers(bias_name(layers.len()))? };
            if layer.weight.len() != inputs * layer.bias.len() {
                let problem = format!("of layer {} are not [{inputs}, {}]", layers.len(), layer.bias.len());
                return Err(WalkerError::Layers(problem));
            }
            inputs = layer.bias.len();
            layers.push(layer);
        }
        if inputs != ACTION_SIZE {
            return Err(WalkerError::Layers(format!("end in {inputs} outputs, not {ACTION_SIZE}")));
        }
        Ok(Self { layers })
    }

    /// Writes what [`Walker::from_safetensors`] reads, and nothing else.
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

    /// The action for a state of an ant maze (`[29]`) and a wanted direction in the world's axes (length about 1).
    pub fn act(&self, state: &[f32], direction: [f32; 2]) -> [f32; ACTION_SIZE] {
        let mut values = features(state, direction).to_vec();
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
        values.try_into().expect("from_safetensors has seen one output per joint")
    }
}

/// What the network sees of a state (`[29]`) and a wanted direction in the world's axes: height, the world's up in the
/// body's axes (3), the direction turned back by the heading (2), joint angles (8), velocity turned back by the heading
/// (3), 0.3 x angular velocity (3), 0.2 x joint rates (8). Place and heading are left out: walking is the same
/// everywhere.
pub fn features(state: &[f32], direction: [f32; 2]) -> [f32; FEATURES] {
    let orientation = &state[3..7];
    let [w, x, y, z] = [orientation[0], orientation[1], orientation[2], orientation[3]];
    let up = [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)];
    let mut features = [0.0; FEATURES];
    features[0] = state[2];
    features[1..4].copy_from_slice(&up);
    features[4..6].copy_from_slice(&in_body_frame(orientation, direction));
    features[6..14].copy_from_slice(&state[7..15]);
    features[14..16].copy_from_slice(&in_body_frame(orientation, [state[15], state[16]]));
    features[16] = state[17];
    for (feature, rate) in features[17..20].iter_mut().zip(&state[18..21]) {
        *feature = 0.3 * rate;
    }
    for (feature, rate) in features[20..28].iter_mut().zip(&state[21..29]) {
        *feature = 0.2 * rate;
    }
    features
}

fn weight_name(layer: usize) -> String {
    format!("actor/{layer}/weight")
}

fn bias_name(layer: usize) -> String {
    format!("actor/{layer}/bias")
}

fn to_bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_go_to_bytes_and_back() {
        let walker = Walker::pretrained();
        assert_eq!(Walker::from_safetensors(&walker.to_safetensors()).unwrap(), walker);
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let mut walker = Walker::pretrained();
        walker.layers.pop();
        let message = Walker::from_safetensors(&walker.to_safetensors()).unwrap_err().to_string();
        assert!(message.contains("outputs, not 8"), "{message}");
        walker.layers.clear();
        assert!(Walker::from_safetensors(&walker.to_safetensors()).is_err());
        assert!(Walker::from_safetensors(b"weights").is_err());
    }

    /// One hidden unit by hand: it passes on the height, and each joint gets tanh(2 x height - 1).
    #[test]
    fn the_perceptron_computes_what_it_should() {
        let mut hidden = Layer { weight: vec![0.0; FEATURES], bias: vec![0.0] };
        hidden.weight[0] = 1.0;
        let walker =
            Walker { layers: vec![hidden, Layer { weight: vec![2.0; ACTION_SIZE], bias: vec![-1.0; ACTION_SIZE] }] };
        let mut state = [0.0; 29];
        (state[2], state[3]) = (0.7, 1.0);
        let action = walker.act(&state, [1.0, 0.0]);
        assert!(action.iter().all(|x| (x - 0.4_f32.tanh()).abs() < 1e-6), "{action:?}");
    }

    /// Two ants that differ only by place and heading, each walking the way its leg 1 points, see the same.
    #[test]
    fn features_turn_with_the_ant() {
        let mut ahead = [0.1; 29];
        ahead[3..7].copy_from_slice(&[1.0, 0.0, 0.0, 0.0]);
        let half = std::f32::consts::FRAC_1_SQRT_2;
        let mut turned = ahead;
        turned[..2].copy_from_slice(&[5.0, -3.0]);
        turned[3..7].copy_from_slice(&[half, 0.0, 0.0, half]);
        turned[15..17].copy_from_slice(&[-0.1, 0.1]);
        let (a, b) = (features(&ahead, [0.6, 0.8]), features(&turned, [-0.8, 0.6]));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} {b:?}");
    }
}
