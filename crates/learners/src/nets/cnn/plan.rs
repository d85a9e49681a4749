//! What convolutional networks are made of.

use serde::{Deserialize, Serialize};

/// The form of a network that sees a picture and a vector. For a critic the vector is the action and the state, as in
/// QT-Opt; for an actor it is the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case", deny_unknown_fields)]
pub enum Vision {
    /// QT-Opt's network for pictures of 472 x 472 (`tensor2robot`, `research/qtopt/networks.py`,
    /// `Grasping44E2EOpenCloseTerminateGripperStatusHeightToBottom`): 16 convolutions of 64 filters, of which seven
    /// come before the vector is added to a map of 27 x 27. Batch normalisation, and weights that begin small.
    ///
    /// Two simplifications change nothing that the network can compute: there each part of the vector has a linear
    /// layer of its own and their outputs are summed, which is one layer of all parts together; and the first
    /// convolution has a bias there, which its normalisation takes away again.
    Grasping44,
    /// A network of the same form for pictures of about 64 x 64: convolutions with strides 4, 2 and 2 make a map of
    /// 4 x 4, to every place of which the vector is added; two convolutions and a hidden layer follow. Here and in the
    /// networks below nothing is normalised, and weights begin orthogonal.
    Map(Widths),
    /// The same map, but flattened, and the vector is added to the first of two hidden layers, before its rectifier.
    /// Many candidate actions for a picture cost little so.
    Flat(Widths),
    /// The vector is added as in [`Vision::Flat`], to a layer that gets of each filter's answers, a map of 16 x 16, only
    /// their mean place, weighed by their softmax (Levine et al. 2016, section 5.1). Where something is in a picture is
    /// so learned from far fewer data than from flattened maps; whether it is there at all, the places hardly tell.
    /// (With the largest answer of each filter beside them, learning was slower by far.)
    Points(Widths),
}

/// The size of a small network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widths {
    /// Filters of each convolution, above 0.
    pub filters: usize,
    /// Width of the layers that are no convolutions, above 0.
    pub hidden: usize,
}

/// The stages of a network before its output layer.
#[derive(Debug)]
pub(super) struct Plan {
    /// From the picture to what the vector is added to.
    pub(super) tower: Vec<Stage>,
    /// From the vector to as many numbers as the tower's result has channels.
    pub(super) vector: Vec<Stage>,
    /// From their sum on.
    pub(super) head: Vec<Stage>,
    pub(super) initial: Initial,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    Convolve {
        kernel: i64,
        stride: i64,
        padding: i64,
        unit: Unit,
    },
    /// On all numbers of a row, maps flattened.
    Dense(Unit),
    /// The largest number of each square of this size, the last squares cut by the map's edge.
    Pool {
        size: i64,
        padding: i64,
    },
    Rectify,
    /// Of each channel the mean place, weighed by the softmax of its numbers: a row and a column in [-1, 1] (Levine et
    /// al. 2016, section 5.1).
    Points,
}

impl Stage {
    /// Rows (columns) of the map that it makes of one with `length`, at least 1; none where that is too small for its
    /// kernel. Other stages than convolutions and pools leave it as it is.
    pub(super) fn length(self, length: i64) -> Option<i64> {
        match self {
            Self::Convolve { kernel, stride, padding, .. } => {
                let left = length + 2 * padding - kernel;
                (left >= 0).then(|| left / stride + 1)
            }
            Self::Pool { size, padding } => {
                let squares = (length + 2 * padding - 1) / size + 1;
                // A last square that begins in the padding has nothing of the map, and is none.
                Some(if (squares - 1) * size >= length + padding { squares - 1 } else { squares })
            }
            Self::Dense(_) | Self::Rectify | Self::Points => Some(length),
        }
    }
}

/// What follows a product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    /// Filters or features.
    pub(super) width: i64,
    pub(super) norm: Norm,
    pub(super) rectify: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Norm {
    /// A bias alone.
    Bias,
    /// Nothing at all.
    Nothing,
    /// Batch normalisation with a trained shift, and with a trained scale or without.
    Batch { scale: bool },
}

/// How weights begin; biases begin at 0.
#[derive(Debug, Clone, Copy)]
pub(super) enum Initial {
    /// Of gain sqrt(2), a filter being a row.
    Orthogonal,
    /// Normal with this standard deviation, drawn again beyond two of them.
    TruncatedNormal(f64),
}

impl Vision {
    /// The size of a small network; none for the published one.
    pub fn widths(self) -> Option<Widths> {
        match self {
            Self::Grasping44 => None,
            Self::Map(widths) | Self::Flat(widths) | Self::Points(widths) => Some(widths),
        }
    }

    /// Whether pictures of so many pixels to a side are large enough.
    pub(crate) fn sees(self, size: usize) -> bool {
        let Plan { tower, head, .. } = self.plan();
        let length = tower.iter().chain(&head).try_fold(size as i64, |length, stage| stage.length(length));
        length.is_some()
    }

    pub(super) fn plan(self) -> Plan {
        let Some(Widths { filters, hidden }) = self.widths() else { return grasping44() };
        let (filters, hidden) = (filters as i64, hidden as i64);
        let unit = |width, norm, rectify| Unit { width, norm, rectify };
        let convolve = |kernel, stride, padding| Stage::Convolve {
            kernel,
            stride,
            padding,
            unit: unit(filters, Norm::Bias, true),
        };
        let dense = Stage::Dense(unit(hidden, Norm::Bias, true));
        let linear = |width, norm| Stage::Dense(unit(width, norm, false));
        let map = [convolve(8, 4, 2), convolve(3, 2, 1), convolve(3, 2, 1)];
        let places = Stage::Convolve { kernel: 3, stride: 1, padding: 1, unit: unit(filters, Norm::Bias, false) };
        let tower = match self {
            Self::Map(_) | Self::Grasping44 => map.to_vec(),
            Self::Flat(_) => [&map[..], &[linear(hidden, Norm::Bias)]].concat(),
            Self::Points(_) => {
                vec![convolve(8, 4, 2), convolve(3, 1, 1), places, Stage::Points, linear(hidden, Norm::Bias)]
            }
        };
        let (vector, head) = match self {
            Self::Map(_) | Self::Grasping44 => {
                (vec![dense, linear(filters, Norm::Nothing)], vec![convolve(3, 1, 1), convolve(3, 1, 1), dense])
            }
            Self::Flat(_) | Self::Points(_) => (vec![linear(hidden, Norm::Nothing)], vec![Stage::Rectify, dense]),
        };
        Plan { tower, vector, head, initial: Initial::Orthogonal }
    }
}

fn grasping44() -> Plan {
    let unit = |width, scale| Unit { width, norm: Norm::Batch { scale }, rectify: true };
    let convolve = |kernel, stride, padding| Stage::Convolve { kernel, stride, padding, unit: unit(64, true) };
    let first = Stage::Convolve { kernel: 6, stride: 2, padding: 2, unit: unit(64, false) };
    // 472 -> 236 -> 79 -> 27; TensorFlow pads the first pool at its end alone and the second on both sides.
    let pools = [Stage::Pool { size: 3, padding: 0 }, Stage::Pool { size: 3, padding: 1 }];
    let [pool1, pool2] = pools;
    Plan {
        tower: [vec![first, pool1], vec![convolve(5, 1, 2); 6], vec![pool2]].concat(),
        vector: vec![Stage::Dense(unit(256, false)), Stage::Dense(unit(64, true))],
        // 27 -> 14 -> 8
        head: [
            vec![convolve(3, 1, 1); 6],
            vec![Stage::Pool { size: 2, padding: 0 }],
            vec![convolve(3, 1, 0); 3],
            vec![Stage::Dense(unit(64, true)); 2],
        ]
        .concat(),
        initial: Initial::TruncatedNormal(0.01),
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::Stage;

    #[test]
    fn pools_are_as_long_as_libtorch_makes_them() {
        for (size, padding) in [(2, 0), (3, 0), (3, 1)] {
            for length in 1..40 {
                let map = Tensor::zeros([1, 1, length.max(size), length.max(size)], (Kind::Float, Device::Cpu));
                let pooled = map.max_pool2d([size; 2], [size; 2], [padding; 2], [1; 2], true);
                let counted = Stage::Pool { size, padding }.length(length.max(size));
                assert_eq!(counted, Some(pooled.size()[2]), "{length} by {size} with {padding}");
            }
        }
    }
}
