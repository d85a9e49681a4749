//! Every task keeps the contract of `rl::Environment`, and its physics holds under rough treatment.

use envs::ant_maze::{Maze, at_goal};
use envs::oracle::Walker;
use envs::{StaticBox, Task};
use rl::{Outcome, Prng, check_environment};

#[test]
fn every_task_keeps_the_contract() {
    for task in Task::ALL {
        check_environment(task.build().as_mut(), 2);
    }
}

#[test]
fn specifications_are_complete() {
    for task in Task::ALL {
        let spec = task.build().spec().clone();
        assert_eq!((spec.name.as_str(), spec.max_steps), (task.name(), task.max_steps()));
        let size = match task {
            Task::PenBinary => 45,
            Task::DoorBinary | Task::RelocateBinary => 39,
            Task::GraspingIndiscriminate | Task::GraspingInstance => 2,
            _ => 29,
        };
        assert_eq!([spec.state_size, spec.state_center.len(), spec.state_spread.len()], [size; 3], "{task}");
        assert!(spec.state_spread.iter().all(|spread| *spread > 0.0));
    }
}

/// Whatever the actions, numbers stay finite and the ant stays on the floor: 1,000 short episodes.
#[test]
fn a_thousand_rough_episodes_stay_sound() {
    let mut environment = Task::AntMazeUmaze.build();
    for episode in 0..1000 {
        let mut rng = Prng::derive("rough", episode, "actions");
        environment.reset(&mut rng);
        for _ in 0..60 {
            let action: [f32; 8] = std::array::from_fn(|_| match episode % 2 {
                0 => rng.uniform(-1.0, 1.0),
                _ => [-1.0, 1.0][rng.below(2)],
            });
            let step = environment.step(&action);
            let state = &step.observation.state;
            assert!(state.iter().all(|x| x.is_finite()), "episode {episode}: {state:?}");
            assert!((0.1..2.0).contains(&state[2]), "episode {episode}: torso at {} m", state[2]);
            if step.outcome == Outcome::Terminates {
                break;
            }
        }
    }
}

/// An ant that walks straight at a wall for 1,000 steps, or thrashes about in front of it, does not get into it.
#[test]
fn walls_are_solid() {
    let (walker, walls) = (Walker::pretrained(), Maze::UMAZE.walls());
    // Walls lie on these sides of the start, and the goal does not.
    for (number, direction) in [[-1.0, 0.0], [0.0, -1.0], [0.0, 1.0], [-0.7, 0.7], [0.5, 0.9]].into_iter().enumerate() {
        let mut environment = Task::AntMazeUmaze.build();
        let mut state = environment.reset(&mut Prng::derive("walls", number as u64, "start")).state;
        let mut nearest = f32::MAX;
        let mut rng = Prng::derive("walls", number as u64, "thrashing");
        for step in 0..1500 {
            let action = match step {
                0..1000 => walker.act(&state, direction),
                _ => std::array::from_fn(|_| [-1.0, 1.0][rng.below(2)]),
            };
            state = environment.step(&action).observation.state;
            let gap = |wall: &StaticBox, axis: usize| (state[axis] - wall.center[axis]).abs() - wall.half[axis];
            let distances = walls.iter().map(|wall| gap(wall, 0).max(0.0).hypot(gap(wall, 1).max(0.0)));
            nearest = distances.fold(nearest, f32::min);
        }
        // The torso is a ball of 0.25 m whose contacts give a little, and the legs reach 1.1 m.
        assert!((0.2..1.1).contains(&nearest), "towards {direction:?}: within {nearest} m of a wall");
    }
}

#[test]
fn goals_are_drawn_in_their_box_and_reached_within_half_a_metre() {
    let mut environment = Task::AntMazeUmaze.build();
    let mut rng = Prng::derive("goals", 0, "reset");
    let goals: Vec<Vec<f32>> = (0..200).map(|_| environment.reset(&mut rng).privileged).collect();
    for goal in &goals {
        assert!((0.0..1.5).contains(&goal[0]) && (8.0..9.5).contains(&goal[1]), "{goal:?}");
    }
    let mean = goals.iter().map(|goal| goal[0]).sum::<f32>() / 200.0;
    assert!((mean - 0.75).abs() < 0.1, "the fixed goal, at 0.75, is the middle of the box; mean {mean}");
    assert!(at_goal(&[0.75, 8.25], [0.75, 8.75]));
    assert!(!at_goal(&[0.75, 8.2], [0.75, 8.75]));
}
