//! An arm that must lift an object out of one of three bins.

mod facts;
mod grasp;
mod kinematics;
mod layout;
pub mod objects;
mod view;

use std::sync::Arc;

use rapier3d::math::Vector;
use rl::{Environment, EnvironmentSpec, Observation, Outcome, Prng, Snapshot, Step};

use crate::{Contacts, Scene, SceneState, Shape};
pub use facts::{Facts, PRIVILEGED_SIZE};
pub use grasp::Grasp;
use grasp::Body;
use kinematics::{Arm, Grip, JOINTS};
use layout::{Layout, SCENES};
use view::View;
pub use view::{CAMERA, sunlight};

/// The insides of the bins: along x all alike, along y one after the other (m); their floor is at 0.
const BIN_X: [f32; 2] = [0.45, 0.67];
const BIN_Y: [[f32; 2]; 3] = [[-0.231, -0.081], [-0.075, 0.075], [0.081, 0.231]];
/// Height of the walls (m).
const RIM: f32 = 0.03;
/// Objects in a scene, as many in each bin.
pub const OBJECTS: usize = 6;
/// From the finger tips to below the palm (m).
const FINGER_LENGTH: f32 = 0.06;
/// Where the finger tips may be sent, low and high (m).
const LOWEST: f32 = 0.01;
const WORKSPACE: [[f32; 2]; 3] = [[0.46, 0.66], [-0.22, 0.22], [LOWEST, 0.22]];
/// Farthest turn to either side (rad): a little over a quarter turn, since the gripper looks the same after half a turn.
pub(crate) const TURN: f32 = 1.75;
/// Displacement (m) and turn (rad) of an action of 1.
pub(crate) const SHIFT_STEP: f32 = 0.06;
pub(crate) const TURN_STEP: f32 = 0.6;
/// A terminate component above this ends the episode.
const TERMINATE: f32 = 0.5;
/// Physics steps in a control step, and those of them in which the servos' targets move.
const SUBSTEPS: usize = 25;
const RAMP: usize = 16;
/// Firm enough that the fingers sink in by about a millimetre, and damped enough that light objects stay.
const CONTACTS: Contacts = Contacts { moving: (120.0, 2.0), fixed: (120.0, 2.0), length_unit: 0.1 };
/// With two iterations one grasp in ten slips.
const ITERATIONS: usize = 4;
/// Half apertures of the open gripper, and what a closing one is sent to (m).
pub(crate) const OPEN: f32 = 0.045;
const CLOSED: f32 = -0.01;
/// An object is lifted when its lowest point is above this (m).
pub(crate) const LIFTED: f32 = RIM + 0.02;
/// Room that a target must leave around the fingers (m).
const ROOM: f32 = 0.002;
pub const ACTION_SIZE: usize = 6;
pub const STATE_SIZE: usize = 2;
pub const MAX_STEPS: usize = 20;

/// Which object counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Any,
    /// One that is drawn at each reset.
    Target,
}

/// The task.
pub struct BinnedGrasping {
    spec: EnvironmentSpec,
    wanted: Wanted,
    scene: Scene,
    arm: Arm,
    /// None where nobody looks: states and privileged facts alone.
    view: Option<View>,
    home: [f32; JOINTS],
    scene_number: usize,
    layout: Arc<Layout>,
    target: usize,
    steps: usize,
}

impl BinnedGrasping {
    pub fn new(name: &str, wanted: Wanted, image_size: Option<usize>) -> Self {
        let mut scene = Scene::from_mjcf(include_str!("../../assets/arm.xml"), &[])
            .expect("assets/arm.xml is inside the subset")
            .with_contacts(CONTACTS)
            .with_iterations(ITERATIONS);
        scene.reset(&[0.0; JOINTS + 2], &[0.0; JOINTS + 2]);
        let limits = [2.967, 2.094, 2.967, 2.094, 2.967, 2.094, 3.054].map(|limit| [-limit, limit]);
        let arm = Arm::new(&scene, limits, [0.0, 0.3, 0.0, -1.6, 0.0, 1.24, 0.0]);
        let home = Grip { position: Vector::new(0.56, 0.0, 0.18), yaw: 0.0 };
        let home = arm.angles_for(home, &arm.rest());
        let view = image_size.map(|size| View::new(&scene, size, wanted == Wanted::Target));
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
        let layout = Arc::new(Layout { solids: vec![], placements: vec![] });
        Self { spec, wanted, scene, arm, view, home, scene_number: 0, layout, target: 0, steps: 0 }
    }

    pub fn shapes(&self) -> Vec<Shape> {
        let mut shapes = view::still_shapes(&self.scene);
        self.scene.push_moving_shapes(&mut shapes);
        shapes
    }

    fn positions(&self) -> [f32; JOINTS + 2] {
        let mut positions = Vec::with_capacity(JOINTS + 2);
        self.scene.push_positions(&mut positions);
        positions.try_into().expect("the joints of assets/arm.xml")
    }

    fn bodies(&self) -> Vec<Body<'_>> {
        let bodies = self.layout.solids.iter().enumerate();
        bodies.map(|(i, solid)| Body { solid, placement: self.scene.placement(i) }).collect()
    }

    /// The object between the fingers.
    fn held(&self) -> Option<usize> {
        let touches = |finger, i| self.scene.touches(finger, i);
        (0..self.scene.placed()).find(|i| touches("finger_left", *i) && touches("finger_right", *i))
    }

    fn lowest_point(&self, number: usize) -> f32 {
        let placement = self.scene.placement(number);
        placement.translation[2] - objects::reach(&self.layout.solids[number], placement.rotation, [0.0, 0.0, -1.0])
    }

    fn succeeds(&self) -> bool {
        self.held().is_some_and(|held| {
            let [x, y, _] = self.scene.placement(held).translation;
            let above = (BIN_X[0]..BIN_X[1]).contains(&x) && (BIN_Y[0][0]..BIN_Y[2][1]).contains(&y);
            let right = self.wanted == Wanted::Any || held == self.target;
            right && above && self.lowest_point(held) > LIFTED
        })
    }

    /// One of the objects that a descending gripper has room for; where there is none, the one with most room.
    fn draw_target(&self, rng: &mut Prng) -> usize {
        let bodies = self.bodies();
        let clearances: Vec<f32> = (0..OBJECTS).map(|i| grasp::best(i, &bodies).clearance).collect();
        let most = clearances.iter().copied().fold(f32::MIN, f32::max).min(ROOM);
        let free: Vec<usize> = (0..OBJECTS).filter(|i| clearances[*i] >= most).collect();
        free[rng.below(free.len())]
    }

    fn observation(&mut self) -> Observation {
        let positions = self.positions();
        let grip = self.arm.grip(positions.first_chunk().expect("the arm's joints come first"));
        let aperture = (positions[JOINTS] + positions[JOINTS + 1]) / (2.0 * OPEN);
        let state = vec![aperture, grip.position.z];
        let bodies = self.bodies();
        let held = self.held();
        let facts = Facts {
            position: grip.position.to_array(),
            yaw: grip.yaw,
            aperture: aperture * OPEN,
            held,
            lift: held.map_or(0.0, |held| self.lowest_point(held)),
            target: (self.wanted == Wanted::Target).then_some(self.target),
            objects: std::array::from_fn(|i| bodies[i].placement.translation),
            grasps: std::array::from_fn(|i| grasp::best(i, &bodies)),
        };
        let target = (self.wanted == Wanted::Target).then_some(self.target);
        let image = self.view.as_mut().map(|view| view.image(&self.scene, target));
        Observation { state, image, privileged: facts.to_vec() }
    }
}

impl Environment for BinnedGrasping {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut Prng) -> Observation {
        let mut positions = [OPEN; JOINTS + 2];
        positions[..JOINTS].copy_from_slice(&self.home);
        self.scene_number = rng.below(SCENES);
        self.layout = layout::layout(self.scene_number, &mut self.scene, &positions);
        let start = Grip {
            position: Vector::new(0.56 + rng.uniform(-0.03, 0.03), rng.uniform(-0.03, 0.03), 0.18),
            yaw: rng.uniform(-0.3, 0.3),
        };
        positions[..JOINTS].copy_from_slice(&self.arm.angles_for(start, &self.home));
        self.scene.reset(&positions, &[0.0; JOINTS + 2]);
        for (number, (solid, placement)) in self.layout.solids.iter().zip(&self.layout.placements).enumerate() {
            self.scene.place(solid, *placement);
            self.scene.put_to_sleep(number);
        }
        self.steps = 0;
        self.target = self.draw_target(rng);
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let action: [f32; ACTION_SIZE] = std::array::from_fn(|i| action[i].clamp(-1.0, 1.0));
        let from = self.positions();
        let angles = *from.first_chunk().expect("the arm's joints come first");
        let grip = self.arm.grip(&angles);
        let goal = |axis: usize| {
            let [low, high] = WORKSPACE[axis];
            (grip.position[axis] + SHIFT_STEP * action[axis]).clamp(low, high)
        };
        let goal = Grip {
            position: Vector::new(goal(0), goal(1), goal(2)),
            yaw: (grip.yaw + TURN_STEP * action[3]).clamp(-TURN, TURN),
        };
        let mut to = [if action[4] > 0.0 { CLOSED } else { OPEN }; JOINTS + 2];
        to[..JOINTS].copy_from_slice(&self.arm.angles_for(goal, &angles));
        for substep in 1..=SUBSTEPS {
            let share = (substep as f32 / RAMP as f32).min(1.0);
            let controls: [f32; JOINTS + 2] = std::array::from_fn(|i| from[i] + share * (to[i] - from[i]));
            self.scene.step(&controls, 1);
        }
        self.steps += 1;
        let terminates = action[5] > TERMINATE;
        let ends = terminates || self.steps >= MAX_STEPS;
        let success = ends && self.succeeds();
        let outcome = match (ends, terminates || success) {
            (false, _) => Outcome::Continues,
            (true, true) => Outcome::Terminates,
            (true, false) => Outcome::TimesOut,
        };
        Step { observation: self.observation(), reward: f32::from(u8::from(success)), outcome, success }
    }

    fn snapshot(&self) -> Snapshot {
        let whole = (self.scene_number, self.target, self.steps, self.scene.state());
        Snapshot(postcard::to_stdvec(&whole).expect("the state is plain data"))
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        let (scene_number, target, steps, state): (usize, usize, usize, SceneState) =
            postcard::from_bytes(&snapshot.0).expect("a snapshot of the same task and version");
        let mut positions = [OPEN; JOINTS + 2];
        positions[..JOINTS].copy_from_slice(&self.home);
        self.layout = layout::layout(scene_number, &mut self.scene, &positions);
        (self.scene_number, self.target, self.steps) = (scene_number, target, steps);
        self.scene.reset(&positions, &[0.0; JOINTS + 2]);
        for (solid, placement) in self.layout.solids.iter().zip(&self.layout.placements) {
            self.scene.place(solid, *placement);
        }
        self.scene.restore(state);
    }
}
