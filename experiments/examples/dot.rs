//! QT-Opt and JSRL from pictures on a toy task, in minutes: `cargo run -p experiments --example dot`.
//!
//! Three learners of 3,000 steps are judged: QT-Opt alone; QT-Opt with 20 demonstrations in its buffer; and QT-Opt
//! jump-started by a clone of the demonstrations, which are then in no buffer.

use std::sync::Arc;

use jsrl::{JumpStart, JumpStartLane, SchedulePlan};
use learners::{CemConfig, Device, ImageBcConfig, LearnerConfig, QtOptConfig, Vision, Widths};
use rl::{
    Dataset, Drivers, Environment, EnvironmentSpec, EvaluationLane, Image, ImageShape, Intent, Lane, LaneRows, Learner,
    Observation, ObservationRows, OfflineTraining, Outcome, Policy, Prng, Replay, ReplayBuffer, Snapshot, Step,
    TimeLimit,
};

/// Farthest from the red dot that counts as on it.
const TOLERANCE: f32 = 0.2;
/// What learns this task fastest: where the one red dot is says all.
const NETWORK: Vision = Vision::Points(Widths { filters: 16, hidden: 128 });
/// An action whose third component is above this ends the episode.
const TERMINATE: f32 = 0.5;
/// What an action of 1 moves the square by.
const STRIDE: f32 = 0.4;
const MAX_STEPS: usize = 10;

/// A white square among a red and a blue dot in a field from -1 to 1. An action moves the square or ends the episode;
/// the only reward is for an end on the red dot. The picture says all: the state is a 0.
struct Dot {
    spec: EnvironmentSpec,
    /// Of the square, the red and the blue dot: x and y.
    places: [[f32; 2]; 3],
}

/// The task with pictures of `size` x `size`.
pub(crate) fn dot(size: usize) -> Box<dyn Environment> {
    let spec = EnvironmentSpec {
        name: "dot".into(),
        state_size: 1,
        state_center: vec![0.0],
        state_spread: vec![1.0],
        image: Some(ImageShape { height: size, width: size, channels: 3 }),
        privileged_size: 2, // from the square to the red dot
        action_size: 3,
        max_steps: MAX_STEPS,
        success_steps: 1,
    };
    Box::new(TimeLimit::new(Dot { spec, places: [[0.0; 2]; 3] }))
}

impl Dot {
    fn offset(&self) -> [f32; 2] {
        [0, 1].map(|i| self.places[1][i] - self.places[0][i])
    }

    fn observation(&self) -> Observation {
        let shape = self.spec.image.expect("a task with pictures");
        let pixel = 2.2 / shape.width as f32; // the field and a margin of 0.1
        let place = |index: usize| (index as f32 + 0.5) * pixel - 1.1;
        let [square, red, blue] = self.places;
        let colour = |x: f32, y: f32| {
            let [dx, dy] = [(x - square[0]).abs(), (y - square[1]).abs()];
            let within = |[cx, cy]: [f32; 2]| (x - cx).hypot(y - cy) < 0.14;
            match () {
                () if dx.max(dy) < 0.08 => [255, 255, 255],
                () if within(red) => [230, 60, 40],
                () if within(blue) => [40, 60, 230],
                () => [40, 40, 40],
            }
        };
        let pixels = (0..shape.height).flat_map(|row| (0..shape.width).map(move |column| (row, column)));
        let bytes = pixels.flat_map(|(row, column)| colour(place(column), place(row))).collect();
        Observation { state: vec![0.0], image: Some(Image::new(shape, bytes)), privileged: self.offset().to_vec() }
    }
}

impl Environment for Dot {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut Prng) -> Observation {
        let mut place = || [rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)];
        self.places = [place(), place(), place()];
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let ends = action[2] > TERMINATE;
        let stride = if ends { 0.0 } else { STRIDE };
        for (place, action) in self.places[0].iter_mut().zip(action) {
            *place = (*place + stride * action.clamp(-1.0, 1.0)).clamp(-1.0, 1.0);
        }
        let [dx, dy] = self.offset();
        let success = ends && dx.hypot(dy) < TOLERANCE;
        let outcome = if ends { Outcome::Terminates } else { Outcome::Continues };
        Step { observation: self.observation(), reward: f32::from(u8::from(success)), outcome, success }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot(self.places.iter().flatten().flat_map(|x| x.to_le_bytes()).collect())
    }

    fn restore(&mut self, Snapshot(bytes): &Snapshot) {
        for (x, bytes) in self.places.iter_mut().flatten().zip(bytes.chunks_exact(4)) {
            *x = f32::from_le_bytes(bytes.try_into().expect("four bytes"));
        }
    }
}

/// Goes to the red dot, of which it is told, a little aside, and ends there.
struct Teacher;

impl Policy for Teacher {
    fn act(&self, observations: &ObservationRows, _: Intent, rngs: &mut [Prng]) -> LaneRows {
        let [dx, dy] = observations.privileged.row(0, 0)[..] else { unreachable!("one lane and one row") };
        let end = if dx.hypot(dy) < 0.8 * TOLERANCE { 1.0 } else { -1.0 };
        let mut noisy = |x: f32| (x / STRIDE + 0.2 * rngs[0].normal()).clamp(-1.0, 1.0);
        LaneRows::from_vec(1, 1, 3, vec![noisy(dx), noisy(dy), end])
    }
}

/// Transitions of as many successful episodes of the teacher.
pub(crate) fn demonstrations(size: usize, episodes: usize) -> Dataset {
    let mut kept = Dataset::of_task(dot(size).spec());
    let mut rngs = [Prng::derive("dot", 0, "demonstrations")];
    let mut lane = Lane::new(dot(size), rngs[0].clone(), 0);
    let mut successes = 0;
    while successes < episodes {
        let mut episode = ReplayBuffer::preloaded(MAX_STEPS, kept.without_rows());
        loop {
            let seen = ObservationRows::stack(1, 1, std::iter::once(lane.observation()));
            let transition = lane.step(Teacher.act(&seen, Intent::Exploit, &mut rngs).row(0, 0));
            episode.push(&transition);
            if transition.outcome.ends_episode() {
                lane.begin_episode(0);
                break;
            }
        }
        let rows = episode.columns();
        if rows.successes[0] > 0.0 {
            successes += 1;
            (0..rows.len()).for_each(|row| kept.push(rows.row(row)));
        }
    }
    kept
}

/// A clone of the demonstrations, which has seen nothing else.
pub(crate) fn clone_of(data: Dataset, size: usize, updates: usize) -> Box<dyn Learner> {
    let stream = |purpose: &str| vec![Prng::derive("dot", 0, purpose)];
    let config = LearnerConfig::ImageBc(ImageBcConfig { network: NETWORK, ..ImageBcConfig::small() });
    let mut learner = config.build(dot(size).spec(), stream("clone"), Device::CPU);
    let mut training = OfflineTraining::new(&mut *learner, vec![Arc::new(data)], stream("clone's batches"), 32);
    (0..updates).for_each(|_| drop(training.step()));
    learner
}

/// A learner's share of successes in 100 episodes.
pub(crate) fn success(drivers: Drivers, size: usize, horizon: usize) -> f32 {
    let environments = (0..50).map(|_| dot(size)).collect();
    let mut exam = [EvaluationLane { environments, key: "dot".into(), seed: 0 }];
    rl::evaluate(drivers, &mut exam, &[horizon], 100, "exam")[0].success_rate()
}

/// An online training that starts with `data` in its buffer; the learner is asked for one update a step.
pub(crate) fn training<'a>(
    learner: &'a mut dyn Learner,
    guide: &'a dyn Policy,
    data: Dataset,
    size: usize,
    plan: &SchedulePlan,
) -> JumpStart<'a> {
    let replay = Replay { online: ReplayBuffer::preloaded(20_000, data), offline: None };
    // The teacher's way takes 3 to 4 steps.
    let schedule = plan.start(4);
    let lane = JumpStartLane { environment: dot(size), replay, schedule, key: "dot".into(), seed: 0 };
    JumpStart::new(vec![lane], guide, learner, 32, 1)
}

/// A fresh QT-Opt.
pub(crate) fn qt_opt(size: usize) -> Box<dyn Learner> {
    let stream = vec![Prng::derive("dot", 0, "learner")];
    let cem = CemConfig::published();
    // Targets that follow soon enough for some thousand updates.
    let config =
        QtOptConfig { network: NETWORK, cem, learning_rate: 3e-3, tau: 0.01, lag: 100, ..QtOptConfig::small() };
    LearnerConfig::QtOpt(config).build(dot(size).spec(), stream, Device::CPU)
}

fn main() {
    const SIZE: usize = 64;
    learners::use_one_thread();
    let data = demonstrations(SIZE, 20);
    let guide = clone_of(data.clone(), SIZE, 600);
    eprintln!(
        "the guide ends {:.0} % of episodes on the dot",
        100.0 * success(Drivers::alone(guide.policy()), SIZE, 0)
    );
    let curriculum = SchedulePlan::Curriculum { stages: 4, tolerance: 0.1, window: 3 };
    for (name, data, plan) in [
        ("alone", data.without_rows(), &SchedulePlan::LearnerOnly),
        ("with demonstrations", data.clone(), &SchedulePlan::LearnerOnly),
        ("jump-started", data.without_rows(), &curriculum),
    ] {
        let mut learner = qt_opt(SIZE);
        let mut training = training(&mut *learner, guide.policy(), data, SIZE, plan);
        while training.steps() < 3_000 {
            training.step();
            if let (0, Some(horizon)) = (training.steps() % 250, training.schedules()[0].evaluation_horizon()) {
                training.observe_evaluation(&[success(training.drivers(), SIZE, horizon)]);
            }
            if training.steps() % 1_000 == 0 {
                let score = 100.0 * success(training.drivers(), SIZE, 0);
                eprintln!("QT-Opt {name}, {} steps: {score:.0} %", training.steps());
            }
        }
    }
}
