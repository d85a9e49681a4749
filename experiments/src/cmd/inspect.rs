//! `experiments inspect`: what the loader makes of a D4RL file.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::Args;
use envs::Task;

use crate::progress::tell;

/// Show what the loader makes of a D4RL file.
#[derive(Args)]
pub(crate) struct Arguments {
    /// An HDF5 file in D4RL's layout.
    file: PathBuf,
    /// The episode length for files without timeouts [default: that of the task after which the file is named].
    #[arg(long)]
    max_episode_steps: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The verb.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let named = arguments.file.file_stem().and_then(|name| name.to_str()?.parse::<Task>().ok());
    let max_episode_steps = arguments.max_episode_steps.or(named.map(Task::max_steps));
    let inspection = d4rl::inspect(&arguments.file, max_episode_steps).map_err(|error| {
        let missing = !arguments.file.exists();
        let ours = named.filter(|_| missing).map(|task| format!("make it with `experiments -- data {task}`"));
        ours.map_or_else(
            || anyhow::Error::new(error),
            |advice| anyhow!("{} is not there: {advice}", arguments.file.display()),
        )
    })?;
    if arguments.json {
        tell(&serde_json::to_string_pretty(&inspection)?)?;
    } else {
        tell(&inspection.to_string())?;
    }
    Ok(())
}
