//! Evaluations and guides act by the averaged actor where there is one; exploration acts by the actor itself.

mod common;

use common::{random_batch, rngs, small_awac, small_iql, spec};
use learners::{AwacConfig, Device, IqlConfig, LearnerConfig};
use rl::{Intent, Learner, Minibatch, ObservationRows};

const LANES: usize = 2;

/// A learner whose actor is averaged at this rate.
type Averaged = fn(Option<f64>) -> LearnerConfig;

const LEARNERS: [Averaged; 2] = [
    |actor_average| LearnerConfig::Iql(IqlConfig { actor_average, ..small_iql() }),
    |actor_average| LearnerConfig::Awac(AwacConfig { actor_average, ..small_awac() }),
];

fn trained(config: &LearnerConfig, batches: &[Minibatch]) -> Box<dyn Learner> {
    let mut learner = config.build(&spec(5, 3), rngs(LANES), Device::CPU);
    for batch in batches {
        drop(learner.update(batch));
    }
    learner
}

fn act(learner: &dyn Learner, intent: Intent) -> Vec<f32> {
    let state = random_batch(&spec(5, 3), LANES, 8, "states").states;
    learner.policy().act(&ObservationRows::of_states(state), intent, &mut rngs(LANES)).as_slice().to_vec()
}

#[test]
fn the_best_action_is_that_of_the_average() {
    LEARNERS.into_iter().for_each(the_best_action_is_averaged);
}

fn the_best_action_is_averaged(learner: Averaged) {
    let batches: Vec<Minibatch> = (0..5).map(|i| random_batch(&spec(5, 3), LANES, 8, &format!("batch {i}"))).collect();
    let [plain, at_once, slow] = [None, Some(1.0), Some(0.1)].map(|rate| trained(&learner(rate), &batches));
    let [best, exploring] = [Intent::Exploit, Intent::Explore];
    assert_eq!(act(&*plain, best), act(&*at_once, best), "an average that follows at once is the actor itself");
    assert_ne!(act(&*plain, best), act(&*slow, best));
    assert_eq!(act(&*plain, exploring), act(&*slow, exploring), "exploration is not averaged");

    // Nine tenths of the first weights remain after one step: the average has hardly moved.
    let distance = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>();
    let fresh = act(&*trained(&learner(None), &[]), best);
    let [one_step, averaged] = [None, Some(0.1)].map(|rate| act(&*trained(&learner(rate), &batches[..1]), best));
    let (moved, followed) = (distance(&fresh, &one_step), distance(&fresh, &averaged));
    assert!(0.0 < followed && followed < 0.2 * moved, "the average moved by {followed}, the actor by {moved}");
}

/// Exploration draws around the actor's mean, as widely as the actor says.
#[test]
fn exploration_has_the_actors_spread() {
    let config = IqlConfig { log_std_range: Some((-2.0, -1.999)), actor_average: None, ..small_iql() };
    let learner = trained(&LearnerConfig::Iql(config), &[]);
    let state = random_batch(&spec(5, 3), LANES, 2_000, "states").states;
    let act = |intent| {
        let states = ObservationRows::of_states(state.clone());
        learner.policy().act(&states, intent, &mut rngs(LANES)).as_slice().to_vec()
    };
    let (means, drawn) = (act(Intent::Exploit), act(Intent::Explore));
    // Where neither end of the range is near.
    let noise: Vec<f32> =
        means.iter().zip(&drawn).filter(|(mean, _)| mean.abs() < 0.3).map(|(mean, drawn)| drawn - mean).collect();
    assert!(noise.len() > 5_000, "{} of {}", noise.len(), means.len());
    let spread = (noise.iter().map(|x| x * x).sum::<f32>() / noise.len() as f32).sqrt();
    assert!((spread / (-2.0_f32).exp() - 1.0).abs() < 0.05, "{spread}");
}

#[test]
fn the_average_is_saved_and_loaded() {
    let batches = [random_batch(&spec(5, 3), LANES, 8, "batch")];
    for learner in LEARNERS {
        let learner = trained(&learner(Some(0.1)), &batches);
        let folder = tempfile::tempdir().unwrap();
        learner.save(folder.path()).unwrap();
        let opened = learners::open(folder.path(), Device::CPU).unwrap();
        assert_eq!(act(&*learner, Intent::Exploit), act(&*opened, Intent::Exploit));
    }
}
