//! The controllers that make the data do what they are for.

use std::collections::BTreeSet;

use envs::Task;
use envs::ant_maze::{AntMaze, Maze};
use envs::oracle::{CollectPlan, Oracle};
use rl::{Drivers, Environment, EvaluationLane, Observation, Prng, evaluate};

/// The walker with the planner, without noise.
#[test]
fn the_oracle_reaches_the_umaze_goal() {
    let task = Task::AntMazeUmaze;
    let oracle = Oracle::new(task.maze().unwrap());
    let environments = (0..4).map(|_| task.build()).collect();
    let mut lanes = [EvaluationLane { environments, key: "oracle".into(), seed: 0 }];
    let scores = &evaluate(Drivers::alone(&oracle), &mut lanes, &[0], 40, "test")[0];
    let reached = scores.successes.iter().filter(|success| **success).count();
    // So many rule out, at the 95 % level, a controller that fails once in 5.
    assert!(reached >= 37, "{reached} of 40, after {:?} steps", scores.steps);
    let steps = scores.mean_success_steps().unwrap();
    assert!((100.0..300.0).contains(&steps), "{steps} steps on the average");
}

/// What the larger mazes' data rest on; some minutes: `cargo test -p envs --test oracle -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn the_oracle_reaches_the_goals_of_larger_mazes() {
    for (task, asked) in [(Task::AntMazeMediumPlay, 90), (Task::AntMazeLargePlay, 80)] {
        let oracle = Oracle::new(task.maze().unwrap());
        let environments = (0..20).map(|_| task.build()).collect();
        let mut lanes = [EvaluationLane { environments, key: "oracle".into(), seed: 0 }];
        let scores = &evaluate(Drivers::alone(&oracle), &mut lanes, &[0], 100, "test")[0];
        let reached = scores.successes.iter().filter(|success| **success).count();
        assert!(reached >= asked, "{task}: {reached} of 100");
    }
}

#[test]
fn random_actions_do_not_reach_it() {
    let task = Task::AntMazeUmaze;
    let mut lanes = [EvaluationLane { environments: vec![task.build()], key: "random".into(), seed: 0 }];
    let scores = &evaluate(Drivers::alone(task.random_policy().as_ref()), &mut lanes, &[0], 2, "test")[0];
    assert_eq!(scores.successes, [false, false]);
    assert_eq!(scores.steps, [700, 700]);
}

#[test]
fn an_episode_of_data_is_whole_and_repeatable() {
    let task = Task::AntMazeUmaze;
    let plan = CollectPlan { goals_per_episode: Some(1), straying: None, ..CollectPlan::d4rl(task).unwrap() };
    let rng = |number| Prng::derive("data", number, "episode");
    let mut collector = task.collector(plan).unwrap();
    let first = collector.episode(&mut rng(0));
    let second = collector.episode(&mut rng(1));
    assert_eq!(task.collector(plan).unwrap().episode(&mut rng(1)), second, "episodes do not depend on those before");
    assert_eq!(first.states.len(), (first.len() + 1) * 29);
    assert!(first.reached == 1 && first.len() < task.max_steps(), "{} steps", first.len());
    assert!(first.actions.iter().all(|action| (-1.0..=1.0).contains(action)));

    let own = first.arrivals(first.goals[0]);
    assert_eq!(own.len(), first.len());
    assert_eq!(own.iter().position(|at_goal| *at_goal), Some(first.len() - 1), "it ends where it first arrives");
    let elsewhere = first.arrivals(Maze::UMAZE.center((1, 2)));
    assert!(elsewhere.contains(&true), "its way leads through the cell beside the start");
}

#[test]
fn an_episode_of_umaze_ends_with_the_fifth_goal() {
    let task = Task::AntMazeUmaze;
    let mut collector = task.collector(CollectPlan::d4rl(task).unwrap()).unwrap();
    let episodes: Vec<_> = (0..4).map(|k| collector.episode(&mut Prng::derive("data", k, "episode"))).collect();
    assert!(episodes.iter().any(|episode| episode.reached == 5), "one is quick enough");
    for episode in episodes {
        assert!(episode.reached == 5 || (episode.reached < 5 && episode.len() == task.max_steps()));
    }
}

/// A walker that goes on uses the whole time, and each goal after the first is another than the one it has reached.
#[test]
fn the_walker_goes_on_to_further_goals() {
    let task = Task::AntMazeMediumPlay;
    let episode =
        task.collector(CollectPlan::d4rl(task).unwrap()).unwrap().episode(&mut Prng::derive("data", 2, "episode"));
    assert_eq!((episode.len(), episode.goals.len()), (task.max_steps(), task.max_steps()));
    assert!(episode.reached >= 2, "{} goals", episode.reached);
    let mut legs: Vec<[f32; 2]> = episode.goals.clone();
    legs.dedup();
    assert_eq!(legs.len(), episode.reached + 1, "the last goal is still ahead");
    let cells: Vec<_> = legs.iter().map(|goal| Maze::MEDIUM.cell_near(*goal)).collect();
    assert!(cells.windows(2).all(|pair| pair[0] != pair[1]), "{cells:?}");
}

/// Where a plan's episodes start and lead, over 200 of them.
#[test]
fn plans_spread_starts_and_goals_as_d4rl() {
    let cells = |task: Task| {
        let maze = task.maze().unwrap();
        let CollectPlan { start, goal, .. } = CollectPlan::d4rl(task).unwrap();
        let mut environment = AntMaze::new(task.name(), maze, task.max_steps(), start, goal);
        let mut rng = Prng::derive("plans", 0, task.name());
        let (mut starts, mut goals) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..200 {
            let Observation { state, privileged, .. } = environment.reset(&mut rng);
            starts.insert(maze.cell_near([state[0], state[1]]));
            goals.insert(maze.cell_near([privileged[0], privileged[1]]));
        }
        (Vec::from_iter(starts), Vec::from_iter(goals))
    };
    let (free, marked) = (Maze::MEDIUM.free_cells(), Maze::MEDIUM.marked_goals());
    assert_eq!(cells(Task::AntMazeUmaze), (vec![Maze::UMAZE.start()], vec![Maze::UMAZE.goal()]));
    assert_eq!(cells(Task::AntMazeMediumPlay), (free.clone(), marked));
    assert_eq!(cells(Task::AntMazeMediumDiverse), (free.clone(), free));
}
