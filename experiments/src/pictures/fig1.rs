//! Figure 1: the guide opens an episode and the exploration-policy finishes it, for four hand-over steps.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Drawn, Illustration, Pair, TASK};
use crate::{episode::Episode, render::map::draw, workspace::Workspace};

/// Shares of the guide's own way to the goal that it still goes, as a curriculum would lower them.
const SHARES: [f64; 4] = [0.75, 0.5, 0.25, 0.0];
/// Starts and goals that are tried before it is an error that the guide reaches none.
const TRIES: u64 = 50;

pub(super) fn illustration() -> Illustration {
    Illustration { id: "fig1", title: "Figure 1: one umaze episode with four hand-over steps h", draw: make }
}

fn make(workspace: &Workspace, folder: &Path) -> Result<Drawn> {
    let pair = Pair::open(workspace)?;
    let play = |h: usize, seed: u64| Episode::play(TASK, pair.drivers(), h, seed, |_| Ok(()));
    // Without a guide that arrives, there would be no way to shorten.
    let (seed, guided) = (0..TRIES)
        .map(|seed| Ok((seed, play(TASK.max_steps(), seed)?)))
        .find(|played: &Result<_>| played.as_ref().map_or(true, |(_, episode)| episode.reached))
        .with_context(|| format!("the guide reaches none of {TRIES} goals: commit a better one"))??;

    let mut panels = Vec::new();
    let mut endings = Vec::new();
    for share in SHARES {
        let h = (share * guided.steps() as f64).round() as usize;
        let episode = play(h, seed)?;
        endings.push(format!("h = {h}: {}", episode.ending()));
        let end = if episode.reached { "goal" } else { "time out" };
        let title = format!("h = {h}: {end} at step {}", episode.steps());
        panels.push(episode.panel(TASK, title));
    }
    let [svg, png] = ["fig1.svg", "fig1.png"].map(|name| folder.join(name));
    draw(&panels)?.write(&svg, &png)?;
    let seen = format!(
        "One start and goal of {TASK} (seed {seed}), where the guide alone arrives after {} steps. The guide goes the \
         first h steps (dashed blue), the exploration-policy the rest (solid orange). {}.",
        guided.steps(),
        endings.join("; ")
    );
    Ok(Drawn { files: vec![svg, png], seen })
}
