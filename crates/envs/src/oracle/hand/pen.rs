//! The pen's expert: a network that `make pen-expert` trains from nothing on D4RL's dense reward; this file only runs it.

use rl::{EnvironmentSpec, Intent, LaneRows, ObservationRows, Policy, Prng};

use crate::hand::HandTask;
use crate::oracle::perceptron::{Perceptron, PerceptronError};

/// The network, which gets states scaled by the task's constants.
#[derive(Debug, Clone, PartialEq)]
pub struct PenExpert {
    network: Perceptron,
    center: Vec<f32>,
    spread: Vec<f32>,
}

impl PenExpert {
    /// The expert that comes with this crate, for the pen's specification.
    pub fn pretrained(spec: &EnvironmentSpec) -> Self {
        Self::from_safetensors(include_bytes!("../../../assets/pen_expert.safetensors"), spec)
            .expect("assets/pen_expert.safetensors is what `experiments pen-expert` writes")
    }

    /// Reads an actor's checkpoint, as [`Perceptron::from_safetensors`] does.
    ///
    /// # Errors
    /// When the bytes are not those of a perceptron from a state of the pen to an action.
    pub fn from_safetensors(bytes: &[u8], spec: &EnvironmentSpec) -> Result<Self, PerceptronError> {
        let network = Perceptron::from_safetensors(bytes, spec.state_size, spec.action_size)?;
        Ok(Self { network, center: spec.state_center.clone(), spread: spec.state_spread.clone() })
    }

    /// Writes what [`PenExpert::from_safetensors`] reads, and nothing else.
    pub fn to_safetensors(&self) -> Vec<u8> {
        self.network.to_safetensors()
    }

    /// Writes the action for a state, each component in [-1, 1].
    pub fn choose(&self, state: &[f32], action: &mut [f32]) {
        let scaled =
            state.iter().zip(&self.center).zip(&self.spread).map(|((x, center), spread)| (x - center) / spread);
        action.copy_from_slice(&self.network.run(&scaled.collect::<Vec<f32>>()));
    }
}

impl Policy for PenExpert {
    fn act(&self, observations: &ObservationRows, _intent: Intent, _rngs: &mut [Prng]) -> LaneRows {
        let states = &observations.state;
        LaneRows::from_fn(states.lanes(), states.rows(), HandTask::Pen.action_size(), |lane, row, action| {
            self.choose(states.row(lane, row), action);
        })
    }
}
