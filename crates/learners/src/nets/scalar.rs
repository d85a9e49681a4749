//! A trained number per lane.

use tch::{Kind, Tensor};

use crate::{Adam, Device};

/// One number per lane with its own optimiser: a learned temperature, multiplier or offset.
#[derive(Debug)]
pub(crate) struct Scalar {
    value: Tensor, // [lane, 1, 1]
    adam: Adam,
}

impl Scalar {
    /// The same number in every lane.
    pub(crate) fn new(value: f64, lanes: usize, device: Device) -> Self {
        let value = Tensor::full([lanes as i64, 1, 1], value, (Kind::Float, device.0));
        Self { adam: Adam::new(&value), value }
    }

    /// The number as it stands, `[lane, 1, 1]`.
    pub(crate) fn value(&self) -> &Tensor {
        &self.value
    }

    /// One step of Adam against `gradient` `[lane, 1, 1]`.
    pub(crate) fn step(&mut self, gradient: &Tensor, rate: f64) {
        self.adam.step(&mut self.value, gradient, rate);
    }

    /// The number and its moments, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        std::iter::once((name.to_owned(), self.value.shallow_clone())).chain(self.adam.state(name)).collect()
    }
}
