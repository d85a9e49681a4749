//! Which triangle is nearest in each sample.

use rapier3d::math::{Vec3, Vec4};

use super::lens::{Corner, SUBPIXELS};

/// A triangle that faces the camera, on the screen.
#[derive(Debug, Clone, Copy)]
struct Triangle {
    /// Index of the shape that it belongs to.
    shape: usize,
    surface: Surface,
}

/// The nearest triangle of each sample, and how near it is.
#[derive(Debug)]
pub(super) struct VisibilityBuffer {
    width: usize,
    height: usize,
    /// 1 / forward distance of the nearest triangle, 0 where there is none: `[row, column]`.
    inverse_depths: Vec<f32>,
    /// Index of the nearest triangle, valid where the inverse depth is above 0: `[row, column]`.
    nearest: Vec<u32>,
    triangles: Vec<Triangle>,
    kept: Option<Kept>,
}

/// What a buffer starts each frame with.
#[derive(Debug)]
struct Kept {
    inverse_depths: Vec<f32>,
    nearest: Vec<u32>,
    triangles: usize,
}

impl VisibilityBuffer {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let samples = width * height;
        Self {
            width,
            height,
            inverse_depths: vec![0.0; samples],
            nearest: vec![0; samples],
            triangles: Vec::new(),
            kept: None,
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Back to what was kept, or to nothing.
    pub(super) fn clear(&mut self) {
        if let Some(Kept { inverse_depths, nearest, triangles }) = &self.kept {
            self.inverse_depths.copy_from_slice(inverse_depths);
            self.nearest.copy_from_slice(nearest);
            self.triangles.truncate(*triangles);
        } else {
            self.inverse_depths.fill(0.0);
            self.triangles.clear();
        }
    }

    /// Keeps what has been drawn so far for the frames to come.
    pub(super) fn keep(&mut self) {
        let (inverse_depths, nearest) = (self.inverse_depths.clone(), self.nearest.clone());
        self.kept = Some(Kept { inverse_depths, nearest, triangles: self.triangles.len() });
    }

    /// Forgets what was kept, and what has been drawn.
    pub(super) fn forget(&mut self) {
        self.kept = None;
        self.clear();
    }

    /// Whether a sample still shows what was kept.
    #[inline]
    pub(super) fn shows_kept(&self, i: usize, kept_triangles: usize) -> bool {
        self.inverse_depths[i] == 0.0 || (self.nearest[i] as usize) < kept_triangles
    }

    pub(super) fn kept_triangles(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.triangles)
    }

    /// What a sample sees: the index of the shape, the outward direction of its surface in the world (of any length),
    /// and 1 / its forward distance (1/m).
    #[inline]
    pub(super) fn at(&self, x: usize, y: usize) -> Option<(usize, Vec3, f32)> {
        let i = y * self.width + x;
        let inverse_depth = self.inverse_depths[i];
        (inverse_depth > 0.0).then(|| {
            let Triangle { shape, surface } = &self.triangles[self.nearest[i] as usize];
            (*shape, surface.at(x, y).truncate(), inverse_depth)
        })
    }

    /// Draws a triangle of a shape where nothing is nearer. Triangles that turn their back are left out.
    pub(super) fn draw(&mut self, shape: usize, [a, b, c]: [Corner; 3]) {
        // Meshes wind counter-clockwise as seen from outside; with y pointing down that is a negative area.
        let corners = [a, c, b];
        let double_area = cross(a.screen, c.screen, b.screen);
        if double_area <= 0 {
            return;
        }
        let surface = Surface::new(&corners, double_area);
        let index = self.triangles.len() as u32;
        let mut covers_any = false;
        cover(corners.map(|corner| corner.screen), self.width, self.height, |x, y| {
            covers_any = true;
            let (i, inverse_depth) = (y * self.width + x, surface.inverse_depth(x, y));
            if inverse_depth > self.inverse_depths[i] {
                self.inverse_depths[i] = inverse_depth;
                self.nearest[i] = index;
            }
        });
        if covers_any {
            self.triangles.push(Triangle { shape, surface });
        }
    }
}

/// (normal, 1) / depth of a triangle: what is linear in space is linear on the screen after division by the depth.
#[derive(Debug, Clone, Copy)]
struct Surface {
    at_origin: Vec4,
    per_column: Vec4,
    per_row: Vec4,
    /// One of the corners (samples): near the triangle, so that its whole accuracy is spent there.
    origin: [f32; 2],
}

impl Surface {
    fn new(corners: &[Corner; 3], double_area: i64) -> Self {
        let [origin, b, c] = corners.map(|corner| corner.screen.map(|coordinate| coordinate as f32 / SUBPIXELS as f32));
        let [value, b_value, c_value] = corners.map(|corner| corner.normal.extend(1.0) * corner.inverse_depth);
        let area = double_area as f32 / (SUBPIXELS * SUBPIXELS) as f32;
        let (b_rise, c_rise) = ((b_value - value) / area, (c_value - value) / area);
        Self {
            at_origin: value,
            per_column: b_rise * (c[1] - origin[1]) - c_rise * (b[1] - origin[1]),
            per_row: c_rise * (b[0] - origin[0]) - b_rise * (c[0] - origin[0]),
            origin,
        }
    }

    #[inline]
    fn at(&self, x: usize, y: usize) -> Vec4 {
        let (right, down) = self.offset(x, y);
        self.at_origin + self.per_column * right + self.per_row * down
    }

    #[inline]
    fn inverse_depth(&self, x: usize, y: usize) -> f32 {
        let (right, down) = self.offset(x, y);
        self.at_origin.w + self.per_column.w * right + self.per_row.w * down
    }

    #[inline]
    fn offset(&self, x: usize, y: usize) -> (f32, f32) {
        (x as f32 + 0.5 - self.origin[0], y as f32 + 0.5 - self.origin[1])
    }
}

/// Calls `sample(x, y)` for each sample whose centre a triangle of positive area covers. A centre on an edge belongs to
/// the triangle for which it is a top or a left edge, so that of two neighbours exactly one has it.
pub(super) fn cover(corners: [[i64; 2]; 3], width: usize, height: usize, mut sample: impl FnMut(usize, usize)) {
    let [a, b, c] = corners;
    // The first and one past the last sample of the bounding box.
    let range = |axis: usize, end: usize| {
        let (low, high) = (a[axis].min(b[axis]).min(c[axis]), a[axis].max(b[axis]).max(c[axis]));
        let half = SUBPIXELS / 2;
        let first = (low - half + SUBPIXELS - 1).div_euclid(SUBPIXELS).clamp(0, end as i64);
        let past = ((high - half).div_euclid(SUBPIXELS) + 1).clamp(0, end as i64);
        (first as usize, past as usize)
    };
    let ((left, right), (top, bottom)) = (range(0, width), range(1, height));
    if left >= right || top >= bottom {
        return;
    }
    let edges = [(a, b), (b, c), (c, a)];
    let start = centre(left, top);
    let mut row_start = edges.map(|(from, to)| cross(from, to, start) - i64::from(!is_top_left(from, to)));
    let per_column = edges.map(|(from, to)| (from[1] - to[1]) * SUBPIXELS);
    let per_row = edges.map(|(from, to)| (to[0] - from[0]) * SUBPIXELS);
    for y in top..bottom {
        let mut inside = row_start;
        for x in left..right {
            if inside[0] | inside[1] | inside[2] >= 0 {
                sample(x, y);
            }
            for edge in 0..3 {
                inside[edge] += per_column[edge];
            }
        }
        for edge in 0..3 {
            row_start[edge] += per_row[edge];
        }
    }
}

/// The centre of a sample on the fixed-point grid.
#[inline]
fn centre(x: usize, y: usize) -> [i64; 2] {
    [x, y].map(|coordinate| coordinate as i64 * SUBPIXELS + SUBPIXELS / 2)
}

/// Twice the signed area of a triangle, positive where it runs clockwise on the screen (y points down).
#[inline]
pub(super) fn cross(a: [i64; 2], b: [i64; 2], c: [i64; 2]) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether the inside of a clockwise triangle lies below or to the right of an edge.
fn is_top_left(from: [i64; 2], to: [i64; 2]) -> bool {
    to[1] < from[1] || (to[1] == from[1] && to[0] > from[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_no_sample_and_leave_no_gap() {
        // A fan around a point that lies on a sample's centre, with rims on and between the centres.
        let (size, middle) = (16, [8 * SUBPIXELS + 128, 8 * SUBPIXELS + 128]);
        let rim =
            [[128, 128], [2000, 77], [3968, 128], [4000, 2176], [3968, 3968], [1999, 3801], [128, 3968], [3, 2176]];
        let mut times = vec![0; size * size];
        for (i, &from) in rim.iter().enumerate() {
            cover([middle, from, rim[(i + 1) % rim.len()]], size, size, |x, y| times[y * size + x] += 1);
        }
        assert!(times.iter().all(|n| *n <= 1), "a sample was drawn twice: {times:?}");
        for y in 1..15 {
            for x in 1..15 {
                assert_eq!(times[y * size + x], 1, "sample {x}, {y}");
            }
        }
    }

    #[test]
    fn an_edge_through_centres_belongs_to_the_top_left() {
        // The square from centre (1, 1) to centre (3, 3): its top and left centres count, its bottom and right do not.
        let [a, b, c, d] = [centre(1, 1), centre(3, 1), centre(3, 3), centre(1, 3)];
        let mut covered = Vec::new();
        for triangle in [[a, b, c], [a, c, d]] {
            cover(triangle, 8, 8, |x, y| covered.push((x, y)));
        }
        covered.sort_unstable();
        assert_eq!(covered, [(1, 1), (1, 2), (2, 1), (2, 2)]);
    }

    #[test]
    fn what_leaves_the_screen_is_cut_at_its_border() {
        let mut covered = 0;
        let far = 1_000_000;
        cover([[-far, -far], [far, -far], [0, far]], 4, 3, |x, y| {
            assert!(x < 4 && y < 3, "{x}, {y}");
            covered += 1;
        });
        assert_eq!(covered, 12);
    }
}
