//! AW-Opt (Lu et al. 2021): QT-Opt's critic with an actor beside it, which learns as AWAC's does.
//!
//! What it adds to QT-Opt (the authors' page, awopt.github.io):
//!
//! 1. *Positive sample filtering*: the actor learns from the rows of successful episodes alone.
//! 2. *Hybrid exploration*: actor and search take turns. There one of them has a whole episode; here each step is drawn
//!    anew, since a policy knows no episodes.
//! 3. *The actor's candidate*: every round of the search, in targets too, has the actor's mean action among its
//!    candidates.
//!
//! The authors' temperature, rates and minibatches are not public. The critic's numbers are QT-Opt's ([`crate::qt_opt`]); the
//! actor's are ours: `lambda` 0.3, weights of at most 100 as in AWAC, a rate of 1e-4 (`published`, as the critic's) or 1e-3
//! (`small`), and a share of a half.

use std::path::Path;

use rl::{CheckpointError, Diagnostics, Intent, LaneRows, Learner, Minibatch, ObservationRows, Policy, Prng};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::batch::{diagnostics, download, download_rows, upload};
use crate::checkpoint::{self, Header};
use crate::critic::{Critic, Learned};
use crate::nets::ImageActor;
use crate::policy::{add_noise, assert_lanes};
use crate::qt_opt::QtOptConfig;
use crate::sight::{Experience, SightInput};
use crate::{Device, Interface, LearnerConfig, losses};

/// Hyperparameters of AW-Opt. Rewards must be those of [`QtOptConfig`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwOptConfig {
    /// Those of the critic, and of all that it shares with QT-Opt; the actor's network has the same form.
    pub critic: QtOptConfig,
    /// How little advantages weigh actions: advantages are divided by it; above 0.
    pub lambda: f64,
    /// Cap of the weights, above 0.
    pub max_weight: f64,
    /// Learning rate of the actor, above 0.
    pub actor_learning_rate: f64,
    /// Probability that an exploring action that is not random is the actor's and not the search's, in [0, 1].
    pub actor_share: f64,
}

impl AwOptConfig {
    /// [`QtOptConfig::published`] with an actor.
    pub fn published() -> Self {
        Self { critic: QtOptConfig::published(), actor_learning_rate: 1e-4, ..Self::small() }
    }

    /// [`QtOptConfig::small`] with an actor.
    pub fn small() -> Self {
        Self {
            critic: QtOptConfig::small(),
            lambda: 0.3,
            max_weight: losses::MAX_ADVANTAGE_WEIGHT,
            actor_learning_rate: 1e-3,
            actor_share: 0.5,
        }
    }
}

/// The learner: QT-Opt's critic and an actor, for each lane.
#[derive(Debug)]
pub struct AwOpt {
    config: AwOptConfig,
    interface: Interface,
    rngs: Vec<Prng>,
    policy: HybridPolicy,
}

/// Acts by search, the actor's action among the candidates; exploring, by the actor itself at times.
#[derive(Debug)]
struct HybridPolicy {
    critic: Critic,
    actor: ImageActor,
    input: SightInput,
    epsilon: f64,
    actor_share: f64,
}

impl AwOpt {
    /// Fresh networks, each lane's from its own stream.
    pub fn new(config: AwOptConfig, interface: Interface, mut rngs: Vec<Prng>, device: Device) -> Self {
        let QtOptConfig { network, crop, inputs, epsilon, .. } = config.critic;
        let input = SightInput::new(inputs, crop, &interface, device);
        let critic = Critic::new(&config.critic, &input, &interface, &mut rngs);
        let actor = ImageActor::gaussian(network, &input, &interface, &mut rngs);
        let policy = HybridPolicy { critic, actor, input, epsilon, actor_share: config.actor_share };
        Self { config, interface, rngs, policy }
    }

    fn header(&self) -> Header {
        let config = LearnerConfig::AwOpt(self.config.clone());
        Header { config, interface: self.interface.clone(), rngs: self.rngs.clone() }
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        self.policy.critic.state().into_iter().chain(self.policy.actor.state("actor")).collect()
    }
}

impl Learner for AwOpt {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        let Self { config, rngs, policy: HybridPolicy { critic, actor, input, .. }, .. } = self;
        let experience = Experience::upload(batch, input, rngs);

        // Critic: as QT-Opt's, with the actor's actions among the candidates of its targets.
        let next_actions = actor.mean(&experience.next_sight);
        let Learned { q, targets, loss: critic_loss } =
            critic.learn(&config.critic, &experience, Some(&next_actions), rngs);

        // Actor: towards the actions of successes, the more so the better the critic finds them than its own.
        let Experience { sight, actions, .. } = &experience;
        let [q_data, q_actor] = critic.values(sight, [actions, &actor.mean(sight)]);
        let advantages = q_data - q_actor;
        let successes = upload(&batch.successes, input.device()); // [lane, row, 1]
        let count = successes.sum_dim_intlist([1_i64].as_slice(), true, Kind::Float).clamp_min(1.0);
        let share = successes / count * batch.states.rows() as f64;
        let weight = losses::advantage_weight(&advantages, 1.0 / config.lambda, config.max_weight) * share;
        let actor_loss = actor.step_likelihood(sight, actions, &weight, config.actor_learning_rate);

        diagnostics(&[
            ("actor_loss", actor_loss),
            ("critic_loss", critic_loss),
            ("q", losses::per_lane_mean(&q)),
            ("target", losses::per_lane_mean(&targets)),
            ("advantage", losses::per_lane_mean(&advantages)),
        ])
    }

    fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    fn save(&self, directory: &Path) -> Result<(), CheckpointError> {
        checkpoint::save(directory, &self.header(), self.state())
    }

    fn load(&mut self, directory: &Path) -> Result<(), CheckpointError> {
        self.rngs = checkpoint::load(directory, &self.header(), self.state())?;
        Ok(())
    }
}

impl Policy for HybridPolicy {
    /// [`Intent::Explore`] takes a uniformly random action with probability `epsilon`, else a draw of the actor with
    /// probability `actor_share`, else the best action found.
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        assert_lanes(observations, self.critic.lanes(), rngs);
        let sight = self.input.upload_observations(observations);
        let mean = self.actor.mean(&sight);
        let mut actions = download_rows(&self.critic.best(&sight, intent, Some(&mean), rngs).actions);
        if intent == Intent::Explore {
            let (mean, std) = (download_rows(&mean), download(&self.actor.std().expect("a Gaussian actor")));
            for (lane, rng) in rngs.iter_mut().enumerate() {
                let std = &std[lane * mean.features()..][..mean.features()];
                for row in 0..actions.rows() {
                    let action = actions.row_mut(lane, row);
                    if rng.chance(self.epsilon) {
                        action.fill_with(|| rng.uniform(-1.0, 1.0));
                    } else if rng.chance(self.actor_share) {
                        action.copy_from_slice(mean.row(lane, row));
                        add_noise(action, std, rng);
                    }
                }
            }
        }
        actions
    }
}
