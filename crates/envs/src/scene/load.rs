//! From an MJCF file to rapier, with cures where `rapier3d-mjcf` 0.36.1 departs from MuJoCo.

use std::path::Path;

use mjcf_rs::Model;
use mjcf_rs::extras::ActuatorKind;
use rapier3d::prelude::*;
use rapier3d_mjcf::{
    ContactFilterMode, MjcfDofKind, MjcfLoaderOptions, MjcfMultibodyOptions, MjcfRobot, MjcfRobotHandles,
};

use super::shape::{self, ShapeKind};
use super::{Axis, Drive, Geom, Joint, Motor, Scene, SceneState, Site, Slot, StaticBox, Texture};

/// Why an MJCF text is not a scene.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// The text is not MJCF.
    #[error("the MJCF text cannot be read: {0}")]
    Parse(#[from] mjcf_rs::ParseError),
    /// The text uses what this loader does not carry over.
    #[error("the MJCF text holds {0}, which is outside the subset that crates/envs/tests/mjcf_lint.rs describes")]
    Unsupported(String),
}

pub(super) fn load(xml: &str, boxes: &[StaticBox]) -> Result<Scene, SceneError> {
    let model = Model::from_str(xml, Path::new("."))?;
    let mut robot = MjcfRobot::from_model(&model, options(), Path::new("."));
    for body in &mut robot.bodies {
        for collider in &mut body.colliders {
            // MuJoCo lets two geoms touch when either one's type meets the other's affinity.
            let mut groups = collider.collision_groups();
            groups.test_mode = InteractionTestMode::Or;
            collider.set_collision_groups(groups);
        }
    }

    let mut state = SceneState::default();
    let handles = robot.clone().insert_using_multibody_joints(
        &mut state.bodies,
        &mut state.colliders,
        &mut state.multibody_joints,
        &mut state.impulse_joints,
        MjcfMultibodyOptions::empty(),
    );

    let mut joints = Vec::new();
    let mut trees = Vec::new();
    for dof in &robot.qpos_dofs {
        let body = handles.bodies[dof.body].as_ref().expect("only the world may be without a body").body;
        let tree = state.multibody_joints.rigid_body_link(body).map(|link| link.multibody);
        let slot = match dof.kind {
            MjcfDofKind::Free => None,
            MjcfDofKind::Hinge => Some(Slot::Hinge),
            MjcfDofKind::Slide => Some(Slot::Slide),
            MjcfDofKind::Ball => return Err(SceneError::Unsupported("a ball joint".into())),
        };
        joints.push(match (slot, dof.joint) {
            (Some(slot), Some(joint)) => {
                let limits = robot.joints[joint].joint.limits[slot as usize];
                Joint::Axis(Axis {
                    name: robot.joints[joint].name.clone().unwrap_or_default(),
                    handle: handles.joints[joint].joint.expect("every hinge and slide is inserted"),
                    slot,
                    range: [limits.min, limits.max],
                })
            }
            _ => Joint::Free { root: body, tree },
        });
        trees.extend(tree.filter(|tree| !trees.contains(tree)));
    }

    let motors = motors(&robot, &handles, &joints)?;
    let mut geoms = Vec::new();
    for (index, body) in robot.bodies.iter().enumerate().filter(|(_, body)| !body.is_intermediate) {
        for geom in &model.bodies[body.mjcf_body_id].body.geoms {
            let problem = || SceneError::Unsupported(format!("a {:?} geom", geom.type_));
            let (kind, pose) = shape::of_geom(geom).ok_or_else(problem)?;
            let rgba = geom.rgba.unwrap_or([0.5, 0.5, 0.5, 1.0]).map(|x| x as f32);
            let body = handles.bodies[index].as_ref().map(|body| body.body);
            let collider = geom.name.as_ref().and_then(|name| {
                let (body, collider) = robot.geom_name_to_collider.get(name)?;
                Some(handles.bodies[*body].as_ref()?.colliders[*collider].handle)
            });
            let (name, texture) = (geom.name.clone(), Texture::Plain);
            geoms.push(Geom { name, collider, body, kind, pose, rgba, texture });
        }
    }
    for StaticBox { center, half, rgba } in boxes {
        let pose = Pose::from_translation(Vector::from_array(*center));
        let groups = InteractionGroups::new(Group::GROUP_1, Group::GROUP_1, InteractionTestMode::Or);
        let [x, y, z] = *half;
        state.colliders.insert(ColliderBuilder::cuboid(x, y, z).position(pose).friction(1.0).collision_groups(groups));
        let (kind, texture) = (ShapeKind::Box { half: *half }, Texture::Plain);
        geoms.push(Geom { name: None, collider: None, body: None, kind, pose, rgba: *rgba, texture });
    }

    let (sites, bases) = names(&model, &robot, &handles);

    complete(&mut state, &joints);
    let mut parameters = IntegrationParameters { dt: model.option.timestep as f32, ..Default::default() };
    // With one iteration the ant is another machine (its gait runs nearly twice as fast); four cost twice the time of
    // two and change its speed by 2 %.
    parameters.num_solver_iterations = 2;
    // MuJoCo's elliptic or pyramidal cones are nearer to this than rapier's default.
    parameters.friction_model = FrictionModel::Coulomb;
    Ok(Scene {
        pristine: state.clone(),
        state,
        pipeline: PhysicsPipeline::new(),
        ccd_solver: CCDSolver::new(),
        parameters,
        gravity: robot.gravity,
        trees,
        joints,
        motors,
        geoms,
        placed: Vec::new(),
        sites,
        overshoot: f32::INFINITY,
        bases,
    })
}

type Handles = MjcfRobotHandles<Option<MultibodyJointHandle>>;

fn motors(robot: &MjcfRobot, handles: &Handles, joints: &[Joint]) -> Result<Vec<Motor>, SceneError> {
    let mut motors = Vec::new();
    for (binding, handle) in robot.actuators.iter().zip(&handles.actuators) {
        let actuator = &binding.actuator;
        let slot = |handle: &MultibodyJointHandle| {
            joints.iter().find_map(|joint| match joint {
                Joint::Axis(axis) if axis.handle == *handle => Some(axis.slot),
                _ => None,
            })
        };
        let drive = match (actuator.kind, actuator.bias_type.as_deref(), &*actuator.gainprm, &*actuator.biasprm) {
            (ActuatorKind::Motor, ..) => Some(Drive::Torque { gear: actuator.gear[0] as f32 }),
            (ActuatorKind::General, Some("affine"), [gain, ..], [constant, slope, ..])
                if *constant == 0.0 && *slope < 0.0 =>
            {
                Some(Drive::Spring { gain: *gain as f32, stiffness: -*slope as f32 })
            }
            _ => None,
        };
        let joint = handle.joint.flatten();
        match (drive, joint, joint.as_ref().and_then(slot), actuator.ctrl_range) {
            (Some(drive), Some(joint), Some(slot), Some(range))
                if slot == Slot::Hinge || matches!(drive, Drive::Spring { .. }) =>
            {
                motors.push(Motor { joint, slot, drive, control_range: range.map(|bound| bound as f32) });
            }
            _ => {
                let name = actuator.name.as_deref().unwrap_or("without a name");
                let kind = actuator.kind;
                let problem =
                    format!("the {kind:?} actuator {name}, neither a motor on a hinge nor a spring, with a ctrlrange");
                return Err(SceneError::Unsupported(problem));
            }
        }
    }
    Ok(motors)
}

/// Sites, and the bodies that no joint moves.
fn names(model: &Model, robot: &MjcfRobot, handles: &Handles) -> (Vec<Site>, Vec<(String, RigidBodyHandle)>) {
    let (mut sites, mut bases) = (Vec::new(), Vec::new());
    for (_, entry) in model.bodies_iter() {
        let Some(name) = &entry.body.name else { continue };
        let body = robot.body_name_to_idx.get(name).and_then(|index| handles.bodies[*index].as_ref());
        let Some(body) = body.map(|body| body.body) else { continue };
        if entry.body.joints.is_empty() {
            bases.push((name.clone(), body));
        }
        for site in &entry.body.sites {
            let offset = Pose::from(site.pose).translation;
            sites.push(Site { name: site.name.clone().unwrap_or_default(), body, offset });
        }
    }
    (sites, bases)
}

fn options() -> MjcfLoaderOptions {
    MjcfLoaderOptions {
        // Otherwise there is no floor.
        skip_plane_geoms: false,
        // With `InteractionTestMode::Or` this is MuJoCo's own rule; the default makes limbs collide with each other.
        contact_filter_mode: ContactFilterMode::Asymmetric,
        // MuJoCo takes the larger friction of a pair, rapier the mean. Masses come from the bodies, so density is 0.
        collider_blueprint: ColliderBuilder::default().density(0.0).friction_combine_rule(CoefficientCombineRule::Max),
        // A still robot must not fall asleep: torques are added without waking it.
        rigid_body_blueprint: RigidBodyBuilder::dynamic().can_sleep(false),
        ..MjcfLoaderOptions::default()
    }
}

/// Computes the masses, which would else be 0 until the first step, and takes away the damping of 0.1 that rapier
/// gives to the rotations of a free base.
fn complete(state: &mut SceneState, joints: &[Joint]) {
    for (_, body) in state.bodies.iter_mut() {
        body.recompute_mass_properties_from_colliders(&state.colliders);
    }
    for joint in joints {
        if let Joint::Free { tree: Some(tree), .. } = joint {
            let multibody = state.multibody_joints.get_multibody_mut(*tree).expect("it has just been found");
            multibody.damping_mut().rows_mut(0, 6).fill(0.0);
        }
    }
}
