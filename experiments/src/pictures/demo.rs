//! The demonstration: an episode of the committed guide and policy as a film, and on the map.

use std::path::Path;

use anyhow::{Context, Result};
use envs::{
    Shape, ShapeKind,
    render::{Camera, Renderer},
};

use super::{Drawn, Illustration, MAZE, Pair, TASK};
use crate::{
    episode::Episode,
    render::{
        gif::GifWriter,
        map::draw,
        sheet::{Tile, Tint, sheet},
    },
    workspace::Workspace,
};

/// Frames per second, of every other step: twice the speed of the ant's clock of 10 steps per second.
const FRAMES_PER_SECOND: u32 = 10;
const EVERY: usize = 2;
/// Pixels of the scene.
const SIZE: (u32, u32) = (480, 360);
/// Height of the caption's letters (pixels).
const LETTERS: u32 = 20;
/// The ant's colour while the guide acts, and while the exploration-policy does: those of the map.
const GUIDE: [f32; 3] = [0.0, 0.45, 0.70];
const EXPLORER: [f32; 3] = [0.90, 0.62, 0.0];
/// Starts and goals that are tried before it is an error that the pair cannot do it.
const TRIES: u64 = 20;

pub(super) fn illustration() -> Illustration {
    Illustration { id: "demo", title: "A trained umaze policy and its guide, as a film and on the map", draw: make }
}

fn make(workspace: &Workspace, folder: &Path) -> Result<Drawn> {
    let pair = Pair::open(workspace)?;
    let play = |h: usize, seed: u64| Episode::play(TASK, TASK.build(), pair.drivers(), h, seed, |_| Ok(()));
    let mut found = None;
    for seed in 0..TRIES {
        let alone = play(0, seed)?;
        let h = alone.steps / 2;
        if alone.reached && play(h, seed)?.reached {
            found = Some((seed, alone, h));
            break;
        }
    }
    let (seed, alone, h) =
        found.with_context(|| format!("none of {TRIES} goals is reached both with and without the guide"))?;
    let guided = play(TASK.max_steps(), seed)?;

    let film = folder.join("demo.gif");
    let together = filmed(&pair, h, seed, &film)?;
    let [guide, both, policy] = [&guided, &together, &alone].map(Episode::ending);
    let seen = format!(
        "{TASK} from one start to one goal: seed {seed}, the first with which the policy arrives both with and without \
         its guide. The guide alone {guide}. The guide for {h} steps, then the exploration policy (the film: blue ant, \
         then orange, to the green disc): {both}. The exploration policy alone {policy}. On the map the guide's way is dashed blue, the \
         exploration policy's solid orange."
    );
    let panels = [
        guided.panel(format!("guide alone: {}", guided.end())),
        together.panel(format!("guide for {h} steps: {}", together.end())),
        alone.panel(format!("policy alone: {}", alone.end())),
    ]
    .map(|panel| panel.expect(MAZE));
    let [svg, png] = ["path.svg", "path.png"].map(|name| folder.join(name));
    draw(&panels)?.write(&svg, &png)?;
    Ok(Drawn { files: vec![film, svg, png], seen })
}

/// Plays an episode and films it from above.
fn filmed(pair: &Pair, h: usize, seed: u64, file: &Path) -> Result<Episode> {
    let mut renderer = Renderer::new(SIZE.0, SIZE.1, 2);
    let mut film = GifWriter::create(file, FRAMES_PER_SECOND)?;
    let episode = Episode::play(TASK, TASK.build(), pair.drivers(), h, seed, |moment| {
        if moment.step % EVERY != 0 && !moment.ends {
            return Ok(());
        }
        let (who, tint, rgb) = if moment.by_guide {
            (format!("the guide acts, until step {h}"), Tint::Guide, GUIDE)
        } else {
            ("the exploration policy acts".to_string(), Tint::Explorer, EXPLORER)
        };
        let shapes = painted(moment.shapes(), rgb);
        let camera = Camera::overview(&shapes, SIZE.0 as f32 / SIZE.1 as f32);
        let scene = renderer.frame(&shapes, &camera).clone();
        let label = format!("step {}: {who}", moment.step + 1);
        film.push(&sheet(&[Tile { label, tint, scene }], 1, LETTERS)?)
    })?;
    film.finish()?;
    Ok(episode)
}

/// The scene with its ant in another colour; the ant alone is made of balls and capsules.
fn painted(mut shapes: Vec<Shape>, [red, green, blue]: [f32; 3]) -> Vec<Shape> {
    for shape in &mut shapes {
        if matches!(shape.kind, ShapeKind::Sphere { .. } | ShapeKind::Capsule { .. }) {
            shape.rgba = [red, green, blue, 1.0];
        }
    }
    shapes
}
