//! What a scene looks like: the geoms of its MJCF file and its boxes as plain numbers, for a renderer.

use std::sync::OnceLock;

use mjcf_rs::body::{Geom, GeomType};
use rapier3d::math::{Pose, Rotation, Vector};
use rapier3d::prelude::SharedShape;
use rl::Prng;

/// A solid with its place in the world and its colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Which solid, and its sizes.
    pub kind: ShapeKind,
    /// The middle of the solid (m, world).
    pub translation: [f32; 3],
    /// From the solid's own axes to the world's: quaternion x, y, z, w.
    pub rotation: [f32; 4],
    /// Red, green, blue and opacity, 0 to 1.
    pub rgba: [f32; 4],
    /// How the colour varies over the solid.
    pub texture: Texture,
}

/// How a solid's colour varies over it, in its own axes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Texture {
    /// Not at all. A plane gets its checkerboard all the same.
    #[default]
    Plain,
    /// Bands across one of its axes, every other one darker.
    Bands {
        /// 0, 1 or 2 for x, y or z.
        axis: usize,
        /// Of each band (m).
        width: f32,
        /// Brightness of the darker ones, as a share.
        dark: f32,
    },
}

/// The solids a scene is made of; lengths in m, along the solid's own axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ShapeKind {
    /// The half-space below local z = 0.
    Plane,
    /// A ball.
    Sphere {
        /// From the middle to the surface.
        radius: f32,
    },
    /// A cylinder along local z with half a ball at either end.
    Capsule {
        /// Of the cylinder and of the half balls.
        radius: f32,
        /// From the middle to the centre of either half ball.
        half_length: f32,
    },
    /// A cylinder along local z.
    Cylinder {
        /// Of the cylinder.
        radius: f32,
        /// From the middle to either end.
        half_length: f32,
    },
    /// A cuboid.
    Box {
        /// From the middle to the faces.
        half: [f32; 3],
    },
    /// A crumpled ball: the convex hull of points that its form scatters about a sphere.
    Crumple {
        /// About as much as from the middle to the surface.
        radius: f32,
        /// Which one of the crumpled balls.
        form: u8,
    },
}

impl ShapeKind {
    /// The radius of the ball around the middle that holds the solid (m).
    pub(crate) fn bounding_radius(&self) -> f32 {
        match *self {
            Self::Plane => f32::INFINITY,
            Self::Sphere { radius } => radius,
            Self::Capsule { radius, half_length } => radius + half_length,
            Self::Cylinder { radius, half_length } => radius.hypot(half_length),
            Self::Box { half: [x, y, z] } => x.hypot(y).hypot(z),
            Self::Crumple { radius, .. } => radius * (1.0 + DENT),
        }
    }
}

/// Ways in which a ball can be crumpled.
pub(crate) const FORMS: u8 = 8;
/// Share of the radius by which a corner of a crumpled ball may be moved in or out.
const DENT: f32 = 0.125;

/// Corners of a crumpled ball of radius 1: an icosahedron's, each moved in or out by up to an eighth.
pub(crate) fn crumple(form: u8) -> &'static [[f32; 3]; 12] {
    static CORNERS: OnceLock<[[[f32; 3]; 12]; FORMS as usize]> = OnceLock::new();
    let all = CORNERS.get_or_init(|| {
        std::array::from_fn(|form| {
            let mut rng = Prng::derive("crumple", form as u64, "corners");
            // (0, ±1, ±golden ratio) and its cyclic permutations, scaled to length 1.
            let (short, long) = (0.525_731_1, 0.850_650_8);
            std::array::from_fn(|i| {
                let (sign, other_sign) = ([-1.0, 1.0][i % 2], [-1.0, 1.0][i / 2 % 2]);
                let mut corner = [0.0; 3];
                corner[(i / 4 + 1) % 3] = sign * short;
                corner[(i / 4 + 2) % 3] = other_sign * long;
                let length = rng.uniform(1.0 - DENT, 1.0 + DENT);
                corner.map(|x| x * length)
            })
        })
    });
    &all[usize::from(form % FORMS)]
}

/// What a solid is to the physics engine. Rapier's cylinders stand along y.
pub(super) fn collider_shape(kind: &ShapeKind) -> (Pose, SharedShape) {
    let mut pose = Pose::IDENTITY;
    let shape = match *kind {
        ShapeKind::Plane => panic!("a plane does not move"),
        ShapeKind::Sphere { radius } => SharedShape::ball(radius),
        ShapeKind::Capsule { radius, half_length } => SharedShape::capsule_z(half_length, radius),
        ShapeKind::Cylinder { radius, half_length } => {
            pose.rotation = Rotation::from_rotation_arc(Vector::Y, Vector::Z);
            SharedShape::cylinder(half_length, radius)
        }
        ShapeKind::Box { half: [x, y, z] } => SharedShape::cuboid(x, y, z),
        ShapeKind::Crumple { radius, form } => {
            let corners = crumple(form).map(|corner| radius * Vector::from_array(corner));
            SharedShape::convex_hull(&corners).expect("twelve corners around the middle have a hull")
        }
    };
    (pose, shape)
}

impl Shape {
    pub(super) fn new(kind: ShapeKind, pose: Pose, rgba: [f32; 4], texture: Texture) -> Self {
        Self { kind, translation: pose.translation.to_array(), rotation: pose.rotation.to_array(), rgba, texture }
    }
}

/// The solid of a geom and its pose in its body; none for kinds outside the subset (`tests/mjcf_lint.rs`).
pub(super) fn of_geom(geom: &Geom) -> Option<(ShapeKind, Pose)> {
    let [radius, half_length, _] = geom.size.map(|x| x as f32);
    // A geom given by its two ends has its long axis, local z, from the first to the second.
    let (half_length, pose) = match geom.fromto {
        None => (half_length, geom.pose.into()),
        Some([x1, y1, z1, x2, y2, z2]) => {
            let (from, to) = (mjcf_rs::glam::DVec3::new(x1, y1, z1), mjcf_rs::glam::DVec3::new(x2, y2, z2));
            let axis = mjcf_rs::glam::DQuat::from_rotation_arc(mjcf_rs::glam::DVec3::Z, (to - from).normalize());
            ((to - from).length() as f32 / 2.0, mjcf_rs::Pose::from_parts((from + to) / 2.0, axis).into())
        }
    };
    let kind = match geom.type_ {
        GeomType::Plane => ShapeKind::Plane,
        GeomType::Sphere => ShapeKind::Sphere { radius },
        GeomType::Capsule => ShapeKind::Capsule { radius, half_length },
        GeomType::Cylinder => ShapeKind::Cylinder { radius, half_length },
        GeomType::Box => ShapeKind::Box { half: geom.size.map(|x| x as f32) },
        GeomType::Hfield | GeomType::Ellipsoid | GeomType::Mesh | GeomType::Sdf => return None,
    };
    Some((kind, pose))
}
