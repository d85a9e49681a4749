//! `experiments play`: an episode as a GIF.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use envs::render::Renderer;
use learners::Device;

use crate::{
    Computing,
    actor::Cast,
    episode::Episode,
    progress::say,
    render::{gif::GifWriter, map::draw},
};

/// Frames per second of a film of a robot whose control is at least that fast; else its control rate.
const FRAMES_PER_SECOND: u32 = 25;

/// Render an episode as a GIF.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    cast: Cast,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    gif: PathBuf,
    /// Also draw the path on the maze's map, coloured by who acts: FILE with the endings svg and png.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Names the start and the goal that are drawn.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where the camera stands.
    #[arg(long, value_enum, default_value = "above")]
    camera: View,
    /// Height of the picture (pixels); it is 4/3 as wide.
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u32).range(12..=2160))]
    height: u32,
    /// Only every n-th step becomes a frame; where this is not said, each of the arm's 4 a second, every other one of the
    /// ant's, and of the hand's as many as give its true speed.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    every: Option<u32>,
    #[command(flatten)]
    computing: Computing,
}

/// Where the camera stands.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum View {
    /// Sees the whole scene.
    Above,
    /// Is near the robot, and goes with it where it walks.
    Follow,
}

/// The verb.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { cast, gif, map, seed, camera, height, every, computing } = arguments;
    let device = Device::parse(&computing.device)?;
    ensure!(map.is_none() || cast.task.maze().is_some(), "{} has no map to draw: leave out --map", cast.task);
    let actors = cast.actors(device)?;
    let (task, guide_steps) = (cast.task, cast.guide_steps());

    let mut renderer = Renderer::new(height * 4 / 3, *height, 2);
    let rate = task.control_rate();
    let mut film = GifWriter::create(gif, rate.min(FRAMES_PER_SECOND))?;
    let every = every.unwrap_or(if rate < 10 { 1 } else { (rate / FRAMES_PER_SECOND).max(2) }) as usize;
    let episode = Episode::play(task, cast.environment()?, actors.drivers(), guide_steps, *seed, |moment| {
        if moment.step % every != 0 && !moment.ends {
            return Ok(());
        }
        let shapes = moment.shapes();
        let camera = match camera {
            View::Above => task.overview(&shapes, 4.0 / 3.0),
            View::Follow => task.close_up(&shapes),
        };
        film.push(renderer.frame(&shapes, &camera))
    })?;
    film.finish()?;
    say(&format!("wrote {}: {}", gif.display(), episode.ending()));
    if let Some(file) = map {
        let panel = episode.panel(format!("{task}, h = {guide_steps}"));
        let panel = panel.context("only mazes have maps")?;
        let files = ["svg", "png"].map(|ending| file.with_extension(ending));
        draw(&[panel])?.write(&files[0], &files[1])?;
        say(&format!("wrote {} and {}", files[0].display(), files[1].display()));
    }
    Ok(())
}
