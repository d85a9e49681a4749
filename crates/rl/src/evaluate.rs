//! The evaluator: policy + environments -> per-episode scores.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Drivers, Environment, Intent, Observation, ObservationRows, Prng};

/// The environments in which one lane is judged; never those it trains in.
pub struct EvaluationLane {
    /// Episodes run side by side in these.
    pub environments: Vec<Box<dyn Environment>>,
    /// Names the streams of the episodes, with `seed`. Lanes of equal key and seed meet the same episodes, so that
    /// methods can be compared pair by pair.
    pub key: String,
    /// The run's seed.
    pub seed: u64,
}

/// What happened in each episode; raw, so that whoever reads it aggregates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EpisodeScores {
    /// Sum of rewards.
    pub returns: Vec<f32>,
    /// Whether the episode had [`crate::EnvironmentSpec::success_steps`] steps at the goal.
    pub successes: Vec<bool>,
    /// Length of the episode (control steps).
    pub steps: Vec<usize>,
    /// Steps at the goal.
    pub goal_steps: Vec<usize>,
}

impl EpisodeScores {
    /// Share of successful episodes, 0 to 1.
    pub fn success_rate(&self) -> f32 {
        self.successes.iter().filter(|success| **success).count() as f32 / self.successes.len() as f32
    }

    /// Mean sum of rewards.
    pub fn mean_return(&self) -> f32 {
        self.returns.iter().sum::<f32>() / self.returns.len() as f32
    }

    /// Mean length of the successful episodes (control steps); none without a success.
    pub fn mean_success_steps(&self) -> Option<f32> {
        let steps: Vec<usize> =
            self.steps.iter().zip(&self.successes).filter(|(_, success)| **success).map(|(steps, _)| *steps).collect();
        (!steps.is_empty()).then(|| steps.iter().sum::<usize>() as f32 / steps.len() as f32)
    }
}

/// An episode under way in one of a lane's environments.
struct Seat {
    /// None once all episodes of the lane are taken: the row is then only padding.
    episode: Option<usize>,
    observation: Observation,
}

/// Runs `episodes` episodes per lane, the first `horizons[lane]` steps of each driven by the guide, all by their best
/// actions. A horizon of 0 judges the learner alone, the current horizons judge the combined policy (Algorithm 1).
///
/// Episode `k` of a `round` is the same whatever the number of environments: its start comes from its own stream.
pub fn evaluate(
    drivers: Drivers,
    lanes: &mut [EvaluationLane],
    horizons: &[usize],
    episodes: usize,
    round: &str,
) -> Vec<EpisodeScores> {
    assert_eq!(lanes.len(), horizons.len(), "one horizon per lane");
    let rows = lanes[0].environments.len().min(episodes);
    let mut rngs: Vec<Prng> =
        lanes.iter().map(|lane| Prng::derive(&lane.key, lane.seed, &format!("evaluation {round}, actions"))).collect();
    let mut scores = vec![
        EpisodeScores {
            returns: vec![0.0; episodes],
            successes: vec![false; episodes],
            steps: vec![0; episodes],
            goal_steps: vec![0; episodes],
        };
        lanes.len()
    ];
    let mut next_episode = vec![0; lanes.len()];
    let mut begin = |lane: &mut EvaluationLane, l: usize, environment: usize| {
        let episode = next_episode[l];
        next_episode[l] += 1;
        let mut rng = Prng::derive(&lane.key, lane.seed, &format!("evaluation {round}, episode {episode}"));
        let observation = lane.environments[environment].reset(&mut rng);
        Seat { episode: (episode < episodes).then_some(episode), observation }
    };
    let mut seats: Vec<Vec<Seat>> = lanes
        .iter_mut()
        .enumerate()
        .map(|(l, lane)| (0..rows).map(|environment| begin(lane, l, environment)).collect())
        .collect();

    while seats.iter().flatten().any(|seat| seat.episode.is_some()) {
        let all: Vec<&Observation> = seats.iter().flatten().map(|seat| &seat.observation).collect();
        let observations = ObservationRows::stack(rows, all.into_iter());
        let in_guide_hands: Vec<bool> = seats
            .iter()
            .enumerate()
            .flat_map(|(l, seats)| {
                let steps = &scores[l].steps;
                seats.iter().map(move |seat| seat.episode.is_some_and(|episode| steps[episode] < horizons[l]))
            })
            .collect();
        let actions = drivers.act(&observations, &in_guide_hands, Intent::Exploit, &mut rngs);
        for (l, lane) in lanes.iter_mut().enumerate() {
            let stepped: Vec<_> = lane
                .environments
                .par_iter_mut()
                .zip(&seats[l])
                .enumerate()
                .map(|(row, (environment, seat))| seat.episode.map(|_| environment.step(actions.row(l, row))))
                .collect();
            for (row, step) in stepped.into_iter().enumerate() {
                let (Some(step), Some(episode)) = (step, seats[l][row].episode) else { continue };
                let score = &mut scores[l];
                score.returns[episode] += step.reward;
                score.steps[episode] += 1;
                score.goal_steps[episode] += usize::from(step.success);
                let needed = lane.environments[row].spec().success_steps;
                score.successes[episode] = score.goal_steps[episode] >= needed;
                seats[l][row].observation = step.observation;
                if step.outcome.ends_episode() {
                    seats[l][row] = begin(lane, l, row);
                }
            }
        }
    }
    scores
}
