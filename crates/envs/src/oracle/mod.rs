//! Controllers that may know what a learner may not: they make the data, and show that the tasks can be solved.
//!
//! [`gait`] walks by a clock; [`walker`] is a network cloned from it that needs no clock, so that its data are Markov;
//! [`Planner`] turns a goal in a maze into a direction; [`Oracle`] puts the last two together; [`collect`] is D4RL's
//! recipe for data. [`hand`] has the experts of the hand, [`Grasper`] empties bins; [`perceptron`] runs trained networks.

pub mod collect;
pub mod gait;
mod grasper;
pub mod hand;
pub mod perceptron;
mod planner;
pub mod walker;

use rl::{Intent, LaneRows, ObservationRows, Policy, Prng};

use crate::ant_maze::{ACTION_SIZE, Maze};
pub use collect::{CollectPlan, Collector, Episode, Straying};
pub use grasper::Grasper;
pub use planner::Planner;
pub use walker::Walker;

/// Walks to the goal that it finds in the privileged part of its observations. Deterministic.
pub struct Oracle {
    planner: Planner,
    walker: Walker,
}

impl Oracle {
    /// Knows the way in one maze.
    pub fn new(maze: Maze) -> Self {
        Self { planner: Planner::new(maze), walker: Walker::pretrained() }
    }
}

impl Policy for Oracle {
    fn act(&self, observations: &ObservationRows, _intent: Intent, _rngs: &mut [Prng]) -> LaneRows {
        let (lanes, rows) = (observations.state.lanes(), observations.state.rows());
        LaneRows::from_fn(lanes, rows, ACTION_SIZE, |lane, row, action| {
            let state = observations.state.row(lane, row);
            let goal = observations.privileged.row(lane, row);
            let direction = self.planner.direction([state[0], state[1]], [goal[0], goal[1]]);
            action.copy_from_slice(&self.walker.act(state, direction));
        })
    }
}
