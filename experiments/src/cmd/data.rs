//! `experiments data`: makes data sets in D4RL's layout.

use anyhow::{Context, Result};
use clap::Args;
use d4rl::{Metadata, Recording};
use envs::{
    Task,
    ant_maze::fixed_goal,
    oracle::{CollectPlan, Episode, Straying},
};
use rayon::prelude::*;
use rl::{Outcome, Prng};

use crate::{
    Options,
    data::{DataCatalog, describe, read_manifest, write_manifest},
    paper,
    progress::Progress,
    spec::Scale,
    workspace::Workspace,
};

/// Episodes made between two looks at whether there are enough.
const EPISODES_AT_ONCE: u64 = 32;

/// Make data sets in D4RL's layout, under data/.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The tasks; where none is named, those of --only, or all of them.
    tasks: Vec<Task>,
    /// Let the walker lose its way for this share of the time (0 to 1), in stretches of 25 steps on the average: data
    /// that are harder to learn from. They count as your own, beside those of the tables.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    straying: Option<f32>,
}

fn share(text: &str) -> Result<f32, String> {
    let share: f32 = text.parse().map_err(|_| format!("{text} is no number"))?;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err("a share of the time is from 0 to below 1".into()) }
}

/// The verb. A file that is there already is left alone: it may be a user's own.
pub(crate) fn run(workspace: &Workspace, options: &Options, arguments: &Arguments) -> Result<()> {
    let tasks = match (&arguments.tasks, &options.only) {
        (named, _) if !named.is_empty() => named.clone(),
        (_, only) if !only.is_empty() => paper::tasks(options, &DataCatalog::new(workspace))?,
        _ => Task::ANT_MAZES.to_vec(),
    };
    for task in &tasks {
        let path = workspace.data_file(*task, options.scale);
        if path.exists() {
            eprintln!("{} is there already and is left as it is; remove it to have it made anew", path.display());
            refresh(workspace, *task, options.scale)?;
        }
    }
    let straying = arguments.straying.filter(|share| *share > 0.0);
    make(workspace, options, &tasks, straying.map(|share| Straying { share, mean_steps: 25.0 }))
}

/// Lets the manifest tell all that this program can tell of a file behind the committed records.
fn refresh(workspace: &Workspace, task: Task, scale: Scale) -> Result<()> {
    let name = Workspace::data_name(task, scale);
    let Some(known) = read_manifest(workspace)?.remove(&name) else { return Ok(()) };
    let found = describe(task, &workspace.data_file(task, scale))?;
    if found.content == known.content { write_manifest(workspace, &name, found) } else { Ok(()) }
}

/// Makes the files that are missing.
pub(crate) fn ensure(workspace: &Workspace, options: &Options, tasks: &[Task]) -> Result<()> {
    make(workspace, options, tasks, None)
}

fn make(workspace: &Workspace, options: &Options, tasks: &[Task], straying: Option<Straying>) -> Result<()> {
    for task in tasks {
        let path = workspace.data_file(*task, options.scale);
        let _lock = workspace.lock_shared(&format!("data/{}", Workspace::data_name(*task, options.scale)))?;
        if path.exists() {
            continue;
        }
        let plan = CollectPlan::d4rl(*task).with_context(|| format!("no recipe makes data for {task}"))?;
        let recording = collect(*task, CollectPlan { straying, ..plan }, rows(options.scale));
        std::fs::create_dir_all(path.parent().expect("a file has a folder"))?;
        d4rl::write(&path, &recording)?;
        let name = Workspace::data_name(*task, options.scale);
        let entry = describe(*task, &path)?;
        eprintln!(
            "{}: {} transitions, {} of {} episodes pass the goal, {:.2} % of the rows rewarded",
            path.display(),
            entry.transitions,
            entry.success_episodes,
            entry.episodes,
            100.0 * entry.rewarded_share
        );
        if straying.is_some() {
            continue;
        }
        if read_manifest(workspace)?.get(&name).is_some_and(|known| known.content != entry.content) {
            eprintln!(
                "note: {name} differs from the file behind the committed records (another machine, or changed code), so \
                 those records will not serve for it"
            );
        } else {
            write_manifest(workspace, &name, entry)?;
        }
    }
    Ok(())
}

/// Rows of a file: D4RL's million, or just enough for a smoke run.
fn rows(scale: Scale) -> usize {
    if scale == Scale::Smoke { 5_000 } else { 1_000_000 }
}

/// Records episodes until there are `rows` steps; the last one is cut. The same whatever the number of threads.
pub(crate) fn collect(task: Task, plan: CollectPlan, rows: usize) -> Recording {
    let spec = task.build().spec().clone();
    let mut recording = Recording::empty(spec.state_size, spec.action_size);
    let progress = Progress::new(1);
    let bar = progress.bar(&format!("data for {task}"), rows as u64);
    let mut next_episode = 0;
    while recording.len() < rows {
        let episodes: Vec<Episode> = (next_episode..next_episode + EPISODES_AT_ONCE)
            .into_par_iter()
            .map_init(|| task.collector(plan).expect(MAZE), |collector, k| collector.episode(&mut stream(task, k)))
            .collect();
        next_episode += EPISODES_AT_ONCE;
        for episode in &episodes {
            append(&mut recording, task, episode, rows);
        }
        bar.reach(recording.len() as u64);
    }
    for (key, value) in [("algorithm", "scripted walker on waypoints"), ("simulator", envs::PHYSICS)] {
        recording.metadata.insert(key.into(), Metadata::Text(value.into()));
    }
    progress.close();
    recording
}

const MAZE: &str = "only ant mazes have such a plan";

fn stream(task: Task, episode: u64) -> Prng {
    Prng::derive(task.name(), episode, "data")
}

/// Adds an episode's steps, labelled as D4RL labels them: reward and terminal wherever a step leads to the fixed goal,
/// whatever goal the episode had, and a timeout at its end.
fn append(recording: &mut Recording, task: Task, episode: &Episode, rows: usize) {
    let arrivals = episode.arrivals(fixed_goal(task.maze().expect(MAZE)));
    for (step, arrives) in arrivals.iter().enumerate().take(rows - recording.len()) {
        let (states, actions) = (recording.observations.size, recording.actions.size);
        let state = &episode.states[step * states..][..states];
        let action = &episode.actions[step * actions..][..actions];
        let outcome = if *arrives { Outcome::Terminates } else { Outcome::Continues };
        recording.push(state, action, f32::from(u8::from(*arrives)), outcome);
        let last = step + 1 == episode.len() || recording.len() == rows;
        *recording.timeouts.as_mut().and_then(|timeouts| timeouts.last_mut()).expect("just pushed") = last;
        recording.push_info("goal", &episode.goal);
        recording.push_info("qpos", &state[..15]);
        recording.push_info("qvel", &state[15..]);
    }
}
