//! Control steps per second of an ant maze on one core, with random actions (the ant falls and scrambles) and with the
//! walker (it strides, four feet in and out of contact). `cargo bench -p envs --bench steps`

use std::time::Instant;

use envs::Task;
use rl::{Intent, ObservationRows, Prng};

#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn main() {
    const STEPS: usize = 5000;
    for task in [Task::AntMazeUmaze, Task::AntMazeLargePlay] {
        for (name, policy) in [("random actions", task.random_policy()), ("walker", task.oracle())] {
            let mut rngs = [Prng::derive("bench", 0, "actions")];
            let mut environment = task.build();
            let mut observation = environment.reset(&mut rngs[0]);
            let start = Instant::now();
            for _ in 0..STEPS {
                let observations = ObservationRows::stack(1, [&observation].into_iter());
                let action = policy.act(&observations, Intent::Exploit, &mut rngs);
                let step = environment.step(action.row(0, 0));
                let ended = step.outcome.ends_episode();
                observation = if ended { environment.reset(&mut rngs[0]) } else { step.observation };
            }
            println!("{task}, {name}: {:.0} steps/s", STEPS as f64 / start.elapsed().as_secs_f64());
        }
    }
}
