//! Behaviour cloning, deterministic or Gaussian. It learns offline alone.
//!
//! Where each preset's numbers come from:
//!
//! | hyperparameter | `corl` | `gaussian` | `adroit` | `small` | source |
//! |---|---|---|---|---|---|
//! | `loss` | squared error | log-likelihood | log-likelihood | squared error | CORL `any_percent_bc.py`; official IQL code |
//! | `learning_rate` | 3e-4 | 3e-4 | 3e-4 | 1e-3 | both; ours for few updates |
//! | `hidden` | 256 x 2 | 256 x 2 | 256 x 2 | 128 x 2 | both; ours for few updates |
//! | `dropout` | 0 | 0 | 0.1 | 0 | official IQL `kitchen_config.py` |
//! | `inputs` | scaled | raw | raw | scaled | CORL scales by the data's moments, we by the task's constants |
//!
//! Ant mazes take any but `adroit`. Both sources take minibatches of 256 rows; the size is the caller's.

use std::path::Path;

use rl::{CheckpointError, Diagnostics, Learner, Minibatch, Policy, Prng};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::batch::{Batch, StateInput, download};
use crate::checkpoint::{self, Header};
use crate::nets::Actor;
use crate::policy::ActorPolicy;
use crate::{Device, Inputs, Interface, LearnerConfig, RateSchedule};

/// Hyperparameters of behaviour cloning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BcConfig {
    /// What is minimised.
    pub loss: BcLoss,
    /// Learning rate, above 0.
    pub learning_rate: f64,
    /// Widths of the hidden layers, at least one, each above 0.
    pub hidden: Vec<usize>,
    /// Share of hidden outputs that a training pass leaves out, in [0, 1); 0 for none.
    pub dropout: f64,
    /// What the network gets of a state.
    pub inputs: Inputs,
}

/// What behaviour cloning minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BcLoss {
    /// The mean over rows and components of (tanh mean - action)^2; the policy is deterministic.
    SquaredError,
    /// Minus the log-likelihood of the data's actions under the Gaussian actor of IQL.
    LogLikelihood,
}

impl BcConfig {
    /// CORL's `any_percent_bc.py`: squared error, 256-256, rate 3e-4, states scaled (there by the data's moments).
    pub fn corl() -> Self {
        Self {
            loss: BcLoss::SquaredError,
            learning_rate: 3e-4,
            hidden: vec![256, 256],
            dropout: 0.0,
            inputs: Inputs::Scaled,
        }
    }

    /// The actor of the official IQL code, cloning: every advantage weight is 1.
    pub fn gaussian() -> Self {
        Self { loss: BcLoss::LogLikelihood, inputs: Inputs::Raw, ..Self::corl() }
    }

    /// The same with the dropout of the official IQL code's `kitchen_config.py`, which its README names for Adroit too.
    pub fn adroit() -> Self {
        Self { dropout: 0.1, ..Self::gaussian() }
    }

    /// [`BcConfig::corl`] with the 128-128 networks and the rate of 1e-3 of [`crate::IqlConfig::antmaze_small`].
    pub fn small() -> Self {
        Self { learning_rate: 1e-3, hidden: vec![128, 128], ..Self::corl() }
    }
}

/// The learner: an actor for each lane.
#[derive(Debug)]
pub struct Bc {
    config: BcConfig,
    interface: Interface,
    rngs: Vec<Prng>,
    schedule: RateSchedule,
    policy: ActorPolicy,
}

impl Bc {
    /// A fresh network, each lane's from its own stream.
    pub fn new(config: BcConfig, interface: Interface, mut rngs: Vec<Prng>, device: Device) -> Self {
        let sizes = [&[interface.state_size()], config.hidden.as_slice(), &[interface.action_size]].concat();
        let fresh = match config.loss {
            BcLoss::SquaredError => Actor::deterministic,
            BcLoss::LogLikelihood => Actor::gaussian,
        };
        let actor = fresh(&sizes, config.dropout, &mut rngs, device);
        let input = StateInput::new(config.inputs, &interface, device);
        Self { config, interface, rngs, schedule: RateSchedule::Constant, policy: ActorPolicy { actor, input } }
    }

    /// The same learner with another course of its rate and another range for its log standard deviations (by default
    /// [`crate::losses::LOG_STD_RANGE`]), as other implementations have them. They are no part of a checkpoint: whoever
    /// loads it gives them again.
    #[must_use]
    pub fn with_variation(mut self, schedule: RateSchedule, log_std_range: (f64, f64)) -> Self {
        self.schedule = schedule;
        self.policy.actor = self.policy.actor.with_log_std_range(log_std_range);
        self
    }

    fn header(&self) -> Header {
        let config = LearnerConfig::Bc(self.config.clone());
        Header { config, interface: self.interface.clone(), rngs: self.rngs.clone() }
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        self.policy.actor.state("actor")
    }
}

impl Learner for Bc {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        let Self { config, rngs, schedule, policy: ActorPolicy { actor, input }, .. } = self;
        let Batch { states, actions, rewards, .. } = Batch::upload(batch, input);
        let rate = schedule.rate(config.learning_rate, actor.steps());
        let loss = match config.loss {
            BcLoss::SquaredError => actor.step_squared_error(&states, &actions, rate, rngs),
            BcLoss::LogLikelihood => actor.step_likelihood(&states, &actions, &rewards.ones_like(), rate, rngs),
        };
        Diagnostics(vec![("actor_loss", download(&loss))])
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
