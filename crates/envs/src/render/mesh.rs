//! Triangle meshes of the shape kinds, made once and stretched to size when drawn.

use std::f32::consts::{PI, TAU};

use rapier3d::math::Vec3;

use crate::scene::{FORMS, ShapeKind, crumple};

/// Straight pieces around a circle.
const SEGMENTS: usize = 16;
/// Half the side of the square that stands for an endless plane (m).
const PLANE_REACH: f32 = 200.0;

/// A corner of a mesh of unit size.
#[derive(Debug, Clone, Copy)]
pub(super) struct MeshVertex {
    position: Vec3,
    /// -1 or 1 for the lower and the upper cap of a capsule: which way it moves as the capsule gets longer.
    end: f32,
    /// Outward, of length 1. Stretching leaves it right: round parts stretch evenly, flat parts along their axes.
    pub(super) normal: Vec3,
}

/// Corners, and triangles that run counter-clockwise as seen from outside.
#[derive(Debug, Default)]
pub(super) struct Mesh {
    pub(super) vertices: Vec<MeshVertex>,
    pub(super) triangles: Vec<[usize; 3]>,
}

/// How a unit mesh becomes a shape (m).
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    scale: Vec3,
    half_length: f32,
}

impl Size {
    pub(super) fn apply(self, vertex: &MeshVertex) -> Vec3 {
        vertex.position * self.scale + Vec3::Z * (vertex.end * self.half_length)
    }
}

/// One mesh per shape kind.
#[derive(Debug)]
pub(super) struct Meshes {
    plane: Mesh,
    ball: Mesh,
    capsule: Mesh,
    cylinder: Mesh,
    cuboid: Mesh,
    crumples: Vec<Mesh>,
}

impl Meshes {
    pub(super) fn new() -> Self {
        Self {
            plane: plane(),
            ball: ball(0.0),
            capsule: ball(1.0),
            cylinder: cylinder(),
            cuboid: cuboid(),
            crumples: (0..FORMS).map(|form| hull(&crumple(form).map(Vec3::from))).collect(),
        }
    }

    /// The mesh of a shape and the size that makes it that shape.
    pub(super) fn of(&self, kind: &ShapeKind) -> (&Mesh, Size) {
        let size = |scale: [f32; 3], half_length| Size { scale: scale.into(), half_length };
        match *kind {
            ShapeKind::Plane => (&self.plane, size([PLANE_REACH; 3], 0.0)),
            ShapeKind::Sphere { radius } => (&self.ball, size([radius; 3], 0.0)),
            ShapeKind::Capsule { radius, half_length } => (&self.capsule, size([radius; 3], half_length)),
            ShapeKind::Cylinder { radius, half_length } => (&self.cylinder, size([radius, radius, half_length], 0.0)),
            ShapeKind::Box { half } => (&self.cuboid, size(half, 0.0)),
            ShapeKind::Crumple { radius, form } => (&self.crumples[usize::from(form % FORMS)], size([radius; 3], 0.0)),
        }
    }
}

impl Mesh {
    /// Adds a polygon with a common normal as a fan of triangles.
    fn add_face(&mut self, positions: impl IntoIterator<Item = Vec3>, normal: Vec3) {
        let first = self.vertices.len();
        self.vertices.extend(positions.into_iter().map(|position| MeshVertex { position, end: 0.0, normal }));
        self.triangles.extend((first + 2..self.vertices.len()).map(|i| [first, i - 1, i]));
    }

    /// Adds the band between two rings of [`SEGMENTS`] corners each, given by their first index.
    fn add_band(&mut self, lower: usize, upper: usize) {
        for i in 0..SEGMENTS {
            let next = (i + 1) % SEGMENTS;
            self.triangles.push([lower + i, lower + next, upper + next]);
            self.triangles.push([lower + i, upper + next, upper + i]);
        }
    }
}

/// The factor by which a regular polygon's corners lie outside the circle of the same area. An inscribed polygon of 16
/// corners would look 2.6 % smaller than its circle.
fn equal_area() -> f32 {
    let angle = TAU / SEGMENTS as f32;
    (angle / angle.sin()).sqrt()
}

/// Directions around the z axis.
fn circle() -> impl Iterator<Item = Vec3> {
    (0..SEGMENTS).map(|i| TAU * i as f32 / SEGMENTS as f32).map(|angle| Vec3::new(angle.cos(), angle.sin(), 0.0))
}

/// A ball, or with `end` 1 a capsule: the two halves then move apart, and the band between them is its tube.
fn ball(end: f32) -> Mesh {
    let mut mesh = Mesh::default();
    let rings = SEGMENTS / 2;
    // The equator is there twice, once for each half; in a ball the band between the two has no area.
    for (ring, half) in (0..=rings / 2).map(|ring| (ring, -end)).chain((rings / 2..=rings).map(|ring| (ring, end))) {
        let latitude = PI * (ring as f32 / rings as f32 - 0.5);
        for around in circle() {
            let normal = around * latitude.cos() + Vec3::Z * latitude.sin();
            mesh.vertices.push(MeshVertex { position: normal * equal_area(), end: half, normal });
        }
    }
    for ring in 0..=rings {
        mesh.add_band(ring * SEGMENTS, (ring + 1) * SEGMENTS);
    }
    mesh
}

fn cylinder() -> Mesh {
    let mut mesh = Mesh::default();
    for z in [-1.0, 1.0] {
        mesh.vertices.extend(circle().map(|normal| MeshVertex {
            position: normal * equal_area() + Vec3::Z * z,
            end: 0.0,
            normal,
        }));
    }
    mesh.add_band(0, SEGMENTS);
    let rim: Vec<Vec3> = circle().map(|around| around * equal_area()).collect();
    mesh.add_face(rim.iter().map(|corner| *corner + Vec3::Z), Vec3::Z);
    mesh.add_face(rim.iter().rev().map(|corner| *corner - Vec3::Z), -Vec3::Z);
    mesh
}

fn cuboid() -> Mesh {
    let mut mesh = Mesh::default();
    for (normal, across) in [(Vec3::X, Vec3::Y), (Vec3::Y, Vec3::Z), (Vec3::Z, Vec3::X)] {
        for normal in [normal, -normal] {
            let up = normal.cross(across);
            let corners = [-across - up, across - up, across + up, up - across].map(|corner| normal + corner);
            mesh.add_face(corners, normal);
        }
    }
    mesh
}

fn plane() -> Mesh {
    let mut mesh = Mesh::default();
    let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
    mesh.add_face(corners.map(|[x, y]| Vec3::new(x, y, 0.0)), Vec3::Z);
    mesh
}

/// The convex hull of a few points around the origin: each three of them that have all others behind them.
fn hull(points: &[Vec3]) -> Mesh {
    let mut mesh = Mesh::default();
    for (i, a) in points.iter().enumerate() {
        for (j, b) in points.iter().enumerate().skip(i + 1) {
            for c in &points[j + 1..] {
                let normal = (*b - *a).cross(*c - *a).normalize();
                let outward = normal * normal.dot(*a).signum();
                if points.iter().all(|point| outward.dot(*point - *a) < 1e-5) {
                    let corners = if outward == normal { [*a, *b, *c] } else { [*a, *c, *b] };
                    mesh.add_face(corners, outward);
                }
            }
        }
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_face_outward() {
        let meshes = Meshes::new();
        for (name, mesh) in [
            ("plane", &meshes.plane),
            ("ball", &meshes.ball),
            ("capsule", &meshes.capsule),
            ("cylinder", &meshes.cylinder),
            ("box", &meshes.cuboid),
            ("crumpled ball", &meshes.crumples[0]),
            ("another", &meshes.crumples[7]),
        ] {
            for triangle in &mesh.triangles {
                let [a, b, c] = triangle.map(|i| mesh.vertices[i].position);
                let out: Vec3 = triangle.iter().map(|i| mesh.vertices[*i].normal).sum();
                assert!((b - a).cross(c - a).dot(out) >= -1e-6, "{name}: {triangle:?} faces inward");
            }
        }
    }

    /// A closed surface of triangles with V corners has 2 V - 4 of them (Euler).
    #[test]
    fn a_hull_is_closed() {
        for mesh in Meshes::new().crumples {
            let mut used: Vec<[u32; 3]> =
                mesh.vertices.iter().map(|vertex| vertex.position.to_array().map(f32::to_bits)).collect();
            used.sort_unstable();
            used.dedup();
            assert_eq!(mesh.triangles.len(), 2 * used.len() - 4);
        }
    }

    #[test]
    fn a_capsule_has_its_full_length() {
        let meshes = Meshes::new();
        let (mesh, size) = meshes.of(&ShapeKind::Capsule { radius: 0.5, half_length: 2.0 });
        let top = mesh.vertices.iter().map(|vertex| size.apply(vertex).z).fold(f32::MIN, f32::max);
        assert!((top - 2.5).abs() < 0.01, "top at {top}");
    }
}
