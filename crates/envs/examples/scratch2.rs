use envs::oracle::*;
use envs::*;
use rl::*;
fn main() {
    let task: Task = std::env::args().nth(1).unwrap().parse().unwrap();
    let n: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let mut c = task.collector(CollectPlan::d4rl(task));
    let (mut rows, mut eps, mut reached, mut flips, mut rew, mut rew_eps) = (0, 0, 0, 0, 0, 0);
    let t = std::time::Instant::now();
    while rows < n {
        let e = c.episode(&mut Prng::derive("data", eps, "episode"));
        rows += e.len(); eps += 1; reached += e.reached as usize;
        let last = &e.states[e.states.len() - 29..];
        if 1.0 - 2.0 * (last[4].powi(2) + last[5].powi(2)) < 0.0 { flips += 1 }
        let a = e.arrivals(ant_maze::fixed_goal(task.maze())).iter().filter(|x| **x).count();
        rew += a; rew_eps += (a > 0) as usize;
    }
    println!("{task}: {rows} rows, {eps} episodes ({:.0} steps), reached {reached}, flipped {flips}, rewarded rows {rew} in {rew_eps} episodes, {:.0} steps/s", rows as f64 / eps as f64, rows as f64 / t.elapsed().as_secs_f64());
}
