//! Frames per second of the renderer on one core, at 64, 128 and some 480 pixels, with and without
//! supersampling, shadows, and the part that stands still drawn once.
//!
//! `cargo bench -p envs --bench frames`. The scene has 45 solids, as a table with bins, objects and an arm would.
#![allow(clippy::print_stdout, reason = "a bench reports to its caller")]

use std::time::Instant;

use envs::render::{Camera, Renderer, Sunlight};
use envs::{Shape, ShapeKind, Texture};

fn main() {
    let camera = Camera { eye: [0.0, -2.2, 1.8], target: [0.0; 3], vertical_field_of_view: 0.8 };
    let scene = scene();
    for (size, supersampling) in [(64, 1), (64, 2), (128, 1), (128, 2), (480, 1), (480, 2)] {
        let mut renderer = Renderer::new(size, size, supersampling);
        report(&format!("{size:3} x {size:3}, {supersampling} x {supersampling} samples"), || {
            renderer.frame(&scene, &camera);
        });
    }
    // Floor and bins stand still; a third of the solids moves, as arm and objects would.
    let (still, movers) = scene.split_at(scene.len() * 2 / 3);
    for (size, supersampling) in [(64, 1), (64, 2), (128, 1), (128, 2), (472, 1)] {
        let resolution = 2 * size as usize;
        let sunlight = Sunlight { direction: [0.15, 0.3, 1.0], middle: [0.0; 3], reach: 1.2, resolution };
        let of = format!("{size:3} x {size:3}, {supersampling} x {supersampling} samples");
        let mut renderer = Renderer::new(size, size, supersampling).with_shadows(sunlight);
        report(&format!("{of}, shadows"), || {
            renderer.frame(&scene, &camera);
        });
        let mut plain = Renderer::new(size, size, supersampling);
        for (renderer, shadows) in [(&mut renderer, ", shadows"), (&mut plain, "")] {
            renderer.keep_still(still, &camera);
            report(&format!("{of}{shadows}, still part kept"), || {
                renderer.frame_of_movers(movers);
            });
        }
    }
}

/// Prints how often in a second something can be done.
fn report(what: &str, mut draw: impl FnMut()) {
    draw();
    let start = Instant::now();
    let mut frames = 0;
    while start.elapsed().as_secs_f64() < 1.0 {
        draw();
        frames += 1;
    }
    println!("{what}: {:6.0} frames/s", f64::from(frames) / start.elapsed().as_secs_f64());
}

/// A floor and 44 solids in a grid, a quarter of each kind.
fn scene() -> Vec<Shape> {
    let solid = |kind, translation| Shape {
        kind,
        translation,
        rotation: [0.0, 0.0, 0.0, 1.0],
        rgba: [0.8, 0.5, 0.2, 1.0],
        texture: Texture::Plain,
    };
    let mut shapes = vec![solid(ShapeKind::Plane, [0.0, 0.0, -0.1])];
    for i in 0..44_u8 {
        let kind = match i % 4 {
            0 => ShapeKind::Sphere { radius: 0.06 },
            1 => ShapeKind::Capsule { radius: 0.04, half_length: 0.1 },
            2 => ShapeKind::Cylinder { radius: 0.06, half_length: 0.08 },
            _ => ShapeKind::Box { half: [0.08, 0.05, 0.06] },
        };
        let (column, row) = (f32::from(i % 7), f32::from(i / 7));
        shapes.push(solid(kind, [0.3 * (column - 3.0), 0.3 * (row - 3.0), 0.0]));
    }
    shapes
}
