//! A robot and its surroundings in rapier: the only place that knows the physics engine. (`render` borrows its vector
//! types and nothing else.)
//!
//! Robots are MJCF files inside a small subset (`tests/mjcf_lint.rs`), so that they open in MuJoCo's viewer and can be
//! checked against it; boxes such as walls are added in code. Joint positions and velocities come in MuJoCo's order
//! and conventions: a free joint has the positions x, y, z (m) and the quaternion w, x, y, z, and the velocities
//! linear (m/s, world axes) and angular (rad/s, *body* axes); a hinge has an angle (rad) and its rate (rad/s).

mod load;
mod shape;

use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

pub use load::SceneError;
pub use shape::{Shape, ShapeKind};

/// A physical world with one robot, driven by torques at its joints.
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
    Hinge { name: String, handle: MultibodyJointHandle },
}

struct Motor {
    joint: MultibodyJointHandle,
    gear: f32,
    control_range: [f32; 2],
}

struct Geom {
    /// None for what does not move.
    body: Option<RigidBodyHandle>,
    kind: ShapeKind,
    pose: Pose,
    rgba: [f32; 4],
}

impl Scene {
    /// Builds the world of an MJCF text, and boxes around it.
    ///
    /// # Errors
    /// When the text is not MJCF, or holds a joint, geom or actuator outside the subset of `tests/mjcf_lint.rs`.
    pub fn from_mjcf(xml: &str, boxes: &[StaticBox]) -> Result<Self, SceneError> {
        load::load(xml, boxes)
    }

    /// Puts the robot at rest in time: joint positions and velocities as given, no memory of earlier contacts.
    pub fn reset(&mut self, positions: &[f32], velocities: &[f32]) {
        self.restore(self.pristine.clone());
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
                Joint::Hinge { handle, .. } => {
                    let ([angle], [rate]) = (*take(&mut q), *take(&mut v));
                    let (multibody, id) = state.multibody_joints.get_mut(*handle).expect(JOINT);
                    let link = multibody.link_mut(id).expect(JOINT);
                    link.joint.apply_displacement(&[angle - link.joint.coords()[HINGE]]);
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

    /// Advances by `substeps` time steps of the file. Controls are in the order of the file's motors and are clamped
    /// to each motor's range; control times gear is the torque (N m) between the two bodies of the joint.
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

    /// Adds a torque and its reaction for each motor. They turn with the bodies, hence anew in each substep.
    fn apply(&mut self, controls: &[f32]) {
        let SceneState { bodies, multibody_joints, .. } = &mut self.state;
        for motor in &self.motors {
            let (multibody, id) = multibody_joints.get(motor.joint).expect(JOINT);
            let link = multibody.link(id).expect(JOINT);
            let parent = multibody.link(link.parent_id().expect(JOINT)).expect(JOINT);
            bodies[link.rigid_body_handle()].reset_torques(false);
            bodies[parent.rigid_body_handle()].reset_torques(false);
        }
        for (motor, control) in self.motors.iter().zip(controls) {
            let (multibody, id) = multibody_joints.get(motor.joint).expect(JOINT);
            let link = multibody.link(id).expect(JOINT);
            let parent = multibody.link(link.parent_id().expect(JOINT)).expect(JOINT);
            let axis = parent.local_to_world().rotation * (link.joint().data.local_frame1.rotation * Vector::X);
            let [low, high] = motor.control_range;
            let torque = axis * (motor.gear * control.clamp(low, high));
            bodies[link.rigid_body_handle()].add_torque(torque, false);
            bodies[parent.rigid_body_handle()].add_torque(-torque, false);
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
                Joint::Hinge { handle, .. } => {
                    let (multibody, id) = self.state.multibody_joints.get(*handle).expect(JOINT);
                    out.push(multibody.link(id).expect(JOINT).joint().coords()[HINGE]);
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
                Joint::Hinge { handle, .. } => {
                    let (multibody, id) = self.state.multibody_joints.get(*handle).expect(JOINT);
                    out.push(multibody.joint_velocity(multibody.link(id).expect(JOINT))[0]);
                }
            }
        }
    }

    /// Where a hinge's angle stands among the positions, and its rate among the velocities.
    pub fn hinge_indices(&self, name: &str) -> Option<(usize, usize)> {
        let (mut position, mut velocity) = (0, 0);
        for joint in &self.joints {
            match joint {
                Joint::Hinge { name: other, .. } if other == name => return Some((position, velocity)),
                Joint::Hinge { .. } => (position, velocity) = (position + 1, velocity + 1),
                Joint::Free { .. } => (position, velocity) = (position + 7, velocity + 6),
            }
        }
        None
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
        self.geoms
            .iter()
            .map(|geom| {
                let body = geom.body.map_or(Pose::IDENTITY, |body| *self.state.bodies[body].position());
                Shape::new(geom.kind, body * geom.pose, geom.rgba)
            })
            .collect()
    }
}

/// The slot of a hinge's angle among a joint's six coordinates.
const HINGE: usize = 3;
const JOINT: &str = "joints are inserted by the loader and never removed";

/// The next `N` numbers.
fn take<'a, const N: usize>(values: &mut &'a [f32]) -> &'a [f32; N] {
    let (head, rest) = values.split_first_chunk().expect("one number per coordinate of each joint");
    *values = rest;
    head
}
