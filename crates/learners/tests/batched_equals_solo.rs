//! Lanes never meet: several in one batch learn what each would learn alone.

mod common;

use common::{every_learner, random_batch, rngs, spec};
use learners::Device;
use rl::{Intent, LaneRows, Minibatch, ObservationRows};

const LANES: usize = 3;
const UPDATES: usize = 30;

#[test]
fn batched_equals_solo() {
    learners::use_one_thread();
    let spec = spec(5, 3);
    for config in every_learner() {
        let mut batched = config.build(&spec, rngs(LANES), Device::CPU);
        let mut solo: Vec<_> = rngs(LANES).into_iter().map(|rng| config.build(&spec, vec![rng], Device::CPU)).collect();
        for update in 0..UPDATES {
            let batch = random_batch(&spec, LANES, 16, &format!("update {update}"));
            let together = batched.update(&batch);
            for (lane, learner) in solo.iter_mut().enumerate() {
                for (name, alone) in learner.update(&only(&batch, lane)).0 {
                    let what = format!("{} lane {lane}, update {update}: {name}", config.name());
                    assert_close(together.get(name).unwrap()[lane], alone[0], &what);
                }
            }
        }
        let states = random_batch(&spec, LANES, 16, "acting").states;
        let act = |learner: &dyn rl::Learner, state: LaneRows, rngs: &mut [rl::Prng]| {
            learner.policy().act(&ObservationRows::of_states(state), Intent::Explore, rngs)
        };
        let together = act(batched.as_ref(), states.clone(), &mut rngs(LANES));
        for (lane, learner) in solo.iter().enumerate() {
            let alone = act(learner.as_ref(), lane_of(&states, lane), &mut rngs(LANES)[lane..=lane]);
            for row in 0..alone.rows() {
                for (a, b) in together.row(lane, row).iter().zip(alone.row(0, row)) {
                    assert_close(*a, *b, &format!("{} lane {lane}: action of row {row}", config.name()));
                }
            }
        }
    }
}

fn only(batch: &Minibatch, lane: usize) -> Minibatch {
    Minibatch {
        states: lane_of(&batch.states, lane),
        actions: lane_of(&batch.actions, lane),
        rewards: lane_of(&batch.rewards, lane),
        next_states: lane_of(&batch.next_states, lane),
        bootstraps: lane_of(&batch.bootstraps, lane),
        successes: lane_of(&batch.successes, lane),
        images: None,
    }
}

fn lane_of(rows: &LaneRows, lane: usize) -> LaneRows {
    let size = rows.rows() * rows.features();
    LaneRows::from_vec(1, rows.rows(), rows.features(), rows.as_slice()[lane * size..][..size].to_vec())
}

/// The order of additions differs, and Adam carries that on.
fn assert_close(a: f32, b: f32, what: &str) {
    assert!((a - b).abs() <= 1e-3 * a.abs().max(1.0), "{what}: {a} together, {b} alone");
}
