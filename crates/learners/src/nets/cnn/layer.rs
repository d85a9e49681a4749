//! The stages of a convolutional network, and where their numbers lie in the flat tensor.

use rl::Prng;
use tch::Tensor;

use super::plan::{Initial, Norm, Stage, Unit};
use crate::nets::mlp::orthogonal;

/// Decay of the running moments, and what is added to a variance (`tensor2robot`, `research/qtopt/networks.py`).
const MOMENT_DECAY: f64 = 0.9997;
const EPSILON: f64 = 1e-3;

/// Whether batch normalisation takes the batch's moments, and remembers them, or those that it remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// In training.
    Train,
    /// In acting and in targets.
    Eval,
}

/// Whether a convolution adds its bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bias {
    Added,
    LeftOut,
}

/// The form of what a stage gets or gives, rows left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Map { channels: i64, height: i64, width: i64 },
    Flat(i64),
}

impl Form {
    /// Channels, or features.
    pub(super) fn channels(self) -> i64 {
        match self {
            Self::Map { channels, .. } | Self::Flat(channels) => channels,
        }
    }

    fn features(self) -> i64 {
        match self {
            Self::Map { channels, height, width } => channels * height * width,
            Self::Flat(features) => features,
        }
    }
}

/// One tensor of a stage, as a piece of a lane's numbers.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) name: &'static str,
    pub(super) start: i64,
    pub(super) shape: Vec<i64>,
}

impl Piece {
    pub(super) fn count(&self) -> i64 {
        self.shape.iter().product()
    }

    /// Whether a gradient moves it; the others are remembered moments.
    pub(super) fn trained(&self) -> bool {
        matches!(self.name, "weight" | "bias" | "scale")
    }

    /// Fills what is all 0 as it begins.
    fn fill(&self, values: &mut Tensor, initial: Initial, rng: &mut Prng) {
        match (self.name, initial) {
            ("weight", Initial::Orthogonal) => values.copy_(&self.orthogonal(rng)),
            ("weight", Initial::TruncatedNormal(std)) => values.copy_(&truncated_normals(std, &self.shape, rng)),
            ("scale" | "variance", _) => *values += 1.0,
            _ => {}
        }
    }

    /// Filters `[out, in, kernel, kernel]` with orthogonal rows, features `[in, out]` with orthogonal columns.
    fn orthogonal(&self, rng: &mut Prng) -> Tensor {
        let gain = 2.0_f64.sqrt();
        match self.shape[..] {
            [rows, columns] => orthogonal(rows, columns, rng) * gain,
            _ => (orthogonal(self.shape[0], self.count() / self.shape[0], rng) * gain).view(&self.shape[..]),
        }
    }
}

fn truncated_normals(std: f64, shape: &[i64], rng: &mut Prng) -> Tensor {
    let draw = |_| loop {
        let normal = rng.normal();
        if normal.abs() <= 2.0 {
            return normal;
        }
    };
    let numbers: Vec<f32> = (0..shape.iter().product()).map(draw).collect();
    Tensor::from_slice(&numbers).view(shape) * std
}

/// A stage with the places of its tensors.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    stage: Stage,
    pub(super) pieces: Vec<Piece>,
}

impl Layer {
    /// Lays a stage out from `start` on. Returns it, the first place after it and the form of what it gives.
    pub(super) fn lay_out(stage: Stage, start: i64, form: Form) -> (Self, i64, Form) {
        let length =
            |length: i64| stage.length(length).unwrap_or_else(|| panic!("too small for the network: {form:?}"));
        let (weight, unit, gives) = match (stage, form) {
            (Stage::Convolve { kernel, unit, .. }, Form::Map { channels, height, width }) => {
                let gives = Form::Map { channels: unit.width, height: length(height), width: length(width) };
                (vec![unit.width, channels, kernel, kernel], unit, gives)
            }
            (Stage::Dense(unit), form) => (vec![form.features(), unit.width], unit, Form::Flat(unit.width)),
            (Stage::Pool { .. }, Form::Map { channels, height, width }) => {
                let gives = Form::Map { channels, height: length(height), width: length(width) };
                return (Self { stage, pieces: vec![] }, start, gives);
            }
            (Stage::Rectify, form) => return (Self { stage, pieces: vec![] }, start, form),
            (Stage::Points, Form::Map { channels, .. }) => {
                return (Self { stage, pieces: vec![] }, start, Form::Flat(2 * channels));
            }
            (stage, form) => unreachable!("{stage:?} of {form:?}"),
        };
        let width = || vec![unit.width];
        let mut named = vec![("weight", weight)];
        match unit.norm {
            Norm::Nothing => {}
            Norm::Bias => named.push(("bias", width())),
            Norm::Batch { scale } => {
                named.extend([("bias", width()), ("mean", width()), ("variance", width())]);
                named.extend(scale.then(|| ("scale", width())));
            }
        }
        let mut end = start;
        let place = |(name, shape)| {
            let piece = Piece { name, start: end, shape };
            end += piece.count();
            piece
        };
        let pieces = named.into_iter().map(place).collect();
        (Self { stage, pieces }, end, gives)
    }

    /// The layer with its tensors in one lane's numbers `[parameter]`.
    pub(super) fn in_lane(&self, lane: &Tensor) -> LaneLayer {
        let tensor = |piece: &Piece| {
            let view = lane.narrow(0, piece.start, piece.count()).view(&piece.shape[..]).detach();
            let view = if piece.trained() { view.set_requires_grad(true) } else { view };
            (piece.name, view)
        };
        LaneLayer { stage: self.stage, tensors: self.pieces.iter().map(tensor).collect() }
    }

    /// Fills a lane's numbers as they begin.
    pub(super) fn fill(&self, lane: &Tensor, initial: Initial, rng: &mut Prng) {
        for piece in &self.pieces {
            piece.fill(&mut lane.narrow(0, piece.start, piece.count()).view(&piece.shape[..]), initial, rng);
        }
    }
}

/// `[row, 2 * channel]` for maps `[row, channel, height, width]`: of each channel a row and a column.
pub(super) fn points(maps: &Tensor) -> Tensor {
    let [_, _, height, width] = maps.size()[..] else { unreachable!("maps") };
    let line = |size| Tensor::linspace(-1.0, 1.0, size, (tch::Kind::Float, maps.device()));
    let places = Tensor::stack(
        &[line(height).unsqueeze(1).expand([height, width], false), line(width).expand([height, width], false)],
        2,
    );
    let shares = maps.flatten(2, 3).softmax(2, tch::Kind::Float); // [row, channel, place]
    shares.matmul(&places.view([height * width, 2])).flatten(1, 2)
}

/// A stage in one lane; its tensors share the lane's numbers, and those that are trained are leaves of autograd.
#[derive(Debug)]
pub(super) struct LaneLayer {
    stage: Stage,
    tensors: Vec<(&'static str, Tensor)>,
}

impl LaneLayer {
    /// The trained tensors, in the order of [`Layer::pieces`].
    pub(super) fn leaves(&self) -> impl Iterator<Item = &Tensor> {
        self.tensors.iter().map(|(_, tensor)| tensor).filter(|tensor| tensor.requires_grad())
    }

    pub(super) fn forward(&self, input: &Tensor, pass: Pass) -> Tensor {
        match self.stage {
            Stage::Convolve { .. } => self.after_convolution(self.convolve(input, Bias::Added), pass),
            Stage::Dense(unit) => {
                let (input, weight) = (input.flatten(1, -1), self.get("weight"));
                let product = match unit.norm {
                    Norm::Bias => self.get("bias").addmm(&input, weight),
                    Norm::Nothing | Norm::Batch { .. } => input.mm(weight),
                };
                self.finish(product, unit, pass)
            }
            Stage::Pool { size, padding } => {
                input.max_pool2d([size, size], [size, size], [padding, padding], [1, 1], true)
            }
            Stage::Rectify => input.relu(),
            Stage::Points => points(input),
        }
    }

    /// The convolution of a convolving stage alone.
    pub(super) fn convolve(&self, input: &Tensor, bias: Bias) -> Tensor {
        let Stage::Convolve { stride, padding, unit, .. } = self.stage else { unreachable!("no convolution") };
        let bias = (bias == Bias::Added && unit.norm == Norm::Bias).then(|| self.get("bias"));
        input.conv2d(self.get("weight"), bias, [stride; 2], [padding; 2], [1; 2], 1)
    }

    /// What follows the convolution and its bias.
    pub(super) fn after_convolution(&self, product: Tensor, pass: Pass) -> Tensor {
        let Stage::Convolve { unit, .. } = self.stage else { unreachable!("no convolution") };
        self.finish(product, unit, pass)
    }

    pub(super) fn convolves(&self) -> bool {
        matches!(self.stage, Stage::Convolve { .. })
    }

    /// Normalises and rectifies.
    fn finish(&self, mut product: Tensor, unit: Unit, pass: Pass) -> Tensor {
        if let Norm::Batch { scale } = unit.norm {
            product = product.batch_norm(
                scale.then(|| self.get("scale")),
                Some(self.get("bias")),
                Some(self.get("mean")),
                Some(self.get("variance")),
                pass == Pass::Train,
                1.0 - MOMENT_DECAY,
                EPSILON,
                false,
            );
        }
        if unit.rectify { product.relu_() } else { product }
    }

    fn get(&self, name: &str) -> &Tensor {
        &self.tensors.iter().find(|(found, _)| *found == name).expect("a tensor of the layer").1
    }
}
