#![allow(warnings, clippy::all, clippy::pedantic)]
use envs::binned_grasping::*;
use envs::oracle::Grasper;
use envs::render::*;
use image::*;
use rl::*;
fn main() {
    let mut env = BinnedGrasping::new("g", GraspTask::Indiscriminate, None);
    let mut rng = Prng::derive("look", 3, "x");
    let mut a: Vec<f32> = std::env::args().skip(1).map(|x| x.parse().unwrap()).collect();
    let size = a[0] as u32;
    let scale = (384 / size).max(1);
    let camera = Camera { eye: [a[1], a[2], a[3]], target: [a[4], a[5], a[6]], vertical_field_of_view: a[7] };
    let mut r = Renderer::new(size, size, 2).with_shadows(sunlight(size as usize));
    let mut sheet = RgbImage::new(4 * size * scale, 2 * size * scale);
    let moves: [&[[f32; 3]]; 8] = [&[], &[[0.0, 1.0, -0.3]; 3], &[[0.0, -1.0, -0.3]; 3], &[[0.5, 0.0, -1.0]; 2], &[[-0.5, 0.0, -1.0]; 2], &[[-0.5, 1.0, -0.9]; 3], &[[0.6, -1.0, -0.9]; 3], &[[0.6, 1.0, -0.9]; 3]];
    for (i, m) in moves.iter().enumerate() {
        env.reset(&mut rng);
        for d in m.iter() { env.step(&[d[0], d[1], d[2], 0.2, -1.0, -1.0]); }
        let f = r.frame(&env.shapes(), &camera);
        let big = imageops::resize(f, size * scale, size * scale, imageops::FilterType::Nearest);
        imageops::replace(&mut sheet, &big, ((i as u32 % 4) * size * scale) as i64, ((i as u32 / 4) * size * scale) as i64);
    }
    sheet.save(format!("/tmp/grasp/look{}.png", a[8])).unwrap();
}
