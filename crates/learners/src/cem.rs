//! The cross-entropy method, which finds good actions by trying many.

use serde::{Deserialize, Serialize};
use tch::Tensor;

/// How the cross-entropy method searches (Rubinstein and Kroese 2004), in the form of `tensor2robot`,
/// `utils/cross_entropy.py` and `policies/policies.py`: candidates of a round are drawn from a normal distribution of
/// each component, at first that of mean 0 and standard deviation 1; the next round's has the moments of the best of
/// them; the best candidate of the last round is the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CemConfig {
    /// Candidates of a round.
    pub samples: usize,
    /// Candidates that the next round's distribution is made of, in `2..=samples`.
    pub elites: usize,
    /// Rounds, at least one.
    pub iterations: usize,
}

/// What a search has found for each row.
#[derive(Debug)]
pub(crate) struct Best {
    /// `[lane, row, action]`, in [-1, 1].
    pub(crate) actions: Tensor,
    /// Their scores, `[lane, row, 1]`.
    pub(crate) values: Tensor,
}

impl CemConfig {
    /// QT-Opt's own numbers: 2 rounds of 64 candidates, 6 elites (from memory of the paper; a public re-implementation
    /// has the same).
    pub fn published() -> Self {
        Self { samples: 64, elites: 6, iterations: 2 }
    }

    /// Searches for the actions of the highest score. `noise` gives standard normal numbers
    /// `[lane, row, sample, action]` for each round, and `score` the scores `[lane, row, candidate]` of candidates
    /// `[lane, row, candidate, action]`. `extra` actions `[lane, row, action]` are one more candidate in every round.
    pub(crate) fn maximise(
        &self,
        mut noise: impl FnMut() -> Tensor,
        extra: Option<&Tensor>,
        score: impl Fn(&Tensor) -> Tensor,
    ) -> Best {
        assert!(self.iterations > 0, "no round");
        let (mut round, mut moments) = (0, None::<(Tensor, Tensor)>);
        loop {
            let noise = noise();
            let drawn = match &moments {
                None => noise,
                Some((mean, std)) => noise * std + mean,
            };
            let drawn = drawn.clamp(-1.0, 1.0);
            let candidates = match extra {
                None => drawn,
                Some(extra) => Tensor::cat(&[drawn, extra.unsqueeze(2)], 2),
            };
            let (values, ranked) = score(&candidates).topk(self.elites as i64, -1, true, true);
            let action_size = candidates.size()[3];
            let elites = candidates.gather(2, &ranked.unsqueeze(-1).expand([-1, -1, -1, action_size], false), false);
            round += 1;
            if round == self.iterations {
                return Best { actions: elites.select(2, 0), values: values.narrow(2, 0, 1) };
            }
            let over_elites = [2_i64].as_slice();
            let mean = elites.mean_dim(over_elites, true, tch::Kind::Float);
            moments = Some((mean, elites.std_dim(over_elites, true, true)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;
    use crate::noise::lane_normals;
    use rl::Prng;
    use tch::Kind;

    /// Minus the squared distance to a peak of each lane and row, `[lane, row, action]`.
    fn quadratic(peaks: &Tensor) -> impl Fn(&Tensor) -> Tensor {
        |candidates| -(candidates - peaks.unsqueeze(2)).square().sum_dim_intlist([3_i64].as_slice(), false, Kind::Float)
    }

    fn search(cem: CemConfig, peaks: &Tensor, extra: Option<&Tensor>) -> Best {
        let size = peaks.size();
        let mut rngs: Vec<Prng> = (0..size[0] as u64).map(|seed| Prng::derive("cem", seed, "noise")).collect();
        let noise = || lane_normals(&mut rngs, &[size[1], cem.samples as i64, size[2]], Device::CPU);
        cem.maximise(noise, extra, quadratic(peaks))
    }

    fn furthest(best: &Best, peaks: &Tensor) -> f64 {
        (&best.actions - peaks).abs().max().double_value(&[])
    }

    #[test]
    fn the_peak_of_a_quadratic_is_found() {
        let peaks = Tensor::from_slice(&[0.3_f32, -0.8, 0.0, 0.9, -1.0, 0.5]).view([2, 1, 3]);
        let far: Vec<f64> = [1, 3, 10]
            .map(|iterations| furthest(&search(CemConfig { samples: 64, elites: 6, iterations }, &peaks, None), &peaks))
            .into();
        assert!(far[0] > far[1] && far[1] > far[2], "{far:?}");
        assert!(far[2] < 0.01, "{far:?}");
        // A peak outside the bounds: the nearest corner.
        let best = search(CemConfig { iterations: 10, ..CemConfig::published() }, &(peaks.sign() * 3.0 + 1.5), None);
        let corner = Tensor::from_slice(&[1.0_f32, -1.0, 1.0, 1.0, -1.0, 1.0]).view([2, 1, 3]);
        assert!(furthest(&best, &corner) < 1e-6, "{}", best.actions);
    }

    /// What is left of the error in six components, as of a grasp, by the number of rounds (results/pilots/grasping).
    #[test]
    fn a_third_round_halves_the_error() {
        let mut rng = Prng::derive("cem", 0, "peaks");
        let peaks: Vec<f32> = (0..6 * 200).map(|_| rng.uniform(-0.7, 0.7)).collect();
        let peaks = Tensor::from_slice(&peaks).view([1, 200, 6]);
        let errors = [2, 3].map(|iterations| {
            let best = search(CemConfig { iterations, ..CemConfig::published() }, &peaks, None);
            (&best.actions - &peaks).square().mean(Kind::Float).sqrt().double_value(&[])
        });
        assert!(errors[0] > 0.12 && errors[1] < 0.6 * errors[0], "{errors:?}");
    }

    /// Three candidates, two elites, two rounds, by hand.
    #[test]
    fn rounds_follow_the_elites_moments() {
        let rounds = [[-2.0_f32, 0.1, 0.3], [0.0, 1.0, 4.0]].map(|draws| Tensor::from_slice(&draws).view([1, 1, 3, 1]));
        let mut noise = rounds.iter().map(Tensor::shallow_clone);
        let cem = CemConfig { samples: 3, elites: 2, iterations: 2 };
        let peak = Tensor::from_slice(&[0.35_f32]).view([1, 1, 1]);
        let best = cem.maximise(|| noise.next().expect("two rounds"), None, quadratic(&peak));
        // The elites 0.1 and 0.3 have mean 0.2 and, over 2 - 1, variance 0.02; the second round tries 0.2, 0.341, 0.766.
        let expected = 0.2 + 0.02_f64.sqrt();
        assert!((best.actions.double_value(&[0, 0, 0]) - expected).abs() < 1e-6);
        assert!((best.values.double_value(&[0, 0, 0]) + (expected - 0.35).powi(2)).abs() < 1e-6);
    }

    /// Two rounds with a candidate of 0.4 in each of them, by hand.
    #[test]
    fn an_extra_candidate_is_in_every_round() {
        let rounds =
            [[-2.0_f32, 0.1, 0.2], [0.0, -3.0, 4.0]].map(|draws| Tensor::from_slice(&draws).view([1, 1, 3, 1]));
        let cem = CemConfig { samples: 3, elites: 2, iterations: 2 };
        let [extra, near, far] = [0.4_f32, 0.32, 0.42].map(|x| Tensor::from_slice(&[x]).view([1, 1, 1]));
        let best = |peak: &Tensor| {
            let mut noise = rounds.iter().map(Tensor::shallow_clone);
            cem.maximise(|| noise.next().expect("two rounds"), Some(&extra), quadratic(peak))
                .actions
                .double_value(&[0, 0, 0])
        };
        // The first round's elites are 0.4 and 0.2, whose mean the second round tries; without the candidate it would try
        // 0.15.
        assert!((best(&near) - 0.3).abs() < 1e-6, "{}", best(&near));
        // Of the second round's, 0.3 and two far away, none is as good as the candidate itself.
        assert!((best(&far) - 0.4).abs() < 1e-6, "{}", best(&far));
    }

    /// Where all draws are poor, one good candidate wins; where it is poor, it harms nobody.
    #[test]
    fn an_extra_candidate_is_never_worse_than_itself() {
        let cem = CemConfig { samples: 2, elites: 2, iterations: 1 };
        let peaks = Tensor::from_slice(&[0.123_f32, -0.456]).view([1, 2, 1]);
        assert_eq!(furthest(&search(cem, &peaks, Some(&peaks)), &peaks), 0.0);
        let [without, with] = [None, Some(&-&peaks)].map(|extra| search(cem, &peaks, extra).values);
        assert!((with - without).min().double_value(&[]) >= 0.0);
    }
}
