//! Where pictures are taken from.

use rapier3d::math::{Mat3, Vec3};

use crate::scene::{Shape, ShapeKind};

/// A camera that looks at a point, with the world's z axis up in its picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Where it stands (m).
    pub eye: [f32; 3],
    /// The point in the middle of the picture (m); not straight above or below the eye.
    pub target: [f32; 3],
    /// Angle between the upper and the lower border of the picture (rad).
    pub vertical_field_of_view: f32,
}

impl Camera {
    /// Sees all boxes among `shapes` (the walls of a maze) from above, tilted 25 degrees so that their height shows.
    ///
    /// `aspect` is width / height of the picture.
    pub fn overview(shapes: &[Shape], aspect: f32) -> Self {
        let corners = box_corners(shapes);
        assert!(!corners.is_empty(), "an overview needs boxes to look at");
        let low = corners.iter().copied().reduce(Vec3::min).expect("not empty");
        let high = corners.iter().copied().reduce(Vec3::max).expect("not empty");
        let middle = 0.5 * (low + high);
        let (sine, cosine) = 25_f32.to_radians().sin_cos();
        let vertical_field_of_view = 40_f32.to_radians();
        let at = |distance: f32| Self {
            eye: (middle + distance * Vec3::new(0.0, -sine, cosine)).into(),
            target: middle.into(),
            vertical_field_of_view,
        };
        // Each corner asks for the distance from which it is just in view; a twentieth more leaves a margin.
        let from_world = at(1.0).axes().transpose();
        let slope = (0.5 * vertical_field_of_view).tan();
        let distance =
            corners.iter().map(|corner| from_world * (*corner - middle)).fold(0.0, |distance: f32, corner| {
                distance.max(corner.x.abs() / (slope * aspect) - corner.z).max(corner.y.abs() / slope - corner.z)
            });
        at(1.05 * distance)
    }

    /// Follows the first ball among `shapes` (the ant's torso) from the south, steeply enough to see into a corridor of
    /// the maze over its 2 m walls. It does not turn with the ant, so that the ant is seen turning.
    pub fn follow(shapes: &[Shape]) -> Self {
        let torso = shapes
            .iter()
            .find(|shape| matches!(shape.kind, ShapeKind::Sphere { .. }))
            .expect("a scene with a ball to follow");
        let [x, y, _] = torso.translation;
        Self { eye: [x, y - 3.0, 6.5], target: [x, y, 0.4], vertical_field_of_view: 45_f32.to_radians() }
    }

    /// The camera's right, down and forward in the world, as columns.
    pub(super) fn axes(&self) -> Mat3 {
        let forward = (Vec3::from(self.target) - Vec3::from(self.eye)).normalize();
        let right = forward.cross(Vec3::Z);
        assert!(
            right.length() > 1e-4,
            "a camera at {:?} cannot look straight up or down at {:?}",
            self.eye,
            self.target
        );
        let right = right.normalize();
        Mat3::from_cols(right, forward.cross(right), forward)
    }
}

/// The corners of the smallest upright boxes around the boxes among `shapes`, as if these were not rotated: walls are not.
fn box_corners(shapes: &[Shape]) -> Vec<Vec3> {
    let mut corners = Vec::new();
    for shape in shapes {
        if let ShapeKind::Box { half } = shape.kind {
            for signs in 0..8 {
                let sign = |axis: usize| if signs >> axis & 1 == 0 { -1.0 } else { 1.0 };
                let corner = [0, 1, 2].map(|axis| shape.translation[axis] + sign(axis) * half[axis]);
                corners.push(Vec3::from(corner));
            }
        }
    }
    corners
}
