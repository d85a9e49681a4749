//! JSRL on a task of one's own with a scripted guide: `cargo run -p experiments --example own_task`.

use jsrl::{JumpStart, JumpStartLane, SchedulePlan};
use learners::{Device, IqlConfig, LearnerConfig};
use rl::{Environment, EnvironmentSpec, Intent, LaneRows, Observation, ObservationRows, Outcome, Policy, Prng, Step};

/// A walk of 1 m along a ledge 0.2 m wide, in a side wind. The only reward waits at its end; whoever steps off is out.
struct Ledge(EnvironmentSpec, [f32; 2]);
pub(crate) fn ledge() -> Box<dyn Environment> {
    let spec = EnvironmentSpec {
        name: "ledge".into(),
        state_size: 2, // along and across (m)
        state_center: vec![0.5, 0.0],
        state_spread: vec![0.5, 0.1],
        image: None,
        privileged_size: 0,
        action_size: 2,
        max_steps: 60,
        success_steps: 1,
    };
    Box::new(rl::TimeLimit::new(Ledge(spec, [0.0; 2])))
}

impl Environment for Ledge {
    fn spec(&self) -> &EnvironmentSpec {
        &self.0
    }
    fn reset(&mut self, rng: &mut Prng) -> Observation {
        self.1 = [0.0, rng.uniform(-0.09, 0.09)];
        Observation::of_state(self.1.to_vec())
    }
    fn step(&mut self, action: &[f32]) -> Step {
        self.1 = [0, 1].map(|i| self.1[i] + 0.05 * action[i].clamp(-1.0, 1.0) + [0.0, 0.0025][i]); // the wind
        let (success, observation) = (self.1[0] >= 1.0, Observation::of_state(self.1.to_vec()));
        let outcome = if success || self.1[1].abs() > 0.1 { Outcome::Terminates } else { Outcome::Continues };
        Step { observation, reward: f32::from(u8::from(success)), outcome, success }
    }
    fn snapshot(&self) -> rl::Snapshot {
        rl::Snapshot(self.1.iter().flat_map(|x| x.to_le_bytes()).collect())
    }
    fn restore(&mut self, rl::Snapshot(bytes): &rl::Snapshot) {
        self.1 = [0, 4].map(|i| f32::from_le_bytes(bytes[i..i + 4].try_into().expect("four bytes")));
    }
}

/// Walks straight on and knows nothing of the wind, so that it arrives from some starts and is blown off from others.
struct StraightOn;
impl Policy for StraightOn {
    fn act(&self, observations: &ObservationRows, _: Intent, _: &mut [Prng]) -> LaneRows {
        LaneRows::from_vec(1, observations.state.rows(), 2, [0.8, 0.0].repeat(observations.state.rows())) // one lane
    }
}

/// Trains IQL for 8,000 steps. Returns the percentage of 100 episodes in which it then arrives, without any guide.
pub(crate) fn train(plan: &SchedulePlan) -> f32 {
    let iql = IqlConfig { expectile: 0.9, hidden: vec![64; 2], ..IqlConfig::adroit_small() };
    let mut learner = LearnerConfig::Iql(iql).build(ledge().spec(), vec![Prng::derive("ledge", 0, "IQL")], Device::CPU);
    let replay = rl::Replay { online: rl::ReplayBuffer::of_task(20_000, ledge().spec()), offline: None };
    let schedule = plan.start(25); // the guide's way takes 25 steps
    let lane = JumpStartLane { environment: ledge(), replay, schedule, key: "ledge".into(), seed: 0 };
    let mut training = JumpStart::new(vec![lane], &StraightOn, &mut *learner, 128, 1);
    let mut exam =
        [rl::EvaluationLane { environments: (0..20).map(|_| ledge()).collect(), key: "ledge".into(), seed: 0 }];
    while training.steps() < 8_000 {
        training.step();
        if let (0, Some(horizon)) = (training.steps() % 200, training.schedules()[0].evaluation_horizon()) {
            let scores = rl::evaluate(training.drivers(), &mut exam, &[horizon], 20, &training.steps().to_string());
            training.observe_evaluation(&[scores[0].success_rate()]);
        }
    }
    100.0 * rl::evaluate(training.drivers(), &mut exam, &[0], 100, "score")[0].success_rate()
}

fn main() {
    learners::use_one_thread();
    eprintln!("IQL alone arrives in {:.0} % of episodes", train(&SchedulePlan::LearnerOnly));
    let curriculum = SchedulePlan::Curriculum { stages: 5, tolerance: 0.1, window: 3 };
    eprintln!("IQL jump-started by the guide arrives in {:.0} %, by itself", train(&curriculum));
}
