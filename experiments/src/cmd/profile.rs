//! `experiments profile`: where the time of a run goes.
//!
//! Environment and learner are wrapped by ones that time their calls; the loop, the evaluator and the sampling are
//! those of every run. Nothing of this is compiled into a run that is not profiled.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use clap::Args;
use jsrl::{JumpStart, JumpStartLane};
use learners::Device;
use rl::{
    CheckpointError, Dataset, Diagnostics, Environment, EnvironmentSpec, GivenActor, Intent, LaneRows, Learner,
    Minibatch, Observation, ObservationRows, OfflineTraining, Policy, Prng, Replay, ReplayBuffer, Snapshot, Step,
    sample,
};

use crate::{
    AtScale, Computing, Selection,
    clock::Stopwatch,
    cmd,
    data::DataCatalog,
    judge::Judge,
    paper,
    progress::tell,
    spec::{OnlinePlan, RunSpec, Scale},
    table::Table,
    workspace::Workspace,
};

/// Show where the time of an online run goes: JSRL with a curriculum on the U-shaped maze, at laptop settings.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Environment steps; evaluations come as often as in a whole run.
    #[arg(long, default_value_t = 5_000)]
    steps: usize,
    /// Gradient steps of the offline phase that makes the guide; not counted.
    #[arg(long, default_value_t = 2_000)]
    guide_updates: usize,
    #[command(flatten)]
    computing: Computing,
}

/// The cell that is profiled.
const CELL: &str = "table1/antmaze-umaze-v0/10k/jsrl-curriculum";

/// The verb.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let catalog = DataCatalog::new(workspace);
    let laptop = Selection { sized: AtScale { scale: Scale::Laptop }, only: vec![CELL.to_string()] };
    let mut spec = paper::cells(&laptop, &catalog)?.remove(0).spec;
    // The small file serves: what a step costs does not depend on what is learned. Sampling alone is cheaper from it, since
    // it stays in the caches: 6 microseconds a minibatch, where a million rows take 45.
    cmd::data::ensure(workspace, Scale::Smoke, &[(spec.task, &spec.data)])?;
    spec.data = catalog.slice(spec.task, Scale::Smoke, spec.data.transitions)?;
    let online = spec.online.clone().context("the cell has an online phase")?;
    let device = Device::parse(&arguments.computing.device)?;
    // One thread, as every run has.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let table = pool.install(|| -> Result<Table> {
        learners::use_one_thread();
        profile(&spec, &online, &catalog, device, arguments)
    })?;
    tell(&table.markdown())?;
    Ok(())
}

fn profile(
    spec: &RunSpec,
    online: &OnlinePlan,
    catalog: &DataCatalog,
    device: Device,
    arguments: &Arguments,
) -> Result<Table> {
    let dataset = catalog.load(spec.task, &spec.data, 0)?;
    let fresh = |purpose: &str| {
        spec.learner.build(spec.environment().spec(), vec![Prng::derive("profile", 0, purpose)], device)
    };
    let mut guide = fresh("guide");
    let streams = vec![Prng::derive("profile", 0, "minibatches")];
    let mut offline = OfflineTraining::new(&mut *guide, vec![dataset.clone()], streams, spec.offline.batch_rows);
    (0..arguments.guide_updates).for_each(|_| drop(offline.step()));

    let [stepping, judged_stepping, updating, acting] = [(); 4].map(|()| Arc::new(Timer::default()));
    let environment = |timer: &Arc<Timer>| -> Box<dyn Environment> {
        Box::new(Timed { inner: spec.environment(), timer: timer.clone() })
    };
    let mut learner = TimedLearner { inner: fresh("learner"), updating: updating.clone(), acting: acting.clone() };
    let guide = TimedPolicy { inner: guide.policy(), acting: acting.clone() };
    let first_horizon = spec.task.max_steps() / 2;
    let lane = JumpStartLane {
        environment: environment(&stepping),
        replay: online.replay.buffers(&dataset),
        schedule: online.schedule.start(first_horizon),
        key: "profile".into(),
        seed: 0,
    };
    let mut training = JumpStart::new(vec![lane], &guide, &mut learner, online.batch_rows, online.updates_per_step)
        .with_update_every(online.update_every());
    let mut judge = Judge::new("profile".into(), 0, || environment(&judged_stepping));
    let (whole, mut training_acting, mut judging) = (Stopwatch::start(), 0.0, 0.0);
    while training.steps() < arguments.steps {
        let acting_before = acting.seconds();
        training.step();
        training_acting += acting.seconds() - acting_before;
        let watch = Stopwatch::start();
        judge.after_step(&mut training, online.evaluation);
        judging += watch.seconds();
    }
    let whole = whole.seconds();
    let updates = updating.calls();
    let sampling = per_sample(online, &dataset) * updates as f64;

    let rows = [
        ("updates", updating.seconds(), updates),
        ("environment steps", stepping.seconds(), stepping.calls()),
        ("evaluation", judging, judged_stepping.calls()),
        ("  its environment steps", judged_stepping.seconds(), judged_stepping.calls()),
        ("  its policies", acting.seconds() - training_acting, 0),
        ("choosing actions", training_acting, stepping.calls()),
        ("minibatch sampling", sampling, updates),
        ("the rest", whole - updating.seconds() - stepping.seconds() - judging - training_acting - sampling, 0),
        ("in all", whole, 0),
    ];
    let mut table = Table::new(["part", "seconds", "share", "calls", "microseconds per call"]);
    for (part, seconds, calls) in rows {
        let share = format!("{:.1} %", 100.0 * seconds / whole);
        let (calls, per_call) = match calls {
            0 => (String::new(), String::new()),
            calls => (calls.to_string(), format!("{:.1}", 1e6 * seconds / calls as f64)),
        };
        table.push([part.to_string(), format!("{seconds:.2}"), share, calls, per_call]);
    }
    Ok(table)
}

/// Seconds of one call of [`sample`], timed apart on buffers as large as the run's: inside the loop it cannot be seen
/// from outside.
fn per_sample(online: &OnlinePlan, dataset: &Arc<Dataset>) -> f64 {
    const CALLS: usize = 2_000;
    let collected = ReplayBuffer::preloaded(dataset.len(), Dataset::clone(dataset));
    let replay = Replay { online: collected, ..online.replay.buffers(dataset) };
    let mut rngs = [Prng::derive("profile", 0, "sampling")];
    let watch = Stopwatch::start();
    for _ in 0..CALLS {
        std::hint::black_box(sample(std::slice::from_ref(&replay), online.batch_rows, &mut rngs));
    }
    watch.seconds() / CALLS as f64
}

/// Adds up the time of calls.
#[derive(Debug, Default)]
struct Timer {
    nanoseconds: AtomicU64,
    calls: AtomicU64,
}

impl Timer {
    fn time<T>(&self, call: impl FnOnce() -> T) -> T {
        let watch = Stopwatch::start();
        let result = call();
        self.nanoseconds.fetch_add((1e9 * watch.seconds()) as u64, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        result
    }

    fn seconds(&self) -> f64 {
        self.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// An environment whose steps are timed.
struct Timed {
    inner: Box<dyn Environment>,
    timer: Arc<Timer>,
}

impl Environment for Timed {
    fn spec(&self) -> &EnvironmentSpec {
        self.inner.spec()
    }

    fn reset(&mut self, rng: &mut Prng) -> Observation {
        self.inner.reset(rng)
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.timer.time(|| self.inner.step(action))
    }

    fn snapshot(&self) -> Snapshot {
        self.inner.snapshot()
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        self.inner.restore(snapshot);
    }
}

/// A policy whose calls are timed.
struct TimedPolicy<'a> {
    inner: &'a dyn Policy,
    acting: Arc<Timer>,
}

impl Policy for TimedPolicy<'_> {
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        self.acting.time(|| self.inner.act(observations, intent, rngs))
    }
}

/// A learner whose updates are timed, and whose policy is.
struct TimedLearner {
    inner: Box<dyn Learner>,
    updating: Arc<Timer>,
    acting: Arc<Timer>,
}

impl Learner for TimedLearner {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        self.updating.time(|| self.inner.update(batch))
    }

    fn policy(&self) -> &dyn Policy {
        self
    }

    fn save(&self, directory: &Path) -> Result<(), CheckpointError> {
        self.inner.save(directory)
    }

    fn load(&mut self, directory: &Path) -> Result<(), CheckpointError> {
        self.inner.load(directory)
    }

    fn given_actor(&mut self) -> Option<&mut dyn GivenActor> {
        self.inner.given_actor()
    }
}

impl Policy for TimedLearner {
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        self.acting.time(|| self.inner.policy().act(observations, intent, rngs))
    }
}
