//! The example of the README keeps its promises.

use std::{fs, path::Path};

use jsrl::SchedulePlan;

#[path = "../examples/own_task.rs"]
#[expect(dead_code, reason = "its main is not called")]
mod own_task;

#[test]
fn its_environment_keeps_the_contract() {
    rl::check_environment(&mut *own_task::ledge(), 4);
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
