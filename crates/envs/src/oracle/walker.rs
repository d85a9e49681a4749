//! A network that walks the ant in a wanted direction, cloned from the clocked [`super::gait`].
//!
//! It reads the phase of its walk from its joints, so it needs no clock and its data are Markov. `make walker`
//! makes the weights; this file only runs them.

use super::gait::in_body_frame;
use super::perceptron::{Perceptron, PerceptronError};
use crate::ant_maze::ACTION_SIZE;

/// Inputs of the network ([`features`]).
pub const FEATURES: usize = 28;

/// The network.
#[derive(Debug, Clone, PartialEq)]
pub struct Walker(Perceptron);

impl Walker {
    /// The walker that comes with this crate.
    pub fn pretrained() -> Self {
        Self::from_safetensors(include_bytes!("../../assets/walker.safetensors"))
            .expect("assets/walker.safetensors is what `experiments walker` writes")
    }

    /// Reads an actor's checkpoint, as [`Perceptron::from_safetensors`] does.
    ///
    /// # Errors
    /// When the bytes are not those of a perceptron from [`FEATURES`] to [`ACTION_SIZE`] numbers.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, PerceptronError> {
        Ok(Self(Perceptron::from_safetensors(bytes, FEATURES, ACTION_SIZE)?))
    }

    /// Writes what [`Walker::from_safetensors`] reads, and nothing else.
    pub fn to_safetensors(&self) -> Vec<u8> {
        self.0.to_safetensors()
    }

    /// The action for a state of an ant maze (`[29]`) and a wanted direction in the world's axes (length about 1).
    pub fn act(&self, state: &[f32], direction: [f32; 2]) -> [f32; ACTION_SIZE] {
        let action = self.0.run(&features(state, direction));
        action.try_into().expect("from_safetensors has seen one output per joint")
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

#[cfg(test)]
mod tests {
    use super::*;

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
