//! `experiments inspect`: what the loader makes of a D4RL file.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use envs::Task;

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
#[expect(clippy::print_stdout, reason = "this is what the user asked to see")]
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let named = arguments.file.file_stem().and_then(|name| name.to_str()?.parse::<Task>().ok());
    let max_episode_steps = arguments.max_episode_steps.or(named.map(Task::max_steps));
    let inspection = d4rl::inspect(&arguments.file, max_episode_steps)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&inspection)?);
    } else {
        println!("{inspection}");
    }
    Ok(())
}
