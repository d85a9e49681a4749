//! `experiments trace`: a robot's joints under given torques, as numbers.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use envs::Scene;
use serde::{Deserialize, Serialize};

use crate::workspace::write_whole;

/// Simulate a robot under given torques, for comparison with another simulator.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The robot, an MJCF file such as crates/envs/assets/ant.xml.
    model: PathBuf,
    /// A JSON file with "positions" and "velocities" at the start (MuJoCo's qpos and qvel) and "controls", one list for
    /// each time step.
    plan: PathBuf,
    /// The JSON file to write: "positions" after each time step.
    out: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    positions: Vec<f32>,
    velocities: Vec<f32>,
    controls: Vec<Vec<f32>>,
}

#[derive(Serialize)]
struct Trace {
    positions: Vec<Vec<f32>>,
}

/// The verb.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { model, plan, out } = arguments;
    let read = |path: &PathBuf| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let mut scene = Scene::from_mjcf(&read(model)?, &[]).with_context(|| model.display().to_string())?;
    let Plan { positions, velocities, controls } =
        serde_json::from_str(&read(plan)?).with_context(|| format!("{} is no plan", plan.display()))?;

    let (mut rest, mut still) = (Vec::new(), Vec::new());
    scene.push_positions(&mut rest);
    scene.push_velocities(&mut still);
    let plan = plan.display();
    let (wanted, given) = ((rest.len(), still.len()), (positions.len(), velocities.len()));
    ensure!(given == wanted, "{plan}: {} has {wanted:?} positions and velocities, not {given:?}", model.display());
    for given in controls.iter().map(Vec::len) {
        let wanted = scene.motor_count();
        ensure!(given == wanted, "{plan}: {} has {wanted} motors, and a step has {given} controls", model.display());
    }
    scene.reset(&positions, &velocities);
    let step = |controls: &Vec<f32>| {
        scene.step(controls, 1);
        let mut positions = Vec::new();
        scene.push_positions(&mut positions);
        positions
    };
    let trace = Trace { positions: controls.iter().map(step).collect() };
    write_whole(out, &serde_json::to_vec(&trace)?)
}
