//! What the camera over the arm's shoulder sees.

use rl::{Image, ImageShape};

use crate::render::{Camera, Renderer, Sunlight};
use crate::{Scene, Shape, Texture};

/// Over the arm's left shoulder, so that the forearm hides as little of the bins as can be, and narrowed to them: at 64
/// pixels an object of 5 cm is 6 to 8 of them wide.
pub const CAMERA: Camera = Camera { eye: [0.05, 0.32, 0.75], target: [0.56, 0.0, 0.055], vertical_field_of_view: 0.54 };

/// Arm and bins, for pictures.
pub const OVERVIEW: Camera = Camera { eye: [1.55, 0.9, 0.95], target: [0.33, 0.0, 0.24], vertical_field_of_view: 0.64 };

/// From above and from behind the camera: what it sees is lit, and the gripper's shadow lies below the gripper.
const SUN: [f32; 3] = [0.15, 0.3, 1.0];
/// The bins and what is above them (m).
const SUNLIT_MIDDLE: [f32; 3] = [0.56, 0.0, 0.05];
const SUNLIT_REACH: f32 = 0.36;

/// Planks of the table (m, and the brightness of every other one).
const PLANKS: Texture = Texture::Bands { axis: 1, width: 0.06, dark: 0.93 };

/// The camera and its picture.
pub(super) struct View {
    renderer: Renderer,
    shape: ImageShape,
    movers: Vec<Shape>,
}

impl View {
    /// Square pictures with `size` pixels to a side, with another channel for a mask where one is wanted. The scene is
    /// there for what never moves.
    pub(super) fn new(scene: &Scene, size: usize, masked: bool) -> Self {
        // Four samples to a pixel show where in a pixel a small object ends; a large picture has pixels enough.
        let supersampling = if size <= 128 { 2 } else { 1 };
        let mut renderer = Renderer::new(size as u32, size as u32, supersampling).with_shadows(sunlight(size));
        renderer.keep_still(&still_shapes(scene), &CAMERA);
        let shape = ImageShape { height: size, width: size, channels: if masked { 4 } else { 3 } };
        Self { renderer, shape, movers: Vec::new() }
    }

    pub(super) fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The picture of a scene. Its fourth channel, where it has one, is the share of each pixel that shows placed body
    /// number `target`.
    pub(super) fn image(&mut self, scene: &Scene, target: Option<usize>) -> Image {
        self.movers.clear();
        scene.push_moving_shapes(&mut self.movers);
        let pixels = self.renderer.frame_of_movers(&self.movers).as_raw();
        let mut bytes;
        if self.shape.channels == 3 {
            bytes = pixels.clone();
        } else {
            bytes = vec![0; self.shape.size()];
            for (pixel, colour) in bytes.chunks_exact_mut(4).zip(pixels.chunks_exact(3)) {
                pixel[..3].copy_from_slice(colour);
            }
            let target = scene.moving_shapes_of(target.expect("a mask shows a certain object"));
            for (pixel, share) in bytes.chunks_exact_mut(4).zip(self.renderer.mask(target)) {
                pixel[3] = share;
            }
        }
        Image::new(self.shape, bytes)
    }
}

/// The light for pictures with `size` pixels to a side: a texel of the shadow map is some two thirds as wide as a pixel at the bins.
pub fn sunlight(size: usize) -> Sunlight {
    Sunlight { direction: SUN, middle: SUNLIT_MIDDLE, reach: SUNLIT_REACH, resolution: 2 * size }
}

/// What never moves: the table, which gets its planks here, and the bins.
pub(super) fn still_shapes(scene: &Scene) -> Vec<Shape> {
    let mut shapes = scene.still_shapes();
    let table = scene.geom("table").expect("a geom of assets/arm.xml");
    for shape in shapes.iter_mut().filter(|shape| **shape == table) {
        shape.texture = PLANKS;
    }
    shapes
}
