//! The hand: its geometry and servos as in MuJoCo, limits that hold, and a latch that locks.

use envs::hand::{Chore, Door, Hand, HandTask, Judgement, Known, Pen, Relocate, Reward, Seen, mjcf};
use envs::{Contacts, Scene, Task};
use rl::{Environment, Prng};

const TASKS: [(Task, HandTask); 3] =
    [(Task::PenBinary, HandTask::Pen), (Task::DoorBinary, HandTask::Door), (Task::RelocateBinary, HandTask::Relocate)];

fn scene(task: HandTask) -> Scene {
    Scene::from_mjcf(&mjcf(task), &[]).unwrap().with_contacts(Contacts::FIRM)
}

/// MuJoCo 4.0.0 with the same files, all joints at 0.
#[test]
fn sites_are_where_mujoco_has_them() {
    let grasp = [-0.006_920, -0.199_960, 0.150_387];
    for (task, site, expected) in [
        (HandTask::Pen, "grasp", [0.007, -0.200_040, 0.250_398]),
        (HandTask::Door, "grasp", grasp),
        (HandTask::Relocate, "grasp", grasp),
        (HandTask::Door, "handle", [0.04, 0.15, 0.275]),
    ] {
        let found = scene(task).site(site).unwrap();
        let error = found.iter().zip(expected).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
        assert!(error < 1e-5, "{task:?} {site}: {found:?}");
    }
}

/// Coordinates 0.05, 0.1, 0.2 and 0.5 s after one servo's control has left 0, in MuJoCo 4.0.0 with the same file and
/// steps of 0.002 s (m, rad). Gravity pulls the arm down meanwhile.
#[test]
fn servos_pull_as_in_mujoco() {
    for (joint, control, expected) in [
        ("RFJ0", 0.8, [0.427, 0.749, 0.812, 0.801]),
        ("MFJ2", 1.2, [0.615, 1.131, 1.234, 1.204]),
        ("THJ3", 0.5, [0.254, 0.485, 0.540, 0.521]),
        ("WRJ0", 0.3, [0.165, 0.309, 0.353, 0.338]),
        ("ARRz", 0.3, [0.296, 0.477, 0.651, 0.745]),
        ("ARTz", 0.04, [0.005, 0.018, 0.056, 0.134]),
    ] {
        let mut scene = scene(HandTask::Door);
        scene.reset(&[0.0; 30], &[0.0; 30]);
        let (index, _) = scene.joint_indices(joint).unwrap();
        let mut controls = [0.0; 28];
        controls[index] = control;
        let mut found = Vec::new();
        for step in 1..=50 {
            scene.step(&controls, 1);
            if [5, 10, 20, 50].contains(&step) {
                let mut positions = Vec::new();
                scene.push_positions(&mut positions);
                found.push(positions[index]);
            }
        }
        let end = expected[3];
        for (x, y) in found.iter().zip(expected) {
            assert!((x - y).abs() < 0.04 * end, "{joint}: {found:?}, MuJoCo {expected:?}");
        }
    }
}

/// How far joints leave their ranges (rad, m), and how far the door opens before its latch has been turned by 0.9 rad (rad).
/// It gives way from 1.15 rad or so on; its bolt is round, so that before it has more and more play (over 1,000 episodes up
/// to 0.06 rad at a latch of 1).
struct Roughness {
    overshoot: f32,
    forced_open: f32,
}

/// Plays episodes of random actions, or of actions at either end.
fn treat_roughly((task, hand): (Task, HandTask), bang_bang: bool, episodes: u64) -> Roughness {
    let ranges: Vec<[f32; 2]> = scene(hand).joint_ranges().collect();
    let mut environment = task.build();
    let mut worst = Roughness { overshoot: 0.0, forced_open: 0.0 };
    for episode in 0..episodes {
        let mut rng = Prng::derive("rough", episode, if bang_bang { "bang-bang" } else { "random" });
        environment.reset(&mut rng);
        let mut turned = 0.0_f32;
        for _ in 0..hand.max_steps() {
            let draw = |_| if bang_bang { [-1.0, 1.0][rng.below(2)] } else { rng.uniform(-1.0, 1.0) };
            let action: Vec<f32> = (0..hand.action_size()).map(draw).collect();
            let observation = environment.step(&action).observation;
            assert!(observation.state.iter().all(|x| x.is_finite()), "{task}: {observation:?}");
            let known = Known::of(hand, &observation.privileged);
            for (position, [low, high]) in known.positions.iter().zip(&ranges) {
                worst.overshoot = worst.overshoot.max(low - position).max(position - high);
            }
            if hand == HandTask::Door {
                turned = turned.max(known.positions[29]);
                if turned < 0.9 {
                    worst.forced_open = worst.forced_open.max(known.positions[28]);
                }
            }
        }
    }
    worst
}

fn check_rough_episodes(episodes: u64) {
    for task in TASKS {
        for bang_bang in [false, true] {
            let Roughness { overshoot, forced_open } = treat_roughly(task, bang_bang, episodes);
            eprintln!("{}, bang-bang {bang_bang}: overshoot {overshoot}, forced open {forced_open}", task.0);
            let allowed = Contacts::FIRM.overshoot + 1e-4;
            assert!(overshoot < allowed, "{}, bang-bang {bang_bang}: {overshoot} beyond a limit", task.0);
            assert!(forced_open < 0.05, "{}: the locked door opened by {forced_open} rad", task.0);
        }
    }
}

#[test]
fn rough_episodes_stay_sound() {
    check_rough_episodes(8);
}

/// `cargo test -p envs --test hand -- --ignored`: some minutes.
#[test]
#[ignore = "takes minutes"]
fn a_thousand_rough_episodes_stay_sound() {
    check_rough_episodes(1000);
}

/// The pen falls on the open palm, and lies there.
#[test]
fn the_palm_carries_the_pen() {
    let mut hand = Hand::<Pen>::new("pen", Reward::Binary);
    hand.reset(&mut Prng::derive("palm", 0, "reset"));
    for _ in 0..100 {
        hand.step(&[0.0; 24]);
    }
    let [.., z, _, _, _, _] = *hand.seen().positions else { unreachable!("the pen's pose is last") };
    // The palm's upper side is at 0.211 m, and the pen has a radius of 0.015 m.
    assert!((0.22..0.27).contains(&z), "the pen is at {z} m");
}

#[test]
fn draws_spread_as_in_d4rl() {
    let mut rng = Prng::derive("draws", 0, "reset");
    let within = |x: f32, low: f32, high: f32| (low..high).contains(&x);
    let mut angles = Vec::new();
    for _ in 0..500 {
        let Door { frame: [x, y, z] } = Door::draw(&mut rng);
        assert!(within(x, -0.3, -0.2) && within(y, 0.25, 0.35) && within(z, 0.252, 0.35));
        let Relocate { ball: [x, y, z], goal } = Relocate::draw(&mut rng);
        assert!(within(x, -0.15, 0.15) && within(y, -0.15, 0.3) && (z - 0.035).abs() < 1e-6);
        assert!(within(goal[0], -0.2, 0.2) && within(goal[1], -0.2, 0.2) && within(goal[2], 0.15, 0.35));
        angles.push(Pen::draw(&mut rng).wanted[0].acos());
    }
    let (nearest, farthest) = angles.iter().fold((9.0_f32, 0.0_f32), |(low, high), x| (low.min(*x), high.max(*x)));
    // From the x axis, along which the pen starts: pi/2 - 1 to pi/2 + 1.
    assert!(within(nearest, 0.57, 0.7) && within(farthest, 2.4, 2.58), "{nearest} to {farthest} rad");
}

/// Formulas of D4RL's `door-v0`, `relocate-v0` and `pen-v0`, at the start, worked out by hand from the observation.
#[test]
fn dense_rewards_are_d4rls() {
    let dense = |task: HandTask| {
        let mut environment = task.build("dense", Reward::Dense);
        environment.reset(&mut Prng::derive("dense", 0, "reset"));
        let step = environment.step(&vec![0.0; task.action_size()]);
        (step.observation, step.reward)
    };
    let length = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>().sqrt();
    let close = |x: f32, y: f32| assert!((x - y).abs() < 1e-4, "{x} is not {y}");

    let (seen, reward) = dense(HandTask::Door);
    let known = Known::of(HandTask::Door, &seen.privileged);
    let speed = known.velocities.iter().map(|v| v * v).sum::<f32>();
    close(reward, -0.1 * length(&seen.state[35..38]) - 0.1 * (seen.state[28] - 1.57).powi(2) - 1e-5 * speed);
    let (seen, reward) = dense(HandTask::Relocate);
    close(reward, -0.1 * length(&seen.state[30..33]));
    let (seen, reward) = dense(HandTask::Pen);
    let cosine: f32 = (33..36).map(|i| seen.state[i] * seen.state[i + 3]).sum();
    close(reward, cosine - length(&seen.state[39..42]));
}

/// What a task says of its thing at such positions: the last ones of the scene.
fn judged<C: Chore>(hand: &Hand<C>, thing: &[f32]) -> Judgement {
    let mut positions = hand.seen().positions.to_vec();
    let robot = positions.len() - thing.len();
    positions[robot..].copy_from_slice(thing);
    hand.chore().judge(&Seen { positions: &positions, ..hand.seen() })
}

/// D4RL's bounds, a thousandth on either side of each: the first judgement is to be no success, the second one if `success`
/// says so, and richer by `bonus`, give or take what the distances have changed meanwhile.
#[track_caller]
fn assert_bound(before: Judgement, beyond: Judgement, bonus: f32, success: bool) {
    assert!((beyond.dense - before.dense - bonus).abs() < 0.01, "{before:?}, then {beyond:?}");
    assert_eq!((before.success, beyond.success), (false, success), "{before:?}, then {beyond:?}");
}

#[test]
fn the_door_is_open_where_d4rl_says() {
    let hand = Hand::<Door>::new("bounds", Reward::Dense);
    let at = |hinge: f32| judged(&hand, &[hinge, 0.0]);
    for (bound, bonus, success) in [(0.2, 2.0, false), (1.0, 8.0, false), (1.35, 10.0, true)] {
        assert_bound(at(bound - 1e-3), at(bound + 1e-3), bonus, success);
    }
    // Without a bonus: a tenth of the square of what is missing to a right angle.
    let missing = at(0.1).dense - at(0.0).dense;
    assert!((missing - 0.1 * (1.57_f32.powi(2) - 1.47_f32.powi(2))).abs() < 1e-4, "{missing}");
}

#[test]
fn the_ball_is_at_its_goal_where_d4rl_says() {
    let mut hand = Hand::<Relocate>::new("bounds", Reward::Dense);
    let goal @ [x, y, z] = [0.1, 0.1, 0.3];
    hand.start_from(Relocate { ball: [0.0, 0.0, 0.035], goal }, &[0.0; 30], &[0.0; 30]);
    let at = |[x, y, z]: [f32; 3]| judged(&hand, &[x, y, z, 1.0, 0.0, 0.0, 0.0]);
    let off = |distance: f32| at([x + 0.6 * distance, y, z - 0.8 * distance]);
    assert_bound(off(0.101), off(0.099), 10.0, true);
    let (outside, inside) = (off(0.051), off(0.049));
    assert!((inside.dense - outside.dense - 20.0).abs() < 0.01, "{outside:?}, then {inside:?}");
    // Off the table, 1 minus half the way of palm and ball to the goal.
    let way = |from: [f32; 3]| from.iter().zip(goal).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
    let lifted = [0.0, 0.0, 0.041];
    let bonus = 1.0 - 0.5 * way(hand.seen().palm.to_array()) - 0.5 * way(lifted);
    assert_bound(at([0.0, 0.0, 0.039]), at(lifted), bonus, false);
}

#[test]
fn the_pen_is_turned_where_d4rl_says() {
    let mut hand = Hand::<Pen>::new("bounds", Reward::Dense);
    hand.start_from(Pen { wanted: [0.0, 0.0, 1.0] }, &[0.0; 24], &[0.0; 24]);
    // So far to the side of its place or at such a height, at an angle of this cosine from upright.
    let at = |side: f32, z: f32, cosine: f32| {
        let (sin, cos) = (0.5 * cosine.acos()).sin_cos();
        judged(&hand, &[side, -0.2, z, cos, sin, 0.0, 0.0])
    };
    let turned = |cosine: f32| at(0.0, 0.25, cosine);
    assert_bound(turned(0.899), turned(0.901), 10.0, false);
    assert_bound(turned(0.949), turned(0.951), 50.0, true);
    assert_bound(at(0.076, 0.25, 0.99), at(0.074, 0.25, 0.99), 60.0, true);
    let (lost, caught) = (at(0.0, 0.074, 0.5), at(0.0, 0.076, 0.5));
    assert_bound(lost, caught, 5.0, false);
    assert!(lost.lost && !caught.lost);
}
