use super::*;
use crate::noise::normals;

const SHAPE: ImageShape = ImageShape { height: 20, width: 24, channels: 4 };

fn rngs(lanes: u64) -> Vec<Prng> {
    (0..lanes).map(|seed| Prng::derive("cnn", seed, "init")).collect()
}

const WIDTHS: Widths = Widths { filters: 5, hidden: 7 };
const SMALL: [Vision; 3] = [Vision::Map(WIDTHS), Vision::Flat(WIDTHS), Vision::Points(WIDTHS)];

/// `[lane, row, height, width, channel]`
fn pictures(lanes: i64, rows: i64, shape: ImageShape) -> Tensor {
    let mut rng = Prng::derive("cnn", 0, "pictures");
    let bytes: Vec<u8> = (0..lanes * rows * shape.size() as i64).map(|_| rng.below(256) as u8).collect();
    Tensor::from_slice(&bytes).view([lanes, rows, shape.height as i64, shape.width as i64, shape.channels as i64])
}

fn vectors(lanes: i64, rows: i64, size: i64) -> Tensor {
    normals(&[lanes, rows, size], &mut Prng::derive("cnn", 0, "vectors"))
}

fn largest(x: &Tensor) -> f64 {
    x.abs().max().double_value(&[])
}

#[test]
fn grasping44_is_the_published_network() {
    let shape = ImageShape { height: 472, width: 472, channels: 3 };
    let network = Cnn::new(Vision::Grasping44, shape, 10, 1, &mut rngs(1), Device::CPU);
    let weights = |name| move |piece: &&layer::Piece| piece.name == name;
    let count = |name| {
        let pieces = network.layers.iter().flat_map(|layer| &layer.pieces);
        pieces.filter(weights(name)).map(layer::Piece::count).sum::<i64>()
    };
    // 6 x 6 x 3, six of 5 x 5 x 64, nine of 3 x 3 x 64, times 64 filters; layers from 10, 256, 4096, 64 and 64.
    let convolutions = 64 * (6 * 6 * 3 + 6 * 5 * 5 * 64 + 9 * 3 * 3 * 64);
    assert_eq!(count("weight"), convolutions + 10 * 256 + 256 * 64 + 4096 * 64 + 64 * 64 + 64);
    assert_eq!(count("scale"), 64 * 18, "all but the first of each path");
    assert_eq!((count("mean"), count("variance")), (64 * 19 + 256, 64 * 19 + 256));
    let largest_weight = largest(&network.parameters.narrow(1, 0, 64 * 108));
    assert!(largest_weight > 0.019 && largest_weight <= 0.02, "{largest_weight}");
    let features = no_grad(|| network.encode(&pictures(1, 1, shape), Pass::Eval));
    assert_eq!(features.0[0].size(), [1, 64, 27, 27]);
    let output = no_grad(|| network.head(&features, &vectors(1, 2, 10), Pass::Eval));
    assert_eq!(output.size(), [1, 2, 1]);
}

/// Along random directions the loss changes as the gradient says.
#[test]
fn gradients_are_slopes() {
    let images = pictures(2, 3, SHAPE);
    let (vectors, output_gradient) = (vectors(2, 3, 4), normals(&[2, 3, 2], &mut rngs(1)[0]));
    for vision in SMALL {
        let network = Cnn::new(vision, SHAPE, 4, 2, &mut rngs(2), Device::CPU);
        let mut trained = TrainedCnn::new(network, Optimiser::Adam, 0.0);
        let loss = |network: &Cnn| {
            let output = network.head(&network.encode(&images, Pass::Train), &vectors, Pass::Train);
            let loss = (&output * &output_gradient).sum(Kind::Double);
            (loss.double_value(&[]), output)
        };
        let (_, output) = loss(trained.network());
        trained.step(&output, &output_gradient, 0.0); // a rate of 0 leaves the network alone
        let gradient = &trained.gradient.parameters;
        for draw in 0..5 {
            // Uphill, but only in the parameters that a draw picks: a slope well above what rounding leaves.
            let picked = normals(&gradient.size(), &mut Prng::derive("cnn", draw, "direction")).gt(0.0);
            let direction = gradient * picked;
            let direction = &direction * (0.001 / direction.norm());
            let moved = |sign: f64| {
                let mut moved = trained.network.duplicate();
                moved.parameters += &direction * sign;
                loss(&moved).0
            };
            let found = (moved(1.0) - moved(-1.0)) / 2.0;
            let expected = (gradient * &direction).sum(Kind::Double).double_value(&[]);
            assert!((found - expected).abs() < 0.01 * expected, "{vision:?}: {found}, not {expected}");
        }
    }
}

/// Many candidates for a picture that was encoded once get what each would get alone, whatever the chunks.
#[test]
fn candidates_are_judged_as_if_alone() {
    let large = ImageShape { height: 240, width: 240, channels: 3 };
    for (vision, shape, candidates) in [
        (SMALL[0], SHAPE, 5),
        (SMALL[1], SHAPE, 5),
        (SMALL[2], SHAPE, 5),
        (Vision::Map(Widths { filters: 64, hidden: 8 }), ImageShape { height: 64, ..SHAPE }, 1500),
        (Vision::Grasping44, large, 3),
    ] {
        let mut network = Cnn::new(vision, shape, 4, 1, &mut rngs(2), Device::CPU);
        let noise = normals(&network.parameters.size(), &mut rngs(1)[0]) * 0.01;
        network.parameters += noise; // so that biases are not 0
        let (rows, images) = (2, pictures(2, 2, shape));
        let vectors = vectors(2, rows * candidates, 4);
        no_grad(|| {
            let features = network.encode(&images, Pass::Eval);
            let together = network.head(&features, &vectors, Pass::Eval);
            for candidate in [0, candidates - 1] {
                let chosen = vectors.view([2, rows, candidates, 4]).select(2, candidate);
                let alone = network.head(&features, &chosen, Pass::Eval);
                let difference = together.view([2, rows, candidates]).select(2, candidate).unsqueeze(2) - alone;
                assert!(largest(&difference) < 1e-4, "{vision:?}: {}", largest(&difference));
            }
        });
    }
}

#[test]
fn lanes_are_their_own() {
    let (images, vectors) = (pictures(3, 2, SHAPE), vectors(3, 2, 4));
    let together = Cnn::new(SMALL[0], SHAPE, 4, 1, &mut rngs(3), Device::CPU);
    let output = together.head(&together.encode(&images, Pass::Eval), &vectors, Pass::Eval);
    for lane in 0..3 {
        let rng = rngs(3).swap_remove(lane as usize);
        let alone = Cnn::new(SMALL[0], SHAPE, 4, 1, &mut [rng], Device::CPU);
        assert_eq!(alone.parameters.get(0), together.parameters.get(lane));
        let features = alone.encode(&images.narrow(0, lane, 1), Pass::Eval);
        assert_eq!(alone.head(&features, &vectors.narrow(0, lane, 1), Pass::Eval).get(0), output.get(lane));
    }
}

/// One number far above the rest draws the mean place to itself; even maps have theirs in the middle.
#[test]
fn points_are_mean_places() {
    let mut maps = Tensor::zeros([1, 3, 3, 5], (Kind::Float, tch::Device::Cpu));
    _ = maps.get(0).get(1).get(0).get(4).fill_(100.0);
    _ = maps.get(0).get(2).get(1).get(0).fill_(15.0_f64.ln()); // half of all, beside 14 of one
    maps = layer::points(&maps);
    let expected = [0.0, 0.0, -1.0, 1.0, 0.0, -(15.0 - 1.0) / 29.0];
    for (i, expected) in expected.into_iter().enumerate() {
        assert!((maps.double_value(&[0, i as i64]) - expected).abs() < 1e-6, "{i}: {maps}");
    }
}

/// Moments move towards those of a training pass's batch, each lane's towards its own, and are no gradient's business.
#[test]
fn normalisation_remembers_moments() {
    let shape = ImageShape { height: 240, width: 240, channels: 1 };
    let mut trained = TrainedCnn::new(
        Cnn::new(Vision::Grasping44, shape, 4, 1, &mut rngs(2), Device::CPU),
        Optimiser::Momentum { decay: 0.9 },
        7e-5,
    );
    let moments = |network: &Cnn, name: &str| -> Tensor {
        network.state("").into_iter().find(|(found, _)| found == name).expect("a moment").1.copy()
    };
    let images = pictures(2, 2, shape);
    let first = &trained.network.lanes[1].tower[0];
    let pixels = images.get(1).permute([0, 3, 1, 2]).to_kind(Kind::Float) / 255.0;
    let mean = first.convolve(&pixels, Bias::LeftOut).mean_dim([0_i64, 2, 3].as_slice(), false, Kind::Float);
    let (expected, network) = (mean.detach() * 0.0003, trained.network());
    let output = network.head(&network.encode(&images, Pass::Train), &vectors(2, 2, 4), Pass::Train);
    assert!(largest(&(moments(network, "/0/mean").get(1) - expected)) < 1e-8);
    let before = moments(network, "/0/variance");
    assert!(largest(&before) < 1.0 && largest(&(&before - 0.9997)) > 0.0);
    trained.step(&output, &output.ones_like(), 0.1);
    assert_eq!(moments(trained.network(), "/0/variance"), before);
    let judged = no_grad(|| trained.network().encode(&images, Pass::Eval));
    assert_eq!(moments(trained.network(), "/0/variance"), before);
    assert!(judged.0[0].isfinite().all().int64_value(&[]) == 1);
}

/// Moments are averages already: an average of averages would lag behind the weights that they belong to.
#[test]
fn a_network_follows_in_its_weights_and_takes_moments_over() {
    let shape = ImageShape { height: 472, width: 472, channels: 3 };
    let network = |value| {
        let network = Cnn::new(Vision::Grasping44, shape, 2, 1, &mut rngs(1), Device::CPU);
        _ = network.parameters().shallow_clone().fill_(value);
        network
    };
    let (mut averaged, trained) = (network(0.0), network(4.0));
    averaged.soft_update(&trained, 0.25);
    for (name, tensor) in averaged.state("q") {
        let expected = if name.ends_with("mean") || name.ends_with("variance") { 4.0 } else { 1.0 };
        assert!(largest(&(tensor - expected)) < 1e-6, "{name}");
    }
    assert!(averaged.state("q").iter().any(|(name, _)| name.ends_with("mean")));
}

/// Two steps of momentum by hand, with weights that decay and biases that do not.
#[test]
fn momentum_adds_gradients_up() {
    let shape = ImageShape { height: 8, width: 8, channels: 1 };
    let network = Cnn::new(SMALL[1], shape, 1, 1, &mut rngs(1), Device::CPU);
    let mut trained = TrainedCnn::new(network, Optimiser::Momentum { decay: 0.5 }, 0.1);
    let get = |network: &Cnn, name: &str| -> Tensor {
        network.state("").into_iter().rfind(|(found, _)| found.ends_with(name)).expect("the last layer's").1.copy()
    };
    let images = pictures(1, 1, shape);
    let (mut bias, mut bias_velocity) = (0.0, 0.0);
    let (mut weight, mut weight_velocity) = (get(trained.network(), "weight"), 0.0);
    for _ in 0..2 {
        let network = trained.network();
        let features = network.encode(&images, Pass::Train);
        let output = network.head(&features, &vectors(1, 1, 1), Pass::Train);
        // Nothing but the last bias moves by a gradient of 1; its weights move by the hidden layer's output.
        let hidden = {
            let stages = &network.lanes[0];
            let vector = run(&stages.vector, vectors(1, 1, 1).get(0), Pass::Train);
            run(&stages.head[..2], vector + &features.0[0], Pass::Train).detach()
        };
        bias_velocity = 0.5 * bias_velocity + 1.0;
        bias -= 0.01 * bias_velocity;
        let gradient = hidden.view([1, 7, 1]) + &weight * 0.1;
        let velocity = gradient + if weight_velocity == 0.0 { weight.zeros_like() } else { momentum(&trained) * 0.5 };
        weight_velocity = 1.0;
        weight -= velocity * 0.01;
        trained.step(&output, &output.ones_like(), 0.01);
        assert!((get(trained.network(), "bias").double_value(&[0, 0]) - bias).abs() < 1e-6);
        assert!(largest(&(get(trained.network(), "weight") - &weight)) < 1e-6);
    }
}

/// The velocity of the last layer's weights.
fn momentum(trained: &TrainedCnn) -> Tensor {
    let OptimiserState::Momentum { velocity, .. } = &trained.optimiser else { panic!("no momentum") };
    let piece = &trained.network.layers.last().expect("layers").pieces[0];
    velocity.narrow(1, piece.start, piece.count()).view([1, 7, 1]).copy()
}
