//! A robot and its surroundings in rapier: the only place that simulates with it. (Others borrow its vectors and rotations.)
//!
//! Robots are MJCF files inside a small subset (`tests/mjcf_lint.rs`), so that they open in MuJoCo's viewer and can be
//! checked against it; boxes such as walls are added in code. Joint positions and velocities come in MuJoCo's order
//! and conventions: a free joint has the positions x, y, z (m) and the quaternion w, x, y, z, and the velocities
//! linear (m/s, world axes) and angular (rad/s, *body* axes); a hinge has an angle (rad) and its rate (rad/s), a
//! slide a length (m) and its rate (m/s). Free bodies may be put beside the robot (`solid.rs`); they are no part of these
//! coordinates.

mod joint;
mod load;
mod look;
mod shape;
mod solid;

use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

pub use load::SceneError;
pub(crate) use shape::{FORMS, crumple};
pub use shape::{Shape, ShapeKind, Texture};
pub use solid::{Part, Placement, Solid};

/// A physical world with robots, driven by torques or springs at their joints.
pub struct Scene {
    state: SceneState,
    /// The state as loaded: no contact has been seen yet.
    pristine: SceneState,
    pipeline: PhysicsPipeline,
    ccd_solver: CCDSolver,
    parameters: IntegrationParameters,
    gravity: Vector,
    /// The robots, each one tree of bodies and joints.
    trees: Vec<MultibodyIndex>,
    /// In MuJoCo's order of coordinates.
    joints: Vec<Joint>,
    /// In the order of the file, which is the order of controls.
    motors: Vec<Motor>,
    geoms: Vec<Geom>,
    /// Free bodies beside the robot, in the order in which they were placed.
    placed: Vec<RigidBodyHandle>,
    sites: Vec<Site>,
    /// See [`Contacts::overshoot`].
    overshoot: f32,
    /// Named bodies that no joint moves.
    bases: Vec<(String, RigidBodyHandle)>,
}

/// Everything that the next step of a [`Scene`] depends on; restoring it goes on bit for bit.
///
/// Positions and velocities alone would not do: the impulses of the last contacts start the next solve.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct SceneState {
    islands: IslandManager,
    broad_phase: DefaultBroadPhase,
    narrow_phase: NarrowPhase,
    bodies: RigidBodySet,
    colliders: ColliderSet,
    impulse_joints: ImpulseJointSet,
    multibody_joints: MultibodyJointSet,
    soft_bodies: SoftBodySet,
}

/// An immovable cuboid with its faces along the world's axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StaticBox {
    /// The middle (m).
    pub center: [f32; 3],
    /// From the middle to the faces (m).
    pub half: [f32; 3],
    /// Red, green, blue and opacity, 0 to 1.
    pub rgba: [f32; 4],
}

enum Joint {
    /// Of a whole tree, or of a body without joints below it.
    Free {
        root: RigidBodyHandle,
        tree: Option<MultibodyIndex>,
    },
    Axis(Axis),
}

/// A hinge or a slide.
struct Axis {
    name: String,
    handle: MultibodyJointHandle,
    slot: Slot,
    range: [f32; 2],
}

/// The place of a joint's coordinate among rapier's six: three lengths, then three angles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Slide = 0,
    Hinge = 3,
}

/// What a control does to its joint.
struct Motor {
    joint: MultibodyJointHandle,
    slot: Slot,
    drive: Drive,
    control_range: [f32; 2],
}

enum Drive {
    /// Turns a hinge with `gear` x control (N m).
    Torque { gear: f32 },
    /// Pulls with `gain` x control - `stiffness` x coordinate (N or N m).
    Spring { gain: f32, stiffness: f32 },
}

/// A point that moves with a body.
struct Site {
    name: String,
    body: RigidBodyHandle,
    offset: Vector,
}

/// How contacts give way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contacts {
    /// How fast two moving things are pushed apart: frequency (Hz) and damping ratio.
    pub moving: (f32, f32),
    /// The same where one of them cannot move.
    pub fixed: (f32, f32),
    /// Typical size of things (m); with it scale the distances at which contacts are looked for and kept, the error that is
    /// allowed, and how fast things are pushed apart.
    pub length_unit: f32,
    /// How far a joint may leave its range before it is simply put back (rad, m). Limits give way where a strong arm
    /// rams a weak finger into a wall: by up to 0.9 rad here, and 0.3 with twice the solver's iterations.
    pub overshoot: f32,
}

impl Contacts {
    /// For things that fit into a hand: what is held gives way by about 1 mm. With rapier's own numbers (30 and 60 Hz,
    /// damping ratio 10, 1 m), which an ant walks on, fingers sink 7-15 mm into it.
    pub const FIRM: Self = Self { moving: (250.0, 1.0), fixed: (500.0, 1.0), length_unit: 0.1, overshoot: 0.02 };
}

struct Geom {
    name: Option<String>,
    /// What touches, of a geom with a name.
    collider: Option<ColliderHandle>,
    /// None for what does not move.
    body: Option<RigidBodyHandle>,
    kind: ShapeKind,
    pose: Pose,
    rgba: [f32; 4],
    texture: Texture,
}

impl Scene {
    /// Builds the world of an MJCF text, and boxes around it.
    ///
    /// # Errors
    /// When the text is not MJCF, or holds a ball joint, a geom that is no plane, sphere, capsule, cylinder or box, or an
    /// actuator that is neither a motor nor a spring on a hinge or slide with a range of control. What else lies outside
    /// the subset of `tests/mjcf_lint.rs` is read otherwise than by MuJoCo, or not at all; only that test finds it.
    pub fn from_mjcf(xml: &str, boxes: &[StaticBox]) -> Result<Self, SceneError> {
        load::load(xml, boxes)
    }

    /// The same world with other contacts.
    #[must_use]
    pub fn with_contacts(mut self, contacts: Contacts) -> Self {
        let spring = |(frequency, damping)| SpringCoefficients::new(frequency, damping);
        self.parameters.contact_softness = spring(contacts.moving);
        self.parameters.static_contact_softness = spring(contacts.fixed);
        self.parameters.length_unit = contacts.length_unit;
        self.overshoot = contacts.overshoot;
        self
    }

    /// The same world with another number of solver iterations in each time step: more hold joints and contacts together
    /// better, and cost in proportion. The default of 2 is what an ant needs.
    #[must_use]
    pub fn with_iterations(mut self, iterations: usize) -> Self {
        self.parameters.num_solver_iterations = iterations;
        self
    }

    /// Starts afresh: joint positions and velocities as given, no memory of earlier contacts, and no placed bodies.
    pub fn reset(&mut self, positions: &[f32], velocities: &[f32]) {
        self.restore(self.pristine.clone());
        self.remove_placed();
        let state = &mut self.state;
        let (mut q, mut v) = (positions, velocities);
        for joint in &self.joints {
            joint.set(state, &mut q, &mut v);
        }
        assert!(q.is_empty() && v.is_empty(), "{} positions and {} velocities too many", q.len(), v.len());
        self.place_bodies();
    }

    /// Puts a body that no joint moves (with all that hangs on it) elsewhere; until the next reset. Its orientation stays.
    pub fn move_base(&mut self, name: &str, position: [f32; 3]) {
        let (_, body) = self.bases.iter().find(|(base, _)| base == name).expect("a base of this name");
        let rotation = *self.state.bodies[*body].rotation();
        self.state.bodies[*body].set_position(Pose::from_parts(position.into(), rotation), true);
        self.place_bodies();
    }

    /// Moves the bodies of all trees to where their joints have them.
    fn place_bodies(&mut self) {
        let state = &mut self.state;
        for tree in &self.trees {
            let multibody = state.multibody_joints.get_multibody_mut(*tree).expect(JOINT);
            multibody.forward_kinematics(&state.bodies, true);
            multibody.update_rigid_bodies(&mut state.bodies, true);
        }
    }

    /// Advances by `substeps` time steps of the file. Controls are in the order of the file's actuators and are clamped
    /// to the range of each: that of a motor times its gear is the torque (N m) between the two bodies of the joint, that
    /// of a servo times gain over stiffness the coordinate at which its spring is at rest.
    pub fn step(&mut self, controls: &[f32], substeps: usize) {
        assert_eq!(controls.len(), self.motors.len(), "one control per motor");
        self.set_springs(controls);
        for _ in 0..substeps {
            self.apply_torques(controls);
            let SceneState {
                islands,
                broad_phase,
                narrow_phase,
                bodies,
                colliders,
                impulse_joints,
                multibody_joints,
                soft_bodies,
            } = &mut self.state;
            self.pipeline.step(
                self.gravity,
                &self.parameters,
                islands,
                broad_phase,
                narrow_phase,
                bodies,
                colliders,
                impulse_joints,
                multibody_joints,
                soft_bodies,
                &mut self.ccd_solver,
                &(),
                &(),
            );
            // A body whose numbers are none would stand still, disabled, and look sound.
            assert!(self.pipeline.quarantine().bodies().is_empty(), "the physics of the scene has come apart");
            self.stop_joints();
        }
    }

    /// Puts joints back that have left their range by more than [`Contacts::overshoot`], and takes their outward speed.
    fn stop_joints(&mut self) {
        let mut moved = false;
        for joint in &self.joints {
            let Joint::Axis(axis) = joint else { continue };
            moved |= axis.stop(&mut self.state, self.overshoot);
        }
        if moved {
            self.place_bodies();
        }
    }

    /// Sets each servo's spring to rest where its control wants it.
    fn set_springs(&mut self, controls: &[f32]) {
        for (motor, control) in self.motors.iter().zip(controls) {
            let Drive::Spring { gain, stiffness } = motor.drive else { continue };
            let [low, high] = motor.control_range;
            let (multibody, id) = self.state.multibody_joints.get_mut(motor.joint).expect(JOINT);
            let link = multibody.link_mut(id).expect(JOINT);
            link.joint.set_spring(motor.slot as usize, stiffness, gain * control.clamp(low, high) / stiffness);
        }
    }

    /// Adds a torque and its reaction for each motor. They turn with the bodies, hence anew in each substep.
    fn apply_torques(&mut self, controls: &[f32]) {
        let SceneState { bodies, multibody_joints, .. } = &mut self.state;
        let torques = self.motors.iter().zip(controls).filter_map(|(motor, control)| match motor.drive {
            Drive::Torque { gear } => {
                let [low, high] = motor.control_range;
                Some((motor.joint, gear * control.clamp(low, high)))
            }
            Drive::Spring { .. } => None,
        });
        for (joint, _) in torques.clone() {
            let (multibody, id) = multibody_joints.get(joint).expect(JOINT);
            let link = multibody.link(id).expect(JOINT);
            let parent = multibody.link(link.parent_id().expect(JOINT)).expect(JOINT);
            bodies[link.rigid_body_handle()].reset_torques(false);
            bodies[parent.rigid_body_handle()].reset_torques(false);
        }
        for (joint, torque) in torques {
            let (multibody, id) = multibody_joints.get(joint).expect(JOINT);
            let link = multibody.link(id).expect(JOINT);
            let parent = multibody.link(link.parent_id().expect(JOINT)).expect(JOINT);
            let axis = parent.local_to_world().rotation * (link.joint().data.local_frame1.rotation * Vector::X);
            let torque = axis * torque;
            bodies[link.rigid_body_handle()].add_torque(torque, false);
            bodies[parent.rigid_body_handle()].add_torque(-torque, false);
        }
    }

    /// Appends all joint positions (MuJoCo's `qpos`).
    pub fn push_positions(&self, out: &mut Vec<f32>) {
        self.joints.iter().for_each(|joint| joint.push_position(&self.state, out));
    }

    /// Appends all joint velocities (MuJoCo's `qvel`).
    pub fn push_velocities(&self, out: &mut Vec<f32>) {
        self.joints.iter().for_each(|joint| joint.push_velocity(&self.state, out));
    }

    /// Where the coordinate of a hinge or slide stands among the positions, and its rate among the velocities.
    pub fn joint_indices(&self, name: &str) -> Option<(usize, usize)> {
        let (mut position, mut velocity) = (0, 0);
        for joint in &self.joints {
            match joint {
                Joint::Axis(axis) if axis.name == name => return Some((position, velocity)),
                Joint::Axis(_) => (position, velocity) = (position + 1, velocity + 1),
                Joint::Free { .. } => (position, velocity) = (position + 7, velocity + 6),
            }
        }
        None
    }

    /// The limits of each hinge (rad) and slide (m), in the order of the positions; free joints are left out.
    pub fn joint_ranges(&self) -> impl Iterator<Item = [f32; 2]> {
        self.joints.iter().filter_map(|joint| match joint {
            Joint::Axis(axis) => Some(axis.range),
            Joint::Free { .. } => None,
        })
    }

    /// The range of each control.
    pub fn control_ranges(&self) -> impl Iterator<Item = [f32; 2]> {
        self.motors.iter().map(|motor| motor.control_range)
    }

    /// Where a site is now (m, world); none of that name, none.
    pub fn site(&self, name: &str) -> Option<[f32; 3]> {
        let site = self.sites.iter().find(|site| site.name == name)?;
        Some(self.state.bodies[site.body].position().transform_point(site.offset).to_array())
    }

    /// How deep two solids are in each other at the most (m); 0 where none touch.
    pub fn deepest_contact(&self) -> f32 {
        let manifolds = self.state.narrow_phase.contact_pairs().flat_map(ContactPair::manifolds);
        manifolds.flat_map(|manifold| &manifold.points).map(|point| -point.dist).fold(0.0, f32::max)
    }

    /// Motors, and so controls that [`Scene::step`] takes.
    pub fn motor_count(&self) -> usize {
        self.motors.len()
    }

    /// The state, to be cloned or serialised.
    pub fn state(&self) -> &SceneState {
        &self.state
    }

    /// Goes back to a state of a scene of the same MJCF text and boxes, with the same bodies laid in it in the same order.
    pub fn restore(&mut self, state: SceneState) {
        self.state = state;
        // These hold caches of the state before.
        self.pipeline = PhysicsPipeline::new();
        self.ccd_solver = CCDSolver::new();
    }
}

const JOINT: &str = "joints are inserted by the loader and never removed";
