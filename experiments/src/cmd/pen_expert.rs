//! `experiments pen-expert`: remakes the network that turns the pen, by proximal policy optimisation on D4RL's dense reward.
//!
//! D4RL's experts of the hand were trained by policy gradients too (Rajeswaran et al. 2018).

use std::{ffi::OsStr, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use envs::Task;
use envs::oracle::hand::PenExpert;
use learners::{Device, Interface, Ppo, PpoConfig, Trajectory};
use rl::{Drivers, Environment, EvaluationLane, Intent, Outcome, Prng, evaluate};

use crate::progress::Progress;
use crate::same_bits;
use crate::side_by_side::{Taken, play_side_by_side};
use crate::workspace::{Workspace, write_whole};

/// Remake the network that turns the pen in its data.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to write the weights [default: `crates/envs/assets/pen_expert.safetensors`, which the next build embeds].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Updates, each after 40 episodes of practice; a number of your own needs --out.
    #[arg(long, default_value_t = UPDATES, requires = "out", value_parser = clap::value_parser!(u64).range(1..))]
    updates: u64,
}

const TASK: Task = Task::PenBinary;
const UPDATES: u64 = 500;
/// Episodes between two updates.
const EPISODES: usize = 40;
/// Episodes that show how far it is ...
const TESTS: usize = 100;
/// ... after each so many updates.
const TEST_EVERY: usize = 50;

/// The verb.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| workspace.root().join("crates/envs/assets/pen_expert.safetensors"));
    let out = std::path::absolute(out)?;
    ensure!(!out.is_dir(), "{} is a folder: --out names the file to write", out.display());
    if !same_bits::computed_here() {
        let updates = arguments.updates.to_string();
        let words = ["pen-expert", "--updates", &updates, "--out"].map(OsStr::new);
        return same_bits::run(workspace, &[&words[..], &[out.as_os_str()]].concat());
    }
    let _lock = workspace.lock_shared("pen-expert")?;
    learners::use_one_thread();
    let dense = || TASK.build_with_dense_reward().expect("a task of the hand");
    let mut practice: Vec<Box<dyn Environment>> = (0..EPISODES).map(|_| dense()).collect();
    let environments = (0..TESTS).map(|_| TASK.build()).collect();
    let mut tests = [EvaluationLane { environments, key: "the pen's expert".into(), seed: 0 }];
    let spec = TASK.build().spec().clone();
    let stream = |number, purpose| Prng::derive(TASK.name(), number, purpose);
    let mut expert = Ppo::new(PpoConfig::pen(), Interface::of(&spec), stream(0, "expert"), Device::CPU);
    let mut exploration = stream(0, "expert's exploration");
    let progress = Progress::new(1);
    let bar = progress.bar("practice with the pen", arguments.updates);
    let updates = arguments.updates as usize;
    for update in 1..=updates {
        let streams = (0..EPISODES).map(|k| stream(((update - 1) * EPISODES + k) as u64, "expert's practice"));
        let episodes = play_side_by_side(&mut practice, streams, expert.policy(), Intent::Explore, &mut exploration);
        let diagnostics = expert.update(episodes.iter().map(|episode| trajectory(episode)).collect());
        if update % TEST_EVERY == 0 || update == updates {
            let scores = evaluate(Drivers::alone(expert.policy()), &mut tests, &[0], TESTS, "tests").remove(0);
            let good = scores.successes.iter().filter(|success| **success).count();
            let moved = diagnostics.get("divergence").map_or(0.0, |divergence| divergence[0]);
            progress.line(&format!(
                "{update} updates: {good} of {TESTS} episodes succeed; the last update moved the policy by {moved:.3}"
            ));
        }
        bar.reach(update as u64);
    }
    drop(bar);
    progress.close();
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    expert.save_policy(folder.path())?;
    let expert = PenExpert::from_safetensors(&fs::read(folder.path().join("learner.safetensors"))?, &spec)?;
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
