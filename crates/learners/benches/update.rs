//! Updates per second of one core (`cargo bench -p learners`), beside the time of the matrix products alone: what no
//! implementation on the same kernels can beat.

#![allow(clippy::print_stdout)] // a table is what a bench is for

use std::time::{Duration, Instant};

use learners::{AwacConfig, BcConfig, CqlConfig, Device, IqlConfig, LearnerConfig};
use rl::{EnvironmentSpec, LaneRows, Minibatch, Prng};
use tch::{Kind, Tensor};

const STATES: usize = 29; // an ant maze
const ACTIONS: usize = 8;
const ROWS: usize = 256;

/// Actions that CQL draws of each kind and state.
const SAMPLED: usize = 10;

fn main() {
    learners::use_one_thread();
    println!("batch {ROWS}, {STATES} state features, {ACTIONS} action components, one thread, best of 10 rounds");
    // What all of it is to be measured by: the machine's speed in a product of this size.
    let square = Product::new(256, 256, 256);
    let seconds = best_time(&mut || square.forward());
    println!("one product of 256 x 256 by 256 x 256: {:.0} GFLOP/s\n", 2.0 * 256.0_f64.powi(3) / seconds / 1e9);
    println!("| learner | hidden | lanes | updates/s (all lanes) | ms per update | ms of products alone | share |");
    println!("|---|---|---|---|---|---|---|");
    for hidden in [256, 128] {
        let iql = |dropout| {
            let shape = IqlConfig { hidden: vec![hidden; 2], ..IqlConfig::antmaze() };
            LearnerConfig::Iql(IqlConfig { actor_dropout: dropout, ..shape })
        };
        let products = time_products(&iql_passes(hidden));
        let iql_seconds = report("iql", hidden, 1, &iql(0.0), Some(products));
        report("iql", hidden, 4, &iql(0.0), Some(4.0 * products));
        report("iql, dropout", hidden, 1, &iql(0.1), Some(products));
        let awac = AwacConfig { hidden: vec![hidden; 2], ..AwacConfig::antmaze() };
        report("awac", hidden, 1, &LearnerConfig::Awac(awac), Some(time_products(&awac_passes(hidden))));
        let (actor_hidden, critic_hidden) = (vec![hidden; 2], vec![hidden; 2]);
        let cql = CqlConfig { sampled_actions: SAMPLED, actor_hidden, critic_hidden, ..CqlConfig::antmaze() };
        let products = time_products(&cql_passes(hidden));
        let cql_seconds = report("cql", hidden, 1, &LearnerConfig::Cql(cql), Some(products));
        let bc = BcConfig { hidden: vec![hidden; 2], ..BcConfig::corl() };
        report("bc", hidden, 1, &LearnerConfig::Bc(bc), None);
        println!("| cql over iql | {hidden}-{hidden} | 1 | - | {:.1} times | - | - |", cql_seconds / iql_seconds);
    }
}

/// Prints a row; returns the seconds of one update.
fn report(name: &str, hidden: usize, lanes: usize, config: &LearnerConfig, products: Option<f64>) -> f64 {
    let mut rngs: Vec<Prng> = (0..lanes as u64).map(|seed| Prng::derive("bench", seed, "update")).collect();
    let batch = random_batch(lanes, &mut rngs[0]);
    let mut learner = config.build(&spec(), rngs, Device::CPU);
    let seconds = best_time(&mut || drop(learner.update(&batch)));
    let (alone, share) = products.map_or((String::from("-"), String::from("-")), |products| {
        (format!("{:.2}", products * 1e3), format!("{:.0} %", products / seconds * 100.0))
    });
    let rate = lanes as f64 / seconds;
    println!("| {name} | {hidden}-{hidden} | {lanes} | {rate:.0} | {:.2} | {alone} | {share} |", seconds * 1e3);
    seconds
}

/// How often an update runs networks of one shape.
struct Passes {
    layers: [Product; 3],
    forward: usize,
    /// Gradients of the weights.
    backward: usize,
    /// Gradients of the input without those of the weights.
    to_input: usize,
}

impl Passes {
    fn new(rows: usize, [input, hidden, output]: [usize; 3], [forward, backward, to_input]: [usize; 3]) -> Self {
        let layers = [[input, hidden], [hidden, hidden], [hidden, output]];
        Self { layers: layers.map(|[input, output]| Product::new(rows, input, output)), forward, backward, to_input }
    }

    fn run(&self) {
        for product in &self.layers {
            (0..self.forward).for_each(|_| product.forward());
            (0..self.backward).for_each(|_| product.weight_gradient());
            (0..self.to_input).for_each(|_| product.input_gradient());
        }
        for product in &self.layers[1..] {
            (0..self.backward).for_each(|_| product.input_gradient());
        }
    }
}

/// Value, actor and critics of IQL: 44 products.
fn iql_passes(hidden: usize) -> Vec<Passes> {
    vec![
        Passes::new(ROWS, [STATES, hidden, 1], [3, 1, 0]),
        Passes::new(ROWS, [STATES, hidden, ACTIONS], [1, 1, 0]),
        Passes::new(ROWS, [STATES + ACTIONS, hidden, 1], [4, 2, 0]),
    ]
}

/// Actor and critics of AWAC: 48 products.
fn awac_passes(hidden: usize) -> Vec<Passes> {
    vec![
        Passes::new(ROWS, [STATES, hidden, ACTIONS], [3, 1, 0]),
        Passes::new(ROWS, [STATES + ACTIONS, hidden, 1], [8, 2, 0]),
    ]
}

/// Actor and critics of CQL: 45 products, most of them over many actions for each row.
fn cql_passes(hidden: usize) -> Vec<Passes> {
    let critic = [STATES + ACTIONS, hidden, 1];
    vec![
        Passes::new(ROWS, [STATES, hidden, 2 * ACTIONS], [2, 1, 0]),
        Passes::new(ROWS, critic, [2, 0, 2]),
        Passes::new(ROWS * SAMPLED, critic, [2, 0, 0]), // the targets
        Passes::new(ROWS * (3 * SAMPLED + 1), critic, [2, 2, 0]),
    ]
}

/// Seconds of the products of an update, in their layouts, into ready memory.
fn time_products(passes: &[Passes]) -> f64 {
    best_time(&mut || passes.iter().for_each(Passes::run))
}

struct Product {
    input: Tensor,
    weight: Tensor,
    output: Tensor,
}

impl Product {
    fn new(rows: usize, input: usize, output: usize) -> Self {
        let random = |size: [usize; 2]| Tensor::rand(size.map(|size| size as i64), (Kind::Float, tch::Device::Cpu));
        Self { input: random([rows, input]), weight: random([input, output]), output: random([rows, output]) }
    }

    fn forward(&self) {
        _ = self.input.mm_out(&self.output, &self.weight);
    }

    fn weight_gradient(&self) {
        _ = self.input.tr().mm_out(&self.weight, &self.output);
    }

    fn input_gradient(&self) {
        _ = self.output.mm_out(&self.input, &self.weight.tr());
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

fn random_batch(lanes: usize, rng: &mut Prng) -> Minibatch {
    let mut column = |features: usize| {
        let values = (0..lanes * ROWS * features).map(|_| rng.uniform(-1.0, 1.0)).collect();
        LaneRows::from_vec(lanes, ROWS, features, values)
    };
    Minibatch {
        states: column(STATES),
        actions: column(ACTIONS),
        rewards: column(1),
        next_states: column(STATES),
        bootstraps: column(1),
        successes: column(1),
        images: None,
    }
}

fn spec() -> EnvironmentSpec {
    EnvironmentSpec {
        name: "bench".into(),
        state_size: STATES,
        state_center: vec![0.0; STATES],
        state_spread: vec![1.0; STATES],
        image: None,
        privileged_size: 0,
        action_size: ACTIONS,
        max_steps: 1,
        success_steps: 1,
    }
}
