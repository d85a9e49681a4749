//! Where, when and with what a record was made.

use std::{fs, process::Command, sync::OnceLock};

use learners::Device;

use crate::{record::Provenance, workspace::Workspace};

/// The circumstances of a run; its date and wall time follow when it ends ([`crate::record::RunRecord::close`]).
pub(crate) fn of(device: Device, workspace: &Workspace) -> Provenance {
    Provenance {
        revision: revision(workspace).to_string(),
        rustc: env!("RUSTC_VERSION").to_string(),
        libraries: format!("{}, {}", learners::LIBTORCH, envs::PHYSICS),
        device: format!("{device}, {}", processor()),
        date: String::new(),
        wall_seconds: 0.0,
    }
}

fn revision(workspace: &Workspace) -> &'static str {
    static REVISION: OnceLock<String> = OnceLock::new();
    REVISION.get_or_init(|| {
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .arg("-C")
                .arg(workspace.root())
                .args(arguments)
                .output()
                .ok()
                .filter(|output| output.status.success())?;
            Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
        };
        let Some(name) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".into() };
        // New records are no change of the source.
        let changed = git(&["status", "--porcelain", "--", "crates", "experiments", "Cargo.toml", "Cargo.lock"]);
        if changed.is_none_or(|files| files.is_empty()) { name } else { format!("{name}+") }
    })
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    name.trim_start_matches([' ', '\t', ':']).to_string()
}
