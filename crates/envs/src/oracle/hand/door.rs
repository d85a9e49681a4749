//! The door: grasp the lever, turn it with the forearm, pull it along its arc, let go.

use rapier3d::math::{Rotation, Vec3};

use super::arm::{Drive, HAND_RANGES, LEVER, Pose, in_range};
use super::{Fingers, Script, minimum_jerk};
use crate::hand::{HandTask, Known};

/// Control steps of each phase: to a point before the handle, onto it, closing the hand.
const APPROACH: f32 = 23.0;
const ONTO: f32 = 10.0;
const CLOSING: f32 = 14.0;
/// Key poses of turning the lever and of pulling the door, and the control steps to each.
const TURNS: (usize, f32) = (4, 8.0);
const PULLS: (usize, f32) = (6, 9.0);
/// From the handle to the point before it (m).
const BEFORE: Vec3 = Vec3::new(0.0, -0.12, 0.02);
/// The hand lets go here (rad).
const LET_GO: f32 = 1.42;
/// Of `ARTz`, `ARRx`, `ARRy` and `ARRz`.
const RANGES: [[f32; 2]; 4] = [[-0.3, 0.5], [-0.75, 0.75], [-0.75, 0.75], [-1.0, 2.0]];

/// The numbers of the script. They were found by search (the cross-entropy method) in this very task, half of the frames
/// far to the right, with noise of 0.02 on the arm's targets and 0.05 on the fingers'; it began with those of a prototype
/// of this project.
#[derive(Debug, Clone, PartialEq)]
pub struct DoorScript {
    /// From the handle to where the hand grasps (m): at first, with the lever down, and while pulling; the last turns with
    /// the door.
    pub grasp: [[f32; 3]; 3],
    /// `ARRz` before and after turning the lever (rad).
    pub roll: [f32; 2],
    /// WRJ0 at the approach, with the lever down, and while pulling (rad).
    pub bend: [f32; 3],
    /// WRJ1 at the approach, and at the end (rad).
    pub sideways: [f32; 2],
    /// J2 of the open fingers, and their J1 and J0 (rad).
    pub open: [f32; 2],
    /// J2, J1 and J0 of the closed fingers (rad).
    pub closed: [f32; 3],
    /// THJ4 open and closed; THJ3 open and closed; THJ2, THJ1 and THJ0 closed (rad).
    pub thumb: [f32; 7],
    /// How far the way leads: latch and hinge (rad). Beyond what the door can do, so that the hand pulls.
    pub far: [f32; 2],
}

impl DoorScript {
    /// The result of the search.
    pub const TUNED: Self = Self {
        grasp: [[0.011, -0.027, -0.020], [-0.022, -0.018, 0.011], [-0.036, -0.007, 0.054]],
        roll: [-0.080, 1.739],
        bend: [-0.392, -0.663, -0.693],
        sideways: [0.136, 0.103],
        open: [0.535, 0.119],
        closed: [0.917, 0.558, 1.006],
        thumb: [-0.484, 0.198, 0.575, 1.186, 0.163, -0.385, -0.205],
        far: [1.907, 1.854],
    };

    /// Standard deviations with which a search begins.
    pub const SPREAD: Self = Self {
        grasp: [[0.015; 3], [0.015; 3], [0.02; 3]],
        roll: [0.2, 0.2],
        bend: [0.2; 3],
        sideways: [0.1, 0.1],
        open: [0.3, 0.2],
        closed: [0.3; 3],
        thumb: [0.3, 0.3, 0.3, 0.3, 0.1, 0.2, 0.3],
        far: [0.1, 0.1],
    };

    /// The key poses: where the hand starts, before the handle, on it, turned, and along the arc.
    fn poses(&self, frame: Vec3) -> Vec<Pose> {
        let [first, turned, pulled] = self.grasp.map(Vec3::from);
        let [roll, rolled] = self.roll;
        let [bent, bent_turned, bent_pulled] = self.bend;
        let [sideways, sideways_end] = self.sideways;
        let mix = |a: f32, b: f32, share: f32| a + share * (b - a);
        let start = Pose { turns: [0.0, 0.0, roll], wrist: [sideways, bent], ..Pose::default() };
        let handle = handle(frame, 0.0, 0.0);
        let before = start.reaching(handle + first + BEFORE);
        let on = before.reaching(handle + first);
        let mut poses = vec![start, before, on];
        let mut last = on;
        for key in 1..=TURNS.0 {
            let share = key as f32 / TURNS.0 as f32;
            last.turns[2] = mix(roll, rolled, share);
            last.wrist = [sideways, mix(bent, bent_turned, share)];
            last = last.reaching(self::handle(frame, share * self.far[0], 0.0) + first.lerp(turned, share));
            poses.push(last);
        }
        for key in 1..=PULLS.0 {
            let share = key as f32 / PULLS.0 as f32;
            let hinge = share * self.far[1];
            last.wrist = [mix(sideways, sideways_end, share), mix(bent_turned, bent_pulled, share)];
            let offset = Rotation::from_rotation_z(hinge) * turned.lerp(pulled, share);
            last = last.reaching(self::handle(frame, self.far[0], hinge) + offset);
            poses.push(last);
        }
        poses
    }

    fn fingers(&self) -> [Fingers; 2] {
        let [j4_open, j4, j3_open, j3, j2, j1, j0] = self.thumb;
        let [bend, tips] = self.open;
        let open = Fingers { bend: [bend, tips, tips], little: 0.0, thumb: [j4_open, j3_open, 0.0, 0.0, 0.0] };
        [open, Fingers { bend: self.closed, little: 0.0, thumb: [j4, j3, j2, j1, j0] }]
    }

    /// Position and velocity (per s) of slide, turns and wrist at a step.
    fn way(poses: &[Pose], step: f32) -> (Pose, [f32; 4]) {
        let mut left = step;
        let mut durations = vec![(APPROACH, true), (ONTO, true)];
        durations.extend(std::iter::repeat_n((TURNS.1, false), TURNS.0));
        durations.extend(std::iter::repeat_n((PULLS.1, false), PULLS.0));
        for (leg, (steps, smooth)) in durations.into_iter().enumerate() {
            // The hand waits on the handle until it is closed.
            if leg == 2 {
                if left < CLOSING {
                    return (poses[2], [0.0; 4]);
                }
                left -= CLOSING;
            }
            if left < steps {
                let share = (left + 1.0) / steps;
                let [s, v] = if smooth {
                    let [s, v, _] = minimum_jerk(share, steps);
                    [s, v]
                } else {
                    [share, 100.0 / steps]
                };
                let (from, to) = (poses[leg], poses[leg + 1]);
                let rate = |a: f32, b: f32| v * (b - a);
                let rates = [
                    rate(from.slides[2], to.slides[2]),
                    rate(from.turns[0], to.turns[0]),
                    rate(from.turns[1], to.turns[1]),
                    rate(from.turns[2], to.turns[2]),
                ];
                return (from.between(to, s), rates);
            }
            left -= steps;
        }
        (*poses.last().expect("there are poses"), [0.0; 4])
    }
}

impl Script for DoorScript {
    const TASK: HandTask = HandTask::Door;

    fn numbers(&mut self) -> Vec<&mut f32> {
        let Self { grasp, roll, bend, sideways, open, closed, thumb, far } = self;
        let grasp = grasp.iter_mut().flatten();
        let parts = [&mut roll[..], bend, sideways, open, closed, thumb, far];
        grasp.chain(parts.into_iter().flatten()).collect()
    }

    fn act(&self, known: &Known, action: &mut [f32]) {
        let frame = Vec3::new(known.facts[0], known.facts[1], known.facts[2]);
        let poses = self.poses(frame);
        let hinge = known.positions[28];
        let lets_go = hinge >= LET_GO;
        let (mut pose, mut rates) = Self::way(&poses, known.step);
        if lets_go {
            // Stay where the way was when the door came so far.
            let share = LET_GO / self.far[1] * PULLS.0 as f32;
            let step = APPROACH + ONTO + CLOSING + TURNS.0 as f32 * TURNS.1 + share * PULLS.1;
            (pose, rates) = (Self::way(&poses, step.min(known.step)).0, [0.0; 4]);
        }
        let [open, closed] = self.fingers();
        let closing = ((known.step + 1.0 - APPROACH - ONTO) / CLOSING).clamp(0.0, 1.0);
        let fingers = open.between(closed, if lets_go { 0.0 } else { closing });

        let wanted = [pose.slides[2], pose.turns[0], pose.turns[1], pose.turns[2]];
        for joint in 0..4 {
            let gains = [[600.0, 80.0], [150.0, 6.0], [150.0, 6.0], [20.0, 0.0]][joint];
            let lift = if joint == 1 { -LEVER * known.positions[1].cos() } else { 0.0 };
            let drive = Drive { mass: 0.0, gains, lift };
            let is = [known.positions[joint], known.velocities[joint]];
            action[joint] = drive.action([wanted[joint], rates[joint], 0.0], is, RANGES[joint]);
        }
        let targets = fingers.targets(pose.wrist);
        for ((action, target), range) in action[4..].iter_mut().zip(targets).zip(HAND_RANGES) {
            *action = in_range(target, range);
        }
    }
}

/// Where the handle of a door is whose frame stands at `frame` (m), by the angles of latch and hinge (rad).
fn handle(frame: Vec3, latch: f32, hinge: f32) -> Vec3 {
    let lever = Rotation::from_rotation_y(latch) * Vec3::new(0.15, -0.15, 0.0);
    let door = Vec3::new(-0.46, 0.0, -0.025) + lever;
    frame + Vec3::new(0.6, 0.0, 0.0) + Rotation::from_rotation_z(hinge) * door
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scene, hand::mjcf};

    #[test]
    fn the_handle_is_where_the_scene_has_it() {
        let mut scene = Scene::from_mjcf(&mjcf(HandTask::Door), &[]).unwrap();
        let frame = [-0.25, 0.3, 0.3];
        for (hinge, latch) in [(0.0, 0.0), (0.0, 1.2), (0.7, 0.0), (1.4, 0.4)] {
            let positions = [&[0.0; 28][..], &[hinge, latch]].concat();
            scene.reset(&positions, &[0.0; 30]);
            scene.move_base("frame", frame);
            let error = (handle(frame.into(), latch, hinge) - Vec3::from(scene.site("handle").unwrap())).length();
            assert!(error < 1e-5, "hinge {hinge}, latch {latch}: {error} m");
        }
    }

    #[test]
    fn controls_have_the_ranges_of_the_scene() {
        let scene = Scene::from_mjcf(&mjcf(HandTask::Door), &[]).unwrap();
        assert_eq!(scene.control_ranges().collect::<Vec<_>>(), [&RANGES[..], &HAND_RANGES].concat());
    }
}
