//! Regenerates the tables and figures of *Jump-Start Reinforcement Learning* (Uchendu et al., ICML 2023).
//!
//! One verb, one file under `cmd/`. The way from a declared run to a table: `paper/table1.rs` declares, `run.rs` makes
//! records, `paper/` and `render/` turn records into files.

mod actor;
mod checkpoint;
mod clock;
mod cmd;
mod collect;
mod data;
mod data_file;
mod episode;
mod events;
mod guide;
mod judge;
mod paper;
mod pictures;
mod progress;
mod provenance;
mod queue;
mod record;
mod render;
mod run;
mod same_bits;
mod side_by_side;
mod spec;
mod stats;
mod table;
mod theory;
mod workspace;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::{spec::Scale, workspace::Workspace};

/// Regenerates the tables and figures of "Jump-Start Reinforcement Learning" (Uchendu et al., ICML 2023).
///
/// Without a verb: makes missing data, runs all that is not yet recorded, and writes the tables. It can be stopped at
/// any moment and given again; finished runs are never redone.
#[derive(Parser)]
#[command(name = "experiments", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// The size of the tables.
#[derive(Args, Clone, Copy)]
pub(crate) struct AtScale {
    /// How much is run: smoke (seconds, the numbers mean nothing), laptop (hours to days), paper (the paper's own budgets).
    #[arg(long, value_enum, default_value = "laptop")]
    pub(crate) scale: Scale,
}

/// Which runs of the tables.
#[derive(Args, Clone)]
pub(crate) struct Selection {
    #[command(flatten)]
    pub(crate) sized: AtScale,
    /// Only the table or figure of this name, such as table1 or fig15, or those cells whose name contains this, such as
    /// antmaze-umaze-v0/10k or jsrl-curriculum; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Vec<String>,
}

/// How many times.
#[derive(Args, Clone, Copy)]
pub(crate) struct Seeds {
    /// Number of seeds, counted from 0 [default: 1 smoke, 3 laptop, paper as many as its table
    /// has, mostly 20; of the theory 4 smoke, 200 otherwise].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) seeds: Option<u64>,
}

/// Where networks compute.
#[derive(Args, Clone)]
pub(crate) struct Computing {
    /// Where the learners compute: cpu or cuda.
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,
}

/// Which runs are made, and how.
#[derive(Args, Clone)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) seeds: Seeds,
    #[command(flatten)]
    pub(crate) computing: Computing,
    /// Runs made side by side, each on one core [default: all cores].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub(crate) jobs: Option<u64>,
    /// Write TensorBoard events under this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) log_dir: Option<PathBuf>,
    /// Seconds between two checkpoints of a run under way.
    #[arg(long, hide = true, value_name = "SECONDS", default_value_t = 300.0)]
    pub(crate) checkpoint_seconds: f64,
}

#[derive(Subcommand)]
enum Verb {
    /// Show every table and figure with its runs done, its runs in all and the core-hours left.
    List(cmd::list::Arguments),
    /// Make data sets in D4RL's layout.
    Data(cmd::data::Arguments),
    /// Show what the loader makes of a D4RL file.
    Inspect(cmd::inspect::Arguments),
    /// Make all runs that are not yet recorded.
    Run(cmd::run::Arguments),
    /// Judge a policy on a task.
    Evaluate(cmd::evaluate::Arguments),
    /// Render an episode as a GIF.
    Play(cmd::play::Arguments),
    /// Draw pictures that need no runs: figures 1, 5 and 6, and the demonstration.
    ///
    /// They follow from files of this repository alone. The film and the maps show the guide and the policy of
    /// results/demo/, which `cargo run -p experiments -- export` made from two runs; to see others, remove those folders
    /// and export others there.
    Figure(cmd::figure::Arguments),
    /// Write a small copy of a saved policy (of IQL or cloning) that can act but no longer learn.
    ///
    /// It holds the actor's network and neither critics nor the optimiser's memory, in the layout of a cloned policy, so
    /// that whatever takes a saved policy takes it. It acts by its best action; how widely the actor explored is left
    /// out. A run's key is the name of its folder in checkpoints/ and, below task and method, in results/records/.
    Export(cmd::export::Arguments),
    /// Write tables and figures from the records.
    Report(AtScale),
    /// Compare the paper's claims with the records.
    Check(AtScale),
    /// Show where the time of an online run goes.
    Profile(cmd::profile::Arguments),
    /// Remake the walker that acts in the ant maze data.
    Walker(cmd::walker::Arguments),
    /// Remake the network that turns the pen in its data.
    PenExpert(cmd::pen_expert::Arguments),
    /// Simulate a robot under given torques, for comparison with another simulator.
    ///
    /// `make crosscheck` asks for such traces and lays MuJoCo's beside them.
    Trace(cmd::trace::Arguments),
}

fn main() -> ExitCode {
    same_bits::end_with_the_starter();
    let Cli { options, verb } = Cli::parse();
    match dispatch(options, verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&format!("error: {}", progress::sentence(&error)));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(options: Options, verb: Option<Verb>) -> Result<()> {
    let workspace = Workspace::find()?;
    match verb {
        None => cmd::run::everything(&workspace, options),
        Some(Verb::List(arguments)) => cmd::list::run(&workspace, &arguments),
        Some(Verb::Data(arguments)) => cmd::data::run(&workspace, &arguments),
        Some(Verb::Inspect(arguments)) => cmd::inspect::run(&arguments),
        Some(Verb::Run(arguments)) => cmd::run::run(&workspace, &arguments),
        Some(Verb::Evaluate(arguments)) => cmd::evaluate::run(&arguments),
        Some(Verb::Play(arguments)) => cmd::play::run(&arguments),
        Some(Verb::Figure(arguments)) => cmd::figure::run(&workspace, &arguments),
        Some(Verb::Export(arguments)) => cmd::export::run(&arguments),
        Some(Verb::Report(AtScale { scale })) => cmd::report::run(&workspace, scale),
        Some(Verb::Check(AtScale { scale })) => cmd::check::run(&workspace, scale),
        Some(Verb::Profile(arguments)) => cmd::profile::run(&workspace, &arguments),
        Some(Verb::Walker(arguments)) => cmd::walker::run(&workspace, &arguments),
        Some(Verb::PenExpert(arguments)) => cmd::pen_expert::run(&workspace, &arguments),
        Some(Verb::Trace(arguments)) => cmd::trace::run(&arguments),
    }
}
