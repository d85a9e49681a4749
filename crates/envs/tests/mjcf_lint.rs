//! The subset of MJCF in which this crate's robots are written: what `rapier3d-mjcf` 0.36.1, with the cures of
//! src/scene/load.rs, carries over as MuJoCo means it. What lies outside is dropped or changed without a word.

use std::path::{Path, PathBuf};

use envs::hand::HandTask;
use mjcf_rs::Model;
use mjcf_rs::body::{Geom, GeomType, Joint, JointType};
use mjcf_rs::extras::ActuatorKind;

#[test]
fn assets_stay_inside_the_subset() {
    let whole = |file: &Path| match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("hand_pen") => envs::hand::mjcf(HandTask::Pen),
        Some("hand_door") => envs::hand::mjcf(HandTask::Door),
        Some("hand_relocate") => envs::hand::mjcf(HandTask::Relocate),
        Some("arm") => envs::binned_grasping::mjcf(),
        _ => std::fs::read_to_string(file).unwrap(),
    };
    let (mut checked, mut shared) = (0, 0);
    for file in assets() {
        let xml = whole(&file);
        // A file that others include is checked inside each of them.
        if xml.contains("<mujocoinclude>") {
            shared += 1;
            continue;
        }
        let complaints = lint(&xml);
        assert!(complaints.is_empty(), "{}: {complaints:#?}", file.display());
        checked += 1;
    }
    assert_eq!((checked, shared), (6, 3));
}

#[test]
fn what_lies_outside_is_found() {
    let model = |joint: &str, geom: &str, actuator: &str| {
        format!(
            "<mujoco><worldbody><body name='base'><body name='a'>{joint}<geom type='sphere' size='1'/>{geom}</body></body>
             </worldbody><actuator>{actuator}</actuator></mujoco>"
        )
    };
    let hinge = "<joint name='j' damping='1'/>";
    let motor = "<motor name='m' joint='j' ctrlrange='-1 1'/>";
    let servo = "<general name='m' joint='j' ctrlrange='-1 1' biastype='affine' gainprm='2 0 0' biasprm='0 -2 0'/>";
    assert_eq!(lint(&model(hinge, "", motor)), Vec::<String>::new());
    assert_eq!(lint(&model("<joint name='j' type='slide' damping='1'/>", "", servo)), Vec::<String>::new());
    let free = "<body name='b'><freejoint/><geom size='1'/></body>";
    let bare = "<body name='b'><joint damping='1'/><geom size='1'/></body>";
    for (body, complaints) in [(free, 0), (bare, 1)] {
        let found = lint(&format!("<mujoco><worldbody>{body}</worldbody></mujoco>"));
        assert_eq!(found.len(), complaints, "{found:?}");
    }
    for (joint, geom, actuator, complaint) in [
        ("<joint name='j'/>", "", motor, "damping"),
        ("<joint name='j' damping='1' ref='1'/>", "", motor, "ref"),
        ("<joint name='j' damping='1' type='ball'/>", "", motor, "Ball"),
        ("", "", "", "no joint"),
        (hinge, "<geom type='ellipsoid' size='1 1 1'/>", motor, "Ellipsoid"),
        (hinge, "", "<motor name='m' joint='j'/>", "ctrlrange"),
        ("<joint name='j' type='slide' damping='1'/>", "", motor, "not a hinge"),
        (hinge, "", &servo.replace("gainprm='2 0 0'", ""), "gain"),
        (hinge, "", &servo.replace("0 -2 0", "0 -2 -1"), "neither"),
        (hinge, "", "<position name='m' joint='j' kp='1' ctrlrange='-1 1'/>", "Position"),
        ("<joint name='j' damping='1' stiffness='1'/>", "", motor, "spring"),
        ("<joint name='j' damping='1'/><joint name='k' axis='1 0 0' damping='1'/>", "", motor, "several joints"),
        (hinge, "<geom size='1' condim='4'/>", motor, "condim"),
        (hinge, "<geom size='1' margin='0.1'/>", motor, "margin"),
        (hinge, "<geom size='1' priority='1'/>", motor, "priority"),
        (hinge, "", &motor.replace("ctrlrange", "forcerange='-1 1' ctrlrange"), "forcerange"),
        (hinge, "", "<motor joint='j' ctrlrange='-1 1'/><motor joint='j' ctrlrange='-1 1'/>", "two actuators"),
    ] {
        let complaints = lint(&model(joint, geom, actuator));
        assert!(complaints.iter().any(|found| found.contains(complaint)), "{complaint}: {complaints:?}");
    }
}

fn assets() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "xml")).collect()
}

/// What is wrong with an MJCF text, one sentence each.
fn lint(xml: &str) -> Vec<String> {
    let model = match Model::from_str(xml, Path::new(".")) {
        Ok(model) => model,
        Err(error) => return vec![format!("not MJCF: {error}")],
    };
    let mut complaints = Vec::new();
    let mut complain = |condition: bool, complaint: String| {
        if condition {
            complaints.push(complaint);
        }
    };
    complain(!model.tendons.is_empty(), "tendons become hard couplings".into());
    complain(!model.equality.is_empty(), "equality constraints are inverted, or impulse joints".into());
    complain(
        !model.contact.pairs.is_empty() || !model.contact.excludes.is_empty(),
        "contact pairs are not used".into(),
    );
    complain(!model.sensors.is_empty(), "sensors are read in Rust".into());
    complain(!model.keyframes.is_empty(), "keyframes lose the base's velocity".into());
    complain(xml.contains("<include"), "an include inside a body is not spliced in".into());

    for (_, entry) in model.bodies_iter() {
        let body = &entry.body;
        let name = body.name.as_deref().unwrap_or("without a name");
        let on_world = entry.parent == Some(0);
        complain(body.joints.is_empty() && !on_world, format!("body {name} has no joint: put its geoms on its parent"));
        let is_free = body.joints.iter().any(|joint| joint.type_ == JointType::Free);
        complain(
            !body.joints.is_empty() && !is_free && on_world,
            format!("body {name} hangs on the world by a joint, which makes one tree of all that do: give it a base"),
        );
        complain(body.joints.len() > 1, format!("body {name} has several joints"));
        // Gravity is scaled by what is left of it, which is exact for none and for all.
        complain(![0.0, 1.0].contains(&body.gravcomp), format!("body {name} has a part of its weight compensated"));
        complain(body.mocap, format!("body {name} has mocap"));
        for joint in &body.joints {
            for complaint in lint_joint(joint) {
                complain(true, format!("the joint of body {name} {complaint}"));
            }
        }
    }
    for geom in model.bodies.iter().flat_map(|entry| &entry.body.geoms) {
        for complaint in lint_geom(geom) {
            complain(true, format!("geom {:?} {complaint}", geom.name));
        }
    }
    for (index, actuator) in model.actuators.iter().enumerate() {
        let name = actuator.name.as_deref().unwrap_or("without a name");
        let is_motor = actuator.kind == ActuatorKind::Motor;
        let is_spring = actuator.kind == ActuatorKind::General
            && actuator.bias_type.as_deref() == Some("affine")
            && matches!(*actuator.biasprm, [constant, slope, rate, ..] if constant == 0.0 && slope < 0.0 && rate == 0.0);
        complain(
            !is_motor && !is_spring,
            format!("actuator {name} is {:?}, neither a motor nor a spring", actuator.kind),
        );
        complain(is_spring && actuator.gainprm.is_empty(), format!("spring {name} has no gain: it would be 0, not 1"));
        complain(actuator.ctrl_range.is_none(), format!("actuator {name} has no ctrlrange"));
        complain(actuator.force_range.is_some(), format!("actuator {name} has a forcerange"));
        let driven = actuator.joint.as_ref().and_then(|joint| model.joint_by_name(joint));
        complain(driven.is_none(), format!("actuator {name} drives no joint"));
        let is_hinge =
            driven.is_some_and(|(body, joint)| model.bodies[body].body.joints[joint].type_ == JointType::Hinge);
        complain(is_motor && driven.is_some() && !is_hinge, format!("motor {name} drives not a hinge"));
        let twice = model.actuators[..index].iter().any(|other| other.joint == actuator.joint);
        complain(twice, format!("joint {:?} has two actuators: the last one wins", actuator.joint));
    }
    complaints
}

fn lint_joint(joint: &Joint) -> Vec<String> {
    let mut complaints = Vec::new();
    match joint.type_ {
        // A free base has no damping in MuJoCo, and src/scene/load.rs takes rapier's away.
        JointType::Free => return complaints,
        JointType::Hinge | JointType::Slide => {}
        JointType::Ball => complaints.push(format!("is {:?}", joint.type_)),
    }
    if joint.damping <= 0.0 {
        complaints.push("has no damping: rapier would put 0.1 in its place".into());
    }
    if joint.ref_ != 0.0 {
        complaints.push("has a ref".into());
    }
    if joint.stiffness != 0.0 || joint.springdamper.is_some() {
        complaints.push("has a spring".into());
    }
    complaints
}

fn lint_geom(geom: &Geom) -> Vec<String> {
    let mut complaints = Vec::new();
    let carried = [GeomType::Plane, GeomType::Sphere, GeomType::Capsule, GeomType::Cylinder, GeomType::Box];
    if !carried.contains(&geom.type_) {
        complaints.push(format!("is {:?}", geom.type_));
    }
    if geom.condim != 3 || geom.margin != 0.0 || geom.priority != 0 {
        complaints.push("has a condim, margin or priority".into());
    }
    complaints
}
