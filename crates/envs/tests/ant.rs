//! The ant's physics against numbers recorded from MuJoCo 4.0.0 with the same file and torques (RK4, time step 0.01).

use envs::Scene;

const HEIGHT: usize = 2;
const QUATERNION_Z: usize = 6;

fn ant(gravity: bool, timestep: &str) -> Scene {
    let xml = include_str!("../assets/ant.xml").replace("timestep=\"0.02\"", timestep);
    let xml = if gravity { xml } else { xml.replace("integrator", "gravity=\"0 0 0\" integrator") };
    Scene::from_mjcf(&xml, &[]).unwrap()
}

fn reset(scene: &mut Scene, height: f32, ankles: [f32; 4]) {
    let mut positions = [0.0; 15];
    positions[HEIGHT] = height;
    positions[3] = 1.0;
    for (leg, ankle) in ankles.into_iter().enumerate() {
        positions[8 + 2 * leg] = ankle;
    }
    scene.reset(&positions, &[0.0; 14]);
}

fn positions(scene: &Scene) -> Vec<f32> {
    let mut positions = Vec::new();
    scene.push_positions(&mut positions);
    positions
}

const BENT: [f32; 4] = [1.0, -1.0, -1.0, 1.0];
/// The motor of hip 1 and of ankle 1.
const HIP_1: usize = 2;
const ANKLE_1: usize = 3;

/// Runs without gravity under one torque (N m) and compares one coordinate at times (s) with MuJoCo's, to 6 %.
fn check(motor: usize, torque: f32, coordinate: usize, recorded: &[(f32, f32)], start: f32) {
    let mut scene = ant(false, "timestep=\"0.01\"");
    reset(&mut scene, 3.0, BENT);
    let mut controls = [0.0; 8];
    controls[motor] = torque;
    let mut steps = 0;
    for (time, expected) in recorded {
        let until = (time / 0.01).round() as usize;
        scene.step(&controls, until - steps);
        steps = until;
        let (moved, expected) = (positions(&scene)[coordinate] - start, expected - start);
        let error = (moved - expected).abs() / expected.abs();
        assert!(error < 0.06, "coordinate {coordinate} at {time} s: moved {moved}, MuJoCo {expected}");
    }
}

#[test]
fn torques_turn_joints_and_torso_as_in_mujoco() {
    let scene = ant(false, "timestep=\"0.01\"");
    let (hip, _) = scene.joint_indices("hip_1").unwrap();
    let (ankle, _) = scene.joint_indices("ankle_1").unwrap();
    assert_eq!((hip, ankle), (7, 8));
    check(HIP_1, 3.0, hip, &[(0.1, 0.0144), (0.2, 0.0557), (0.5, 0.3169)], 0.0);
    check(HIP_1, 3.0, QUATERNION_Z, &[(0.2, -0.0037), (0.5, -0.0212), (1.0, -0.0346)], 0.0);
    check(ANKLE_1, -1.5, ankle, &[(0.1, 0.9928), (0.2, 0.9721), (0.5, 0.8410)], 1.0);
}

/// Controls come in D4RL's order: hip and ankle of legs 4, 1, 2, 3.
#[test]
fn each_motor_turns_its_own_hinge() {
    let mut scene = ant(false, "timestep=\"0.01\"");
    let hinges: Vec<usize> = [4, 1, 2, 3]
        .iter()
        .flat_map(|leg| [format!("hip_{leg}"), format!("ankle_{leg}")])
        .map(|name| scene.joint_indices(&name).expect("a hinge of the ant").0)
        .collect();
    for motor in 0..8 {
        reset(&mut scene, 3.0, BENT);
        let before = positions(&scene);
        let mut controls = [0.0; 8];
        // Towards the middle of the ankles' ranges.
        controls[motor] = if before[hinges[motor]] > 0.0 { -3.0 } else { 3.0 };
        scene.step(&controls, 10);
        let after = positions(&scene);
        let moved: Vec<f32> = hinges.iter().map(|hinge| after[*hinge] - before[*hinge]).collect();
        assert!(moved[motor] * controls[motor] > 0.0, "motor {motor} pushes backwards: {moved:?}");
        for other in (0..8).filter(|other| *other != motor) {
            assert!(moved[other].abs() < 0.5 * moved[motor].abs(), "motor {motor} moves {other}: {moved:?}");
        }
    }
}

#[test]
fn it_falls_as_in_mujoco_and_comes_to_rest() {
    let mut scene = ant(true, "timestep=\"0.01\"");
    reset(&mut scene, 3.0, BENT);
    scene.step(&[0.0; 8], 50);
    let height = positions(&scene)[HEIGHT];
    assert!((height - 1.774).abs() < 0.03, "free fall to {height} m after 0.5 s");
    reset(&mut scene, 0.6, BENT);
    scene.step(&[0.0; 8], 500);
    let height = positions(&scene)[HEIGHT];
    // Two centimetres above MuJoCo's ant, which rests at 0.532 m.
    assert!((height - 0.555).abs() < 0.01, "rests at {height} m");
}

#[test]
fn states_are_read_as_they_were_set() {
    let mut scene = ant(true, "timestep=\"0.02\"");
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let positions = [1.0, 2.0, 3.0, half, 0.0, 0.0, half, 0.1, 1.0, 0.2, -1.0, 0.3, -1.0, 0.4, 1.0];
    let velocities: [f32; 14] = std::array::from_fn(|i| 0.1 * i as f32);
    scene.step(&[30.0; 8], 20);
    scene.reset(&positions, &velocities);
    let (mut q, mut v) = (Vec::new(), Vec::new());
    scene.push_positions(&mut q);
    scene.push_velocities(&mut v);
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(close(&q, &positions), "{q:?}");
    assert!(close(&v, &velocities), "{v:?}");
}

#[test]
fn angular_velocity_is_in_the_bodys_axes() {
    let mut scene = ant(false, "timestep=\"0.02\"");
    // Rolled by 90 degrees about x, then spinning about its own z: the world sees that spin about -y.
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let mut positions = [0.0, 0.0, 3.0, half, half, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, -1.0, 0.0, 1.0];
    let mut velocities = [0.0; 14];
    velocities[5] = 1.0;
    scene.reset(&positions, &velocities);
    scene.step(&[0.0; 8], 5);
    let mut q = Vec::new();
    scene.push_positions(&mut q);
    // A small turn by 0.1 rad about the body's z: q = q0 * (cos 0.05, 0, 0, sin 0.05).
    let (sin, cos) = 0.05_f32.sin_cos();
    positions[3..7].copy_from_slice(&[half * cos, half * cos, -half * sin, half * sin]);
    for i in 3..7 {
        assert!((q[i] - positions[i]).abs() < 0.01, "quaternion {:?}, expected {:?}", &q[3..7], &positions[3..7]);
    }
}

#[test]
fn controls_are_clamped_to_their_range() {
    let run = |control: f32| {
        let mut scene = ant(true, "timestep=\"0.02\"");
        reset(&mut scene, 0.6, BENT);
        scene.step(&[control; 8], 10);
        positions(&scene)
    };
    assert_eq!(run(30.0), run(1000.0));
    assert_ne!(run(30.0), run(20.0));
}
