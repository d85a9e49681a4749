//! Updates and actions per second of one core for learners that see pictures (`cargo bench -p learners`), beside the
//! time of an update's convolutions alone.

#![allow(clippy::print_stdout)] // a table is what a bench is for

use std::time::{Duration, Instant};

use learners::{AwOptConfig, CemConfig, Device, ImageBcConfig, LearnerConfig, QtOptConfig, Vision, Widths};
use rl::{EnvironmentSpec, ImagePairs, ImageRows, ImageShape, Intent, LaneRows, Minibatch, ObservationRows, Prng};
use tch::{Kind, Tensor, no_grad};

const SHAPE: ImageShape = ImageShape { height: 64, width: 64, channels: 3 };
const STATES: usize = 2; // aperture and height of a gripper
const ACTIONS: usize = 6; // a displacement, a turn, the gripper and the end

fn main() {
    learners::use_one_thread();
    let CemConfig { samples, iterations, .. } = QtOptConfig::small().cem;
    println!(
        "64 x 64 pixels, {ACTIONS} action components, CEM {iterations} x {samples}, one thread, best of 10 rounds"
    );
    println!(
        "| learner | network | filters, hidden | rows | updates/s | ms per update | ms of convolutions | share | actions/s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (form, filters, hidden, rows) in [
        (Vision::Flat as fn(Widths) -> Vision, 32, 128, 32),
        (Vision::Flat, 32, 128, 64),
        (Vision::Points, 16, 128, 32),
        (Vision::Points, 32, 128, 32),
        (Vision::Map, 32, 64, 32),
        (Vision::Map, 32, 64, 64),
    ] {
        let network = form(Widths { filters, hidden });
        let qt_opt = QtOptConfig { network, ..QtOptConfig::small() };
        let convolutions = Convolutions { filters: filters as i64, network, rows: rows as i64, cem: qt_opt.cem };
        // Behind the first tower's gradient stand two more for targets; AW-Opt adds one with a gradient and three without.
        report(&LearnerConfig::QtOpt(qt_opt.clone()), network, rows, convolutions.time(1, 2, 1));
        if rows == 32 {
            let aw_opt = AwOptConfig { critic: qt_opt, ..AwOptConfig::small() };
            report(&LearnerConfig::AwOpt(aw_opt), network, rows, convolutions.time(2, 5, 1));
        }
        report(
            &LearnerConfig::ImageBc(ImageBcConfig { network, ..ImageBcConfig::small() }),
            network,
            rows,
            convolutions.time(1, 0, 0),
        );
    }
    report_lanes();
}

/// Prints a row.
fn report(config: &LearnerConfig, network: Vision, rows: usize, convolutions: f64) {
    let Widths { filters, hidden } = network.widths().expect("a small network");
    let form = format!("{network:?}");
    let form = form.split('(').next().expect("a name");
    let mut rng = Prng::derive("bench", 0, "pictures");
    let batch = random_batch(rows, &mut rng);
    let mut learner = config.build(&spec(), vec![rng], Device::CPU);
    let seconds = best_time(&mut || drop(learner.update(&batch)));
    let image = batch.images.as_ref().expect("pictures").images.row(0, 0).to_vec();
    let observation = ObservationRows {
        image: Some(ImageRows::from_vec(1, 1, SHAPE, image)),
        ..ObservationRows::of_states(LaneRows::zeros(1, 1, STATES))
    };
    let mut rngs = [Prng::derive("bench", 0, "acting")];
    let acting = best_time(&mut || drop(learner.policy().act(&observation, Intent::Explore, &mut rngs)));
    println!(
        "| {} | {form} | {filters}, {hidden} | {rows} | {:.0} | {:.2} | {:.2} | {:.0} % | {:.0} |",
        config.name(),
        1.0 / seconds,
        seconds * 1e3,
        convolutions * 1e3,
        convolutions / seconds * 100.0,
        1.0 / acting
    );
}

/// Prints what the convolutions of several lanes take, lane after lane and as one with a group for each lane.
fn report_lanes() {
    const LANES: i64 = 4;
    const ROWS: i64 = 32;
    let random = |size: &[i64]| Tensor::rand(size, (Kind::Float, tch::Device::Cpu));
    println!("\n| filters | convolutions of {LANES} lanes with their gradients | ms |\n|---|---|---|");
    for filters in [16, 32] {
        let layers = [(3, 8, 4, 2), (filters, 3, 2, 1), (filters, 3, 2, 1)];
        let seconds = |lanes: i64, groups: i64| {
            let weights = layers.map(|(channels, kernel, ..)| {
                random(&[groups * filters, channels, kernel, kernel]).set_requires_grad(true)
            });
            let pictures = random(&[ROWS, 64, 64, 3 * groups]).permute([0, 3, 1, 2]);
            best_time(&mut || {
                for _ in 0..lanes {
                    let map = layers.iter().zip(&weights).fold(pictures.shallow_clone(), |map, (layer, weight)| {
                        let (_, _, stride, padding) = *layer;
                        map.conv2d(weight, None::<&Tensor>, [stride; 2], [padding; 2], [1; 2], groups)
                    });
                    drop(Tensor::run_backward(&[map.sum(Kind::Float)], &weights, false, false));
                }
            })
        };
        println!("| {filters} | lane after lane | {:.2} |", 1e3 * seconds(LANES, 1));
        println!("| {filters} | as {LANES} groups | {:.2} |", 1e3 * seconds(1, LANES));
    }
}

/// The convolutions of a small network's updates.
struct Convolutions {
    filters: i64,
    network: Vision,
    rows: i64,
    cem: CemConfig,
}

impl Convolutions {
    /// Seconds of `trained` passes with gradients, `judged` without, and `searches` over candidates in ready maps.
    fn time(&self, trained: usize, judged: usize, searches: usize) -> f64 {
        let (filters, cpu) = (self.filters, (Kind::Float, tch::Device::Cpu));
        let weights =
            |input: i64, kernel: i64| Tensor::rand([filters, input, kernel, kernel], cpu).set_requires_grad(true);
        let stride = if matches!(self.network, Vision::Points(_)) { 1 } else { 2 };
        let mut layers =
            vec![(weights(3, 8), 4, 2), (weights(filters, 3), stride, 1), (weights(filters, 3), stride, 1)];
        let map = matches!(self.network, Vision::Map(_));
        if map {
            layers.extend([(weights(filters, 3), 1, 1), (weights(filters, 3), 1, 1)]);
        }
        let pictures = Tensor::rand([self.rows, 64, 64, 3], cpu).permute([0, 3, 1, 2]);
        let pass = || {
            layers.iter().fold(pictures.shallow_clone(), |map, (weight, stride, padding)| {
                map.conv2d(weight, None::<&Tensor>, [*stride; 2], [*padding; 2], [1; 2], 1)
            })
        };
        let candidates = Tensor::rand([self.rows * self.cem.samples as i64, filters, 4, 4], cpu);
        best_time(&mut || {
            for _ in 0..trained {
                let leaves: Vec<&Tensor> = layers.iter().map(|(weight, ..)| weight).collect();
                drop(Tensor::run_backward(&[pass().sum(Kind::Float)], &leaves, false, false));
            }
            no_grad(|| {
                (0..judged).for_each(|_| drop(pass()));
                let (weight, ..) = layers.last().expect("convolutions");
                // The first convolution after the merge is a product; the second is one of every candidate's map.
                let rounds = if map { searches * self.cem.iterations } else { 0 };
                (0..rounds).for_each(|_| {
                    drop(candidates.conv2d(weight, None::<&Tensor>, [1; 2], [1; 2], [1; 2], 1));
                });
            });
        })
    }
}

/// Seconds of one call in the best of ten rounds of a fifth of a second: other work on the machine only adds.
fn best_time(call: &mut dyn FnMut()) -> f64 {
    let round = Duration::from_millis(200);
    let time_round = |call: &mut dyn FnMut()| {
        let (start, mut calls) = (Instant::now(), 0);
        while start.elapsed() < round {
            call();
            calls += 1;
        }
        start.elapsed().as_secs_f64() / f64::from(calls)
    };
    (0..10).map(|_| time_round(call)).fold(f64::INFINITY, f64::min)
}

fn random_batch(rows: usize, rng: &mut Prng) -> Minibatch {
    let mut pictures = || {
        let bytes = (0..rows * SHAPE.size()).map(|_| rng.below(256) as u8).collect();
        ImageRows::from_vec(1, rows, SHAPE, bytes)
    };
    let images = Some(ImagePairs { images: pictures(), next_images: pictures() });
    let mut column = |features: usize| {
        LaneRows::from_vec(1, rows, features, (0..rows * features).map(|_| rng.uniform(0.0, 1.0)).collect())
    };
    Minibatch {
        states: column(STATES),
        actions: column(ACTIONS),
        rewards: column(1),
        next_states: column(STATES),
        bootstraps: column(1),
        successes: column(1),
        images,
    }
}

fn spec() -> EnvironmentSpec {
    EnvironmentSpec {
        name: "bench".into(),
        state_size: STATES,
        state_center: vec![0.0; STATES],
        state_spread: vec![1.0; STATES],
        image: Some(SHAPE),
        privileged_size: 0,
        action_size: ACTIONS,
        max_steps: 1,
        success_steps: 1,
    }
}
