//! The human demonstrations of D4RL's `door-human-v0` in this simulator: their actions, one after the other, from where
//! they began.

use rl::Observation;

use crate::hand::{Door, HAND_JOINTS, Hand};

/// Joints of arm and hand; the state holds all but the first, the arm's slide.
const JOINTS: usize = 4 + HAND_JOINTS;
/// Where the palm's y stands in the state.
const PALM_Y: usize = 30;
/// A control step (s).
const STEP: f32 = 0.01;

/// Starts an episode as a recorded one began: the door's frame where it stood, the joints as in its first state, and as fast
/// as its second one says. (The file's own initial positions are all 0 and are not those of the first state.)
///
/// # Panics
/// When a state is not one of the door's.
pub fn start_like(hand: &mut Hand<Door>, frame: [f32; 3], first: &[f32], second: &[f32]) -> Observation {
    let (from, to) = (joints(hand, frame, first), joints(hand, frame, second));
    let rates: [f32; JOINTS] = std::array::from_fn(|joint| (to[joint] - from[joint]) / STEP);
    hand.start_from(Door { frame }, &from, &rates)
}

/// All joints of a recorded state. The slide is not in it, but moves the palm along the world's y and nothing else does
/// that is not in it.
pub fn joints(hand: &mut Hand<Door>, frame: [f32; 3], state: &[f32]) -> [f32; JOINTS] {
    let size = 2 + JOINTS + 9;
    assert_eq!(state.len(), size, "a state of the door");
    let mut joints = [0.0; JOINTS];
    joints[1..].copy_from_slice(&state[..JOINTS - 1]);
    let here = hand.start_from(Door { frame }, &joints, &[0.0; JOINTS]);
    joints[0] = state[PALM_Y] - here.state[PALM_Y];
    joints
}
