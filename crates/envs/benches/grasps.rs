//! Control steps per second of grasping on one core, with and without pictures: whole episodes of the scripted grasper
//! with their resets, in scenes that have settled before. Best of three rounds. `cargo bench -p envs --bench grasps`

use std::time::{Duration, Instant};

use envs::Task;
use rl::{Intent, ObservationRows, Policy, Prng};

const ROUNDS: usize = 3;
const STEPS: usize = 600;

#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn main() {
    for task in Task::GRASPING {
        let grasper = task.oracle();
        for size in [None, Some(64), Some(128), Some(472)] {
            let best = (0..ROUNDS).map(|_| round(task, size, &*grasper)).min().expect("there are rounds");
            let seen = size.map_or("no pictures".to_owned(), |size| format!("pictures of {size} x {size}"));
            println!("{task}, {seen}: {:.0} steps/s", STEPS as f64 / best.as_secs_f64());
        }
    }
}

fn round(task: Task, image_size: Option<usize>, policy: &dyn Policy) -> Duration {
    let mut rngs = [Prng::derive("bench", 0, "grasps")];
    let mut environment = task.build_seen_with(image_size).expect("a grasping task");
    let mut observation = environment.reset(&mut rngs[0]);
    let mut spent = Duration::ZERO;
    for _ in 0..STEPS {
        let observations = ObservationRows::stack(1, 1, [&observation].into_iter());
        let action = policy.act(&observations, Intent::Exploit, &mut rngs);
        let start = Instant::now();
        let step = environment.step(action.row(0, 0));
        let ended = step.outcome.ends_episode();
        observation = if ended { environment.reset(&mut rngs[0]) } else { step.observation };
        spent += start.elapsed();
    }
    spent
}
