//! Ant maze data, after D4RL's recipe.

use d4rl::Recording;
use envs::{
    Task,
    ant_maze::fixed_goal,
    oracle::{CollectPlan, Episode},
};
use rayon::prelude::*;
use rl::{Outcome, Prng};

use crate::{collect::sign, progress::Progress, spec::Scale};

/// Episodes made between two looks at whether there are enough.
const EPISODES_AT_ONCE: u64 = 32;

/// Rows of a file: D4RL's million, or just enough for a smoke run.
pub(crate) fn rows(scale: Scale) -> usize {
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
    sign(&mut recording, "scripted walker");
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
        recording.push_info("goal", &episode.goals[step]);
        recording.push_info("qpos", &state[..15]);
        recording.push_info("qvel", &state[15..]);
    }
}

#[cfg(test)]
mod tests {
    use envs::ant_maze::{ACTION_SIZE, STATE_SIZE};

    use super::*;

    /// Three steps: to the goal, away from it, and back; then the same cut after two.
    #[test]
    fn a_step_is_rewarded_where_it_leads_to_the_goal() {
        let task = Task::AntMazeUmaze;
        let goal = fixed_goal(task.maze().expect("a maze"));
        let mut states = vec![0.0; 4 * STATE_SIZE];
        for row in [1, 3] {
            states[row * STATE_SIZE..][..2].copy_from_slice(&goal);
        }
        let episode = Episode { states, actions: vec![0.0; 3 * ACTION_SIZE], goals: vec![goal; 3], reached: 2 };
        for (rows, timeouts) in [(10, vec![false, false, true]), (2, vec![false, true])] {
            let mut recording = Recording::empty(STATE_SIZE, ACTION_SIZE);
            append(&mut recording, task, &episode, rows);
            assert_eq!(recording.rewards, [1.0, 0.0, 1.0][..timeouts.len()]);
            assert_eq!(recording.terminals, [true, false, true][..timeouts.len()]);
            assert_eq!(recording.timeouts, Some(timeouts));
            assert_eq!(recording.observations.row(1)[..2], goal, "a row has the state that its step began in");
        }
    }
}
