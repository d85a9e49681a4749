//! The paper's own example (Figure 15, Theorem 4.1): a lock that exploration from scratch does not open, and that both
//! schedules open behind an imperfect guide.

use std::{collections::HashMap, path::Path};

use jsrl::{JumpStart, JumpStartLane, SchedulePlan};
use rl::{
    CheckpointError, Diagnostics, Drivers, Environment, EnvironmentSpec, EvaluationLane, Intent, LaneRows, Learner,
    Minibatch, Observation, ObservationRows, Outcome, Policy, Prng, Replay, ReplayBuffer, Snapshot, Step, TimeLimit,
    evaluate,
};

const HORIZON: usize = 18;

/// The right action at each step; anything else closes the lock for the rest of the episode.
fn right_action(step: usize) -> f32 {
    if step.is_multiple_of(3) { -1.0 } else { 1.0 }
}

struct CombinationLock {
    spec: EnvironmentSpec,
    step: usize,
    open: bool,
}

impl CombinationLock {
    fn boxed() -> Box<dyn Environment> {
        let spec = EnvironmentSpec {
            name: "combination-lock".into(),
            state_size: 2,
            state_center: vec![0.0; 2],
            state_spread: vec![1.0; 2],
            image: None,
            privileged_size: 0,
            action_size: 1,
            max_steps: HORIZON,
            success_steps: 1,
        };
        Box::new(TimeLimit::new(Self { spec, step: 0, open: true }))
    }

    fn observation(&self) -> Observation {
        Observation::of_state(vec![self.step as f32, f32::from(u8::from(self.open))])
    }
}

impl Environment for CombinationLock {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }

    fn reset(&mut self, _: &mut Prng) -> Observation {
        (self.step, self.open) = (0, true);
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.open &= (action[0] > 0.0) == (right_action(self.step) > 0.0);
        self.step += 1;
        let success = self.open && self.step == HORIZON;
        let outcome = if success { Outcome::Terminates } else { Outcome::Continues };
        Step { observation: self.observation(), reward: f32::from(u8::from(success)), outcome, success }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot(vec![self.step as u8, u8::from(self.open)])
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        (self.step, self.open) = (usize::from(snapshot.0[0]), snapshot.0[1] == 1);
    }
}

/// Right with probability 0.9 at each step: it opens the lock in 15 % of the episodes.
struct ImperfectGuide;

impl Policy for ImperfectGuide {
    fn act(&self, observations: &ObservationRows, _: Intent, rngs: &mut [Prng]) -> LaneRows {
        per_row(observations, rngs, |_, state, rng| {
            let right = right_action(state[0] as usize);
            if rng.chance(0.9) { right } else { -right }
        })
    }
}

fn per_row(
    observations: &ObservationRows,
    rngs: &mut [Prng],
    act: impl Fn(usize, &[f32], &mut Prng) -> f32,
) -> LaneRows {
    let (lanes, rows) = (observations.state.lanes(), observations.state.rows());
    let mut actions = LaneRows::zeros(lanes, rows, 1);
    for (lane, rng) in rngs.iter_mut().enumerate() {
        for row in 0..rows {
            actions.row_mut(lane, row)[0] = act(lane, observations.state.row(lane, row), rng);
        }
    }
    actions
}

/// Q-learning with a table: 0-initialised, epsilon-greedy, ties broken at random, as in Theorem 4.1.
struct TabularQ {
    table: Vec<Table>,
}

/// The values of both actions in the states visited.
type Table = HashMap<(u32, u32), [f32; 2]>;

impl TabularQ {
    fn new(lanes: usize) -> Self {
        Self { table: vec![HashMap::new(); lanes] }
    }

    fn values(&self, lane: usize, state: &[f32]) -> [f32; 2] {
        self.table[lane].get(&(state[0] as u32, state[1] as u32)).copied().unwrap_or_default()
    }
}

impl Policy for TabularQ {
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        per_row(observations, rngs, |lane, state, rng| {
            let [left, right] = self.values(lane, state);
            let greedy = if left == right { rng.chance(0.5) } else { right > left };
            let right = if intent == Intent::Explore && rng.chance(0.1) { rng.chance(0.5) } else { greedy };
            if right { 1.0 } else { -1.0 }
        })
    }
}

impl Learner for TabularQ {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        for lane in 0..batch.states.lanes() {
            for row in 0..batch.states.rows() {
                let [left, right] = self.values(lane, batch.next_states.row(lane, row));
                let bootstrap = batch.bootstraps.row(lane, row)[0];
                let target = batch.rewards.row(lane, row)[0] + bootstrap * left.max(right);
                let state = batch.states.row(lane, row);
                let values = self.table[lane].entry((state[0] as u32, state[1] as u32)).or_default();
                let value = &mut values[usize::from(batch.actions.row(lane, row)[0] > 0.0)];
                *value += 0.5 * (target - *value);
            }
        }
        Diagnostics::default()
    }

    fn policy(&self) -> &dyn Policy {
        self
    }

    fn save(&self, _: &Path) -> Result<(), CheckpointError> {
        Ok(())
    }

    fn load(&mut self, _: &Path) -> Result<(), CheckpointError> {
        Ok(())
    }
}

/// What each lane of a run has come to.
struct Trained {
    /// Success rates of the learner alone.
    success: Vec<f32>,
    horizons: Vec<Option<usize>>,
    tables: Vec<Table>,
}

const SEEDS: [u64; 3] = [1, 2, 3];

/// One lane per seed.
fn lanes(plan: &SchedulePlan, seeds: &[u64]) -> Vec<JumpStartLane> {
    seeds
        .iter()
        .map(|seed| JumpStartLane {
            environment: CombinationLock::boxed(),
            replay: Replay { online: ReplayBuffer::new(10_000, 2, 1), offline: None },
            schedule: plan.start(HORIZON),
            key: "lock".into(),
            seed: *seed,
        })
        .collect()
}

/// Trains seeds as the lanes of one run.
fn train(plan: &SchedulePlan, seeds: &[u64], steps: usize) -> Trained {
    let mut learner = TabularQ::new(seeds.len());
    let mut judges: Vec<EvaluationLane> = seeds
        .iter()
        .map(|seed| EvaluationLane {
            environments: (0..10).map(|_| CombinationLock::boxed()).collect(),
            key: "lock".into(),
            seed: *seed,
        })
        .collect();
    let mut jump_start = JumpStart::new(lanes(plan, seeds), &ImperfectGuide, &mut learner, 32, 1);
    while jump_start.steps() < steps {
        jump_start.step();
        if jump_start.steps().is_multiple_of(200) {
            let horizons: Vec<usize> =
                jump_start.schedules().iter().map(|state| state.evaluation_horizon().unwrap_or(0)).collect();
            let round = format!("combined {}", jump_start.steps());
            let scores = evaluate(jump_start.drivers(), &mut judges, &horizons, 20, &round);
            jump_start.observe_evaluation(&scores.iter().map(rl::EpisodeScores::success_rate).collect::<Vec<_>>());
        }
    }
    let horizons = jump_start.schedules().iter().map(jsrl::ScheduleState::current_horizon).collect();
    let alone = evaluate(jump_start.drivers(), &mut judges, &vec![0; seeds.len()], 20, "final");
    let success = alone.iter().map(rl::EpisodeScores::success_rate).collect();
    Trained { success, horizons, tables: learner.table }
}

#[test]
fn the_guide_alone_is_imperfect() {
    let mut judge = [EvaluationLane { environments: vec![CombinationLock::boxed()], key: "lock".into(), seed: 0 }];
    let scores = evaluate(Drivers::alone(&ImperfectGuide), &mut judge, &[0], 2_000, "guide");
    let expected = 0.9_f32.powi(HORIZON as i32);
    assert!((scores[0].success_rate() - expected).abs() < 0.04, "{} is not {expected}", scores[0].success_rate());
}

#[test]
fn exploration_from_scratch_fails() {
    assert_eq!(train(&SchedulePlan::LearnerOnly, &SEEDS, 15_000).success, [0.0; 3]);
}

#[test]
fn the_curriculum_opens_the_lock() {
    let plan = SchedulePlan::Curriculum { stages: HORIZON, tolerance: 0.1, window: 2 };
    let trained = train(&plan, &SEEDS, 15_000);
    assert_eq!(trained.success, [1.0; 3]);
    assert_eq!(trained.horizons, [Some(0); 3], "the guide is gone in the end");
}

#[test]
fn random_switching_opens_the_lock() {
    assert_eq!(train(&SchedulePlan::Random { stages: HORIZON }, &SEEDS, 15_000).success, [1.0; 3]);
}

/// The guide draws at random, and hands over at other steps in each lane.
#[test]
fn lanes_do_not_meet() {
    let plan = SchedulePlan::Curriculum { stages: HORIZON, tolerance: 0.1, window: 2 };
    let together = train(&plan, &SEEDS, 3_000);
    for (lane, seed) in SEEDS.into_iter().enumerate() {
        let alone = train(&plan, &[seed], 3_000);
        assert_eq!(alone.tables[0], together.tables[lane], "seed {seed}");
        assert_eq!(alone.horizons[0], together.horizons[lane], "seed {seed}");
        assert_eq!(alone.success[0], together.success[lane], "seed {seed}");
    }
}

fn start<'a>(plan: &SchedulePlan, learner: &'a mut TabularQ) -> JumpStart<'a> {
    JumpStart::new(lanes(plan, &SEEDS), &ImperfectGuide, learner, 32, 1)
}

/// Stopped in the middle of an episode and of the curriculum, and gone on with in a loop made anew.
#[test]
fn a_restored_loop_goes_on_the_same() {
    let curriculum = SchedulePlan::Curriculum { stages: HORIZON, tolerance: 0.1, window: 2 };
    for plan in [curriculum, SchedulePlan::Random { stages: HORIZON }] {
        check_restoring(&plan);
    }
}

fn check_restoring(plan: &SchedulePlan) {
    let advance = |jump_start: &mut JumpStart, steps: usize| {
        for _ in 0..steps {
            jump_start.step();
            if jump_start.steps().is_multiple_of(200) {
                jump_start.observe_evaluation(&[0.5; SEEDS.len()]);
            }
        }
        jump_start.state()
    };
    let [mut straight, mut stopped] = [(); 2].map(|()| TabularQ::new(SEEDS.len()));
    let expected = advance(&mut start(plan, &mut straight), 1_500);
    let saved = advance(&mut start(plan, &mut stopped), 1_001);
    let mut restored = start(plan, &mut stopped);
    restored.restore(saved);
    assert!(advance(&mut restored, 499) == expected, "{plan:?}: the loop went on differently");
    assert_eq!(straight.table, stopped.table);
}
