//! What the sun sees: for each direction from which its light comes, how near to the sun the first solid ends.
//!
//! The map holds the sides of solids that face *away* from the sun. A lit surface then never lies behind itself, whatever
//! the map's resolution, and a shadow begins where the solid that casts it ends (Williams 1978, with the second-depth
//! variant of Wang and Molnar 1994).

use rapier3d::math::{Mat3, Vec3};

use super::lens::SUBPIXELS;
use super::raster::{cover, cross};

/// Sunlight with shadows, in a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sunlight {
    /// Towards the sun; of any length, and not along y.
    pub direction: [f32; 3],
    /// The middle of the region where shadows are drawn (m).
    pub middle: [f32; 3],
    /// From the middle to its sides, across the sunlight (m). What lies outside neither casts a shadow nor gets one.
    pub reach: f32,
    /// Samples along each side of the map.
    pub resolution: usize,
}

/// How much nearer to the sun than a surface a solid has to end to darken it (m).
const BIAS: f32 = 0.002;

/// A picture of depths, taken along parallel rays.
#[derive(Debug)]
pub(super) struct ShadowMap {
    sunlight: Sunlight,
    /// Columns point across the light and to the sun.
    axes: Mat3,
    /// Samples per metre.
    scale: f32,
    /// How near to the sun the first solid ends, from the region's middle (m): `[row, column]`.
    ends: Vec<f32>,
    /// The same for what does not move.
    still_ends: Vec<f32>,
}

/// A point as the map sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// Index into the map; none outside.
    index: u32,
    nearness: f32,
}

impl Spot {
    /// A point that is always lit.
    pub(super) const OUTSIDE: Self = Self { index: u32::MAX, nearness: 0.0 };
}

impl ShadowMap {
    pub(super) fn new(sunlight: Sunlight) -> Self {
        let sun = Vec3::from(sunlight.direction).normalize();
        let across = sun.cross(Vec3::Y).normalize();
        let samples = sunlight.resolution * sunlight.resolution;
        Self {
            sunlight,
            axes: Mat3::from_cols(across, sun.cross(across), sun),
            scale: 0.5 * sunlight.resolution as f32 / sunlight.reach,
            ends: vec![f32::MIN; samples],
            still_ends: vec![f32::MIN; samples],
        }
    }

    /// Towards the sun, of length 1.
    pub(super) fn sun(&self) -> Vec3 {
        self.axes.z_axis
    }

    /// Forgets all but what does not move.
    pub(super) fn clear(&mut self) {
        self.ends.copy_from_slice(&self.still_ends);
    }

    pub(super) fn forget_still(&mut self) {
        self.still_ends.fill(f32::MIN);
    }

    /// What has been drawn so far does not move.
    pub(super) fn keep(&mut self) {
        self.still_ends.copy_from_slice(&self.ends);
    }

    /// A point of the world in the map's axes: two coordinates in samples, and how near to the sun it is (m).
    #[inline]
    pub(super) fn locate(&self, point: Vec3) -> Vec3 {
        let local = self.axes.transpose() * (point - Vec3::from(self.sunlight.middle));
        let half = 0.5 * self.sunlight.resolution as f32;
        Vec3::new(half + self.scale * local.x, half + self.scale * local.y, local.z)
    }

    /// Whether a ball may be in the map.
    pub(super) fn holds(&self, middle: Vec3, radius: f32) -> bool {
        let at = self.locate(middle);
        let (low, high) = (-radius * self.scale, self.sunlight.resolution as f32 + radius * self.scale);
        (low..=high).contains(&at.x) && (low..=high).contains(&at.y)
    }

    /// Draws a triangle, given by its corners as [`ShadowMap::locate`] puts them, counter-clockwise as seen from outside
    /// the solid.
    pub(super) fn draw(&mut self, corners: [Vec3; 3]) {
        let on_grid = |x: f32| (x * SUBPIXELS as f32) as i64;
        let [a, b, c] = corners.map(|corner| [on_grid(corner.x), on_grid(corner.y)]);
        // The map's axes are right-handed with the sun towards the viewer, but `cover` wants y to point down: a triangle
        // that faces the sun runs the other way round, and is left out.
        let double_area = cross(a, c, b);
        if double_area <= 0 {
            return;
        }
        let area = double_area as f32 / (SUBPIXELS * SUBPIXELS) as f32;
        let [origin, to_c, to_b] = [corners[0], corners[2] - corners[0], corners[1] - corners[0]];
        let per_column = (to_c.z * to_b.y - to_b.z * to_c.y) / area;
        let per_row = (to_b.z * to_c.x - to_c.z * to_b.x) / area;
        let size = self.sunlight.resolution;
        let ends = &mut self.ends;
        cover([a, c, b], size, size, |x, y| {
            let (right, down) = (x as f32 + 0.5 - origin.x, y as f32 + 0.5 - origin.y);
            let nearness = origin.z + per_column * right + per_row * down;
            let end = &mut ends[y * size + x];
            *end = end.max(nearness);
        });
    }

    /// What is needed to know whether a point of the world is lit.
    #[inline]
    pub(super) fn spot(&self, point: Vec3) -> Spot {
        let Vec3 { x, y, z } = self.locate(point);
        let size = self.sunlight.resolution as f32;
        if (0.0..size).contains(&x) && (0.0..size).contains(&y) {
            Spot { index: (y as usize * self.sunlight.resolution + x as usize) as u32, nearness: z + BIAS }
        } else {
            Spot::OUTSIDE
        }
    }

    #[inline]
    pub(super) fn is_lit(&self, spot: Spot) -> bool {
        self.ends.get(spot.index as usize).is_none_or(|end| spot.nearness >= *end)
    }
}
