use envs::oracle::*;
use envs::*;
use rl::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let task: Task = args[1].parse().unwrap();
    let noise: f32 = args[2].parse().unwrap();
    let n: u64 = args[3].parse().unwrap();
    let walker = Walker::from_safetensors(&std::fs::read(&args[4]).unwrap()).unwrap();
    let planner = Planner::new(task.maze());
    let mut env = task.build();
    let (mut ok, mut steps, mut flips, mut total) = (0, 0, 0, 0);
    let t = std::time::Instant::now();
    for e in 0..n {
        let mut rng = Prng::derive("scratch", e, "x");
        let mut obs = env.reset(&mut rng);
        let mut k = 0;
        let mut flipped_at = None;
        loop {
            let s = &obs.state;
            let d = planner.direction([s[0], s[1]], [obs.privileged[0], obs.privileged[1]]);
            let mut a = walker.act(s, d);
            for x in &mut a {
                *x += noise * rng.normal();
            }
            let st = env.step(&a);
            k += 1;
            total += 1;
            obs = st.observation;
            let up = 1.0 - 2.0 * (obs.state[4].powi(2) + obs.state[5].powi(2));
            if up < 0.0 && flipped_at.is_none() {
                flipped_at = Some((k, obs.state[0], obs.state[1]));
            }
            if st.outcome.ends_episode() || (up < -0.8) {
                if st.success {
                    ok += 1;
                    steps += k;
                } else if up < 0.0 {
                    flips += 1;
                    eprintln!("ep {e} flip {flipped_at:?}");
                } else {
                    eprintln!("ep {e} upright fail at {:?}", &obs.state[..3]);
                }
                break;
            }
        }
    }
    println!(
        "{task} noise {noise}: {ok}/{n} mean {:.0} flips {flips}, {:.0} steps/s",
        steps as f32 / ok.max(1) as f32,
        total as f64 / t.elapsed().as_secs_f64()
    );
}
