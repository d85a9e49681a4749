//! All randomness of the project.

use rand::{RngExt, SeedableRng, rand_core::Rng};
use rand_distr::StandardNormal;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A random stream named by what it is for. Its state can be saved, and goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prng(Pcg64Mcg);

impl Prng {
    /// The stream of `(key, seed, purpose)`. Streams of different names are independent, and none depends on how
    /// many others exist or in which order they were made.
    pub fn derive(key: &str, seed: u64, purpose: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [key.as_bytes(), &seed.to_le_bytes(), purpose.as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        Self(Pcg64Mcg::from_seed(digest[..16].try_into().expect("16 of 32 bytes")))
    }

    /// Uniform from `low` to `high`; rounding may give `high` itself.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// Normal with mean 0 and standard deviation 1.
    pub fn normal(&mut self) -> f32 {
        self.0.sample(StandardNormal)
    }

    /// Uniform in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "cannot draw from an empty range");
        self.0.random_range(0..n)
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// An index drawn in proportion to the weights, which need not sum to 1.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.0.random::<f64>() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        // Rounding only: the last index that can be drawn at all.
        weights.iter().rposition(|weight| *weight > 0.0).expect("a positive weight")
    }

    /// 64 uniformly random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// `n` different numbers of `0..of`, in random order.
    pub fn choose(&mut self, n: usize, of: usize) -> Vec<usize> {
        assert!(n <= of, "cannot choose {n} of {of}");
        let mut indices: Vec<usize> = (0..of).collect();
        for i in 0..n {
            let j = i + self.below(of - i);
            indices.swap(i, j);
        }
        indices.truncate(n);
        indices
    }
}

#[cfg(test)]
mod tests {
    use super::Prng;

    #[test]
    fn streams_are_named_not_numbered() {
        let draw = |key: &str, seed, purpose: &str| Prng::derive(key, seed, purpose).normal();
        assert_eq!(draw("a", 1, "x"), draw("a", 1, "x"));
        for other in [draw("b", 1, "x"), draw("a", 2, "x"), draw("a", 1, "y"), draw("a1", 1, "x")] {
            assert_ne!(draw("a", 1, "x"), other);
        }
    }

    #[test]
    fn moments_are_right() {
        let mut rng = Prng::derive("test", 0, "moments");
        let n = 200_000_i32;
        let normals: Vec<f64> = (0..n).map(|_| f64::from(rng.normal())).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let variance = normals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "mean {mean}, variance {variance}");
        let uniform = (0..n).map(|_| f64::from(rng.uniform(-1.0, 3.0))).sum::<f64>() / f64::from(n);
        assert!((uniform - 1.0).abs() < 0.02, "mean {uniform}");
    }

    #[test]
    fn weights_are_shares() {
        let mut rng = Prng::derive("test", 0, "weighted");
        let mut counts = [0; 4];
        (0..40_000).for_each(|_| counts[rng.weighted(&[1.0, 0.0, 2.0, 1.0])] += 1);
        assert_eq!(counts[1], 0, "no weight, no draw");
        for (count, expected) in [(counts[0], 10_000_i32), (counts[2], 20_000), (counts[3], 10_000)] {
            assert!((count - expected).abs() < 500, "{counts:?}");
        }
    }

    #[test]
    fn choose_takes_each_once() {
        let mut chosen = Prng::derive("test", 0, "choose").choose(50, 50);
        chosen.sort_unstable();
        assert_eq!(chosen, (0..50).collect::<Vec<_>>());
    }
}
