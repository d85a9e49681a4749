//! The privileged part of an observation, by name.

use super::OBJECTS;
use super::grasp::Grasp;

/// Numbers about the gripper and about each object.
const ABOUT_GRIPPER: usize = 8;
const ABOUT_OBJECT: usize = 8;

/// Length of [`rl::Observation::privileged`].
pub const PRIVILEGED_SIZE: usize = ABOUT_GRIPPER + ABOUT_OBJECT * OBJECTS;

/// What only scripted guides may know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    /// The point between the finger tips (m).
    pub position: [f32; 3],
    /// How the gripper is turned (rad).
    pub yaw: f32,
    /// Half the distance between the fingers (m).
    pub aperture: f32,
    /// The object between the fingers.
    pub held: Option<usize>,
    /// The lowest point of that object (m).
    pub lift: f32,
    /// The object that is wanted, where it is a certain one.
    pub target: Option<usize>,
    /// Middle of each object (m).
    pub objects: [[f32; 3]; OBJECTS],
    /// The best grip of each.
    pub grasps: [Grasp; OBJECTS],
}

impl Facts {
    /// As numbers: position 3, yaw, aperture, held and target (-1 for none), lift, then for each object its middle 3, its
    /// grip's position 3, yaw and clearance.
    pub fn to_vec(&self) -> Vec<f32> {
        let number = |index: Option<usize>| index.map_or(-1.0, |index| index as f32);
        let mut numbers = Vec::with_capacity(PRIVILEGED_SIZE);
        numbers.extend(self.position);
        numbers.extend([self.yaw, self.aperture, number(self.held), number(self.target), self.lift]);
        for (object, grasp) in self.objects.iter().zip(&self.grasps) {
            numbers.extend(object);
            numbers.extend(grasp.position);
            numbers.extend([grasp.yaw, grasp.clearance]);
        }
        numbers
    }

    /// The inverse of [`Facts::to_vec`].
    pub fn from_slice(numbers: &[f32]) -> Self {
        assert_eq!(numbers.len(), PRIVILEGED_SIZE, "the privileged part of a grasping task");
        let three = |at: usize| [numbers[at], numbers[at + 1], numbers[at + 2]];
        let index = |number: f32| (number >= 0.0).then_some(number as usize);
        let about = |object: usize| ABOUT_GRIPPER + ABOUT_OBJECT * object;
        Self {
            position: three(0),
            yaw: numbers[3],
            aperture: numbers[4],
            held: index(numbers[5]),
            target: index(numbers[6]),
            lift: numbers[7],
            objects: std::array::from_fn(|object| three(about(object))),
            grasps: std::array::from_fn(|object| {
                let at = about(object) + 3;
                Grasp { position: three(at), yaw: numbers[at + 3], clearance: numbers[at + 4] }
            }),
        }
    }
}
