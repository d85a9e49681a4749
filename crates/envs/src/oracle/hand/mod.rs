//! Experts for the hand: scripts of key poses for the ball and the door, a trained network for the pen, and demonstrations.
//!
//! All are policies. The scripts read the step's number, the joints and what the reset drew from the privileged part of
//! the observation; the network sees the state alone.

mod arm;
mod demonstrate;
mod door;
pub mod human;
mod pen;
mod relocate;

use rl::{Intent, LaneRows, ObservationRows, Policy, Prng};

use crate::hand::{HAND_JOINTS, HandTask, Known};
pub use demonstrate::{Demonstrated, Demonstrator};
pub use door::DoorScript;
pub use pen::PenExpert;
pub use relocate::RelocateScript;

/// Key poses with their times, and the way between them.
pub trait Script {
    /// The task that it does.
    const TASK: HandTask;

    /// The numbers that make the script, in a fixed order: what tuning and jitter change.
    fn numbers(&mut self) -> Vec<&mut f32>;

    /// Writes the action for a moment, each component in [-1, 1].
    fn act(&self, known: &Known, action: &mut [f32]);
}

/// A script with each of its numbers moved by a normal draw of `fraction` x its start spread in the tuning.
pub fn jittered<S: Script + Clone>(script: &S, spread: &S, fraction: f32, rng: &mut Prng) -> S {
    let (mut script, mut spread) = (script.clone(), spread.clone());
    for (number, spread) in script.numbers().into_iter().zip(spread.numbers()) {
        *number += fraction * *spread * rng.normal();
    }
    script
}

/// A script as a policy.
pub(crate) struct Scripted<S>(pub(crate) S);

impl<S: Script> Policy for Scripted<S> {
    fn act(&self, observations: &ObservationRows, _intent: Intent, _rngs: &mut [Prng]) -> LaneRows {
        let (lanes, rows) = (observations.state.lanes(), observations.state.rows());
        LaneRows::from_fn(lanes, rows, S::TASK.action_size(), |lane, row, action| {
            self.0.act(&Known::of(S::TASK, observations.privileged.row(lane, row)), action);
        })
    }
}

/// How far the fingers are closed, in joint angles (rad).
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fingers {
    /// J2, J1 and J0 of the four fingers.
    bend: [f32; 3],
    /// Of the little finger's fifth joint.
    little: f32,
    /// THJ4 to THJ0.
    thumb: [f32; 5],
}

impl Fingers {
    fn between(self, other: Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + share * (b - a);
        Self {
            bend: std::array::from_fn(|i| mix(self.bend[i], other.bend[i])),
            little: mix(self.little, other.little),
            thumb: std::array::from_fn(|i| mix(self.thumb[i], other.thumb[i])),
        }
    }

    /// Targets of the 24 joints, the wrist first.
    fn targets(self, wrist: [f32; 2]) -> [f32; HAND_JOINTS] {
        let [j2, j1, j0] = self.bend;
        let finger = [0.0, j2, j1, j0];
        let mut targets = [0.0; HAND_JOINTS];
        targets[..2].copy_from_slice(&wrist);
        for start in [2, 6, 10, 15] {
            targets[start..start + 4].copy_from_slice(&finger);
        }
        targets[14] = self.little;
        targets[19..].copy_from_slice(&self.thumb);
        targets
    }
}

/// Position, velocity (per s) and acceleration at a share of the way from 0 to 1 that takes `steps` control steps, with
/// the least jerk (Flash and Hogan 1985).
fn minimum_jerk(share: f32, steps: f32) -> [f32; 3] {
    let s = share.clamp(0.0, 1.0);
    let per_second = 100.0 / steps;
    let position = s * s * s * (10.0 + s * (-15.0 + 6.0 * s));
    let velocity = 30.0 * s * s * (1.0 - s) * (1.0 - s);
    let acceleration = 60.0 * s * (1.0 - s) * (1.0 - 2.0 * s);
    [position, velocity * per_second, acceleration * per_second * per_second]
}
