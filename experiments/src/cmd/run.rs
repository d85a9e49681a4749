//! `experiments run`: makes every record that is missing.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use envs::Task;
use learners::Device;

use crate::{
    Options, Seeds, checkpoint, cmd,
    data::DataCatalog,
    paper::{self, Cell, Exhibit},
    progress::{self, Progress},
    queue::{Busy, Queue},
    record::{RecordStore, RunOutcome, RunRecord},
    run::{Ended, Job, Runner, label},
    spec::{DataSlice, RunSpec, check_method},
    theory::{self, TheoryStore, make::TheoryPlan},
    workspace::Workspace,
};

/// Make all runs that are not yet recorded.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Make the run of this JSON file (a record's "spec") instead of those of the tables.
    #[arg(long, value_name = "FILE", conflicts_with = "only")]
    spec: Option<PathBuf>,
    /// The name under which the run of --spec is recorded.
    #[arg(long, default_value = "custom", requires = "spec")]
    method: String,
    /// The first seed; from 1000 on they are pilots, which are recorded and in no table.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    first_seed: u64,
    /// Print the plan and stop.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    options: Options,
}

/// Data, runs and report in one go. A failed run is a result too: the report comes first, the complaint after it.
pub(crate) fn everything(workspace: &Workspace, options: Options) -> Result<()> {
    let scale = options.selection.sized.scale;
    let arguments = Arguments { spec: None, method: String::new(), first_seed: 0, dry_run: false, options };
    let failed = make(workspace, &arguments)?;
    cmd::report::run(workspace, scale)?;
    complain(failed)
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    complain(make(workspace, arguments)?)
}

fn complain(failed: usize) -> Result<()> {
    ensure!(
        failed == 0,
        "{failed} runs failed; their records say why, and the tables leave them out: to try one again, remove its file under \
         results/records, and that of a run that it names"
    );
    Ok(())
}

/// Makes what is missing and returns how many of the runs made have failed.
fn make(workspace: &Workspace, arguments: &Arguments) -> Result<usize> {
    let options = &arguments.options;
    let device = Device::parse(&options.computing.device)?;
    workspace.remove_leftovers();
    let (catalog, store) = (DataCatalog::new(workspace), RecordStore::new(workspace));
    let asked = jobs(workspace, arguments, &catalog)?;
    for job in asked.iter().flat_map(|job| job.needs().into_iter().chain([job.clone()])) {
        checkpoint::discard_if_over(workspace, &store, &job)?;
    }
    let costs = Costs::of(&store);
    let plan = Plan::new(&store, &costs, asked)?;
    progress::say(&plan.to_string());
    if arguments.spec.is_none() {
        measure(workspace, arguments)?;
    }
    if arguments.dry_run || plan.to_do.is_empty() {
        return Ok(0);
    }
    workspace.check_writable()?;
    plan.to_do.iter().try_for_each(|job| job.spec.verify_saved_guides(workspace))?;
    // Guides may be of other data than the runs that need them, and their networks may be gone.
    let all: Vec<Job> = plan.to_do.iter().flat_map(|job| job.needs().into_iter().chain([job.clone()])).collect();
    let mut slices: Vec<(Task, &DataSlice)> = all.iter().map(|job| (job.spec.task, &job.spec.data)).collect();
    slices.dedup_by_key(|(_, slice)| &slice.file);
    let plan = if arguments.spec.is_some() {
        plan
    } else {
        cmd::data::ensure(workspace, options.selection.sized.scale, &slices)?;
        // Files that have just been made may differ from those of the manifest.
        Plan::new(&store, &costs, jobs(workspace, arguments, &catalog)?)?
    };
    let side_by_side =
        options.jobs.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), |n| n as usize);
    let runner = Runner {
        workspace: workspace.clone(),
        store,
        data: catalog,
        device,
        log_folder: options.log_dir.clone(),
        checkpoint_seconds: options.checkpoint_seconds,
    };
    execute(&runner, plan, side_by_side)
}

/// Makes the measurements of the theory that are missing; seconds beside the hours of the runs, and so before them.
fn measure(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let Options { selection, seeds: Seeds { seeds }, jobs, .. } = &arguments.options;
    let seeds = seeds.unwrap_or(theory::seeds(selection.sized.scale));
    let seeds = arguments.first_seed..arguments.first_seed + seeds;
    for exhibit in paper::all() {
        let Exhibit::Theory(experiment) = exhibit else { continue };
        let plan = TheoryPlan::new(&TheoryStore::new(workspace), experiment.chosen(selection), seeds.clone())?;
        progress::say(&plan.to_string());
        if !arguments.dry_run && plan.missing() > 0 {
            theory::make::make(workspace, *jobs, plan)?;
        }
    }
    Ok(())
}

/// The runs that the command line asks for, seed by seed, so that a table stopped early has all its cells.
fn jobs(workspace: &Workspace, arguments: &Arguments, catalog: &DataCatalog) -> Result<Vec<Job>> {
    let Options { selection, seeds: Seeds { seeds }, .. } = &arguments.options;
    let scale = selection.sized.scale;
    let first = arguments.first_seed;
    if let Some(file) = &arguments.spec {
        check_method(&arguments.method)?;
        let spec = read_spec(file, workspace)?;
        let seeds = first..first + seeds.unwrap_or(paper::seeds(scale));
        return Ok(seeds.map(|seed| Job { method: arguments.method.clone(), spec: spec.clone(), seed }).collect());
    }
    // Two tables may ask for the same run: it gets the seeds of the one that asks for more.
    let mut runs: Vec<(Cell, u64)> = Vec::new();
    let exhibits = paper::all();
    for cell in paper::cells(selection, catalog)? {
        let of_table = |exhibit: &Exhibit| match exhibit {
            Exhibit::Runs(experiment) if experiment.id == cell.experiment => Some(experiment.seeds(scale)),
            _ => None,
        };
        let count = seeds.or_else(|| exhibits.iter().find_map(of_table)).unwrap_or(paper::seeds(scale));
        match runs.iter_mut().find(|(other, _)| (&other.method, &other.spec) == (&cell.method, &cell.spec)) {
            Some((_, most)) => *most = count.max(*most),
            None => runs.push((cell, count)),
        }
    }
    let most = runs.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let of_seed =
        |seed| runs.iter().filter(move |(_, count)| seed < *count).map(move |(cell, _)| cell.job(first + seed));
    Ok((0..most).flat_map(of_seed).collect())
}

fn read_spec(file: &PathBuf, workspace: &Workspace) -> Result<RunSpec> {
    const ADVICE: &str = "a specification is what stands under \"spec\" in any file of results/records";
    let json = std::fs::read(file).with_context(|| format!("cannot read {} ({ADVICE})", file.display()))?;
    let mut spec: RunSpec = serde_json::from_slice(&json)
        .with_context(|| format!("{} is no run specification ({ADVICE})", file.display()))?;
    spec.note_saved_guides(workspace)
        .and_then(|()| spec.check())
        .with_context(|| format!("{} cannot be run", file.display()))?;
    Ok(spec)
}

/// Which runs are there, and which must be made.
pub(crate) struct Plan {
    /// Runs asked for that are recorded.
    pub(crate) done: usize,
    /// Those of them that failed.
    pub(crate) failed: usize,
    /// Runs to make, seed by seed, those that others need first.
    pub(crate) to_do: Vec<Job>,
    /// Core-hours of `to_do`, from the wall time of records like them; none where nothing like some is recorded.
    pub(crate) core_hours: Option<f64>,
}

impl Plan {
    /// Looks up every job and what it needs.
    pub(crate) fn new(store: &RecordStore, costs: &Costs, jobs: Vec<Job>) -> Result<Self> {
        let (mut done, mut failed, mut needs, mut asked) = (0, 0, Vec::new(), Vec::new());
        let name = |job: &Job| (job.method.clone(), job.spec.key(), job.seed);
        let mut looked_up = HashSet::new();
        for job in jobs {
            if let Some(record) = store.load(&job.method, &job.spec, job.seed)? {
                done += 1;
                failed += usize::from(record.outcome != RunOutcome::Finished);
                continue;
            }
            for need in job.needs() {
                if looked_up.insert(name(&need)) && store.load(&need.method, &need.spec, need.seed)?.is_none() {
                    needs.push(need);
                }
            }
            asked.push(job);
        }
        asked.retain(|job| !looked_up.contains(&name(job))); // what is asked for is not recorded, so that it is in `needs`
        let mut to_do = [needs, asked].concat();
        to_do.sort_by_key(|job| job.seed); // stable: needs stay in front
        let core_hours = to_do.iter().map(|job| costs.hours(job)).sum();
        Ok(Self { done, failed, to_do, core_hours })
    }
}

/// How long runs took, by class.
pub(crate) struct Costs(HashMap<String, Vec<f64>>);

impl Costs {
    /// Stands for the methods that no record is of: theirs are the costs of all others with the budget.
    const ANY: &str = "any";

    /// The wall time (s) of the finished runs of all records.
    pub(crate) fn of(store: &RecordStore) -> Self {
        let mut seconds: HashMap<String, Vec<f64>> = HashMap::new();
        for RunRecord { method, spec, outcome, provenance, .. } in store.readable() {
            if outcome == RunOutcome::Finished {
                for class in [Self::class(&method, &spec), Self::class(Self::ANY, &spec)] {
                    seconds.entry(class).or_default().push(provenance.wall_seconds);
                }
            }
        }
        Self(seconds)
    }

    /// What runs like this one took on the average; none where nothing like it is recorded.
    fn hours(&self, job: &Job) -> Option<f64> {
        let of = |method: &str| self.0.get(&Self::class(method, &job.spec));
        let like = of(&job.method).or_else(|| of(Self::ANY))?;
        Some(like.iter().sum::<f64>() / like.len() as f64 / 3600.0)
    }

    /// Runs of one class take about equally long, whatever the task: updates cost the same, and so do steps.
    fn class(method: &str, spec: &RunSpec) -> String {
        let budget = spec.online.as_ref().map_or_else(
            || format!("{} of {}", spec.offline.updates, spec.offline.batch_rows),
            |online| {
                let updates = format!("{} / {}", online.updates_per_step, online.update_every());
                format!("{} with {updates} of {}", online.steps, online.batch_rows)
            },
        );
        format!("{method} {} {budget}", spec.learner.name())
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Plan { done, failed, to_do, core_hours } = self;
        let failed =
            if *failed > 0 { format!(" ({failed} of them failed, as their records tell)") } else { String::new() };
        write!(f, "plan: {done} runs done{failed}, {} to do", to_do.len())?;
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

/// Makes the runs of a plan, several side by side, each in one thread of its own. Returns how many failed.
fn execute(runner: &Runner, plan: Plan, side_by_side: usize) -> Result<usize> {
    let progress = Progress::new(plan.to_do.len());
    let failed = AtomicUsize::new(0);
    let queue = Queue::new(plan.to_do);
    let stopped: Mutex<Option<anyhow::Error>> = Mutex::new(None);
    let work = || {
        // One thread a run, for libtorch as for the environments: results cannot depend on --jobs.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
        pool.install(learners::use_one_thread);
        while let Some((job, busy)) = queue.next() {
            let ended = pool.install(|| match busy {
                Busy::Skip => runner.try_run(&job, &progress),
                Busy::Wait => runner.run(&job, &progress).map(Some),
            });
            match ended {
                Ok(None) => queue.put_off(job),
                Ok(Some(ended)) => {
                    queue.ended();
                    let sentence = sentence(&job, &ended);
                    let failure = ended.record().outcome != RunOutcome::Finished;
                    failed.fetch_add(usize::from(failure), Ordering::Relaxed);
                    progress.line(&sentence);
                    progress.finish_run();
                }
                // Nothing could be recorded: a full disk, say. The others would fare no better.
                Err(error) => {
                    queue.clear();
                    let error = error.context(label(&job));
                    progress.line(&format!("stopping after the runs under way: {}", progress::sentence(&error)));
                    stopped.lock().expect("no panic while storing").get_or_insert(error);
                }
            }
        }
    };
    thread::scope(|scope| (0..side_by_side).for_each(|_| drop(scope.spawn(work))));
    progress.close();
    match stopped.into_inner().expect("all threads ended well") {
        Some(error) => Err(error),
        None => Ok(failed.into_inner()),
    }
}

/// How a run ended, in a line.
fn sentence(job: &Job, ended: &Ended) -> String {
    let record = match ended {
        Ended::Here(record) => record,
        Ended::Elsewhere(_) => return format!("done elsewhere: {}", label(job)),
    };
    match &record.outcome {
        RunOutcome::Failed(reason) => format!("failed: {}: {reason}", label(job)),
        RunOutcome::Finished => {
            let percent = record.success_percent().expect("each run is judged at its end");
            format!("done: {}: {percent:.1} % succeed ({:.0} s)", label(job), record.provenance.wall_seconds)
        }
    }
}
