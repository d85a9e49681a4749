//! The ball: take it from the table, hold it at a place in the air.

use rapier3d::math::Vec3;
use rl::Prng;
use serde::{Deserialize, Serialize};

use super::{Chore, HandTask, Judgement, Seen};
use crate::{Scene, Shape, ShapeKind};

/// Joints of the robot.
const ROBOT: usize = 30;
/// The ball's radius (m).
const RADIUS: f32 = 0.035;

/// Move a ball to a goal.
///
/// **State** (39): arm and hand (30, m and rad), palm - ball, palm - goal, ball - goal (m). **Drawn**: the ball's place on
/// the table, x U(-0.15, 0.15), y U(-0.15, 0.3) m, and the goal, x and y U(-0.2, 0.2), z U(0.15, 0.35) m.
/// **Success**: ball and goal less than 0.1 m apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Relocate {
    /// Where the ball lies at first: its middle (m).
    pub ball: [f32; 3],
    /// Where it is to be (m).
    pub goal: [f32; 3],
}

impl Chore for Relocate {
    const TASK: HandTask = HandTask::Relocate;

    fn draw(rng: &mut Prng) -> Self {
        Self {
            ball: [rng.uniform(-0.15, 0.15), rng.uniform(-0.15, 0.3), RADIUS],
            goal: [rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2), rng.uniform(0.15, 0.35)],
        }
    }

    fn place(&self, scene: &mut Scene, robot: &[f32], rates: &[f32]) {
        let [x, y, z] = self.ball;
        let positions = [robot, &[x, y, z, 1.0, 0.0, 0.0, 0.0]].concat();
        scene.reset(&positions, &[rates, &[0.0; 6]].concat());
    }

    fn observe(&self, seen: &Seen, state: &mut Vec<f32>) {
        let (ball, goal) = (seen.thing().translation, Vec3::from(self.goal));
        state.extend(&seen.positions[..ROBOT]);
        for difference in [seen.palm - ball, seen.palm - goal, ball - goal] {
            state.extend(difference.to_array());
        }
    }

    /// The dense reward is D4RL's `relocate-v0`.
    fn judge(&self, seen: &Seen) -> Judgement {
        let (ball, goal) = (seen.thing().translation, Vec3::from(self.goal));
        let distance = (ball - goal).length();
        let mut dense = -0.1 * (seen.palm - ball).length();
        if ball.z > 0.04 {
            dense += 1.0 - 0.5 * (seen.palm - goal).length() - 0.5 * distance;
        }
        let bonus = [(0.1, 10.0), (0.05, 20.0)];
        dense += bonus.iter().filter(|(within, _)| distance < *within).map(|(_, bonus)| bonus).sum::<f32>();
        Judgement { success: distance < 0.1, dense, lost: false }
    }

    fn facts(&self) -> Vec<f32> {
        [self.ball, self.goal].concat()
    }

    fn scales() -> (Vec<f32>, Vec<f32>) {
        let centers = [[0.0, -0.1, 0.05], [0.0, -0.1, -0.1], [0.0, 0.0, -0.15]];
        let spreads = [[0.15, 0.2, 0.1], [0.2, 0.2, 0.15], [0.2, 0.2, 0.15]];
        (centers.concat(), spreads.concat())
    }

    /// D4RL's goal is a ball of 0.07 m that can be seen through; this one is smaller, so that it hides less.
    fn marks(&self) -> Vec<Shape> {
        vec![Shape {
            kind: ShapeKind::Sphere { radius: 0.02 },
            translation: self.goal,
            rotation: [0.0, 0.0, 0.0, 1.0],
            rgba: [0.2, 0.7, 0.3, 1.0],
            texture: crate::Texture::Plain,
        }]
    }
}
