//! Proximal policy optimisation (Schulman et al. 2017): the clipped objective, and advantages by generalised estimation
//! (Schulman et al. 2016).
//!
//! Not one of the paper's learners. It makes an expert for data where no script is at hand, as D4RL's experts of the hand
//! were trained by policy gradients; and since it learns only from what its policy of the moment did, it is no
//! [`rl::Learner`].
//!
//! Departures from Schulman et al.: the spread of the exploration is fixed, networks have rectifiers instead of tanh (and
//! the actor a tanh at its end), rewards are scaled, advantages are normalised, and an update ends early when the policy
//! has moved far.

use std::path::Path;

use rl::{CheckpointError, Diagnostics, LaneRows, Policy, Prng};
use tch::{Kind, Tensor};

use crate::batch::{StateInput, diagnostics, download, upload};
use crate::checkpoint::{self, Header};
use crate::nets::{Actor, Trained};
use crate::policy::ActorPolicy;
use crate::{BcConfig, BcLoss, Device, Inputs, Interface, LearnerConfig, losses};

/// What the actor's last weights are multiplied with at first, so that it begins near the middle of every joint.
const SMALL_END: f64 = 0.01;

/// Hyperparameters, by the papers' names.
#[derive(Debug, Clone, PartialEq)]
pub struct PpoConfig {
    /// Discount per step, in [0, 1].
    pub discount: f32,
    /// How much of an advantage comes from rewards far ahead instead of from the value network, in [0, 1].
    pub lambda: f32,
    /// How far the ratio of new to old likelihood counts: from 1 - clip to 1 + clip.
    pub clip: f64,
    /// Standard deviation of the exploration, the same in every component and for good.
    pub std: f64,
    /// Passes over the steps of an update, at most.
    pub epochs: usize,
    /// A pass is the last one if the policy had moved by more than this (mean log-ratio of old to new likelihood, taken
    /// row by row on the way).
    pub max_divergence: f64,
    /// Rows of a minibatch.
    pub batch_rows: usize,
    /// Learning rate of the actor.
    pub learning_rate: f64,
    /// Learning rate of the value network.
    pub value_learning_rate: f64,
    /// Widths of the hidden layers of both networks.
    pub hidden: Vec<usize>,
    /// Rewards are learned from times this, so that the value network need not reach thousands.
    pub reward_scale: f32,
}

impl PpoConfig {
    /// For the hand's pen under D4RL's dense reward. Clip, lambda, epochs, hidden layers and the actor's rate are the
    /// paper's for MuJoCo (section 6.1, its tables 1 and 3); the others are a first choice that served
    /// (results/pilots/hand).
    pub fn pen() -> Self {
        Self {
            discount: 0.98,
            lambda: 0.95,
            clip: 0.2,
            std: 0.4,
            epochs: 10,
            max_divergence: 0.03,
            batch_rows: 500,
            learning_rate: 3e-4,
            value_learning_rate: 1e-3,
            hidden: vec![64, 64],
            reward_scale: 0.1,
        }
    }
}

/// What happened in an episode, from its start to its end or to where it was cut off.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trajectory {
    /// States one after the other, one more than actions.
    pub states: Vec<f32>,
    /// Actions one after the other, as they were taken. Those drawn beyond [-1, 1] were clipped and count as if drawn at the
    /// edge, so that gradients are too small, and biased inwards, for joints near their ends.
    pub actions: Vec<f32>,
    /// A reward for each action.
    pub rewards: Vec<f32>,
    /// Whether nothing can be earned after the last state.
    pub terminated: bool,
}

/// An actor and a value network.
#[derive(Debug)]
pub struct Ppo {
    config: PpoConfig,
    interface: Interface,
    rng: Prng,
    value: Trained,
    policy: ActorPolicy,
}

impl Ppo {
    /// Fresh networks.
    ///
    /// # Panics
    /// When the spread or the rows of a minibatch are not above 0, or there is no hidden layer.
    pub fn new(config: PpoConfig, interface: Interface, rng: Prng, device: Device) -> Self {
        assert!(config.std > 0.0 && config.batch_rows > 0 && !config.hidden.is_empty(), "{config:?}");
        let sizes = |output: usize| [&[interface.state_size()], config.hidden.as_slice(), &[output]].concat();
        let mut rngs = [rng];
        let log_std = config.std.ln();
        let actor = Actor::gaussian(&sizes(interface.action_size), 0.0, &mut rngs, device)
            .with_log_std_range((log_std, log_std))
            .with_scaled_end(SMALL_END);
        let value = Trained::orthogonal(&sizes(1), &mut rngs, device);
        let input = StateInput::new(Inputs::Scaled, &interface, device);
        let [rng] = rngs;
        Self { config, interface, rng, value, policy: ActorPolicy { actor, input } }
    }

    /// The policy as it stands; it explores by [`PpoConfig::std`].
    pub fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    /// Writes the policy, without its exploration, as that of a deterministic clone, which [`crate::open`] reads.
    ///
    /// # Errors
    ///
    /// As [`rl::Learner::save`].
    pub fn save_policy(&self, directory: &Path) -> Result<(), CheckpointError> {
        let config = BcConfig {
            loss: BcLoss::SquaredError,
            learning_rate: self.config.learning_rate,
            hidden: self.config.hidden.clone(),
            dropout: 0.0,
            inputs: Inputs::Scaled,
        };
        let header = Header {
            config: LearnerConfig::Bc(config),
            interface: self.interface.clone(),
            rngs: vec![self.rng.clone()],
        };
        checkpoint::save(directory, &header, self.policy.actor.state("actor"))
    }

    /// Learns from episodes of [`Ppo::policy`] as it stood until now. Tells the value network's last loss and how far the
    /// policy has moved.
    ///
    /// # Panics
    /// When there are no episodes.
    pub fn update(&mut self, trajectories: Vec<Trajectory>) -> Diagnostics {
        let Self { config, rng, value, policy: ActorPolicy { actor, input }, interface } = self;
        assert!(!trajectories.is_empty(), "nothing to learn from");
        let (mut states, mut actions, mut advantages, mut returns) = (vec![], vec![], vec![], vec![]);
        for Trajectory { states: seen, actions: taken, rewards, terminated } in trajectories {
            let seen = input.upload(&LaneRows::from_vec(1, rewards.len() + 1, interface.state_size(), seen));
            let values = download(&value.forward(&seen).output);
            let estimates = advantage_estimates(&rewards, &values, terminated, config);
            returns.extend(estimates.iter().zip(&values).map(|(advantage, value)| advantage + value));
            states.push(seen.narrow(1, 0, rewards.len() as i64));
            actions.extend(taken);
            advantages.extend(estimates);
        }
        let count = advantages.len();
        let column = |numbers, features| upload(&LaneRows::from_vec(1, count, features, numbers), input.device());
        let states = Tensor::cat(&states, 1); // [1, step, state]
        let actions = column(actions, interface.action_size);
        let (returns, advantages) = (column(returns, 1), column(advantages, 1));
        let advantages = (&advantages - advantages.mean(Kind::Float)) / (advantages.std(false) + 1e-6);
        // Less what depends on the spread alone, which falls out of every ratio since it never changes.
        let likelihood = |actor: &Actor, states: &Tensor, actions: &Tensor| {
            let z = (actions - actor.mean(states)) / config.std;
            z.square().sum_dim_intlist([2_i64].as_slice(), true, Kind::Float) * -0.5
        };
        let old = likelihood(actor, &states, &actions);

        let mut order: Vec<i64> = (0..count as i64).collect();
        let (mut value_loss, mut divergence) = (Tensor::zeros([1], (Kind::Float, input.device().0)), 0.0);
        for _ in 0..config.epochs {
            for i in (1..count).rev() {
                order.swap(i, rng.below(i + 1));
            }
            let mut moved = 0.0;
            for rows in order.chunks(config.batch_rows) {
                let rows = Tensor::from_slice(rows).to_device(input.device().0);
                let [states, actions, advantages, returns, old] =
                    [&states, &actions, &advantages, &returns, &old].map(|all| all.index_select(1, &rows));

                // Actor: the gradient of the clipped objective is that of a log-likelihood, weighted.
                let log_ratio = likelihood(actor, &states, &actions) - old;
                let weight = likelihood_weight(&log_ratio.exp(), &advantages, config.clip);
                _ = actor.step_likelihood(&states, &actions, &weight, config.learning_rate, &mut []);
                moved -= log_ratio.sum(Kind::Float).double_value(&[]) / count as f64;

                // Value: towards the returns.
                let v = value.forward(&states);
                let loss = losses::squared_error(&v.output, &returns);
                value.step(&v, loss.gradient, config.value_learning_rate);
                value_loss = loss.value;
            }
            divergence = moved;
            if divergence > config.max_divergence {
                break;
            }
        }
        let divergence = Tensor::from_slice(&[divergence as f32]).to_device(input.device().0);
        diagnostics(&[("value_loss", value_loss), ("divergence", divergence)])
    }
}

/// Generalised advantage estimates of each step (Schulman et al. 2016, equation 16), by the `values` of all states.
fn advantage_estimates(rewards: &[f32], values: &[f32], terminated: bool, config: &PpoConfig) -> Vec<f32> {
    let mut estimates = vec![0.0; rewards.len()];
    let mut advantage = 0.0;
    for step in (0..rewards.len()).rev() {
        let over = terminated && step + 1 == rewards.len();
        let next = if over { 0.0 } else { values[step + 1] };
        let td_error = config.reward_scale * rewards[step] + config.discount * next - values[step];
        advantage = td_error + config.discount * config.lambda * advantage;
        estimates[step] = advantage;
    }
    estimates
}

/// The weights `[1, row, 1]` with which the log-likelihood has the gradient of the clipped objective
/// min(ratio x advantage, clipped ratio x advantage) (Schulman et al. 2017, equation 7): ratio x advantage, or 0 beyond the
/// clip where the ratio has gone the way that the advantage asks for.
fn likelihood_weight(ratio: &Tensor, advantages: &Tensor, clip: f64) -> Tensor {
    let too_high = ratio.gt(1.0 + clip).logical_and(&advantages.gt(0.0));
    let too_low = ratio.lt(1.0 - clip).logical_and(&advantages.lt(0.0));
    (ratio * advantages).masked_fill(&too_high.logical_or(&too_low), 0.0)
}

#[cfg(test)]
mod tests {
    use rl::{Intent, ObservationRows};

    use super::*;

    fn interface() -> Interface {
        Interface { state_center: vec![0.0; 2], state_spread: vec![1.0; 2], action_size: 1, image: None }
    }

    /// Two steps by hand, with a discount of 0.5 and lambda of 0.5: surprises 1 + 0.5 x 4 - 2 = 1 and 3 + 0.5 x 6 - 4 = 2
    /// (or 3 - 4 = -1 where the episode truly ends); the first also gets a quarter of the second.
    #[test]
    fn advantages_by_hand() {
        let config = PpoConfig { discount: 0.5, lambda: 0.5, reward_scale: 1.0, ..PpoConfig::pen() };
        let estimates = |terminated| advantage_estimates(&[1.0, 3.0], &[2.0, 4.0, 6.0], terminated, &config);
        assert_eq!(estimates(false), [1.5, 2.0]);
        assert_eq!(estimates(true), [0.75, -1.0]);
        let halved = PpoConfig { reward_scale: 0.5, ..config };
        assert_eq!(advantage_estimates(&[1.0, 3.0], &[2.0, 4.0, 6.0], false, &halved), [0.625, 0.5]);
    }

    /// For ratios on both sides of the clip and advantages of both signs.
    #[test]
    fn the_weighted_likelihood_has_the_objectives_gradient() {
        let log_ratio = Tensor::from_slice(&[0.3_f32, 0.3, -0.3, -0.3, 0.1, -0.1]).view([1, 6, 1]);
        let advantages = Tensor::from_slice(&[2.0_f32, -2.0, 2.0, -2.0, 1.0, -1.0]).view([1, 6, 1]);
        let leaf = log_ratio.copy().set_requires_grad(true);
        let ratio = leaf.exp();
        let objective = (&ratio * &advantages).minimum(&(ratio.clamp(0.8, 1.2) * &advantages));
        objective.sum(Kind::Float).backward();
        let weight = likelihood_weight(&log_ratio.exp(), &advantages, 0.2);
        let difference = (&weight - leaf.grad()).abs().max().double_value(&[]);
        assert!(difference < 1e-6, "{weight:?} is not the gradient {:?}", leaf.grad());
        assert_eq!(weight.eq(0.0).sum(Kind::Int64).int64_value(&[]), 2, "two of them are clipped");
    }

    /// One step an episode; the reward is highest where the action equals half the state's first number.
    #[test]
    fn it_finds_the_action_that_pays() {
        let config = PpoConfig { batch_rows: 64, learning_rate: 3e-3, reward_scale: 1.0, ..PpoConfig::pen() };
        let mut ppo = Ppo::new(config, interface(), Prng::derive("ppo", 0, "init"), Device::CPU);
        let mut rng = Prng::derive("ppo", 0, "episodes");
        let seen = |rng: &mut Prng| {
            let states = (0..256).flat_map(|_| [rng.uniform(-1.0, 1.0), 1.0]).collect();
            ObservationRows::of_states(LaneRows::from_vec(1, 256, 2, states))
        };
        let pays = |state: &[f32], action: f32| -(action - 0.5 * state[0]).powi(2);
        for _ in 0..30 {
            let observations = seen(&mut rng);
            let actions = ppo.policy().act(&observations, Intent::Explore, std::slice::from_mut(&mut rng));
            let episode = |row| {
                let (state, action) = (observations.state.row(0, row), actions.row(0, row));
                let rewards = vec![pays(state, action[0])];
                Trajectory { states: [state, state].concat(), actions: action.to_vec(), rewards, terminated: true }
            };
            ppo.update((0..256).map(episode).collect());
        }
        let observations = seen(&mut rng);
        let actions = ppo.policy().act(&observations, Intent::Exploit, std::slice::from_mut(&mut rng));
        let paid =
            (0..256).map(|row| pays(observations.state.row(0, row), actions.row(0, row)[0])).sum::<f32>() / 256.0;
        assert!(paid > -0.01, "on the average {paid}");
    }

    /// Episodes of three steps and of one: the value network learns what each state is worth, and far from the clip one
    /// pass is not the last.
    #[test]
    fn steps_of_episodes_of_different_lengths_keep_their_places() {
        let config = PpoConfig { discount: 0.5, lambda: 1.0, reward_scale: 1.0, epochs: 200, ..PpoConfig::pen() };
        let mut ppo = Ppo::new(config, interface(), Prng::derive("ppo", 2, "init"), Device::CPU);
        ppo.config.max_divergence = f64::INFINITY;
        let long = || Trajectory {
            states: vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 0.0],
            actions: vec![0.1, -0.1, 0.0],
            rewards: vec![1.0, 2.0, 4.0],
            terminated: true,
        };
        let short = || Trajectory {
            states: vec![0.0, -1.0, 0.0, 0.0],
            actions: vec![0.2],
            rewards: vec![8.0],
            terminated: true,
        };
        for _ in 0..10 {
            ppo.update(vec![long(), short(), long()]);
        }
        let states = LaneRows::from_vec(1, 4, 2, vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0, -1.0]);
        let values = download(&ppo.value.forward(&ppo.policy.input.upload(&states)).output);
        for (value, expected) in values.iter().zip([3.0, 4.0, 4.0, 8.0]) {
            assert!((value - expected).abs() < 0.1, "{values:?}");
        }
    }

    /// What is saved acts as the expert does, without its exploration.
    #[test]
    fn the_policy_is_saved_as_a_clones() {
        let ppo = Ppo::new(PpoConfig::pen(), interface(), Prng::derive("ppo", 1, "init"), Device::CPU);
        let folder = tempfile::tempdir().unwrap();
        ppo.save_policy(folder.path()).unwrap();
        let saved = crate::open(folder.path(), Device::CPU).unwrap();
        let states = LaneRows::from_vec(1, 3, 2, vec![0.1, 0.2, -0.3, 0.4, 2.0, -1.0]);
        let observations = ObservationRows::of_states(states);
        let act = |policy: &dyn Policy, intent| policy.act(&observations, intent, &mut [Prng::derive("x", 0, "x")]);
        let best = act(ppo.policy(), Intent::Exploit);
        assert_ne!(act(ppo.policy(), Intent::Explore), best);
        for intent in [Intent::Exploit, Intent::Explore] {
            assert_eq!(act(saved.policy(), intent), best);
        }
    }
}
