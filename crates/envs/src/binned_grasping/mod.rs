//! An arm that must lift an object out of one of three bins, seen by a camera; after the simulated tasks of QT-Opt
//! (Kalashnikov et al. 2018), AW-Opt (Lu et al. 2021) and section 5.2 of the JSRL paper, none of which is public. What
//! those papers leave open is this project's own choice; numbers of other simulators cannot be compared with ours.
//!
//! **Image**, `[64, 64, 3]` (other sizes: [`BinnedGrasping::new`]): what a camera over the arm's shoulder sees, with
//! shadows. Instance grasping has a fourth channel, a mask: the share of each pixel that shows the target, 0 to 255. A
//! mask points at the target in the very pixels in which the arm must be brought to it, needs no second picture and no
//! second network, and takes four lines to make where a goal image would need a pose of its own; hidden parts of the
//! target are hidden in the mask, too.
//!
//! **State**, as QT-Opt gives it to its network beside the picture (there `gripper_closed` and `height_to_bottom`):
//!
//! | index | what | unit |
//! |---|---|---|
//! | 0 | distance between the fingers, as a share of the open gripper's | |
//! | 1 | height of the finger tips above the bins' floor | m |
//!
//! **Action**, 6 numbers in [-1, 1]:
//!
//! | index | what | 1 is |
//! |---|---|---|
//! | 0-2 | displacement of the gripper along the world's x, y, z | 0.06 m |
//! | 3 | its turn about the vertical | 0.6 rad |
//! | 4 | above 0 the gripper closes, else it opens | |
//! | 5 | above 0.5 the episode ends after this step | |
//!
//! The gripper points down and stays above the bins; joint angles come from inverse kinematics (`kinematics.rs`), and
//! servos pull the joints there. Table and walls are solid: what the gripper is sent into stops it.
//!
//! **Step**: 25 x 0.01 s. **Reward**: 1 at the end of the episode if an object (the target, in instance grasping) is held
//! between both fingers with its lowest point 2 cm above the rim of the bins, and is above a bin; else 0. **Ending**: by
//! the action, and after 20 steps, where an episode that did not succeed counts as timed out. A grasp takes 7 to 10.
//! **Start**: one of [`SCENES`] settled scenes of six objects, two to a bin; the gripper open, 0.18 m above the middle
//! bin, ± 0.03 m and ± 0.3 rad. **Target**: drawn among the objects that leave room for the fingers. **Privileged**:
//! [`Facts`].
//!
//! Objects are held by friction alone (1.0 at the fingers), and rest until something touches them.

mod description;
mod environment;
mod facts;
mod grasp;
mod kinematics;
mod layout;
pub mod objects;
mod view;

pub use description::mjcf;
pub use environment::{BinnedGrasping, GraspTask};
pub use facts::{Facts, PRIVILEGED_SIZE};
pub use grasp::Grasp;
pub use layout::{HELD_OUT, SCENES};
pub use view::{CAMERA, OVERVIEW, sunlight};

/// Length of a state.
pub const STATE_SIZE: usize = 2;
/// Length of an action.
pub const ACTION_SIZE: usize = 6;
/// Control steps after which an episode times out: QT-Opt's number.
pub const MAX_STEPS: usize = 20;
/// Control steps in a second.
pub const CONTROL_RATE: u32 = 4;
/// Pixels to a side of the picture, where nothing else is asked for.
pub const IMAGE_SIZE: usize = 64;
/// Objects in a scene, as many in each bin.
pub const OBJECTS: usize = 6;
/// An object is lifted when its lowest point is above this (m).
pub const LIFTED: f32 = RIM + 0.02;

/// The insides of the bins: along x all alike, along y one after the other (m); their floor is at 0.
const BIN_X: [f32; 2] = [0.45, 0.67];
const BIN_Y: [[f32; 2]; 3] = [[-0.231, -0.081], [-0.075, 0.075], [0.081, 0.231]];
/// Height of the walls (m).
const RIM: f32 = 0.03;
/// From the finger tips to what is safely below the palm (m).
const FINGER_LENGTH: f32 = 0.06;
/// Where the finger tips may be sent, along x, y and z (m).
const WORKSPACE: [[f32; 2]; 3] = [[0.46, 0.66], [-0.22, 0.22], [0.01, 0.22]];
/// Farthest turn to either side (rad): a little over a quarter turn, since the gripper looks the same after half a turn.
pub(crate) const TURN: f32 = 1.75;
/// Displacement (m) and turn (rad) of an action of 1.
pub(crate) const SHIFT_STEP: f32 = 0.06;
pub(crate) const TURN_STEP: f32 = 0.6;
/// Half the distance between the fingers of the open gripper (m).
pub(crate) const OPEN: f32 = 0.045;
