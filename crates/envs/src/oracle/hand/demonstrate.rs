//! Demonstrations by the experts, and beside each noisy action what the expert would have done.

use rl::{Environment, Observation, Prng, Step};

use super::{DoorScript, PenExpert, RelocateScript, Script, jittered};
use crate::hand::{Chore, Door, Hand, HandTask, Known, Pen, Relocate, Reward};

/// Share of its spread in the tuning by which each number of a script is moved in each demonstration.
const JITTER: f32 = 0.1;
/// Standard deviation of the noise on the targets of arm and hand (which go from -1 to 1). Arms are 500 N per unit strong,
/// so that little noise of theirs is much.
const NOISE: [f32; 2] = [0.02, 0.05];

/// One step of a demonstration.
#[derive(Debug, Clone, PartialEq)]
pub struct Demonstrated {
    /// What was seen before the step.
    pub observation: Observation,
    /// The action as it was applied, with its noise.
    pub action: Vec<f32>,
    /// What to imitate: the expert's own choice in this state. Noisy actions with such labels teach a clone to come back
    /// (Laskey et al. 2017, "DART").
    pub label: Vec<f32>,
    /// What came of it.
    pub step: Step,
}

/// Makes demonstrations of one task, each from its own stream.
pub struct Demonstrator(Expert);

enum Expert {
    Pen(Box<Hand<Pen>>, PenExpert),
    Door(Box<Hand<Door>>),
    Relocate(Box<Hand<Relocate>>),
}

impl Demonstrator {
    /// Of a task, under the name that its environment has.
    pub fn new(task: HandTask, name: &str) -> Self {
        Self(match task {
            HandTask::Pen => {
                let hand = Hand::new(name, Reward::Binary);
                let expert = PenExpert::pretrained(hand.spec());
                Expert::Pen(Box::new(hand), expert)
            }
            HandTask::Door => Expert::Door(Box::new(Hand::new(name, Reward::Binary))),
            HandTask::Relocate => Expert::Relocate(Box::new(Hand::new(name, Reward::Binary))),
        })
    }

    /// One episode, to its time limit, good or bad.
    pub fn episode(&mut self, rng: &mut Prng) -> Vec<Demonstrated> {
        match &mut self.0 {
            Expert::Pen(hand, expert) => {
                demonstrate(hand, |observation, action| expert.choose(&observation.state, action), rng)
            }
            Expert::Door(hand) => {
                let script = jittered(&DoorScript::TUNED, &DoorScript::SPREAD, JITTER, rng);
                demonstrate(hand, by(&script), rng)
            }
            Expert::Relocate(hand) => {
                let script = jittered(&RelocateScript::TUNED, &RelocateScript::SPREAD, JITTER, rng);
                demonstrate(hand, by(&script), rng)
            }
        }
    }
}

/// What a script chooses.
fn by<S: Script>(script: &S) -> impl Fn(&Observation, &mut [f32]) {
    |observation, action| script.act(&Known::of(S::TASK, &observation.privileged), action)
}

fn demonstrate<C: Chore>(
    hand: &mut Hand<C>,
    choose: impl Fn(&Observation, &mut [f32]),
    rng: &mut Prng,
) -> Vec<Demonstrated> {
    let [arm, fingers] = NOISE;
    let mut observation = hand.reset(rng);
    let mut steps = Vec::with_capacity(C::TASK.max_steps());
    for _ in 0..C::TASK.max_steps() {
        let mut label = vec![0.0; C::TASK.action_size()];
        choose(&observation, &mut label);
        let noise = |joint: usize| if joint < C::TASK.arm_joints() { arm } else { fingers };
        let noisy = |(joint, x): (usize, &f32)| (x + noise(joint) * rng.normal()).clamp(-1.0, 1.0);
        let action: Vec<f32> = label.iter().enumerate().map(noisy).collect();
        let step = hand.step(&action);
        let next = step.observation.clone();
        steps.push(Demonstrated { observation, action, label, step });
        observation = next;
    }
    steps
}
