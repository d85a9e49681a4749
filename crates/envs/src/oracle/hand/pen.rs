//! The pen: sampling-based model-predictive control. From the state of the moment the planner tries out noisy versions of
//! its plan in the world itself, moves the plan towards the best of them, acts on its beginning, and plans anew
//! ("MPPI", Williams et al. 2017, with the greedy weights that a prototype of this project needed).

use rl::Prng;

use crate::hand::{HAND_JOINTS, Hand, Pen, Reward};

/// Points in time at which a plan has targets; between them they change evenly.
const KNOTS: usize = 5;
/// Control steps that a plan covers.
const HORIZON: usize = 40;
/// Plans whose returns scale the weights.
const ELITE: usize = 10;
/// A plan's weight is exp((return - best) / (this x the elite's standard deviation)).
const TEMPERATURE: f32 = 0.5;
/// Nearer to the goal than this angle (rad) the noise falls, down to this share of it at the goal.
const CALM: (f32, f32) = (0.45, 0.35);
/// The wrist gets this share of the noise: it can throw the pen.
const WRIST_NOISE: f32 = 0.7;

type Action = [f32; HAND_JOINTS];

/// How much is planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannerSettings {
    /// Plans tried each time.
    pub samples: usize,
    /// Control steps between two times.
    pub every: usize,
    /// Standard deviation of the noise on targets, which go from -1 to 1.
    pub noise: f32,
}

impl PlannerSettings {
    /// Those of the demonstrations.
    pub const DEMONSTRATIONS: Self = Self { samples: 32, every: 4, noise: 0.8 };
}

/// Plans one episode after the other.
pub struct PenPlanner {
    settings: PlannerSettings,
    /// The world in which plans are tried.
    trial: Hand<Pen>,
    plan: [Action; KNOTS],
    steps: usize,
}

impl PenPlanner {
    /// A planner before an episode.
    pub fn new(settings: PlannerSettings) -> Self {
        let trial = Hand::new("planner", Reward::Binary);
        Self { settings, trial, plan: [half_closed(); KNOTS], steps: 0 }
    }

    /// Forgets the episode before, and begins one in this world.
    pub fn start(&mut self, world: &Hand<Pen>) {
        self.trial.start(*world.chore());
        self.plan = [half_closed(); KNOTS];
        self.steps = 0;
    }

    /// The action for the world of the moment; once for each step since [`PenPlanner::start`].
    pub fn act(&mut self, world: &Hand<Pen>, rng: &mut Prng) -> Action {
        let since = self.steps % self.settings.every;
        if since == 0 {
            if self.steps > 0 {
                self.shift();
            }
            self.improve(world, rng);
        }
        self.steps += 1;
        at(&self.plan, since)
    }

    /// Moves the plan on by the steps that were acted on.
    fn shift(&mut self) {
        let old = self.plan;
        for (knot, action) in self.plan.iter_mut().enumerate() {
            *action = at(&old, knot * (HORIZON - 1) / (KNOTS - 1) + self.settings.every);
        }
    }

    fn improve(&mut self, world: &Hand<Pen>, rng: &mut Prng) {
        let (cosine, _) = world.chore().errors(&world.seen());
        let nearness = 1.0 - (cosine.clamp(-1.0, 1.0).acos() / CALM.0).min(1.0);
        let noise = self.settings.noise * (1.0 - (1.0 - CALM.1) * nearness);
        let mut plans = Vec::with_capacity(self.settings.samples);
        for sample in 0..self.settings.samples {
            let mut plan = self.plan;
            // The first is the plan as it stands.
            if sample > 0 {
                for (joint, target) in plan.iter_mut().flat_map(|action| action.iter_mut().enumerate()) {
                    let share = if joint < 2 { WRIST_NOISE } else { 1.0 };
                    *target = (*target + share * noise * rng.normal()).clamp(-1.0, 1.0);
                }
            }
            let earned = self.try_out(&plan, world);
            plans.push((earned, plan));
        }
        plans.sort_by(|a, b| b.0.total_cmp(&a.0));
        let elite = &plans[..ELITE.min(plans.len())];
        let mean = elite.iter().map(|(earned, _)| earned).sum::<f32>() / elite.len() as f32;
        let variance = elite.iter().map(|(earned, _)| (earned - mean).powi(2)).sum::<f32>() / elite.len() as f32;
        let scale = TEMPERATURE * variance.sqrt() + 1e-6;
        let weights: Vec<f32> = plans.iter().map(|(earned, _)| ((earned - plans[0].0) / scale).exp()).collect();
        let total: f32 = weights.iter().sum();
        self.plan = [[0.0; HAND_JOINTS]; KNOTS];
        for ((_, plan), weight) in plans.iter().zip(&weights) {
            for (target, tried) in self.plan.iter_mut().flatten().zip(plan.iter().flatten()) {
                *target += weight / total * tried;
            }
        }
    }

    /// The sum of what a plan earns from this world on.
    fn try_out(&mut self, plan: &[Action; KNOTS], world: &Hand<Pen>) -> f32 {
        self.trial.restore_scene(world.scene().state().clone());
        let mut earned = 0.0;
        for step in 0..HORIZON {
            self.trial.advance(&at(plan, step));
            earned += self.step_value();
        }
        earned
    }

    /// Near its place and its direction, at rest, and not falling.
    fn step_value(&self) -> f32 {
        let seen = self.trial.seen();
        let (cosine, distance) = self.trial.chore().errors(&seen);
        let near = distance < 0.075;
        let [.., z, _, _, _, _] = *seen.positions else { unreachable!("the pen's pose is last") };
        let [.., vx, vy, vz, wx, wy, wz] = *seen.velocities else { unreachable!("the pen's velocity is last") };
        let length = |v: [f32; 3]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
        let mut value = -2.0 * cosine.clamp(-1.0, 1.0).acos() - 20.0 * (distance - 0.04).max(0.0);
        value += if near && cosine > 0.9 { 0.5 } else { 0.0 };
        value += if near && cosine > 0.95 { 1.0 } else { 0.0 };
        value -= if z < 0.2 { 5.0 + 10.0 * (0.2 - z) } else { 0.0 };
        value - 0.01 * length([vx, vy, vz]) - 0.002 * length([wx, wy, wz])
    }
}

/// The targets of a plan at one of its steps.
fn at(plan: &[Action; KNOTS], step: usize) -> Action {
    let place = (step as f32 / (HORIZON - 1) as f32).min(1.0) * (KNOTS - 1) as f32;
    let knot = (place as usize).min(KNOTS - 2);
    let share = place - knot as f32;
    std::array::from_fn(|joint| plan[knot][joint] + share * (plan[knot + 1][joint] - plan[knot][joint]))
}

/// Fingers half closed around the pen: where plans start.
fn half_closed() -> Action {
    let mut action = [0.0; HAND_JOINTS];
    for finger in [2, 6, 10, 15] {
        action[finger + 1] = -0.5;
        action[finger + 2] = -0.3;
        action[finger + 3] = -0.3;
    }
    action[14] = -0.5;
    action[23] = 0.5;
    action
}
