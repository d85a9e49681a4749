//! The tasks by name.

use std::fmt;
use std::str::FromStr;

use rl::{Environment, Policy, Snapshot, TimeLimit};
use serde::{Deserialize, Serialize};

use crate::ant_maze::{ACTION_SIZE, AntMaze, Goal, Maze, Start};
use crate::oracle::{CollectPlan, Collector, Oracle};
use crate::random::RandomPolicy;
use crate::scene::Shape;

/// A task of the paper. `play` and `diverse` are one task with different data, as in D4RL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Task {
    AntMazeUmaze,
    AntMazeUmazeDiverse,
    AntMazeMediumPlay,
    AntMazeMediumDiverse,
    AntMazeLargePlay,
    AntMazeLargeDiverse,
}

impl Task {
    /// All tasks, in the order of the paper's tables.
    pub const ALL: [Self; 6] = [
        Self::AntMazeUmaze,
        Self::AntMazeUmazeDiverse,
        Self::AntMazeMediumPlay,
        Self::AntMazeMediumDiverse,
        Self::AntMazeLargePlay,
        Self::AntMazeLargeDiverse,
    ];

    /// The name, as on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::AntMazeUmaze => "antmaze-umaze-v0",
            Self::AntMazeUmazeDiverse => "antmaze-umaze-diverse-v0",
            Self::AntMazeMediumPlay => "antmaze-medium-play-v0",
            Self::AntMazeMediumDiverse => "antmaze-medium-diverse-v0",
            Self::AntMazeLargePlay => "antmaze-large-play-v0",
            Self::AntMazeLargeDiverse => "antmaze-large-diverse-v0",
        }
    }

    /// Control steps after which an episode times out (D4RL's registration).
    pub fn max_steps(self) -> usize {
        if self.maze() == Maze::UMAZE { 700 } else { 1000 }
    }

    /// The task as it is evaluated: its start, and a goal drawn at each reset.
    pub fn build(self) -> Box<dyn Environment> {
        Box::new(self.limited(Start::StartCell, Goal::GoalCell))
    }

    /// The task with the one goal for which its data are labelled.
    pub fn build_with_fixed_goal(self) -> Box<dyn Environment> {
        Box::new(self.limited(Start::StartCell, Goal::Fixed))
    }

    /// The task with a start and a goal drawn from the whole maze: unseen ones, in the paper's words.
    pub fn build_with_any_start_and_goal(self) -> Box<dyn Environment> {
        Box::new(self.limited(Start::AnyCell, Goal::AnyCell))
    }

    /// A scripted controller that knows the maze and sees the privileged goal.
    pub fn oracle(self) -> Box<dyn Policy> {
        Box::new(Oracle::new(self.maze()))
    }

    /// Uniform random actions.
    pub fn random_policy(self) -> Box<dyn Policy> {
        Box::new(RandomPolicy { action_size: ACTION_SIZE })
    }

    /// What makes the task's data. The settings are [`CollectPlan::d4rl`], unless an experiment changes them.
    pub fn collector(self, plan: CollectPlan) -> Collector {
        let environment = self.limited(plan.start, plan.goal);
        Collector::new(environment, self.maze(), plan)
    }

    /// The maze's map.
    pub fn maze(self) -> Maze {
        match self {
            Self::AntMazeUmaze | Self::AntMazeUmazeDiverse => Maze::UMAZE,
            Self::AntMazeMediumPlay | Self::AntMazeMediumDiverse => Maze::MEDIUM,
            Self::AntMazeLargePlay | Self::AntMazeLargeDiverse => Maze::LARGE,
        }
    }

    /// What the task looks like in a state that one of its environments has saved.
    pub fn scene_shapes(self, snapshot: &Snapshot) -> Vec<Shape> {
        let mut environment = self.limited(Start::StartCell, Goal::GoalCell);
        environment.restore(snapshot);
        environment.inner().shapes()
    }

    fn limited(self, start: Start, goal: Goal) -> TimeLimit<AntMaze> {
        TimeLimit::new(AntMaze::new(self.name(), self.maze(), self.max_steps(), start, goal))
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No task has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no task {0:?}; the tasks are {known}", known = Task::ALL.map(Task::name).join(", "))]
pub struct UnknownTask(String);

impl FromStr for Task {
    type Err = UnknownTask;

    fn from_str(name: &str) -> Result<Self, UnknownTask> {
        Self::ALL.into_iter().find(|task| task.name() == name).ok_or_else(|| UnknownTask(name.to_owned()))
    }
}

impl TryFrom<String> for Task {
    type Error = UnknownTask;

    fn try_from(name: String) -> Result<Self, UnknownTask> {
        name.parse()
    }
}

impl From<Task> for String {
    fn from(task: Task) -> Self {
        task.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_back_and_forth() {
        for task in Task::ALL {
            assert_eq!(task.to_string().parse(), Ok(task));
        }
        let message = "antmaze".parse::<Task>().unwrap_err().to_string();
        assert!(message.contains("antmaze-large-diverse-v0"), "{message}");
    }
}
