//! `experiments walker`: remakes the network that walks the ant, by cloning the clocked gait.

use std::{fs, path::PathBuf, sync::Arc};

use anyhow::{Context, Result, ensure};
use clap::Args;
use envs::Task;
use envs::ant_maze::ACTION_SIZE;
use envs::oracle::Planner;
use envs::oracle::gait::{self, Gait};
use envs::oracle::walker::{FEATURES, Walker, features};
use learners::{BcConfig, BcLoss, Device, Inputs, LearnerConfig};
use rl::{Dataset, EnvironmentSpec, Observation, OfflineTraining, Prng, Row};

use crate::{
    progress::say,
    workspace::{Workspace, write_whole},
};

/// Remake the walker that acts in the ant maze data.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to write the weights [default: crates/envs/assets/walker.safetensors, which the next build embeds].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Of the demonstrations and of the network; the default file is of seed 0.
    #[arg(long, default_value_t = 0, requires = "out")]
    seed: u64,
}

/// Demonstrations from each maze (control steps).
const ROWS: usize = 20_000;
const UPDATES: usize = 20_000;
const BATCH_ROWS: usize = 256;
/// Standard deviations of the noise on demonstrated actions, one per episode: the clone must see how the gait gets back
/// to its cycle. Labels carry no noise.
const NOISES: [f32; 5] = [0.0, 0.1, 0.2, 0.3, 0.4];
/// An episode is cut into stretches of so many steps ...
const STRETCH: usize = 40;
/// ... and this share of them goes in a random direction, so that the clone learns to turn.
const STRAYING: f64 = 0.3;

const MAZE: &str = "the walker is trained in mazes";

/// The verb.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| workspace.root().join("crates/envs/assets/walker.safetensors"));
    ensure!(!out.is_dir(), "{} is a folder: --out names the file to write", out.display());
    learners::use_one_thread();
    let stream = |purpose: &str| Prng::derive("walker", arguments.seed, purpose);
    let mut demonstrations = Dataset::empty(FEATURES, ACTION_SIZE);
    for task in [Task::AntMazeUmaze, Task::AntMazeMediumPlay, Task::AntMazeLargePlay] {
        let mut rng = stream(&format!("demonstrations {task}"));
        let wanted = demonstrations.len() + ROWS;
        while demonstrations.len() < wanted {
            demonstrate(task, &mut demonstrations, &mut rng);
        }
    }

    let config = BcConfig {
        loss: BcLoss::SquaredError,
        learning_rate: 1e-3,
        hidden: vec![128, 128],
        dropout: 0.0,
        inputs: Inputs::Raw,
    };
    let mut learner = LearnerConfig::Bc(config).build(&specification(), vec![stream("network")], Device::CPU);
    let rngs = vec![stream("batches")];
    let mut training = OfflineTraining::new(learner.as_mut(), vec![Arc::new(demonstrations)], rngs, BATCH_ROWS);
    for update in 1..=UPDATES {
        let diagnostics = training.step();
        if update % 2000 == 0 {
            say(&format!(
                "{update} updates, squared error {:.4}",
                diagnostics.get("actor_loss").map_or(0.0, |loss| loss[0])
            ));
        }
    }

    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    learner.save(folder.path())?;
    let walker = Walker::from_safetensors(&fs::read(folder.path().join("learner.safetensors"))?)?;
    write_whole(&out, &walker.to_safetensors())
}

/// Walks by the clock from a random cell to a random goal, and adds what the walker would see and do.
fn demonstrate(task: Task, demonstrations: &mut Dataset, rng: &mut Prng) {
    let planner = Planner::new(task.maze().expect(MAZE));
    let mut environment = task.build_with_any_start_and_goal().expect(MAZE);
    let Observation { mut state, privileged: goal, .. } = environment.reset(rng);
    let noise = NOISES[rng.below(NOISES.len())];
    // Half of the episodes begin anywhere in the cycle.
    let mut clock = if rng.chance(0.5) { rng.uniform(0.0, 10.0) } else { 0.0 };
    let mut straying = None;
    for step in 0.. {
        if step % STRETCH == 0 {
            straying = rng.chance(STRAYING).then(|| rng.uniform(0.0, std::f32::consts::TAU));
        }
        let direction = match straying {
            Some(angle) => [angle.cos(), angle.sin()],
            None => planner.direction([state[0], state[1]], [goal[0], goal[1]]),
        };
        let seen = features(&state, direction);
        let in_body_frame = gait::in_body_frame(&state[3..7], direction);
        let action = Gait::NOISE_TUNED.act(clock, &state[7..15], &state[21..29], in_body_frame);
        let noisy = action.map(|x| x + noise * rng.normal());
        let next = environment.step(&noisy);
        state = next.observation.state;
        demonstrations.push(Row {
            state: &seen,
            action: &action,
            reward: 0.0,
            next_state: &features(&state, direction),
            bootstrap: 1.0,
            success: 0.0,
            images: None,
        });
        clock += 1.0;
        // Nothing can be learned from an ant on its back: the world's up points down in its axes.
        let upside_down = features(&state, direction)[3] < 0.0;
        if upside_down || next.outcome.ends_episode() {
            return;
        }
    }
}

/// What the learner must know of a walker: it has no task of its own.
fn specification() -> EnvironmentSpec {
    EnvironmentSpec {
        name: String::from("walker"),
        state_size: FEATURES,
        state_center: vec![0.0; FEATURES],
        state_spread: vec![1.0; FEATURES],
        image: None,
        privileged_size: 0,
        action_size: ACTION_SIZE,
        max_steps: usize::MAX,
        success_steps: 1,
    }
}
