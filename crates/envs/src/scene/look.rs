//! What a scene looks like, and where its parts are.

use std::ops::Range;

use rapier3d::prelude::*;

use super::{Geom, JOINT, Joint, Scene, Shape, Slot};

impl Scene {
    /// All solids where they are now.
    pub fn shapes(&self) -> Vec<Shape> {
        self.geoms.iter().map(|geom| self.shape(geom)).collect()
    }

    /// The solids that never move.
    pub fn still_shapes(&self) -> Vec<Shape> {
        self.geoms.iter().filter(|geom| !self.moves(geom)).map(|geom| self.shape(geom)).collect()
    }

    /// Appends the solids that may move: those of the robot, then those of the placed bodies, one after the other.
    pub fn push_moving_shapes(&self, shapes: &mut Vec<Shape>) {
        shapes.extend(self.geoms.iter().filter(|geom| self.moves(geom)).map(|geom| self.shape(geom)));
    }

    /// Which of the moving shapes are those of a placed body.
    pub fn moving_shapes_of(&self, number: usize) -> Range<usize> {
        let body = Some(self.placed[number]);
        let mut moving = self.geoms.iter().filter(|geom| self.moves(geom)).map(|geom| geom.body == body);
        let first = moving.position(|is_its| is_its).expect("a body has solids");
        first..first + 1 + moving.take_while(|is_its| *is_its).count()
    }

    /// Where a geom is, by its name in the file.
    pub fn geom(&self, name: &str) -> Option<Shape> {
        self.geoms.iter().find(|geom| geom.name.as_deref() == Some(name)).map(|geom| self.shape(geom))
    }

    /// Where a hinge is in the world (m), and about which axis of length 1 it turns.
    pub fn hinge_axis(&self, name: &str) -> Option<([f32; 3], [f32; 3])> {
        self.joints.iter().find_map(|joint| {
            let Joint::Axis(axis) = joint else { return None };
            if axis.name != name || axis.slot != Slot::Hinge {
                return None;
            }
            let (multibody, id) = self.state.multibody_joints.get(axis.handle).expect(JOINT);
            let link = multibody.link(id).expect(JOINT);
            let parent = multibody.link(link.parent_id().expect(JOINT)).expect(JOINT).local_to_world();
            let frame = link.joint().data.local_frame1;
            let direction = parent.rotation * (frame.rotation * Vector::X);
            Some(((*parent * frame.translation).to_array(), direction.to_array()))
        })
    }

    fn moves(&self, geom: &Geom) -> bool {
        geom.body.is_some_and(|body| !self.state.bodies[body].is_fixed())
    }

    fn shape(&self, geom: &Geom) -> Shape {
        let body = geom.body.map_or(Pose::IDENTITY, |body| *self.state.bodies[body].position());
        Shape::new(geom.kind, body * geom.pose, geom.rgba, geom.texture)
    }
}
