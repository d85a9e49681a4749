//! Conservative Q-learning (CQL; Kumar, Zhou, Tucker and Levine 2020) over soft actor-critic, in the form of CORL's
//! `algorithms/finetune/cql.py`, which the golden tests record.
//!
//! Where each preset's numbers come from:
//!
//! | hyperparameter | `antmaze` | `adroit` | `antmaze_small` | source |
//! |---|---|---|---|---|
//! | `alpha` | 5 | 1 | 5 | CORL's fine-tuning configurations, Cal-QL's scripts |
//! | `action_gap` | 0.8 | none | 0.8 | the same |
//! | `sampled_actions` | 10 | 10 | 1 | the same; ours, since an update costs in proportion |
//! | `importance_sampling` | on | on | on | the same |
//! | `temperature` | 1 | 1 | 1 | CORL `cql.py` |
//! | `max_target_backup` | on | on | on | CORL's fine-tuning configurations |
//! | `clip_difference_min` | -200 | -200 | -200 | the same |
//! | `clip_difference_max` | none | none | none | the same |
//! | `automatic_entropy` | on | on | on | the same |
//! | `target_entropy` | -action size | -action size | -action size | CORL `cql.py` |
//! | `entropy_multiplier` | 1 | 1 | 1 | CORL `cql.py` |
//! | `discount`, `tau` | 0.99, 0.005 | 0.99, 0.005 | 0.99, 0.02 | CORL `cql.py`; ours for few updates |
//! | `actor_learning_rate` | 1e-4 | 1e-4 | 1e-3 | CORL's fine-tuning configurations; ours for few updates |
//! | `critic_learning_rate` | 3e-4 | 3e-4 | 1e-3 | the same; ours for few updates |
//! | `log_std_range` | [-20, 2] | [-20, 2] | [-20, 2] | CORL `cql.py` |
//! | `actor_hidden` | 256 x 3 | 256 x 3 | 128 x 2 | CORL `cql.py`; ours for few updates |
//! | `critic_hidden` | 256 x 5 | 256 x 3 | 128 x 2 | CORL's fine-tuning configurations; ours for few updates |
//! | rewards | 10 r - 5 | r | 10 r - 5 | CORL's fine-tuning configurations |
//! | `inputs` | raw | raw | scaled | the same; ours for few updates |
//!
//! Minibatches have 256 rows there; the size is the caller's. Starting weights are orthogonal, as these configurations
//! ask for. The learned numbers start at 0 (the log of the entropy's weight), 1 (the log of the Lagrange multiplier),
//! 1 and -1 (multiplier and offset of the log standard deviation), as in `cql.py`.

use std::path::Path;

use rl::{CheckpointError, Diagnostics, Learner, Minibatch, Policy, Prng};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::batch::{Batch, StateInput, diagnostics};
use crate::checkpoint::{self, Header};
use crate::nets::{Scalar, SquashedActor, TwinQ, pairs};
use crate::noise::{lane_normals, lane_uniforms};
use crate::policy::SquashedPolicy;
use crate::{Device, Inputs, Interface, LearnerConfig, losses};

/// The Lagrange multiplier is clipped to at most this value (CORL `cql.py`); being an exponential, it is above 0.
const MAX_MULTIPLIER: f64 = 1e6;

/// Hyperparameters of CQL. [Their values](crate::cql) have sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CqlConfig {
    /// Weight of the conservative term (alpha in the paper), at least 0.
    pub alpha: f64,
    /// How far the critics may put other actions above the data's before a learned multiplier (the paper's Lagrange
    /// variant) holds them back more; none for a fixed weight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_gap: Option<f64>,
    /// How many actions each are drawn uniformly, at the state and at the next state; at least 1.
    pub sampled_actions: usize,
    /// Whether the log-sum-exp corrects for how likely its actions were drawn.
    pub importance_sampling: bool,
    /// Temperature of the log-sum-exp, above 0.
    pub temperature: f64,
    /// Whether the critics' target takes the best of `sampled_actions` next actions, or one.
    pub max_target_backup: bool,
    /// Least difference of a row in the conservative term, below which there is no gradient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_difference_min: Option<f64>,
    /// Greatest difference of a row in the conservative term, above which there is no gradient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_difference_max: Option<f64>,
    /// Whether the weight of the entropy is learned, or is `entropy_multiplier`.
    pub automatic_entropy: bool,
    /// The entropy that a learned weight aims at; minus the components of an action where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_entropy: Option<f64>,
    /// Factor of the entropy's weight, at least 0.
    pub entropy_multiplier: f64,
    /// Discount per step, in [0, 1].
    pub discount: f64,
    /// Share by which target critics follow the critics in each update, in (0, 1].
    pub tau: f64,
    /// Learning rate of the actor and of the entropy's weight, above 0.
    pub actor_learning_rate: f64,
    /// Learning rate of the critics and of the Lagrange multiplier, above 0.
    pub critic_learning_rate: f64,
    /// Least and greatest log standard deviation of the actor.
    pub log_std_range: (f64, f64),
    /// Widths of the actor's hidden layers, at least one, each above 0.
    pub actor_hidden: Vec<usize>,
    /// Widths of the critics' hidden layers, at least one, each above 0.
    pub critic_hidden: Vec<usize>,
    /// Rewards are learned from as `reward_scale * reward + reward_shift`.
    pub reward_scale: f64,
    /// See [`CqlConfig::reward_scale`].
    pub reward_shift: f64,
    /// What networks get of a state.
    pub inputs: Inputs,
}

/// The random numbers of one update in the order in which they are drawn, `[lane, row, n, action]`; n is
/// [`CqlConfig::sampled_actions`] unless another is given.
#[derive(Debug)]
pub struct CqlNoise {
    /// Standard normal, n = 1: the action of the actor's loss.
    pub policy: Tensor,
    /// Standard normal: the next actions of the critics' target; n = 1 without [`CqlConfig::max_target_backup`].
    pub target: Tensor,
    /// Actions uniform on (-1, 1).
    pub random_actions: Tensor,
    /// Standard normal: the actor's actions at the states, for the conservative term.
    pub current: Tensor,
    /// Standard normal: the actor's actions at the next states, for the conservative term.
    pub next: Tensor,
}

impl CqlConfig {
    /// CORL's fine-tuning configuration of ant mazes.
    pub fn antmaze() -> Self {
        Self {
            alpha: 5.0,
            action_gap: Some(0.8),
            sampled_actions: 10,
            importance_sampling: true,
            temperature: 1.0,
            max_target_backup: true,
            clip_difference_min: Some(-200.0),
            clip_difference_max: None,
            automatic_entropy: true,
            target_entropy: None,
            entropy_multiplier: 1.0,
            discount: 0.99,
            tau: 0.005,
            actor_learning_rate: 1e-4,
            critic_learning_rate: 3e-4,
            log_std_range: (-20.0, 2.0),
            actor_hidden: vec![256; 3],
            critic_hidden: vec![256; 5],
            reward_scale: 10.0,
            reward_shift: -5.0,
            inputs: Inputs::Raw,
        }
    }

    /// CORL's fine-tuning configuration of Adroit: a fixed weight of 1, smaller critics, rewards as they are.
    pub fn adroit() -> Self {
        Self {
            alpha: 1.0,
            action_gap: None,
            critic_hidden: vec![256; 3],
            reward_scale: 1.0,
            reward_shift: 0.0,
            ..Self::antmaze()
        }
    }

    /// For budgets far below the paper's: [`CqlConfig::antmaze`] with the networks, inputs, rates and `tau` of
    /// [`crate::IqlConfig::antmaze_small`], and one action of each kind. With CORL's slow targets (0.005) nothing comes in
    /// 40,000 updates on umaze; with these it does, if not before 20,000 (results/pilots/cql).
    pub fn antmaze_small() -> Self {
        Self {
            sampled_actions: 1,
            tau: 0.02,
            actor_learning_rate: 1e-3,
            critic_learning_rate: 1e-3,
            actor_hidden: vec![128; 2],
            critic_hidden: vec![128; 2],
            inputs: Inputs::Scaled,
            ..Self::antmaze()
        }
    }

    /// The same for the hand, with the weight and the rewards of [`CqlConfig::adroit`].
    pub fn adroit_small() -> Self {
        Self { alpha: 1.0, action_gap: None, reward_scale: 1.0, reward_shift: 0.0, ..Self::antmaze_small() }
    }

    pub(crate) fn clip_difference(&self) -> (f64, f64) {
        let Self { clip_difference_min: low, clip_difference_max: high, .. } = self;
        (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY))
    }
}

/// The learner: two critics with their targets, an actor and its learned weights, for each lane.
#[derive(Debug)]
pub struct Cql {
    config: CqlConfig,
    interface: Interface,
    rngs: Vec<Prng>,
    twin_q: TwinQ,
    log_alpha: Option<Scalar>,
    log_multiplier: Option<Scalar>,
    policy: SquashedPolicy,
}

impl Cql {
    /// Fresh networks, each lane's from its own stream.
    pub fn new(config: CqlConfig, interface: Interface, mut rngs: Vec<Prng>, device: Device) -> Self {
        assert!(config.sampled_actions > 0, "the conservative term needs actions to hold down");
        let (states, actions) = (interface.state_size(), interface.action_size);
        let shape = (states, config.actor_hidden.as_slice(), actions);
        let actor = SquashedActor::orthogonal(shape, config.log_std_range, &mut rngs, device);
        let critic = [&[states + actions], config.critic_hidden.as_slice(), &[1]].concat();
        let twin_q = TwinQ::orthogonal(&critic, &mut rngs, device);
        let scalar = |value: f64| Scalar::new(value, rngs.len(), device);
        let log_alpha = config.automatic_entropy.then(|| scalar(0.0));
        let log_multiplier = config.action_gap.map(|_| scalar(1.0));
        let input = StateInput::new(config.inputs, &interface, device);
        let policy = SquashedPolicy { actor, input };
        Self { config, interface, rngs, twin_q, log_alpha, log_multiplier, policy }
    }

    /// [`Learner::update`] with its random numbers handed in. The diagnostics have the names of CORL's.
    pub fn update_with_noise(&mut self, batch: &Minibatch, noise: &CqlNoise) -> Diagnostics {
        let Self { config, twin_q, log_alpha, log_multiplier, policy: SquashedPolicy { actor, input }, .. } = self;
        let Batch { states, actions, rewards, next_states, bootstraps } = Batch::upload(batch, input);
        let (lanes, rows, action_size) = actions.size3().expect("actions are [lane, row, action]");
        let (here, ahead) = (actor.at(&states), actor.at(&next_states));
        let mut found: Vec<(&'static str, Tensor)> = Vec::new();

        // Every loss is formed with the parameters as they are; the steps follow.

        // Actor: towards what the smaller critic finds good, and towards entropy.
        let drawn = here.sample(&noise.policy);
        let entropy_weight = match log_alpha {
            Some(log_alpha) => log_alpha.value().exp() * config.entropy_multiplier,
            None => rewards.new_full([lanes, 1, 1], config.entropy_multiplier, (Kind::Float, rewards.device())),
        };
        let passes = twin_q.forward(&pairs(&states, &drawn.actions));
        let value = passes[0].output.minimum(&passes[1].output);
        let action_gradient = twin_q.min_input_gradient(&passes).narrow(2, -action_size, action_size) / -rows as f64;
        found.push(("log_pi", losses::per_lane_mean(&drawn.log_density)));
        found.push(("policy_loss", losses::per_lane_mean(&(&entropy_weight * &drawn.log_density - value))));
        found.push(("alpha", entropy_weight.view(lanes)));

        // Entropy: its weight grows while the entropy is below its target.
        let target_entropy = config.target_entropy.unwrap_or(-action_size as f64);
        let entropy = -drawn.log_density.mean_dim([1_i64].as_slice(), true, Kind::Float); // [lane, 1, 1]
        let entropy_shortfall = target_entropy - entropy;

        // Critics: towards the reward and what the target critics say of the actor's (best) next action.
        let next_actions = ahead.sample(&noise.target).actions;
        let next_values = twin_q.target_min(&pairs(&next_states, &next_actions)).view([lanes, rows, -1]);
        let next_values = next_values.amax([2_i64].as_slice(), true);
        let rewards = rewards * config.reward_scale + config.reward_shift;
        let y = &next_values * bootstraps * config.discount + rewards;
        found.push(("average_target_q", losses::per_lane_mean(&next_values)));

        // ... and the data's actions above others at the same states, whether random, the next states' or their own.
        let (next, current) = (ahead.sample(&noise.next), here.sample(&noise.current));
        let sets = [&actions.unsqueeze(2), &noise.random_actions, &next.actions, &current.actions];
        let uniform = next.log_density.full_like(-(action_size as f64) * std::f64::consts::LN_2);
        let log_density = Tensor::cat(&[&uniform, &next.log_density, &current.log_density], 2);
        let log_density = config.importance_sampling.then_some(&log_density);
        let clip = config.clip_difference();
        let passes_of_all = twin_q.forward(&pairs(&states, &Tensor::cat(&sets, 2)));
        let unclipped = log_multiplier.as_ref().map(|log| log.value().exp());
        let multiplier = unclipped.as_ref().map(|multiplier| multiplier.clamp_max(MAX_MULTIPLIER));
        let mut conservative_loss = entropy_weight.zeros_like(); // of both critics, [lane, 1, 1]
        let gradients = [0, 1].map(|i| {
            let q = passes_of_all[i].output.view([lanes, rows, -1]); // [lane, row, 1 + 3 n]
            let of_data = losses::squared_error(&q.narrow(2, 0, 1), &y);
            let term = losses::conservative(&q, log_density, config.temperature, clip);
            let (conservative_weight, excess) = match (&multiplier, config.action_gap) {
                (Some(multiplier), Some(gap)) => (multiplier * config.alpha, &term.difference - gap),
                _ => (entropy_weight.full_like(config.alpha), term.difference.shallow_clone()),
            };
            let loss = &conservative_weight * excess;
            conservative_loss += &loss;
            found.extend(critic_diagnostics(i, &q, of_data.value, &term.difference, &loss));
            let gradient = term.gradient * conservative_weight;
            let mut at_data = gradient.narrow(2, 0, 1);
            at_data += of_data.gradient;
            gradient.view([lanes, -1, 1])
        });

        // Steps.
        if let (Some(log), Some(unclipped), Some(multiplier)) = (log_multiplier, unclipped, multiplier) {
            // The loss is minus the mean of both critics' terms: multiplier * x, whose slope by the multiplier's logarithm
            // is the loss itself.
            let loss = conservative_loss * -0.5;
            found.push(("alpha_prime", multiplier.view(lanes)));
            found.push(("alpha_prime_loss", loss.view(lanes)));
            log.step(&(loss * unclipped.le(MAX_MULTIPLIER)), config.critic_learning_rate);
        }
        if let Some(log_alpha) = log_alpha {
            found.push(("alpha_loss", (log_alpha.value() * -&entropy_shortfall).view(lanes)));
            log_alpha.step(&-entropy_shortfall, config.actor_learning_rate);
        }
        actor.step(&here, &drawn, &action_gradient, &(entropy_weight / rows as f64), config.actor_learning_rate);
        twin_q.step(&passes_of_all, gradients, config.critic_learning_rate);
        twin_q.soft_update(config.tau);
        diagnostics(&found)
    }

    fn header(&self) -> Header {
        let config = LearnerConfig::Cql(self.config.clone());
        Header { config, interface: self.interface.clone(), rngs: self.rngs.clone() }
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        let mut state = self.policy.actor.state("actor");
        state.extend(self.twin_q.state());
        for (scalar, name) in [(&self.log_alpha, "log_alpha"), (&self.log_multiplier, "log_alpha_prime")] {
            state.extend(scalar.iter().flat_map(|scalar| scalar.state(name)));
        }
        state
    }
}

/// What is reported of the first or second critic's values `[lane, row, 1 + 3 n]` and losses.
fn critic_diagnostics(
    i: usize,
    q: &Tensor,
    loss: Tensor,
    difference: &Tensor,
    conservative_loss: &Tensor,
) -> [(&'static str, Tensor); 8] {
    const NAMES: [[&str; 8]; 2] = [
        [
            "qf1_loss",
            "cql_min_qf1_loss",
            "cql_qf1_diff",
            "average_qf1",
            "cql_q1_rand",
            "cql_q1_next_actions",
            "cql_q1_current_actions",
            "cql_std_q1",
        ],
        [
            "qf2_loss",
            "cql_min_qf2_loss",
            "cql_qf2_diff",
            "average_qf2",
            "cql_q2_rand",
            "cql_q2_next_actions",
            "cql_q2_current_actions",
            "cql_std_q2",
        ],
    ];
    let (lanes, n) = (q.size()[0], (q.size()[2] - 1) / 3);
    let mean = |start: i64, length: i64| losses::per_lane_mean(&q.narrow(2, start, length));
    let spread = q.std_dim([2_i64].as_slice(), true, true).mean_dim([1_i64, 2].as_slice(), false, Kind::Float);
    let values = [
        loss,
        conservative_loss.view(lanes),
        difference.view(lanes),
        mean(0, 1),
        mean(1, n),
        mean(1 + n, n),
        mean(1 + 2 * n, n),
        spread,
    ];
    let mut names = NAMES[i].into_iter();
    values.map(|value| (names.next().expect("as many names as values"), value))
}

impl CqlNoise {
    fn draw(config: &CqlConfig, rngs: &mut [Prng], rows: usize, action_size: usize, device: Device) -> Self {
        let shape = |n: usize| [rows, n, action_size].map(|size| size as i64);
        let n = config.sampled_actions;
        Self {
            policy: lane_normals(rngs, &shape(1), device),
            target: lane_normals(rngs, &shape(if config.max_target_backup { n } else { 1 }), device),
            random_actions: lane_uniforms(rngs, &shape(n), device),
            current: lane_normals(rngs, &shape(n), device),
            next: lane_normals(rngs, &shape(n), device),
        }
    }
}

impl Learner for Cql {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        let (rows, device) = (batch.states.rows(), self.policy.input.device());
        let noise = CqlNoise::draw(&self.config, &mut self.rngs, rows, self.interface.action_size, device);
        self.update_with_noise(batch, &noise)
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
