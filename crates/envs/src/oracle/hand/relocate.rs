//! The ball: reach over it, close the hand, carry it to the goal.

use rapier3d::math::Vec3;

use super::arm::{Drive, HAND_RANGES, LEVER, Pose, WEIGHT, in_range};
use super::{Fingers, Script, minimum_jerk};
use crate::hand::{HandTask, Known};

/// Ends of the phases (control steps): above the ball, down on it, closed, at the goal.
const ENDS: [f32; 4] = [55.0, 80.0, 105.0, 160.0];
/// The fingers are closed after this share of their phase.
const CLOSED: f32 = 0.7;
/// Where `ARTy` should stay (m).
const LIFT: [f32; 2] = [0.01, 0.18];
/// How much higher the grasp is for each radian of `ARRx` (m): about the length of arm and hand.
const REACH: f32 = 0.5;
/// Of `ARTx`, `ARTy`, `ARTz`, `ARRx`, `ARRy` and `ARRz`.
const RANGES: [[f32; 2]; 6] = [[-0.25, 0.25], [0.0, 0.2], [-0.3, 0.5], [-0.75, 0.75], [-0.75, 0.75], [-0.75, 0.75]];

/// The numbers of the script. Start values and the result of a search under noise (the cross-entropy method) are those of
/// a prototype of this project.
#[derive(Debug, Clone, PartialEq)]
pub struct RelocateScript {
    /// From the ball to where the hand grasps (m).
    pub grasp: [f32; 3],
    /// How far above that it reaches first (m).
    pub above: f32,
    /// `ARRx`, `ARRy` and `ARRz` (rad).
    pub turns: [f32; 3],
    /// WRJ1 and WRJ0 (rad).
    pub wrist: [f32; 2],
    /// J2 of the open fingers, and their J1 and J0 (rad).
    pub open: [f32; 2],
    /// J2, J1 and J0 of the closed fingers (rad).
    pub closed: [f32; 3],
    /// THJ4; THJ3 open and closed; THJ2; THJ1; THJ0 closed (rad).
    pub thumb: [f32; 6],
}

impl RelocateScript {
    /// The result of the search.
    pub const TUNED: Self = Self {
        grasp: [0.002, -0.006, -0.014],
        above: 0.065,
        turns: [0.20, 0.0, -0.155],
        wrist: [-0.08, -0.20],
        open: [0.10, 0.0],
        closed: [0.66, 1.3, 0.60],
        thumb: [0.56, 0.19, 0.65, -0.05, 0.0, -0.95],
    };

    /// Standard deviations with which the search began.
    pub const SPREAD: Self = Self {
        grasp: [0.015, 0.015, 0.01],
        above: 0.02,
        turns: [0.08, 0.2, 0.2],
        wrist: [0.1, 0.2],
        open: [0.3, 0.2],
        closed: [0.4; 3],
        thumb: [0.3, 0.3, 0.4, 0.1, 0.2, 0.4],
    };

    /// The pose that grasps at a point, with the slide of the height inside its range.
    fn pose(&self, point: Vec3) -> Pose {
        let mut pose = Pose { slides: [0.0; 3], turns: self.turns, wrist: self.wrist };
        for _ in 0..4 {
            pose = pose.slid_to(point);
            let excess = pose.slides[1] - pose.slides[1].clamp(LIFT[0], LIFT[1]);
            if excess == 0.0 {
                break;
            }
            pose.turns[0] -= excess / REACH;
        }
        pose
    }

    fn fingers(&self) -> [Fingers; 2] {
        let [j4, j3_open, j3_closed, j2, j1, j0] = self.thumb;
        let [bend, tips] = self.open;
        let open = Fingers { bend: [bend, tips, tips], little: 0.0, thumb: [j4, j3_open, j2, j1, 0.0] };
        [open, Fingers { bend: self.closed, little: 0.3, thumb: [j4, j3_closed, j2, j1, j0] }]
    }
}

impl Script for RelocateScript {
    const TASK: HandTask = HandTask::Relocate;

    fn numbers(&mut self) -> Vec<&mut f32> {
        let Self { grasp, above, turns, wrist, open, closed, thumb } = self;
        let parts = [&mut grasp[..], std::slice::from_mut(above), turns, wrist, open, closed, thumb];
        parts.into_iter().flatten().collect()
    }

    fn act(&self, known: &Known, action: &mut [f32]) {
        let fact = |i: usize| Vec3::new(known.facts[i], known.facts[i + 1], known.facts[i + 2]);
        let (first, goal) = (fact(0) + Vec3::from(self.grasp), fact(3));
        let down = self.pose(first);
        let above = self.pose(first + Vec3::Z * self.above);
        // The way that the ball has in the hand, else the planned one.
        let held = known.step >= ENDS[2];
        let at: [f32; 6] = std::array::from_fn(|i| known.positions[i]);
        let offset = if held {
            let [x, y, z] = [30, 31, 32].map(|i| known.positions[i]);
            let wrist = [known.positions[6], known.positions[7]];
            let is = Pose { slides: [at[0], at[1], at[2]], turns: [at[3], at[4], at[5]], wrist };
            (is.grasp() - Vec3::new(x, y, z)).clamp_length_max(0.06)
        } else {
            Vec3::from(self.grasp)
        };
        let (from, to, start, end) = match known.step {
            t if t < ENDS[0] => (Pose { wrist: self.wrist, ..Pose::default() }, above, 0.0, ENDS[0]),
            t if t < ENDS[1] => (above, down, ENDS[0], ENDS[1]),
            t if t < ENDS[2] => (down, down, ENDS[1], ENDS[2]),
            _ => (down, self.pose(goal + offset), ENDS[2], ENDS[3]),
        };
        let [s, v, a] = minimum_jerk((known.step + 1.0 - start) / (end - start), end - start);
        let way = |pose: &Pose| [pose.slides, pose.turns].concat();
        let (origin, target) = (way(&from), way(&to));

        let [open, closed] = self.fingers();
        let closing = (known.step + 1.0 - ENDS[1]) / (CLOSED * (ENDS[2] - ENDS[1]));
        let fingers = open.between(closed, closing.clamp(0.0, 1.0));

        let lift = [0.0, WEIGHT + if held { 0.18 * 9.81 } else { 0.0 }, 0.0, -LEVER * at[3].cos(), 0.0, 0.0];
        for joint in 0..6 {
            let length = target[joint] - origin[joint];
            let wanted = [origin[joint] + s * length, v * length, a * length];
            let (mass, gains) = match joint {
                0..3 => (5.15, [600.0, 80.0]),
                3 | 4 => (0.6, [100.0, 5.0]),
                _ => (0.012, [0.0, 0.0]),
            };
            let drive = Drive { mass, gains, lift: lift[joint] };
            action[joint] = drive.action(wanted, [at[joint], known.velocities[joint]], RANGES[joint]);
        }
        let targets = fingers.targets(self.wrist);
        for ((action, target), range) in action[6..].iter_mut().zip(targets).zip(HAND_RANGES) {
            *action = in_range(target, range);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scene, hand::mjcf};

    #[test]
    fn controls_have_the_ranges_of_the_scene() {
        let scene = Scene::from_mjcf(&mjcf(HandTask::Relocate), &[]).unwrap();
        assert_eq!(scene.control_ranges().collect::<Vec<_>>(), [&RANGES[..], &HAND_RANGES].concat());
    }
}
