//! Settled scenes: which objects there are, and where they have come to rest.

use std::sync::{Arc, OnceLock};

use rl::Prng;

use super::objects::{Class, draw, reach};
use super::{BIN_X, BIN_Y, OBJECTS};
use crate::{Placement, Scene, Solid};

/// Scenes that there are.
pub const SCENES: usize = 4000;
/// Physics steps that objects get to come to rest.
const SETTLING: usize = 60;
/// Room around each object when it is dropped (m).
const GAP: f32 = 0.012;
/// Slower than this is at rest (m/s).
const STILL: f32 = 0.03;

/// Objects, and where they rest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) solids: Vec<Solid>,
    pub(super) placements: Vec<Placement>,
}

/// A scene by its number: the same objects in the same places whoever asks, settled once in a process. `scene` lends its
/// bins; its state is lost.
pub(super) fn layout(number: usize, scene: &mut Scene, positions: &[f32]) -> Arc<Layout> {
    static SETTLED: [OnceLock<Arc<Layout>>; SCENES] = [const { OnceLock::new() }; SCENES];
    SETTLED[number].get_or_init(|| Arc::new(settle(number, scene, positions))).clone()
}

fn settle(number: usize, scene: &mut Scene, positions: &[f32]) -> Layout {
    let mut rng = Prng::derive("binned grasping", number as u64, "layout");
    loop {
        if let Some(layout) = attempt(scene, positions, &mut rng) {
            return layout;
        }
    }
}

/// Drops objects into the bins, as many into each; none where one does not end inside its bin.
fn attempt(scene: &mut Scene, positions: &[f32], rng: &mut Prng) -> Option<Layout> {
    scene.reset(positions, &vec![0.0; positions.len()]);
    let mut solids = Vec::new();
    for number in 0..OBJECTS {
        let solid = draw(Class::ALL[rng.below(Class::ALL.len())], rng);
        let bin = BIN_Y[number % BIN_Y.len()];
        let rotation = rotation(rng);
        let margin = |direction| reach(&solid, rotation, direction) + GAP;
        // Each object has its own share of the length of its bin.
        let shares = OBJECTS / BIN_Y.len();
        let length = (BIN_X[1] - BIN_X[0]) / shares as f32;
        let from = BIN_X[0] + length * (number / BIN_Y.len()) as f32;
        let between = |low: f32, high: f32, rng: &mut Prng| rng.uniform(low.min(high), high.max(low));
        let x = between(from + margin([-1.0, 0.0, 0.0]), from + length - margin([1.0, 0.0, 0.0]), rng);
        let y = between(bin[0] + margin([0.0, -1.0, 0.0]), bin[1] - margin([0.0, 1.0, 0.0]), rng);
        let z = reach(&solid, rotation, [0.0, 0.0, -1.0]) + 0.005;
        scene.place(&solid, Placement { translation: [x, y, z], rotation });
        solids.push(solid);
    }
    let mut controls = positions.to_vec();
    controls.truncate(scene.motor_count());
    scene.step(&controls, SETTLING);
    let placements: Vec<Placement> = (0..OBJECTS).map(|i| scene.placement(i)).collect();
    let rests = |i: usize| {
        let [x, y, z] = placements[i].translation;
        let [low, high] = BIN_Y[i % BIN_Y.len()];
        let inside = (BIN_X[0]..BIN_X[1]).contains(&x) && (low..high).contains(&y) && (0.0..0.08).contains(&z);
        inside && scene.speed(i) < STILL
    };
    (0..OBJECTS).all(rests).then_some(Layout { solids, placements })
}

/// Upright three times in four, else lying on its side; turned at random about the vertical.
fn rotation(rng: &mut Prng) -> [f32; 4] {
    use rapier3d::math::{Rotation, Vector};
    let turn = Rotation::from_axis_angle(Vector::Z, rng.uniform(0.0, std::f32::consts::TAU));
    let fall = Rotation::from_axis_angle(Vector::X, if rng.chance(0.75) { 0.0 } else { std::f32::consts::FRAC_PI_2 });
    (turn * fall).to_array()
}
