//! A robot and its surroundings in rapier: the only place that knows the physics engine. (`render` borrows its vector
//! types and nothing else.)
//!
//! Robots are MJCF files inside a small subset (`tests/mjcf_lint.rs`), so that they open in MuJoCo's viewer and can be
//! checked against it; boxes such as walls are added in code. Joint positions and velocities come in MuJoCo's order
//! and conventions: a free joint has the positions x, y, z (m) and the quaternion w, x, y, z, and the velocities
//! linear (m/s, world axes) and angular (rad/s, *body* axes); a hinge has an angle (rad) and its rate (rad/s), a slide
//! a distance (m) and its rate (m/s). Free bodies may be put beside the robot (`solid.rs`); they are no part of these
//! coordinates.

mod load;
mod shape;
mod solid;

use std::ops::Range;

use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

pub use load::SceneError;
pub(crate) use shape::{FORMS, crumple};
pub use shape::{Shape, ShapeKind, Texture};
pub use solid::{Part, Placement, Solid};

/// A physical world with one robot, driven by motors or servos at its joints.
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
}

/// How contacts give, and how much the solver does for them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContactModel {
    /// Natural frequency of a contact as a spring (Hz).
    pub frequency: f32,
    /// Its damping ratio.
    pub damping_ratio: f32,
    /// Iterations of the solver in each physics step.
    pub iterations: usize,
    /// Typical size of what touches (m): scales the distances at which contacts are foreseen and kept.
    pub length_unit: f32,
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
    Free { root: RigidBodyHandle, tree: MultibodyIndex },
    /// A hinge or a slide; `slot` is the place of its coordinate among the six of a joint.
    Axis { name: String, handle: MultibodyJointHandle, slot: usize },
}

struct Motor {
    joint: MultibodyJointHandle,
    drive: Drive,
    control_range: [f32; 2],
}

#[derive(Clone, Copy)]
enum Drive {
    /// Control times gear is a torque (N m) on a hinge.
    Torque { gear: f32 },
    /// Control is where a spring of this stiffness (N m/rad or N/m) pulls the coordinate in this slot.
    Servo { slot: usize, stiffness: f32 },
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
    /// When the text is not MJCF, or holds a joint, geom or actuator outside the subset of `tests/mjcf_lint.rs`.
    pub fn from_mjcf(xml: &str, boxes: &[StaticBox]) -> Result<Self, SceneError> {
        load::load(xml, boxes)
    }

    /// The scene with other contacts than rapier's own, which are made for piles of boxes: fingers sink into what they
    /// hold by a centimetre.
    #[must_use]
    pub fn with_contacts(mut self, contacts: ContactModel) -> Self {
        let ContactModel { frequency, damping_ratio, iterations, length_unit } = contacts;
        let softness = SpringCoefficients::new(frequency, damping_ratio);
        self.parameters.contact_softness = softness;
        self.parameters.static_contact_softness = softness;
        self.parameters.num_solver_iterations = iterations;
        self.parameters.length_unit = length_unit;
        self
    }

    /// Puts the robot at rest in time: joint positions and velocities as given, no memory of earlier contacts, and no
    /// placed bodies. Servos pull to where their joints are.
    pub fn reset(&mut self, positions: &[f32], velocities: &[f32]) {
        self.restore(self.pristine.clone());
        self.remove_placed();
        let state = &mut self.state;
        let (mut q, mut v) = (positions, velocities);
        for joint in &self.joints {
            match joint {
                Joint::Free { root, tree } => {
                    let [x, y, z, qw, qx, qy, qz] = *take(&mut q);
                    let [vx, vy, vz, wx, wy, wz] = *take(&mut v);
                    let rotation = Rotation::from_xyzw(qx, qy, qz, qw).normalize();
                    state.bodies[*root].set_position(Pose::from_parts(Vector::new(x, y, z), rotation), true);
                    let spin = rotation * Vector::new(wx, wy, wz);
                    let velocity = [vx, vy, vz, spin.x, spin.y, spin.z];
                    let multibody = state.multibody_joints.get_multibody_mut(*tree).expect(JOINT);
                    multibody.generalized_velocity_mut().rows_mut(0, 6).copy_from_slice(&velocity);
                }
                Joint::Axis { handle, slot, .. } => {
                    let ([position], [rate]) = (*take(&mut q), *take(&mut v));
                    let (multibody, id) = state.multibody_joints.get_mut(*handle).expect(JOINT);
                    let link = multibody.link_mut(id).expect(JOINT);
                    link.joint.apply_displacement(&[position - link.joint.coords()[*slot]]);
                    let row = link.assembly_id();
                    multibody.generalized_velocity_mut()[row] = rate;
                }
            }
        }
        assert!(q.is_empty() && v.is_empty(), "{} positions and {} velocities too many", q.len(), v.len());
        for tree in &self.trees {
            let multibody = state.multibody_joints.get_multibody_mut(*tree).expect(JOINT);
            multibody.forward_kinematics(&state.bodies, true);
            multibody.update_rigid_bodies(&mut state.bodies, true);
        }
    }

    /// Advances by `substeps` time steps of the file. Controls are in the order of the file's actuators and are clamped
    /// to each one's range. A motor's control times its gear is the torque (N m) between the two bodies of the joint;
    /// a position servo's is the angle (rad) or distance (m) to which it pulls.
    pub fn step(&mut self, controls: &[f32], substeps: usize) {
        assert_eq!(controls.len(), self.motors.len(), "one control per motor");
        for _ in 0..substeps {
            self.apply(controls);
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
        }
    }

    /// Sets the servos. Adds a torque and its reaction for each motor: they turn with the bodies, hence anew in each
    /// substep.
    fn apply(&mut self, controls: &[f32]) {
        let SceneState { bodies, multibody_joints, .. } = &mut self.state;
        for motor in self.motors.iter().filter(|motor| matches!(motor.drive, Drive::Torque { .. })) {
            let (multibody, id) = multibody_joints.get(motor.joint).expect(JOINT);
            let link = multibody.link(id).expect(JOINT);
            let parent = multibody.link(link.parent_id().expect(JOINT)).expect(JOINT);
            bodies[link.rigid_body_handle()].reset_torques(false);
            bodies[parent.rigid_body_handle()].reset_torques(false);
        }
        for (motor, control) in self.motors.iter().zip(controls) {
            let [low, high] = motor.control_range;
            let control = control.clamp(low, high);
            let (multibody, id) = multibody_joints.get_mut(motor.joint).expect(JOINT);
            match motor.drive {
                Drive::Servo { slot, stiffness } => {
                    multibody.link_mut(id).expect(JOINT).joint.set_spring(slot, stiffness, control);
                }
                Drive::Torque { gear } => {
                    let link = multibody.link(id).expect(JOINT);
                    let parent = multibody.link(link.parent_id().expect(JOINT)).expect(JOINT);
                    let axis = parent.local_to_world().rotation * (link.joint().data.local_frame1.rotation * Vector::X);
                    let torque = axis * (gear * control);
                    bodies[link.rigid_body_handle()].add_torque(torque, false);
                    bodies[parent.rigid_body_handle()].add_torque(-torque, false);
                }
            }
        }
    }

    /// Appends all joint positions (MuJoCo's `qpos`).
    pub fn push_positions(&self, out: &mut Vec<f32>) {
        for joint in &self.joints {
            match joint {
                Joint::Free { root, .. } => {
                    let pose = self.state.bodies[*root].position();
                    let Rotation { x, y, z, w } = pose.rotation;
                    out.extend(pose.translation.to_array());
                    out.extend([w, x, y, z]);
                }
                Joint::Axis { handle, slot, .. } => {
                    let (multibody, id) = self.state.multibody_joints.get(*handle).expect(JOINT);
                    out.push(multibody.link(id).expect(JOINT).joint().coords()[*slot]);
                }
            }
        }
    }

    /// Appends all joint velocities (MuJoCo's `qvel`).
    pub fn push_velocities(&self, out: &mut Vec<f32>) {
        for joint in &self.joints {
            match joint {
                Joint::Free { root, tree } => {
                    let multibody = self.state.multibody_joints.get_multibody(*tree).expect(JOINT);
                    let velocity = multibody.generalized_velocity();
                    let spin = Vector::new(velocity[3], velocity[4], velocity[5]);
                    out.extend([velocity[0], velocity[1], velocity[2]]);
                    out.extend((self.state.bodies[*root].rotation().inverse() * spin).to_array());
                }
                Joint::Axis { handle, .. } => {
                    let (multibody, id) = self.state.multibody_joints.get(*handle).expect(JOINT);
                    out.push(multibody.joint_velocity(multibody.link(id).expect(JOINT))[0]);
                }
            }
        }
    }

    /// Where a hinge's angle or a slide's distance stands among the positions, and its rate among the velocities.
    pub fn hinge_indices(&self, name: &str) -> Option<(usize, usize)> {
        let (mut position, mut velocity) = (0, 0);
        for joint in &self.joints {
            match joint {
                Joint::Axis { name: other, .. } if other == name => return Some((position, velocity)),
                Joint::Axis { .. } => (position, velocity) = (position + 1, velocity + 1),
                Joint::Free { .. } => (position, velocity) = (position + 7, velocity + 6),
            }
        }
        None
    }

    /// Where a hinge is and about which axis it turns in the world, the joint being at its body's origin; of length 1.
    pub fn hinge_axis(&self, name: &str) -> Option<([f32; 3], [f32; 3])> {
        self.joints.iter().find_map(|joint| {
            let Joint::Axis { name: other, handle, slot: HINGE } = joint else { return None };
            let (multibody, id) = self.state.multibody_joints.get(*handle).filter(|_| other == name)?;
            let link = multibody.link(id)?;
            let parent = multibody.link(link.parent_id()?)?.local_to_world();
            let frame = link.joint().data.local_frame1;
            let axis = parent.rotation * (frame.rotation * Vector::X);
            Some(((*parent * frame.translation).to_array(), axis.to_array()))
        })
    }

    /// Where a geom is, by its name in the file.
    pub fn geom(&self, name: &str) -> Option<Shape> {
        self.geoms.iter().find(|geom| geom.name.as_deref() == Some(name)).map(|geom| self.shape(geom))
    }

    /// Motors, and so controls that [`Scene::step`] takes.
    pub fn motor_count(&self) -> usize {
        self.motors.len()
    }

    /// The state, to be cloned or serialised.
    pub fn state(&self) -> &SceneState {
        &self.state
    }

    /// Goes back to a state of a scene of the same MJCF text and boxes.
    pub fn restore(&mut self, state: SceneState) {
        self.state = state;
        // These hold caches of the state before.
        self.pipeline = PhysicsPipeline::new();
        self.ccd_solver = CCDSolver::new();
    }

    /// All solids where they are now.
    pub fn shapes(&self) -> Vec<Shape> {
        self.geoms.iter().map(|geom| self.shape(geom)).collect()
    }

    /// The solids that never move.
    pub fn still_shapes(&self) -> Vec<Shape> {
        self.geoms.iter().filter(|geom| !self.moves(geom)).map(|geom| self.shape(geom)).collect()
    }

    /// The solids that may move: those of the robot, then those of the placed bodies, one body after the other.
    pub fn moving_shapes(&self, shapes: &mut Vec<Shape>) {
        shapes.extend(self.geoms.iter().filter(|geom| self.moves(geom)).map(|geom| self.shape(geom)));
    }

    /// Which of [`Scene::moving_shapes`] are those of a placed body.
    pub fn moving_shapes_of(&self, number: usize) -> Range<usize> {
        let body = Some(self.placed[number]);
        let mut moving = self.geoms.iter().filter(|geom| self.moves(geom)).map(|geom| geom.body == body);
        let first = moving.position(|is_its| is_its).expect("a body has solids");
        first..first + 1 + moving.take_while(|is_its| *is_its).count()
    }

    fn moves(&self, geom: &Geom) -> bool {
        geom.body.is_some_and(|body| !self.state.bodies[body].is_fixed())
    }

    fn shape(&self, geom: &Geom) -> Shape {
        let body = geom.body.map_or(Pose::IDENTITY, |body| *self.state.bodies[body].position());
        Shape::new(geom.kind, body * geom.pose, geom.rgba, geom.texture)
    }
}

/// The slots of a slide's distance and of a hinge's angle among a joint's six coordinates.
const SLIDE: usize = 0;
const HINGE: usize = 3;
const JOINT: &str = "joints are inserted by the loader and never removed";

/// The next `N` numbers.
fn take<'a, const N: usize>(values: &mut &'a [f32]) -> &'a [f32; N] {
    let (head, rest) = values.split_first_chunk().expect("one number per coordinate of each joint");
    *values = rest;
    head
}
