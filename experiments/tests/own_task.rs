//! The examples of the README keep their promises.

use std::{fs, path::Path};

use jsrl::SchedulePlan;

#[path = "../examples/one_robot.rs"]
#[expect(dead_code, reason = "its main is not called")]
mod one_robot;
use one_robot::own_task;

#[test]
fn its_environment_keeps_the_contract() {
    rl::check_environment(&mut *own_task::ledge(), 4);
    rl::check_robot(&mut one_robot::Robot::switch_on(), &one_robot::ToTheMiddleAndOn, 4);
}

#[test]
fn the_readme_quotes_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |file: &str| fs::read_to_string(root.join(file)).expect("readable");
    let (page, example) = (read("README.md"), read("experiments/examples/own_task.rs"));
    let quote = page.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of Rust");
    let lines: Vec<_> = example.lines().map(str::trim).collect();
    for line in quote.lines().map(str::trim) {
        assert!(lines.contains(&line), "the README quotes {line:?}, which is not in the example");
    }
    assert!(page.contains(&format!("{} lines", lines.len())) && lines.len() < 80, "{} lines", lines.len());
}

#[test]
fn jsrl_learns_where_the_learner_alone_does_not() {
    learners::use_one_thread();
    let alone = own_task::train(&SchedulePlan::LearnerOnly);
    let jump_started = own_task::train(&SchedulePlan::Curriculum { stages: 5, tolerance: 0.1, window: 3 });
    assert!(alone <= 5.0 && jump_started >= 90.0, "alone {alone} %, jump-started {jump_started} %");
}

/// Switched off early in its curriculum and on again.
#[test]
fn one_robot_learns_and_is_judged_and_goes_on() {
    learners::use_one_thread();
    let folder = tempfile::tempdir().expect("a folder");
    let stage_after = |steps| {
        let rate = one_robot::train(folder.path(), steps).expect("trains");
        let state = fs::read(folder.path().join("loop.json")).expect("the loop as it was saved last");
        let (_, state): (usize, serde_json::Value) = serde_json::from_slice(&state).expect("JSON");
        (rate, state["schedules"][0]["stage"].as_u64().expect("a number"), state["steps"].as_u64().expect("a number"))
    };
    let (early, early_stage, saved_at) = stage_after(1_500);
    assert!(early < 90.0 && (1..5).contains(&early_stage), "{early} % in stage {early_stage}");
    let (late, stage, steps) = stage_after(6_000);
    assert!(late >= 90.0 && stage == 5 && steps > saved_at + 3_000, "{late} % in stage {stage} after {steps} steps");
}

#[test]
fn the_guide_of_the_one_robot_arrives_every_other_time() {
    let rate = one_robot::guide_alone();
    assert!((30.0..=60.0).contains(&rate), "{rate} %");
}
