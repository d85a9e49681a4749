//! Where to grip an object: what a scripted grasper may know, and a measure of how free the grip is.

use super::objects::reach;
use super::{BIN_X, BIN_Y, FINGER_LENGTH, OPEN, RIM, WORKSPACE};
use crate::{Placement, Solid};

/// Directions in which a grip is tried, over half a turn.
const YAWS: usize = 12;
/// Half of what the open fingers take in, and a finger's thickness and half width (m).
const HALF_APERTURE: f32 = OPEN;
const FINGER_THICKNESS: f32 = 0.012;
const FINGER_HALF_WIDTH: f32 = 0.02;

/// A way to grip an object from above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grasp {
    /// Middle of the object as seen from above, and the height of the finger tips (m).
    pub position: [f32; 3],
    /// Direction in which the fingers open (rad, -pi/2 to pi/2; see `kinematics.rs`).
    pub yaw: f32,
    /// The least distance of a descending finger from what it could hit, below 0 where it would hit it (m).
    pub clearance: f32,
}

/// An object where it is.
pub(super) struct Body<'a> {
    pub(super) solid: &'a Solid,
    pub(super) placement: Placement,
}

impl Body<'_> {
    pub(super) fn reach(&self, direction: [f32; 3]) -> f32 {
        reach(self.solid, self.placement.rotation, direction)
    }

    /// Its extent along a horizontal direction: the least and the greatest coordinate.
    fn extent(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [px, py, _] = self.placement.translation;
        let middle = px * x + py * y;
        [middle - self.reach([-x, -y, 0.0]), middle + self.reach([x, y, 0.0])]
    }
}

/// A direction in which the fingers may open, with what all objects reach in it.
struct Direction {
    yaw: f32,
    /// Along the opening and across it.
    axes: [[f32; 2]; 2],
    /// Of each object along either axis.
    extents: Vec<[[f32; 2]; 2]>,
}

/// The grasps that a scene allows; what they have in common is worked out once.
pub(super) struct Grasps<'a> {
    bodies: &'a [Body<'a>],
    /// The height of each object's highest point (m).
    tops: Vec<f32>,
    directions: [Direction; YAWS],
}

impl<'a> Grasps<'a> {
    pub(super) fn new(bodies: &'a [Body<'a>]) -> Self {
        let tops = bodies.iter().map(|body| body.placement.translation[2] + body.reach([0.0, 0.0, 1.0])).collect();
        let directions = std::array::from_fn(|i| {
            let yaw = std::f32::consts::PI * (i as f32 / YAWS as f32 - 0.5);
            let axes = [[-yaw.sin(), yaw.cos()], [yaw.cos(), yaw.sin()]];
            Direction { yaw, axes, extents: bodies.iter().map(|body| axes.map(|axis| body.extent(axis))).collect() }
        });
        Self { bodies, tops, directions }
    }

    /// The freest grip of an object.
    pub(super) fn best(&self, number: usize) -> Grasp {
        let [_, y, z] = self.bodies[number].placement.translation;
        let distance = |[low, high]: [f32; 2]| (y - 0.5 * (low + high)).abs();
        let bin = BIN_Y.into_iter().min_by(|a, b| distance(*a).total_cmp(&distance(*b))).expect("there are bins");
        let tips = (z - 0.015).max(self.tops[number] - FINGER_LENGTH).max(WORKSPACE[2][0]);
        let grasps = self.directions.iter().map(|direction| self.grasp(number, direction, bin, tips));
        // Beyond a centimetre, less turning is better than more room.
        let merit = |grasp: &Grasp| grasp.clearance.min(0.01) - 0.002 * grasp.yaw.abs();
        grasps.max_by(|a, b| merit(a).total_cmp(&merit(b))).expect("there are directions")
    }

    /// The grip in a direction, by an object's middle; the fingers' tips go down to `tips` in a bin that lies there along y.
    fn grasp(&self, number: usize, direction: &Direction, bin: [f32; 2], tips: f32) -> Grasp {
        let Direction { yaw, axes: [opening, across], extents } = direction;
        let [[low, high], [near, far]] = extents[number];
        let middle = [0.5 * (low + high), 0.5 * (near + far)];
        let place = |[along, aside]: [f32; 2]| [0, 1].map(|i| along * opening[i] + aside * across[i]);
        let mut clearance = HALF_APERTURE - 0.5 * (high - low);
        for side in [-1.0, 1.0] {
            let finger = [middle[0] + side * (HALF_APERTURE + 0.5 * FINGER_THICKNESS), middle[1]];
            for (other, [extent_along, extent_aside]) in extents.iter().enumerate() {
                if other != number && self.tops[other] > tips {
                    let gap = |[low, high]: [f32; 2], at: f32, half: f32| (low - at - half).max(at - half - high);
                    let along = gap(*extent_along, finger[0], 0.5 * FINGER_THICKNESS);
                    let aside = gap(*extent_aside, finger[1], FINGER_HALF_WIDTH);
                    clearance = clearance.min(along.max(aside));
                }
            }
            if tips < RIM {
                let [x, y] = place(finger);
                let reach_x = 0.5 * FINGER_THICKNESS * opening[0].abs() + FINGER_HALF_WIDTH * across[0].abs();
                let reach_y = 0.5 * FINGER_THICKNESS * opening[1].abs() + FINGER_HALF_WIDTH * across[1].abs();
                let inside = |[low, high]: [f32; 2], at: f32, reach: f32| (at - reach - low).min(high - at - reach);
                clearance = clearance.min(inside(bin, y, reach_y)).min(inside(BIN_X, x, reach_x));
            }
        }
        let [x, y] = place(middle);
        Grasp { position: [x, y, tips], yaw: *yaw, clearance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scene, ShapeKind};

    #[test]
    fn bins_and_fingers_are_those_of_the_files() {
        let scene = Scene::from_mjcf(&super::super::mjcf(), &[]).unwrap();
        let box_of = |name: &str| {
            let shape = scene.geom(name).unwrap();
            let ShapeKind::Box { half } = shape.kind else { panic!("{name} is no box") };
            (shape.translation, half)
        };
        let same = |found: f32, typed: f32| assert!((found - typed).abs() < 1e-6, "{found} in the file, {typed} here");
        let (_, half) = box_of("finger_left");
        same(half[0], FINGER_HALF_WIDTH);
        same(2.0 * half[1], FINGER_THICKNESS);
        for (wall, side, end) in [("wall_near", 1.0, BIN_X[0]), ("wall_far", -1.0, BIN_X[1])] {
            let (at, half) = box_of(wall);
            same(at[0] + side * half[0], end);
            same(at[2] + half[2], RIM);
        }
        for (number, [low, high]) in BIN_Y.into_iter().enumerate() {
            let [(left, thick), (right, _)] = [number + 1, number + 2].map(|k| box_of(&format!("wall_{k}")));
            same(left[1] + thick[1], low);
            same(right[1] - thick[1], high);
        }
    }
}
