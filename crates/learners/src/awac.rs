//! Advantage-weighted actor-critic (AWAC; Nair, Gupta, Dalal and Levine 2020), in the form of CORL's
//! `algorithms/finetune/awac.py`, which the golden tests record.
//!
//! Where each preset's numbers come from:
//!
//! | hyperparameter | `antmaze` | `adroit` | `rlkit` | `antmaze_small` | source |
//! |---|---|---|---|---|---|
//! | `lambda` | 0.1 | 0.1 | 0.5 | 0.5 | CORL's fine-tuning configurations; rlkit's `beta` |
//! | `weighting` | exp, at most 100 | exp, at most 100 | softmax, advantages at most 0.5 | as `rlkit` | CORL `awac.py`; rlkit `awac1.py` |
//! | `discount` | 0.99 | 0.99 | 0.99 | 0.99 | both |
//! | `tau` | 0.005 | 0.005 | 0.005 | 0.02 | both; ours for few updates |
//! | `learning_rate` | 3e-4 | 3e-4 | 3e-4 | 1e-3 | both; ours for few updates |
//! | `log_std_range` | [-20, 2] from 0 | [-20, 2] from 0 | [-6, 0] from -3 | [-6, 0] from -3 | CORL `awac.py`; rlkit `awac1.py` |
//! | `hidden` | 256 x 3 | 256 x 3 | 256 x 2 | 128 x 2 | CORL `awac.py`; rlkit `awac1.py`; ours for few updates |
//! | `actor_average` | none | none | none | 0.001 | ours |
//! | rewards | r - 1 | r | r - 1 | r - 1 | CORL's configurations; rewards at most 0 in rlkit's example |
//! | `inputs` | scaled | scaled | raw | scaled | CORL scales by the data's moments, we by the task's constants |
//!
//! CORL's settings take minibatches of 256 rows, rlkit's of 1024; the size is the caller's. What rlkit's
//! example does and [`AwacConfig::rlkit`] does not: the value of a state at the actor's mean instead of a sample,
//! critics clamped to at most 0, and a weight decay of 1e-4 for the actor.
//! Starting weights are orthogonal as in IQL.

use std::path::Path;

use rl::{CheckpointError, Diagnostics, LaneRows, Learner, Minibatch, Policy, Prng};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::batch::{Batch, StateInput, diagnostics, download_rows};
use crate::checkpoint::{self, Header};
use crate::nets::{Actor, TwinQ};
use crate::noise::lane_normals;
use crate::policy::ActorPolicy;
use crate::{Device, Inputs, Interface, LearnerConfig, losses};

/// Hyperparameters of AWAC. [Their values](crate::awac) have sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwacConfig {
    /// How little advantages weigh actions: advantages are divided by it (lambda in the paper); above 0.
    pub lambda: f64,
    /// How advantages become weights.
    pub weighting: AwacWeighting,
    /// Discount per step, in [0, 1].
    pub discount: f64,
    /// Share by which target critics follow the critics in each update, in (0, 1].
    pub tau: f64,
    /// Learning rate of every network, above 0.
    pub learning_rate: f64,
    /// Least and greatest log standard deviation of the actor.
    pub log_std_range: (f64, f64),
    /// Whether a sigmoid leads the log standard deviations into their range, from its middle on, or they are clipped to it.
    pub squashed_log_std: bool,
    /// Widths of the hidden layers of every network, at least one, each above 0.
    pub hidden: Vec<usize>,
    /// Share by which the averaged actor, which evaluations and guides act by, follows the actor in each update, in
    /// (0, 1]; none where they act by the actor itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_average: Option<f64>,
    /// Rewards are learned from as `reward_scale * reward + reward_shift`.
    pub reward_scale: f64,
    /// See [`AwacConfig::reward_scale`].
    pub reward_shift: f64,
    /// What networks get of a state.
    pub inputs: Inputs,
}

/// How AWAC weighs the likelihood of a row's action by its advantage A.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case", deny_unknown_fields)]
pub enum AwacWeighting {
    /// min(exp(A / lambda), max), as in CORL: the paper's actor update without its normaliser.
    Exponential {
        /// Cap of the weights, above 0.
        max: f64,
    },
    /// The softmax of min(A, `max_advantage`) / lambda over the minibatch, times its rows, as in rlkit.
    Softmax {
        /// Cap of the advantages.
        max_advantage: f64,
    },
}

/// The random numbers of one update, standard normal and in the order in which they are drawn, `[lane, row, action]`.
#[derive(Debug)]
pub struct AwacNoise {
    /// Moves the next states' actions in the critics' target.
    pub next_action: Tensor,
    /// Moves the actions whose value is the states' baseline.
    pub baseline: Tensor,
}

impl AwacConfig {
    /// CORL's fine-tuning configuration of ant mazes.
    pub fn antmaze() -> Self {
        Self {
            lambda: 0.1,
            weighting: AwacWeighting::Exponential { max: losses::MAX_ADVANTAGE_WEIGHT },
            discount: 0.99,
            tau: 0.005,
            learning_rate: 3e-4,
            log_std_range: (-20.0, 2.0),
            squashed_log_std: false,
            hidden: vec![256; 3],
            actor_average: None,
            reward_scale: 1.0,
            reward_shift: -1.0,
            inputs: Inputs::Scaled,
        }
    }

    /// CORL's fine-tuning configuration of Adroit: rewards as they are.
    pub fn adroit() -> Self {
        Self { reward_shift: 0.0, ..Self::antmaze() }
    }

    /// rlkit's `examples/awac/hand/awac1.py`, which the second version of the JSRL paper ran again, as far as the
    /// [table](crate::awac) says.
    pub fn rlkit() -> Self {
        Self {
            lambda: 0.5,
            weighting: AwacWeighting::Softmax { max_advantage: 0.5 },
            log_std_range: (-6.0, 0.0),
            squashed_log_std: true,
            hidden: vec![256; 2],
            inputs: Inputs::Raw,
            ..Self::antmaze()
        }
    }

    /// For budgets far below the paper's: [`AwacConfig::rlkit`] with the networks, the inputs, the rates and the averaging
    /// of [`crate::IqlConfig::antmaze_small`]. Of the two weightings rlkit's served better offline on umaze: 80 and 90 %
    /// of episodes after 20,000 and 40,000 updates on all data, and CORL's with a lambda of 1 60 and 90 %
    /// (results/pilots/umaze-straying, one seed).
    pub fn antmaze_small() -> Self {
        Self {
            tau: 0.02,
            learning_rate: 1e-3,
            hidden: vec![128; 2],
            actor_average: Some(0.001),
            inputs: Inputs::Scaled,
            ..Self::rlkit()
        }
    }

    /// The same for the hand: rewards as they are.
    pub fn adroit_small() -> Self {
        Self { reward_shift: 0.0, ..Self::antmaze_small() }
    }
}

/// The learner: two critics with their targets, and an actor, for each lane.
#[derive(Debug)]
pub struct Awac {
    config: AwacConfig,
    interface: Interface,
    rngs: Vec<Prng>,
    twin_q: TwinQ,
    policy: ActorPolicy,
}

impl Awac {
    /// Fresh networks, each lane's from its own stream.
    pub fn new(config: AwacConfig, interface: Interface, mut rngs: Vec<Prng>, device: Device) -> Self {
        assert!(config.lambda > 0.0, "a lambda of {} is not above 0", config.lambda);
        let sizes = |input: usize, output: usize| [&[input], config.hidden.as_slice(), &[output]].concat();
        let (states, actions) = (interface.state_size(), interface.action_size);
        let actor = Actor::gaussian(&sizes(states, actions), 0.0, &mut rngs, device)
            .with_linear_mean()
            .with_log_std_range(config.log_std_range)
            .with_squashed_log_std(config.squashed_log_std)
            .with_average(config.actor_average);
        let twin_q = TwinQ::orthogonal(&sizes(states + actions, 1), &mut rngs, device);
        let input = StateInput::new(config.inputs, &interface, device);
        Self { config, interface, rngs, twin_q, policy: ActorPolicy { actor, input } }
    }

    /// [`Learner::update`] with its random numbers handed in. Returns beside the diagnostics what the critics were
    /// pulled to and the advantage of every row, both `[lane, row, 1]`.
    pub fn update_with_noise(&mut self, batch: &Minibatch, noise: &AwacNoise) -> (Diagnostics, LaneRows, LaneRows) {
        let (diagnostics, targets, advantages) = self.step(batch, noise);
        (diagnostics, download_rows(&targets), download_rows(&advantages))
    }

    fn step(&mut self, batch: &Minibatch, noise: &AwacNoise) -> (Diagnostics, Tensor, Tensor) {
        let Self { config, rngs, twin_q, policy: ActorPolicy { actor, input }, .. } = self;
        let Batch { states, actions, rewards, next_states, bootstraps } = Batch::upload(batch, input);
        let pairs = |states: &Tensor, actions: &Tensor| Tensor::cat(&[states, actions], 2);
        let rate = config.learning_rate;

        // Critics: towards the reward and what the target critics say of the actor's next action.
        let next_actions = actor.sample(&next_states, &noise.next_action);
        let next_values = twin_q.target_min(&pairs(&next_states, &next_actions));
        let rewards = rewards * config.reward_scale + config.reward_shift;
        let y = next_values * bootstraps * config.discount + rewards;
        let data = pairs(&states, &actions);
        let [(q1, q1_loss), (q2, q2_loss)] = twin_q.step_towards(&data, &y, rate);

        // Actor: towards the data's actions, the more so the better the new critics find them than the actor's own.
        let pass = actor.training_pass(&states, rngs);
        let v = twin_q.min(&pairs(&states, &actor.sample_at(&pass, &noise.baseline)));
        let advantages = twin_q.min(&data) - &v;
        let weight = match config.weighting {
            AwacWeighting::Exponential { max } => losses::advantage_weight(&advantages, 1.0 / config.lambda, max),
            AwacWeighting::Softmax { max_advantage } => {
                losses::softmax_weight(&advantages, 1.0 / config.lambda, max_advantage)
            }
        };
        let actor_loss = actor.step_likelihood_at(&pass, &actions, &weight, rate);

        // Target critics follow.
        twin_q.soft_update(config.tau);

        let diagnostics = diagnostics(&[
            ("actor_loss", actor_loss),
            ("critic_loss", q1_loss + q2_loss),
            ("v", losses::per_lane_mean(&v)),
            ("q1", losses::per_lane_mean(&q1)),
            ("q2", losses::per_lane_mean(&q2)),
            ("advantage", losses::per_lane_mean(&advantages)),
        ]);
        (diagnostics, y, advantages)
    }

    fn header(&self) -> Header {
        let config = LearnerConfig::Awac(self.config.clone());
        Header { config, interface: self.interface.clone(), rngs: self.rngs.clone() }
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        [self.policy.actor.state("actor"), self.twin_q.state()].into_iter().flatten().collect()
    }
}

impl AwacNoise {
    fn draw(rngs: &mut [Prng], rows: usize, action_size: usize, device: Device) -> Self {
        let shape = [rows as i64, action_size as i64];
        Self { next_action: lane_normals(rngs, &shape, device), baseline: lane_normals(rngs, &shape, device) }
    }
}

impl Learner for Awac {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        let (rows, device) = (batch.states.rows(), self.policy.input.device());
        let noise = AwacNoise::draw(&mut self.rngs, rows, self.interface.action_size, device);
        self.step(batch, &noise).0
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
