//! Random layered MDPs, for the upper bounds.

use rl::Prng;

use super::Mdp;

/// A layered MDP with dense random transitions (uniform on the simplex, by normalised exponentials). In each state one
/// random action has a mean reward in `[0.8, 1]`, the others in `[0, 0.3]`: gaps of order 1, with which the cost of
/// exploring dominates and Corollary A.4's exponents show at moderate T.
pub fn random_mdp(horizon: usize, states: usize, actions: usize, rng: &mut Prng) -> Mdp {
    let simplex = |rng: &mut Prng| -> Vec<f64> {
        let weights: Vec<f64> = (0..states).map(|_| -f64::from(1.0 - rng.uniform(0.0, 1.0)).ln()).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum).collect()
    };
    let start = simplex(rng);
    let mut transitions_rng = Prng::derive("random-mdp", rng.bits(), "transitions");
    let mut good = 0;
    Mdp::new(
        horizon,
        start,
        actions,
        |_, _, _| simplex(&mut transitions_rng),
        |_, _, action| {
            if action == 0 {
                good = rng.below(actions);
            }
            f64::from(if action == good { rng.uniform(0.8, 1.0) } else { rng.uniform(0.0, 0.3) })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::TabularPolicy;

    #[test]
    fn sampled_episodes_agree_with_exact_values_and_occupancies() {
        let mut rng = Prng::derive("test", 0, "random-mdp");
        let mdp = random_mdp(4, 3, 2, &mut rng);
        let policy = TabularPolicy::uniform(4, 3, 2);
        let (mut visits, mut returns, mut at_the_end) = (Vec::new(), 0.0, [0.0; 3]);
        let episodes = 40_000;
        for _ in 0..episodes {
            mdp.episode(&mut visits, &mut rng, |_, _, rng| rng.below(2));
            returns += visits.iter().map(|visit| visit.reward).sum::<f64>() / f64::from(episodes);
            at_the_end[visits[3].state] += 1.0 / f64::from(episodes);
        }
        let value = mdp.value(&policy);
        assert!((returns - value).abs() < 0.02, "{returns} is not {value}");
        for (sampled, exact) in at_the_end.iter().zip(&mdp.occupancies(&policy)[3]) {
            assert!((sampled - exact).abs() < 0.01, "{sampled} is not {exact}");
        }
        let (optimal, best) = mdp.optimal();
        assert!((mdp.value(&optimal) - best).abs() < 1e-12 && best > value);
    }
}
