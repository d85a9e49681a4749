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

/// The freest grip of object `number` among `bodies`.
pub(super) fn best(number: usize, bodies: &[Body]) -> Grasp {
    let body = &bodies[number];
    let [_, y, z] = body.placement.translation;
    let distance = |[low, high]: [f32; 2]| (y - 0.5 * (low + high)).abs();
    let bin = BIN_Y.into_iter().min_by(|a, b| distance(*a).total_cmp(&distance(*b))).expect("there are bins");
    let top = z + body.reach([0.0, 0.0, 1.0]);
    let tips = (z - 0.015).max(top - FINGER_LENGTH).max(WORKSPACE[2][0]);
    let half_turn = std::f32::consts::PI;
    let grasps = (0..YAWS).map(|i| {
        let yaw = half_turn * (i as f32 / YAWS as f32 - 0.5);
        let (opening, across) = ([-yaw.sin(), yaw.cos()], [yaw.cos(), yaw.sin()]);
        let ([low, high], [near, far]) = (body.extent(opening), body.extent(across));
        let middle = [0.5 * (low + high), 0.5 * (near + far)];
        let place = |[along, aside]: [f32; 2]| [0, 1].map(|i| along * opening[i] + aside * across[i]);
        let mut clearance = HALF_APERTURE - 0.5 * (high - low);
        for side in [-1.0, 1.0] {
            let finger = [middle[0] + side * (HALF_APERTURE + 0.5 * FINGER_THICKNESS), middle[1]];
            for (other, body) in bodies.iter().enumerate() {
                let above = body.placement.translation[2] + body.reach([0.0, 0.0, 1.0]);
                if other != number && above > tips {
                    let gap = |[low, high]: [f32; 2], at: f32, half: f32| (low - at - half).max(at - half - high);
                    let along = gap(body.extent(opening), finger[0], 0.5 * FINGER_THICKNESS);
                    let aside = gap(body.extent(across), finger[1], FINGER_HALF_WIDTH);
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
        Grasp { position: [x, y, tips], yaw, clearance }
    });
    // Beyond a centimetre, less turning is better than more room.
    let merit = |grasp: &Grasp| grasp.clearance.min(0.01) - 0.002 * grasp.yaw.abs();
    grasps.max_by(|a, b| merit(a).total_cmp(&merit(b))).expect("there are directions")
}
