//! The example of the README keeps its promises.

use jsrl::SchedulePlan;

#[path = "../examples/own_task.rs"]
#[expect(dead_code, reason = "its main is not called")]
mod own_task;

#[test]
fn its_environment_keeps_the_contract() {
    rl::check_environment(&mut *own_task::ledge(), 4);
}

#[test]
fn jsrl_learns_where_the_learner_alone_does_not() {
    learners::use_one_thread();
    let alone = own_task::train(&SchedulePlan::LearnerOnly);
    let jump_started = own_task::train(&SchedulePlan::Curriculum { stages: 5, tolerance: 0.1, window: 3 });
    assert!(alone <= 5.0 && jump_started >= 90.0, "alone {alone} %, jump-started {jump_started} %");
}
