//! Convolutional networks with a leading lane axis, whose gradients libtorch finds.

mod layer;
mod plan;

use rl::{ImageShape, Prng};
use tch::{Kind, Tensor, no_grad};

use crate::Device;
use crate::optimiser::{Optimiser, OptimiserState};

pub(crate) use layer::Pass;
use layer::{Bias, Form, LaneLayer, Layer};
use plan::{Norm, Stage, Unit};
pub use plan::{Vision, Widths};

/// Numbers that candidates may take at once between two layers: about what a core's cache holds.
const CANDIDATE_NUMBERS: i64 = 1 << 19;

/// One network per lane, all of one [`Vision`], with a linear output.
///
/// As in [`crate::nets::Mlp`], all parameters are one tensor `[lane, parameter]`, of which weights, biases and the
/// remembered moments of normalisations are views. Lanes are looped over: on a CPU that measured as fast as
/// convolutions in groups at the presets' 32 filters, and normalisation is each lane's own without a word.
#[derive(Debug)]
pub(crate) struct Cnn {
    parameters: Tensor,
    layers: Vec<Layer>,
    lanes: Vec<Stages>,
    /// What each row of the output has.
    outputs: i64,
    vision: Vision,
    image: ImageShape,
    vector_size: i64,
}

/// A lane's network.
#[derive(Debug)]
struct Stages {
    tower: Vec<LaneLayer>,
    vector: Vec<LaneLayer>,
    head: Vec<LaneLayer>,
}

/// What the tower makes of pictures, for each lane: what the vector is added to.
#[derive(Debug)]
pub(crate) struct Features(Vec<Tensor>);

impl Cnn {
    /// Fresh networks for pictures of a size and vectors of `vector_size` numbers, each lane's from its own stream.
    pub(crate) fn new(
        vision: Vision,
        image: ImageShape,
        vector_size: usize,
        outputs: usize,
        rngs: &mut [Prng],
        device: Device,
    ) -> Self {
        let network = Self::zeros(vision, image, vector_size as i64, outputs as i64, rngs.len() as i64, device);
        for (lane, rng) in rngs.iter_mut().enumerate() {
            let lane = network.parameters.get(lane as i64);
            network.layers.iter().for_each(|layer| layer.fill(&lane, vision.plan().initial, rng));
        }
        network
    }

    fn zeros(vision: Vision, image: ImageShape, vector_size: i64, outputs: i64, lanes: i64, device: Device) -> Self {
        let plan = vision.plan();
        let output = Stage::Dense(Unit { width: outputs, norm: Norm::Bias, rectify: false });
        let (mut layers, mut end) = (Vec::new(), 0);
        let mut lay_out = |stages: &[Stage], mut form| {
            for stage in stages {
                let (layer, next, gives) = Layer::lay_out(*stage, end, form);
                layers.push(layer);
                (end, form) = (next, gives);
            }
            form
        };
        let [channels, height, width] = [image.channels, image.height, image.width].map(|size| size as i64);
        let features = lay_out(&plan.tower, Form::Map { channels, height, width });
        let vector = lay_out(&plan.vector, Form::Flat(vector_size));
        assert_eq!(vector, Form::Flat(features.channels()), "the vector is added to every place");
        lay_out(&[&plan.head[..], &[output]].concat(), features);

        let parameters = Tensor::zeros([lanes, end], (Kind::Float, device.0));
        let stages = |lane| {
            let numbers = parameters.get(lane);
            let mut all = layers.iter().map(|layer| layer.in_lane(&numbers));
            let mut take = |count| all.by_ref().take(count).collect();
            let (tower, vector) = (take(plan.tower.len()), take(plan.vector.len()));
            Stages { tower, vector, head: all.collect() }
        };
        let lanes = (0..lanes).map(stages).collect();
        Self { parameters, layers, lanes, outputs, vision, image, vector_size }
    }

    /// Parameters all 0, in the same shape.
    fn zeros_like(&self) -> Self {
        let (lanes, device) = (self.lanes.len() as i64, Device(self.parameters.device()));
        Self::zeros(self.vision, self.image, self.vector_size, self.outputs, lanes, device)
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
        self.lanes.len()
    }

    /// All parameters and remembered moments, `[lane, parameter]`.
    pub(crate) fn parameters(&self) -> &Tensor {
        &self.parameters
    }

    /// The features of pictures `[lane, row, height, width, channel]` of bytes. Whoever has many vectors for each picture
    /// computes them once.
    pub(crate) fn encode(&self, images: &Tensor, pass: Pass) -> Features {
        let encode = |(lane, stages): (usize, &Stages)| {
            // The bytes' own order is channels last, and so stays that of the map.
            let mut pixels = images.get(lane as i64).permute([0, 3, 1, 2]).to_kind(Kind::Float);
            pixels /= 255.0;
            run(&stages.tower, pixels, pass)
        };
        Features(self.lanes.iter().enumerate().map(encode).collect())
    }

    /// The output `[lane, row * n, output]` for vectors `[lane, row * n, vector]`: n vectors, one after another, for
    /// each picture.
    pub(crate) fn head(&self, features: &Features, vectors: &Tensor, pass: Pass) -> Tensor {
        let head = |(lane, stages): (usize, &Stages)| stages.head(&features.0[lane], &vectors.get(lane as i64), pass);
        let outputs: Vec<Tensor> = self.lanes.iter().enumerate().map(head).collect();
        Tensor::stack(&outputs, 0)
    }

    /// Moves every parameter by the share `tau` towards another network's, and takes over its remembered moments, which
    /// are averages already.
    pub(crate) fn soft_update(&mut self, other: &Self, tau: f64) {
        _ = self.parameters.lerp_(&other.parameters, tau);
        for moment in self.layers.iter().flat_map(|layer| &layer.pieces).filter(|piece| !piece.trained()) {
            let part = |network: &Self| network.parameters.narrow(1, moment.start, moment.count());
            part(self).copy_(&part(other));
        }
    }

    /// Every tensor `[lane, ..]`, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        self.each_piece(|layer, piece, view| (format!("{name}/{layer}/{}", piece.name), view))
    }

    fn each_piece<T>(&self, mut of: impl FnMut(usize, &layer::Piece, Tensor) -> T) -> Vec<T> {
        let lanes = self.lanes.len() as i64;
        let mut all = Vec::new();
        for (i, layer) in self.layers.iter().enumerate() {
            for piece in &layer.pieces {
                let shape = [&[lanes], &piece.shape[..]].concat();
                all.push(of(i, piece, self.parameters.narrow(1, piece.start, piece.count()).view(&shape[..])));
            }
        }
        all
    }
}

fn run(layers: &[LaneLayer], input: Tensor, pass: Pass) -> Tensor {
    layers.iter().fold(input, |input, layer| layer.forward(&input, pass))
}

impl Stages {
    fn layers(&self) -> impl Iterator<Item = &LaneLayer> {
        self.tower.iter().chain(&self.vector).chain(&self.head)
    }

    /// `[row * n, output]`.
    fn head(&self, features: &Tensor, vectors: &Tensor, pass: Pass) -> Tensor {
        let vectors = run(&self.vector, vectors.shallow_clone(), pass); // [row * n, channel]
        let (rows, candidates) = (features.size()[0], vectors.size()[0] / features.size()[0]);
        match &self.head[..] {
            _ if features.dim() == 2 => {
                let sum = vectors.view([rows, candidates, -1]) + features.unsqueeze(1);
                run(&self.head, sum.flatten(0, 1), pass)
            }
            [first, rest @ ..] if candidates > 1 && first.convolves() => {
                // A convolution is linear: that of the map, once per picture, and that of the vectors, which are the
                // same at every place of the map, add up to that of the sum.
                let size = features.size();
                let channels = size[1];
                let one_channel = Tensor::eye(channels, (Kind::Float, features.device()));
                let everywhere = one_channel.view([channels, channels, 1, 1]).expand([-1, -1, size[2], size[3]], false);
                let by_channel = first.convolve(&everywhere, Bias::LeftOut).flatten(1, -1); // [channel, number]
                let map = first.convolve(features, Bias::Added);
                let shape = map.size();
                let map = map.reshape([rows, 1, -1]);
                let at_once = (CANDIDATE_NUMBERS / (candidates * map.size()[2])).max(1);
                let chunk = |start: i64| {
                    let rows = at_once.min(rows - start);
                    let of_vectors = vectors.narrow(0, start * candidates, rows * candidates).mm(&by_channel);
                    let sum = of_vectors.view([rows, candidates, -1]) + map.narrow(0, start, rows);
                    let sum = sum.view([rows * candidates, shape[1], shape[2], shape[3]]);
                    run(rest, first.after_convolution(sum, pass), pass)
                };
                Tensor::cat(&(0..rows).step_by(at_once as usize).map(chunk).collect::<Vec<_>>(), 0)
            }
            head => {
                let vectors = vectors.view([rows, candidates, -1, 1, 1]);
                run(head, (vectors + features.unsqueeze(1)).flatten(0, 1), pass)
            }
        }
    }
}

/// A network with its gradient and its optimiser.
#[derive(Debug)]
pub(crate) struct TrainedCnn {
    network: Cnn,
    gradient: Cnn,
    optimiser: OptimiserState,
    /// What L2 regularisation adds to the gradient of a weight: this times the weight.
    weight_decay: f64,
}

impl TrainedCnn {
    /// Begins the training of a network.
    pub(crate) fn new(network: Cnn, optimiser: Optimiser, weight_decay: f64) -> Self {
        let optimiser = OptimiserState::new(optimiser, network.parameters());
        Self { gradient: network.zeros_like(), optimiser, network, weight_decay }
    }

    /// The network as it stands.
    pub(crate) fn network(&self) -> &Cnn {
        &self.network
    }

    /// One step against a loss whose gradient at `output`, which the network has just given, is `output_gradient`.
    pub(crate) fn step(&mut self, output: &Tensor, output_gradient: &Tensor, rate: f64) {
        let leaves: Vec<&Tensor> =
            self.network.lanes.iter().flat_map(|stages| stages.layers().flat_map(LaneLayer::leaves)).collect();
        // The product's gradient at the output is the one given.
        let found = Tensor::run_backward(&[(output * output_gradient).sum(Kind::Float)], &leaves, false, false);
        let mut found = found.into_iter();
        no_grad(|| {
            for lane in 0..self.network.lanes.len() as i64 {
                let [numbers, weights] = [&self.gradient, &self.network].map(|network| network.parameters.get(lane));
                for piece in self.network.layers.iter().flat_map(|layer| &layer.pieces).filter(|piece| piece.trained())
                {
                    let mut place = numbers.narrow(0, piece.start, piece.count());
                    place.copy_(&found.next().expect("a gradient for each leaf").reshape([-1]));
                    if piece.name == "weight" && self.weight_decay > 0.0 {
                        place += weights.narrow(0, piece.start, piece.count()) * self.weight_decay;
                    }
                }
            }
            self.optimiser.step(&mut self.network.parameters, &self.gradient.parameters, rate);
        });
    }

    /// Parameters and moments, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        self.network.state(name).into_iter().chain(self.optimiser.state(name)).collect()
    }
}

#[cfg(test)]
mod tests;
