//! One episode from its start to its end, watched step by step: what films and maps are made of.

use anyhow::Result;
use envs::{Shape, Task};
use rl::{Drivers, Environment, Intent, ObservationRows, Prng};

use crate::render::map::{PathPanel, PathPoint};

/// An episode that is over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Episode {
    /// The way of the torso, from the start to where the episode ended.
    pub(crate) path: Vec<PathPoint>,
    /// Its goal (m).
    pub(crate) goal: [f32; 2],
    /// Whether it ended there.
    pub(crate) reached: bool,
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
    /// Plays an episode whose first `guide_steps` steps are the guide's. The seed names its start and its goal, which
    /// are the same whoever acts. All act by their best actions.
    pub(crate) fn play(
        task: Task,
        drivers: Drivers,
        guide_steps: usize,
        seed: u64,
        mut watch: impl FnMut(&Moment) -> Result<()>,
    ) -> Result<Self> {
        let mut rngs = [Prng::derive(task.name(), seed, "play")];
        let mut environment = task.build();
        let mut observation = environment.reset(&mut rngs[0]);
        let mut path = Vec::new();
        loop {
            let (step, by_guide) = (path.len(), path.len() < guide_steps);
            path.push(PathPoint { position: [observation.state[0], observation.state[1]], by_guide });
            let rows = ObservationRows::stack(1, std::iter::once(&observation));
            let actions = drivers.act(&rows, &[by_guide], Intent::Exploit, &mut rngs);
            let after = environment.step(actions.row(0, 0));
            observation = after.observation;
            let ends = after.outcome.ends_episode();
            watch(&Moment { task, environment: &*environment, step, by_guide, ends })?;
            if ends {
                path.push(PathPoint { position: [observation.state[0], observation.state[1]], by_guide });
                let goal = [observation.privileged[0], observation.privileged[1]];
                return Ok(Self { path, goal, reached: after.success });
            }
        }
    }

    /// Its length (control steps).
    pub(crate) fn steps(&self) -> usize {
        self.path.len() - 1
    }

    /// How it ended, in few words.
    pub(crate) fn end(&self) -> String {
        format!("{} at step {}", if self.reached { "goal" } else { "time out" }, self.steps())
    }

    /// How it ended, as the end of a sentence.
    pub(crate) fn ending(&self) -> String {
        let end = if self.reached { "reached the goal" } else { "ran out of time" };
        format!("{end} after {} steps", self.steps())
    }

    /// Its path on the map.
    pub(crate) fn panel(&self, task: Task, title: String) -> PathPanel {
        PathPanel { title, maze: task.maze(), goal: self.goal, points: self.path.clone() }
    }
}
