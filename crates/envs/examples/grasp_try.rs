#![allow(warnings, clippy::all, clippy::pedantic)]
use envs::binned_grasping::*;
use envs::render::*;
use rl::*;
use std::time::*;
fn main() {
    let mut env = BinnedGrasping::new("g", GraspTask::Indiscriminate, None);
    let mut renderer = Renderer::new(720, 720, 2);
    let mut small = Renderer::new(64, 64, 2);
    let camera = Camera { eye: [0.1, 0.5, 0.8], target: [0.56, 0.0, 0.05], vertical_field_of_view: 0.55 };
    let wide = Camera { eye: [1.6, -0.9, 1.0], target: [0.3, 0.0, 0.3], vertical_field_of_view: 0.7 };
    let mut rng = Prng::derive("try", 0, "x");
    let t = Instant::now();
    for i in 0..20 { env.reset(&mut rng); }
    println!("reset (fresh) {:?}", t.elapsed() / 20);
    let t = Instant::now();
    let mut n = 0;
    for i in 0..10 {
        env.reset(&mut rng);
        for _ in 0..20 { let a: Vec<f32> = (0..6).map(|i| if i == 5 { -1.0 } else { rng.uniform(-1.0, 1.0) }).collect(); let s = env.step(&a); n += 1; }
    }
    println!("steps/s {:.0}", n as f64 / t.elapsed().as_secs_f64());
    let o = env.reset(&mut rng);
    println!("{:?}", o);
    renderer.frame(&env.shapes(), &camera).save("/tmp/grasp/cam.png").unwrap();
    renderer.frame(&env.shapes(), &wide).save("/tmp/grasp/wide.png").unwrap();
    for k in 0..4 { let s = env.step(&[0.0, 0.0, -0.9, 0.0, -1.0, -1.0]); println!("{:?}", &s.observation.privileged[..6]); }
    renderer.frame(&env.shapes(), &wide).save("/tmp/grasp/wide2.png").unwrap();
}
