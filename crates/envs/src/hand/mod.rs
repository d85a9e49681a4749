//! A dexterous hand of 24 joints that turns a pen, opens a door or moves a ball; after Adroit (Rajeswaran et al. 2018,
//! "Learning complex dexterous manipulation with deep reinforcement learning and demonstrations"), with D4RL's layout
//! of observations and actions and the sparse rewards that Nair et al. 2020 (AWAC) train with.
//!
//! **State**, in D4RL's order: what each of [`Pen`], [`Door`] and [`Relocate`] tells. **Action**: one target per joint
//! of arm and hand, -1 and 1 for the ends of its servo's range. **Step**: 0.01 s, one physics step. **Reward**: 0 at the
//! goal and -1 elsewhere, or D4RL's dense one ([`Reward`]). **Ending**: by time only, but for a dropped pen under the
//! dense reward. **Success** of an episode: more than 20 (pen) or 25 steps at the goal (Rajeswaran's `hand_dapg`).
//! **Privileged**: the step's number, all joint positions and velocities, and what the reset drew.
//!
//! Horizons are those that D4RL registers, since its data and its scores rest on them: 100 steps for the pen (200 in
//! Gymnasium-Robotics) and 200 for the others.
//!
//! Departures from Adroit in MuJoCo: one physics step for five; fingers do not touch each other; the pen is a capsule
//! of the cylinder's length; contacts have no torsional friction; the two outer joints of each finger move by themselves,
//! where Adroit couples them by a tendon (to some 0.14 rad); and the physics is rapier's.

mod description;
mod door;
mod pen;
mod relocate;

use rapier3d::math::{Pose, Vec3};
use rl::{Environment, EnvironmentSpec, Observation, Outcome, Prng, Snapshot, Step};
use serde::{Serialize, de::DeserializeOwned};

use crate::render::Camera;
use crate::{Contacts, Scene, SceneState, Shape, ShapeKind};
pub use description::mjcf;
pub use door::Door;
pub use pen::Pen;
pub use relocate::Relocate;

/// Joints of the hand alone: two of the wrist, four of each finger, one more of the little finger, five of the thumb.
pub const HAND_JOINTS: usize = 24;

/// What the hand has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandTask {
    /// Turn a pen that lies in the palm into a direction.
    Pen,
    /// Turn a door's latch and open the door.
    Door,
    /// Take a ball from the table to a place in the air.
    Relocate,
}

impl HandTask {
    /// Control steps after which an episode times out (D4RL's registration).
    pub fn max_steps(self) -> usize {
        match self {
            Self::Pen => 100,
            Self::Door | Self::Relocate => 200,
        }
    }

    /// Steps at the goal that make an episode a success: more than 20 or 25 (`hand_dapg`).
    pub fn success_steps(self) -> usize {
        match self {
            Self::Pen => 21,
            Self::Door | Self::Relocate => 26,
        }
    }

    /// Joints between the world and the wrist.
    pub fn arm_joints(self) -> usize {
        match self {
            Self::Pen => 0,
            Self::Door => 4,
            Self::Relocate => 6,
        }
    }

    /// Length of an action: one target for each joint of arm and hand.
    pub fn action_size(self) -> usize {
        self.arm_joints() + HAND_JOINTS
    }

    /// The task under a name, with one of its rewards.
    pub fn build(self, name: &str, reward: Reward) -> Box<dyn Environment> {
        match self {
            Self::Pen => Box::new(rl::TimeLimit::new(Hand::<Pen>::new(name, reward))),
            Self::Door => Box::new(rl::TimeLimit::new(Hand::<Door>::new(name, reward))),
            Self::Relocate => Box::new(rl::TimeLimit::new(Hand::<Relocate>::new(name, reward))),
        }
    }

    /// Where to see the whole scene from.
    pub fn overview(self) -> Camera {
        let (eye, target) = match self {
            Self::Pen => ([0.45, -0.75, 0.75], [0.06, -0.25, 0.2]),
            Self::Door => ([-0.85, -0.75, 0.75], [0.08, 0.0, 0.2]),
            Self::Relocate => ([0.85, -0.95, 0.7], [0.0, -0.15, 0.1]),
        };
        Camera { eye, target, vertical_field_of_view: 0.7 }
    }

    /// Where to see the fingers from, in a scene of [`HandTask::shapes`].
    pub fn close_up(self, shapes: &[Shape]) -> Camera {
        // The palm's larger box is the only one of that size.
        let palm = shapes.iter().find(|shape| matches!(shape.kind, ShapeKind::Box { half: [0.032, ..] }));
        let target = palm.expect("a scene with a hand").translation;
        let [x, y, z] = target;
        let overview = self.overview();
        let back = [0, 1, 2].map(|axis| 0.45 * (overview.eye[axis] - overview.target[axis]));
        Camera { eye: [x + back[0], y + back[1], z + back[2]], target, ..overview }
    }

    /// What the task looks like in a state that one of its environments of [`HandTask::build`] has saved.
    pub fn shapes(self, snapshot: &Snapshot) -> Vec<Shape> {
        fn shapes<C: Chore>(snapshot: &Snapshot) -> Vec<Shape> {
            let mut environment = rl::TimeLimit::new(Hand::<C>::new("", Reward::Binary));
            environment.restore(snapshot);
            environment.inner().shapes()
        }
        match self {
            Self::Pen => shapes::<Pen>(snapshot),
            Self::Door => shapes::<Door>(snapshot),
            Self::Relocate => shapes::<Relocate>(snapshot),
        }
    }
}

/// What a step earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reward {
    /// 0 at the goal, else -1 (Nair et al. 2020).
    Binary,
    /// D4RL's sum of distances and bonuses, on which its normalised scores are defined.
    Dense,
}

/// What tells one task of the hand from another; its values are what one episode's reset has drawn.
pub trait Chore: Clone + Serialize + DeserializeOwned + Send {
    /// Which task it is.
    const TASK: HandTask;

    /// Draws what differs between episodes.
    fn draw(rng: &mut Prng) -> Self;

    /// Puts the things where the episode starts, and the robot's joints, in the order of actions, where `robot` says (rad,
    /// m), moving as `rates` says.
    fn place(&self, scene: &mut Scene, robot: &[f32], rates: &[f32]);

    /// Appends the state in D4RL's order.
    fn observe(&self, seen: &Seen, state: &mut Vec<f32>);

    /// What has been reached.
    fn judge(&self, seen: &Seen) -> Judgement;

    /// The numbers drawn, for the privileged part of the observation.
    fn facts(&self) -> Vec<f32>;

    /// Typical middle and spread of what the state holds after the joints; see [`EnvironmentSpec`].
    fn scales() -> (Vec<f32>, Vec<f32>);

    /// Solids that show the goal.
    fn marks(&self) -> Vec<Shape>;
}

/// The measurements of a moment.
pub struct Seen<'a> {
    /// The world, for further sites.
    pub scene: &'a Scene,
    /// All joint positions, those of things after the robot's (rad, m).
    pub positions: &'a [f32],
    /// All joint velocities.
    pub velocities: &'a [f32],
    /// Where the hand grasps: 5 cm out of the palm (m).
    pub palm: Vec3,
}

impl Seen<'_> {
    /// The pose of a thing that no joint holds, whose position and orientation are the last seven positions.
    fn thing(&self) -> Pose {
        let [.., x, y, z, qw, qx, qy, qz] = *self.positions else { unreachable!("a free joint has seven positions") };
        Pose::from_parts(Vec3::new(x, y, z), rapier3d::math::Rotation::from_xyzw(qx, qy, qz, qw))
    }
}

/// The privileged part of an observation, apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known<'a> {
    /// Steps since the reset.
    pub step: f32,
    /// All joint positions (MuJoCo's `qpos`).
    pub positions: &'a [f32],
    /// All joint velocities (MuJoCo's `qvel`).
    pub velocities: &'a [f32],
    /// What the reset drew, in the order of the task's fields.
    pub facts: &'a [f32],
}

impl<'a> Known<'a> {
    /// Takes the privileged part of an observation of a task apart.
    pub fn of(task: HandTask, privileged: &'a [f32]) -> Self {
        let robot = task.action_size(); // one action for each joint
        let (positions, velocities) = match task {
            // A free joint: place and quaternion, two velocities.
            HandTask::Pen | HandTask::Relocate => (robot + 7, robot + 6),
            // Hinge and latch.
            HandTask::Door => (robot + 2, robot + 2),
        };
        let (step, rest) = privileged.split_first().expect("the step's number");
        let (positions, rest) = rest.split_at(positions);
        let (velocities, facts) = rest.split_at(velocities);
        Self { step: *step, positions, velocities, facts }
    }
}

/// Whether a state is at the goal, and D4RL's dense reward of being there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// At the goal.
    pub success: bool,
    /// D4RL's dense reward.
    pub dense: f32,
    /// Nothing can be earned any more, in D4RL's view.
    pub lost: bool,
}

/// A hand with something to do; see the module's page.
pub struct Hand<C> {
    spec: EnvironmentSpec,
    reward: Reward,
    scene: Scene,
    /// Middle and half of each servo's range.
    servos: Vec<[f32; 2]>,
    chore: C,
    /// Steps since the reset.
    steps: u32,
    /// Of all joints, now.
    positions: Vec<f32>,
    velocities: Vec<f32>,
    controls: Vec<f32>,
}

impl<C: Chore> Hand<C> {
    /// A hand in the state of the first reset that a stream of that name would give.
    pub fn new(name: &str, reward: Reward) -> Self {
        let scene = Scene::from_mjcf(&mjcf(C::TASK), &[])
            .expect("assets/hand_*.xml are inside the subset: tests/mjcf_lint.rs")
            .with_contacts(Contacts::FIRM);
        let servos = scene.control_ranges().map(|[low, high]| [0.5 * (low + high), 0.5 * (high - low)]).collect();
        let chore = C::draw(&mut Prng::derive(name, 0, "first"));
        let spec = specification::<C>(name, &scene, chore.facts().len());
        let (positions, velocities, controls) = (Vec::new(), Vec::new(), Vec::new());
        let mut hand = Self { spec, reward, scene, servos, chore, steps: 0, positions, velocities, controls };
        hand.start(hand.chore.clone());
        hand
    }

    /// Starts an episode of this draw, all joints of the robot at 0.
    fn start(&mut self, chore: C) -> Observation {
        let zeros = vec![0.0; C::TASK.action_size()];
        self.start_from(chore, &zeros, &zeros)
    }

    /// Starts an episode of this draw with the robot's joints elsewhere, or in motion: for recordings of others. Both
    /// lists hold arm and hand in the order of actions.
    pub fn start_from(&mut self, chore: C, robot: &[f32], rates: &[f32]) -> Observation {
        chore.place(&mut self.scene, robot, rates);
        self.chore = chore;
        self.steps = 0;
        self.measure();
        self.observation()
    }

    /// This episode's draw.
    pub fn chore(&self) -> &C {
        &self.chore
    }

    /// What is measured now.
    pub fn seen(&self) -> Seen<'_> {
        let palm = self.scene.site("grasp").expect("assets/hand_body.xml has it").into();
        Seen { scene: &self.scene, positions: &self.positions, velocities: &self.velocities, palm }
    }

    /// All solids of the scene, and what shows the goal.
    pub fn shapes(&self) -> Vec<Shape> {
        let mut shapes = self.scene.shapes();
        shapes.extend(self.chore.marks());
        shapes
    }

    /// Advances the world by an action, without an observation.
    fn advance(&mut self, action: &[f32]) -> Judgement {
        assert_eq!(action.len(), self.servos.len(), "one target for each joint");
        self.controls.clear();
        let target = |([middle, half], a): (&[f32; 2], &f32)| middle + half * a.clamp(-1.0, 1.0);
        self.controls.extend(self.servos.iter().zip(action).map(target));
        self.scene.step(&self.controls, 1);
        self.measure();
        self.chore.judge(&self.seen())
    }

    fn measure(&mut self) {
        self.positions.clear();
        self.velocities.clear();
        self.scene.push_positions(&mut self.positions);
        self.scene.push_velocities(&mut self.velocities);
    }

    fn observation(&self) -> Observation {
        let mut state = Vec::with_capacity(self.spec.state_size);
        self.chore.observe(&self.seen(), &mut state);
        let mut privileged = Vec::with_capacity(self.spec.privileged_size);
        privileged.push(self.steps as f32);
        privileged.extend(&self.positions);
        privileged.extend(&self.velocities);
        privileged.extend(self.chore.facts());
        Observation { state, image: None, privileged }
    }
}

impl<C: Chore> Environment for Hand<C> {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut Prng) -> Observation {
        self.start(C::draw(rng))
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let Judgement { success, dense, lost } = self.advance(action);
        self.steps += 1;
        let reward = match self.reward {
            Reward::Binary => f32::from(u8::from(success)) - 1.0,
            Reward::Dense => dense,
        };
        let ends = lost && self.reward == Reward::Dense;
        let outcome = if ends { Outcome::Terminates } else { Outcome::Continues };
        Step { observation: self.observation(), reward, outcome, success }
    }

    fn snapshot(&self) -> Snapshot {
        let whole = (&self.chore, self.steps, self.scene.state());
        Snapshot(postcard::to_stdvec(&whole).expect("the state is plain data"))
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        let whole: (C, u32, SceneState) =
            postcard::from_bytes(&snapshot.0).expect("a snapshot of the same task and version");
        (self.chore, self.steps) = (whole.0, whole.1);
        self.scene.restore(whole.2);
        self.measure();
    }
}

/// Sizes, and the scales that let a learner do without statistics of its data: half the range of each joint, and the
/// reach of things.
fn specification<C: Chore>(name: &str, scene: &Scene, facts: usize) -> EnvironmentSpec {
    let (centers, spreads) = C::scales();
    let joints: Vec<[f32; 2]> = scene.joint_ranges().take(C::TASK.action_size()).collect();
    // The door's observation leaves out its first joint, the slide.
    let seen = &joints[usize::from(C::TASK == HandTask::Door)..];
    let state_center: Vec<f32> = seen.iter().map(|[low, high]| 0.5 * (low + high)).chain(centers).collect();
    let state_spread = seen.iter().map(|[low, high]| 0.5 * (high - low)).chain(spreads).collect();
    let (mut positions, mut velocities) = (Vec::new(), Vec::new());
    scene.push_positions(&mut positions);
    scene.push_velocities(&mut velocities);
    EnvironmentSpec {
        image: None,
        name: name.to_owned(),
        state_size: state_center.len(),
        state_center,
        state_spread,
        privileged_size: 1 + positions.len() + velocities.len() + facts,
        action_size: C::TASK.action_size(),
        max_steps: C::TASK.max_steps(),
        success_steps: C::TASK.success_steps(),
    }
}
