//! Figure 5: the arm over its bins, what its camera sees, and one grasp from step to step.

use std::path::Path;

use anyhow::Result;
use envs::{
    Shape, Task,
    binned_grasping::{CAMERA, OVERVIEW, sunlight},
    render::Renderer,
};
use image::{Rgb, RgbImage, imageops};
use rl::{Drivers, Image, Prng};

use super::{Drawn, Illustration};
use crate::{
    episode::Episode,
    render::{
        png,
        sheet::{Tile, Tint, sheet},
    },
    workspace::{Workspace, write_whole},
};

/// Pixels of a scene.
const SIZE: u32 = 448;
/// Height of a label (pixels).
const LETTERS: u32 = 22;
const COLUMNS: usize = 4;
const TASK: Task = Task::GraspingInstance;
/// Names the scene: one whose target lies in another bin than the gripper starts over.
const SEED: u64 = 8;

pub(super) fn illustration() -> Illustration {
    Illustration { id: "fig5", title: "Figure 5: grasping, rendered", draw: make }
}

fn make(_: &Workspace, folder: &Path) -> Result<Drawn> {
    let mut renderer = Renderer::new(SIZE, SIZE, 2).with_shadows(sunlight(SIZE as usize));
    let mut environment = TASK.build();
    let start = environment.reset(&mut Prng::derive(TASK.name(), SEED, "play"));
    let shapes = TASK.scene_shapes(&environment.snapshot());
    let tile = |label: &str, scene: RgbImage| Tile { label: label.into(), tint: Tint::Ink, scene };
    let seen = start.image.as_ref().expect("grasping is seen");
    let mut tiles = vec![
        tile("arm and bins", renderer.frame(&shapes, &OVERVIEW).clone()),
        tile("from the camera", renderer.frame(&shapes, &CAMERA).clone()),
        tile("as the policy sees it", enlarged(seen, |pixel| [pixel[0], pixel[1], pixel[2]])),
        tile("the mask of the target", enlarged(seen, |pixel| [pixel[3]; 3])),
    ];
    let oracle = TASK.oracle();
    let episode = Episode::play(TASK, TASK.build(), Drivers::alone(&*oracle), 0, SEED, |moment| {
        let shapes: Vec<Shape> = moment.shapes();
        let label = format!("after step {}", moment.step + 1);
        tiles.push(tile(&label, renderer.frame(&shapes, &CAMERA).clone()));
        Ok(())
    })?;
    let file = folder.join("fig5.png");
    write_whole(&file, &png(&sheet(&tiles, COLUMNS, LETTERS)?)?)?;
    let seen = format!(
        "Above: the scene, and what a policy gets of it. Below: one grasp of the scripted grasper, which {}.",
        episode.ending()
    );
    Ok(Drawn { files: vec![file], seen })
}

/// Each pixel of a picture as a square.
fn enlarged(image: &Image, colour: impl Fn(&[u8]) -> [u8; 3]) -> RgbImage {
    let (width, height) = (image.shape.width, image.shape.height);
    let pixels: Vec<&[u8]> = image.bytes().chunks_exact(image.shape.channels).collect();
    let small =
        RgbImage::from_fn(width as u32, height as u32, |x, y| Rgb(colour(pixels[y as usize * width + x as usize])));
    imageops::resize(&small, SIZE, SIZE, imageops::FilterType::Nearest)
}
