//! `experiments pen-expert`: remakes the network that turns the pen, by proximal policy optimisation on D4RL's dense reward.
//!
//! D4RL's experts of the hand were trained by policy gradients too (Rajeswaran et al. 2018).

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use envs::Task;
use envs::oracle::hand::PenExpert;
use learners::{Device, Interface, Ppo, PpoConfig, Trajectory};
use rl::{Environment, Intent, Outcome, Prng};

use crate::play::{Taken, goal_steps, play};
use crate::progress::Progress;
use crate::same_bits;
use crate::workspace::{Workspace, write_whole};

/// Remake the network that turns the pen in its data.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to write the weights [default: crates/envs/assets/pen_expert.safetensors, which the next build embeds].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Updates, each after 40 episodes of practice.
    #[arg(long, default_value_t = 500)]
    updates: u64,
}

const TASK: Task = Task::PenBinary;
/// Episodes between two updates.
const EPISODES: u64 = 40;
/// Episodes that show how far it is ...
const TESTS: u64 = 100;
/// ... after each so many updates.
const TEST_EVERY: u64 = 50;

/// The verb.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| workspace.root().join("crates/envs/assets/pen_expert.safetensors"));
    if !same_bits::computed_here() {
        let (out, updates) = (std::path::absolute(out)?, arguments.updates.to_string());
        let out = out.to_str().context("--out must be named in UTF-8")?;
        return same_bits::run(workspace, &["pen-expert", "--updates", &updates, "--out", out]);
    }
    learners::use_one_thread();
    let dense = || TASK.build_with_dense_reward().expect("a task of the hand");
    let mut practice: Vec<Box<dyn Environment>> = (0..EPISODES).map(|_| dense()).collect();
    let mut tests: Vec<Box<dyn Environment>> = (0..TESTS).map(|_| TASK.build()).collect();
    let spec = TASK.build().spec().clone();
    let stream = |number, purpose| Prng::derive(TASK.name(), number, purpose);
    let mut expert = Ppo::new(PpoConfig::pen(), Interface::of(&spec), stream(0, "expert"), Device::CPU);
    let mut exploration = stream(0, "expert's exploration");
    let progress = Progress::new(1);
    let bar = progress.bar("practice with the pen", arguments.updates);
    for update in 1..=arguments.updates {
        let streams = (0..EPISODES).map(|k| stream((update - 1) * EPISODES + k, "expert's practice"));
        let episodes = play(&mut practice, streams, expert.policy(), Intent::Explore, &mut exploration);
        expert.update(episodes.iter().map(|episode| trajectory(episode)).collect());
        if update % TEST_EVERY == 0 || update == arguments.updates {
            let streams = (0..TESTS).map(|k| stream(k, "test"));
            let unused = &mut stream(0, "unused");
            let episodes = play(&mut tests, streams, expert.policy(), Intent::Exploit, unused);
            let good = episodes.iter().filter(|episode| goal_steps(episode) >= spec.success_steps).count();
            progress.line(&format!("{update} updates: {good} of {TESTS} episodes succeed"));
        }
        bar.reach(update);
    }
    drop(bar);
    progress.close();
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    expert.save_policy(folder.path())?;
    let expert = PenExpert::from_safetensors(&fs::read(folder.path().join("learner.safetensors"))?)?;
    write_whole(&out, &expert.to_safetensors())
}

fn trajectory(episode: &[Taken]) -> Trajectory {
    let last = &episode.last().expect("an episode has a step").step;
    let states = episode.iter().map(|taken| &taken.observation).chain([&last.observation]);
    Trajectory {
        states: states.flat_map(|observation| observation.state.iter().copied()).collect(),
        actions: episode.iter().flat_map(|taken| taken.action.iter().copied()).collect(),
        rewards: episode.iter().map(|taken| taken.step.reward).collect(),
        terminated: last.outcome == Outcome::Terminates,
    }
}
