//! What learners on pictures do, by hand and on a bandit whose best action is to be seen in a picture.

mod common;

use std::path::Path;

use common::{observations, random_batch, rngs, small_aw_opt, small_qt_opt, spec, spec_for};
use learners::{
    AwOptConfig, BcLoss, CemConfig, Device, ImageBcConfig, LearnerConfig, Optimiser, QtOpt, QtOptConfig, Vision,
    Widths, open,
};
use rl::{
    EnvironmentSpec, ImagePairs, ImageRows, ImageShape, Intent, LaneRows, Learner, Minibatch, ObservationRows, Prng,
};
use tch::Tensor;

/// Changes what a learner has saved, and opens it again.
fn reopen(learner: &dyn Learner, mut change: impl FnMut(&str, &mut Tensor)) -> Box<dyn Learner> {
    let folder = tempfile::tempdir().unwrap();
    learner.save(folder.path()).unwrap();
    edit(folder.path(), &mut change);
    open(folder.path(), Device::CPU).unwrap()
}

fn edit(folder: &Path, change: &mut impl FnMut(&str, &mut Tensor)) {
    let file = folder.join("learner.safetensors");
    let mut tensors = Tensor::read_safetensors(&file).unwrap();
    for (name, tensor) in &mut tensors {
        change(name, tensor);
    }
    Tensor::write_safetensors(&tensors, &file).unwrap();
}

/// With weights of 0 the networks say the sigmoid of their last bias, whatever they see: 0.8 the averaged one, 0.3 the
/// lagged one. So the targets are 0.9 * 0.3 where the episode goes on, plus the reward, and all within [0, 1].
#[test]
fn targets_follow_the_lower_network_and_stay_in_the_unit_interval() {
    let config = small_qt_opt(Vision::Flat);
    let spec = spec_for(&LearnerConfig::QtOpt(config.clone()));
    let logit = |q: f64| (q / (1.0 - q)).ln();
    let folder = tempfile::tempdir().unwrap();
    let fresh = || QtOpt::new(config.clone(), learners::Interface::of(&spec), rngs(1), Device::CPU);
    fresh().save(folder.path()).unwrap();
    edit(folder.path(), &mut |name, tensor| {
        let last_bias = name.ends_with("/bias") && tensor.size() == [1, 1];
        _ = match name.split('/').next() {
            Some("q_averaged") if last_bias => tensor.fill_(logit(0.8)),
            Some("q_lagged") if last_bias => tensor.fill_(logit(0.3)),
            Some("q_averaged" | "q_lagged") => tensor.fill_(0.0),
            _ => tensor.shallow_clone(),
        };
    });
    let mut learner = fresh();
    learner.load(folder.path()).unwrap();
    let column = |values: [f32; 6]| LaneRows::from_vec(1, 6, 1, values.into());
    let batch = Minibatch {
        rewards: column([0.0, 0.0, 1.0, 1.0, -1.0, 0.5]),
        bootstraps: column([1.0, 0.0, 0.0, 1.0, 1.0, 1.0]),
        ..random_batch(&spec, 1, 6, "targets")
    };
    let (_, targets) = learner.update_with_targets(&batch);
    for (row, expected) in [0.27, 0.0, 1.0, 1.0, 0.0, 0.77].into_iter().enumerate() {
        assert!((targets.row(0, row)[0] - expected).abs() < 1e-6, "row {row}: {}", targets.row(0, row)[0]);
    }
}

fn aw_opt(config: AwOptConfig) -> (Box<dyn Learner>, EnvironmentSpec) {
    let config = LearnerConfig::AwOpt(config);
    let spec = spec_for(&config);
    (config.build(&spec, rngs(1), Device::CPU), spec)
}

/// What a learner's actor does in a batch's states.
fn actor(learner: &dyn Learner, batch: &Minibatch) -> Vec<f32> {
    // Without random actions and the search, to explore is to act by the actor, with the same draws each time.
    let folder = tempfile::tempdir().unwrap();
    learner.save(folder.path()).unwrap();
    let header = folder.path().join("learner.json");
    let text = std::fs::read_to_string(&header).unwrap();
    let changed =
        text.replace("\"actor_share\": 0.5", "\"actor_share\": 1.0").replace("\"epsilon\": 0.2", "\"epsilon\": 0.0");
    assert_ne!(text, changed);
    std::fs::write(&header, changed).unwrap();
    let alone = open(folder.path(), Device::CPU).unwrap();
    alone.policy().act(&observations(batch), Intent::Explore, &mut rngs(1)).as_slice().to_vec()
}

/// AW-Opt's first part: rows of failed episodes are nothing to the actor.
#[test]
fn the_actor_learns_from_successes_alone() {
    let (mut learner, spec) = aw_opt(small_aw_opt());
    let seen = random_batch(&spec, 1, 8, "seen");
    let before = actor(&*learner, &seen);
    let with = |success: f32| Minibatch {
        successes: LaneRows::from_vec(1, 8, 1, vec![success; 8]),
        ..random_batch(&spec, 1, 8, "batch")
    };
    for _ in 0..5 {
        learner.update(&with(0.0));
    }
    assert_eq!(actor(&*learner, &seen), before, "failures moved the actor");
    learner.update(&with(1.0));
    assert_ne!(actor(&*learner, &seen), before, "successes did not move the actor");
}

/// Beside successes too. (A batch of failures alone still moves it by the momentum of earlier steps.)
#[test]
fn actions_of_failures_are_nothing_to_the_actor() {
    // A critic that stands still, since it learns from failures too and weighs the successes.
    let critic = QtOptConfig { learning_rate: 1e-30, ..small_qt_opt(Vision::Flat) };
    let after = |moved: usize| {
        let (mut learner, spec) = aw_opt(AwOptConfig { critic: critic.clone(), ..small_aw_opt() });
        let mut batch = random_batch(&spec, 1, 8, "batch");
        batch.successes = LaneRows::from_vec(1, 8, 1, (0..8).map(|row| f32::from(u8::from(row % 2 == 0))).collect());
        batch.actions.row_mut(0, moved)[0] *= -1.0;
        learner.update(&batch);
        actor(&*learner, &random_batch(&spec, 1, 8, "seen"))
    };
    assert_eq!(after(1), after(3), "other actions of failures, another actor");
    assert_ne!(after(1), after(2), "an action of a success");
}

/// AW-Opt's second part: some exploring actions are the actor's and some the search's.
#[test]
fn actor_and_search_take_turns_in_exploring() {
    let critic = QtOptConfig { epsilon: 0.0, ..small_qt_opt(Vision::Flat) };
    let explore = |actor_share: f64| {
        let (learner, spec) = aw_opt(AwOptConfig { critic: critic.clone(), actor_share, ..small_aw_opt() });
        let seen = observations(&random_batch(&spec, 1, 40, "seen"));
        let best = learner.policy().act(&seen, Intent::Exploit, &mut rngs(1));
        let actions = learner.policy().act(&seen, Intent::Explore, &mut rngs(1));
        (0..40).filter(|row| actions.row(0, *row) == best.row(0, *row)).count()
    };
    assert_eq!((explore(0.0), explore(1.0)), (40, 0));
    let searched = explore(0.5);
    assert!((8..=32).contains(&searched), "{searched} of 40 by search");
}

/// A learner whose actor says `tanh(bias)` everywhere, and whose critics prefer large actions and find poor ones, two at
/// a time.
fn stubborn(bias: f64) -> (Box<dyn Learner>, EnvironmentSpec) {
    let cem = CemConfig { samples: 2, elites: 2, iterations: 1 };
    let critic = QtOptConfig { cem, epsilon: 0.0, ..small_qt_opt(Vision::Flat) };
    stubborn_with(bias, AwOptConfig { critic, ..small_aw_opt() })
}

/// The same with a configuration of its own.
fn stubborn_with(bias: f64, config: AwOptConfig) -> (Box<dyn Learner>, EnvironmentSpec) {
    let (learner, spec) = aw_opt(config);
    let learner = reopen(&*learner, |name, tensor| match name.split('/').collect::<Vec<_>>()[..] {
        ["actor", _, "weight"] => *tensor *= 0.0,
        ["actor", _, "bias"] if tensor.size() == [1, 3] => *tensor += bias,
        ["q" | "q_averaged" | "q_lagged", _, "weight"] if tensor.dim() == 3 => *tensor = tensor.full_like(0.1),
        _ => {}
    });
    (learner, spec)
}

/// AW-Opt's third part: the search can do what the actor does, and where it finds nothing better it does.
#[test]
fn the_actor_is_a_candidate_of_the_search() {
    let (learner, spec) = stubborn(3.0);
    let seen = observations(&random_batch(&spec, 1, 60, "seen"));
    let actions = learner.policy().act(&seen, Intent::Exploit, &mut rngs(1));
    let mean = 3.0_f32.tanh();
    let by_actor = (0..60).filter(|row| actions.row(0, *row).iter().all(|x| (x - mean).abs() < 1e-5)).count();
    assert!(by_actor > 30, "{by_actor} of 60 actions are the actor's");
}

/// The same in targets: a good actor raises them.
#[test]
fn the_actor_is_a_candidate_in_targets() {
    let target = |bias: f64| {
        let (mut learner, spec) = stubborn(bias);
        let column = |value: f32| LaneRows::from_vec(1, 30, 1, vec![value; 30]);
        let batch = random_batch(&spec, 1, 30, "batch");
        learner.update(&Minibatch { rewards: column(0.0), bootstraps: column(1.0), ..batch }).get("target").unwrap()[0]
    };
    let (good, poor) = (target(3.0), target(-3.0));
    assert!(good > poor + 1e-4, "{good} with a good actor, {poor} with a poor one");
}

/// The actor follows what the critic finds better than its own actions, and not what it finds worse.
#[test]
fn the_actor_goes_where_the_critic_says() {
    let critic = QtOptConfig { learning_rate: 1e-30, weight_decay: 0.0, crop: None, ..small_qt_opt(Vision::Flat) };
    let (mut learner, spec) =
        stubborn_with(0.0, AwOptConfig { critic, lambda: 1e-4, actor_learning_rate: 1e-2, ..small_aw_opt() });
    // Each state twice: once with large actions, once with small ones.
    let mut batch = random_batch(&spec, 1, 8, "batch");
    let again = random_batch(&spec, 1, 8, "batch");
    batch.successes = LaneRows::from_vec(1, 8, 1, vec![1.0; 8]);
    let images = batch.images.as_mut().expect("it sees");
    let size = again.images.as_ref().expect("it sees").images.as_slice().len() / 8;
    let twice = |k: usize| k / 2 * 2;
    let pictures = again.images.as_ref().expect("it sees").images.as_slice();
    let doubled = (0..8).flat_map(|k| pictures[twice(k) * size..][..size].to_vec()).collect();
    images.images = ImageRows::from_vec(1, 8, spec.image.expect("it sees"), doubled);
    for row in 0..8 {
        batch.states.row_mut(0, row).copy_from_slice(again.states.row(0, twice(row)));
        batch.actions.row_mut(0, row).fill(if row % 2 == 0 { 0.9 } else { -0.9 });
    }
    let mean = |learner: &dyn Learner| actor(learner, &batch).iter().sum::<f32>() / 24.0;
    let before = mean(&*learner);
    for _ in 0..20 {
        learner.update(&batch);
    }
    let after = mean(&*learner);
    assert!(after > before + 0.05, "{before} before, {after} after");
}

/// QT-Opt's exploration: a random action with probability epsilon, else the best one.
#[test]
fn epsilon_is_the_share_of_random_actions() {
    let agreeing = |epsilon: f64| {
        let config = LearnerConfig::QtOpt(QtOptConfig { epsilon, ..small_qt_opt(Vision::Flat) });
        let spec = spec_for(&config);
        let learner = config.build(&spec, rngs(1), Device::CPU);
        let seen = observations(&random_batch(&spec, 1, 40, "seen"));
        let act = |intent| learner.policy().act(&seen, intent, &mut rngs(1));
        let (best, exploring) = (act(Intent::Exploit), act(Intent::Explore));
        (0..40).filter(|row| best.row(0, *row) == exploring.row(0, *row)).count()
    };
    // Fresh networks and their averages find the same actions.
    assert_eq!((agreeing(0.0), agreeing(1.0)), (40, 0));
    let agreed = agreeing(0.2);
    assert!((24..40).contains(&agreed), "{agreed} of 40 by search");
}

const SHAPE: ImageShape = ImageShape { height: 16, width: 24, channels: 3 };

/// A picture with a bright bar, whose column says the best action: -1 at the left, 1 at the right.
fn bar(best: f32) -> Vec<u8> {
    let column = ((best + 1.0) * 10.0).round() as usize;
    let bright = |i: usize| (column..column + 4).contains(&(i / 3 % 24));
    (0..SHAPE.size()).map(|i| if bright(i) { 220 } else { 30 }).collect()
}

/// Trains on fresh random rows and returns how far the policy is from the best action, on average.
fn train(config: &LearnerConfig, updates: usize, behave: impl Fn(f32, &mut Prng) -> f32) -> f32 {
    learners::use_one_thread();
    let spec = EnvironmentSpec { image: Some(SHAPE), ..spec(1, 1) };
    let mut rng = Prng::derive("bandit", 0, "data");
    let mut learner = config.build(&spec, rngs(1), Device::CPU);
    let rows = 32;
    let stack =
        |best: &[f32]| ImageRows::from_vec(1, best.len(), SHAPE, best.iter().flat_map(|best| bar(*best)).collect());
    for _ in 0..updates {
        let best: Vec<f32> = (0..rows).map(|_| rng.uniform(-1.0, 1.0)).collect();
        let actions: Vec<f32> = best.iter().map(|best| behave(*best, &mut rng)).collect();
        let hits = best.iter().zip(&actions).map(|(best, action)| f32::from(u8::from((best - action).abs() < 0.3)));
        let rewards = LaneRows::from_vec(1, rows, 1, hits.collect());
        let zeros = || LaneRows::zeros(1, rows, 1);
        learner.update(&Minibatch {
            states: zeros(),
            actions: LaneRows::from_vec(1, rows, 1, actions),
            successes: rewards.clone(),
            rewards,
            next_states: zeros(),
            bootstraps: zeros(),
            images: Some(ImagePairs { images: stack(&best), next_images: stack(&best) }),
        });
    }
    let best: Vec<f32> = (0..40).map(|i| i as f32 / 20.0 - 0.975).collect();
    let seen = ObservationRows { image: Some(stack(&best)), ..ObservationRows::of_states(LaneRows::zeros(1, 40, 1)) };
    let actions = learner.policy().act(&seen, Intent::Exploit, &mut [rng]);
    best.iter().zip(actions.as_slice()).map(|(best, action)| (best - action).abs()).sum::<f32>() / 40.0
}

fn qt_opt(network: Vision) -> QtOptConfig {
    QtOptConfig { network, learning_rate: 3e-3, optimiser: Optimiser::Adam, ..QtOptConfig::small() }
}

#[test]
fn qt_opt_sees_the_best_of_random_actions() {
    let widths = Widths { filters: 8, hidden: 32 };
    for network in [Vision::Map(widths), Vision::Flat(widths), Vision::Points(widths)] {
        let off = train(&LearnerConfig::QtOpt(qt_opt(network)), 500, |_, rng| rng.uniform(-1.0, 1.0));
        assert!(off < 0.2, "{network:?} is off by {off}");
    }
}

#[test]
fn aw_opt_sees_the_best_of_random_actions() {
    let critic = qt_opt(Vision::Points(Widths { filters: 8, hidden: 32 }));
    let config = AwOptConfig { critic, actor_learning_rate: 3e-3, ..AwOptConfig::small() };
    let off = train(&LearnerConfig::AwOpt(config), 400, |_, rng| rng.uniform(-1.0, 1.0));
    assert!(off < 0.2, "off by {off}");
}

#[test]
fn cloning_sees_the_mean_of_noisy_actions() {
    for loss in [BcLoss::SquaredError, BcLoss::LogLikelihood] {
        let network = Vision::Points(Widths { filters: 8, hidden: 32 });
        let config = ImageBcConfig { loss, network, learning_rate: 3e-3, ..ImageBcConfig::small() };
        let noisy = |best: f32, rng: &mut Prng| best + 0.1 * rng.normal();
        let off = train(&LearnerConfig::ImageBc(config), 500, noisy);
        assert!(off < 0.1, "{loss:?} is off by {off}");
    }
}
