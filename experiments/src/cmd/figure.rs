//! `experiments figure`: pictures that need no runs.

use anyhow::{Result, bail};
use clap::Args;

use crate::{pictures, progress::tell, spec::Scale, workspace::Workspace};

/// Draw pictures that need no runs.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Which ones: fig1, fig5, fig6, demo [default: all of them].
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let all = pictures::all();
    if let Some(name) = arguments.names.iter().find(|name| all.iter().all(|picture| picture.id != **name)) {
        let known: Vec<_> = all.iter().map(|picture| picture.id).collect();
        bail!("there is no picture '{name}'; the pictures are {}", known.join(", "));
    }
    for picture in all {
        if arguments.names.is_empty() || arguments.names.iter().any(|name| name == picture.id) {
            // Scales are of runs, and these take none.
            let drawn = (picture.draw)(workspace, &workspace.artifact(picture.id, Scale::Laptop))?;
            tell(&format!("{}\n{}", picture.title, drawn.seen))?;
            for file in drawn.files {
                tell(&format!("  wrote {}", file.display()))?;
            }
        }
    }
    Ok(())
}
