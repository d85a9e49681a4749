//! The contracts of this crate's traits as tests: whoever implements one calls these.

use std::path::Path;

use crate::{
    Drivers, Environment, EnvironmentSpec, Intent, Learner, Minibatch, Observation, ObservationRows, Outcome, Policy,
    Prng, Step,
};

/// Plays `episodes` episodes of random and of bang-bang actions (each component -1 or 1) in turn and panics where the
/// contract of [`Environment`] is broken. It is not for a robot in the world: use [`check_robot`] there.
///
/// Checked: what [`check_robot`] checks, equal bits for equal seeds, and that a restored snapshot goes on as the original
/// did, early in an episode and, where random actions let one last so long, at its end by time.
pub fn check_environment(environment: &mut dyn Environment, episodes: usize) {
    check_spec(environment.spec());
    let spec = environment.spec().clone();
    for episode in 0..episodes {
        let mut play = || {
            let act = |_: &Observation, rng: &mut Prng| random_action(spec.action_size, episode % 2 == 1, rng);
            play(environment, episode as u64, act)
        };
        let steps = play();
        if episode < 2 {
            assert_eq!(steps, play(), "{}: same seed, other episode", spec.name);
        }
    }
    for steps in [20.min(spec.max_steps / 3), spec.max_steps.saturating_sub(3)] {
        check_snapshot(environment, steps, &mut Prng::derive(&spec.name, 0, "snapshot"));
    }
}

/// What can be asked of a robot in the world, which is never twice the same: sizes, finite numbers, and an end within
/// `max_steps`, or a panic. A policy that is safe there, the guide say, moves it for `episodes` episodes.
pub fn check_robot(environment: &mut dyn Environment, policy: &dyn Policy, episodes: usize) {
    check_spec(environment.spec());
    for episode in 0..episodes {
        play(environment, episode as u64, |observation, rng| {
            let rows = ObservationRows::stack(1, 1, std::iter::once(observation));
            let rngs = std::slice::from_mut(rng);
            Drivers::alone(policy).act(&rows, &[false], Intent::Exploit, Intent::Exploit, rngs).row(0, 0).to_vec()
        });
    }
}

fn check_spec(EnvironmentSpec { name, state_size, state_center, state_spread, .. }: &EnvironmentSpec) {
    let lengths = [state_center.len(), state_spread.len()];
    assert_eq!(lengths, [*state_size; 2], "{name}: lengths of state_center and _spread");
    assert!(state_spread.iter().all(|spread| *spread > 0.0), "{name}: a state_spread is not above 0: {state_spread:?}");
}

fn play(
    environment: &mut dyn Environment,
    seed: u64,
    mut act: impl FnMut(&Observation, &mut Prng) -> Vec<f32>,
) -> Vec<Step> {
    let spec = environment.spec().clone();
    let mut rng = Prng::derive(&spec.name, seed, "conformance");
    let mut observation = environment.reset(&mut rng);
    check_observation(&spec, &observation);
    let mut steps: Vec<Step> = Vec::new();
    loop {
        let step = environment.step(&act(&observation, &mut rng));
        check_observation(&spec, &step.observation);
        assert!(step.reward.is_finite(), "{}: reward {} at step {}", spec.name, step.reward, steps.len());
        let outcome = step.outcome;
        observation.clone_from(&step.observation);
        steps.push(step);
        match outcome {
            Outcome::Continues => assert!(steps.len() < spec.max_steps, "{}: no end at max_steps", spec.name),
            Outcome::TimesOut => assert_eq!(steps.len(), spec.max_steps, "{}: timed out too early", spec.name),
            Outcome::Terminates => {}
        }
        if outcome.ends_episode() {
            return steps;
        }
    }
}

/// Takes the snapshot after `steps` steps.
fn check_snapshot(environment: &mut dyn Environment, steps: usize, rng: &mut Prng) {
    let spec = environment.spec().clone();
    let mut lasts = || {
        environment.reset(rng);
        let mut step = || environment.step(&random_action(spec.action_size, false, rng));
        (0..steps).all(|_| !step().outcome.ends_episode())
    };
    if !(0..20).any(|_| lasts()) {
        return;
    }
    let snapshot = environment.snapshot();
    let go_on = |environment: &mut dyn Environment| -> Vec<Step> {
        let mut rng = Prng::derive(&spec.name, 1, "snapshot");
        let mut going = true;
        std::iter::from_fn(|| {
            let step = going.then(|| environment.step(&random_action(spec.action_size, false, &mut rng)))?;
            going = !step.outcome.ends_episode();
            Some(step)
        })
        .take(20)
        .collect()
    };
    let original = go_on(environment);
    environment.reset(rng);
    environment.restore(&snapshot);
    assert_eq!(original, go_on(environment), "{}: a restored snapshot goes on differently", spec.name);
}

fn random_action(size: usize, bang_bang: bool, rng: &mut Prng) -> Vec<f32> {
    (0..size).map(|_| if bang_bang { [-1.0, 1.0][rng.below(2)] } else { rng.uniform(-1.0, 1.0) }).collect()
}

fn check_observation(spec: &EnvironmentSpec, Observation { state, image, privileged }: &Observation) {
    let name = &spec.name;
    assert_eq!(state.len(), spec.state_size, "{name}: size of the state");
    assert_eq!(image.as_ref().map(|image| image.shape), spec.image, "{name}: size of the picture");
    assert_eq!(privileged.len(), spec.privileged_size, "{name}: size of the privileged part");
    assert!(state.iter().chain(privileged).all(|x| x.is_finite()), "{name}: not finite: {state:?} {privileged:?}");
}

/// Updates a fresh learner, saves it, and panics unless a second learner that loads the files goes on with the same
/// bits. Both learners are fresh, of one configuration and built with different seeds.
pub fn check_learner(learner: &mut dyn Learner, other: &mut dyn Learner, batch: &Minibatch, directory: &Path) {
    for _ in 0..3 {
        let diagnostics = learner.update(batch);
        assert_eq!(diagnostics.not_finite(), None, "a finite batch gave {diagnostics:?}");
        for (name, values) in &diagnostics.0 {
            assert_eq!(values.len(), batch.states.lanes(), "{name}: one value per lane");
        }
    }
    learner.save(directory).expect("a fresh folder can be written");
    other.load(directory).expect("what was saved can be loaded");
    let mut seen = ObservationRows::of_states(batch.states.clone());
    seen.image = batch.images.as_ref().map(|pictures| pictures.images.clone());
    let actions = |learner: &dyn Learner| {
        [Intent::Exploit, Intent::Explore].map(|intent| {
            let stream = |lane: usize| Prng::derive("conformance", lane as u64, "actions");
            let mut rngs: Vec<Prng> = (0..batch.states.lanes()).map(stream).collect();
            learner.policy().act(&seen, intent, &mut rngs)
        })
    };
    assert_eq!(actions(learner), actions(other), "a loaded learner acts differently");
    for _ in 0..3 {
        assert_eq!(learner.update(batch), other.update(batch), "a loaded learner goes on differently");
    }
    assert_eq!(actions(learner), actions(other), "a loaded learner acts differently after more updates");
}
