//! Figure 6: the ant and the mazes that it walks in, the hand and what it has to do.

use std::path::Path;

use anyhow::Result;
use envs::{
    Shape, ShapeKind, Task,
    render::{Camera, Renderer},
};
use rl::{Intent, ObservationRows, Prng};

use super::{Drawn, Illustration, MAZE};
use crate::{
    render::{
        png,
        sheet::{Tile, Tint, sheet},
    },
    workspace::{Workspace, write_whole},
};

/// Pixels of a scene.
const SIZE: (u32, u32) = (800, 600);
/// Height of a label (pixels).
const LETTERS: u32 = 26;
/// Until the ant, which starts in the air, stands (control steps).
const SETTLING: usize = 20;

/// Width over height of a scene.
const ASPECT: f32 = SIZE.0 as f32 / SIZE.1 as f32;
/// The tasks of the hand, each at a moment (control steps) at which it is seen what is to be done.
const HAND: [(&str, Task, usize); 3] =
    [("pen", Task::PenBinary, 30), ("door", Task::DoorBinary, 72), ("relocate", Task::RelocateBinary, 130)];

pub(super) fn illustration() -> Illustration {
    Illustration { id: "fig6", title: "Figure 6: the ant mazes and the tasks of the hand, rendered", draw: make }
}

fn make(_: &Workspace, folder: &Path) -> Result<Drawn> {
    let mut renderer = Renderer::new(SIZE.0, SIZE.1, 3);
    let mut tiles = Vec::new();
    for (name, task) in
        [("umaze", Task::AntMazeUmaze), ("medium", Task::AntMazeMediumPlay), ("large", Task::AntMazeLargePlay)]
    {
        let mut environment = task.build_with_fixed_goal().expect(MAZE);
        environment.reset(&mut Prng::derive(task.name(), 0, "figure 6"));
        for _ in 0..SETTLING {
            environment.step(&vec![0.0; environment.spec().action_size]);
        }
        let shapes = thinner_shins(task.scene_shapes(&environment.snapshot()));
        if tiles.is_empty() {
            tiles.push(tile(&mut renderer, &shapes, &near(&Camera::follow(&shapes)), "the ant, close up".into()));
        }
        let label = format!("{name}, at most {} steps", task.max_steps());
        tiles.push(tile(&mut renderer, &shapes, &overview(&shapes), label));
    }
    for (name, task, steps) in HAND {
        let shapes = played(task, steps);
        if name == "pen" {
            tiles.push(tile(&mut renderer, &shapes, &task.close_up(&shapes), "the hand, close up".into()));
        }
        let label = format!("{name}, at most {} steps", task.max_steps());
        tiles.push(tile(&mut renderer, &shapes, &task.overview(&shapes, ASPECT), label));
    }
    let file = folder.join("fig6.png");
    write_whole(&file, &png(&sheet(&tiles, 2, LETTERS)?)?)?;
    let seen =
        "The ant at the start of the three mazes, and the goal as a green disc. The hand as it turns a pen like the \
                green one, before a door whose latch it turns down, and with the ball that it carries to the green \
                dot."
            .to_string();
    Ok(Drawn { files: vec![file], seen })
}

/// The scene after so many steps of the task's expert.
fn played(task: Task, steps: usize) -> Vec<Shape> {
    let mut rngs = [Prng::derive(task.name(), 0, "figure 6")];
    let mut environment = task.build();
    let mut observation = environment.reset(&mut rngs[0]);
    let oracle = task.oracle();
    for _ in 0..steps {
        let rows = ObservationRows::stack(1, 1, std::iter::once(&observation));
        let action = oracle.act(&rows, Intent::Exploit, &mut rngs);
        observation = environment.step(action.row(0, 0)).observation;
    }
    task.scene_shapes(&environment.snapshot())
}

/// Thigh and shin end in the same ball, of two colours: which is in front would change from pixel to pixel.
fn thinner_shins(mut shapes: Vec<Shape>) -> Vec<Shape> {
    let torso = shapes.iter().find(|shape| matches!(shape.kind, ShapeKind::Sphere { .. })).map(|shape| shape.rgba);
    for shape in shapes.iter_mut().filter(|shape| Some(shape.rgba) != torso) {
        if let ShapeKind::Capsule { radius, .. } = &mut shape.kind {
            *radius *= 0.95;
        }
    }
    shapes
}

/// Nearer than a camera that must see where the ant goes.
fn near(camera: &Camera) -> Camera {
    let eye = [0, 1, 2].map(|axis| camera.target[axis] + 0.45 * (camera.eye[axis] - camera.target[axis]));
    Camera { eye, ..*camera }
}

fn overview(shapes: &[Shape]) -> Camera {
    Camera::overview(shapes, ASPECT)
}

fn tile(renderer: &mut Renderer, shapes: &[Shape], camera: &Camera, label: String) -> Tile {
    Tile { label, tint: Tint::Ink, scene: renderer.frame(shapes, camera).clone() }
}
