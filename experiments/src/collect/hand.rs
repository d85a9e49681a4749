//! Data of the hand's tasks: some demonstrations of an expert, and the roll-outs of a policy cloned from more of them; the
//! recipe of D4RL's `cloned` data, and of the sparse-reward data of Nair et al. 2020 (AWAC).
//!
//! Those two clone what they record, and so it is with the pen. With door and ball 25 demonstrations are recorded and the
//! clone is taught by more: cloned from 25 it would lift the ball in no episode. Actions are noisy, labels are not.

use std::sync::Arc;

use d4rl::{Metadata, Recording};
use envs::{
    Task,
    hand::{HandTask, Known},
    oracle::hand::{Demonstrated, Demonstrator},
};
use learners::{BcConfig, BcLoss, Device, Inputs, LearnerConfig};
use rayon::prelude::*;
use rl::{Dataset, Environment, EnvironmentSpec, Intent, Learner, Observation, OfflineTraining, Outcome, Prng, Row};

use crate::{
    collect::sign,
    progress::Progress,
    side_by_side::{Taken, play_side_by_side},
    spec::Scale,
};

/// Episodes made side by side.
const EPISODES_AT_ONCE: u64 = 16;
/// Rows of a minibatch of the clone.
const BATCH_ROWS: usize = 256;
/// The clone's inputs are taught with noise of this share of their standard deviation over the demonstrations ...
const INPUT_NOISE: f32 = 0.1;
/// ... drawn anew in each of so many copies of the data.
const COPIES: usize = 4;

/// How much is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandPlan {
    /// Demonstrations at the beginning of the file.
    recorded: usize,
    /// Demonstrations that teach the clone, the recorded ones among them.
    taught: usize,
    /// The clone's gradient steps.
    updates: usize,
    /// Rows of the file.
    rows: usize,
}

impl HandPlan {
    /// What a scale's file takes.
    pub(crate) fn of(task: HandTask, scale: Scale) -> Self {
        if scale == Scale::Smoke {
            return Self { recorded: 2, taught: 2, updates: 200, rows: 2_000 };
        }
        let taught = match task {
            HandTask::Pen => 25,
            HandTask::Door => 150,
            HandTask::Relocate => 300,
        };
        Self { recorded: 25, taught, updates: 20_000, rows: 100_000 }
    }
}

/// What became of it.
pub(crate) struct HandData {
    /// The file.
    pub(crate) recording: Recording,
    /// The clone.
    pub(crate) clone: Box<dyn Learner>,
    /// Episodes that the expert tried, and those that succeeded.
    pub(crate) expert: [usize; 2],
    /// Episodes of the clone, and those that succeeded.
    pub(crate) cloned: [usize; 2],
}

/// Makes demonstrations and roll-outs; the same whatever the number of threads.
pub(crate) fn collect(task: Task, hand: HandTask, plan: HandPlan) -> HandData {
    let spec = task.build().spec().clone();
    let progress = Progress::new(1);
    let (demonstrations, tried) = demonstrate(task, hand, plan.taught, &progress);
    let mut recording = Recording::empty(spec.state_size, spec.action_size);
    for demonstration in &demonstrations[..plan.recorded] {
        let taken = demonstration.iter().map(|step| (&step.observation, &step.action[..], step.step.reward));
        record(&mut recording, hand, taken);
    }
    let clone = teach(task, &spec, &demonstrations, plan.updates, &progress);
    let cloned = roll_out(task, hand, &*clone, plan.rows, &mut recording, &progress);
    sign(&mut recording, "an expert's demonstrations, then a clone's roll-outs");
    let count = Metadata::Numbers { shape: vec![], values: vec![plan.recorded as f32] };
    recording.metadata.insert("demonstrations".into(), count);
    progress.close();
    HandData { recording, clone, expert: [tried, demonstrations.len()], cloned }
}

fn stream(task: Task, episode: u64, purpose: &str) -> Prng {
    Prng::derive(task.name(), episode, purpose)
}

/// Successful demonstrations, in the order of their streams, and how many were tried for them.
fn demonstrate(task: Task, hand: HandTask, wanted: usize, progress: &Progress) -> (Vec<Vec<Demonstrated>>, usize) {
    let bar = progress.bar(&format!("demonstrations for {task}"), wanted as u64);
    let mut good: Vec<Vec<Demonstrated>> = Vec::new();
    let (mut next, mut tried) = (0, 0);
    while good.len() < wanted {
        let episodes: Vec<Vec<Demonstrated>> = (next..next + EPISODES_AT_ONCE)
            .into_par_iter()
            .map_init(
                || Demonstrator::new(hand, task.name()),
                |demonstrator, k| demonstrator.episode(&mut stream(task, k, "demonstrations")),
            )
            .collect();
        next += EPISODES_AT_ONCE;
        for episode in episodes {
            if good.len() == wanted {
                break;
            }
            tried += 1;
            if episode.iter().filter(|step| step.step.success).count() >= hand.success_steps() {
                good.push(episode);
            }
        }
        bar.reach(good.len() as u64);
    }
    (good, tried)
}

/// Clones the labels of demonstrations.
fn teach(
    task: Task,
    spec: &EnvironmentSpec,
    demonstrations: &[Vec<Demonstrated>],
    updates: usize,
    progress: &Progress,
) -> Box<dyn Learner> {
    learners::use_one_thread();
    let config = BcConfig {
        loss: BcLoss::SquaredError,
        learning_rate: 1e-3,
        hidden: vec![256, 256],
        dropout: 0.0,
        inputs: Inputs::Scaled,
    };
    let mut learner = LearnerConfig::Bc(config).build(spec, vec![stream(task, 0, "clone")], Device::CPU);
    let data = lessons(spec, demonstrations, &mut stream(task, 0, "input noise"));
    let bar = progress.bar(&format!("clone for {task}"), updates as u64);
    let rngs = vec![stream(task, 0, "minibatches")];
    let mut training = OfflineTraining::new(&mut *learner, vec![Arc::new(data)], rngs, BATCH_ROWS);
    for update in 1..=updates {
        training.step();
        if update % 100 == 0 {
            bar.reach(update as u64);
        }
    }
    learner
}

/// States with noise, and the expert's choice in the state without.
fn lessons(spec: &EnvironmentSpec, demonstrations: &[Vec<Demonstrated>], rng: &mut Prng) -> Dataset {
    let steps = || demonstrations.iter().flatten();
    let count = steps().count() as f32;
    let moment = |power: i32, feature: usize, centre: f32| {
        steps().map(|step| (step.observation.state[feature] - centre).powi(power)).sum::<f32>() / count
    };
    let deviations: Vec<f32> =
        (0..spec.state_size).map(|feature| moment(2, feature, moment(1, feature, 0.0)).sqrt()).collect();
    let mut data = Dataset::empty(spec.state_size, spec.action_size);
    for _ in 0..COPIES {
        for Demonstrated { observation, label, .. } in steps() {
            let noisy = observation.state.iter().zip(&deviations);
            let state: Vec<f32> = noisy.map(|(x, deviation)| x + INPUT_NOISE * deviation * rng.normal()).collect();
            // Cloning looks at states and actions alone.
            let next_state = &observation.state;
            data.push(Row {
                state: &state,
                action: label,
                reward: 0.0,
                next_state,
                bootstrap: 1.0,
                success: 0.0,
                images: None,
            });
        }
    }
    data
}

/// Lets the clone act until the recording has `rows`; the last episode is cut. Returns its episodes and successes.
fn roll_out(
    task: Task,
    hand: HandTask,
    clone: &dyn Learner,
    rows: usize,
    recording: &mut Recording,
    progress: &Progress,
) -> [usize; 2] {
    let bar = progress.bar(&format!("data for {task}"), rows as u64);
    let mut environments: Vec<Box<dyn Environment>> = (0..EPISODES_AT_ONCE).map(|_| task.build()).collect();
    let (mut next, mut counts) = (0, [0, 0]);
    while recording.len() < rows {
        let streams = (0..EPISODES_AT_ONCE as usize).map(|k| stream(task, next + k as u64, "roll-outs"));
        let unused = &mut stream(task, 0, "unused");
        let episodes = play_side_by_side(&mut environments, streams, clone.policy(), Intent::Exploit, unused);
        next += EPISODES_AT_ONCE;
        for episode in episodes {
            let left = rows - recording.len();
            if left == 0 {
                break;
            }
            counts[0] += 1;
            counts[1] += usize::from(episode.iter().filter(|taken| taken.step.success).count() >= hand.success_steps());
            let taken =
                episode.iter().map(|Taken { observation, action, step }| (observation, &action[..], step.reward));
            record(recording, hand, taken.take(left));
        }
        bar.reach(recording.len() as u64);
    }
    counts
}

/// Adds an episode, each step with the whole state of the simulator, as D4RL does.
fn record<'a>(
    recording: &mut Recording,
    hand: HandTask,
    taken: impl ExactSizeIterator<Item = (&'a Observation, &'a [f32], f32)>,
) {
    let steps = taken.len();
    for (number, (observation, action, reward)) in taken.enumerate() {
        let outcome = if number + 1 == steps { Outcome::TimesOut } else { Outcome::Continues };
        recording.push(&observation.state, action, reward, outcome);
        let Known { positions, velocities, facts, .. } = Known::of(hand, &observation.privileged);
        recording.push_info("qpos", positions);
        recording.push_info("qvel", velocities);
        recording.push_info("drawn", facts);
    }
}
