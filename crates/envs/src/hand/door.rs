//! The door: turn the latch, pull the door open.

use rapier3d::math::Vec3;
use rl::Prng;
use serde::{Deserialize, Serialize};

use super::{Chore, HandTask, Judgement, Seen};
use crate::{Scene, Shape};

/// Positions and velocities of the scene: 28 of the robot, the door's hinge, the latch.
const JOINTS: usize = 30;
/// The door counts as open from here (rad; D4RL).
const OPEN: f32 = 1.35;

/// Open a door whose frame stands somewhere else in each episode.
///
/// **State** (39): arm and hand without the arm's slide (27, rad), latch, hinge (rad), palm, handle, palm - handle (m),
/// and 1 if the hinge is beyond 1 rad, else -1. **Drawn**: the frame's place, x U(-0.3, -0.2), y U(0.25, 0.35),
/// z U(0.252, 0.35) m. **Success**: hinge at 1.35 rad or more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Door {
    /// Where the frame stands (m).
    pub frame: [f32; 3],
}

impl Chore for Door {
    const TASK: HandTask = HandTask::Door;

    fn draw(rng: &mut Prng) -> Self {
        Self { frame: [rng.uniform(-0.3, -0.2), rng.uniform(0.25, 0.35), rng.uniform(0.252, 0.35)] }
    }

    fn place(&self, scene: &mut Scene, robot: &[f32], rates: &[f32]) {
        let (mut positions, mut velocities) = ([0.0; JOINTS], [0.0; JOINTS]);
        positions[..robot.len()].copy_from_slice(robot);
        velocities[..rates.len()].copy_from_slice(rates);
        scene.reset(&positions, &velocities);
        scene.move_base("frame", self.frame);
    }

    fn observe(&self, seen: &Seen, state: &mut Vec<f32>) {
        let [hinge, latch] = angles(seen);
        let handle = handle(seen);
        state.extend(&seen.positions[1..JOINTS - 2]);
        state.extend([latch, hinge]);
        for point in [seen.palm, handle, seen.palm - handle] {
            state.extend(point.to_array());
        }
        state.push(if hinge > 1.0 { 1.0 } else { -1.0 });
    }

    /// The dense reward is D4RL's `door-v0`.
    fn judge(&self, seen: &Seen) -> Judgement {
        let [hinge, _] = angles(seen);
        let speed: f32 = seen.velocities.iter().map(|v| v * v).sum();
        let bonus = [(0.2, 2.0), (1.0, 8.0), (OPEN, 10.0)];
        let bonus: f32 = bonus.iter().filter(|(from, _)| hinge > *from).map(|(_, bonus)| bonus).sum();
        let reach = 0.1 * (seen.palm - handle(seen)).length();
        let dense = bonus - reach - 0.1 * (hinge - 1.57).powi(2) - 1e-5 * speed;
        Judgement { success: hinge >= OPEN, dense, lost: false }
    }

    fn facts(&self) -> Vec<f32> {
        self.frame.to_vec()
    }

    fn scales() -> (Vec<f32>, Vec<f32>) {
        let centers = [&[0.9, 0.78][..], &[0.0, 0.0, 0.2], &[0.0, 0.1, 0.28], &[0.0, -0.1, -0.08], &[0.0]];
        let spreads = [&[0.9, 0.78][..], &[0.2, 0.25, 0.1], &[0.2, 0.25, 0.1], &[0.1, 0.15, 0.08], &[1.0]];
        (centers.concat(), spreads.concat())
    }

    fn marks(&self) -> Vec<Shape> {
        Vec::new()
    }
}

/// Of the hinge and of the latch (rad).
fn angles(seen: &Seen) -> [f32; 2] {
    [seen.positions[JOINTS - 2], seen.positions[JOINTS - 1]]
}

fn handle(seen: &Seen) -> Vec3 {
    seen.scene.site("handle").expect("assets/hand_door.xml has it").into()
}
