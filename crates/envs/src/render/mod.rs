//! From shapes to pixels on one core: a z-buffer rasteriser without a graphics driver, so that pictures need no GPU and
//! have the same bits on every run.
//!
//! [`Renderer::frame`] works in two passes. The *visibility pass* takes the meshes of the shapes through `lens.rs`
//! (perspective) and `clip.rs` (what leaves the view) into `raster.rs`, which keeps for each sample the nearest
//! triangle and its depth. The *shading pass*, `shade.rs`, then colours each sample once, whatever lies behind it. With
//! [`Renderer::with_shadows`] there is a visibility pass seen from the sun before it, `shadow.rs`.
//!
//! What never moves can be drawn once, by [`Renderer::keep_still`]; [`Renderer::frame_of_movers`] then starts from there.
//!
//! Vectors are the `glam` types that rapier re-exports; nothing else of rapier is used.

mod camera;
mod clip;
mod lens;
mod mesh;
mod raster;
mod shade;
mod shadow;

use std::ops::Range;

use image::{Rgb, RgbImage};
use rapier3d::math::{Mat3, Rot3, Vec3};

pub use camera::Camera;
pub use shadow::Sunlight;

use crate::scene::Shape;
use clip::Clipper;
use lens::{Corner, Lens, Vertex};
use mesh::Meshes;
use raster::VisibilityBuffer;
use shade::{Lit, Shading};
use shadow::ShadowMap;

/// Draws shapes; owns all its buffers, so that a frame allocates nothing once the largest scene has been seen.
pub struct Renderer {
    meshes: Meshes,
    /// Samples per pixel and axis.
    supersampling: u32,
    visible: VisibilityBuffer,
    clipper: Clipper,
    /// The corners of the mesh at hand, and the same on the screen where they are in view.
    vertices: Vec<Vertex>,
    corners: Vec<Option<Corner>>,
    shadows: Option<ShadowMap>,
    /// The same corners as the shadow map sees them.
    spots: Vec<Vec3>,
    still: Option<Still>,
    image: RgbImage,
}

/// What never moves, as one camera sees it.
struct Still {
    lens: Lens,
    /// Number of its shapes: those that move are numbered on from here.
    shapes: usize,
    /// `[row, column]` of samples.
    samples: Vec<Lit>,
}

impl Renderer {
    /// A renderer of `width` x `height` pixels. Each pixel is the mean of `supersampling`² samples: 1 is fastest, 2 is
    /// what makes a 64 x 64 image of small objects readable.
    pub fn new(width: u32, height: u32, supersampling: u32) -> Self {
        assert!(supersampling > 0, "at least one sample per pixel");
        Self {
            meshes: Meshes::new(),
            supersampling,
            visible: VisibilityBuffer::new((width * supersampling) as usize, (height * supersampling) as usize),
            clipper: Clipper::default(),
            vertices: Vec::new(),
            corners: Vec::new(),
            shadows: None,
            spots: Vec::new(),
            still: None,
            image: RgbImage::new(width, height),
        }
    }

    /// The renderer with another sun, which casts shadows in a region.
    #[must_use]
    pub fn with_shadows(self, sunlight: Sunlight) -> Self {
        Self { shadows: Some(ShadowMap::new(sunlight)), ..self }
    }

    /// Draws one frame; the image is valid until the next. Shapes are opaque, but with alpha 0 they are left out.
    pub fn frame(&mut self, shapes: &[Shape], camera: &Camera) -> &RgbImage {
        let lens = self.forget(camera);
        self.draw_all(shapes, 0, &lens);
        self.shade(shapes, &lens, None);
        &self.image
    }

    /// Draws what never moves, for all frames of [`Renderer::frame_of_movers`] to come.
    pub fn keep_still(&mut self, shapes: &[Shape], camera: &Camera) {
        let lens = self.forget(camera);
        self.draw_all(shapes, 0, &lens);
        self.visible.keep();
        if let Some(shadows) = &mut self.shadows {
            shadows.keep();
        }
        let shading = Shading::new(shapes, &lens, self.shadows.as_ref());
        let width = self.visible.width();
        let samples = 0..width * self.visible.height();
        let samples = samples.map(|i| shading.look(&self.visible, 0, i % width, i / width)).collect();
        self.still = Some(Still { lens, shapes: shapes.len(), samples });
    }

    /// Draws one frame of what moves, in front of what [`Renderer::keep_still`] was given last: the same picture as
    /// [`Renderer::frame`] makes of all of it.
    pub fn frame_of_movers(&mut self, shapes: &[Shape]) -> &RgbImage {
        let still = self.still.take().expect("keep_still comes first");
        self.visible.clear();
        if let Some(shadows) = &mut self.shadows {
            shadows.clear();
        }
        self.draw_all(shapes, still.shapes, &still.lens);
        self.shade(shapes, &still.lens, Some(&still));
        self.still = Some(still);
        &self.image
    }

    /// The share of each pixel of the last frame that shows one of some shapes, 0 to 255: `[row, column]`. In a frame of
    /// movers, shapes count from the first mover on.
    pub fn mask(&self, shapes: Range<usize>) -> impl Iterator<Item = u8> {
        let first = self.still.as_ref().map_or(0, |still| still.shapes);
        let wanted = shapes.start + first..shapes.end + first;
        let samples = self.supersampling as usize;
        let (width, height) = (self.image.width() as usize, self.image.height() as usize);
        (0..width * height).map(move |pixel| {
            let (x, y) = (pixel % width * samples, pixel / width * samples);
            let each = (0..samples * samples).map(|i| self.visible.at(x + i % samples, y + i / samples));
            let count = each.filter(|seen| seen.is_some_and(|(shape, ..)| wanted.contains(&shape))).count();
            (255 * count / (samples * samples)) as u8
        })
    }

    /// Starts anew with another camera.
    fn forget(&mut self, camera: &Camera) -> Lens {
        self.still = None;
        self.visible.forget();
        if let Some(shadows) = &mut self.shadows {
            shadows.forget_still();
            shadows.clear();
        }
        Lens::new(camera, self.visible.width(), self.visible.height())
    }

    /// The visibility passes. The first shape gets the number `first`.
    fn draw_all(&mut self, shapes: &[Shape], first: usize, lens: &Lens) {
        for (index, shape) in shapes.iter().enumerate().filter(|(_, shape)| shape.rgba[3] > 0.0) {
            self.draw(first + index, shape, lens);
        }
    }

    /// The visibility passes of one shape.
    fn draw(&mut self, index: usize, shape: &Shape, lens: &Lens) {
        let (mesh, size) = self.meshes.of(&shape.kind);
        let [x, y, z, w] = shape.rotation;
        let rotation = Mat3::from_quat(Rot3::from_xyzw(x, y, z, w));
        let translation = Vec3::from(shape.translation);
        let radius = shape.kind.bounding_radius();
        // A plane has no other side that could end its shadow.
        let shadows = self.shadows.as_mut().filter(|map| radius.is_finite() && map.holds(translation, radius));
        if let Some(shadows) = shadows {
            self.spots.clear();
            let corners = mesh.vertices.iter().map(|vertex| rotation * size.apply(vertex) + translation);
            self.spots.extend(corners.map(|corner| shadows.locate(corner)));
            for triangle in &mesh.triangles {
                shadows.draw(triangle.map(|i| self.spots[i]));
            }
        }
        if radius.is_finite() && !lens.may_show(translation, radius) {
            return;
        }
        self.vertices.clear();
        self.vertices.extend(mesh.vertices.iter().map(|vertex| Vertex {
            position: lens.to_camera(rotation * size.apply(vertex) + translation),
            normal: rotation * vertex.normal,
        }));
        self.corners.clear();
        self.corners.extend(self.vertices.iter().map(|vertex| lens.in_view(vertex).then(|| lens.project(vertex))));
        for triangle in &mesh.triangles {
            if let [Some(a), Some(b), Some(c)] = triangle.map(|i| self.corners[i]) {
                self.visible.draw(index, [a, b, c]);
            } else {
                let polygon = self.clipper.clip(triangle.map(|i| self.vertices[i]), lens);
                for i in 2..polygon.len() {
                    self.visible.draw(index, [0, i - 1, i].map(|i| lens.project(&polygon[i])));
                }
            }
        }
    }

    /// The shading pass, of the shapes that are not still.
    fn shade(&mut self, shapes: &[Shape], lens: &Lens, still: Option<&Still>) {
        let samples = self.supersampling;
        let (width, shadows) = (self.visible.width(), self.shadows.as_ref());
        let shading = Shading::new(shapes, lens, shadows);
        let kept = self.visible.kept_triangles();
        for (x, y, pixel) in self.image.enumerate_pixels_mut() {
            let mut sum = Vec3::ZERO;
            for sample in 0..samples * samples {
                let (x, y) = ((x * samples + sample % samples) as usize, (y * samples + sample / samples) as usize);
                let i = y * width + x;
                sum += match still {
                    Some(still) if self.visible.shows_kept(i, kept) => still.samples[i].colour(shadows),
                    _ => {
                        let first = still.map_or(0, |still| still.shapes);
                        shading.look(&self.visible, first, x, y).colour(shadows)
                    }
                };
            }
            let mean = sum / (samples * samples) as f32;
            *pixel = Rgb(mean.to_array().map(|channel| (channel * 255.0 + 0.5) as u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{ShapeKind, Texture};

    const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
    const BLUE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

    fn shape(kind: ShapeKind, translation: [f32; 3], rgba: [f32; 4]) -> Shape {
        Shape { kind, translation, rotation: [0.0, 0.0, 0.0, 1.0], rgba, texture: Texture::Plain }
    }

    fn camera(eye: [f32; 3]) -> Camera {
        Camera { eye, target: [0.0; 3], vertical_field_of_view: 0.5 }
    }

    /// Number of pixels in which red outweighs blue.
    fn red_pixels(image: &RgbImage) -> usize {
        image.pixels().filter(|Rgb([red, _, blue])| red > blue).count()
    }

    #[test]
    fn a_ball_covers_the_disc_of_its_cone() {
        let (size, radius) = (400, 0.4_f32);
        let mut renderer = Renderer::new(size, size, 1);
        for eye in [[0.0, -4.0, 0.0], [0.5, -0.5, 4.0], [2.0, 3.0, 1.0], [-3.0, 0.3, -2.0]] {
            let image = renderer.frame(&[shape(ShapeKind::Sphere { radius }, [0.0; 3], RED)], &camera(eye));
            let focal = 0.5 * size as f32 / 0.25_f32.tan();
            let disc =
                std::f32::consts::PI * (focal * radius).powi(2) / (Vec3::from(eye).length_squared() - radius * radius);
            let share = red_pixels(image) as f32 / disc;
            assert!((share - 1.0).abs() < 0.02, "from {eye:?}: {share} of the disc");
        }
    }

    #[test]
    fn a_box_covers_the_rectangle_of_its_front() {
        let image = Renderer::new(200, 100, 1)
            .frame(&[shape(ShapeKind::Box { half: [0.3, 0.5, 0.2] }, [0.0; 3], RED)], &camera([0.0, -3.0, 0.0]))
            .clone();
        // The front is 2.5 m away, where a pixel is 2 tan(0.25) 2.5 m / 100 wide: it reaches 23.496 pixels to either
        // side of the middle and 15.66 up and down, over 46 x 32 centres (those at 22.5 and 15.5 are the last).
        let columns = (0..200).filter(|x| image.get_pixel(*x, 50).0[0] > image.get_pixel(*x, 50).0[2]).count();
        let rows = (0..100).filter(|y| image.get_pixel(100, *y).0[0] > image.get_pixel(100, *y).0[2]).count();
        assert_eq!((columns, rows, red_pixels(&image)), (46, 32, 46 * 32));
    }

    #[test]
    fn the_nearest_is_seen_in_whatever_order() {
        let near = shape(ShapeKind::Sphere { radius: 0.2 }, [0.0, -1.0, 0.0], RED);
        let far = shape(ShapeKind::Capsule { radius: 0.5, half_length: 0.5 }, [0.0; 3], BLUE);
        let mut renderer = Renderer::new(64, 64, 1);
        let camera = camera([0.0, -4.0, 0.0]);
        let one = renderer.frame(&[near, far], &camera).clone();
        let other = renderer.frame(&[far, near], &camera).clone();
        assert_eq!(one, other);
        let Rgb([red, _, blue]) = *one.get_pixel(32, 32);
        assert!(red > 50 && blue == 0, "the middle is {red} red, {blue} blue");
        let hidden = renderer.frame(&[Shape { rgba: [1.0, 0.0, 0.0, 0.0], ..near }, far], &camera);
        assert_eq!(red_pixels(hidden), 0, "alpha 0 is left out");
    }

    #[test]
    fn a_floor_under_the_eye_reaches_the_lower_border() {
        // Corners of the floor lie behind the eye: without clipping, its triangles would vanish or turn over.
        let floor = shape(ShapeKind::Plane, [0.0; 3], RED);
        let level = Camera { eye: [0.0, 0.0, 1.0], target: [0.0, 1.0, 1.0], vertical_field_of_view: 1.0 };
        let image = Renderer::new(60, 60, 1).frame(&[floor], &level).clone();
        for (_, y, Rgb([red, _, blue])) in image.enumerate_pixels() {
            assert_eq!(red > blue, y >= 30, "row {y}: the horizon is the middle of the picture");
        }
    }

    #[test]
    fn light_follows_lambert() {
        // Seen from above, the top of a white box faces up: all of the sky and sin(elevation) of the sun.
        let image = Renderer::new(9, 9, 1)
            .frame(&[shape(ShapeKind::Box { half: [1.0; 3] }, [0.0; 3], [1.0; 4])], &camera([0.0, -0.01, 4.0]))
            .clone();
        let expected = (0.5 + 0.55 * 0.82 / (0.33_f32 * 0.33 + 0.47 * 0.47 + 0.82 * 0.82).sqrt()) * 255.0;
        assert_eq!(*image.get_pixel(4, 4), Rgb([expected.round() as u8; 3]));
    }

    #[test]
    fn equal_scenes_give_equal_bits() {
        let scene = [
            shape(ShapeKind::Plane, [0.0, 0.0, -0.5], [0.5, 0.6, 0.7, 1.0]),
            shape(ShapeKind::Cylinder { radius: 0.3, half_length: 0.4 }, [0.2, 0.1, 0.0], BLUE),
            shape(ShapeKind::Capsule { radius: 0.1, half_length: 0.4 }, [-0.4, 0.1, 0.0], RED),
        ];
        let camera = camera([1.0, -3.0, 1.5]);
        let mut renderer = Renderer::new(64, 48, 2);
        let first = renderer.frame(&scene, &camera).clone();
        renderer.frame(&scene[1..], &Camera { eye: [0.3, 0.3, 0.2], ..camera });
        assert_eq!(&first, renderer.frame(&scene, &camera), "what was drawn before leaves no trace");
        assert_eq!(&first, Renderer::new(64, 48, 2).frame(&scene, &camera));
        let plain = Renderer::new(128, 96, 1).frame(&scene, &camera).clone();
        let mean = |channel: usize| {
            let sum: u32 = (0..4).map(|i| u32::from(plain.get_pixel(60 + i % 2, 50 + i / 2).0[channel])).sum();
            sum as f32 / 4.0
        };
        for channel in 0..3 {
            let supersampled = f32::from(first.get_pixel(30, 25).0[channel]);
            assert!((supersampled - mean(channel)).abs() <= 1.0, "a pixel is the mean of its samples");
        }
    }

    const SUNLIGHT: Sunlight =
        Sunlight { direction: [0.33, -0.47, 0.82], middle: [0.0; 3], reach: 1.5, resolution: 256 };

    /// A table, and on it what might move.
    fn table_and_movers() -> ([Shape; 3], [Shape; 3]) {
        let still = [
            shape(ShapeKind::Box { half: [1.0, 1.0, 0.1] }, [0.0, 0.0, -0.1], [0.7, 0.6, 0.5, 1.0]),
            shape(ShapeKind::Box { half: [0.4, 0.02, 0.1] }, [0.0, 0.3, 0.1], BLUE),
            shape(ShapeKind::Plane, [0.0, 0.0, -0.2], [0.5, 0.5, 0.5, 1.0]),
        ];
        let bands = Texture::Bands { axis: 2, width: 0.05, dark: 0.5 };
        let movers = [
            Shape {
                texture: bands,
                ..shape(ShapeKind::Cylinder { radius: 0.1, half_length: 0.2 }, [0.2, 0.0, 0.2], RED)
            },
            shape(ShapeKind::Crumple { radius: 0.15, form: 3 }, [-0.3, -0.2, 0.5], [0.9; 4]),
            shape(ShapeKind::Capsule { radius: 0.1, half_length: 0.4 }, [3.0, 0.0, 0.2], RED),
        ];
        (still, movers)
    }

    #[test]
    fn what_is_drawn_once_looks_as_what_is_drawn_anew() {
        let (still, movers) = table_and_movers();
        let camera = camera([0.5, -3.0, 2.0]);
        for shadows in [false, true] {
            let renderer = || {
                let renderer = Renderer::new(64, 48, 2);
                if shadows { renderer.with_shadows(SUNLIGHT) } else { renderer }
            };
            let all: Vec<Shape> = still.iter().chain(&movers).copied().collect();
            let mut anew = renderer();
            let expected = anew.frame(&all, &camera).clone();
            let mut kept = renderer();
            kept.keep_still(&still, &camera);
            kept.frame_of_movers(&[movers[1], movers[0]]);
            assert_eq!(kept.frame_of_movers(&movers), &expected, "shadows: {shadows}");
            let masks = (kept.mask(0..1).collect::<Vec<u8>>(), anew.mask(3..4).collect::<Vec<u8>>());
            assert_eq!(masks.0, masks.1);
            assert!(masks.0.contains(&255) && masks.0.contains(&0));
            assert_eq!(kept.frame(&all, &camera), &expected, "nothing stays behind");
        }
    }

    /// A ball half a metre over a table, from straight above: its shadow lies where the sun's rays through it end.
    #[test]
    fn a_shadow_lies_where_the_light_would_have_gone() {
        let table = shape(ShapeKind::Box { half: [1.0, 1.0, 0.1] }, [0.0, 0.0, -0.1], [1.0; 4]);
        let ball = shape(ShapeKind::Sphere { radius: 0.1 }, [0.0, 0.0, 0.5], RED);
        let camera = Camera { eye: [0.0, -0.001, 4.0], target: [0.0; 3], vertical_field_of_view: 0.5 };
        let mut renderer = Renderer::new(400, 400, 1).with_shadows(SUNLIGHT);
        let image = renderer.frame(&[table, ball], &camera).clone();
        let metres = 2.0 * 4.0 * 0.25_f32.tan() / 400.0;
        let expected = [-0.5 * 0.33 / 0.82, 0.5 * 0.47 / 0.82];
        let (mut sum, mut count) = ([0.0; 2], 0.0_f32);
        for (x, y, Rgb([red, green, _])) in image.enumerate_pixels() {
            if (100..150).contains(red) && red == green {
                sum[0] += (x as f32 + 0.5 - 200.0) * metres;
                sum[1] -= (y as f32 + 0.5 - 200.0) * metres;
                count += 1.0;
            }
        }
        let middle = sum.map(|sum| sum / count);
        assert!((middle[0] - expected[0]).abs() < 0.01 && (middle[1] - expected[1]).abs() < 0.01, "{middle:?}");
        // A disc of 0.1 m across the rays, stretched along their slant; a texel is 12 mm.
        let area = std::f32::consts::PI * 0.01 / (0.82 / Vec3::from(SUNLIGHT.direction).length());
        assert!((count * metres * metres / area - 1.0).abs() < 0.15, "{} of {area} m2", count * metres * metres);
        // The ball is seen nearer than the table, so that it does not hide its shadow.
        assert_eq!(renderer.frame(&[table], &camera).pixels().filter(|pixel| pixel.0[0] < 150).count(), 0);
    }
}
