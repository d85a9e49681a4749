//! The tasks by name. What all of them have is a method of [`Task`]; what only some have is behind an `Option`.

use std::fmt;
use std::str::FromStr;

use rl::{Environment, Policy, Snapshot, TimeLimit};
use serde::{Deserialize, Serialize};

use crate::ant_maze::{ACTION_SIZE, AntMaze, Goal, Maze, Start};
use crate::binned_grasping::{self, BinnedGrasping, GraspTask, IMAGE_SIZE};
use crate::hand::{HandTask, Reward};
use crate::oracle::hand::{DoorScript, PenExpert, RelocateScript, Scripted};
use crate::oracle::{CollectPlan, Collector, Grasper, Oracle};
use crate::random::RandomPolicy;
use crate::render::Camera;
use crate::scene::Shape;

/// A task of the paper. `play` and `diverse` are one task with different data, as in D4RL.
///
/// To add one: a variant, its place in [`Task::ALL`] and in its family's list, its name, and its [`Family`]; the compiler
/// asks for the rest.
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
    PenBinary,
    DoorBinary,
    RelocateBinary,
    GraspingIndiscriminate,
    GraspingInstance,
}

/// Tasks of one robot in one kind of surroundings, and what tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// An ant that walks to a goal in this maze.
    AntMaze(Maze),
    /// A dexterous hand with this to do.
    Hand(HandTask),
    /// An arm over bins with this to take out of them.
    Grasping(GraspTask),
}

impl Task {
    /// All tasks, in the order of the paper's tables.
    pub const ALL: [Self; 11] = [
        Self::AntMazeUmaze,
        Self::AntMazeUmazeDiverse,
        Self::AntMazeMediumPlay,
        Self::AntMazeMediumDiverse,
        Self::AntMazeLargePlay,
        Self::AntMazeLargeDiverse,
        Self::PenBinary,
        Self::DoorBinary,
        Self::RelocateBinary,
        Self::GraspingIndiscriminate,
        Self::GraspingInstance,
    ];

    /// The hand's tasks.
    pub const HANDS: [Self; 3] = [Self::PenBinary, Self::DoorBinary, Self::RelocateBinary];

    /// Grasping from pictures.
    pub const GRASPING: [Self; 2] = [Self::GraspingIndiscriminate, Self::GraspingInstance];

    /// The ant mazes.
    pub const ANT_MAZES: [Self; 6] = [
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
            Self::PenBinary => "pen-binary-v0",
            Self::DoorBinary => "door-binary-v0",
            Self::RelocateBinary => "relocate-binary-v0",
            Self::GraspingIndiscriminate => "grasping-indiscriminate",
            Self::GraspingInstance => "grasping-instance",
        }
    }

    /// What kind of task it is.
    pub fn family(self) -> Family {
        match self {
            Self::AntMazeUmaze | Self::AntMazeUmazeDiverse => Family::AntMaze(Maze::UMAZE),
            Self::AntMazeMediumPlay | Self::AntMazeMediumDiverse => Family::AntMaze(Maze::MEDIUM),
            Self::AntMazeLargePlay | Self::AntMazeLargeDiverse => Family::AntMaze(Maze::LARGE),
            Self::PenBinary => Family::Hand(HandTask::Pen),
            Self::DoorBinary => Family::Hand(HandTask::Door),
            Self::RelocateBinary => Family::Hand(HandTask::Relocate),
            Self::GraspingIndiscriminate => Family::Grasping(GraspTask::Indiscriminate),
            Self::GraspingInstance => Family::Grasping(GraspTask::Instance),
        }
    }

    /// Control steps after which an episode times out (D4RL's registration; of grasping QT-Opt's number).
    pub fn max_steps(self) -> usize {
        match self.family() {
            Family::AntMaze(maze) => maze.max_steps(),
            Family::Hand(hand) => hand.max_steps(),
            Family::Grasping(_) => binned_grasping::MAX_STEPS,
        }
    }

    /// Control steps in a second of the simulated world.
    pub fn control_rate(self) -> u32 {
        match self.family() {
            Family::AntMaze(_) => 10,
            Family::Hand(_) => 100,
            Family::Grasping(_) => binned_grasping::CONTROL_RATE,
        }
    }

    /// The task as it is evaluated: its start, and a goal drawn at each reset.
    pub fn build(self) -> Box<dyn Environment> {
        match self.family() {
            Family::AntMaze(maze) => Box::new(self.in_maze(maze, Start::StartCell, Goal::GoalCell)),
            Family::Hand(hand) => hand.build(self.name(), Reward::Binary),
            Family::Grasping(task) => Box::new(self.over_bins(task, Some(IMAGE_SIZE))),
        }
    }

    /// A controller that solves the task, and may see the privileged part of its observations: scripts, a planner with a
    /// cloned walker in the mazes, a trained network for the pen.
    pub fn oracle(self) -> Box<dyn Policy> {
        match self.family() {
            Family::AntMaze(maze) => Box::new(Oracle::new(maze)),
            Family::Hand(HandTask::Pen) => Box::new(PenExpert::pretrained(self.build().spec())),
            Family::Hand(HandTask::Door) => Box::new(Scripted(DoorScript::TUNED)),
            Family::Hand(HandTask::Relocate) => Box::new(Scripted(RelocateScript::TUNED)),
            Family::Grasping(_) => Box::new(Grasper { noise: 0.0 }),
        }
    }

    /// Uniform random actions.
    pub fn random_policy(self) -> Box<dyn Policy> {
        let action_size = match self.family() {
            Family::AntMaze(_) => ACTION_SIZE,
            Family::Hand(hand) => hand.action_size(),
            Family::Grasping(_) => binned_grasping::ACTION_SIZE,
        };
        Box::new(RandomPolicy { action_size })
    }

    /// What the task looks like in a state that one of its environments has saved.
    pub fn scene_shapes(self, snapshot: &Snapshot) -> Vec<Shape> {
        match self.family() {
            Family::AntMaze(maze) => {
                let mut environment = self.in_maze(maze, Start::StartCell, Goal::GoalCell);
                environment.restore(snapshot);
                environment.inner().shapes()
            }
            Family::Hand(hand) => hand.shapes(snapshot),
            Family::Grasping(task) => {
                let mut environment = self.over_bins(task, None);
                environment.restore(snapshot);
                environment.shapes()
            }
        }
    }

    /// Where to see all that happens from; `shapes` are those of [`Self::scene_shapes`], `aspect` is width / height.
    pub fn overview(self, shapes: &[Shape], aspect: f32) -> Camera {
        match self.family() {
            Family::AntMaze(_) => Camera::overview(shapes, aspect),
            Family::Hand(hand) => hand.overview(),
            Family::Grasping(_) => binned_grasping::OVERVIEW,
        }
    }

    /// Where to see what the robot does from: nearer than [`Self::overview`].
    pub fn close_up(self, shapes: &[Shape]) -> Camera {
        match self.family() {
            Family::AntMaze(_) => Camera::follow(shapes),
            Family::Hand(hand) => hand.close_up(shapes),
            Family::Grasping(_) => binned_grasping::CAMERA,
        }
    }

    /// The map of an ant maze; none for other tasks.
    pub fn maze(self) -> Option<Maze> {
        match self.family() {
            Family::AntMaze(maze) => Some(maze),
            Family::Hand(_) | Family::Grasping(_) => None,
        }
    }

    /// A grasping task with pictures of another size, or with none; no other task has any.
    pub fn build_seen_with(self, image_size: Option<usize>) -> Option<Box<dyn Environment>> {
        match self.family() {
            Family::Grasping(task) => Some(Box::new(self.over_bins(task, image_size))),
            Family::AntMaze(_) | Family::Hand(_) => None,
        }
    }

    /// An ant maze with the one goal for which its data are labelled; none for other tasks.
    pub fn build_with_fixed_goal(self) -> Option<Box<dyn Environment>> {
        Some(Box::new(self.in_maze(self.maze()?, Start::StartCell, Goal::Fixed)))
    }

    /// An ant maze with a start and a goal drawn from the whole maze: unseen ones, in the paper's words.
    pub fn build_with_any_start_and_goal(self) -> Option<Box<dyn Environment>> {
        Some(Box::new(self.in_maze(self.maze()?, Start::AnyCell, Goal::AnyCell)))
    }

    /// A task of the hand with D4RL's dense reward, on which D4RL's normalised scores are defined; none for others.
    pub fn build_with_dense_reward(self) -> Option<Box<dyn Environment>> {
        match self.family() {
            Family::Hand(hand) => Some(hand.build(self.name(), Reward::Dense)),
            Family::AntMaze(_) | Family::Grasping(_) => None,
        }
    }

    /// What makes the data of an ant maze. The settings are [`CollectPlan::d4rl`], unless an experiment changes them.
    pub fn collector(self, plan: CollectPlan) -> Option<Collector> {
        let maze = self.maze()?;
        Some(Collector::new(self.in_maze(maze, plan.start, plan.goal), maze, plan))
    }

    fn over_bins(self, task: GraspTask, image_size: Option<usize>) -> BinnedGrasping {
        BinnedGrasping::new(self.name(), task, image_size)
    }

    fn in_maze(self, maze: Maze, start: Start, goal: Goal) -> TimeLimit<AntMaze> {
        TimeLimit::new(AntMaze::new(self.name(), maze, maze.max_steps(), start, goal))
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

    #[test]
    fn each_family_lists_its_tasks() {
        let of = |is: fn(Family) -> bool| Task::ALL.into_iter().filter(|task| is(task.family())).collect::<Vec<_>>();
        assert_eq!(of(|family| matches!(family, Family::AntMaze(_))), Task::ANT_MAZES);
        assert_eq!(of(|family| matches!(family, Family::Hand(_))), Task::HANDS);
        assert_eq!(of(|family| matches!(family, Family::Grasping(_))), Task::GRASPING);
    }
}
