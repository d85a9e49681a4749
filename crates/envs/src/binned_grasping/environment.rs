//! The task as an environment: start, step, judgement.

use std::sync::Arc;

use rapier3d::math::Vector;
use rl::{Environment, EnvironmentSpec, Observation, Outcome, Prng, Snapshot, Step};

use super::description;
use super::grasp::{Body, Grasps};
use super::kinematics::{Arm, GripperPose, JOINTS};
use super::layout::{self, Layout, SCENES};
use super::view::{self, View};
use super::{
    ACTION_SIZE, BIN_X, BIN_Y, Facts, LIFTED, MAX_STEPS, OBJECTS, OPEN, PRIVILEGED_SIZE, SHIFT_STEP, STATE_SIZE, TURN,
    TURN_STEP, WORKSPACE, objects,
};
use crate::{Contacts, Scene, SceneState, Shape};

/// A terminate component above this ends the episode: a fourth of all uniform draws.
const TERMINATE: f32 = 0.5;
/// Physics steps in a control step, and those of them in which the servos' targets move.
const SUBSTEPS: usize = 25;
const RAMP: usize = 16;
/// Where a closing finger's servo pulls to, beyond the middle, so that thin objects are pressed too (m).
const CLOSED: f32 = -0.01;
/// Where an episode starts, and how far from there at most (m, rad).
const START: [f32; 3] = [0.56, 0.0, 0.18];
const START_SPREAD: f32 = 0.03;
const START_TURN: f32 = 0.3;
/// Room that a target must leave around the fingers (m).
const ROOM: f32 = 0.002;
/// Firm enough that the fingers sink in by about a millimetre, and damped enough that light objects stay.
const CONTACTS: Contacts = Contacts { moving: (120.0, 2.0), fixed: (120.0, 2.0), length_unit: 0.1, overshoot: 0.02 };
/// With two iterations one grasp in ten slips.
const ITERATIONS: usize = 4;
/// Near the posture that the arm keeps: the elbow up, in a vertical plane with the gripper (rad).
pub(super) const POSTURE: [f32; JOINTS] = [0.0, 0.3, 0.0, -1.6, 0.0, 1.24, 0.0];
/// Coordinates of the robot: its joints and two fingers.
const COORDINATES: usize = JOINTS + 2;

/// Which object counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GraspTask {
    /// Any.
    Indiscriminate,
    /// The target, which is drawn at each reset.
    Instance,
}

/// The task; see the module's page for its numbers.
pub struct BinnedGrasping {
    spec: EnvironmentSpec,
    task: GraspTask,
    scene: Scene,
    /// The bins without the arm, in which objects settle.
    bins: Scene,
    arm: Arm,
    /// None where nobody looks.
    view: Option<View>,
    /// The robot's coordinates above the middle of the bins.
    home: [f32; COORDINATES],
    layout: Arc<Layout>,
    episode: Episode,
}

/// What tells this episode from others, beside the physical state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Episode {
    scene: usize,
    target: usize,
    steps: usize,
}

impl BinnedGrasping {
    /// The task with pictures of `image_size` pixels to a side (64, 128 and 512 are of use), or with none: states and
    /// privileged facts alone. `name` goes to the specification.
    pub fn new(name: &str, task: GraspTask, image_size: Option<usize>) -> Self {
        let mut scene = load(&description::mjcf());
        scene.reset(&[0.0; COORDINATES], &[0.0; COORDINATES]);
        let arm = Arm::new(&scene, POSTURE);
        let mut home = [OPEN; COORDINATES];
        let start = GripperPose { position: Vector::from_array(START), yaw: 0.0 };
        home[..JOINTS].copy_from_slice(&arm.angles_for(start, &POSTURE));
        let view = image_size.map(|size| View::new(&scene, size, task == GraspTask::Instance));
        let spec = EnvironmentSpec {
            name: name.to_owned(),
            state_size: STATE_SIZE,
            state_center: vec![0.5, 0.1],
            state_spread: vec![0.5, 0.1],
            image: view.as_ref().map(View::shape),
            privileged_size: PRIVILEGED_SIZE,
            action_size: ACTION_SIZE,
            max_steps: MAX_STEPS,
            success_steps: 1,
        };
        let mut bins = load(description::BINS);
        let layout = layout::layout(0, &mut bins);
        Self { spec, task, scene, bins, arm, view, home, layout, episode: Episode::default() }
    }

    /// All solids of the scene.
    pub fn shapes(&self) -> Vec<Shape> {
        let mut shapes = view::still_shapes(&self.scene);
        self.scene.push_moving_shapes(&mut shapes);
        shapes
    }

    /// Starts an episode in a certain scene.
    ///
    /// # Panics
    /// Unless `scene` is below [`SCENES`] and [`HELD_OUT`](super::HELD_OUT) together.
    pub fn reset_to(&mut self, scene: usize, rng: &mut Prng) -> Observation {
        self.layout = layout::layout(scene, &mut self.bins);
        let mut near = |middle: f32, spread: f32| middle + rng.uniform(-spread, spread);
        let start = GripperPose {
            position: Vector::new(near(START[0], START_SPREAD), near(START[1], START_SPREAD), START[2]),
            yaw: near(0.0, START_TURN),
        };
        let mut coordinates = self.home;
        coordinates[..JOINTS].copy_from_slice(&self.arm.angles_for(start, joints_of(&self.home)));
        self.scene.reset(&coordinates, &[0.0; COORDINATES]);
        self.place_objects();
        self.episode = Episode { scene, target: self.draw_target(rng), steps: 0 };
        self.observation()
    }

    fn place_objects(&mut self) {
        for (solid, placement) in self.layout.solids.iter().zip(&self.layout.placements) {
            self.scene.lay(solid, *placement);
        }
    }

    /// One of the objects that a descending gripper has room for; where there is none, the one with most room.
    fn draw_target(&self, rng: &mut Prng) -> usize {
        let bodies = self.bodies();
        let grasps = Grasps::new(&bodies);
        let rooms: Vec<f32> = (0..OBJECTS).map(|number| grasps.best(number).clearance).collect();
        let enough = rooms.iter().copied().fold(f32::MIN, f32::max).min(ROOM);
        let free: Vec<usize> = (0..OBJECTS).filter(|number| rooms[*number] >= enough).collect();
        free[rng.below(free.len())]
    }

    fn coordinates(&self) -> [f32; COORDINATES] {
        let mut coordinates = Vec::with_capacity(COORDINATES);
        self.scene.push_positions(&mut coordinates);
        coordinates.try_into().expect("the joints of assets/arm.xml")
    }

    fn bodies(&self) -> Vec<Body<'_>> {
        let solids = self.layout.solids.iter().enumerate();
        solids.map(|(number, solid)| Body { solid, placement: self.scene.placement(number) }).collect()
    }

    /// The object between the fingers; where there are two, the one asked for.
    fn held(&self) -> Option<usize> {
        let touches = |finger, number| self.scene.touches(finger, number);
        let mut objects = self.target().into_iter().chain(0..OBJECTS);
        objects.find(|number| touches("finger_left", *number) && touches("finger_right", *number))
    }

    fn lowest_point(&self, number: usize) -> f32 {
        let placement = self.scene.placement(number);
        placement.translation[2] - objects::reach(&self.layout.solids[number], placement.rotation, [0.0, 0.0, -1.0])
    }

    fn target(&self) -> Option<usize> {
        (self.task == GraspTask::Instance).then_some(self.episode.target)
    }

    fn succeeds(&self) -> bool {
        self.held().is_some_and(|held| {
            let [x, y, _] = self.scene.placement(held).translation;
            let above_bins = (BIN_X[0]..BIN_X[1]).contains(&x) && (BIN_Y[0][0]..BIN_Y[2][1]).contains(&y);
            let is_wanted = self.target().is_none_or(|target| target == held);
            is_wanted && above_bins && self.lowest_point(held) > LIFTED
        })
    }

    fn observation(&mut self) -> Observation {
        let coordinates = self.coordinates();
        let pose = self.arm.pose(joints_of(&coordinates));
        let aperture = 0.5 * (coordinates[JOINTS] + coordinates[JOINTS + 1]);
        let (bodies, held, target) = (self.bodies(), self.held(), self.target());
        let grasps = Grasps::new(&bodies);
        let facts = Facts {
            position: pose.position.to_array(),
            yaw: pose.yaw,
            aperture,
            held,
            lift: held.map_or(0.0, |held| self.lowest_point(held)),
            target,
            objects: std::array::from_fn(|number| bodies[number].placement.translation),
            grasps: std::array::from_fn(|number| grasps.best(number)),
        };
        let image = self.view.as_mut().map(|view| view.image(&self.scene, target));
        Observation { state: vec![aperture / OPEN, pose.position.z], image, privileged: facts.to_vec() }
    }

    /// The coordinates to which an action sends the robot.
    fn goal(&self, from: &[f32; COORDINATES], action: &[f32; ACTION_SIZE]) -> [f32; COORDINATES] {
        let pose = self.arm.pose(joints_of(from));
        let along = |axis: usize| {
            let [low, high] = WORKSPACE[axis];
            (pose.position[axis] + SHIFT_STEP * action[axis]).clamp(low, high)
        };
        let goal = GripperPose {
            position: Vector::new(along(0), along(1), along(2)),
            yaw: (pose.yaw + TURN_STEP * action[3]).clamp(-TURN, TURN),
        };
        let mut to = [if action[4] > 0.0 { CLOSED } else { OPEN }; COORDINATES];
        to[..JOINTS].copy_from_slice(&self.arm.angles_for(goal, joints_of(from)));
        to
    }
}

pub(super) fn load(mjcf: &str) -> Scene {
    Scene::from_mjcf(mjcf, &[])
        .expect("the files of assets/ are inside the subset: tests/mjcf_lint.rs")
        .with_contacts(CONTACTS)
        .with_iterations(ITERATIONS)
}

fn joints_of(coordinates: &[f32; COORDINATES]) -> &[f32; JOINTS] {
    coordinates.first_chunk().expect("the arm's joints come before the fingers")
}

impl Environment for BinnedGrasping {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut Prng) -> Observation {
        let scene = rng.below(SCENES);
        self.reset_to(scene, rng)
    }

    fn step(&mut self, action: &[f32]) -> Step {
        assert_eq!(action.len(), ACTION_SIZE, "a displacement, a turn, a grip and an end");
        let action: [f32; ACTION_SIZE] = std::array::from_fn(|i| action[i].clamp(-1.0, 1.0));
        let from = self.coordinates();
        let to = self.goal(&from, &action);
        for substep in 1..=SUBSTEPS {
            let share = (substep as f32 / RAMP as f32).min(1.0);
            let controls: [f32; COORDINATES] = std::array::from_fn(|i| from[i] + share * (to[i] - from[i]));
            self.scene.step(&controls, 1);
        }
        self.episode.steps += 1;
        let terminates = action[5] > TERMINATE;
        let ends = terminates || self.episode.steps >= MAX_STEPS;
        let success = ends && self.succeeds();
        let outcome = match (ends, terminates || success) {
            (false, _) => Outcome::Continues,
            (true, true) => Outcome::Terminates,
            (true, false) => Outcome::TimesOut,
        };
        Step { observation: self.observation(), reward: f32::from(u8::from(success)), outcome, success }
    }

    fn snapshot(&self) -> Snapshot {
        let whole = (self.episode, self.scene.state());
        Snapshot(postcard::to_stdvec(&whole).expect("the state is plain data"))
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        let (episode, state): (Episode, SceneState) =
            postcard::from_bytes(&snapshot.0).expect("a snapshot of the same task and version");
        // The state knows where bodies are, and the layout what they look like.
        self.layout = layout::layout(episode.scene, &mut self.bins);
        self.scene.reset(&self.home, &[0.0; COORDINATES]);
        self.place_objects();
        self.scene.restore(state);
        self.episode = episode;
    }
}
