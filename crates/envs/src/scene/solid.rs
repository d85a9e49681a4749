//! Free bodies beside the robot: objects to be grasped.

use rapier3d::prelude::*;

use super::shape::{self, ShapeKind, Texture};
use super::{Geom, Scene};

/// Damping of rotations (1/s).
const ROLLING: f32 = 2.0;

/// A rigid body made of one or more solids.
#[derive(Debug, Clone, PartialEq)]
pub struct Solid {
    /// What it is made of; at least one.
    pub parts: Vec<Part>,
    /// All parts together (kg); spread evenly over their volume.
    pub mass: f32,
    /// Sliding coefficient; of two bodies that touch, the larger one counts.
    pub friction: f32,
}

/// One solid of a body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Which solid, and its sizes; anything but a plane.
    pub kind: ShapeKind,
    /// Where it is in the body's frame.
    pub placement: Placement,
    /// Red, green, blue and opacity, 0 to 1.
    pub rgba: [f32; 4],
    /// How the colour varies over it.
    pub texture: Texture,
}

/// A place and an orientation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// m.
    pub translation: [f32; 3],
    /// Quaternion x, y, z, w of length 1.
    pub rotation: [f32; 4],
}

impl Placement {
    /// Unturned, at a place.
    pub fn at(translation: [f32; 3]) -> Self {
        Self { translation, rotation: [0.0, 0.0, 0.0, 1.0] }
    }

    fn pose(self) -> Pose {
        let [x, y, z, w] = self.rotation;
        Pose::from_parts(Vector::from_array(self.translation), Rotation::from_xyzw(x, y, z, w))
    }
}

impl Scene {
    /// Adds a free body and lets it fall. The next ones are numbered on from it.
    pub fn drop_solid(&mut self, solid: &Solid, placement: Placement) {
        self.add(solid, body_at(placement));
    }

    /// Adds a free body that rests where it is until something touches it.
    pub fn lay(&mut self, solid: &Solid, placement: Placement) {
        self.add(solid, body_at(placement).sleeping(true));
    }

    fn add(&mut self, solid: &Solid, body: RigidBodyBuilder) {
        let state = &mut self.state;
        let body = state.bodies.insert(body);
        let shapes = solid.parts.iter().map(|part| {
            let (pose, shape) = shape::collider_shape(&part.kind);
            (part.placement.pose() * pose, shape)
        });
        let shapes: Vec<(Pose, SharedShape)> = shapes.collect();
        let volume: f32 = shapes.iter().map(|(_, shape)| shape.mass_properties(1.0).mass()).sum();
        for (pose, shape) in shapes {
            let collider = ColliderBuilder::new(shape)
                .position(pose)
                .density(solid.mass / volume)
                .friction(solid.friction)
                .friction_combine_rule(CoefficientCombineRule::Max)
                .collision_groups(InteractionGroups::new(Group::GROUP_1, Group::GROUP_1, InteractionTestMode::Or));
            state.colliders.insert_with_parent(collider, body, &mut state.bodies);
        }
        state.bodies[body].recompute_mass_properties_from_colliders(&state.colliders);
        self.placed.push(body);
        self.geoms.extend(solid.parts.iter().map(|part| Geom {
            name: None,
            collider: None,
            body: Some(body),
            kind: part.kind,
            pose: part.placement.pose(),
            rgba: part.rgba,
            texture: part.texture,
        }));
    }

    /// Forgets the placed bodies; the state is one without them.
    pub(super) fn remove_placed(&mut self) {
        let placed = std::mem::take(&mut self.placed);
        self.geoms.retain(|geom| geom.body.is_none_or(|body| !placed.contains(&body)));
    }

    /// Where a placed body is.
    pub fn placement(&self, number: usize) -> Placement {
        let pose = self.state.bodies[self.placed[number]].position();
        Placement { translation: pose.translation.to_array(), rotation: pose.rotation.to_array() }
    }

    /// Whether a geom of the robot, by its name, touches a placed body: the solver has contacts for them, which it has from
    /// 2 % of [`Contacts::length_unit`](super::Contacts::length_unit) on, and keeps while the two drift by up to 5 %. How hard
    /// they press is not asked.
    pub fn touches(&self, geom: &str, number: usize) -> bool {
        let geom = self.geoms.iter().find(|other| other.name.as_deref() == Some(geom)).expect("a geom of the file");
        let geom = geom.collider.expect("a geom that touches");
        self.state.bodies[self.placed[number]].colliders().iter().any(|collider| {
            let pair = self.state.narrow_phase.contact_pair(geom, *collider);
            pair.is_some_and(ContactPair::has_any_active_contact)
        })
    }
}

/// What rolls comes to rest: damping stands for the rolling friction that rapier does not have.
fn body_at(placement: Placement) -> RigidBodyBuilder {
    RigidBodyBuilder::dynamic().pose(placement.pose()).angular_damping(ROLLING)
}
