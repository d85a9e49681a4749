//! Policies as tables of probabilities.

/// The probability of each action at each (step, state).
#[derive(Debug, Clone, PartialEq)]
pub struct TabularPolicy {
    horizon: usize,
    states: usize,
    actions: usize,
    /// `[step, state, action]`.
    probabilities: Vec<f64>,
}

impl TabularPolicy {
    /// Every action with the same probability.
    pub fn uniform(horizon: usize, states: usize, actions: usize) -> Self {
        let probabilities = vec![1.0 / actions as f64; horizon * states * actions];
        Self { horizon, states, actions, probabilities }
    }

    /// (H, S, A).
    pub fn shape(&self) -> (usize, usize, usize) {
        (self.horizon, self.states, self.actions)
    }

    /// Probabilities of the actions in a state.
    pub fn row(&self, step: usize, state: usize) -> &[f64] {
        let from = (step * self.states + state) * self.actions;
        &self.probabilities[from..from + self.actions]
    }

    /// The same, to be changed.
    pub fn row_mut(&mut self, step: usize, state: usize) -> &mut [f64] {
        let from = (step * self.states + state) * self.actions;
        &mut self.probabilities[from..from + self.actions]
    }

    /// The action with the highest probability, the first of several.
    pub fn mode(&self, step: usize, state: usize) -> usize {
        first_best(self.row(step, state))
    }

    /// This policy for the first `guide_steps` steps, `learner` after them: the combined policy of Algorithm 1.
    #[must_use]
    pub fn then(&self, guide_steps: usize, learner: &Self) -> Self {
        assert_eq!(self.shape(), learner.shape(), "both policies must have the same shape");
        let cut = guide_steps.min(self.horizon) * self.states * self.actions;
        let probabilities = [&self.probabilities[..cut], &learner.probabilities[cut..]].concat();
        Self { probabilities, ..*self }
    }
}

/// The index of the largest number, the first of several.
pub(super) fn first_best(values: &[f64]) -> usize {
    (0..values.len()).rev().max_by(|a, b| values[*a].total_cmp(&values[*b])).expect("an action")
}

/// Puts all probability on the largest estimates, equally where several are largest ("ties broken at random").
pub(super) fn greedy(estimates: &[f64], probabilities: &mut [f64]) {
    let best = estimates.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let ties = estimates.iter().filter(|estimate| **estimate == best).count() as f64;
    for (probability, estimate) in probabilities.iter_mut().zip(estimates) {
        *probability = if *estimate == best { 1.0 / ties } else { 0.0 };
    }
}

/// With probability `epsilon` any action, otherwise the [`greedy`] one.
pub(super) fn epsilon_greedy(estimates: &[f64], epsilon: f64, probabilities: &mut [f64]) {
    greedy(estimates, probabilities);
    let share = epsilon / estimates.len() as f64;
    for probability in probabilities.iter_mut() {
        *probability = share + (1.0 - epsilon) * *probability;
    }
}

/// Inverse gap weighting (Abe & Long 1999; FALCON+ of Simchi-Levi & Xu 2020): an action whose estimate lies `gap` below
/// the best one has probability `1 / (A + gamma gap)`, and the best one has the rest. Equal estimates give equal
/// probabilities, which is all that Theorem 4.1 needs.
pub(super) fn inverse_gap_weighting(estimates: &[f64], gamma: f64, probabilities: &mut [f64]) {
    let arms = estimates.len();
    let best = first_best(estimates);
    let mut rest = 1.0;
    for arm in (0..arms).filter(|arm| *arm != best) {
        probabilities[arm] = 1.0 / (arms as f64 + gamma * (estimates[best] - estimates[arm]));
        rest -= probabilities[arm];
    }
    probabilities[best] = rest;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exploration_rules_are_their_formulas() {
        let mut row = [0.0; 3];
        greedy(&[1.0, 0.0, 1.0], &mut row);
        assert_eq!(row, [0.5, 0.0, 0.5]);
        epsilon_greedy(&[1.0, 0.0, 0.0], 0.3, &mut row);
        assert!((row[0] - 0.8).abs() < 1e-12 && (row[2] - 0.1).abs() < 1e-12, "{row:?}");
        inverse_gap_weighting(&[0.5, 0.0, 1.0], 4.0, &mut row);
        assert_eq!(row, [1.0 / 5.0, 1.0 / 7.0, 1.0 - 1.0 / 5.0 - 1.0 / 7.0]);
        for gamma in [0.0, 1e6] {
            inverse_gap_weighting(&[0.0; 3], gamma, &mut row);
            assert!(row.iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-12), "equal estimates are explored uniformly");
        }
    }

    #[test]
    fn the_guide_opens_and_the_learner_finishes() {
        let guide = TabularPolicy::uniform(3, 1, 2);
        let mut learner = guide.clone();
        (0..3).for_each(|step| learner.row_mut(step, 0).copy_from_slice(&[0.0, 1.0]));
        let combined = guide.then(2, &learner);
        assert_eq!([0, 1, 2].map(|step| combined.row(step, 0)[1]), [0.5, 0.5, 1.0]);
        assert_eq!(guide.then(9, &learner), guide);
        assert_eq!((combined.mode(0, 0), combined.mode(2, 0)), (0, 1));
    }
}
