//! `experiments export`: what acting needs of a saved learner.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use clap::Args;

use crate::progress::say;

/// Write a small copy of a saved policy that can act but no longer learn.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of a saved policy, such as checkpoints/KEY/seed-0.
    policy: PathBuf,
    /// The folder to write.
    out: PathBuf,
}

/// The verb.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { policy, out } = arguments;
    learners::export(policy, out)?;
    say(&format!("wrote {}: {} kB", out.display(), size(out)? / 1000));
    Ok(())
}

/// Of all files of a folder (bytes).
fn size(folder: &Path) -> Result<u64> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}
