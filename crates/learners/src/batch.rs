//! From host memory to tensors and back.

use rl::{Diagnostics, EnvironmentSpec, ImageShape, LaneRows, Minibatch};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::Device;

/// What networks get of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inputs {
    /// The state as it is.
    Raw,
    /// `(state - center) / spread` with the constants of the task's [`EnvironmentSpec`].
    Scaled,
}

/// What a learner must know of its task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// As [`EnvironmentSpec::state_center`].
    pub state_center: Vec<f32>,
    /// As [`EnvironmentSpec::state_spread`].
    pub state_spread: Vec<f32>,
    /// Components of an action.
    pub action_size: usize,
    /// As [`EnvironmentSpec::image`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageShape>,
}

impl Interface {
    /// The learner's view of a task.
    pub fn of(spec: &EnvironmentSpec) -> Self {
        Self {
            state_center: spec.state_center.clone(),
            state_spread: spec.state_spread.clone(),
            action_size: spec.action_size,
            image: spec.image,
        }
    }

    /// Whether who was trained for this can act in a task of that name and interface; errors as the end of a sentence.
    pub(crate) fn fits(&self, task: &Self, name: &str) -> Result<(), String> {
        let seen = match (self.image, task.image) {
            (None, _) => true,
            (Some(own), Some(shown)) => {
                (own.height, own.width) == (shown.height, shown.width) && own.channels <= shown.channels
            }
            (Some(_), None) => false,
        };
        if seen && (self.state_size(), self.action_size) == (task.state_size(), task.action_size) {
            return Ok(());
        }
        let sizes = |interface: &Self| {
            let picture = interface.image.map_or("no picture".to_owned(), |ImageShape { height, width, channels }| {
                format!("pictures of {height} x {width} x {channels}")
            });
            format!("states of {}, actions of {} and {picture}", interface.state_size(), interface.action_size)
        };
        Err(format!("is of a policy for {}, and {name} has {}", sizes(self), sizes(task)))
    }

    /// Features of a state.
    pub fn state_size(&self) -> usize {
        self.state_center.len()
    }
}

/// Brings states to the device, scaled where that is wanted.
#[derive(Debug)]
pub(crate) struct StateInput {
    scaling: Option<Scaling>,
    device: Device,
}

#[derive(Debug)]
struct Scaling {
    center: Tensor, // [state]
    spread: Tensor, // [state]
}

impl StateInput {
    pub(crate) fn new(inputs: Inputs, interface: &Interface, device: Device) -> Self {
        let constant = |values: &[f32]| Tensor::from_slice(values).to_device(device.0);
        let scaling = match inputs {
            Inputs::Raw => None,
            Inputs::Scaled => {
                Some(Scaling { center: constant(&interface.state_center), spread: constant(&interface.state_spread) })
            }
        };
        Self { scaling, device }
    }

    pub(crate) fn device(&self) -> Device {
        self.device
    }

    /// `[lane, row, state]`.
    pub(crate) fn upload(&self, states: &LaneRows) -> Tensor {
        let raw = upload(states, self.device);
        match &self.scaling {
            None => raw,
            Some(Scaling { center, spread }) => (raw - center) / spread,
        }
    }
}

/// A [`Minibatch`] on the device.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) states: Tensor,      // [lane, row, state]
    pub(crate) actions: Tensor,     // [lane, row, action]
    pub(crate) rewards: Tensor,     // [lane, row, 1]
    pub(crate) next_states: Tensor, // [lane, row, state]
    pub(crate) bootstraps: Tensor,  // [lane, row, 1]
}

impl Batch {
    pub(crate) fn upload(batch: &Minibatch, input: &StateInput) -> Self {
        Self {
            states: input.upload(&batch.states),
            actions: upload(&batch.actions, input.device),
            rewards: upload(&batch.rewards, input.device),
            next_states: input.upload(&batch.next_states),
            bootstraps: upload(&batch.bootstraps, input.device),
        }
    }
}

/// Scalars `[lane]` by name, brought to the host all in one transfer.
pub(crate) fn diagnostics(scalars: &[(&'static str, Tensor)]) -> Diagnostics {
    let values: Vec<&Tensor> = scalars.iter().map(|(_, value)| value).collect();
    let table = download(&Tensor::stack(&values, 0)); // [scalar, lane]
    let lanes = table.len() / scalars.len();
    Diagnostics(scalars.iter().zip(table.chunks(lanes)).map(|((name, _), values)| (*name, values.to_vec())).collect())
}

/// Rows `[lane, row, feature]` brought to the host.
pub(crate) fn download_rows(tensor: &Tensor) -> LaneRows {
    let [lanes, rows, features] = tensor.size()[..] else { panic!("rows of shape {:?}", tensor.size()) };
    LaneRows::from_vec(lanes as usize, rows as usize, features as usize, download(tensor))
}

/// Host numbers as a tensor of the same three axes.
pub(crate) fn upload(rows: &LaneRows, device: Device) -> Tensor {
    Tensor::from_slice(rows.as_slice())
        .view([rows.lanes() as i64, rows.rows() as i64, rows.features() as i64])
        .to_device(device.0)
}

/// A tensor's numbers in row-major order, on the host.
pub(crate) fn download(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.to_device(tch::Device::Cpu).reshape([-1])).expect("32-bit floats")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_scaled_by_the_tasks_constants() {
        let interface =
            Interface { state_center: vec![1.0, 2.0], state_spread: vec![2.0, 0.5], action_size: 1, image: None };
        let states = LaneRows::from_vec(1, 2, 2, vec![1.0, 2.0, 3.0, 1.0]);
        let upload = |inputs| download(&StateInput::new(inputs, &interface, Device::CPU).upload(&states));
        assert_eq!(upload(Inputs::Raw), states.as_slice());
        assert_eq!(upload(Inputs::Scaled), [0.0, 0.0, 1.0, -2.0]);
    }
}
