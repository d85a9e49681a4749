//! Updates per second of one core (`cargo bench -p learners`), beside the time of the matrix products alone: what no
//! implementation on the same kernels can beat.

#![allow(clippy::print_stdout)] // a table is what a bench is for

use std::time::{Duration, Instant};

use learners::{BcConfig, Device, IqlConfig, LearnerConfig};
use rl::{EnvironmentSpec, LaneRows, Minibatch, Prng};
use tch::{Kind, Tensor};

const STATES: usize = 29; // an ant maze
const ACTIONS: usize = 8;
const ROWS: usize = 256;

fn main() {
    learners::use_one_thread();
    println!("batch {ROWS}, {STATES} state features, {ACTIONS} action components, one thread, best of 10 rounds");
    println!("| learner | hidden | lanes | updates/s (all lanes) | ms per update | ms of products alone | share |");
    println!("|---|---|---|---|---|---|---|");
    for hidden in [256, 128] {
        let iql = |dropout| {
            let shape = IqlConfig { hidden: vec![hidden; 2], ..IqlConfig::antmaze() };
            LearnerConfig::Iql(IqlConfig { actor_dropout: dropout, ..shape })
        };
        let products = best_time(&mut iql_products(hidden as i64));
        report("iql", hidden, 1, &iql(0.0), Some(products));
        report("iql", hidden, 4, &iql(0.0), Some(4.0 * products));
        report("iql, dropout", hidden, 1, &iql(0.1), Some(products));
        let bc = BcConfig { hidden: vec![hidden; 2], ..BcConfig::corl() };
        report("bc", hidden, 1, &LearnerConfig::Bc(bc), None);
    }
}

fn report(name: &str, hidden: usize, lanes: usize, config: &LearnerConfig, products: Option<f64>) {
    let mut rngs: Vec<Prng> = (0..lanes as u64).map(|seed| Prng::derive("bench", seed, "update")).collect();
    let batch = random_batch(lanes, &mut rngs[0]);
    let mut learner = config.build(&spec(), rngs, Device::CPU);
    let seconds = best_time(&mut || drop(learner.update(&batch)));
    let (alone, share) = products.map_or((String::from("-"), String::from("-")), |products| {
        (format!("{:.2}", products * 1e3), format!("{:.0} %", products / seconds * 100.0))
    });
    let rate = lanes as f64 / seconds;
    println!("| {name} | {hidden}-{hidden} | {lanes} | {rate:.0} | {:.2} | {alone} | {share} |", seconds * 1e3);
}

/// The 44 products of one update of IQL, in their layouts, into ready memory.
fn iql_products(hidden: i64) -> impl FnMut() {
    let (rows, states, actions) = (ROWS as i64, STATES as i64, ACTIONS as i64);
    let random = |shape: [i64; 2]| Tensor::rand(shape, (Kind::Float, tch::Device::Cpu));
    let network = move |input: i64, output: i64| {
        [[input, hidden], [hidden, hidden], [hidden, output]].map(|[input, output]| Product {
            input: random([rows, input]),
            weight: random([input, output]),
            output: random([rows, output]),
        })
    };
    let (value, actor, critic) = (network(states, 1), network(states, actions), network(states + actions, 1));
    move || {
        let passes = [(&value, 3, 1), (&actor, 1, 1), (&critic, 4, 2)];
        for (network, forward, backward) in passes {
            for product in network {
                (0..forward).for_each(|_| product.forward());
                (0..backward).for_each(|_| product.weight_gradient());
            }
            for product in &network[1..] {
                (0..backward).for_each(|_| product.input_gradient());
            }
        }
    }
}

struct Product {
    input: Tensor,
    weight: Tensor,
    output: Tensor,
}

impl Product {
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
    }
}

fn spec() -> EnvironmentSpec {
    EnvironmentSpec {
        name: "bench".into(),
        state_size: STATES,
        state_center: vec![0.0; STATES],
        state_spread: vec![1.0; STATES],
        privileged_size: 0,
        action_size: ACTIONS,
        max_steps: 1,
        success_steps: 1,
    }
}
