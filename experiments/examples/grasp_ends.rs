//! How do grasps end, and does it matter whether a scene was trained in?
//! `cargo run -p experiments --example grasp_ends -- grasping-instance checkpoints/<key>/seed-0`.
//!
//! A saved policy of grasping is judged in scenes that episodes may begin with, demonstrations and training included, and in
//! [`HELD_OUT`] that none does. What is told of its failures are those that took hold of something (of another object than
//! was asked for, or not high enough), those that ended before their time, and how far aside the gripper was of what it was
//! to grasp.

use std::path::PathBuf;

use anyhow::{Context, Result};
use envs::{
    Family, Task,
    binned_grasping::{BinnedGrasping, Facts, HELD_OUT, IMAGE_SIZE, MAX_STEPS, SCENES},
};
use learners::Device;
use rl::{Environment, Intent, ObservationRows, Policy, Prng};

const EPISODES: u64 = 300;

/// What became of some episodes.
#[derive(Default)]
struct Ends {
    successes: usize,
    /// Failures that held something at the end, and those that had terminated by themselves.
    holding: usize,
    early: usize,
    /// Sum over episodes of the distance across the table to the object asked for (m).
    aside: f32,
}

fn main() -> Result<()> {
    learners::use_one_thread();
    let usage = "give a grasping task and the folder of a policy, such as `grasping-instance checkpoints/<key>/seed-0`";
    let mut arguments = std::env::args().skip(1);
    let task: Task = arguments.next().context(usage)?.parse()?;
    let Family::Grasping(kind) = task.family() else { anyhow::bail!("{task} is no grasping task: {usage}") };
    let folder: PathBuf = arguments.next().context(usage)?.into();
    let mut environment = BinnedGrasping::new(task.name(), kind, Some(IMAGE_SIZE));
    let learner = learners::open_for(&folder, environment.spec(), Device::CPU)?;
    for (name, from, count) in [("scenes of training", 0, SCENES), ("scenes held out", SCENES, HELD_OUT)] {
        let mut ends = Ends::default();
        for episode in 0..EPISODES {
            let mut rng = Prng::derive(task.name(), episode, name);
            let scene = from + rng.below(count);
            ends.add(&mut environment, scene, learner.policy(), &mut rng);
        }
        let Ends { successes, holding, early, aside } = ends;
        let percent = 100.0 * successes as f32 / EPISODES as f32;
        eprintln!("{name}: {percent:.1} % of {EPISODES} episodes succeed");
        eprintln!("  of the others {holding} hold something at the end, and {early} ended early");
        if task == Task::GraspingInstance {
            let aside = 1e3 * aside / EPISODES as f32;
            eprintln!("  all end {aside:.0} mm aside of the object asked for, on the average");
        }
    }
    Ok(())
}

impl Ends {
    fn add(&mut self, environment: &mut BinnedGrasping, scene: usize, policy: &dyn Policy, rng: &mut Prng) {
        let mut observation = environment.reset_to(scene, rng);
        for step in 1.. {
            let row = ObservationRows::stack(1, 1, std::iter::once(&observation));
            let taken = environment.step(policy.act(&row, Intent::Exploit, std::slice::from_mut(rng)).row(0, 0));
            observation = taken.observation;
            if taken.outcome.ends_episode() {
                let Facts { held, target, objects, position, .. } = Facts::from_slice(&observation.privileged);
                self.successes += usize::from(taken.success);
                self.holding += usize::from(!taken.success && held.is_some());
                self.early += usize::from(!taken.success && step < MAX_STEPS);
                let to = |object: usize| (objects[object][0] - position[0]).hypot(objects[object][1] - position[1]);
                self.aside += target.map_or(0.0, to);
                return;
            }
        }
    }
}
