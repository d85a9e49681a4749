//! The loop's calls, in order, written to a tape by fakes: who acts when, what is stored, when a horizon is asked for.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use jsrl::{JumpStart, JumpStartLane, SchedulePlan};
use rl::{
    CheckpointError, Dataset, Diagnostics, Environment, EnvironmentSpec, EvaluationLane, GivenActor, Intent, LaneRows,
    Learner, Minibatch, Observation, ObservationRows, OfflineSource, Outcome, Policy, Prng, Replay, ReplayBuffer, Row,
    Snapshot, Step, TimeLimit, evaluate,
};

type Tape = Arc<Mutex<Vec<String>>>;

fn write(tape: &Tape, entry: String) {
    tape.lock().expect("no panic elsewhere").push(entry);
}

fn take(tape: &Tape) -> Vec<String> {
    std::mem::take(&mut tape.lock().expect("no panic elsewhere"))
}

/// Observes its own step count; an episode times out after 4 steps.
struct Counter {
    spec: EnvironmentSpec,
    name: &'static str,
    step: f32,
    tape: Tape,
}

impl Counter {
    fn boxed(name: &'static str, tape: &Tape) -> Box<dyn Environment> {
        let spec = EnvironmentSpec {
            name: name.into(),
            state_size: 1,
            state_center: vec![0.0],
            state_spread: vec![1.0],
            image: None,
            privileged_size: 0,
            action_size: 1,
            max_steps: 4,
            success_steps: 1,
        };
        Box::new(TimeLimit::new(Self { spec, name, step: 0.0, tape: tape.clone() }))
    }

    fn observation(&self) -> Observation {
        Observation::of_state(vec![self.step])
    }
}

impl Environment for Counter {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }

    fn reset(&mut self, _: &mut Prng) -> Observation {
        write(&self.tape, format!("{} reset", self.name));
        self.step = 0.0;
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let driver = if action[0] > 0.0 { "guide" } else { "learner" };
        write(&self.tape, format!("{} step {} by {driver}", self.name, self.step));
        self.step += 1.0;
        let reward = f32::from(u8::from(self.step == 4.0)); // for its last step
        Step { observation: self.observation(), reward, outcome: Outcome::Continues, success: false }
    }

    fn snapshot(&self) -> Snapshot {
        unreachable!("not part of this test")
    }

    fn restore(&mut self, _: &Snapshot) {
        unreachable!("not part of this test")
    }
}

struct Constant(f32);

impl Policy for Constant {
    fn act(&self, observations: &ObservationRows, _: Intent, _: &mut [Prng]) -> LaneRows {
        let (lanes, rows) = (observations.state.lanes(), observations.state.rows());
        LaneRows::from_vec(lanes, rows, 1, vec![self.0; lanes * rows])
    }
}

struct TapedLearner {
    policy: Constant,
    tape: Tape,
}

impl Learner for TapedLearner {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        write(&self.tape, format!("update with {} rows", batch.states.rows()));
        Diagnostics::default()
    }

    fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    fn save(&self, _: &Path) -> Result<(), CheckpointError> {
        unreachable!("not part of this test")
    }

    fn load(&mut self, _: &Path) -> Result<(), CheckpointError> {
        unreachable!("not part of this test")
    }

    fn given_actor(&mut self) -> Option<&mut dyn GivenActor> {
        Some(self)
    }
}

impl GivenActor for TapedLearner {
    fn update_critics(&mut self, batch: &Minibatch) -> Diagnostics {
        write(&self.tape, format!("critics with {} rows", batch.states.rows()));
        Diagnostics::default()
    }

    fn load_actor(&mut self, _: &Path) -> Result<(), CheckpointError> {
        unreachable!("not part of this test")
    }
}

fn lane(tape: &Tape, plan: &SchedulePlan, first_horizon: usize) -> JumpStartLane {
    JumpStartLane {
        environment: Counter::boxed("train", tape),
        replay: Replay { online: ReplayBuffer::new(100, 1, 1), offline: None },
        schedule: plan.start(first_horizon),
        key: "test".into(),
        seed: 0,
    }
}

/// Steps through two episodes at the plan's first horizon and returns the environment's part of the tape.
fn drivers_of_two_episodes(plan: &SchedulePlan, first_horizon: usize) -> Vec<String> {
    let tape = Tape::default();
    let mut learner = TapedLearner { policy: Constant(-1.0), tape: tape.clone() };
    let lane = lane(&tape, plan, first_horizon);
    let mut jump_start = JumpStart::new(vec![lane], &Constant(1.0), &mut learner, 3, 1);
    for _ in 0..8 {
        jump_start.step();
    }
    take(&tape).into_iter().filter(|entry| entry.starts_with("train")).collect()
}

#[test]
fn the_guide_never_acts_at_horizon_0() {
    let tape = drivers_of_two_episodes(&SchedulePlan::LearnerOnly, 4);
    assert!(tape.iter().all(|entry| !entry.ends_with("guide")), "{tape:?}");
    let tape = drivers_of_two_episodes(&SchedulePlan::Curriculum { stages: 1, tolerance: 0.0, window: 1 }, 0);
    assert!(tape.iter().all(|entry| !entry.ends_with("guide")), "{tape:?}");
}

#[test]
fn the_guide_acts_for_exactly_h_steps() {
    let tape = drivers_of_two_episodes(&SchedulePlan::Curriculum { stages: 1, tolerance: 0.0, window: 1 }, 2);
    let episode = [
        "train reset",
        "train step 0 by guide",
        "train step 1 by guide",
        "train step 2 by learner",
        "train step 3 by learner",
    ];
    let expected: Vec<_> = episode.iter().chain(&episode).chain(&["train reset"]).collect();
    assert_eq!(tape.iter().collect::<Vec<_>>(), expected);
}

/// Remembers what its actions were wanted for.
struct Asked(Mutex<Vec<Intent>>);

impl Policy for Asked {
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        self.0.lock().expect("no panic elsewhere").push(intent);
        Constant(1.0).act(observations, intent, rngs)
    }
}

/// While experience is collected; whoever is judged always does his best.
#[test]
fn the_guide_draws_where_it_is_told_to() {
    use Intent::{Exploit, Explore};
    let asked = |intent: Option<Intent>| {
        let (tape, guide) = (Tape::default(), Asked(Mutex::default()));
        let mut learner = TapedLearner { policy: Constant(-1.0), tape: tape.clone() };
        let plan = SchedulePlan::Curriculum { stages: 1, tolerance: 0.0, window: 1 };
        let training = JumpStart::new(vec![lane(&tape, &plan, 2)], &guide, &mut learner, 3, 1);
        let mut training = match intent {
            Some(intent) => training.with_guide_intent(intent),
            None => training,
        };
        (0..3).for_each(|_| drop(training.step()));
        let environments = vec![Counter::boxed("judge", &tape)];
        let mut exam = [EvaluationLane { environments, key: "test".into(), seed: 0 }];
        evaluate(training.drivers(), &mut exam, &[1], 1, "test");
        guide.0.into_inner().expect("no panic elsewhere")
    };
    assert_eq!(asked(None), [Exploit; 3]);
    assert_eq!(asked(Some(Explore)), [Explore, Explore, Exploit]);
}

#[test]
fn the_learner_explores_except_where_it_is_judged() {
    let tape = Tape::default();
    let mut learner = Collector::new(Asked(Mutex::default()), what_happened);
    let mut training =
        JumpStart::new(vec![lane(&tape, &SchedulePlan::LearnerOnly, 0)], &Constant(1.0), &mut learner, 3, 1);
    (0..2).for_each(|_| drop(training.step()));
    let environments = vec![Counter::boxed("judge", &tape)];
    let mut exam = [EvaluationLane { environments, key: "test".into(), seed: 0 }];
    evaluate(training.drivers(), &mut exam, &[0], 1, "test");
    let asked = learner.policy.0.into_inner().expect("no panic elsewhere");
    assert_eq!(asked, [[Intent::Explore; 2].as_slice(), &[Intent::Exploit; 4]].concat());
}

#[test]
fn evaluation_leaves_the_training_episode_alone_and_counts_apart() {
    let tape = Tape::default();
    let mut learner = TapedLearner { policy: Constant(-1.0), tape: tape.clone() };
    let lane = lane(&tape, &SchedulePlan::Curriculum { stages: 1, tolerance: 0.0, window: 1 }, 3);
    let mut judges =
        [EvaluationLane { environments: vec![Counter::boxed("judge", &tape)], key: "test".into(), seed: 0 }];
    let mut jump_start = JumpStart::new(vec![lane], &Constant(1.0), &mut learner, 3, 2);
    jump_start.step();
    jump_start.step();
    let before = take(&tape);
    assert_eq!(
        before,
        [
            "train reset",
            "train step 0 by guide",
            "update with 3 rows",
            "update with 3 rows",
            "train step 1 by guide",
            "update with 3 rows",
            "update with 3 rows",
        ]
    );
    let scores = evaluate(jump_start.drivers(), &mut judges, &[1], 2, "test");
    assert_eq!(scores[0].steps, [4, 4]);
    let judged = take(&tape);
    assert_eq!(judged[..3], ["judge reset", "judge step 0 by guide", "judge step 1 by learner"]);
    assert_eq!(judged.iter().filter(|entry| *entry == "judge reset").count(), 2, "no reset without an episode to come");
    assert_eq!(jump_start.steps(), 2);

    jump_start.observe_evaluation(&[1.0]);
    jump_start.step();
    jump_start.step();
    jump_start.step();
    let after: Vec<_> = take(&tape).into_iter().filter(|entry| entry.starts_with("train")).collect();
    assert_eq!(
        after,
        [
            "train step 2 by guide", // the episode under way keeps its horizon of 3
            "train step 3 by learner",
            "train reset",
            "train step 0 by learner", // the next one has the new horizon of 0
        ]
    );
}

#[test]
fn critics_are_warmed_up_for_as_long_as_asked() {
    let tape = Tape::default();
    let mut learner = TapedLearner { policy: Constant(-1.0), tape: tape.clone() };
    let lane = lane(&tape, &SchedulePlan::LearnerOnly, 0);
    let mut training = JumpStart::new(vec![lane], &Constant(1.0), &mut learner, 3, 2).with_critic_warm_up(2);
    (0..3).for_each(|_| _ = training.step());
    let entries = take(&tape);
    let learned: Vec<&String> = entries.iter().filter(|entry| entry.ends_with("rows")).collect();
    let (critics, all) = ("critics with 3 rows", "update with 3 rows");
    assert_eq!(learned, [critics, critics, critics, critics, all, all]);
}

#[test]
fn updates_may_follow_every_few_steps() {
    let tape = Tape::default();
    let mut learner = TapedLearner { policy: Constant(-1.0), tape: tape.clone() };
    let lane = lane(&tape, &SchedulePlan::LearnerOnly, 0);
    let mut training = JumpStart::new(vec![lane], &Constant(1.0), &mut learner, 3, 2).with_update_every(3);
    (0..6).for_each(|_| _ = training.step());
    let entries = take(&tape);
    let happened: Vec<&str> = entries.iter().map(|entry| entry.strip_prefix("train ").unwrap_or(entry)).collect();
    let firsts: String = happened.iter().filter(|entry| !entry.starts_with("reset")).map(|entry| &entry[..1]).collect();
    assert_eq!(firsts, "sssuusssuu", "steps and updates");
}

/// Before anything is collected, from offline data: whoever did not ask for a warm-up has none.
#[test]
fn updates_may_come_before_the_first_step() {
    for (warm_up, expected) in [(0, "update with 3 rows"), (1, "critics with 3 rows")] {
        let tape = Tape::default();
        let mut learner = TapedLearner { policy: Constant(-1.0), tape: tape.clone() };
        let mut data = Dataset::empty(1, 1);
        data.push(Row {
            state: &[0.0],
            action: &[0.0],
            reward: 0.0,
            next_state: &[1.0],
            bootstrap: 1.0,
            success: 0.0,
            images: None,
        });
        let mut lane = lane(&tape, &SchedulePlan::LearnerOnly, 0);
        lane.replay.offline = Some(OfflineSource { data: Arc::new(data), share: 0.5 });
        let mut training = JumpStart::new(vec![lane], &Constant(1.0), &mut learner, 3, 1).with_critic_warm_up(warm_up);
        training.update();
        assert_eq!(take(&tape), ["train reset", expected]);
    }
}

/// Keeps some columns of every row that it is given to learn from, each different row once.
struct Collector<P, const N: usize> {
    policy: P,
    columns: fn(&Minibatch) -> [&LaneRows; N],
    rows: Vec<[i32; N]>,
}

impl<P: Policy, const N: usize> Collector<P, N> {
    fn new(policy: P, columns: fn(&Minibatch) -> [&LaneRows; N]) -> Self {
        Self { policy, columns, rows: Vec::new() }
    }
}

impl<P: Policy, const N: usize> Learner for Collector<P, N> {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        for row in 0..batch.states.rows() {
            self.rows.push((self.columns)(batch).map(|column| column.row(0, row)[0] as i32));
        }
        self.rows.sort_unstable();
        self.rows.dedup();
        Diagnostics::default()
    }

    fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    fn save(&self, _: &Path) -> Result<(), CheckpointError> {
        unreachable!("not part of this test")
    }

    fn load(&mut self, _: &Path) -> Result<(), CheckpointError> {
        unreachable!("not part of this test")
    }
}

fn what_happened(batch: &Minibatch) -> [&LaneRows; 4] {
    [&batch.states, &batch.actions, &batch.next_states, &batch.bootstraps]
}

/// The last transition of an episode leads to where the episode ended and not to where the next one began, and goes on
/// being bootstrapped from where only time had run out; an action is stored as the environment took it.
#[test]
fn what_is_stored_is_what_happened() {
    let tape = Tape::default();
    let mut learner = Collector::new(Constant(-3.0), what_happened);
    let lane = lane(&tape, &SchedulePlan::Curriculum { stages: 1, tolerance: 0.0, window: 1 }, 1);
    let mut training = JumpStart::new(vec![lane], &Constant(3.0), &mut learner, 50, 1);
    (0..12).for_each(|_| _ = training.step());
    assert_eq!(learner.rows, [[0, 1, 1, 1], [1, -1, 2, 1], [2, -1, 3, 1], [3, -1, 4, 1]]);
}

#[test]
fn steps_of_an_episode_given_up_lead_to_no_later_reward() {
    let tape = Tape::default();
    let mut learner = Collector::new(Constant(-1.0), |batch| [&batch.states, &batch.successes]);
    let lane = lane(&tape, &SchedulePlan::LearnerOnly, 0);
    let mut training = JumpStart::new(vec![lane], &Constant(1.0), &mut learner, 100, 1);
    (0..2).for_each(|_| training.collect());
    assert!(!training.between_episodes());
    training.begin_episodes();
    assert!(training.between_episodes());
    (0..4).for_each(|_| training.collect());
    training.update();
    assert_eq!(
        learner.rows,
        [[0, 0], [0, 1], [1, 0], [1, 1], [2, 1], [3, 1]],
        "the first two steps of both, and the rest"
    );
}
