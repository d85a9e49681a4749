//! Settled scenes: which objects there are, and where they have come to rest.

use std::sync::{Arc, OnceLock};

use rl::Prng;

use super::objects::{Class, draw, reach};
use super::{BIN_X, BIN_Y, OBJECTS};
use crate::{Placement, Scene, Solid};

/// Scenes that episodes begin with. (Clones came further with 400, and with 100 as far as those: results/pilots/grasping.)
pub const SCENES: usize = 4000;
/// Further scenes, with which none does unless it is asked to ([`super::BinnedGrasping::reset_to`]): numbers from [`SCENES`] on.
pub const HELD_OUT: usize = 1000;
/// Physics steps in a round, and rounds, that objects get to come to rest.
const ROUND: usize = 25;
const ROUNDS: usize = 8;
/// Room around each object when it is dropped (m).
const GAP: f32 = 0.012;
/// No object's middle rests higher: one that does lies on another (m).
const HIGHEST: f32 = 0.08;
/// What moves less than this in a round is at rest (m).
const STILL: f32 = 0.0003;

/// Objects, and where they rest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) solids: Vec<Solid>,
    pub(super) placements: Vec<Placement>,
}

/// A scene by its number: the same objects in the same places whoever asks, settled once in a process. `bins` is a
/// scene without a robot.
pub(super) fn layout(number: usize, bins: &mut Scene) -> Arc<Layout> {
    static SETTLED: [OnceLock<Arc<Layout>>; SCENES + HELD_OUT] = [const { OnceLock::new() }; SCENES + HELD_OUT];
    SETTLED[number].get_or_init(|| Arc::new(settle(number, bins))).clone()
}

fn settle(number: usize, bins: &mut Scene) -> Layout {
    let mut rng = Prng::derive("binned grasping", number as u64, "layout");
    loop {
        if let Some(layout) = attempt(bins, &mut rng) {
            return layout;
        }
    }
}

/// Drops objects into the bins, as many into each; none where one does not end inside its bin.
fn attempt(bins: &mut Scene, rng: &mut Prng) -> Option<Layout> {
    bins.reset(&[], &[]);
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
        bins.drop_solid(&solid, Placement { translation: [x, y, z], rotation });
        solids.push(solid);
    }
    let placements = come_to_rest(bins)?;
    let inside = |(number, placement): (usize, &Placement)| {
        let [x, y, z] = placement.translation;
        let [low, high] = BIN_Y[number % BIN_Y.len()];
        (BIN_X[0]..BIN_X[1]).contains(&x) && (low..high).contains(&y) && (0.0..HIGHEST).contains(&z)
    };
    placements.iter().enumerate().all(inside).then_some(Layout { solids, placements })
}

/// Where the objects are once none moves any more; none where one does not stop.
fn come_to_rest(bins: &mut Scene) -> Option<Vec<Placement>> {
    let placements = |bins: &Scene| (0..OBJECTS).map(|number| bins.placement(number)).collect::<Vec<_>>();
    let mut before = placements(bins);
    for _ in 0..ROUNDS {
        bins.step(&[], ROUND);
        let after = placements(bins);
        let moves = |(before, after): (&Placement, &Placement)| {
            (0..3).any(|axis| (before.translation[axis] - after.translation[axis]).abs() > STILL)
        };
        if !before.iter().zip(&after).any(moves) {
            return Some(after);
        }
        before = after;
    }
    None
}

/// Upright three times in four, else lying on its side; turned at random about the vertical.
fn rotation(rng: &mut Prng) -> [f32; 4] {
    use rapier3d::math::{Rotation, Vector};
    let turn = Rotation::from_axis_angle(Vector::Z, rng.uniform(0.0, std::f32::consts::TAU));
    let fall = Rotation::from_axis_angle(Vector::X, if rng.chance(0.75) { 0.0 } else { std::f32::consts::FRAC_PI_2 });
    (turn * fall).to_array()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binned_grasping::{description::BINS, environment::load};

    /// Else runs would meet other scenes in processes that settled others before, or in another order.
    #[test]
    fn a_scene_does_not_depend_on_those_before_it() {
        let mut used = load(BINS);
        (0..3).for_each(|number| drop(settle(number, &mut used)));
        for number in [7, 8] {
            assert_eq!(settle(number, &mut used), settle(number, &mut load(BINS)));
        }
    }
}
