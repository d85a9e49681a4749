//! The critic of QT-Opt and of AW-Opt: a network, two that follow it, and the search for the best action.

use rl::{Intent, Prng};
use tch::{Kind, Tensor, no_grad};

use crate::cem::{Best, CemConfig};
use crate::losses;
use crate::nets::{Cnn, Features, Pass, TrainedCnn};
use crate::noise::lane_normals;
use crate::qt_opt::QtOptConfig;
use crate::sight::{Experience, Sight, SightInput};
use crate::{Device, Interface};

/// Q in (0, 1): the sigmoid of a network's output.
#[derive(Debug)]
pub(crate) struct Critic {
    q: TrainedCnn,
    /// Follows `q` by a share of the way in every update.
    averaged: Cnn,
    /// A copy of the averaged network, made anew every so many updates.
    lagged: Cnn,
    /// Updates so far; a tensor, so that it is saved with the rest.
    updates: Tensor,
    cem: CemConfig,
    action_size: i64,
}

/// What an update tells.
#[derive(Debug)]
pub(crate) struct Learned {
    /// Q before the step, `[lane, row, 1]`.
    pub(crate) q: Tensor,
    /// What it was pulled to, `[lane, row, 1]`.
    pub(crate) targets: Tensor,
    /// `[lane]`.
    pub(crate) loss: Tensor,
}

impl Critic {
    pub(crate) fn new(config: &QtOptConfig, input: &SightInput, interface: &Interface, rngs: &mut [Prng]) -> Self {
        let vector_size = interface.action_size + interface.state_size();
        let network = Cnn::new(config.network, input.window(), vector_size, 1, rngs, input.device());
        let (averaged, lagged) = (network.duplicate(), network.duplicate());
        Self {
            q: TrainedCnn::new(network, config.optimiser, config.weight_decay),
            averaged,
            lagged,
            updates: Tensor::zeros([1], (Kind::Int64, tch::Device::Cpu)),
            cem: config.cem,
            action_size: interface.action_size as i64,
        }
    }

    pub(crate) fn lanes(&self) -> usize {
        self.averaged.lanes()
    }

    /// The best actions, by the trained network in exploring and by the averaged one otherwise (`tensor2robot` exports
    /// averaged weights, too); `extra` ones `[lane, row, action]` are among the candidates. The values are those before
    /// the sigmoid.
    pub(crate) fn best(&self, sight: &Sight, intent: Intent, extra: Option<&Tensor>, rngs: &mut [Prng]) -> Best {
        let network = match intent {
            Intent::Explore => self.q.network(),
            Intent::Exploit => &self.averaged,
        };
        search(network, self.cem, self.action_size, sight, extra, rngs)
    }

    /// Q of two actions `[lane, row, action]` in the same states by the trained network, each `[lane, row, 1]`.
    pub(crate) fn values(&self, sight: &Sight, actions: [&Tensor; 2]) -> [Tensor; 2] {
        values(self.q.network(), sight, actions)
    }

    /// The value of states, `[lane, row, 1]`: the averaged network chooses the best action, and the lower one of what
    /// the two following networks say of it counts (clipped double Q-learning, Fujimoto et al. 2018).
    fn target_values(&self, sight: &Sight, extra: Option<&Tensor>, rngs: &mut [Prng]) -> Tensor {
        let best = search(&self.averaged, self.cem, self.action_size, sight, extra, rngs);
        let [lagged] = values(&self.lagged, sight, [&best.actions]);
        best.values.sigmoid().minimum(&lagged)
    }

    /// QT-Opt's update: a step towards what the following networks say, which then follow. `next_extra` actions
    /// `[lane, row, action]` are candidates in the next states.
    pub(crate) fn learn(
        &mut self,
        config: &QtOptConfig,
        experience: &Experience,
        next_extra: Option<&Tensor>,
        rngs: &mut [Prng],
    ) -> Learned {
        let Experience { sight, actions, rewards, next_sight, bootstraps } = experience;
        let next_values = self.target_values(next_sight, next_extra, rngs);
        let targets = (next_values * bootstraps * config.discount + rewards).clamp_(0.0, 1.0);
        let [q, loss] = self.step_towards(sight, actions, &targets, config.learning_rate);
        self.follow(config.tau, config.lag);
        Learned { q, targets, loss }
    }

    /// One step of the trained network towards `targets` `[lane, row, 1]` for actions. Returns Q before the step,
    /// `[lane, row, 1]`, and the loss `[lane]`.
    fn step_towards(&mut self, sight: &Sight, actions: &Tensor, targets: &Tensor, rate: f64) -> [Tensor; 2] {
        let network = self.q.network();
        let vectors = Tensor::cat(&[actions, &sight.states], 2);
        let logits = network.head(&network.encode(&sight.images, Pass::Train), &vectors, Pass::Train);
        let loss = losses::cross_entropy(&logits.detach(), targets);
        self.q.step(&logits, &loss.gradient, rate);
        [logits.detach().sigmoid(), loss.value]
    }

    /// The two networks follow: one by the share `tau`, the other in every `lag`th call.
    fn follow(&mut self, tau: f64, lag: u64) {
        self.averaged.soft_update(self.q.network(), tau);
        self.updates += 1;
        if self.updates.int64_value(&[0]) % lag as i64 == 0 {
            self.lagged.soft_update(&self.averaged, 1.0);
        }
    }

    /// Everything by its name in a checkpoint.
    pub(crate) fn state(&self) -> Vec<(String, Tensor)> {
        let mut state = self.q.state("q");
        state.extend(self.averaged.state("q_averaged"));
        state.extend(self.lagged.state("q_lagged"));
        state.push((String::from("q/updates"), self.updates.shallow_clone()));
        state
    }
}

/// The best actions by a network.
fn search(
    network: &Cnn,
    cem: CemConfig,
    action_size: i64,
    sight: &Sight,
    extra: Option<&Tensor>,
    rngs: &mut [Prng],
) -> Best {
    let (rows, device) = (sight.states.size()[1], Device(sight.states.device()));
    no_grad(|| {
        let features = network.encode(&sight.images, Pass::Eval);
        let noise = || lane_normals(rngs, &[rows, cem.samples as i64, action_size], device);
        cem.maximise(noise, extra, |candidates| logits(network, &features, candidates, &sight.states))
    })
}

/// Q of several actions `[lane, row, action]` in the same states, each `[lane, row, 1]`.
fn values<const N: usize>(network: &Cnn, sight: &Sight, actions: [&Tensor; N]) -> [Tensor; N] {
    no_grad(|| {
        let features = network.encode(&sight.images, Pass::Eval);
        let values = logits(network, &features, &Tensor::stack(&actions, 2), &sight.states).sigmoid();
        std::array::from_fn(|i| values.narrow(2, i as i64, 1))
    })
}

/// Outputs `[lane, row, candidate]` for candidates `[lane, row, candidate, action]`, each beside its row's state.
fn logits(network: &Cnn, features: &Features, candidates: &Tensor, states: &Tensor) -> Tensor {
    let [lanes, rows, count, _] = candidates.size()[..] else { unreachable!("[lane, row, candidate, action]") };
    let states = states.unsqueeze(2).expand([-1, -1, count, -1], false);
    let vectors = Tensor::cat(&[candidates, &states], 3).view([lanes, rows * count, -1]);
    network.head(features, &vectors, Pass::Eval).view([lanes, rows, count])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;
    use crate::nets::{Vision, Widths};
    use crate::noise::normals;
    use crate::qt_opt::QtOptConfig;
    use rl::{ImageShape, LaneRows, ObservationRows};

    fn interface() -> Interface {
        let image = Some(ImageShape { height: 16, width: 16, channels: 1 });
        Interface { state_center: vec![0.0], state_spread: vec![1.0], action_size: 2, image }
    }

    fn rngs() -> Vec<Prng> {
        (0..2).map(|seed| Prng::derive("critic", seed, "test")).collect()
    }

    fn tensor(critic: &Critic, network: &str) -> Tensor {
        let named = critic.state().into_iter().filter(|(name, _)| name.starts_with(network) && name != "q/updates");
        Tensor::cat(&named.map(|(_, tensor)| tensor.reshape([2, -1])).collect::<Vec<_>>(), 1)
    }

    /// Two critics whose following networks differ as the seeds say, and three states.
    fn critic(seeds: [u64; 2]) -> (Critic, Sight, QtOptConfig) {
        let config = QtOptConfig {
            network: Vision::Points(Widths { filters: 16, hidden: 128 }),
            tau: 0.1,
            lag: 3,
            ..QtOptConfig::small()
        };
        let input = SightInput::new(config.inputs, None, &interface(), Device::CPU);
        let critic = Critic::new(&config, &input, &interface(), &mut rngs());
        for (network, seed) in [&critic.averaged, &critic.lagged].into_iter().zip(seeds) {
            let noise = normals(&network.parameters().size(), &mut Prng::derive("critic", seed, "noise"));
            _ = network.parameters().shallow_clone().g_add_(&(noise * 0.3));
        }
        let image =
            rl::ImageRows::from_vec(2, 3, interface().image.expect("pictures"), (0..=255).cycle().take(1536).collect());
        let observations =
            ObservationRows { image: Some(image), ..ObservationRows::of_states(LaneRows::zeros(2, 3, 1)) };
        let sight = input.upload_observations(&observations);
        (critic, sight, config)
    }

    #[test]
    fn the_averaged_network_chooses_and_the_lower_one_counts() {
        let lower = [[0, 1], [1, 0]].map(|seeds| {
            let (critic, sight, _) = critic(seeds);
            let found = critic.target_values(&sight, None, &mut rngs());
            let best = search(&critic.averaged, critic.cem, 2, &sight, None, &mut rngs());
            let [averaged] = values(&critic.averaged, &sight, [&best.actions]);
            let [lagged] = values(&critic.lagged, &sight, [&best.actions]);
            assert!((&best.values.sigmoid() - &averaged).abs().max().double_value(&[]) < 1e-6);
            assert!((found - averaged.minimum(&lagged)).abs().max().double_value(&[]) < 1e-6);
            averaged.lt_tensor(&lagged).to_kind(Kind::Float).mean(Kind::Float).double_value(&[])
        });
        assert!(lower.iter().any(|share| *share > 0.0) && lower.iter().any(|share| *share < 1.0), "{lower:?}");
    }

    #[test]
    fn the_averaged_network_is_judged_and_the_trained_one_explores() {
        let (critic, sight, _) = critic([0, 1]);
        let by = |network: &Cnn| search(network, critic.cem, 2, &sight, None, &mut rngs()).actions;
        let best = |intent| critic.best(&sight, intent, None, &mut rngs()).actions;
        assert_eq!(best(Intent::Exploit), by(&critic.averaged));
        assert_eq!(best(Intent::Explore), by(critic.q.network()));
        assert_ne!(best(Intent::Exploit), best(Intent::Explore));
    }

    #[test]
    fn one_network_follows_smoothly_and_one_in_leaps() {
        let (mut critic, _, config) = critic([0, 1]);
        let [q, mut averaged, mut lagged] = ["q/", "q_averaged", "q_lagged"].map(|name| tensor(&critic, name).copy());
        for update in 1..=6 {
            critic.follow(config.tau, config.lag);
            averaged = &averaged + (&q - &averaged) * 0.1;
            if update % 3 == 0 {
                lagged = averaged.copy();
            }
            for (name, expected) in [("q_averaged", &averaged), ("q_lagged", &lagged)] {
                let off = (tensor(&critic, name) - expected).abs().max().double_value(&[]);
                assert!(off < 1e-6, "{name} is off by {off} after update {update}");
            }
        }
    }
}
