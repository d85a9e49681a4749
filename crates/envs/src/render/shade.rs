//! The colour of a sample: a sun, a sky, and a checkerboard on planes so that motion can be seen.

use rapier3d::math::Vec3;

use super::lens::Lens;
use super::raster::VisibilityBuffer;
use crate::scene::{Shape, ShapeKind};

/// Towards the sun; each of the sides of a box gets another share of its light.
const SUN: Vec3 = Vec3::new(0.33, -0.47, 0.82);
/// Light of the sun on a surface that faces it, of the sky on one that faces up, and of the lit ground on one that
/// faces down (white = 1).
const SUN_LIGHT: f32 = 0.55;
const SKY_LIGHT: f32 = 0.5;
const GROUND_LIGHT: f32 = 0.15;
const HORIZON: Vec3 = Vec3::new(0.86, 0.90, 0.95);
const ZENITH: Vec3 = Vec3::new(0.45, 0.62, 0.86);
/// Side of a field of the checkerboard (m).
const FIELD: f32 = 1.0;
/// Brightness of the dark fields.
const DARK_FIELD: f32 = 0.82;

/// What the shading pass knows of the scene.
pub(super) struct Shading<'a> {
    shapes: &'a [Shape],
    lens: &'a Lens,
    sun: Vec3,
}

impl<'a> Shading<'a> {
    pub(super) fn new(shapes: &'a [Shape], lens: &'a Lens) -> Self {
        Self { shapes, lens, sun: SUN.normalize() }
    }

    /// Colour of a sample, red, green and blue from 0 to 1.
    #[inline]
    pub(super) fn colour(&self, visible: &VisibilityBuffer, x: usize, y: usize) -> Vec3 {
        let Some((shape, normal, inverse_depth)) = visible.at(x, y) else {
            return HORIZON.lerp(ZENITH, self.lens.ray(x, y).normalize().z.max(0.0));
        };
        let Shape { kind, rgba: [red, green, blue, _], .. } = self.shapes[shape];
        let mut albedo = Vec3::new(red, green, blue);
        if matches!(kind, ShapeKind::Plane) {
            albedo *= self.checkerboard(x, y, inverse_depth);
        }
        albedo * self.light(normal.normalize())
    }

    /// Lambert's law for the sun; sky and ground by the share of each that the surface faces. A shadow map would dim
    /// the sun here.
    #[inline]
    fn light(&self, normal: Vec3) -> f32 {
        let up = 0.5 * (1.0 + normal.z);
        SUN_LIGHT * normal.dot(self.sun).max(0.0) + SKY_LIGHT * up + GROUND_LIGHT * (1.0 - up)
    }

    /// Brightness of the floor in world coordinates. Fields fade out where a sample is wider than a field, instead of
    /// flickering.
    #[inline]
    fn checkerboard(&self, x: usize, y: usize, inverse_depth: f32) -> f32 {
        let ray = self.lens.ray(x, y) / inverse_depth;
        let point = self.lens.eye + ray;
        let is_dark = (floor(point.x / FIELD) + floor(point.y / FIELD)) & 1 == 1;
        let slant = ray.length() / ray.z.abs().max(1e-6);
        let width = self.lens.sample_width() / inverse_depth * slant;
        let contrast = 0.5 * (1.0 - DARK_FIELD) * (1.0 - width / FIELD).max(0.0);
        let mean = 0.5 * (1.0 + DARK_FIELD);
        if is_dark { mean - contrast } else { mean + contrast }
    }
}

/// `f32::floor` in a few instructions: the default CPU target has none for it, and calls a function for every sample.
#[inline]
fn floor(x: f32) -> i32 {
    let towards_zero = x as i32;
    towards_zero - i32::from(x < towards_zero as f32)
}
