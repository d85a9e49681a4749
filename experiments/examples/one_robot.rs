//! JSRL where there is only one robot: it learns and is judged on the same machine, cannot be put back into an earlier state,
//! does not wait for updates while it moves, and has a guide with a memory. Stop it and give the command again, and it goes on:
//! `cargo run -p experiments --example one_robot -- FOLDER`.

use std::{env, error, fs, io, io::Write, path::Path, sync::Arc, sync::Mutex};

use jsrl::{JumpStart, JumpStartLane, JumpStartState, SchedulePlan};
use learners::{Device, IqlConfig, LearnerConfig};
use rl::{Environment, EnvironmentSpec, Intent, LaneRows, Observation, ObservationRows, Policy, Prng, Snapshot, Step};

#[path = "own_task.rs"]
#[expect(dead_code, reason = "it is an example of its own")]
pub(crate) mod own_task;

/// The one robot, here the walker of `own_task.rs`; of a real one this holds the connection. Its clones share it.
#[derive(Clone)]
pub(crate) struct Robot {
    spec: EnvironmentSpec,
    body: Arc<Mutex<Box<dyn Environment>>>,
    /// The guide's memory: it first gets to the middle, then goes.
    has_been_in_the_middle: bool,
}

impl Robot {
    pub(crate) fn switch_on() -> Self {
        let body = own_task::ledge();
        let spec = EnvironmentSpec { privileged_size: 1, ..body.spec().clone() };
        Self { spec, body: Arc::new(Mutex::new(body)), has_been_in_the_middle: false }
    }
    /// Policies keep nothing between calls. So the environment remembers for the guide, and tells it what learners never see.
    fn remember(&mut self, mut observation: Observation) -> Observation {
        self.has_been_in_the_middle |= observation.state[1].abs() < 0.01;
        observation.privileged = vec![f32::from(u8::from(self.has_been_in_the_middle))];
        observation
    }
}

impl Environment for Robot {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }
    fn reset(&mut self, rng: &mut Prng) -> Observation {
        self.has_been_in_the_middle = false;
        let observation = self.body.lock().expect("no thread has panicked").reset(rng);
        self.remember(observation)
    }
    fn step(&mut self, action: &[f32]) -> Step {
        let step = self.body.lock().expect("no thread has panicked").step(action);
        Step { observation: self.remember(step.observation), ..step }
    }
    /// The world cannot be saved. Whoever restores this begins an episode next.
    fn snapshot(&self) -> Snapshot {
        Snapshot(Vec::new())
    }
    fn restore(&mut self, _: &Snapshot) {}
}

/// Sideways to the middle, then straight on; about every other time the wind takes it before the end.
pub(crate) struct ToTheMiddleAndOn;
impl Policy for ToTheMiddleAndOn {
    fn act(&self, observations: &ObservationRows, _: Intent, _: &mut [Prng]) -> LaneRows {
        let rows = observations.state.rows();
        let act = |row| match (observations.privileged.row(0, row)[0], observations.state.row(0, row)[1]) {
            (0.0, across) => [0.0, -0.2 * across.signum()],
            _ => [0.5, 0.0],
        };
        LaneRows::from_vec(1, rows, 2, (0..rows).flat_map(act).collect())
    }
}

/// The percentage of 100 episodes in which the guide arrives by itself.
pub(crate) fn guide_alone() -> f32 {
    let robot: Box<dyn Environment> = Box::new(Robot::switch_on());
    let mut exam = [rl::EvaluationLane { environments: vec![robot], key: "robot".into(), seed: 0 }];
    100.0 * rl::evaluate(rl::Drivers::alone(&ToTheMiddleAndOn), &mut exam, &[0], 100, "guide")[0].success_rate()
}

/// Trains until the robot has taken `steps` steps in all, from where `folder` says that it was; judges the learner alone.
pub(crate) fn train(folder: &Path, steps: usize) -> Result<f32, Box<dyn error::Error>> {
    let robot = Robot::switch_on();
    let iql = IqlConfig { expectile: 0.9, hidden: vec![64; 2], ..IqlConfig::adroit_small() };
    let mut learner = LearnerConfig::Iql(iql).build(robot.spec(), vec![Prng::derive("robot", 0, "IQL")], Device::CPU);
    // The loop's file says which learner belongs to it.
    let (loop_file, learner_at) = (folder.join("loop.json"), |steps: usize| folder.join(format!("learner-{steps}")));
    let saved: Option<(usize, JumpStartState)> = match fs::read(&loop_file) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None, // the first time
        Err(error) => return Err(error.into()),
    };
    if let Some((steps, _)) = &saved {
        learner.load(&learner_at(*steps))?;
    }
    let replay = rl::Replay { online: rl::ReplayBuffer::of_task(20_000, robot.spec()), offline: None };
    let schedule = SchedulePlan::Curriculum { stages: 5, tolerance: 0.1, window: 3 }.start(40);
    let lane = JumpStartLane { environment: Box::new(robot.clone()), replay, schedule, key: "robot".into(), seed: 0 };
    let mut training = JumpStart::new(vec![lane], &ToTheMiddleAndOn, &mut *learner, 128, 1);
    if let Some((_, saved)) = saved {
        training.restore(saved);
        training.begin_episodes(); // the robot is not where it was
    }
    let mut exam = [rl::EvaluationLane { environments: vec![Box::new(robot)], key: "robot".into(), seed: 0 }];
    let (mut updates, mut episodes, mut saved_at) = (training.steps(), 0, training.steps());
    while training.steps() < steps {
        training.collect(); // nothing but this in a control period
        if !training.between_episodes() {
            continue;
        }
        episodes += 1;
        for _ in updates..training.steps() {
            training.update(); // as many as steps, while the robot rests
        }
        updates = training.steps();
        if episodes % 10 == 0 {
            if let Some(horizon) = training.schedules()[0].evaluation_horizon() {
                let scores = rl::evaluate(training.drivers(), &mut exam, &[horizon], 20, &training.steps().to_string());
                training.observe_evaluation(&[scores[0].success_rate()]); // or a mean return, where there is no success
            }
            training.begin_episodes(); // the evaluation has moved the robot
            // Whenever the power goes, one state is whole: the older one is there until the newer is on the disk.
            training.learner().save(&learner_at(training.steps()))?;
            let mut file = fs::File::create(folder.join("loop.new"))?;
            file.write_all(&serde_json::to_vec(&(training.steps(), training.state()))?)?;
            file.sync_all()?;
            fs::rename(folder.join("loop.new"), &loop_file)?;
            fs::remove_dir_all(learner_at(saved_at)).ok(); // the first time there is none
            saved_at = training.steps();
        }
    }
    Ok(100.0 * rl::evaluate(training.drivers(), &mut exam, &[0], 100, "score")[0].success_rate())
}

fn main() -> Result<(), Box<dyn error::Error>> {
    learners::use_one_thread();
    let folder = env::args().nth(1).ok_or("name a folder to keep the training in")?;
    eprintln!("The guide alone arrives in {:.0} % of episodes", guide_alone());
    let rate = train(Path::new(&folder), 8_000)?;
    eprintln!("The robot arrives in {rate:.0} % of episodes, without its guide");
    Ok(())
}
