//! Lanes never meet: several in one batch learn what each would learn alone.

mod common;

use common::{every_learner, observations, random_batch, rngs, spec_for};
use learners::Device;
use rl::{ImagePairs, ImageRows, Intent, LaneRows, Minibatch};

const LANES: usize = 3;
const UPDATES: usize = 30;

#[test]
fn batched_equals_solo() {
    learners::use_one_thread();
    for config in every_learner() {
        let spec = spec_for(&config);
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
        let seen = random_batch(&spec, LANES, 16, "acting");
        let act = |learner: &dyn rl::Learner, batch: &Minibatch, rngs: &mut [rl::Prng]| {
            learner.policy().act(&observations(batch), Intent::Explore, rngs)
        };
        let together = act(batched.as_ref(), &seen, &mut rngs(LANES));
        for (lane, learner) in solo.iter().enumerate() {
            let alone = act(learner.as_ref(), &only(&seen, lane), &mut rngs(LANES)[lane..=lane]);
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
        images: batch.images.as_ref().map(|ImagePairs { images, next_images }| ImagePairs {
            images: images_of(images, lane),
            next_images: images_of(next_images, lane),
        }),
    }
}

fn lane_of(rows: &LaneRows, lane: usize) -> LaneRows {
    let size = rows.rows() * rows.features();
    LaneRows::from_vec(1, rows.rows(), rows.features(), rows.as_slice()[lane * size..][..size].to_vec())
}

fn images_of(images: &ImageRows, lane: usize) -> ImageRows {
    let size = images.rows() * images.shape().size();
    ImageRows::from_vec(1, images.rows(), images.shape(), images.as_slice()[lane * size..][..size].to_vec())
}

/// The order of additions differs, and Adam carries that on.
fn assert_close(a: f32, b: f32, what: &str) {
    assert!((a - b).abs() <= 1e-3 * a.abs().max(1.0), "{what}: {a} together, {b} alone");
}
