//! Robot learning tasks on rapier3d, and the controllers that make their data.
//!
//! - [`Task`]: every task by name; [`Task::build`] gives an [`rl::Environment`], [`Task::oracle`] a controller that
//!   solves it.
//! - [`ant_maze`]: the ant mazes of D4RL.
//! - [`binned_grasping`]: an arm that lifts objects out of bins, seen by a camera.
//! - [`hand`]: a dexterous hand that turns a pen, opens a door or moves a ball.
//! - [`Scene`]: a robot described in MJCF and its surroundings; the only module that simulates with rapier3d.
//! - [`render`]: pictures of a scene; of rapier3d it uses the vector types alone.
//! - [`oracle`]: the controllers that make data, such as the ant's walker and the hand's experts.

pub mod ant_maze;
pub mod binned_grasping;
pub mod hand;
pub mod oracle;
mod random;
pub mod render;
mod scene;
mod task;

pub use scene::{
    Contacts, Part, Placement, Scene, SceneError, SceneState, Shape, ShapeKind, Solid, StaticBox, Texture,
};
pub use task::{Family, Task, UnknownTask};

/// The simulator whose numbers all results are: another version may give others.
pub const PHYSICS: &str = "rapier3d 0.36.1";
