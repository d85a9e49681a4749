//! The toy task with pictures keeps the environments' contract, and QT-Opt learns it within JSRL's loop.

use jsrl::{JumpStartState, SchedulePlan};
use rl::Drivers;

#[allow(dead_code, reason = "its main is not called")]
#[path = "../examples/dot.rs"]
mod dot;

const SIZE: usize = 32;

#[test]
fn its_environment_keeps_the_contract() {
    rl::check_environment(&mut *dot::dot(SIZE), 6);
}

#[test]
fn qt_opt_learns_from_demonstrations_and_its_own_steps() {
    learners::use_one_thread();
    let data = dot::demonstrations(64, 200);
    let mut learner = dot::qt_opt(64);
    let nobody = dot::clone_of(data.clone(), 64, 0);
    let before = dot::success(Drivers::alone(learner.policy()), 64, 0);
    let mut training = dot::training(&mut *learner, nobody.policy(), data, 64, &SchedulePlan::LearnerOnly);
    (0..1_000).for_each(|_| drop(training.step()));
    let after = dot::success(training.drivers(), 64, 0);
    assert!(before < 0.1 && after > 0.3, "{before} before, {after} after");
}

/// With the guide in the first steps and pictures in the buffer.
#[test]
fn a_saved_training_goes_on_with_the_same_bits() {
    learners::use_one_thread();
    let guide = dot::clone_of(dot::demonstrations(SIZE, 20), SIZE, 100);
    let empty = || dot::demonstrations(SIZE, 0);
    let plan = SchedulePlan::Random { stages: 3 };
    let folder = tempfile::tempdir().unwrap();
    let [mut learner, mut other] = [dot::qt_opt(SIZE), dot::qt_opt(SIZE)];

    let mut original = dot::training(&mut *learner, guide.policy(), empty(), SIZE, &plan);
    (0..30).for_each(|_| drop(original.step()));
    original.learner().save(folder.path()).unwrap();
    let saved = postcard::to_stdvec(&original.state()).unwrap();
    assert!(saved.len() < 40 * SIZE * SIZE * 3, "{} bytes for 30 steps: a frame is kept once", saved.len());

    other.load(folder.path()).unwrap();
    let state: JumpStartState = postcard::from_bytes(&saved).unwrap();
    let mut resumed = dot::training(&mut *other, guide.policy(), empty(), SIZE, &plan);
    resumed.restore(state);
    for _ in 0..30 {
        assert_eq!(original.step(), resumed.step());
    }
    assert_eq!(original.state(), resumed.state());
}
