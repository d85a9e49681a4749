//! The colour of a sample: a sun with shadows, a sky, a checkerboard on planes so that motion can be seen, and bands.

use rapier3d::math::{Rot3, Vec3};

use super::lens::Lens;
use super::raster::VisibilityBuffer;
use super::shadow::{ShadowMap, Spot};
use crate::scene::{Shape, ShapeKind, Texture};

/// Towards the sun where there are no shadows; each of the sides of a box gets another share of its light.
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
    shadows: Option<&'a ShadowMap>,
    sun: Vec3,
}

/// A sample's colour, with and without the sun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lit {
    albedo: Vec3,
    /// Light of the sun where nothing is in its way, and that of sky and ground.
    sun: f32,
    sky: f32,
    ground: f32,
    /// Where to look for what may be in its way.
    spot: Spot,
}

impl Lit {
    /// Red, green and blue from 0 to 1.
    #[inline]
    pub(super) fn colour(&self, shadows: Option<&ShadowMap>) -> Vec3 {
        let is_lit = shadows.is_none_or(|shadows| shadows.is_lit(self.spot));
        self.albedo * if is_lit { self.sun + self.sky + self.ground } else { self.sky + self.ground }
    }
}

impl<'a> Shading<'a> {
    pub(super) fn new(shapes: &'a [Shape], lens: &'a Lens, shadows: Option<&'a ShadowMap>) -> Self {
        Self { shapes, lens, shadows, sun: shadows.map_or_else(|| SUN.normalize(), ShadowMap::sun) }
    }

    /// A sample's colour. The visible shapes count from `first` on: shape `first` is the first of the slice.
    #[inline]
    pub(super) fn look(&self, visible: &VisibilityBuffer, first: usize, x: usize, y: usize) -> Lit {
        let Some((shape, normal, inverse_depth)) = visible.at(x, y) else {
            let sky = HORIZON.lerp(ZENITH, self.lens.ray(x, y).normalize().z.max(0.0));
            return Lit { albedo: sky, sun: 0.0, sky: 1.0, ground: 0.0, spot: Spot::OUTSIDE };
        };
        let shape = &self.shapes[shape - first];
        let [red, green, blue, _] = shape.rgba;
        let mut albedo = Vec3::new(red, green, blue);
        if matches!(shape.kind, ShapeKind::Plane) {
            albedo *= self.checkerboard(x, y, inverse_depth);
        } else if let Texture::Bands { axis, width, dark } = shape.texture {
            albedo *= bands(shape, axis, width, dark, self.point(x, y, inverse_depth));
        }
        let normal = normal.normalize();
        // Lambert's law for the sun; sky and ground by the share of each that the surface faces.
        let up = 0.5 * (1.0 + normal.z);
        let spot = self.shadows.map_or(Spot::OUTSIDE, |shadows| shadows.spot(self.point(x, y, inverse_depth)));
        Lit {
            albedo,
            sun: SUN_LIGHT * normal.dot(self.sun).max(0.0),
            sky: SKY_LIGHT * up,
            ground: GROUND_LIGHT * (1.0 - up),
            spot,
        }
    }

    /// The point of the world that a sample shows.
    #[inline]
    fn point(&self, x: usize, y: usize, inverse_depth: f32) -> Vec3 {
        self.lens.eye + self.lens.ray(x, y) / inverse_depth
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

/// Brightness of a banded solid; the middle band is a bright one.
#[inline]
fn bands(shape: &Shape, axis: usize, width: f32, dark: f32, point: Vec3) -> f32 {
    let [x, y, z, w] = shape.rotation;
    let local = Rot3::from_xyzw(x, y, z, w).inverse() * (point - Vec3::from(shape.translation));
    if floor(local[axis] / width + 0.5) & 1 == 1 { dark } else { 1.0 }
}

/// `f32::floor` in a few instructions: the default CPU target has none for it, and calls a function for every sample.
#[inline]
fn floor(x: f32) -> i32 {
    let towards_zero = x as i32;
    towards_zero - i32::from(x < towards_zero as f32)
}
