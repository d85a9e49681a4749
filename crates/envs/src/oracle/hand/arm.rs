//! The arm in front of the hand: where it grasps, and which action moves it there.

use rapier3d::math::{Rotation, Vec3};

/// Where the arm is mounted (m), and how: turned about x, then about the new z (rad). Of `assets/hand_door.xml` and
/// `assets/hand_relocate.xml`.
const MOUNT: Vec3 = Vec3::new(0.0, -0.7, 0.2);
#[expect(clippy::approx_constant, reason = "the file has these digits")]
const TURNS: [f32; 2] = [-1.57, 3.14];
/// From the forearm's origin to the wrist, from there to the palm, and from there to where it grasps (m).
const WRIST: Vec3 = Vec3::new(0.0, 0.0, 0.396);
const PALM: Vec3 = Vec3::new(0.0, 0.0, 0.034);
const GRASP: Vec3 = Vec3::new(0.007, -0.05, 0.07);
/// Weight of arm and hand (N), and their torque about the elbow where they are level (N m).
pub(super) const WEIGHT: f32 = 5.12 * 9.81;
pub(super) const LEVER: f32 = 15.9;

/// Joints from the mount to the palm: slides x, y, z (m), then turns about x, y, z, then WRJ1 and WRJ0 (rad).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Pose {
    pub(super) slides: [f32; 3],
    pub(super) turns: [f32; 3],
    pub(super) wrist: [f32; 2],
}

impl Pose {
    /// Where the hand grasps (m, world).
    pub(super) fn grasp(&self) -> Vec3 {
        let [rx, ry, rz] = self.turns;
        let [sideways, up] = self.wrist;
        let palm = PALM + Rotation::from_rotation_x(up) * GRASP;
        let wrist = WRIST + Rotation::from_rotation_y(sideways) * palm;
        let turn = Rotation::from_rotation_x(rx) * Rotation::from_rotation_y(ry) * Rotation::from_rotation_z(rz);
        MOUNT + mount() * (Vec3::from(self.slides) + turn * wrist)
    }

    /// The same turns, with the slides that bring the grasp to a point.
    pub(super) fn slid_to(self, point: Vec3) -> Self {
        let still = Self { slides: [0.0; 3], ..self };
        Self { slides: (mount().inverse() * (point - still.grasp())).to_array(), ..self }
    }

    /// The slide along z and the turns about x and y that bring the grasp to a point as nearly as can be, from these on:
    /// damped least squares on the difference quotients.
    pub(super) fn reaching(mut self, point: Vec3) -> Self {
        const STEP: f32 = 1e-3;
        for _ in 0..20 {
            let here = self.grasp();
            let error = point - here;
            if error.length() < 1e-4 {
                break;
            }
            let column = |joint: usize| {
                let mut moved = self;
                *moved.reach_joint(joint) += STEP;
                (moved.grasp() - here) / STEP
            };
            let columns = [column(0), column(1), column(2)];
            let change = damped_solution(columns, error);
            for (joint, (change, [low, high])) in change.into_iter().zip(REACH_RANGES).enumerate() {
                let value = self.reach_joint(joint);
                *value = (*value + change).clamp(low, high);
            }
        }
        self
    }

    fn reach_joint(&mut self, joint: usize) -> &mut f32 {
        match joint {
            0 => &mut self.slides[2],
            1 => &mut self.turns[0],
            _ => &mut self.turns[1],
        }
    }

    pub(super) fn between(self, other: Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + share * (b - a);
        Self {
            slides: std::array::from_fn(|i| mix(self.slides[i], other.slides[i])),
            turns: std::array::from_fn(|i| mix(self.turns[i], other.turns[i])),
            wrist: std::array::from_fn(|i| mix(self.wrist[i], other.wrist[i])),
        }
    }
}

/// Of `ARTz`, `ARRx` and `ARRy`, a little inside the joints' own.
const REACH_RANGES: [[f32; 2]; 3] = [[-0.29, 0.49], [-0.74, 0.74], [-0.74, 0.74]];

/// `(JᵀJ + damping)⁻¹ Jᵀ e` for a 3 x 3 J of these columns, by Cramer's rule.
fn damped_solution(columns: [Vec3; 3], error: Vec3) -> [f32; 3] {
    const DAMPING: f32 = 1e-4;
    let row = |i: usize| {
        let mut row = columns.map(|column| columns[i].dot(column));
        row[i] += DAMPING;
        Vec3::from(row)
    };
    // The matrix is symmetric, so its rows are its columns.
    let [a, b, c] = [row(0), row(1), row(2)];
    let right = Vec3::from(columns.map(|column| column.dot(error)));
    let determinant = a.dot(b.cross(c));
    [right.dot(b.cross(c)), a.dot(right.cross(c)), a.dot(b.cross(right))].map(|x| x / determinant)
}

fn mount() -> Rotation {
    Rotation::from_rotation_x(TURNS[0]) * Rotation::from_rotation_z(TURNS[1])
}

/// What drives a joint of the arm besides its servo.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Drive {
    /// What the acceleration costs (kg or kg m2).
    pub(super) mass: f32,
    /// Added stiffness and damping (N/m, N s/m or the same of angles).
    pub(super) gains: [f32; 2],
    /// Force or torque against gravity.
    pub(super) lift: f32,
}

impl Drive {
    /// The action of an arm joint in [-1, 1] that follows a way: wanted position, velocity and acceleration against what
    /// is. The servo of `range` pulls with 500 x control - 200 x position, and the joint damps with 20 x velocity.
    pub(super) fn action(self, wanted: [f32; 3], is: [f32; 2], range: [f32; 2]) -> f32 {
        let [q, v, a] = wanted;
        let [stiffness, damping] = self.gains;
        let force = 200.0 * q + 20.0 * v + self.mass * a + self.lift + stiffness * (q - is[0]) + damping * (v - is[1]);
        in_range(force / 500.0, range)
    }
}

/// The action in [-1, 1] whose control is nearest to `control`.
pub(super) fn in_range(control: f32, [low, high]: [f32; 2]) -> f32 {
    ((2.0 * control - low - high) / (high - low)).clamp(-1.0, 1.0)
}

/// The ranges of the controls of the hand's servos, wrist first (`assets/hand_servos.xml`).
pub(super) const HAND_RANGES: [[f32; 2]; 24] = {
    const BEND: [f32; 2] = [0.0, 1.6];
    const SPREAD: [f32; 2] = [-0.44, 0.44];
    [
        [-0.524, 0.175],
        [-0.79, 0.61],
        SPREAD,
        BEND,
        BEND,
        BEND,
        SPREAD,
        BEND,
        BEND,
        BEND,
        SPREAD,
        BEND,
        BEND,
        BEND,
        [0.0, 0.7],
        SPREAD,
        BEND,
        BEND,
        BEND,
        [-1.0, 1.0],
        [0.0, 1.3],
        [-0.26, 0.26],
        [-0.52, 0.52],
        [-1.571, 0.0],
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hand::{Hand, Relocate, Reward};

    #[test]
    fn the_grasp_is_where_the_scene_has_it() {
        let mut hand = Hand::<Relocate>::new("test", Reward::Binary);
        let pose = Pose { slides: [0.1, 0.15, -0.2], turns: [0.3, -0.5, 0.6], wrist: [-0.2, 0.4] };
        let robot = [&pose.slides[..], &pose.turns, &pose.wrist, &[0.0; 22]].concat();
        hand.start_from(*hand.chore(), &robot, &[0.0; 30]);
        let error = (pose.grasp() - hand.seen().palm).length();
        assert!(error < 1e-5, "{error} m");
    }

    #[test]
    fn inverse_kinematics_reach_their_point() {
        let start = Pose { wrist: [0.1, -0.4], turns: [0.0, 0.0, 1.2], ..Pose::default() };
        for point in [[0.0, 0.1, 0.3], [0.1, 0.2, 0.2], [-0.1, 0.0, 0.4]].map(Vec3::from) {
            assert!((start.reaching(point).grasp() - point).length() < 1e-3);
            assert!((start.slid_to(point).grasp() - point).length() < 1e-5);
        }
    }
}
