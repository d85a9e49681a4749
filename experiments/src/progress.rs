//! Progress for people at a terminal, one line per event for everybody else.

use std::{
    io::{ErrorKind, Write, stderr, stdout},
    time::Duration,
};

use anyhow::{Context, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Bars of the runs under way, above one bar of all runs. Nothing is drawn where stderr is no terminal.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bars: MultiProgress,
    total: ProgressBar,
}

/// The bar of one run.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Progress {
    /// Bars for a number of runs.
    pub(crate) fn new(runs: usize) -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(4));
        let total = bars.add(ProgressBar::new(runs as u64));
        total.set_style(style("{msg:44} {wide_bar} {pos}/{len} runs, {elapsed_precise} so far, {eta_precise} left"));
        total.set_message("all");
        total.enable_steady_tick(Duration::from_secs(1));
        Self { bars, total }
    }

    /// A bar for one run of `length` steps.
    pub(crate) fn bar(&self, label: &str, length: u64) -> Bar {
        let bar = self.bars.insert_before(&self.total, ProgressBar::new(length));
        bar.set_style(style("{prefix:44} {wide_bar} {pos}/{len} {per_sec}, {eta_precise} left {msg}"));
        bar.set_prefix(label.to_string());
        Bar(bar)
    }

    /// Counts a finished run.
    pub(crate) fn finish_run(&self) {
        self.total.inc(1);
    }

    /// Prints a line that stays.
    pub(crate) fn line(&self, text: &str) {
        if self.total.is_hidden() {
            say(text);
        } else {
            self.total.suspend(|| say(text));
        }
    }

    /// Takes all bars away.
    pub(crate) fn close(&self) {
        self.total.finish_and_clear();
    }
}

impl Bar {
    /// One step further.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// At a given step.
    pub(crate) fn reach(&self, step: u64) {
        self.0.set_position(step);
    }

    /// A word behind the bar.
    pub(crate) fn message(&self, text: &str) {
        self.0.set_message(text.to_string());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// An error and its causes in one line; what a text has already said of its cause is not said again.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        if parts.last().is_none_or(|last| !last.ends_with(&cause)) {
            parts.push(cause);
        }
    }
    parts.join(": ")
}

/// Prints what the user asked to see on stdout. Nobody need read all of it: `| head` soon has enough.
pub(crate) fn tell(text: &str) -> Result<()> {
    match writeln!(stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to the standard output")
        }
        _ => Ok(()),
    }
}

/// Prints a line on stderr, and goes on where that cannot be: a log on a full disk must not end a run.
pub(crate) fn say(text: &str) {
    writeln!(stderr(), "{text}").ok();
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a valid template").progress_chars("━╸─")
}
