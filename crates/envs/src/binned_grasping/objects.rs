//! What lies in the bins: bottles, cups, crumpled balls, boxes and cans of varied size, mass and colour.

use rl::Prng;

use crate::{Part, Placement, ShapeKind, Solid, Texture};

/// Friction of the objects; the fingers have 1, and the larger one of a pair counts.
const FRICTION: f32 = 0.5;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A round body with a neck.
    Bottle,
    /// A round body, open above, with a handle.
    Cup,
    /// A crumpled sheet of paper.
    Ball,
    /// A small carton.
    Carton,
    /// A can with a label.
    Can,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Bottle, Self::Cup, Self::Ball, Self::Carton, Self::Can];
}

/// Draws an object of a class: its size, mass and colours.
pub fn draw(class: Class, rng: &mut Prng) -> Solid {
    let colour = colour(rng);
    let other = self::colour(rng);
    let part =
        |kind, translation, rgba| Part { kind, placement: Placement::at(translation), rgba, texture: Texture::Plain };
    let cylinder =
        |radius, half_length, z, rgba| part(ShapeKind::Cylinder { radius, half_length }, [0.0, 0.0, z], rgba);
    let (parts, mass) = match class {
        Class::Bottle => {
            let (radius, half, neck) =
                (rng.uniform(0.018, 0.025), rng.uniform(0.024, 0.034), rng.uniform(0.007, 0.011));
            let parts = vec![cylinder(radius, half, -neck, colour), cylinder(0.45 * radius, neck, half, other)];
            (parts, rng.uniform(0.06, 0.2))
        }
        Class::Cup => {
            let (radius, half) = (rng.uniform(0.022, 0.028), rng.uniform(0.022, 0.03));
            let handle = part(ShapeKind::Box { half: [0.007, 0.004, 0.5 * half] }, [radius + 0.005, 0.0, 0.0], colour);
            // A disc is seen as the opening; the cup is not hollow, which would cost a dozen solids.
            let opening = cylinder(0.8 * radius, 0.001, half, [0.12, 0.11, 0.1, 1.0]);
            (vec![cylinder(radius, half, 0.0, colour), handle, opening], rng.uniform(0.08, 0.25))
        }
        Class::Ball => {
            let kind = ShapeKind::Crumple { radius: rng.uniform(0.021, 0.03), form: rng.below(256) as u8 };
            let grey = rng.uniform(0.82, 1.0);
            (vec![part(kind, [0.0; 3], [grey, grey, rng.uniform(0.9, 1.0) * grey, 1.0])], rng.uniform(0.03, 0.06))
        }
        Class::Carton => {
            let half = [rng.uniform(0.016, 0.024), rng.uniform(0.02, 0.04), rng.uniform(0.018, 0.032)];
            let texture = Texture::Bands { axis: 1, width: 0.6 * half[1], dark: 0.6 };
            let carton = Part { texture, ..part(ShapeKind::Box { half }, [0.0; 3], colour) };
            (vec![carton], rng.uniform(0.05, 0.2))
        }
        Class::Can => {
            let (radius, half) = (rng.uniform(0.02, 0.027), rng.uniform(0.022, 0.034));
            let texture = Texture::Bands { axis: 2, width: 0.7 * half, dark: 0.55 };
            let can = Part { texture, ..cylinder(radius, half, 0.0, colour) };
            let lid = cylinder(0.9 * radius, 0.0015, half, [0.75, 0.76, 0.78, 1.0]);
            (vec![can, lid], rng.uniform(0.08, 0.3))
        }
    };
    Solid { parts, mass, friction: FRICTION }
}

/// A saturated colour, neither that of the table nor that of the bins.
fn colour(rng: &mut Prng) -> [f32; 4] {
    let (hue, value) = (rng.uniform(0.0, 6.0), rng.uniform(0.6, 0.95));
    let low = value * rng.uniform(0.05, 0.3);
    // Hue as a walk along the edges of the colour cube.
    let channel = |offset: f32| {
        let x = (hue + offset).rem_euclid(6.0);
        low + (value - low) * (2.0 - (x - 3.0).abs().min(3.0)).clamp(0.0, 1.0)
    };
    [channel(3.0), channel(1.0), channel(5.0), 1.0]
}

/// How far an object reaches from its middle in a direction of length 1 in the world, its rotation given (m).
pub fn reach(solid: &Solid, rotation: [f32; 4], direction: [f32; 3]) -> f32 {
    use rapier3d::math::{Rotation, Vector};
    let turned = |[x, y, z, w]: [f32; 4]| Rotation::from_xyzw(x, y, z, w);
    let direction = turned(rotation).inverse() * Vector::from_array(direction);
    let reaches = solid.parts.iter().map(|part| {
        let local = turned(part.placement.rotation).inverse() * direction;
        let own = match part.kind {
            ShapeKind::Plane => f32::INFINITY,
            ShapeKind::Sphere { radius } => radius,
            ShapeKind::Capsule { radius, half_length } => radius + half_length * local.z.abs(),
            ShapeKind::Cylinder { radius, half_length } => {
                radius * local.x.hypot(local.y) + half_length * local.z.abs()
            }
            ShapeKind::Box { half } => Vector::from_array(half).dot(local.abs()),
            ShapeKind::Crumple { radius, form } => {
                let corners = crate::scene::crumple(form);
                corners.iter().map(|corner| radius * Vector::from_array(*corner).dot(local)).fold(0.0, f32::max)
            }
        };
        own + Vector::from_array(part.placement.translation).dot(direction)
    });
    reaches.fold(f32::NEG_INFINITY, f32::max)
}
