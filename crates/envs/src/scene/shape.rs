//! What a scene looks like: the geoms of its MJCF file and its boxes as plain numbers, for a renderer.

use mjcf_rs::body::{Geom, GeomType};
use rapier3d::math::Pose;

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
}

impl Shape {
    pub(super) fn new(kind: ShapeKind, pose: Pose, rgba: [f32; 4]) -> Self {
        Self { kind, translation: pose.translation.to_array(), rotation: pose.rotation.to_array(), rgba }
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
