//! Implicit Q-learning (Kostrikov, Nair and Levine 2021), in the form of the authors' code
//! (`ikostrikov/implicit_q_learning`), which the golden tests record.
//!
//! Where each preset's numbers come from:
//!
//! | hyperparameter | `antmaze` | `adroit` | `antmaze_small` | `adroit_small` | source |
//! |---|---|---|---|---|---|
//! | `expectile` | 0.9 | 0.7 | 0.9 | 0.8 | `antmaze_finetune_config.py`, `kitchen_config.py`; ours (pilots) |
//! | `temperature` | 10 | 0.5 | 1 | 3 | the same; ours for few updates |
//! | `discount`, `tau` | 0.99, 0.005 | 0.99, 0.005 | 0.99, 0.02 | 0.99, 0.02 | the same; ours for few updates |
//! | learning rates | 3e-4 | 3e-4 | 1e-3 | 1e-3 | the same; ours for few updates |
//! | `max_advantage_weight` | 100 | 100 | 100 | 100 | `actor.py` |
//! | `log_std_range` | [-5, 2] | [-5, 2] | [-5, 2] | [-5, 2] | `learner.py`, `policy.py` |
//! | `hidden` | 256 x 2 | 256 x 2 | 128 x 2 | 128 x 2 | the configurations; ours for few updates |
//! | `actor_dropout` | 0 | 0.1 | 0 | 0 | the configurations |
//! | `actor_schedule` | constant | constant | constant | constant | `antmaze_finetune_config.py` |
//! | `actor_average` | none | none | 0.001 | 0.001 | ours |
//! | rewards | r - 1 | r | r - 1 | r | `train_finetune.py` |
//! | `inputs` | raw | raw | scaled | scaled | `train_finetune.py`; ours for few updates |
//!
//! With rewards of r - 1 each step costs one: where an episode can end by failing, that makes failing early attractive, and a
//! preset with r is the one to begin from.
//!
//! Minibatches have 256 rows there; the size is the caller's.

use std::path::Path;

use rl::{CheckpointError, Diagnostics, GivenActor, LaneRows, Learner, Minibatch, Policy, Prng};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::batch::{Batch, StateInput, diagnostics, download_rows};
use crate::checkpoint::{self, Header};
use crate::nets::{Actor, Trained, TwinQ};
use crate::policy::ActorPolicy;
use crate::{Device, Inputs, Interface, LearnerConfig, RateSchedule, losses};

/// Actions of a batch are clipped to this magnitude. The loader clips data sets as the official code does; here this clips
/// what else there is: actions taken online, which the official code leaves at up to 1 (a departure), and other data.
const ACTION_LIMIT: f64 = 1.0 - 1e-5;

/// Hyperparameters of implicit Q-learning, by the paper's names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IqlConfig {
    /// Which expectile of Q over the data's actions V is, in (0, 1).
    pub expectile: f64,
    /// How sharply advantages weigh actions: the inverse of a temperature, beta in the paper; at least 0.
    pub temperature: f64,
    /// Discount per step, in [0, 1].
    pub discount: f64,
    /// Share by which target critics follow the critics in each update, in (0, 1].
    pub tau: f64,
    /// Learning rate of every network that has none of its own, above 0.
    pub learning_rate: f64,
    /// The actor's own learning rate, above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_learning_rate: Option<f64>,
    /// The value network's own learning rate, above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_learning_rate: Option<f64>,
    /// Cap of the advantage weights, above 0; [`crate::MAX_ADVANTAGE_WEIGHT`] where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_advantage_weight: Option<f64>,
    /// Least and greatest log standard deviation of the actor; [`losses::LOG_STD_RANGE`] where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_std_range: Option<(f64, f64)>,
    /// Widths of the hidden layers of every network, at least one, each above 0.
    pub hidden: Vec<usize>,
    /// Share of the actor's hidden outputs that a training pass leaves out, in [0, 1); 0 for none.
    pub actor_dropout: f64,
    /// Course of the actor's learning rate; the other rates are constant.
    pub actor_schedule: RateSchedule,
    /// Share by which the averaged actor, which evaluations and guides act by, follows the actor in each update, in
    /// (0, 1]; none where they act by the actor itself, as the official code does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_average: Option<f64>,
    /// Rewards are learned from as `reward_scale * reward + reward_shift`.
    pub reward_scale: f64,
    /// See [`IqlConfig::reward_scale`].
    pub reward_shift: f64,
    /// What networks get of a state.
    pub inputs: Inputs,
}

impl IqlConfig {
    /// The official `antmaze_finetune_config.py`: expectile 0.9, temperature 10, rewards r - 1.
    pub fn antmaze() -> Self {
        Self {
            expectile: 0.9,
            temperature: 10.0,
            discount: 0.99,
            tau: 0.005,
            learning_rate: 3e-4,
            actor_learning_rate: None,
            value_learning_rate: None,
            max_advantage_weight: None,
            log_std_range: None,
            hidden: vec![256, 256],
            actor_dropout: 0.0,
            actor_schedule: RateSchedule::Constant,
            actor_average: None,
            reward_scale: 1.0,
            reward_shift: -1.0,
            inputs: Inputs::Raw,
        }
    }

    /// The official `kitchen_config.py`, which its README names for Adroit too: expectile 0.7, temperature 0.5, dropout
    /// 0.1, rewards as they are. The actor's rate is constant, as in the official fine-tuning of ant mazes.
    pub fn adroit() -> Self {
        Self { expectile: 0.7, temperature: 0.5, actor_dropout: 0.1, reward_shift: 0.0, ..Self::antmaze() }
    }

    /// [`IqlConfig::antmaze_small`] with the expectile and temperature that the IQL paper's appendix has for fine-tuning
    /// on Adroit (from memory). With the three numbers of [`IqlConfig::adroit`] it falls far below the policy that made
    /// the data on door and ball (results/pilots/hand).
    pub fn adroit_small() -> Self {
        Self { expectile: 0.8, temperature: 3.0, reward_shift: 0.0, ..Self::antmaze_small() }
    }

    /// For budgets far below the paper's million updates. Departs from [`IqlConfig::antmaze`] where this project's
    /// pilot runs on umaze asked for it. After some ten thousand updates the critics' errors are as large as the
    /// advantages: at temperature 3 a minibatch of 256 rows then counts as 8 to 17 equal ones, at 1 as about 180,
    /// and the actor keeps the walk that cloning learns. Acting by averaged weights calms what is left. Scaled inputs,
    /// a rate of 1e-3 and faster targets make the most of few updates, and 128-128 networks are three times as fast.
    pub fn antmaze_small() -> Self {
        Self {
            temperature: 1.0,
            tau: 0.02,
            actor_average: Some(0.001),
            learning_rate: 1e-3,
            hidden: vec![128, 128],
            inputs: Inputs::Scaled,
            ..Self::antmaze()
        }
    }
}

/// What the critics' step leaves to the actor's.
struct Learned {
    states: Tensor,     // [lane, row, state]
    actions: Tensor,    // [lane, row, action]
    advantages: Tensor, // [lane, row, 1]
}

/// The learner: a value network, two critics with their targets, and an actor, for each lane.
#[derive(Debug)]
pub struct Iql {
    config: IqlConfig,
    interface: Interface,
    rngs: Vec<Prng>,
    value: Trained,
    twin_q: TwinQ,
    policy: ActorPolicy,
}

impl Iql {
    /// Fresh networks, each lane's from its own stream.
    pub fn new(config: IqlConfig, interface: Interface, mut rngs: Vec<Prng>, device: Device) -> Self {
        let IqlConfig { expectile, .. } = config;
        assert!(0.0 < expectile && expectile < 1.0, "an expectile of {expectile} is not in (0, 1)");
        let sizes = |input: usize, output: usize| [&[input], config.hidden.as_slice(), &[output]].concat();
        let (states, actions) = (interface.state_size(), interface.action_size);
        let actor = Actor::gaussian(&sizes(states, actions), config.actor_dropout, &mut rngs, device)
            .with_log_std_range(config.log_std_range.unwrap_or(losses::LOG_STD_RANGE))
            .with_average(config.actor_average);
        let value = Trained::orthogonal(&sizes(states, 1), &mut rngs, device);
        let twin_q = TwinQ::orthogonal(&sizes(states + actions, 1), &mut rngs, device);
        let input = StateInput::new(config.inputs, &interface, device);
        Self { config, interface, rngs, value, twin_q, policy: ActorPolicy { actor, input } }
    }

    /// [`Learner::update`], and the advantage of every row, `[lane, row, 1]`, by which the actor's step was weighted.
    pub fn update_with_advantages(&mut self, batch: &Minibatch) -> (Diagnostics, LaneRows) {
        let (diagnostics, advantages) = self.step(batch);
        (diagnostics, download_rows(&advantages))
    }

    fn step(&mut self, batch: &Minibatch) -> (Diagnostics, Tensor) {
        // The official code steps the actor before the critics, with the same result: the actor needs the new V and the old
        // targets' Q, which the advantages keep, and the critics need nothing of the actor.
        let (learned, mut scalars) = self.step_critics(batch);
        scalars.push(("actor_loss", self.step_actor(&learned)));
        (diagnostics(&scalars), learned.advantages)
    }

    /// Value, critics and their targets: what they have learned, and its scalars `[lane]`.
    fn step_critics(&mut self, batch: &Minibatch) -> (Learned, Vec<(&'static str, Tensor)>) {
        let Self { config, value, twin_q, policy: ActorPolicy { input, .. }, .. } = self;
        let Batch { states, actions, rewards, next_states, bootstraps } = Batch::upload(batch, input);
        let actions = actions.clamp(-ACTION_LIMIT, ACTION_LIMIT);
        let pairs = Tensor::cat(&[&states, &actions], 2); // [lane, row, state + action]
        let rate = config.learning_rate;

        // Value: towards an expectile of what the target critics say of the data's actions.
        let q = twin_q.target_min(&pairs);
        let v = value.forward(&states);
        let value_loss = losses::expectile(&v.output, &q, config.expectile);
        value.step(&v, value_loss.gradient, config.value_learning_rate.unwrap_or(rate));

        // How much better the data's actions are than the new value.
        let advantages = q - value.forward(&states).output;

        // Critics: towards the reward and the new value of the next state.
        let rewards = rewards * config.reward_scale + config.reward_shift;
        let y = value.forward(&next_states).output * bootstraps * config.discount + rewards;
        let [(q1, q1_loss), (q2, q2_loss)] = twin_q.step_towards(&pairs, &y, rate);

        // Target critics follow.
        twin_q.soft_update(config.tau);

        let scalars = vec![
            ("value_loss", value_loss.value),
            ("critic_loss", q1_loss + q2_loss),
            ("v", losses::per_lane_mean(&v.output)),
            ("q1", losses::per_lane_mean(&q1)),
            ("q2", losses::per_lane_mean(&q2)),
            ("advantage", losses::per_lane_mean(&advantages)),
        ];
        (Learned { states, actions, advantages }, scalars)
    }

    /// Actor: towards the data's actions, the more so the larger their advantages. Returns its loss `[lane]`.
    fn step_actor(&mut self, Learned { states, actions, advantages }: &Learned) -> Tensor {
        let Self { config, rngs, policy: ActorPolicy { actor, .. }, .. } = self;
        let max_weight = config.max_advantage_weight.unwrap_or(losses::MAX_ADVANTAGE_WEIGHT);
        let weight = losses::advantage_weight(advantages, config.temperature, max_weight);
        let rate =
            config.actor_schedule.rate(config.actor_learning_rate.unwrap_or(config.learning_rate), actor.steps());
        actor.step_likelihood(states, actions, &weight, rate, rngs)
    }

    fn header(&self) -> Header {
        let config = LearnerConfig::Iql(self.config.clone());
        Header { config, interface: self.interface.clone(), rngs: self.rngs.clone() }
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        [self.policy.actor.state("actor"), self.value.state("value"), self.twin_q.state()]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Learner for Iql {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        self.step(batch).0
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

    fn given_actor(&mut self) -> Option<&mut dyn GivenActor> {
        Some(self)
    }
}

impl GivenActor for Iql {
    fn update_critics(&mut self, batch: &Minibatch) -> Diagnostics {
        diagnostics(&self.step_critics(batch).1)
    }

    fn load_actor(&mut self, directory: &Path) -> Result<(), CheckpointError> {
        checkpoint::load(directory, &self.header(), self.policy.actor.weights("actor")).map(|_| ())
    }
}
