//! One episode from its start to its end, watched step by step: what films and maps are made of.

use anyhow::Result;
use envs::{Shape, Task, ant_maze::Maze};
use rl::{Drivers, Environment, Intent, ObservationRows, Outcome, Prng};

use crate::render::map::{PathPanel, PathPoint};

/// An episode that is over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Episode {
    /// Its length (control steps).
    pub(crate) steps: usize,
    /// Steps at the goal.
    pub(crate) goal_steps: usize,
    /// Whether those are enough for a success.
    pub(crate) reached: bool,
    /// Whether time ran out.
    timed_out: bool,
    /// The way through the maze; none for tasks without one.
    way: Option<Way>,
}

/// A way through a maze.
#[derive(Debug, Clone, PartialEq)]
struct Way {
    maze: Maze,
    /// Where it should end (m).
    goal: [f32; 2],
    /// Of the torso, from the start to where the episode ended.
    points: Vec<PathPoint>,
}

impl Way {
    fn push(&mut self, state: &[f32], by_guide: bool) {
        self.points.push(PathPoint { position: [state[0], state[1]], by_guide });
    }
}

/// What is seen after a step.
pub(crate) struct Moment<'a> {
    task: Task,
    environment: &'a dyn Environment,
    /// Steps before this one.
    pub(crate) step: usize,
    /// Whether the guide took it.
    pub(crate) by_guide: bool,
    /// Whether it is the last one.
    pub(crate) ends: bool,
}

impl Moment<'_> {
    /// All solids, where they are now.
    pub(crate) fn shapes(&self) -> Vec<Shape> {
        self.task.scene_shapes(&self.environment.snapshot())
    }
}

impl Episode {
    /// Plays an episode in an environment of a task, whose first `guide_steps` steps are the guide's. The seed names its
    /// start and its goal, which are the same whoever acts. All act by their best actions.
    pub(crate) fn play(
        task: Task,
        mut environment: Box<dyn Environment>,
        drivers: Drivers,
        guide_steps: usize,
        seed: u64,
        mut watch: impl FnMut(&Moment) -> Result<()>,
    ) -> Result<Self> {
        let mut rngs = [Prng::derive(task.name(), seed, "play")];
        let mut observation = environment.reset(&mut rngs[0]);
        let privileged = observation.privileged.clone();
        let way = |maze| Way { maze, goal: [privileged[0], privileged[1]], points: Vec::new() };
        let mut episode = Self { steps: 0, goal_steps: 0, reached: false, timed_out: false, way: task.maze().map(way) };
        loop {
            let (step, by_guide) = (episode.steps, episode.steps < guide_steps);
            if let Some(way) = &mut episode.way {
                way.push(&observation.state, by_guide);
            }
            let rows = ObservationRows::stack(1, 1, std::iter::once(&observation));
            let actions = drivers.act(&rows, &[by_guide], Intent::Exploit, Intent::Exploit, &mut rngs);
            let after = environment.step(actions.row(0, 0));
            observation = after.observation;
            episode.steps += 1;
            episode.goal_steps += usize::from(after.success);
            let ends = after.outcome.ends_episode();
            watch(&Moment { task, environment: &*environment, step, by_guide, ends })?;
            if ends {
                episode.timed_out = after.outcome == Outcome::TimesOut;
                episode.reached = episode.goal_steps >= environment.spec().success_steps;
                if let Some(way) = &mut episode.way {
                    way.push(&observation.state, by_guide);
                }
                return Ok(episode);
            }
        }
    }

    /// How it ended, in few words.
    pub(crate) fn end(&self) -> String {
        let end = match (self.reached, self.timed_out) {
            (true, _) => "goal",
            (false, true) => "time out",
            (false, false) => "given up",
        };
        format!("{end} at step {}", self.steps)
    }

    /// How it ended, as the end of a sentence.
    pub(crate) fn ending(&self) -> String {
        let Self { steps, goal_steps, reached, timed_out, .. } = *self;
        match goal_steps {
            0 if !timed_out => format!("ended without success after {steps} steps"),
            0 => format!("ran out of time after {steps} steps"),
            1 if reached => format!("reached the goal after {steps} steps"),
            _ => format!("was at the goal in {goal_steps} of {steps} steps"),
        }
    }

    /// Its path on the map of its maze.
    pub(crate) fn panel(&self, title: String) -> Option<PathPanel> {
        let Way { maze, goal, points } = self.way.clone()?;
        Some(PathPanel { title, maze, goal, points })
    }
}
