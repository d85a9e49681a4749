//! Losses, each with its gradient at the network's output.
//!
//! Every loss is a mean over rows for each lane; gradients are those of the sum over lanes, so that each lane's is what
//! it would be alone.

use tch::{Kind, Tensor};

/// The log standard deviation of a Gaussian actor is clipped to this range unless a configuration says otherwise
/// (official IQL code: -5 of `learner.py`, 2 of `policy.py`).
pub const LOG_STD_RANGE: (f64, f64) = (-5.0, 2.0);
/// Advantage weights are capped at this value unless a configuration says otherwise (official IQL code, `actor.py`).
pub const MAX_ADVANTAGE_WEIGHT: f64 = 100.0;

/// A loss and its gradient at the network's output.
#[derive(Debug)]
pub(crate) struct Loss {
    /// `[lane]`.
    pub(crate) value: Tensor,
    /// Of the shape of the network's output.
    pub(crate) gradient: Tensor,
}

/// Mean over rows and features, `[lane]`.
pub(crate) fn per_lane_mean(x: &Tensor) -> Tensor {
    x.mean_dim([1_i64, 2].as_slice(), false, Kind::Float)
}

/// Expectile regression of `v` to `q`, both `[lane, row, 1]` (Kostrikov et al. 2021, equation 5):
/// mean of |expectile - 1\[q < v\]| (q - v)^2. The gradient is that of `v`.
pub(crate) fn expectile(v: &Tensor, q: &Tensor, expectile: f64) -> Loss {
    let difference = q - v;
    let weight = difference.gt(0.0).to_kind(Kind::Float) * (2.0 * expectile - 1.0) + (1.0 - expectile);
    let weighted = weight * &difference;
    Loss { value: per_lane_mean(&(&weighted * &difference)), gradient: weighted * (-2.0 / rows(v)) }
}

/// Mean over rows and features of (prediction - target)^2, both `[lane, row, feature]`. The gradient is that of the
/// prediction. For critics this is IQL's equation 6.
pub(crate) fn squared_error(prediction: &Tensor, target: &Tensor) -> Loss {
    let difference = prediction - target;
    let count = rows(prediction) * features(prediction);
    Loss { value: per_lane_mean(&difference.square()), gradient: difference * (2.0 / count) }
}

/// Mean over rows of the cross-entropy between targets in [0, 1] and the sigmoid of `logits`, both `[lane, row, 1]`
/// (QT-Opt's Bellman error, Kalashnikov et al. 2018, section 4.1). The gradient is that of the logits.
pub(crate) fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Loss {
    let value = logits.clamp_min(0.0) - logits * targets + (-logits.abs()).exp().log1p();
    Loss { value: per_lane_mean(&value), gradient: (logits.sigmoid() - targets) / rows(logits) }
}

/// min(exp(inverse temperature * advantage), max), of the advantage's shape (Kostrikov et al. 2021, equation 7, where the
/// inverse temperature is called beta; the cap is the official code's, [`MAX_ADVANTAGE_WEIGHT`]).
pub(crate) fn advantage_weight(advantage: &Tensor, inverse_temperature: f64, max: f64) -> Tensor {
    (advantage * inverse_temperature).exp_().clamp_max_(max)
}

/// The number of rows times the softmax over a lane's rows of inverse temperature * min(advantage, max), `[lane, row, 1]`:
/// weights of mean 1 (rlkit's AWAC).
pub(crate) fn softmax_weight(advantage: &Tensor, inverse_temperature: f64, max: f64) -> Tensor {
    (advantage.clamp_max(max) * inverse_temperature).softmax(1, Kind::Float) * rows(advantage)
}

/// A pull of values towards those of the data's actions.
#[derive(Debug)]
pub(crate) struct Conservative {
    /// How far the values of other actions stand above those of the data's actions: mean over rows of the clipped
    /// difference, `[lane, 1, 1]`.
    pub(crate) difference: Tensor,
    /// Gradient of the difference, of the shape of the values.
    pub(crate) gradient: Tensor,
}

/// The conservative term of CQL (Kumar et al. 2020, equation 4, CQL(H)): the mean over rows of
/// temperature * log sum exp(value / temperature) - value of the data's action, each row's clipped to `clip`.
///
/// `values` is `[lane, row, 1 + n]`, the data's action first. With importance sampling (their appendix),
/// `log_density` `[lane, row, n]` says how likely the n other actions were drawn; it is taken from their values, and
/// the sum is over them alone. Without it the sum is over all values as they are.
pub(crate) fn conservative(
    values: &Tensor,
    log_density: Option<&Tensor>,
    temperature: f64,
    (low, high): (f64, f64),
) -> Conservative {
    let others = values.size()[2] - 1;
    let data = values.narrow(2, 0, 1);
    let numbers = match log_density {
        Some(log_density) => values.narrow(2, 1, others) - log_density,
        None => values.shallow_clone(),
    } / temperature;
    let excess = numbers.logsumexp([2_i64].as_slice(), true) * temperature - data;
    let pull = excess.ge(low).logical_and(&excess.le(high)).to_kind(Kind::Float) / rows(values); // [lane, row, 1]
    let gradient = values.zeros_like();
    let summed = numbers.size()[2];
    gradient.narrow(2, 1 + others - summed, summed).copy_(&(numbers.softmax(2, Kind::Float) * &pull));
    let mut at_data = gradient.narrow(2, 0, 1);
    at_data -= pull;
    let difference = excess.clamp(low, high).mean_dim([1_i64].as_slice(), true, Kind::Float);
    Conservative { difference, gradient }
}

/// What [`weighted_likelihood`] returns.
#[derive(Debug)]
pub(crate) struct LikelihoodLoss {
    /// The loss, with the gradient of the mean.
    pub(crate) mean: Loss,
    /// Gradient of the log standard deviation, `[lane, 1, action]`; 0 where it lies outside its range.
    pub(crate) log_std_gradient: Tensor,
}

/// Minus the mean over rows of weight * log N(action; mean, std), the log-density summed over components.
///
/// `mean` and `actions` are `[lane, row, action]`, `log_std` is `[lane, 1, action]` before its clipping to the range
/// `(low, high)`, `weight` is `[lane, row, 1]` and a constant. With weights of 1 this is behaviour cloning.
pub(crate) fn weighted_likelihood(
    mean: &Tensor,
    log_std: &Tensor,
    (low, high): (f64, f64),
    actions: &Tensor,
    weight: &Tensor,
) -> LikelihoodLoss {
    let rows = rows(mean);
    let clipped = log_std.clamp(low, high);
    let inverse_std = (-&clipped).exp();
    let z = (actions - mean) * &inverse_std;
    let weighted_z = &z * weight;
    let over_rows = |x: &Tensor| x.sum_dim_intlist([1_i64].as_slice(), true, Kind::Float);
    let weighted_squares = over_rows(&(&weighted_z * &z)); // [lane, 1, action]
    let weight_sum = over_rows(weight); // [lane, 1, 1]
    let log_root = 0.5 * (2.0 * std::f64::consts::PI).ln();
    let value = (&weighted_squares * 0.5 + (clipped + log_root) * &weight_sum) / rows;
    let inside = log_std.ge(low).logical_and(&log_std.le(high)).to_kind(Kind::Float);
    LikelihoodLoss {
        mean: Loss {
            value: value.sum_dim_intlist([1_i64, 2].as_slice(), false, Kind::Float),
            gradient: weighted_z * (inverse_std * (-1.0 / rows)),
        },
        log_std_gradient: (weight_sum - weighted_squares) / rows * inside,
    }
}

fn rows(x: &Tensor) -> f64 {
    x.size()[1] as f64
}

fn features(x: &Tensor) -> f64 {
    x.size()[2] as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::normals;
    use rl::Prng;

    fn random(shape: &[i64], purpose: &str) -> Tensor {
        normals(shape, &mut Prng::derive("losses", 0, purpose))
    }

    fn assert_close(found: &Tensor, expected: &Tensor, what: &str) {
        assert_eq!(found.size(), expected.size(), "{what}");
        let difference = (found - expected).abs().max().double_value(&[]);
        assert!(difference < 1e-6, "{what} differs by {difference}");
    }

    /// Compares value and gradient with autograd on the textbook form, whose result has one value per row or entry.
    fn check(output: &Tensor, textbook: impl Fn(&Tensor) -> Tensor, loss: &Loss) {
        let output = output.copy().set_requires_grad(true);
        let value = per_lane_mean(&textbook(&output));
        assert_close(&loss.value, &value.detach(), "value");
        value.sum(Kind::Float).backward();
        assert_close(&loss.gradient, &output.grad(), "gradient");
    }

    #[test]
    fn expectile_agrees_with_autograd() {
        let (v, q) = (random(&[3, 16, 1], "v"), random(&[3, 16, 1], "q"));
        let textbook = |v: &Tensor| {
            let u = &q - v;
            (u.lt(0.0).to_kind(Kind::Float) * -1.0 + 0.7).abs() * u.square()
        };
        check(&v, textbook, &expectile(&v, &q, 0.7));
    }

    #[test]
    fn squared_error_agrees_with_autograd() {
        let (prediction, target) = (random(&[2, 16, 5], "p"), random(&[2, 16, 5], "t"));
        check(&prediction, |p| (p - &target).square(), &squared_error(&prediction, &target));
    }

    #[test]
    fn cross_entropy_agrees_with_autograd() {
        let (logits, targets) = (random(&[2, 16, 1], "l") * 3.0, random(&[2, 16, 1], "t").sigmoid());
        let textbook = |logits: &Tensor| {
            let q = logits.sigmoid();
            -(&targets * q.log() - (&targets - 1.0) * (-&q).log1p())
        };
        check(&logits, textbook, &cross_entropy(&logits, &targets));
        let sure = cross_entropy(
            &Tensor::from_slice(&[200.0_f32, -200.0]).view([2, 1, 1]),
            &Tensor::ones([2, 1, 1], (Kind::Float, tch::Device::Cpu)),
        );
        assert_close(&sure.value, &Tensor::from_slice(&[0.0_f32, 200.0]), "far from 0");
    }

    #[test]
    fn likelihood_agrees_with_autograd() {
        let (mean, actions) = (random(&[2, 16, 4], "mean"), random(&[2, 16, 4], "actions"));
        let log_std = Tensor::from_slice(&[-6.0_f32, -0.5, 0.3, 2.5, 0.0, -4.9, 1.9, 0.1]).view([2, 1, 4]);
        // The low log_std makes a loss of thousands, so that entry's action is put near its mean.
        let actions = &mean + (actions - &mean) * log_std.clamp(-5.0, 0.0).exp();
        let weight = advantage_weight(&random(&[2, 16, 1], "advantages"), 3.0, MAX_ADVANTAGE_WEIGHT);
        let textbook = |mean: &Tensor, log_std: &Tensor| {
            let log_std = log_std.clamp(-5.0, 2.0);
            let density = -((&actions - mean) / log_std.exp()).square() / 2.0
                - &log_std
                - (2.0 * std::f64::consts::PI).sqrt().ln();
            -(&weight * density.sum_dim_intlist([2_i64].as_slice(), true, Kind::Float))
        };
        let found = weighted_likelihood(&mean, &log_std, LOG_STD_RANGE, &actions, &weight);
        let (mean, log_std) = (mean.copy().set_requires_grad(true), log_std.copy().set_requires_grad(true));
        let value = per_lane_mean(&textbook(&mean, &log_std));
        value.sum(Kind::Float).backward();
        let close = |found: &Tensor, expected: &Tensor| {
            let relative = ((found - expected) / expected.abs().clamp_min(1.0)).abs().max().double_value(&[]);
            assert!(relative < 1e-5, "differs by {relative}");
        };
        close(&found.mean.value, &value.detach());
        close(&found.mean.gradient, &mean.grad());
        close(&found.log_std_gradient, &log_std.grad());
        assert_eq!(found.log_std_gradient.double_value(&[0, 0, 0]), 0.0, "below the range");
        assert_eq!(found.log_std_gradient.double_value(&[0, 0, 3]), 0.0, "above the range");
    }

    /// A row of three values, with and without densities; by hand.
    #[test]
    fn the_conservative_term_is_a_softened_maximum_less_the_datas_value() {
        let values = Tensor::from_slice(&[1.0_f32, 2.0, 3.0]).view([1, 1, 3]);
        let e = |x: f64| x.exp();
        let free = (f64::NEG_INFINITY, f64::INFINITY);
        let check = |found: &Conservative, difference: f64, gradient: [f64; 3]| {
            assert!((found.difference.double_value(&[0, 0, 0]) - difference).abs() < 1e-5, "{:?}", found.difference);
            for (i, expected) in gradient.into_iter().enumerate() {
                let found = found.gradient.double_value(&[0, 0, i as i64]);
                assert!((found - expected).abs() < 1e-6, "gradient {i} is {found}, not {expected}");
            }
        };
        // Without importance sampling the data's value is in the sum, and nothing is taken from any.
        let sum = e(1.0) + e(2.0) + e(3.0);
        let shares = [e(1.0) / sum - 1.0, e(2.0) / sum, e(3.0) / sum];
        check(&conservative(&values, None, 1.0, free), sum.ln() - 1.0, shares);
        // At temperature 2 values count by halves.
        let sum = e(0.5) + e(1.0) + e(1.5);
        let shares = [e(0.5) / sum - 1.0, e(1.0) / sum, e(1.5) / sum];
        check(&conservative(&values, None, 2.0, free), 2.0 * sum.ln() - 1.0, shares);
        // With it, values less their log-densities: 2 + 1 and 3 - 0.5.
        let densities = Tensor::from_slice(&[-1.0_f32, 0.5]).view([1, 1, 2]);
        let sum = e(3.0) + e(2.5);
        let difference = sum.ln() - 1.0;
        let shares = [-1.0, e(3.0) / sum, e(2.5) / sum];
        check(&conservative(&values, Some(&densities), 1.0, free), difference, shares);
        // A clipped row gives the bound and no gradient.
        for (clip, bound) in [((4.0, 5.0), 4.0), ((-5.0, 2.0), 2.0)] {
            check(&conservative(&values, Some(&densities), 1.0, clip), bound, [0.0; 3]);
        }
        // Each row is clipped for itself: the data's value of the first is far above the others.
        let rows = Tensor::from_slice(&[1000.0_f32, 2.0, 3.0, 1.0, 2.0, 3.0]).view([1, 2, 3]);
        let both = Tensor::cat(&[&densities, &densities], 1);
        let found = conservative(&rows, Some(&both), 1.0, (-200.0, f64::INFINITY));
        assert!((found.difference.double_value(&[0, 0, 0]) - (difference - 200.0) / 2.0).abs() < 1e-4);
        assert_eq!(found.gradient.get(0).get(0).abs().max().double_value(&[]), 0.0, "no gradient below the bound");
        assert!((found.gradient.double_value(&[0, 1, 0]) + 0.5).abs() < 1e-6, "half: a mean over two rows");
    }

    #[test]
    fn the_conservative_gradient_agrees_with_autograd() {
        let (values, densities) = (random(&[2, 16, 7], "values"), random(&[2, 16, 6], "densities"));
        for densities in [None, Some(&densities)] {
            let found = conservative(&values, densities, 0.7, (1.0, 2.5));
            let leaf = values.copy().set_requires_grad(true);
            let numbers = densities.map_or(leaf.shallow_clone(), |densities| leaf.narrow(2, 1, 6) - densities);
            let excess = (numbers / 0.7).exp().sum_dim_intlist([2_i64].as_slice(), true, Kind::Float).log() * 0.7;
            let difference =
                (excess - leaf.narrow(2, 0, 1)).clamp(1.0, 2.5).mean_dim([1_i64].as_slice(), true, Kind::Float);
            assert_close(&found.difference, &difference.detach(), "difference");
            difference.sum(Kind::Float).backward();
            assert_close(&found.gradient, &leaf.grad(), "gradient");
        }
    }

    /// Two rows a lane: exp(0) : exp(ln 3) is 1 : 3 and sums to the number of rows; lanes do not meet.
    #[test]
    fn softmax_weights_are_shares_within_a_lane() {
        let advantages = Tensor::from_slice(&[0.0_f32, 3.0_f32.ln(), 50.0, 50.0]).view([2, 2, 1]);
        let expected = Tensor::from_slice(&[0.5_f32, 1.5, 1.0, 1.0]).view([2, 2, 1]);
        assert_close(&softmax_weight(&advantages, 1.0, 100.0), &expected, "weights");
        // Twice the temperature: 1 : 9. An advantage above its cap counts as the cap: all alike.
        let expected = Tensor::from_slice(&[0.2_f32, 1.8, 1.0, 1.0]).view([2, 2, 1]);
        assert_close(&softmax_weight(&advantages, 2.0, 100.0), &expected, "weights at another temperature");
        assert_close(&softmax_weight(&advantages, 1.0, 0.0), &expected.ones_like(), "capped");
    }

    #[test]
    fn weights_are_capped() {
        let weight = advantage_weight(&Tensor::from_slice(&[0.0_f32, 0.2, 5.0]), 10.0, 50.0);
        let expected = Tensor::from_slice(&[1.0_f32, 2.0_f32.exp(), 50.0]);
        assert_close(&weight, &expected, "weight");
    }
}
