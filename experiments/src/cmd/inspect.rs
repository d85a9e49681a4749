//! `experiments inspect`: what the loader makes of a D4RL file.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::Args;
use envs::Task;

use crate::{
    data_file::{Demonstrated, recipe},
    progress::tell,
};

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
    let name = arguments.file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let named = Task::ALL.into_iter().find(|task| name == task.name() || Demonstrated::of(*task, name).is_some());
    let max_episode_steps = arguments.max_episode_steps.or(named.map(Task::max_steps));
    let inspection = d4rl::inspect(&arguments.file, max_episode_steps).map_err(|error| {
        let missing = !arguments.file.exists();
        let smoke = if arguments.file.parent().is_some_and(|folder| folder.ends_with("smoke")) { "smoke/" } else { "" };
        let command = named.filter(|_| missing).and_then(|task| recipe(task, &format!("{smoke}{name}")));
        command.map_or_else(
            || anyhow::Error::new(error),
            |command| anyhow!("{} is not there: make it with `{command}`", arguments.file.display()),
        )
    })?;
    if arguments.json {
        tell(&serde_json::to_string_pretty(&inspection)?)?;
    } else {
        tell(&inspection.to_string())?;
    }
    Ok(())
}
