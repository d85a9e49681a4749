//! Perspective: from the world to the camera's frame, and from there to the screen.

use rapier3d::math::{Mat3, Vec3};

use super::Camera;

/// Steps of the fixed-point grid per sample. Edges on a grid are exact, so neighbours neither overlap nor leave a gap.
pub(super) const SUBPIXELS: i64 = 256;
/// Nothing nearer than this is drawn (m).
const NEAR: f32 = 0.05;
/// How far a triangle may reach from the middle of the screen before it is clipped (samples): far more than a screen,
/// so that clipping is rare, and little enough that products of edges fit into 64 bits with ease.
const GUARD: f32 = 16384.0;

/// A corner of a mesh in front of the camera.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vertex {
    /// In the camera's frame: right, down, forward (m).
    pub(super) position: Vec3,
    /// In the world's frame, of length 1.
    pub(super) normal: Vec3,
}

/// A corner of a mesh on the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corner {
    /// From the left and from the top, in [`SUBPIXELS`].
    pub(super) screen: [i64; 2],
    /// 1 / forward distance (1/m): unlike distance itself, linear on the screen.
    pub(super) inverse_depth: f32,
    pub(super) normal: Vec3,
}

/// A camera made ready for a screen of a certain size.
#[derive(Debug, Clone)]
pub(super) struct Lens {
    pub(super) eye: Vec3,
    /// Columns are the camera's right, down and forward in the world.
    axes: Mat3,
    to_camera: Mat3,
    /// Distance of the screen from the eye (samples).
    focal: f32,
    /// Middle of the screen (samples).
    middle: [f32; 2],
}

impl Lens {
    pub(super) fn new(camera: &Camera, width: usize, height: usize) -> Self {
        assert!(width.max(height) as f32 <= GUARD, "a screen of {width} x {height} samples is too large");
        let axes = camera.axes();
        let focal = 0.5 * height as f32 / (0.5 * camera.vertical_field_of_view).tan();
        let middle = [0.5 * width as f32, 0.5 * height as f32];
        Self { eye: camera.eye.into(), axes, to_camera: axes.transpose(), focal, middle }
    }

    /// A point of the world in the camera's frame.
    #[inline]
    pub(super) fn to_camera(&self, point: Vec3) -> Vec3 {
        self.to_camera * (point - self.eye)
    }

    /// How far inside each of the five borders of the view a point of the camera's frame is: near, left, right, top,
    /// bottom. Negative outside; linear in the point.
    #[inline]
    pub(super) fn insides(&self, point: Vec3) -> [f32; 5] {
        let reach = GUARD * point.z;
        let (x, y) = (self.focal * point.x, self.focal * point.y);
        [point.z - NEAR, reach + x, reach - x, reach + y, reach - y]
    }

    /// Whether any of a ball could be on the screen: false only where none of it is.
    pub(super) fn may_show(&self, middle: Vec3, radius: f32) -> bool {
        let Vec3 { x, y, z } = self.to_camera(middle);
        // The sides of the view, as planes through the eye.
        let within = |offset: f32, half: f32| self.focal * offset.abs() - half * z <= radius * self.focal.hypot(half);
        z + radius >= NEAR && within(x, self.middle[0]) && within(y, self.middle[1])
    }

    #[inline]
    pub(super) fn in_view(&self, vertex: &Vertex) -> bool {
        self.insides(vertex.position).iter().all(|inside| *inside >= 0.0)
    }

    /// The screen position of what is in view.
    #[inline]
    pub(super) fn project(&self, vertex: &Vertex) -> Corner {
        let inverse_depth = vertex.position.z.recip();
        let on_grid = |position: f32, middle: f32| {
            // Rounded by a cast of what is above 0: the default CPU target has no instruction for `round`.
            let grid = f64::from(middle + self.focal * position * inverse_depth) * SUBPIXELS as f64;
            (grid + f64::from(GUARD) * (2 * SUBPIXELS) as f64 + 0.5) as i64 - 2 * SUBPIXELS * GUARD as i64
        };
        let screen = [on_grid(vertex.position.x, self.middle[0]), on_grid(vertex.position.y, self.middle[1])];
        Corner { screen, inverse_depth, normal: vertex.normal }
    }

    /// The direction in the world from the eye through a sample, as long as is needed to go 1 m forward.
    #[inline]
    pub(super) fn ray(&self, x: usize, y: usize) -> Vec3 {
        let right = (x as f32 + 0.5 - self.middle[0]) / self.focal;
        let down = (y as f32 + 0.5 - self.middle[1]) / self.focal;
        self.axes * Vec3::new(right, down, 1.0)
    }

    /// Width that a sample covers at 1 m (m).
    pub(super) fn sample_width(&self) -> f32 {
        self.focal.recip()
    }
}
