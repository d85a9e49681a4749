//! Where the gripper is for given joint angles, and which angles put it where it should be.

use rapier3d::math::{Mat3, Pose, Rotation, Vector};
use rapier3d::na::{SMatrix, SVector};

use crate::Scene;

/// Joints of the arm.
pub(super) const JOINTS: usize = 7;
/// From the middle of the palm to the point between the finger tips, along the palm's z axis (m).
const PALM_TO_TIPS: f32 = 0.084;
/// Damping of the least squares (m, rad).
const DAMPING: f32 = 0.02;
/// Pull towards the resting posture in each iteration, as a share of the way there.
const POSTURE_PULL: f32 = 0.05;
const ITERATIONS: usize = 60;
/// Good enough (m, rad).
const TOLERANCE: f32 = 2e-4;

/// Where the gripper is: the point between its finger tips, and how it is turned about the vertical.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct GripperPose {
    /// m.
    pub(super) position: Vector,
    /// From the world's y axis to the direction in which the fingers open, counter-clockwise from above (rad).
    pub(super) yaw: f32,
}

/// The arm as a product of rotations about the axes that its joints have when all angles are 0 (Brockett 1984).
#[derive(Debug, Clone)]
pub(super) struct Arm {
    /// A point on each axis and its direction.
    axes: [(Vector, Vector); JOINTS],
    limits: [[f32; 2]; JOINTS],
    /// The gripper at angles 0.
    tips: Pose,
    /// The posture that the spare degree of freedom seeks.
    rest: [f32; JOINTS],
}

impl Arm {
    /// Reads the arm off a scene in which all its angles are 0.
    pub(super) fn new(scene: &Scene, rest: [f32; JOINTS]) -> Self {
        let mut ranges = scene.joint_ranges();
        let limits = std::array::from_fn(|_| ranges.next().expect("the arm's joints come first in assets/arm.xml"));
        let axes = std::array::from_fn(|i| {
            let (point, axis) = scene.hinge_axis(&format!("joint_{}", i + 1)).expect("a joint of assets/arm.xml");
            (Vector::from_array(point), Vector::from_array(axis))
        });
        Self { axes, limits, tips: tips(scene), rest }
    }

    /// The gripper's pose, and the joints' axes where they have turned to.
    fn forward(&self, angles: &[f32; JOINTS]) -> (Pose, [(Vector, Vector); JOINTS]) {
        let mut pose = Pose::IDENTITY;
        let mut axes = self.axes;
        for ((point, axis), angle) in axes.iter_mut().zip(angles) {
            let rotation = Rotation::from_axis_angle(*axis, *angle);
            let turn = Pose::from_parts(*point - rotation * *point, rotation);
            (*point, *axis) = (pose * *point, pose.rotation * *axis);
            pose *= turn;
        }
        (pose * self.tips, axes)
    }

    /// Where the gripper is.
    pub(super) fn pose(&self, angles: &[f32; JOINTS]) -> GripperPose {
        let (pose, _) = self.forward(angles);
        let opening = pose.rotation * Vector::Y;
        GripperPose { position: pose.translation, yaw: (-opening.x).atan2(opening.y) }
    }

    /// Joint angles within their limits that bring the gripper as near as can be to `goal`, pointing straight down;
    /// damped least squares (Wampler 1986), from the angles of the moment.
    pub(super) fn angles_for(&self, goal: GripperPose, from: &[f32; JOINTS]) -> [f32; JOINTS] {
        let down =
            Rotation::from_axis_angle(Vector::Z, goal.yaw) * Rotation::from_axis_angle(Vector::Y, std::f32::consts::PI);
        let mut angles = *from;
        for _ in 0..ITERATIONS {
            let (pose, axes) = self.forward(&angles);
            let shift = goal.position - pose.translation;
            let turn = down * pose.rotation.inverse();
            // The shorter of the two ways round.
            let turn = if turn.w < 0.0 { -turn } else { turn }.to_scaled_axis();
            if shift.length() < TOLERANCE && turn.length() < TOLERANCE {
                break;
            }
            let mut jacobian = SMatrix::<f32, 6, JOINTS>::zeros();
            for (joint, (point, axis)) in axes.iter().enumerate() {
                let lever = axis.cross(pose.translation - *point);
                jacobian.column_mut(joint).copy_from_slice(&[lever.x, lever.y, lever.z, axis.x, axis.y, axis.z]);
            }
            let error = SVector::<f32, 6>::from([shift.x, shift.y, shift.z, turn.x, turn.y, turn.z]);
            let damped = jacobian * jacobian.transpose() + SMatrix::<f32, 6, 6>::identity() * (DAMPING * DAMPING);
            let Some(factor) = damped.cholesky() else { break };
            let pull = SVector::<f32, JOINTS>::from_fn(|joint, _| POSTURE_PULL * (self.rest[joint] - angles[joint]));
            // The pull only moves what the gripper does not feel.
            let step = pull + jacobian.transpose() * factor.solve(&(error - jacobian * pull));
            for (joint, angle) in angles.iter_mut().enumerate() {
                let [low, high] = self.limits[joint];
                *angle = (*angle + step[joint].clamp(-0.3, 0.3)).clamp(low, high);
            }
        }
        angles
    }
}

/// Where the gripper of a scene is.
fn tips(scene: &Scene) -> Pose {
    let palm = scene.geom("palm").expect("a geom of assets/arm.xml");
    let [x, y, z, w] = palm.rotation;
    let rotation = Rotation::from_xyzw(x, y, z, w);
    let ahead = Mat3::from_quat(rotation).z_axis * PALM_TO_TIPS;
    Pose::from_parts(Vector::from_array(palm.translation) + ahead, rotation)
}

#[cfg(test)]
mod tests {
    use rl::Prng;

    use super::super::environment::POSTURE;
    use super::super::{TURN, WORKSPACE};
    use super::*;

    fn scene_and_arm() -> (Scene, Arm) {
        let mut scene = Scene::from_mjcf(&super::super::mjcf(), &[]).unwrap();
        scene.reset(&[0.0; JOINTS + 2], &[0.0; JOINTS + 2]);
        let arm = Arm::new(&scene, POSTURE);
        (scene, arm)
    }

    #[test]
    fn rotations_about_axes_put_the_gripper_where_the_simulator_has_it() {
        let (mut scene, arm) = scene_and_arm();
        let mut rng = Prng::derive("kinematics", 0, "angles");
        for _ in 0..20 {
            let mut coordinates = [0.0; JOINTS + 2];
            coordinates[..JOINTS].fill_with(|| rng.uniform(-2.0, 2.0));
            scene.reset(&coordinates, &[0.0; JOINTS + 2]);
            let (there, here) = (tips(&scene), arm.forward(coordinates.first_chunk().unwrap()).0);
            assert!((there.translation - here.translation).length() < 1e-4, "{there:?} {here:?}");
            assert!(there.rotation.dot(here.rotation).abs() > 1.0 - 1e-5, "{there:?} {here:?}");
        }
    }

    /// From anywhere in the workspace to anywhere else, as one step or a whole episode would ask.
    #[test]
    fn the_whole_workspace_is_reached_pointing_down() {
        let (_, arm) = scene_and_arm();
        let mut rng = Prng::derive("kinematics", 0, "goals");
        let mut angles = POSTURE;
        for number in 0..300 {
            let along = |[low, high]: [f32; 2], rng: &mut Prng| match number % 3 {
                0 => [low, high][rng.below(2)],
                _ => rng.uniform(low, high),
            };
            let position = WORKSPACE.map(|range| along(range, &mut rng));
            let goal = GripperPose { position: Vector::from_array(position), yaw: rng.uniform(-TURN, TURN) };
            angles = arm.angles_for(goal, &angles);
            let (pose, _) = arm.forward(&angles);
            assert!((pose.translation - goal.position).length() < 1e-3, "{goal:?}: {pose:?}");
            assert!((arm.pose(&angles).yaw - goal.yaw).abs() < 5e-3, "{goal:?}: {pose:?}");
            assert!((pose.rotation * Vector::Z).z < -0.9999, "{goal:?}: {pose:?}");
            for (angle, [low, high]) in angles.iter().zip(arm.limits) {
                assert!((low..=high).contains(angle), "{goal:?}: {angles:?}");
            }
        }
    }
}
