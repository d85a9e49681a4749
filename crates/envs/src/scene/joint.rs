//! Coordinates of joints: MuJoCo's to rapier's, and back.

use rapier3d::prelude::*;

use super::{Axis, JOINT, Joint, SceneState};

impl Joint {
    /// Takes the joint's numbers from the front of both lists.
    pub(super) fn set(&self, state: &mut SceneState, q: &mut &[f32], v: &mut &[f32]) {
        match self {
            Joint::Free { root, tree } => {
                let [x, y, z, qw, qx, qy, qz] = *take(q);
                let [vx, vy, vz, wx, wy, wz] = *take(v);
                let rotation = Rotation::from_xyzw(qx, qy, qz, qw).normalize();
                state.bodies[*root].set_position(Pose::from_parts(Vector::new(x, y, z), rotation), true);
                let spin = rotation * Vector::new(wx, wy, wz);
                if let Some(tree) = tree {
                    let velocity = [vx, vy, vz, spin.x, spin.y, spin.z];
                    let multibody = state.multibody_joints.get_multibody_mut(*tree).expect(JOINT);
                    multibody.generalized_velocity_mut().rows_mut(0, 6).copy_from_slice(&velocity);
                } else {
                    let body = &mut state.bodies[*root];
                    let velocity = Vector::new(vx, vy, vz) + spin.cross(centre_of_mass(body));
                    body.set_linvel(velocity, true);
                    body.set_angvel(spin, true);
                }
            }
            Joint::Axis(Axis { handle, slot, .. }) => {
                let ([position], [rate]) = (*take(q), *take(v));
                let (multibody, id) = state.multibody_joints.get_mut(*handle).expect(JOINT);
                let link = multibody.link_mut(id).expect(JOINT);
                link.joint.apply_displacement(&[position - link.joint.coords()[*slot as usize]]);
                let row = link.assembly_id();
                multibody.generalized_velocity_mut()[row] = rate;
            }
        }
    }

    pub(super) fn push_position(&self, state: &SceneState, out: &mut Vec<f32>) {
        match self {
            Joint::Free { root, .. } => {
                let pose = state.bodies[*root].position();
                let Rotation { x, y, z, w } = pose.rotation;
                out.extend(pose.translation.to_array());
                out.extend([w, x, y, z]);
            }
            Joint::Axis(Axis { handle, slot, .. }) => {
                let (multibody, id) = state.multibody_joints.get(*handle).expect(JOINT);
                out.push(multibody.link(id).expect(JOINT).joint().coords()[*slot as usize]);
            }
        }
    }

    pub(super) fn push_velocity(&self, state: &SceneState, out: &mut Vec<f32>) {
        match self {
            Joint::Free { root, tree } => {
                let body = &state.bodies[*root];
                let (velocity, spin) = if let Some(tree) = tree {
                    let multibody = state.multibody_joints.get_multibody(*tree).expect(JOINT);
                    let velocity = multibody.generalized_velocity();
                    let vector = |row: usize| Vector::new(velocity[row], velocity[row + 1], velocity[row + 2]);
                    (vector(0), vector(3))
                } else {
                    (body.linvel() - body.angvel().cross(centre_of_mass(body)), body.angvel())
                };
                out.extend(velocity.to_array());
                out.extend((body.rotation().inverse() * spin).to_array());
            }
            Joint::Axis(Axis { handle, .. }) => {
                let (multibody, id) = state.multibody_joints.get(*handle).expect(JOINT);
                out.push(multibody.joint_velocity(multibody.link(id).expect(JOINT))[0]);
            }
        }
    }
}

impl Axis {
    /// Puts the joint back that has left its range by more than `overshoot`; tells whether it had.
    pub(super) fn stop(&self, state: &mut SceneState, overshoot: f32) -> bool {
        let (multibody, id) = state.multibody_joints.get_mut(self.handle).expect(JOINT);
        let link = multibody.link_mut(id).expect(JOINT);
        let position = link.joint.coords()[self.slot as usize];
        let [low, high] = self.range;
        let stopped = position.clamp(low - overshoot, high + overshoot);
        if stopped == position {
            return false;
        }
        link.joint.apply_displacement(&[stopped - position]);
        let row = link.assembly_id();
        let rate = &mut multibody.generalized_velocity_mut()[row];
        *rate = if stopped < position { rate.min(0.0) } else { rate.max(0.0) };
        true
    }
}

/// From a body's origin to its centre of mass (m, world axes): rapier's velocity is that of the latter, MuJoCo's that of
/// the former.
fn centre_of_mass(body: &RigidBody) -> Vector {
    body.rotation() * body.mass_properties().local_mprops.local_com
}

/// The next `N` numbers.
fn take<'a, const N: usize>(values: &mut &'a [f32]) -> &'a [f32; N] {
    let (head, rest) = values.split_first_chunk().expect("one number per coordinate of each joint");
    *values = rest;
    head
}
