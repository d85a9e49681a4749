//! QT-Opt (Kalashnikov et al. 2018): Q-learning from pictures with continuous actions, which are found by search
//! instead of by an actor.
//!
//! Where each preset's numbers come from:
//!
//! | hyperparameter | `published` | `small` | source |
//! |---|---|---|---|
//! | `network` | [`Vision::Grasping44`] | [`Vision::Flat`] | `tensor2robot`, `research/qtopt/networks.py`; ours for 64 pixels |
//! | `crop` | 472 x 472 | none | `tensor2robot` (of 512 x 640) |
//! | `cem` | 64 candidates, 6 elites, 2 rounds | 3 rounds | paper, from memory; 3 as in `tensor2robot`'s `CEMPolicy` |
//! | `optimiser` | momentum 0.9 | Adam | `tensor2robot`, `research/qtopt/optimizer_builder.py`; ours for few updates |
//! | `learning_rate` | 1e-4 | 5e-4 | the same |
//! | `weight_decay` | 7e-5 | 0 | `networks.py` |
//! | `tau` | 1e-4 | 0.002 | paper, from memory: an average of 0.9999; ours for few updates |
//! | `lag` | 6000 | 500 | paper, from memory; ours for few updates |
//! | `discount` | 0.9 | 0.9 | paper, from memory |
//! | `epsilon` | 0.1 | 0.1 | `tf_agents`, `QtOptAgent` |
//! | `inputs` | raw | scaled | ours for few updates |
//!
//! Minibatches have 32 rows there (for each worker); the size is the caller's. The paper's network that lags is the
//! averaged one of about 6000 updates ago; ours is a copy of it that is up to `lag` updates old. Not carried over: the
//! rate's decay, by 0.1 % in 187,500 updates, and the distortion of colours in training.

use std::path::Path;

use rl::{CheckpointError, Diagnostics, Intent, LaneRows, Learner, Minibatch, ObservationRows, Policy, Prng};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::batch::{diagnostics, download_rows};
use crate::cem::CemConfig;
use crate::checkpoint::{self, Header};
use crate::critic::{Critic, Learned};
use crate::nets::{Vision, Widths};
use crate::policy::assert_lanes;
use crate::sight::{Crop, Experience, SightInput};
use crate::{Device, Inputs, Interface, LearnerConfig, Optimiser, losses};

/// Hyperparameters of QT-Opt. [Their values](crate::qt_opt) have sources.
///
/// Q is a probability of success: an episode's rewards must add up to something from 0 to 1, as one of 1 at its end does.
/// Targets beyond that range are clipped, so that of rewards like -1 in each step nothing would be learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QtOptConfig {
    /// The form of the networks.
    pub network: Vision,
    /// The part of a picture that they get; none for the whole.
    pub crop: Option<Crop>,
    /// What they get of a state.
    pub inputs: Inputs,
    /// The search for the best action.
    pub cem: CemConfig,
    /// Discount per step, in [0, 1].
    pub discount: f64,
    /// Share by which the averaged network follows in each update, in (0, 1].
    pub tau: f64,
    /// Updates between two copies of the averaged network to the lagged one, above 0.
    pub lag: u64,
    /// What turns gradients into steps.
    pub optimiser: Optimiser,
    /// Learning rate, above 0.
    pub learning_rate: f64,
    /// L2 regularisation of weights, at least 0: this times the weight is added to its gradient.
    pub weight_decay: f64,
    /// Probability of a random action while exploring, in [0, 1].
    pub epsilon: f64,
}

impl QtOptConfig {
    /// The paper's, as far as it is public.
    pub fn published() -> Self {
        Self {
            network: Vision::Grasping44,
            crop: Some(Crop { height: 472, width: 472 }),
            inputs: Inputs::Raw,
            cem: CemConfig::published(),
            discount: 0.9,
            tau: 1e-4,
            lag: 6000,
            optimiser: Optimiser::Momentum { decay: 0.9 },
            learning_rate: 1e-4,
            weight_decay: 7e-5,
            epsilon: 0.1,
        }
    }

    /// For pictures of 64 x 64 and some ten thousand updates, chosen on grasping after few pilots
    /// (results/pilots/grasping). After two rounds of search even a perfect Q would grasp in three episodes of four.
    pub fn small() -> Self {
        Self {
            network: Vision::Flat(Widths { filters: 32, hidden: 128 }),
            crop: None,
            inputs: Inputs::Scaled,
            cem: CemConfig { iterations: 3, ..CemConfig::published() },
            tau: 0.002,
            lag: 500,
            optimiser: Optimiser::Adam,
            learning_rate: 5e-4,
            weight_decay: 0.0,
            ..Self::published()
        }
    }
}

/// The learner: a critic with two that follow it, for each lane.
#[derive(Debug)]
pub struct QtOpt {
    config: QtOptConfig,
    interface: Interface,
    rngs: Vec<Prng>,
    policy: SearchPolicy,
}

/// Acts by search; exploring, by a random action now and then.
#[derive(Debug)]
struct SearchPolicy {
    critic: Critic,
    input: SightInput,
    epsilon: f64,
}

impl QtOpt {
    /// Fresh networks, each lane's from its own stream.
    pub fn new(config: QtOptConfig, interface: Interface, mut rngs: Vec<Prng>, device: Device) -> Self {
        let input = SightInput::new(config.inputs, config.crop, &interface, device);
        let critic = Critic::new(&config, &input, &interface, &mut rngs);
        let policy = SearchPolicy { critic, input, epsilon: config.epsilon };
        Self { config, interface, rngs, policy }
    }

    /// [`Learner::update`], which returns beside the diagnostics what the critic was pulled to, `[lane, row, 1]`.
    pub fn update_with_targets(&mut self, batch: &Minibatch) -> (Diagnostics, LaneRows) {
        let (diagnostics, targets) = self.step(batch);
        (diagnostics, download_rows(&targets))
    }

    fn step(&mut self, batch: &Minibatch) -> (Diagnostics, Tensor) {
        let Self { config, rngs, policy: SearchPolicy { critic, input, .. }, .. } = self;
        let experience = Experience::upload(batch, input, rngs);
        let Learned { q, targets, loss } = critic.learn(config, &experience, None, rngs);
        let diagnostics = diagnostics(&[
            ("critic_loss", loss),
            ("q", losses::per_lane_mean(&q)),
            ("target", losses::per_lane_mean(&targets)),
        ]);
        (diagnostics, targets)
    }

    fn header(&self) -> Header {
        let config = LearnerConfig::QtOpt(self.config.clone());
        Header { config, interface: self.interface.clone(), rngs: self.rngs.clone() }
    }
}

impl Learner for QtOpt {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        self.step(batch).0
    }

    fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    fn save(&self, directory: &Path) -> Result<(), CheckpointError> {
        checkpoint::save(directory, &self.header(), self.policy.critic.state())
    }

    fn load(&mut self, directory: &Path) -> Result<(), CheckpointError> {
        self.rngs = checkpoint::load(directory, &self.header(), self.policy.critic.state())?;
        Ok(())
    }
}

impl Policy for SearchPolicy {
    /// [`Intent::Explore`] takes a uniformly random action with probability `epsilon`, and the best one found
    /// otherwise. The search draws from the lane's stream with either intent.
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        assert_lanes(observations, self.critic.lanes(), rngs);
        let sight = self.input.upload_observations(observations);
        let mut actions = download_rows(&self.critic.best(&sight, intent, None, rngs).actions);
        if intent == Intent::Explore {
            for (lane, rng) in rngs.iter_mut().enumerate() {
                for row in 0..actions.rows() {
                    if rng.chance(self.epsilon) {
                        actions.row_mut(lane, row).fill_with(|| rng.uniform(-1.0, 1.0));
                    }
                }
            }
        }
        actions
    }
}
