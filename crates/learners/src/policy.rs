//! An actor as a policy.

use rl::{Intent, LaneRows, ObservationRows, Policy, Prng};

use tch::Tensor;

use crate::batch::{StateInput, download, download_rows};
use crate::nets::{Actor, SquashedActor};
use crate::noise::lane_normals;

/// Acts by an actor's mean, or explores with its spread around it.
#[derive(Debug)]
pub(crate) struct ActorPolicy {
    pub(crate) actor: Actor,
    pub(crate) input: StateInput,
}

impl Policy for ActorPolicy {
    /// [`Intent::Explore`] draws mean + std * normal from the lane's stream and clips to [-1, 1], as the official IQL
    /// code samples; a deterministic actor takes the mean. [`Intent::Exploit`] takes the mean, of the averaged weights
    /// where the actor keeps them, clipped likewise where it has no tanh.
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        assert_lanes(observations, self.actor.lanes(), rngs);
        let input = self.input.upload(&observations.state);
        let mut actions = download_rows(&match intent {
            Intent::Explore => self.actor.mean(&input),
            Intent::Exploit => self.actor.best_mean(&input).clamp_(-1.0, 1.0),
        });
        if let (Intent::Explore, Some(std)) = (intent, self.actor.std()) {
            explore(&mut actions, &std, rngs);
        }
        actions
    }
}

/// Asserts that there are as many lanes of observations and streams as of a learner.
pub(crate) fn assert_lanes(observations: &ObservationRows, lanes: usize, rngs: &[Prng]) {
    assert_eq!(observations.state.lanes(), lanes, "one lane of observations for each lane of the learner");
    assert_eq!(lanes, rngs.len(), "one stream per lane");
}

/// Adds to every action normal noise of its lane's standard deviations `[lane, action]`, and clips to [-1, 1].
pub(crate) fn explore(actions: &mut LaneRows, std: &Tensor, rngs: &mut [Prng]) {
    let (std, action_size) = (download(std), actions.features());
    for (lane, rng) in rngs.iter_mut().enumerate() {
        let std = &std[lane * action_size..][..action_size];
        (0..actions.rows()).for_each(|row| add_noise(actions.row_mut(lane, row), std, rng));
    }
}

/// Adds to each component normal noise of its standard deviation, and clips to [-1, 1].
pub(crate) fn add_noise(action: &mut [f32], std: &[f32], rng: &mut Prng) {
    for (action, std) in action.iter_mut().zip(std) {
        *action = (*action + std * rng.normal()).clamp(-1.0, 1.0);
    }
}

/// Acts by the tanh of an actor's mean, or explores by a draw from its distribution.
#[derive(Debug)]
pub(crate) struct SquashedPolicy {
    pub(crate) actor: SquashedActor,
    pub(crate) input: StateInput,
}

impl Policy for SquashedPolicy {
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        let states = &observations.state;
        assert_lanes(observations, self.actor.lanes(), rngs);
        let at = self.actor.at(&self.input.upload(states));
        let mode = at.mode();
        let [_, rows, action_size] = mode.size()[..] else { unreachable!("the mode is [lane, row, action]") };
        let actions = match intent {
            Intent::Exploit => mode,
            Intent::Explore => at.sample(&lane_normals(rngs, &[rows, 1, action_size], self.input.device())).actions,
        };
        LaneRows::from_vec(states.lanes(), states.rows(), action_size as usize, download(&actions))
    }
}
