//! Where pictures are taken from.

use rapier3d::math::{Mat3, Vec3};

use super::lens::{Lens, SUBPIXELS, Vertex};
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

    /// Where a point of the world (m) is in a picture, from its left and from its top (pixels); none behind the camera.
    pub fn pixel(&self, point: [f32; 3], width: usize, height: usize) -> Option<[f32; 2]> {
        let lens = Lens::new(self, width, height);
        let vertex = Vertex { position: lens.to_camera(point.into()), normal: Vec3::Z };
        let project = || lens.project(&vertex).screen.map(|coordinate| coordinate as f32 / SUBPIXELS as f32);
        lens.in_view(&vertex).then(project)
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

/// The corners of the boxes among `shapes`, taken as unrotated: walls are.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Texture;

    fn solid(kind: ShapeKind, translation: [f32; 3]) -> Shape {
        Shape { kind, translation, rotation: [0.0, 0.0, 0.0, 1.0], rgba: [1.0; 4], texture: Texture::Plain }
    }

    /// Where a point is in a picture of 400 x 300 pixels.
    fn pixel(camera: &Camera, point: Vec3) -> [f32; 2] {
        camera.pixel(point.into(), 400, 300).expect("in front of the camera")
    }

    #[test]
    fn an_overview_shows_all_walls_as_large_as_fits() {
        for half in [[10.0, 10.0, 1.0], [24.0, 18.0, 1.0], [30.0, 4.0, 2.0]] {
            let shapes = [solid(ShapeKind::Box { half }, [8.0, 8.0, 1.0]), solid(ShapeKind::Plane, [0.0; 3])];
            let camera = Camera::overview(&shapes, 4.0 / 3.0);
            // Distance to the nearest border, as a share of the half picture.
            let margins = box_corners(&shapes).into_iter().map(|corner| {
                let [x, y] = pixel(&camera, corner);
                1.0 - ((x - 200.0).abs() / 200.0).max((y - 150.0).abs() / 150.0)
            });
            let margin = margins.fold(1.0, f32::min);
            assert!((0.0..0.1).contains(&margin), "{half:?}: {margin}");
        }
    }

    #[test]
    fn a_following_camera_keeps_the_torso_in_the_middle() {
        let torso = [12.0, -3.0, 0.4];
        let shapes = [solid(ShapeKind::Plane, [0.0; 3]), solid(ShapeKind::Sphere { radius: 0.25 }, torso)];
        let [x, y] = pixel(&Camera::follow(&shapes), torso.into());
        assert!((x - 200.0).abs() < 0.1 && (y - 150.0).abs() < 0.1, "{x}, {y}");
    }
}
