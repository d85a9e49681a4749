//! Work that should come out with the same bits on other machines is done in a process of its own, in which libtorch is told
//! to use kernels that they share ([`learners::SAME_BITS_EVERYWHERE`] says which machines those are).

use std::{env, ffi::OsStr, process::Command};

use anyhow::{Result, ensure};

use crate::workspace::Workspace;

/// Whether libtorch computes the same bits in this process as on other machines.
pub(crate) fn computed_here() -> bool {
    learners::SAME_BITS_EVERYWHERE.iter().all(|(name, value)| env::var(name).as_deref() == Ok(value))
}

/// Runs this program with other arguments in a process in which [`computed_here`] holds.
pub(crate) fn run(workspace: &Workspace, arguments: &[&OsStr]) -> Result<()> {
    let status = Command::new(env::current_exe()?)
        .args(arguments)
        .envs(learners::SAME_BITS_EVERYWHERE)
        .current_dir(workspace.root())
        .status()?;
    ensure!(status.success(), "`experiments {}` failed ({status})", arguments.join(OsStr::new(" ")).display());
    Ok(())
}
