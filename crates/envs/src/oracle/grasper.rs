//! A scripted grasper that knows where the objects are.

use std::f32::consts::PI;

use rl::{Intent, LaneRows, ObservationRows, Policy, Prng};

use crate::binned_grasping::{ACTION_SIZE, Facts, LIFTED, OBJECTS, OPEN, SHIFT_STEP, TURN, TURN_STEP};

/// Height of the finger tips above which next to nothing is in the way (m): the tallest bottles, upright, reach 0.09.
const SAFE: f32 = 0.085;
/// Lower than this below it, the fingers are among the objects (m).
const LOW: f32 = 0.03;
/// Near enough to the grip to go down, by the room that there is: from and to (m).
const CLOSE_ENOUGH: [f32; 2] = [0.006, 0.012];
/// Near enough to be corrected without going up (m).
const NEARBY: f32 = 0.03;
/// Down enough to close (m).
const DOWN: f32 = 0.008;
/// Turned enough to go down (rad).
const TURNED: f32 = 0.15;
/// Near enough to close once the fingers are down, on both sides of the object: less than half of what they take in (m).
/// Pictures do not show whether it is a few millimetres nearer, and clones of a more exact hand hover above their object
/// (results/pilots/grasping).
const BETWEEN: f32 = 0.018;
/// How far above the rim it lifts before it ends the episode, beyond what counts (m).
const MARGIN: f32 = 0.015;

/// Goes above an object, down, closes, lifts and ends the episode; opens and goes up where it has closed on nothing or on
/// something else. It has no memory: all that it needs is in the privileged part of an observation.
///
/// `noise` is the standard deviation that exploring adds to displacement and turn, before the clip to [-1, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grasper {
    /// 0 to 1 are sensible.
    pub noise: f32,
}

impl Grasper {
    fn action(facts: &Facts) -> [f32; ACTION_SIZE] {
        let [x, y, z] = facts.position;
        if facts.held.is_some() && (facts.target.is_none() || facts.held == facts.target) {
            let done = facts.lift > LIFTED + MARGIN;
            return [0.0, 0.0, if done { 0.0 } else { 1.0 }, 0.0, 1.0, if done { 1.0 } else { -1.0 }];
        }
        let object = facts.target.unwrap_or_else(|| nearest(facts));
        let grasp = &facts.grasps[object];
        // Half a turn makes no difference to the gripper, but it cannot turn all the way round.
        let turns = [-PI, 0.0, PI].map(|half_turn| grasp.yaw + half_turn).into_iter().filter(|yaw| yaw.abs() < TURN);
        let turn = turns.map(|yaw| yaw - facts.yaw).min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
        let [dx, dy] = [grasp.position[0] - x, grasp.position[1] - y];
        let away = dx.hypot(dy);
        let aligned = away < grasp.clearance.clamp(CLOSE_ENOUGH[0], CLOSE_ENOUGH[1]) && turn.abs() < TURNED;
        let low = z < grasp.position[2] + DOWN;
        let open = facts.aperture > 0.95 * OPEN;
        let down = (grasp.position[2] - z) / SHIFT_STEP;
        let up = (SAFE - z) / SHIFT_STEP;
        let sideways = [dx / SHIFT_STEP, dy / SHIFT_STEP];
        let stay = [0.0, 0.0];
        let ([right, ahead], rise, close) = match () {
            // Whatever the fingers have closed on, it is not what they should hold.
            () if !open => (stay, up.max(0.0), -1.0),
            () if low && away < BETWEEN && turn.abs() < 2.0 * TURNED => (stay, 0.0, 1.0),
            () if aligned && !low => (sideways, down, -1.0),
            // Not far among the objects, but not up again for a correction either.
            () if z < SAFE - LOW && away > NEARBY => (stay, up, -1.0),
            () if z < SAFE - LOW => (sideways, 0.0, -1.0),
            () => (sideways, up, -1.0),
        };
        [right, ahead, rise, turn / TURN_STEP, close, -1.0].map(|component| component.clamp(-1.0, 1.0))
    }
}

/// The nearest of the objects that are free to be gripped; a lack of room counts as distance.
fn nearest(facts: &Facts) -> usize {
    let cost = |object: &usize| {
        let grasp = &facts.grasps[*object];
        let distance = (grasp.position[0] - facts.position[0]).hypot(grasp.position[1] - facts.position[1]);
        distance + 20.0 * (0.004 - grasp.clearance).max(0.0)
    };
    (0..OBJECTS).min_by(|a, b| cost(a).total_cmp(&cost(b))).expect("there are objects")
}

impl Policy for Grasper {
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        let (lanes, rows) = (observations.state.lanes(), observations.state.rows());
        LaneRows::from_fn(lanes, rows, ACTION_SIZE, |lane, row, action| {
            let facts = Facts::from_slice(observations.privileged.row(lane, row));
            action.copy_from_slice(&Self::action(&facts));
            if intent == Intent::Explore {
                for component in &mut action[..4] {
                    *component = (*component + self.noise * rngs[lane].normal()).clamp(-1.0, 1.0);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binned_grasping::Grasp;

    /// Whether the fingers close at a height, so far from the middle of the best grip and so far turned.
    fn closes(height: f32, away: f32, turned: f32) -> bool {
        let grasp = Grasp { position: [0.56, 0.0, 0.02], yaw: 0.0, clearance: 0.005 };
        let facts = Facts {
            position: [0.56 + away, 0.0, height],
            yaw: turned,
            aperture: OPEN,
            held: None,
            lift: 0.0,
            target: Some(0),
            objects: [[0.56, 0.0, 0.03]; OBJECTS],
            grasps: [grasp; OBJECTS],
        };
        Grasper::action(&facts)[4] > 0.0
    }

    #[test]
    fn it_closes_on_what_is_between_its_fingers_once_they_are_down() {
        assert!(closes(0.022, 0.015, 0.25));
        assert!(!closes(0.022, 0.022, 0.25), "beside the grip");
        assert!(!closes(0.022, 0.015, 0.35), "turned too far");
        assert!(!closes(0.05, 0.0, 0.0), "above");
    }
}
