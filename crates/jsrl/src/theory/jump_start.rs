//! Algorithm 1 with tabular Q-learning; without a guide it is the exploration from scratch of Theorem 4.1.

use rl::Prng;
use serde::{Deserialize, Serialize};

use super::{
    Mdp, TabularPolicy,
    policy::{epsilon_greedy, inverse_gap_weighting},
    q_table::QTable,
};
use crate::SchedulePlan;

/// How the learner explores: none of the rules is optimistic, and all are uniform while all values are 0, which is what
/// Theorem 4.1 asks of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Exploration {
    /// A random action with probability epsilon, otherwise the best one with ties broken at random.
    EpsilonGreedy {
        /// From 0 to 1.
        epsilon: f64,
    },
    /// FALCON+'s inverse gap weighting on the action values, with `gamma = sqrt(t / S)` in episode t.
    InverseGapWeighting,
}

/// Algorithm 1 with H1 = H. The curriculum takes the combined policy's exact value as its evaluation, after each episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JumpStartPlan {
    /// Who acts for how long.
    pub schedule: SchedulePlan,
    /// How the learner explores after the hand-over.
    pub exploration: Exploration,
}

/// How many episodes a search took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Episodes played, the guide's steps included.
    pub episodes: usize,
    /// Whether the policy was found; otherwise the search stopped at its budget, and the true number is larger
    /// (right-censored).
    pub found: bool,
}

/// Plays Algorithm 1 until the greedy policy alone, from the true start, is within `suboptimality` of V* (Theorem 4.1
/// asks for 0.5), for at most `budget` episodes. The learner updates on whole episodes, the guide's part included, as
/// Algorithm 1 appends whole trajectories to its data.
///
/// `SchedulePlan::LearnerOnly` is exploration from scratch: on the lock of Figure 15 all values stay 0 until the first
/// success, and so the number of episodes is geometric with mean `A^H` (Theorem 4.1). For the other schedules the paper
/// gives no bound (it analyses Algorithm 2); its appendix conjectures that Q-learning does well.
pub fn episodes_until(
    suboptimality: f64,
    mdp: &Mdp,
    guide: &TabularPolicy,
    plan: &JumpStartPlan,
    budget: usize,
    rng: &mut Prng,
) -> Search {
    mdp.check(guide);
    let (_, optimum) = mdp.optimal();
    let mut schedule = plan.schedule.start(mdp.horizon());
    let mut table = QTable::new(mdp);
    let mut alone = table.greedy_policy();
    let (mut visits, mut row) = (Vec::new(), vec![0.0; mdp.actions()]);
    // The combined policy's value at a horizon, until the values change.
    let mut score: Option<(usize, f32)> = None;
    for episode in 1..=budget {
        let guide_steps = schedule.next_horizon(rng);
        mdp.episode(&mut visits, rng, |step, state, rng| {
            if step < guide_steps {
                return rng.weighted(guide.row(step, state));
            }
            let values = table.row(step, state);
            match plan.exploration {
                Exploration::EpsilonGreedy { epsilon } => epsilon_greedy(values, epsilon, &mut row),
                Exploration::InverseGapWeighting => {
                    let gamma = (episode as f64 / mdp.states() as f64).sqrt();
                    inverse_gap_weighting(values, gamma, &mut row);
                }
            }
            rng.weighted(&row)
        });
        let changed = table.learn(&visits);
        if changed {
            alone = table.greedy_policy();
            score = None;
        }
        if (changed || episode == 1) && optimum - mdp.value(&alone) < suboptimality {
            return Search { episodes: episode, found: true };
        }
        if let Some(horizon) = schedule.evaluation_horizon() {
            let value = match score {
                Some((known, value)) if known == horizon => value,
                _ => mdp.value(&guide.then(horizon, &alone)) as f32,
            };
            score = Some((horizon, value));
            schedule.observe_evaluation(value);
        }
    }
    Search { episodes: budget, found: false }
}
