//! `RunSpec` -> `RunRecord`: the wiring. Read this after `crates/jsrl/src/jump_start.rs`.

use std::{
    any::Any,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use anyhow::{Context, Result};
use jsrl::{JumpStart, JumpStartLane};
use learners::Device;
use rl::{CheckpointError, Drivers, EpisodeScores, Learner, OfflineTraining, Policy, Prng};

use crate::{
    checkpoint::{self, Keeper},
    data::DataCatalog,
    events::{EventWriter, log_diagnostics, log_evaluation},
    judge::Judge,
    progress::Progress,
    provenance,
    record::{self, Evaluation, GuideMeasure, RecordStore, RunOutcome, RunRecord},
    spec::{NamedRun, OfflinePlan, OnlinePlan, RunSpec, Start},
    workspace::Workspace,
};

/// The record of the training that made kept networks, beside them. Networks that were made anew, perhaps by another
/// machine, need not have the scores of the record that the tables read.
const OWN_RECORD: &str = "record.json";
/// Gradient steps between two entries of the TensorBoard log.
const LOG_EVERY: usize = 500;

/// A run of one seed under its method's name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    /// The method's name in tables.
    pub(crate) method: String,
    /// The run.
    pub(crate) spec: RunSpec,
    /// The seed.
    pub(crate) seed: u64,
}

impl Job {
    /// The runs that must be finished before this one.
    pub(crate) fn needs(&self) -> Vec<Job> {
        let job = |NamedRun { method, spec }| Job { method, spec, seed: self.seed };
        self.spec.needs().into_iter().map(job).collect()
    }
}

/// Makes records. Everything that a result must not depend on lives here, and not in a specification.
pub(crate) struct Runner {
    /// Where networks are kept.
    pub(crate) workspace: Workspace,
    /// Where records are kept.
    pub(crate) store: RecordStore,
    /// Where data come from.
    pub(crate) data: DataCatalog,
    /// Where the learners compute.
    pub(crate) device: Device,
    /// Where TensorBoard events go, if anywhere.
    pub(crate) log_folder: Option<PathBuf>,
    /// Seconds between two checkpoints of a run under way.
    pub(crate) checkpoint_seconds: f64,
}

/// A record, and how it came about.
pub(crate) enum Ended {
    /// It was made here and now.
    Here(RunRecord),
    /// It was there already, from another process perhaps.
    Elsewhere(RunRecord),
}

impl Ended {
    /// The record.
    pub(crate) fn record(self) -> RunRecord {
        let (Ended::Here(record) | Ended::Elsewhere(record)) = self;
        record
    }
}

impl Runner {
    /// Makes the record of a job, or reads it where it exists. A training that goes wrong gives a record that says so;
    /// an error means that nothing could be recorded.
    pub(crate) fn run(&self, job: &Job, progress: &Progress) -> Result<Ended> {
        let _lock = self.wait_for(job, progress)?;
        self.run_locked(job, progress)
    }

    /// The same, but none where another process or thread is at it, or at a run that it needs.
    pub(crate) fn try_run(&self, job: &Job, progress: &Progress) -> Result<Option<Ended>> {
        for need in job.needs() {
            if self.workspace.try_lock(&need.spec.key(), need.seed)?.is_none() {
                return Ok(None);
            }
        }
        let Some(_lock) = self.workspace.try_lock(&job.spec.key(), job.seed)? else { return Ok(None) };
        self.run_locked(job, progress).map(Some)
    }

    fn run_locked(&self, job: &Job, progress: &Progress) -> Result<Ended> {
        if let Some(record) = self.store.load(&job.method, &job.spec, job.seed)? {
            return Ok(Ended::Elsewhere(record));
        }
        // A bug, or a state that is no number, ends this run and no other.
        let record = match catch_unwind(AssertUnwindSafe(|| self.train(job, progress))) {
            Ok(record) => record?,
            Err(panic) => {
                let mut record = self.open_record(job);
                record.outcome = RunOutcome::Failed(format!("it panicked: {}", panic_message(&*panic)));
                record.close(0.0);
                record
            }
        };
        self.store.save(&record)?;
        checkpoint::discard(&self.workspace, job);
        Ok(Ended::Here(record))
    }

    /// Waits until nobody else is at a run, and says so where somebody is.
    fn wait_for(&self, job: &Job, progress: &Progress) -> Result<fs::File> {
        let key = job.spec.key();
        if let Some(lock) = self.workspace.try_lock(&key, job.seed)? {
            return Ok(lock);
        }
        progress.line(&format!("waiting for another process or thread that makes {}", label(job)));
        self.workspace.lock(&key, job.seed)
    }

    fn open_record(&self, Job { method, spec, seed }: &Job) -> RunRecord {
        RunRecord::new(method, spec.clone(), *seed, provenance::of(self.device, &self.workspace))
    }

    fn train(&self, job: &Job, progress: &Progress) -> Result<RunRecord> {
        match &job.spec.online {
            None => self.train_offline(job, progress),
            Some(online) => self.train_online(job, online, progress),
        }
    }

    /// The offline phase: its networks go to the checkpoint folder, its record tells how good they are.
    fn train_offline(&self, job: &Job, progress: &Progress) -> Result<RunRecord> {
        let Job { spec, seed, .. } = job;
        let mut record = self.open_record(job);
        let mut keeper = Keeper::new(&self.workspace, job, self.device, self.checkpoint_seconds);
        let dataset = self.data.load(spec.task, &spec.data, *seed)?;
        let mut learner = self.fresh_learner(spec, *seed);
        let saved = keeper.resume(&mut *learner, &label(job), progress);
        let mut log = self.log(job)?;
        let bar = progress.bar(&label(job), spec.offline.updates as u64);

        let streams = vec![Prng::derive(&spec.key().to_string(), *seed, "minibatches")];
        let mut training = OfflineTraining::new(&mut *learner, vec![dataset], streams, spec.offline.batch_rows);
        if let Some((checks, state)) = saved {
            record.offline_checks = checks;
            training.restore(state);
        }
        let OfflinePlan { updates, episodes, checks, .. } = spec.offline;
        let mut judge = Judge::of(spec, *seed);
        let mut judge = |policy: &dyn Policy, round: &str| -> Option<EpisodeScores> {
            Some(judge.score(Drivers::alone(policy), 0, episodes, round))
        };
        while training.updates() < updates {
            let diagnostics = training.step();
            let update = training.updates();
            bar.reach(update as u64);
            if let Some(name) = diagnostics.not_finite() {
                record.outcome = RunOutcome::Failed(format!("{name} is not finite after {update} updates"));
                record.close(keeper.seconds());
                return Ok(record);
            }
            if update % LOG_EVERY == 0 {
                log_diagnostics(&mut log, update, &diagnostics)?;
            }
            // The last check is the result itself.
            if update < updates && update * (checks + 1) / updates > (update - 1) * (checks + 1) / updates {
                let alone = judge(training.learner().policy(), &format!("offline {update}"));
                record.offline_checks.push(Evaluation { step: update, horizon: None, alone, combined: None });
            }
            keeper.save_if_due(update, training.learner(), &record.offline_checks, || training.state())?;
        }
        let alone = judge(learner.policy(), "offline");
        record.evaluations.push(Evaluation { step: 0, horizon: None, alone, combined: None });
        record.close(keeper.seconds());
        self.keep(&*learner, &record)?;
        Ok(record)
    }

    /// The online phase: Algorithm 1, with the evaluations that move the curriculum and those that are reported.
    fn train_online(&self, job: &Job, online: &OnlinePlan, progress: &Progress) -> Result<RunRecord> {
        let Job { spec, seed, .. } = job;
        let mut record = self.open_record(job);
        for need in spec.needs() {
            if let RunOutcome::Failed(reason) = self.finished(&need, *seed, progress)?.outcome {
                let which = if need.spec.online.is_none() { "offline phase" } else { "guide's run" };
                record.outcome = RunOutcome::Failed(format!("its {which} failed: {reason}"));
                record.close(0.0);
                return Ok(record);
            }
        }
        let mut keeper = Keeper::new(&self.workspace, job, self.device, self.checkpoint_seconds);
        let dataset = self.data.load(spec.task, &spec.data, *seed)?;
        let mut learner = self.fresh_learner(spec, *seed);
        let mut critic_warm_up = 0;
        if online.start != Start::Cold {
            let offline = self.finished(&NamedRun::offline(spec.offline_run()), *seed, progress)?;
            record.evaluations.extend(offline.evaluations);
            let folder = self.workspace.networks(&spec.offline_run().key(), *seed);
            if let Start::Actor { critic_warm_up: steps } = online.start {
                learner.given_actor().context("no actor can be given to this learner")?.load_actor(&folder)?;
                critic_warm_up = steps;
            } else {
                learner.load(&folder)?;
            }
        }
        let (guide, measure) = self.guide(spec, online, *seed, progress)?;
        let saved = keeper.resume(&mut *learner, &label(job), progress);
        let mut log = self.log(job)?;
        let bar = progress.bar(&label(job), online.steps as u64);

        let first_horizon = measure.as_ref().map_or(0, |measure| measure.first_horizon);
        let lane = JumpStartLane {
            environment: spec.environment(),
            replay: online.replay.buffers(&dataset),
            schedule: online.schedule.start(first_horizon),
            key: spec.key().to_string(),
            seed: *seed,
        };
        // Where the schedule leaves a guide no step, the seat is filled by a policy that is never asked.
        let seat = spec.task.random_policy();
        let guide: &dyn Policy = guide.as_ref().map_or(&*seat, |guide| guide.policy());
        let mut training = JumpStart::new(vec![lane], guide, &mut *learner, online.batch_rows, online.updates_per_step)
            .with_update_every(online.update_every())
            .with_guide_intent(online.guide_intent())
            .with_critic_warm_up(critic_warm_up);
        if let Some((evaluations, state)) = saved {
            record.evaluations = evaluations;
            training.restore(state);
        }
        let mut judge = Judge::of(spec, *seed);
        while training.steps() < online.steps {
            let diagnostics = training.step();
            let step = training.steps();
            bar.reach(step as u64);
            if let Some(name) = diagnostics.not_finite() {
                record.outcome = RunOutcome::Failed(format!("{name} is not finite after {step} steps"));
                break;
            }
            if step % LOG_EVERY < online.update_every() {
                log_diagnostics(&mut log, step, &diagnostics)?;
            }
            if let Some(evaluation) = judge.after_step(&mut training, online.evaluation) {
                bar.message(&summary(&evaluation));
                log_evaluation(&mut log, &evaluation)?;
                record.evaluations.push(evaluation);
            }
            keeper.save_if_due(step, training.learner(), &record.evaluations, || training.state())?;
        }
        let forced_stages = training.schedules()[0].forced();
        record.guide = measure.map(|measure| GuideMeasure { forced_stages, ..measure });
        record.close(keeper.seconds());
        if record.outcome == RunOutcome::Finished {
            self.keep(&*learner, &record)?;
        }
        Ok(record)
    }

    /// The record of a run that another one needs, with its networks in the checkpoint folder. Networks that are gone are
    /// made anew from the specification: on the same machine they come out the same, bit for bit.
    pub(crate) fn finished(&self, run: &NamedRun, seed: u64, progress: &Progress) -> Result<RunRecord> {
        let NamedRun { method, spec } = run.clone();
        let job = Job { method, spec, seed };
        let spec = &job.spec;
        let _lock = self.wait_for(&job, progress)?;
        let record = self.run_locked(&job, progress)?.record();
        let networks = self.workspace.networks(&spec.key(), seed);
        if record.outcome != RunOutcome::Finished {
            return Ok(record);
        }
        match self.fresh_learner(spec, seed).load(&networks) {
            Ok(()) => {
                let own = networks.join(OWN_RECORD);
                return if own.exists() { record::read(&own) } else { Ok(record) };
            }
            Err(CheckpointError::Malformed { path, problem }) => {
                progress.line(&format!("training {} again, since {} {problem}", label(&job), path.display()));
            }
            Err(_) => progress.line(&format!("training {} again, whose networks are not here", label(&job))),
        }
        let again = self.train(&job, progress)?;
        checkpoint::discard(&self.workspace, &job);
        if again.evaluations != record.evaluations {
            progress.line(&format!(
                "note: {} was trained again, and its scores differ from its record (another machine?); what follows \
                 uses the new networks and their scores",
                label(&job)
            ));
        }
        Ok(again)
    }

    fn fresh_learner(&self, spec: &RunSpec, seed: u64) -> Box<dyn Learner> {
        let stream = Prng::derive(&spec.key().to_string(), seed, "learner");
        spec.learner.build(spec.environment().spec(), vec![stream], self.device)
    }

    /// Puts the networks of a finished run, and what they can do, where guides, warm starts and people find them.
    fn keep(&self, learner: &dyn Learner, record: &RunRecord) -> Result<()> {
        let folder = self.workspace.networks(&record.spec.key(), record.seed);
        record.write(&folder.join(OWN_RECORD))?;
        learner.save(&folder).context("the networks cannot be kept: check the free disk and the folder's permissions")
    }

    fn log(&self, job: &Job) -> Result<Option<EventWriter>> {
        let Some(folder) = &self.log_folder else { return Ok(None) };
        let folder = folder
            .join(job.spec.task.to_string())
            .join(&job.method)
            .join(job.spec.key().to_string())
            .join(format!("seed-{}", job.seed));
        EventWriter::create(&folder, crate::clock::unix_seconds()).map(Some)
    }
}

/// The words of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// A job in one line, for people.
pub(crate) fn label(job: &Job) -> String {
    format!("{} {} {} seed {}", job.spec.task, job.spec.data.size(job.spec.task), job.method, job.seed)
}

/// What a progress bar tells of an evaluation.
fn summary(Evaluation { horizon, alone, .. }: &Evaluation) -> String {
    let success = alone.as_ref().map_or(String::new(), |scores| format!("{:.0} %", 100.0 * scores.success_rate()));
    let horizon = horizon.map_or(String::new(), |horizon| format!(" h={horizon}"));
    success + &horizon
}
