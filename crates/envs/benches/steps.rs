//! Control steps per second on one core: of an ant maze with random actions (the ant falls and scrambles) and with the
//! walker (it strides, four feet in and out of contact), and of the hand with random actions and with its experts. Only
//! `step` is timed, best of five rounds, as `scripts/ant_v5.py` times Gymnasium's ant.
//! `cargo bench -p envs --bench steps`

use std::time::{Duration, Instant};

use envs::Task;
use rl::{Intent, ObservationRows, Policy, Prng};

const ROUNDS: usize = 5;
const STEPS: usize = 4000;

#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn main() {
    for task in [Task::AntMazeUmaze, Task::AntMazeLargePlay, Task::PenBinary, Task::DoorBinary, Task::RelocateBinary] {
        let expert = if task.maze().is_some() { "walker" } else { "expert" };
        for (name, policy) in [("random actions", task.random_policy()), (expert, task.oracle())] {
            let best = (0..ROUNDS).map(|_| round(task, &*policy)).min().expect("there are rounds");
            println!("{task}, {name}: {:.0} steps/s", STEPS as f64 / best.as_secs_f64());
        }
    }
}

fn round(task: Task, policy: &dyn Policy) -> Duration {
    let mut rngs = [Prng::derive("bench", 0, "actions")];
    let mut environment = task.build();
    let mut observation = environment.reset(&mut rngs[0]);
    let mut spent = Duration::ZERO;
    for _ in 0..STEPS {
        let observations = ObservationRows::stack(1, 1, [&observation].into_iter());
        let action = policy.act(&observations, Intent::Exploit, &mut rngs);
        let start = Instant::now();
        let step = environment.step(action.row(0, 0));
        spent += start.elapsed();
        let ended = step.outcome.ends_episode();
        observation = if ended { environment.reset(&mut rngs[0]) } else { step.observation };
    }
    spent
}
