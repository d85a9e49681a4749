//! The pen: turn it into a direction without dropping it.

use rapier3d::math::{Pose, Rotation, Vec3};
use rl::Prng;
use serde::{Deserialize, Serialize};

use super::{Chore, HAND_JOINTS, HandTask, Judgement, Seen};
use crate::{Scene, Shape, ShapeKind};

/// Where the pen starts, and where it is to stay (m).
const PLACE: Vec3 = Vec3::new(0.0, -0.2, 0.25);
/// The pen starts along x: turned about y by this much (rad; 1.57 in D4RL's file).
const START_TURN: f32 = 1.57;
/// Where the picture of the goal is (m; D4RL's).
const PICTURE: Vec3 = Vec3::new(0.2, -0.2, 0.25);

/// Turn a pen into a direction.
///
/// **State** (45): the hand (24, rad), the pen's position (m), its velocity and angular velocity (m/s, rad/s, along the
/// axes of its start), its direction and the wanted one (unit vectors from the cap's end to the nib), position - wanted
/// position, direction - wanted direction. **Drawn**: roll a and pitch b, U(-1, 1) rad; the wanted direction is that of z after
/// turns about x by a and then about the new y by b. **Success**: less than 0.075 m from where it starts, and the cosine
/// between the two directions above 0.95.
///
/// D4RL's angular velocity is the rates of three hinges that follow each other; near the start they are the same, and
/// far from it they have a pole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pen {
    /// The wanted direction, of length 1.
    pub wanted: [f32; 3],
}

impl Pen {
    /// Cosine of the angle between the pen and its wanted direction, and the distance from its wanted place (m).
    pub fn errors(&self, seen: &Seen) -> (f32, f32) {
        let pen = seen.thing();
        (direction(&pen).dot(self.wanted.into()), (pen.translation - PLACE).length())
    }
}

impl Chore for Pen {
    const TASK: HandTask = HandTask::Pen;

    fn draw(rng: &mut Prng) -> Self {
        let (roll, pitch) = (rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0));
        let turn = Rotation::from_rotation_x(roll) * Rotation::from_rotation_y(pitch);
        Self { wanted: (turn * Vec3::Z).to_array() }
    }

    fn place(&self, scene: &mut Scene, robot: &[f32], rates: &[f32]) {
        let [x, y, z] = PLACE.to_array();
        let Rotation { x: qx, y: qy, z: qz, w: qw } = Rotation::from_rotation_y(START_TURN);
        let positions = [robot, &[x, y, z, qw, qx, qy, qz]].concat();
        scene.reset(&positions, &[rates, &[0.0; 6]].concat());
    }

    fn observe(&self, seen: &Seen, state: &mut Vec<f32>) {
        let (pen, wanted) = (seen.thing(), Vec3::from(self.wanted));
        let [.., vx, vy, vz, wx, wy, wz] = *seen.velocities else { unreachable!("a free joint has six velocities") };
        let to_start = Rotation::from_rotation_y(-START_TURN);
        let velocity = to_start * Vec3::new(vx, vy, vz);
        let spin = to_start * (pen.rotation * Vec3::new(wx, wy, wz));
        let direction = direction(&pen);
        state.extend(&seen.positions[..HAND_JOINTS]);
        for part in [pen.translation, velocity, spin, direction, wanted, pen.translation - PLACE, direction - wanted] {
            state.extend(part.to_array());
        }
    }

    /// The dense reward is D4RL's `pen-v0`.
    fn judge(&self, seen: &Seen) -> Judgement {
        let (cosine, distance) = self.errors(seen);
        let near = distance < 0.075;
        let bonus = [(0.9, 10.0), (0.95, 50.0)];
        let bonus: f32 = bonus.iter().filter(|(above, _)| near && cosine > *above).map(|(_, bonus)| bonus).sum();
        let lost = seen.thing().translation.z < 0.075;
        let dense = cosine - distance + bonus - if lost { 5.0 } else { 0.0 };
        Judgement { success: near && cosine > 0.95, dense, lost }
    }

    fn facts(&self) -> Vec<f32> {
        self.wanted.to_vec()
    }

    fn scales() -> (Vec<f32>, Vec<f32>) {
        let centers = [PLACE.to_array(), [0.0; 3], [0.0; 3], [0.3, 0.0, 0.3], [0.0, 0.0, 0.7], [0.0; 3], [0.0; 3]];
        let spreads = [[0.05; 3], [0.3; 3], [3.0; 3], [0.6; 3], [0.5; 3], [0.05; 3], [0.7; 3]];
        (centers.concat(), spreads.concat())
    }

    /// A green pen beside the hand that points where the pen should, as in D4RL.
    fn marks(&self) -> Vec<Shape> {
        let rotation = Rotation::from_rotation_arc(Vec3::Z, self.wanted.into());
        let part = |kind, along: f32, rgba| Shape {
            kind,
            translation: (PICTURE + rotation * Vec3::new(0.0, 0.0, along)).to_array(),
            rotation: rotation.to_array(),
            rgba,
            texture: crate::Texture::Plain,
        };
        vec![
            part(ShapeKind::Capsule { radius: 0.015, half_length: 0.05 }, 0.0, [0.75, 0.85, 0.75, 1.0]),
            part(ShapeKind::Cylinder { radius: 0.017, half_length: 0.02 }, -0.0455, [0.2, 0.7, 0.3, 1.0]),
            part(ShapeKind::Cylinder { radius: 0.013, half_length: 0.002 }, 0.067, [0.2, 0.7, 0.3, 1.0]),
        ]
    }
}

/// Along the pen, of length 1: D4RL's from its "bottom" to its "top" site.
fn direction(pen: &Pose) -> Vec3 {
    pen.rotation * Vec3::Z
}
