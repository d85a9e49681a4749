//! D4RL's recipe for ant-maze data: a goal-reaching walker with noise on its actions.
//!
//! After `d4rl/generation/generate_ant_maze_datasets.py` (Fu et al. 2020). Departures:
//! - An episode lasts until the task's own time limit; the script's last 1000 steps in each maze. Where the script's ant
//!   stays about its goal for the rest, this one walks on to the next goal; in `umaze`, whose goals all lie in one cell, an
//!   episode ends with the fifth.
//! - In `umaze` the walker loses its way for 30 % of the time. Without that its data are easier than D4RL's: cloning alone
//!   comes to 90 % on them, and to 55-65 % on D4RL's (results/pilots/umaze-straying and harder-data have what was tried).
//! - Directions come from [`Planner`], which knows the way through the maze, and the jitter of their angle is this
//!   project's own, in size too; D4RL jitters waypoints.
//! - The walker is this project's own, and so is the physics ([`crate::ant_maze`]).

use rl::{Environment, Prng, TimeLimit};

use super::{Planner, Walker};
use crate::Task;
use crate::ant_maze::{ACTION_SIZE, AntMaze, Goal, Maze, STATE_SIZE, Start, at_goal};

/// How data are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CollectPlan {
    /// Where episodes start.
    pub start: Start,
    /// Where they lead.
    pub goal: Goal,
    /// Goals after which an episode ends; none where the walker goes for one after the other until its time is over.
    ///
    /// More than one is what makes values learnable: no data leave a state in which every episode ends, so nothing
    /// would say how far it is from the goal that counts.
    pub goals_per_episode: Option<usize>,
    /// Standard deviation of the noise on each component of an action, before the clip to [-1, 1] (D4RL: 0.2).
    pub action_noise: f32,
    /// Standard deviation of the noise on the walking direction, drawn anew at each step (rad); no number of D4RL's.
    pub direction_jitter: f32,
    /// How the walker loses its way; none where it never does.
    pub straying: Option<Straying>,
}

/// Stretches in which the walker holds a random heading whatever its goal: it hesitates, turns back, runs into walls and
/// sometimes onto its back. D4RL's walker does all of that by being an imperfect one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Straying {
    /// Share of the time, from 0 to `mean_steps / (1 + mean_steps)`: at the least a step lies between two stretches.
    pub share: f32,
    /// Mean length of a stretch (control steps); lengths are geometric.
    pub mean_steps: f32,
}

impl CollectPlan {
    /// The settings that D4RL used for the data of an ant maze, with the departures above and this project's own jitter
    /// of 0.3 rad; none for other tasks.
    pub fn d4rl(task: Task) -> Option<Self> {
        let plan = |start, goal| Self {
            start,
            goal,
            goals_per_episode: None,
            action_noise: 0.2,
            direction_jitter: 0.3,
            straying: None,
        };
        Some(match task {
            Task::AntMazeUmaze => Self {
                goals_per_episode: Some(5),
                straying: Straying::of(0.3),
                ..plan(Start::StartCell, Goal::GoalCell)
            },
            Task::AntMazeMediumPlay | Task::AntMazeLargePlay => plan(Start::AnyCell, Goal::MarkedCell),
            Task::AntMazeUmazeDiverse | Task::AntMazeMediumDiverse | Task::AntMazeLargeDiverse => {
                plan(Start::AnyCell, Goal::AnyCell)
            }
            Task::PenBinary
            | Task::DoorBinary
            | Task::RelocateBinary
            | Task::GraspingIndiscriminate
            | Task::GraspingInstance => return None,
        })
    }
}

impl Straying {
    /// Stretches of 25 steps on the average for such a share of the time; none of a share that these cannot make up.
    pub fn of(share: f32) -> Option<Self> {
        let mean_steps = 25.0;
        (0.0..=mean_steps / (1.0 + mean_steps)).contains(&share).then_some(Self { share, mean_steps })
    }

    /// A chain of two states: a stretch ends with the probability that gives its mean length, and one begins with that
    /// which gives the share.
    fn next_heading(self, heading: Option<[f32; 2]>, rng: &mut Prng) -> Option<[f32; 2]> {
        let end = 1.0 / self.mean_steps;
        let begin = end * self.share / (1.0 - self.share);
        match heading {
            Some(heading) => (!rng.chance(f64::from(end))).then_some(heading),
            None => rng.chance(f64::from(begin)).then(|| {
                let (sin, cos) = rng.uniform(0.0, std::f32::consts::TAU).sin_cos();
                [cos, sin]
            }),
        }
    }
}

/// One episode as columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// `[step + 1, 29]`, row-major: the state before each action, and the last one.
    pub states: Vec<f32>,
    /// `[step, 8]`, row-major: the noisy actions as they were applied.
    pub actions: Vec<f32>,
    /// The goal that the walker went for in each step (m).
    pub goals: Vec<[f32; 2]>,
    /// How many goals it reached.
    pub reached: usize,
}

impl Episode {
    /// Number of steps.
    pub fn len(&self) -> usize {
        self.actions.len() / ACTION_SIZE
    }

    /// Whether there are no steps; an episode has at least one.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Whether each step's next state is at a goal, `[step]`: both the reward and the terminal flag with which D4RL
    /// labels data for that goal, whatever goal the episode had.
    pub fn arrivals(&self, goal: [f32; 2]) -> Vec<bool> {
        self.states.chunks_exact(STATE_SIZE).skip(1).map(|state| at_goal(state, goal)).collect()
    }
}

/// Makes episodes, each from its own stream: in any order and on any number of threads they are the same.
pub struct Collector {
    environment: TimeLimit<AntMaze>,
    maze: Maze,
    planner: Planner,
    walker: Walker,
    plan: CollectPlan,
}

impl Collector {
    pub(crate) fn new(environment: TimeLimit<AntMaze>, maze: Maze, plan: CollectPlan) -> Self {
        Self { environment, maze, planner: Planner::new(maze), walker: Walker::pretrained(), plan }
    }

    /// Runs one episode.
    pub fn episode(&mut self, rng: &mut Prng) -> Episode {
        let observation = self.environment.reset(rng);
        let mut goal = [observation.privileged[0], observation.privileged[1]];
        let mut state = observation.state;
        let mut episode = Episode { states: state.clone(), actions: Vec::new(), goals: Vec::new(), reached: 0 };
        let mut heading = None;
        loop {
            if let Some(straying) = self.plan.straying {
                heading = straying.next_heading(heading, rng);
            }
            let direction = heading.unwrap_or_else(|| self.planner.direction([state[0], state[1]], goal));
            let (sin, cos) = (self.plan.direction_jitter * rng.normal()).sin_cos();
            let direction = [direction[0] * cos - direction[1] * sin, direction[0] * sin + direction[1] * cos];
            let action = self.walker.act(&state, direction);
            let action = action.map(|x| (x + self.plan.action_noise * rng.normal()).clamp(-1.0, 1.0));
            let step = self.environment.step(&action);
            episode.actions.extend(action);
            episode.states.extend(&step.observation.state);
            episode.goals.push(goal);
            state = step.observation.state;
            // The environment knows the first goal only, and says "terminates" there.
            let arrived = at_goal(&state, goal);
            episode.reached += usize::from(arrived);
            let done = self.plan.goals_per_episode == Some(episode.reached);
            if done || episode.len() == self.environment.spec().max_steps {
                return episode;
            }
            if arrived {
                goal = self.plan.goal.draw(self.maze, [state[0], state[1]], rng);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straying_has_its_share_and_its_length() {
        let straying = Straying { share: 0.3, mean_steps: 25.0 };
        let mut rng = Prng::derive("test", 0, "straying");
        let (mut heading, mut strayed, mut stretches) = (None, 0, 0);
        for _ in 0..200_000 {
            let before: Option<[f32; 2]> = heading;
            heading = straying.next_heading(before, &mut rng);
            strayed += u32::from(heading.is_some());
            stretches += u32::from(heading.is_some() && before.is_none());
            assert!(before.is_none() || heading.is_none() || before == heading, "a heading holds for a stretch");
        }
        let (share, length) = (f64::from(strayed) / 200_000.0, f64::from(strayed) / f64::from(stretches));
        assert!((share - 0.3).abs() < 0.02 && (length - 25.0).abs() < 1.5, "share {share}, {length} steps");
    }
}
