//! From shapes to pixels on one core: a z-buffer rasteriser without a graphics driver, so that pictures need no GPU and
//! have the same bits on every run.
//!
//! [`Renderer::frame`] works in two passes. The *visibility pass* takes the meshes of the shapes through `lens.rs`
//! (perspective) and `clip.rs` (what leaves the view) into `raster.rs`, which keeps for each sample the nearest
//! triangle and its depth. The *shading pass*, `shade.rs`, then colours each sample once, whatever lies behind it. A
//! shadow map would be the visibility pass seen from the sun, asked by the shading pass; nothing draws shadows yet.
//!
//! Vectors are the `glam` types that rapier re-exports; nothing else of rapier is used.

mod camera;
mod clip;
mod lens;
mod mesh;
mod raster;
mod shade;

use image::{Rgb, RgbImage};
use rapier3d::math::{Mat3, Rot3, Vec3};

pub use camera::Camera;

use crate::scene::Shape;
use clip::Clipper;
use lens::{Corner, Lens, Vertex};
use mesh::Meshes;
use raster::VisibilityBuffer;
use shade::Shading;

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
    image: RgbImage,
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
            image: RgbImage::new(width, height),
        }
    }

    /// Draws one frame; the image is valid until the next. Shapes are opaque, but with alpha 0 they are left out.
    pub fn frame(&mut self, shapes: &[Shape], camera: &Camera) -> &RgbImage {
        let lens = Lens::new(camera, self.visible.width(), self.visible.height());
        self.visible.clear();
        for (index, shape) in shapes.iter().enumerate().filter(|(_, shape)| shape.rgba[3] > 0.0) {
            self.draw(index, shape, &lens);
        }
        self.shade(&Shading::new(shapes, &lens));
        &self.image
    }

    /// The visibility pass of one shape.
    fn draw(&mut self, index: usize, shape: &Shape, lens: &Lens) {
        let (mesh, size) = self.meshes.of(&shape.kind);
        let [x, y, z, w] = shape.rotation;
        let rotation = Mat3::from_quat(Rot3::from_xyzw(x, y, z, w));
        let translation = Vec3::from(shape.translation);
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

    fn shade(&mut self, shading: &Shading) {
        let samples = self.supersampling;
        for (x, y, pixel) in self.image.enumerate_pixels_mut() {
            let mut sum = Vec3::ZERO;
            for sample in 0..samples * samples {
                let (x, y) = (x * samples + sample % samples, y * samples + sample / samples);
                sum += shading.colour(&self.visible, x as usize, y as usize);
            }
            let mean = sum / (samples * samples) as f32;
            *pixel = Rgb(mean.to_array().map(|channel| (channel * 255.0 + 0.5) as u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::ShapeKind;

    const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
    const BLUE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

    fn shape(kind: ShapeKind, translation: [f32; 3], rgba: [f32; 4]) -> Shape {
        Shape { kind, translation, rotation: [0.0, 0.0, 0.0, 1.0], rgba }
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
}
