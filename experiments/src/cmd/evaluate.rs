//! `experiments evaluate`: judges any policy on any task.

use anyhow::Result;
use clap::Args;
use d4rl::ReferenceScores;
use envs::Task;
use learners::Device;
use rl::{EpisodeScores, EvaluationLane, evaluate};
use serde::Serialize;

use crate::{Computing, actor::Cast, judge::SIDE_BY_SIDE, progress::tell};

/// Judge a policy on a task.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    cast: Cast,
    /// Number of episodes.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    episodes: u32,
    /// Names the starts and goals that are drawn.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON, with a list of all episodes.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    computing: Computing,
}

/// What is printed.
#[derive(Serialize)]
struct Verdict {
    task: Task,
    policy: String,
    seed: u64,
    /// Share of successful episodes (0 to 1).
    success_rate: f32,
    mean_return: f32,
    mean_steps: f32,
    /// Over successful episodes; none without one.
    mean_success_steps: Option<f32>,
    episodes: Episodes,
    /// Share of successful episodes towards the goal that the data file is labelled against, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed_goal_success_rate: Option<f32>,
    /// Share of the steps at the goal (0 to 1), where episodes go on there.
    #[serde(skip_serializing_if = "Option::is_none")]
    goal_step_share: Option<f32>,
    /// D4RL's normalised score (percent) in the same episodes with its dense reward, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    d4rl_score: Option<f64>,
}

/// The numbers of each episode: columns of [`EpisodeScores`], all written out where records leave out what others tell.
#[derive(Serialize)]
struct Episodes {
    returns: Vec<f32>,
    successes: Vec<u8>,
    steps: Vec<usize>,
    goal_steps: Vec<usize>,
    /// Empty where each successful episode ended when it first was at the goal.
    first_goal_steps: Vec<usize>,
}

impl From<EpisodeScores> for Episodes {
    fn from(scores: EpisodeScores) -> Self {
        let EpisodeScores { returns, successes, steps, goal_steps, first_goal_steps } = scores;
        Self { returns, successes: successes.into_iter().map(u8::from).collect(), steps, goal_steps, first_goal_steps }
    }
}

/// The verb.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { cast, episodes, seed, json, computing } = arguments;
    let Cast { task, policy, .. } = cast;
    let episodes = *episodes as usize;
    let device = Device::parse(&computing.device)?;
    learners::use_one_thread();
    let actors = cast.actors(device)?;
    let drivers = actors.drivers();
    let judge = |environments: Vec<Box<dyn rl::Environment>>, round: &str| {
        let mut lanes = [EvaluationLane { environments, key: task.to_string(), seed: *seed }];
        evaluate(drivers, &mut lanes, &[cast.guide_steps()], episodes, round).remove(0)
    };
    let side_by_side = SIDE_BY_SIDE.min(episodes);
    let scores = judge((0..side_by_side).map(|_| cast.environment()).collect::<Result<_>>()?, "command line");
    let fixed: Option<Vec<_>> = (0..side_by_side).map(|_| task.build_with_fixed_goal()).collect();
    let fixed = fixed.map(|environments| judge(environments, "fixed goal").success_rate());
    let dense: Option<Vec<_>> = (0..side_by_side).map(|_| task.build_with_dense_reward()).collect();
    let reference = ReferenceScores::of(&task.name().replace("binary", "cloned"));
    let d4rl_score = dense.zip(reference).map(|(environments, reference)| {
        100.0 * reference.normalize(f64::from(judge(environments, "command line").mean_return()))
    });
    let steps = scores.steps.iter().sum::<usize>() as f32;
    let goal_step_share = d4rl_score.map(|_| scores.goal_steps.iter().sum::<usize>() as f32 / steps);
    let verdict = Verdict {
        task: *task,
        policy: policy.clone(),
        seed: *seed,
        success_rate: scores.success_rate(),
        mean_return: scores.mean_return(),
        mean_steps: steps / episodes as f32,
        mean_success_steps: scores.mean_success_steps(),
        episodes: Episodes::from(scores),
        fixed_goal_success_rate: fixed,
        goal_step_share,
        d4rl_score,
    };
    if *json {
        tell(&serde_json::to_string_pretty(&verdict)?)?;
    } else {
        let steps = verdict.mean_success_steps.map_or("none".into(), |steps| format!("{steps:.0} steps on average"));
        let fixed = verdict.fixed_goal_success_rate;
        let fixed =
            fixed.map_or(String::new(), |rate| format!(", {:.1} % towards the fixed goal of the data", 100.0 * rate));
        let score = verdict.goal_step_share.zip(verdict.d4rl_score).map_or(String::new(), |(share, score)| {
            format!("; {:.1} % of the steps at the goal, D4RL's score {score:.1}", 100.0 * share)
        });
        let behind = match (&cast.guide, cast.guide_steps()) {
            (Some(guide), steps) if steps > 0 => format!(" behind {steps} steps of {guide}"),
            _ => String::new(),
        };
        tell(&format!(
            "{task}, {policy}{behind}: {:.1} % of {episodes} episodes succeed ({steps}){fixed}{score}; mean return {:.3}",
            100.0 * verdict.success_rate,
            verdict.mean_return
        ))?;
    }
    Ok(())
}
