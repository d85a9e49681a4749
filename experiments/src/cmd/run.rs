//! `experiments run`: makes every record that is missing.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use learners::Device;

use crate::{
    Options, cmd,
    data::DataCatalog,
    paper::{self, Cell},
    progress::Progress,
    record::{RecordStore, RunOutcome},
    run::{Job, Runner, label},
    spec::RunSpec,
    workspace::Workspace,
};

/// Make all runs that are not yet recorded.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Make the run of this JSON file (a record's "spec") instead of those of the tables.
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// The name under which the run of --spec is recorded.
    #[arg(long, default_value = "custom", requires = "spec")]
    method: String,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first_seed: u64,
    /// Print the plan and stop.
    #[arg(long)]
    dry_run: bool,
}

/// Data, runs and report in one go.
pub(crate) fn everything(workspace: &Workspace, options: &Options) -> Result<()> {
    run(workspace, options, &Arguments { spec: None, method: String::new(), first_seed: 0, dry_run: false })?;
    cmd::report::run(workspace, options)
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, options: &Options, arguments: &Arguments) -> Result<()> {
    let device = Device::parse(&options.device)?;
    let catalog = DataCatalog::new(workspace);
    let seeds = arguments.first_seed..arguments.first_seed + options.seeds.unwrap_or(paper::seeds(options.scale));
    let jobs: Vec<Job> = if let Some(file) = &arguments.spec {
        let spec = read_spec(file)?;
        seeds.map(|seed| Job { method: arguments.method.clone(), spec: spec.clone(), seed }).collect()
    } else {
        cmd::data::ensure(workspace, options, &paper::tasks(options, &catalog)?)?;
        let cells = paper::cells(options, &catalog)?;
        // Seed by seed, so that a table stopped early has all its cells.
        seeds.flat_map(|seed| cells.iter().map(move |cell| cell.job(seed))).collect()
    };
    let store = RecordStore::new(workspace);
    let plan = Plan::new(&store, jobs)?;
    eprintln!("{plan}");
    if arguments.dry_run || plan.to_do.is_empty() {
        return Ok(());
    }
    let jobs = options.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let runner =
        Runner { workspace: workspace.clone(), store, data: catalog, device, log_folder: options.log_dir.clone() };
    execute(&runner, plan, jobs)
}

fn read_spec(file: &PathBuf) -> Result<RunSpec> {
    let json = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&json).with_context(|| {
        format!("{} is no run specification (see \"spec\" in any file of results/records)", file.display())
    })
}

/// Which runs are there, and which must be made.
pub(crate) struct Plan {
    /// Runs asked for that are recorded.
    pub(crate) done: usize,
    /// Runs to make, those that others need first.
    pub(crate) to_do: Vec<Job>,
    /// How many of `to_do`, from the first, are needed by others.
    needed: usize,
    /// Core-hours of `to_do`, from the wall time of records like them; none where nothing like them is recorded.
    pub(crate) core_hours: Option<f64>,
}

impl Plan {
    /// Looks up every job and what it needs.
    pub(crate) fn new(store: &RecordStore, jobs: Vec<Job>) -> Result<Self> {
        let mut plan = Self { done: 0, to_do: Vec::new(), needed: 0, core_hours: Some(0.0) };
        let mut wall_seconds: Vec<(String, f64)> = Vec::new();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for job in jobs {
            if let Some(record) = store.load(&job.method, &job.spec, job.seed)? {
                plan.done += 1;
                wall_seconds.push((cost_class(&job), record.provenance.wall_seconds));
                continue;
            }
            for need in job.needs() {
                if !first.contains(&need) && store.load(&need.method, &need.spec, need.seed)?.is_none() {
                    first.push(need);
                }
            }
            second.push(job);
        }
        second.retain(|job| !first.contains(job));
        plan.needed = first.len();
        plan.to_do = first;
        plan.to_do.extend(second);
        for job in &plan.to_do {
            let class = cost_class(job);
            let like: Vec<f64> =
                wall_seconds.iter().filter(|(c, _)| *c == class).map(|(_, seconds)| *seconds).collect();
            let hours = like.iter().sum::<f64>() / like.len() as f64 / 3600.0;
            plan.core_hours = plan.core_hours.filter(|_| !like.is_empty()).map(|total| total + hours);
        }
        Ok(plan)
    }
}

/// Runs of one class take about equally long, whatever the task: updates cost the same, and so do steps.
fn cost_class(job: &Job) -> String {
    let budget = job.spec.online.as_ref().map_or(job.spec.offline.updates, |online| online.steps);
    format!("{} {budget}", job.method)
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Plan { done, to_do, core_hours, .. } = self;
        write!(f, "plan: {done} runs done, {} to do", to_do.len())?;
        match core_hours {
            _ if to_do.is_empty() => Ok(()),
            Some(hours) => write!(f, ", about {hours:.1} core-hours left"),
            None => write!(f, " (no time known yet: nothing like some of them is recorded)"),
        }?;
        let mut counts: Vec<(String, usize)> = Vec::new();
        for job in to_do {
            let cell = Cell::name_of(job);
            match counts.iter_mut().find(|(name, _)| *name == cell) {
                Some((_, count)) => *count += 1,
                None => counts.push((cell, 1)),
            }
        }
        counts.iter().try_for_each(|(cell, count)| write!(f, "\n  {cell}: {count}"))
    }
}

/// Makes the runs of a plan, several side by side, each in one thread of its own.
fn execute(runner: &Runner, plan: Plan, jobs: usize) -> Result<()> {
    let progress = Progress::new(plan.to_do.len());
    let failed = AtomicUsize::new(0);
    let mut needed: Vec<Job> = plan.to_do;
    let rest = needed.split_off(plan.needed);
    for wave in [needed, rest] {
        let queue = Mutex::new(VecDeque::from(wave));
        let stopped: Mutex<Option<anyhow::Error>> = Mutex::new(None);
        thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    // One thread a run, for libtorch as for the environments: results cannot depend on --jobs.
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
                    loop {
                        // In a statement of its own: the lock must not be held while the job runs.
                        let job = queue.lock().expect("no panic while popping").pop_front();
                        let Some(job) = job else { break };
                        let record = pool.install(|| {
                            learners::use_one_thread();
                            runner.run(&job, &progress)
                        });
                        match record {
                            Ok(record) => {
                                if let RunOutcome::Failed(reason) = &record.outcome {
                                    failed.fetch_add(1, Ordering::Relaxed);
                                    progress.line(&format!("failed: {}: {reason}", label(&job)));
                                } else {
                                    let score = record.score().unwrap_or_default();
                                    let seconds = record.provenance.wall_seconds;
                                    progress.line(&format!("done: {}: {score:.1} % ({seconds:.0} s)", label(&job)));
                                }
                                progress.finish_run();
                            }
                            // Nothing could be recorded: a full disk, say. The others would fare no better.
                            Err(error) => {
                                queue.lock().expect("no panic while popping").clear();
                                *stopped.lock().expect("no panic while storing") = Some(error.context(label(&job)));
                            }
                        }
                    }
                });
            }
        });
        if let Some(error) = stopped.into_inner().expect("all threads ended well") {
            progress.close();
            return Err(error);
        }
    }
    progress.close();
    let failed = failed.into_inner();
    if failed > 0 {
        bail!("{failed} runs failed; their records say why, and the tables leave them out");
    }
    Ok(())
}
