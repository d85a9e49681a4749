//! Grasping: what the scripted grasper can do, what chance cannot, and what the arm must not.

use envs::binned_grasping::{BinnedGrasping, CAMERA, Facts, GraspTask, HELD_OUT, IMAGE_SIZE, OBJECTS, SCENES, objects};
use envs::render::Renderer;
use envs::{Part, Placement, Shape, ShapeKind, Solid, Task, Texture};
use rl::{Drivers, Environment, EvaluationLane, Observation, Outcome, Policy, Prng, evaluate};

fn successes(task: Task, policy: &dyn Policy, episodes: usize) -> usize {
    let environments = (0..4).map(|_| task.build_seen_with(None).unwrap()).collect();
    let mut lanes = [EvaluationLane { environments, key: "grasping".into(), seed: 0 }];
    let scores = &evaluate(Drivers::alone(policy), &mut lanes, &[0], episodes, "test")[0];
    scores.successes.iter().filter(|success| **success).count()
}

fn blind(task: GraspTask) -> BinnedGrasping {
    BinnedGrasping::new("grasping", task, None)
}

fn facts(observation: &Observation) -> Facts {
    Facts::from_slice(&observation.privileged)
}

/// 38 of 40 rule out, at the 95 % level, a grasper that fails once in 6.
#[test]
fn the_scripted_grasper_takes_what_it_should() {
    for task in Task::GRASPING {
        let taken = successes(task, &*task.oracle(), 40);
        assert!(taken >= 38, "{task}: {taken} of 40");
    }
}

/// One of 60 rules out, at the 95 % level, one success in 13.
#[test]
fn chance_takes_next_to_nothing() {
    for task in Task::GRASPING {
        let taken = successes(task, &*task.random_policy(), 60);
        assert!(taken <= 1, "{task}: {taken} of 60");
    }
}

/// An arm that stands still and does not end the episode runs out of time; one that ends it with nothing held terminates.
#[test]
fn an_episode_ends_by_time_or_by_choice() {
    let mut environment = blind(GraspTask::Indiscriminate);
    let mut rng = Prng::derive("end", 0, "test");
    environment.reset(&mut rng);
    let mut still = || environment.step(&[0.0, 0.0, 0.0, 0.0, 0.0, -1.0]);
    let ends: Vec<_> = (0..20).map(|_| still()).map(|step| (step.outcome, step.reward, step.success)).collect();
    assert_eq!(ends[..19], vec![(Outcome::Continues, 0.0, false); 19]);
    assert_eq!(ends[19], (Outcome::TimesOut, 0.0, false));
    environment.reset(&mut rng);
    let step = environment.step(&[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!((step.outcome, step.success), (Outcome::Terminates, false));
}

/// A state of the last steps goes on as it did, and ends by time where it did: the count of steps is part of it.
#[test]
fn a_snapshot_near_the_end_still_times_out() {
    let mut environment = Task::GraspingIndiscriminate.build_seen_with(None).unwrap();
    let mut rng = Prng::derive("late", 0, "test");
    environment.reset(&mut rng);
    let go_on = |environment: &mut dyn Environment, steps: usize| -> Vec<_> {
        (0..steps).map(|i| environment.step(&[0.3, -0.2, 0.1 * i as f32 - 0.5, 0.4, -1.0, -1.0])).collect()
    };
    go_on(&mut *environment, 17);
    let snapshot = environment.snapshot();
    let original = go_on(&mut *environment, 3);
    assert_eq!(original.iter().map(|step| step.outcome.ends_episode()).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(original[2].outcome, Outcome::TimesOut);
    environment.reset(&mut rng);
    environment.restore(&snapshot);
    assert_eq!(go_on(&mut *environment, 3), original);
}

/// Plays the scripted grasper until something is lifted by 6 cm; none where that takes too long. Blind to which object is
/// asked for, it takes the easiest.
fn lifted(environment: &mut BinnedGrasping, seed: u64, told: bool) -> Option<Facts> {
    let oracle = Task::GraspingInstance.oracle();
    let mut rngs = [Prng::derive("lifted", seed, "test")];
    let mut observation = environment.reset(&mut rngs[0]);
    for _ in 0..12 {
        let seen = facts(&observation);
        if seen.lift > 0.06 {
            return Some(seen);
        }
        if !told {
            observation.privileged = Facts { target: None, ..seen }.to_vec();
        }
        let rows = rl::ObservationRows::stack(1, 1, std::iter::once(&observation));
        let mut action = oracle.act(&rows, rl::Intent::Exploit, &mut rngs);
        action.row_mut(0, 0)[5] = -1.0;
        observation = environment.step(action.row(0, 0)).observation;
    }
    None
}

const HOLD: [f32; 6] = [0.0, 0.0, 0.0, 0.0, 1.0, -1.0];
const END: [f32; 6] = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0];

/// What is held counts at the episode's end, by choice or by time, if it is off the floor; and a snapshot takes the grip
/// along, into another environment too.
#[test]
fn a_grasp_counts_at_the_end_and_off_the_floor() {
    let mut environment = blind(GraspTask::Instance);
    let before = (0..10).find_map(|seed| lifted(&mut environment, seed, true)).unwrap();
    assert_eq!(before.held, before.target);
    let snapshot = environment.snapshot();
    let resumed = || {
        let mut other = blind(GraspTask::Instance);
        other.reset(&mut Prng::derive("other", 1, "test"));
        other.restore(&snapshot);
        other
    };
    let step = resumed().step(&END);
    assert_eq!((step.outcome, step.reward, step.success), (Outcome::Terminates, 1.0, true));

    let mut other = resumed();
    let last = loop {
        let [here, there] = [environment.step(&HOLD), other.step(&HOLD)];
        assert_eq!(here, there, "a grip that was restored");
        if here.outcome.ends_episode() {
            break here;
        }
        assert_eq!((here.reward, here.success), (0.0, false));
    };
    assert_eq!((last.outcome, last.reward, last.success), (Outcome::Terminates, 1.0, true), "the time is up");

    let mut lowered = resumed();
    while facts(&lowered.step(&[0.0, 0.0, -1.0, 0.0, 1.0, -1.0]).observation).lift > 0.01 {}
    let step = lowered.step(&END);
    assert_eq!(facts(&step.observation).held, before.held);
    assert_eq!((step.outcome, step.reward, step.success), (Outcome::Terminates, 0.0, false), "it is down again");
}

/// Another object than the one asked for is worth nothing, where one is asked for.
#[test]
fn the_wrong_object_does_not_count() {
    let mut environment = blind(GraspTask::Instance);
    let wrong = (0..40).find(|seed| {
        let held = lifted(&mut environment, *seed, false);
        held.is_some_and(|facts| facts.held != facts.target)
    });
    assert!(wrong.is_some());
    let step = environment.step(&END);
    assert!(facts(&step.observation).held.is_some());
    assert_eq!((step.outcome, step.reward, step.success), (Outcome::Terminates, 0.0, false));
}

/// Down on an object, closed, up, about, and open again: friction carries it, and nothing else does.
#[test]
fn what_is_held_goes_along_and_falls_when_let_go() {
    let mut environment = blind(GraspTask::Indiscriminate);
    let oracle = Task::GraspingIndiscriminate.oracle();
    let mut rngs = [Prng::derive("hold", 0, "test")];
    let mut observation = environment.reset(&mut rngs[0]);
    for _ in 0..20 {
        if facts(&observation).lift >= 0.06 {
            break;
        }
        let rows = rl::ObservationRows::stack(1, 1, std::iter::once(&observation));
        let action = oracle.act(&rows, rl::Intent::Exploit, &mut rngs);
        observation = environment.step(action.row(0, 0)).observation;
    }
    let before = facts(&observation);
    assert!(before.lift >= 0.06, "{before:?}");
    let held = before.held.unwrap();
    let offset = |facts: &Facts| [0, 1, 2].map(|axis| facts.objects[held][axis] - facts.position[axis]);
    for action in [[-1.0, 0.0], [1.0, 1.0], [0.0, -1.0], [1.0, 0.0]] {
        observation = environment.step(&[action[0], action[1], 0.0, 0.3 * action[0], 1.0, -1.0]).observation;
    }
    let after = facts(&observation);
    assert_eq!(after.held, Some(held));
    let slip = (offset(&after)[2] - offset(&before)[2]).abs();
    assert!(slip < 0.01, "slipped by {slip} m in four quick moves");
    observation = environment.step(&[0.0, 0.0, 0.0, 0.0, -1.0, -1.0]).observation;
    let dropped = facts(&observation);
    assert!(dropped.held.is_none() && dropped.objects[held][2] < before.objects[held][2] - 0.02, "{dropped:?}");
}

/// Sent far down and to each side for as long as an episode lasts, fingers and palm stay out of table and walls, which
/// give way by millimetres; the links stay above the table.
#[test]
fn table_and_walls_are_solid() {
    let (mut deepest, mut lowest) = (f32::MIN, f32::MAX);
    for (number, side) in [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [0.6, 0.8]].into_iter().enumerate() {
        let mut environment = blind(GraspTask::Indiscriminate);
        environment.reset_to(number, &mut Prng::derive("solid", number as u64, "test"));
        for step in 0..19 {
            let [x, y] = if step < 5 { [0.0; 2] } else { side };
            environment.step(&[x, y, -1.0, 0.0, -1.0, -1.0]);
            let shapes = environment.shapes();
            let gripper = [[0.02, 0.006, 0.035], [0.016, 0.062, 0.014]].map(|half| ShapeKind::Box { half });
            let gripper: Vec<&Shape> = shapes.iter().filter(|shape| gripper.contains(&shape.kind)).collect();
            assert_eq!(gripper.len(), 3, "two fingers and a palm");
            for finger in gripper {
                for fixture in shapes.iter().filter(|shape| shape.rotation == [0.0, 0.0, 0.0, 1.0]) {
                    let ShapeKind::Box { half } = fixture.kind else { continue };
                    let overlap = |axis: usize| {
                        let gap = (finger.translation[axis] - fixture.translation[axis]).abs();
                        half[axis] + reach_of_box(finger, axis) - gap
                    };
                    deepest = deepest.max(overlap(0).min(overlap(1)).min(overlap(2)));
                }
            }
            for link in &shapes {
                let ShapeKind::Capsule { radius, half_length } = link.kind else { continue };
                let [x, y, _, _] = link.rotation;
                let upright = 1.0 - 2.0 * (x * x + y * y);
                lowest = lowest.min(link.translation[2] - half_length * upright.abs() - radius);
            }
        }
    }
    assert!((0.0..0.005).contains(&deepest), "the gripper was {deepest} m inside a fixture");
    assert!(lowest >= 0.0, "the lowest point of a link was at {lowest} m");
}

/// How far a box reaches from its middle along an axis of the world (m).
fn reach_of_box(shape: &Shape, axis: usize) -> f32 {
    let solid = Solid {
        parts: vec![Part {
            kind: shape.kind,
            placement: Placement::at([0.0; 3]),
            rgba: shape.rgba,
            texture: shape.texture,
        }],
        mass: 1.0,
        friction: 1.0,
    };
    objects::reach(&solid, shape.rotation, std::array::from_fn(|i| f32::from(u8::from(i == axis))))
}

/// Whatever the actions, numbers stay finite, and what is in the bins does not sink into the table.
#[test]
fn rough_episodes_stay_sound() {
    let mut environment = blind(GraspTask::Instance);
    for episode in 0..60 {
        let mut rng = Prng::derive("rough", episode, "actions");
        environment.reset(&mut rng);
        for _ in 0..20 {
            let mut action: [f32; 6] = std::array::from_fn(|_| match episode % 2 {
                0 => rng.uniform(-1.0, 1.0),
                _ => [-1.0, 1.0][rng.below(2)],
            });
            action[5] = -1.0;
            let facts = facts(&environment.step(&action).observation);
            assert!(facts.to_vec().iter().all(|x| x.is_finite()));
            for [x, y, z] in facts.objects {
                let on_table = (x - 0.4).abs() < 0.45 && y.abs() < 0.5;
                assert!(z > 0.008 || !on_table, "episode {episode}: an object at {x}, {y}, {z}");
            }
        }
    }
}

/// Nothing moves while the gripper stays where it is; and both tasks have the same scenes.
#[test]
fn scenes_are_settled_and_the_same_for_both_tasks() {
    let (mut one, mut other) = (blind(GraspTask::Indiscriminate), blind(GraspTask::Instance));
    let mut largest = 0.0_f32;
    for scene in (0..SCENES + HELD_OUT).step_by(SCENES / 20) {
        let mut rng = Prng::derive("settled", scene as u64, "test");
        let before = facts(&one.reset_to(scene, &mut rng.clone()));
        assert_eq!(before.objects, facts(&other.reset_to(scene, &mut rng)).objects);
        let after = facts(&one.step(&[0.0, 0.0, 0.0, 0.0, -1.0, -1.0]).observation);
        for (before, after) in before.objects.iter().flatten().zip(after.objects.iter().flatten()) {
            largest = largest.max((before - after).abs());
        }
        assert!(before.objects.iter().all(|object| object[2] > 0.01));
    }
    assert!(largest < 0.003, "an object moved by {largest} m");
}

#[test]
fn the_mask_shows_the_target_and_nothing_else() {
    let mut environment = BinnedGrasping::new("grasping", GraspTask::Instance, Some(IMAGE_SIZE));
    let mut seen = [0; OBJECTS];
    for episode in 0..30 {
        let observation = environment.reset(&mut Prng::derive("mask", episode, "test"));
        let image = observation.image.as_ref().unwrap();
        assert_eq!((image.shape.height, image.shape.channels), (IMAGE_SIZE, 4));
        let facts = facts(&observation);
        let target = facts.target.unwrap();
        seen[target] += 1;
        let (mut weight, mut middle) = (0.0, [0.0; 2]);
        for (i, pixel) in image.bytes().chunks_exact(4).enumerate() {
            let share = f32::from(pixel[3]) / 255.0;
            weight += share;
            middle[0] += share * ((i % IMAGE_SIZE) as f32 + 0.5);
            middle[1] += share * ((i / IMAGE_SIZE) as f32 + 0.5);
        }
        // The arm may hide a target, but hides few.
        if weight > 10.0 {
            let [x, y] = CAMERA.pixel(facts.objects[target], IMAGE_SIZE, IMAGE_SIZE).unwrap();
            let away = (middle[0] / weight - x).hypot(middle[1] / weight - y);
            assert!(away < 3.0, "episode {episode}: the mask's middle is {away} pixels from the target's");
        } else {
            seen[target] -= 1;
        }
    }
    assert!(seen.iter().all(|n| *n > 0) && seen.iter().sum::<i32>() >= 25, "{seen:?}");
}

/// The same picture from what is drawn once and what moves as from all of it at once.
#[test]
fn the_picture_is_that_of_the_scene() {
    let mut environment = BinnedGrasping::new("grasping", GraspTask::Indiscriminate, Some(IMAGE_SIZE));
    let mut rng = Prng::derive("picture", 0, "test");
    environment.reset(&mut rng);
    let observation = environment.step(&[0.3, 0.5, -1.0, 0.5, -1.0, -1.0]).observation;
    let mut renderer = Renderer::new(64, 64, 2).with_shadows(envs::binned_grasping::sunlight(IMAGE_SIZE));
    let whole = renderer.frame(&environment.shapes(), &CAMERA);
    assert_eq!(observation.image.unwrap().bytes(), whole.as_raw().as_slice());
}

/// Pictures of each size that is configured, as an 8 x 8 grid of means.
#[test]
fn pictures_of_all_sizes_show_the_same() {
    let seen = |size: usize| -> Vec<f32> {
        let mut environment = BinnedGrasping::new("grasping", GraspTask::Instance, Some(size));
        let image = environment.reset(&mut Prng::derive("sizes", 0, "test")).image.unwrap();
        assert_eq!((image.shape.height, image.shape.width, image.shape.channels), (size, size, 4));
        let mut sums = vec![0.0; 8 * 8 * 4];
        for (i, pixel) in image.bytes().chunks_exact(4).enumerate() {
            let cell = (i / size * 8 / size) * 8 + i % size * 8 / size;
            pixel.iter().enumerate().for_each(|(c, value)| sums[4 * cell + c] += f32::from(*value));
        }
        let area = (size * size / 64) as f32;
        sums.into_iter().map(|sum| sum / area).collect()
    };
    let small = seen(IMAGE_SIZE);
    let spread = |c: usize| {
        let values = small.iter().skip(c).step_by(4);
        values.clone().fold(0.0_f32, |a, b| a.max(*b)) - values.fold(255.0_f32, |a, b| a.min(*b))
    };
    assert!((0..3).all(|c| spread(c) > 50.0), "something is to be seen");
    for size in [128, 472] {
        let furthest = small.iter().zip(seen(size)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 8.0, "{size}: a cell's mean differs by {furthest} of 255");
    }
}

#[test]
fn textures_are_seen() {
    let mut environment = BinnedGrasping::new("grasping", GraspTask::Indiscriminate, None);
    environment.reset(&mut Prng::derive("textures", 0, "test"));
    let drawn = |plain: bool| {
        let mut shapes = environment.shapes();
        shapes.iter_mut().filter(|_| plain).for_each(|shape| shape.texture = Texture::Plain);
        Renderer::new(64, 64, 2).frame(&shapes, &CAMERA).clone()
    };
    let (plain, textured) = (drawn(true), drawn(false));
    let darker = plain.pixels().zip(textured.pixels()).filter(|(plain, textured)| plain.0[0] > textured.0[0]).count();
    assert!(darker > 64 * 64 / 20, "{darker} pixels are darker for their bands");
}

#[test]
fn objects_are_varied_and_fit_between_the_fingers() {
    let mut rng = Prng::derive("objects", 0, "test");
    for class in objects::Class::ALL {
        let solids: Vec<_> = (0..50).map(|_| objects::draw(class, &mut rng)).collect();
        let masses = solids.iter().map(|solid| solid.mass);
        let (least, most) = (masses.clone().fold(f32::MAX, f32::min), masses.fold(0.0, f32::max));
        assert!(least > 0.02 && most < 0.31 && most > 1.5 * least, "{class:?}: {least} to {most} kg");
        // Balls are of white paper.
        for channel in (0..3).filter(|_| class != objects::Class::Ball) {
            let values = solids.iter().map(|solid| solid.parts[0].rgba[channel]);
            let (least, most) = (values.clone().fold(1.0, f32::min), values.fold(0.0, f32::max));
            assert!(most - least > 0.5, "{class:?}: channel {channel} from {least} to {most}");
        }
        let upright = [0.0, 0.0, 0.0, 1.0];
        for solid in &solids {
            let across = |direction: [f32; 3]| {
                objects::reach(solid, upright, direction)
                    + objects::reach(solid, upright, direction.map(|component: f32| -component))
            };
            let width = across([0.0, 1.0, 0.0]).min(across([1.0, 0.0, 0.0]));
            assert!((0.025..0.07).contains(&width), "{class:?} is {width} m wide");
        }
    }
}
