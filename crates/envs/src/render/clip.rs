//! Cuts triangles at the borders of the view (Sutherland and Hodgman, "Reentrant polygon clipping", 1974).

use super::lens::{Lens, Vertex};

/// The polygon at hand and the next one; kept so that clipping allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Clipper {
    polygon: Vec<Vertex>,
    next: Vec<Vertex>,
}

impl Clipper {
    /// The part of a triangle that is in view: a convex polygon of the same winding, or nothing.
    pub(super) fn clip(&mut self, triangle: [Vertex; 3], lens: &Lens) -> &[Vertex] {
        self.polygon.clear();
        self.polygon.extend(triangle);
        for border in 0..5 {
            self.next.clear();
            for (i, &from) in self.polygon.iter().enumerate() {
                let to = self.polygon[(i + 1) % self.polygon.len()];
                let (from_inside, to_inside) = (lens.insides(from.position)[border], lens.insides(to.position)[border]);
                if from_inside >= 0.0 {
                    self.next.push(from);
                }
                // Always cut from the inside outwards: two triangles then cut their common edge at the same point.
                if from_inside >= 0.0 && to_inside < 0.0 {
                    self.next.push(between(from, to, from_inside / (from_inside - to_inside)));
                } else if from_inside < 0.0 && to_inside >= 0.0 {
                    self.next.push(between(to, from, to_inside / (to_inside - from_inside)));
                }
            }
            std::mem::swap(&mut self.polygon, &mut self.next);
        }
        &self.polygon
    }
}

fn between(from: Vertex, to: Vertex, share: f32) -> Vertex {
    Vertex { position: from.position.lerp(to.position, share), normal: from.normal.lerp(to.normal, share) }
}

#[cfg(test)]
mod tests {
    use rapier3d::math::Vec3;

    use super::super::Camera;
    use super::*;

    #[test]
    fn a_corner_behind_the_eye_is_cut_off_not_the_triangle() {
        let camera = Camera { eye: [0.0; 3], target: [0.0, 1.0, 0.0], vertical_field_of_view: 1.0 };
        let lens = Lens::new(&camera, 64, 64);
        let vertex = |x, y, z| Vertex { position: Vec3::new(x, y, z), normal: Vec3::Z };
        let mut clipper = Clipper::default();

        // One corner behind leaves a quadrangle, two leave a triangle, three nothing.
        let one = [vertex(-1.0, 0.0, 2.0), vertex(1.0, 0.0, 2.0), vertex(0.0, 0.5, -2.0)];
        let polygon = clipper.clip(one, &lens);
        assert_eq!(polygon.len(), 4);
        assert!(polygon.iter().all(|vertex| vertex.position.z > 0.049), "{polygon:?}");
        let two = [vertex(-1.0, 0.0, 2.0), vertex(1.0, 0.0, -2.0), vertex(0.0, 0.5, -2.0)];
        let polygon = clipper.clip(two, &lens);
        assert_eq!(polygon.len(), 3);
        let cut = polygon[1].position;
        assert!((cut - Vec3::new(-0.025, 0.0, 0.05)).length() < 1e-6, "half way at depth 0 is x = 0: {cut}");
        let three = [vertex(-1.0, 0.0, -2.0), vertex(1.0, 0.0, -2.0), vertex(0.0, 0.5, -2.0)];
        assert!(clipper.clip(three, &lens).is_empty());
    }
}
