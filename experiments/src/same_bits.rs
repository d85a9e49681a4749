//! Work that should come out with the same bits on other machines is done in a process of its own, in which libtorch is told
//! to use kernels that they share ([`learners::SAME_BITS_EVERYWHERE`] says which machines those are).

use std::{
    env,
    ffi::OsStr,
    io,
    process::{self, Command, Stdio},
    thread,
};

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// Whether libtorch computes the same bits in this process as on other machines.
pub(crate) fn computed_here() -> bool {
    learners::SAME_BITS_EVERYWHERE.iter().all(|(name, value)| env::var(name).as_deref() == Ok(value))
}

/// Set in such a process: its input is a pipe that closes when whoever started it ends, however that comes about.
const LIFELINE: &str = "JSRL_LIFELINE";

/// Ends such a process, within a moment, once the one that waits for it was killed. To be called first of all.
pub(crate) fn end_with_the_starter() {
    if env::var_os(LIFELINE).is_some() {
        thread::spawn(|| {
            io::copy(&mut io::stdin(), &mut io::sink()).ok();
            // Not `exit`, which would tear down libraries that other threads are using. Files are renamed into place when
            // they are whole.
            process::abort()
        });
    }
}

/// Runs this program with other arguments in a process in which [`computed_here`] holds.
pub(crate) fn run(workspace: &Workspace, arguments: &[&OsStr]) -> Result<()> {
    let program = env::current_exe()?;
    let mut child = Command::new(&program)
        .args(arguments)
        .envs(learners::SAME_BITS_EVERYWHERE)
        .env(LIFELINE, "")
        .stdin(Stdio::piped())
        .current_dir(workspace.root())
        .spawn()
        .with_context(|| {
            format!("cannot start {} (if it was built anew meanwhile, give the command again)", program.display())
        })?;
    // `wait` closes an input that is left in its place.
    let lifeline = child.stdin.take();
    let status = child.wait()?;
    drop(lifeline);
    ensure!(status.success(), "`experiments {}` failed ({status})", arguments.join(OsStr::new(" ")).display());
    Ok(())
}
