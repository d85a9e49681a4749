//! Every task keeps the contract of `rl::Environment`, and its physics holds under rough treatment.

use envs::Task;
use envs::ant_maze::{CELL, Maze, at_goal};
use envs::oracle::Walker;
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
        assert_eq!((spec.state_center.len(), spec.state_spread.len()), (29, 29));
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

/// An ant that walks straight at a wall for 1,000 steps does not get into it.
#[test]
fn walls_are_solid() {
    let walker = Walker::pretrained();
    // Walls lie on these sides of the start, and the goal does not.
    for (number, direction) in [[-1.0, 0.0], [0.0, -1.0], [0.0, 1.0], [-0.7, 0.7], [0.5, 0.9]].into_iter().enumerate() {
        let mut environment = Task::AntMazeUmaze.build();
        let mut state = environment.reset(&mut Prng::derive("walls", number as u64, "start")).state;
        let mut nearest = f32::MAX;
        for step in 0..1000 {
            state = environment.step(&walker.act(&state, direction)).observation.state;
            let [x, y] = Maze::UMAZE.center(Maze::UMAZE.cell_near([state[0], state[1]]));
            let to_wall = CELL / 2.0 - (state[0] - x).abs().max((state[1] - y).abs());
            nearest = nearest.min(to_wall);
            // The torso is a ball of 0.25 m; contacts give by a few centimetres.
            assert!(to_wall > 0.1, "towards {direction:?}, step {step}: {to_wall} m from the wall");
        }
        assert!(nearest < 1.2, "towards {direction:?} it never came near the wall: {nearest} m");
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
