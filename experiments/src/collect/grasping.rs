//! Demonstrations of grasping: episodes of the scripted grasper with noise on its movements, those that succeed.

use d4rl::Recording;
use envs::oracle::Grasper;
use rayon::prelude::*;
use rl::{Environment, Intent, ObservationRows, Policy, Prng};

use crate::{collect::sign, progress::Progress, side_by_side::Taken};

/// Episodes made between two looks at whether there are enough.
const EPISODES_AT_ONCE: u64 = 64;
/// Standard deviation of the noise on displacement and turn, as a share of the largest: 6 mm and 0.06 rad. With it the
/// grasper still succeeds nearly always (data/README.md), and its ways differ.
const NOISE: f32 = 0.1;

/// What became of it.
pub(crate) struct GraspingData {
    /// The file.
    pub(crate) recording: Recording,
    /// Episodes that were tried.
    pub(crate) tried: usize,
}

/// Records `demonstrations` successes, with pictures and, under `infos/privileged`, what the grasper knew. The same
/// whatever the number of threads, and a small file is the beginning of a large one.
pub(crate) fn collect(build: impl Fn() -> Box<dyn Environment> + Sync, demonstrations: usize) -> GraspingData {
    let spec = build().spec().clone();
    let task = &spec.name;
    let mut recording = Recording::empty(spec.state_size, spec.action_size);
    let progress = Progress::new(1);
    let bar = progress.bar(&format!("demonstrations of {task}"), demonstrations as u64);
    let (mut made, mut tried) = (0, 0);
    while made < demonstrations {
        let block = tried as u64..tried as u64 + EPISODES_AT_ONCE;
        let episodes: Vec<Vec<Taken>> = block
            .into_par_iter()
            .map_init(&build, |environment, k| episode(&mut **environment, Prng::derive(task, k, "data")))
            .collect();
        for episode in episodes {
            if made == demonstrations {
                break;
            }
            tried += 1;
            if episode.last().is_some_and(|taken| taken.step.success) {
                for taken in &episode {
                    append(&mut recording, taken);
                }
                made += 1;
            }
        }
        bar.reach(made as u64);
    }
    sign(&mut recording, "scripted grasper with noise, successes only");
    progress.close();
    GraspingData { recording, tried }
}

fn episode(environment: &mut dyn Environment, rng: Prng) -> Vec<Taken> {
    let mut rngs = [rng];
    let grasper = Grasper { noise: NOISE };
    let mut observation = environment.reset(&mut rngs[0]);
    let mut episode = Vec::new();
    loop {
        let rows = ObservationRows::stack(1, 1, std::iter::once(&observation));
        let action = grasper.act(&rows, Intent::Explore, &mut rngs).row(0, 0).to_vec();
        let step = environment.step(&action);
        let ends = step.outcome.ends_episode();
        let next = step.observation.clone();
        episode.push(Taken { observation: std::mem::replace(&mut observation, next), action, step });
        if ends {
            return episode;
        }
    }
}

fn append(recording: &mut Recording, Taken { observation, action, step }: &Taken) {
    recording.push(&observation.state, action, step.reward, step.outcome);
    recording.push_image(observation.image.as_ref().expect("grasping is seen"));
    recording.push_info("privileged", &observation.privileged);
}

#[cfg(test)]
mod tests {
    use super::*;
    use envs::Task;

    #[test]
    fn demonstrations_are_successes_and_small_files_begin_large_ones() {
        for task in Task::GRASPING {
            let [few, more] = [2, 5].map(|demonstrations| collect(|| task.build(), demonstrations));
            let successes = |recording: &Recording| recording.rewards.iter().filter(|reward| **reward == 1.0).count();
            let terminals = |recording: &Recording| recording.terminals.iter().filter(|terminal| **terminal).count();
            assert_eq!((successes(&few.recording), terminals(&few.recording)), (2, 2));
            assert_eq!((successes(&more.recording), terminals(&more.recording)), (5, 5));
            assert!(few.tried >= 2 && more.tried >= few.tried);
            let rows = few.recording.len();
            assert_eq!(more.recording.actions.values[..rows * 6], few.recording.actions.values);
            let images = |recording: &Recording| recording.images.as_ref().unwrap().rows[..rows].to_vec();
            assert_eq!(images(&more.recording), images(&few.recording));
            let dataset = more.recording.qlearning_dataset(task.max_steps());
            assert_eq!(dataset.len(), more.recording.len(), "no row is lost");
            assert_eq!(dataset.successes, vec![1.0; dataset.len()]);
        }
    }
}
