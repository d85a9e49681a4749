//! Figure 1: the guide opens an episode and the exploration-policy finishes it, for four hand-over steps.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Drawn, Illustration, MAZE, Pair, TASK};
use crate::{episode::Episode, render::map::draw, workspace::Workspace};

/// Shares of the guide's own way to the goal that it still goes, as a curriculum would lower them.
const SHARES: [f64; 4] = [0.75, 0.5, 0.25, 0.0];
/// Starts and goals that are tried; the first with the most arrivals is drawn.
const TRIES: u64 = 20;

pub(super) fn illustration() -> Illustration {
    Illustration { id: "fig1", title: "Figure 1: one umaze episode with four hand-over steps h", draw: make }
}

fn make(workspace: &Workspace, folder: &Path) -> Result<Drawn> {
    let pair = Pair::open(workspace)?;
    let play = |h: usize, seed: u64| Episode::play(TASK, TASK.build(), pair.drivers(), h, seed, |_| Ok(()));
    let mut best: Option<Attempt> = None;
    for seed in 0..TRIES {
        let guided = play(TASK.max_steps(), seed)?;
        // Without a guide that arrives, there is no way to shorten.
        if !guided.reached {
            continue;
        }
        let horizon = |share: f64| (share * guided.steps as f64).round() as usize;
        let episodes: Vec<_> = SHARES.map(horizon).iter().map(|h| Ok((*h, play(*h, seed)?))).collect::<Result<_>>()?;
        let attempt = Attempt { seed, guide_steps: guided.steps, episodes };
        if best.as_ref().is_none_or(|best| attempt.arrivals() > best.arrivals()) {
            best = Some(attempt);
        }
        if best.as_ref().is_some_and(|best| best.arrivals() == SHARES.len()) {
            break;
        }
    }
    let Attempt { seed, guide_steps, episodes } =
        best.with_context(|| format!("the guide reaches none of {TRIES} goals: commit a better one"))?;

    let panels: Option<Vec<_>> =
        episodes.iter().map(|(h, episode)| episode.panel(format!("h = {h}: {}", episode.end()))).collect();
    let [svg, png] = ["fig1.svg", "fig1.png"].map(|name| folder.join(name));
    draw(&panels.expect(MAZE))?.write(&svg, &png)?;
    let endings: Vec<_> = episodes.iter().map(|(h, episode)| format!("h = {h}: {}", episode.ending())).collect();
    let seen = format!(
        "{TASK} from one start to one goal (seed {seed}, the first of up to {TRIES} with the most arrivals), to which \
         the guide alone needs {guide_steps} steps. The guide goes the first h steps (dashed blue), the exploration policy the rest (solid orange). {}.",
        endings.join("; ")
    );
    Ok(Drawn { files: vec![svg, png], seen })
}

/// One start and goal, with an episode for each hand-over step.
struct Attempt {
    seed: u64,
    /// Of the guide alone, to the goal.
    guide_steps: usize,
    episodes: Vec<(usize, Episode)>,
}

impl Attempt {
    fn arrivals(&self) -> usize {
        self.episodes.iter().filter(|(_, episode)| episode.reached).count()
    }
}
