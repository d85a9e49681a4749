#![allow(warnings, clippy::all, clippy::pedantic)]
use envs::binned_grasping::*;
use envs::oracle::Grasper;
use envs::render::*;
use rl::*;
use std::time::*;
fn cpu() -> f64 { let s = std::fs::read_to_string("/proc/self/stat").unwrap(); let v: Vec<&str> = s.split(") ").nth(1).unwrap().split(" ").collect(); (v[11].parse::<f64>().unwrap() + v[12].parse::<f64>().unwrap()) / 100.0 }
fn main() {
    let noise: f32 = std::env::args().nth(1).map_or(0.0, |x| x.parse().unwrap());
    for (name, wanted) in [("any", 0), ("target", 1)] {
        let mut env = BinnedGrasping::new("g", if wanted == 0 { GraspTask::Indiscriminate } else { GraspTask::Instance }, std::env::args().nth(3).map(|x| x.parse().unwrap()));
        let policy = Grasper { noise };
        let mut rngs = [Prng::derive("rate", 0, name)];
        let t = cpu();
        let (mut wins, mut steps, mut all, mut times) = (0, 0, 0, 0);
        let (mut free, mut total) = (0, 0); let mut hist = [0; 21];
        let n = 200;
        for e in 0..n {
            let mut o = env.reset(&mut rngs[0]);
            let first = o.clone(); let f = Facts::from_slice(&o.privileged); for g in f.grasps { total += 1; if g.clearance >= 0.002 { free += 1; } }
            for s in 1.. {
                let a = policy.act(&ObservationRows::stack(1, [&o].into_iter()), Intent::Explore, &mut rngs);
                let step = env.step(a.row(0, 0));
                all += 1;
                o = step.observation;
                if e < 60 && std::env::args().nth(2).is_some_and(|x| x.parse::<usize>().unwrap() == e) { let g = Facts::from_slice(&o.privileged); println!("{s} {:?} yaw {:.2} ap {:.3} held {:?} lift {:.3} act {:.2?} grasps {:.3?}", g.position, g.yaw, g.aperture, g.held, g.lift, a.row(0,0), g.grasps.map(|g| (g.position, g.yaw))); }
                if step.outcome.ends_episode() {
                    if step.success { wins += 1; steps += s; hist[s] += 1; } else { 
                        let f = Facts::from_slice(&first.privileged);
                        let g = Facts::from_slice(&o.privileged);
                        if e < 60 { println!("{name} {e} fail at {s}: target {:?} held {:?} z {:.3} first clearance {:?} now {:?}", g.target, g.held, g.position[2],
                          f.grasps.map(|g| (g.clearance*1e3) as i32), g.grasps.map(|g| (g.clearance*1e3) as i32)); }
                    }
                    if step.outcome == Outcome::TimesOut { times += 1; }
                    break;
                }
            }
        }
        println!("free {free} of {total}"); println!("{name}: {wins}/{n}, {:.1} steps per success, timeouts {times}, {:.0} steps/s {hist:?}", steps as f64 / wins as f64, all as f64 / (cpu() - t));
    }
}
