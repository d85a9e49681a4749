//! The evaluator: policy + environments -> per-episode scores.

use rayon::prelude::*;

use crate::{Drivers, Environment, EpisodeScores, Intent, Observation, ObservationRows, Prng};

/// The environments in which one lane is judged; never those it trains in.
pub struct EvaluationLane {
    /// Episodes run side by side in these: at least one, and the same number in every lane.
    pub environments: Vec<Box<dyn Environment>>,
    /// Names the streams of the episodes, with `seed`. Lanes of equal key and seed meet the same episodes, so that
    /// methods can be compared pair by pair.
    pub key: String,
    /// The run's seed.
    pub seed: u64,
}

/// An episode under way in one of a lane's environments.
struct Seat {
    /// None once all episodes of the lane are taken: the row is then only padding, with the observation it had last.
    episode: Option<usize>,
    observation: Observation,
}

/// Runs `episodes` episodes per lane, the first `horizons[lane]` steps of each driven by the guide, all by their best
/// actions. A horizon of 0 judges the learner alone, the current horizons judge the combined policy (Algorithm 1).
///
/// Episode `k` of a `round` starts the same whatever the number of environments, from its own stream, and with
/// policies that draw nothing it goes on the same too, but for how a network's sums are rounded in batches of other
/// sizes. A policy that draws does so from one stream for all rows of a lane: its episodes depend on that number.
/// A `round` of the same name has the same starts again: name it by the step as well to judge by new ones.
///
/// # Panics
/// Without an episode or an environment, with other numbers of environments in some lanes, and where an action, a state or
/// a reward is not finite.
pub fn evaluate(
    drivers: Drivers,
    lanes: &mut [EvaluationLane],
    horizons: &[usize],
    episodes: usize,
    round: &str,
) -> Vec<EpisodeScores> {
    assert_eq!(lanes.len(), horizons.len(), "one horizon per lane");
    assert!(episodes > 0, "an evaluation needs at least one episode");
    let counts: Vec<usize> = lanes.iter().map(|lane| lane.environments.len()).collect();
    assert!(
        counts[0] > 0 && counts.iter().all(|count| *count == counts[0]),
        "equally many environments, not {counts:?}"
    );
    let rows = counts[0].min(episodes);
    let mut rngs: Vec<Prng> =
        lanes.iter().map(|lane| Prng::derive(&lane.key, lane.seed, &format!("evaluation {round}, actions"))).collect();
    let mut scores = vec![EpisodeScores::of_no_step(episodes); lanes.len()];
    let mut next_episode = vec![0; lanes.len()];
    // Takes the lane's next episode, if one is left.
    let mut begin = |lane: &mut EvaluationLane, l: usize, environment: usize| {
        let episode = next_episode[l];
        (episode < episodes).then(|| {
            next_episode[l] += 1;
            let mut rng = Prng::derive(&lane.key, lane.seed, &format!("evaluation {round}, episode {episode}"));
            Seat { episode: Some(episode), observation: lane.environments[environment].reset(&mut rng) }
        })
    };
    let mut seats: Vec<Vec<Seat>> = lanes
        .iter_mut()
        .enumerate()
        .map(|(l, lane)| (0..rows).filter_map(|environment| begin(lane, l, environment)).collect())
        .collect();

    while seats.iter().flatten().any(|seat| seat.episode.is_some()) {
        let observations = seats.iter().flatten().map(|seat| &seat.observation);
        let observations = ObservationRows::stack(seats.len(), rows, observations);
        let in_guide_hands: Vec<bool> = seats
            .iter()
            .enumerate()
            .flat_map(|(l, seats)| {
                let steps = &scores[l].steps;
                seats.iter().map(move |seat| seat.episode.is_some_and(|episode| steps[episode] < horizons[l]))
            })
            .collect();
        let actions = drivers.act(&observations, &in_guide_hands, Intent::Exploit, Intent::Exploit, &mut rngs);
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
                let spec = lane.environments[row].spec();
                step.assert_finite(&spec.name, scores[l].steps[episode]);
                scores[l].count(episode, &step, spec.success_steps);
                seats[l][row].observation = step.observation;
                if step.outcome.ends_episode() {
                    match begin(lane, l, row) {
                        Some(seat) => seats[l][row] = seat,
                        None => seats[l][row].episode = None,
                    }
                }
            }
        }
    }
    scores.into_iter().map(EpisodeScores::without_the_obvious).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TimeLimit;
    use crate::line::{Always, Line};

    fn lane(seed: u64, environments: usize, success_steps: usize) -> EvaluationLane {
        let environment = |_| -> Box<dyn Environment> { Box::new(TimeLimit::new(Line::new(10, success_steps))) };
        EvaluationLane { environments: (0..environments).map(environment).collect(), key: "test".into(), seed }
    }

    #[test]
    fn scores_do_not_depend_on_the_number_of_environments() {
        let [one, four, many] = [1, 4, 50].map(|environments| {
            evaluate(Drivers::alone(&Always(1.0)), &mut [lane(0, environments, 1)], &[0], 10, "test")
        });
        assert_eq!(one, four);
        assert_eq!(one, many);
        assert!(one[0].steps.iter().any(|steps| *steps != one[0].steps[0]), "episodes differ: {:?}", one[0].steps);
    }

    /// Each round has starts of its own, and so has each seed; the same names have the same again.
    #[test]
    fn a_round_names_its_episodes() {
        let judge = |seed, round| {
            evaluate(Drivers::alone(&Always(1.0)), &mut [lane(seed, 2, 1)], &[0], 10, round).remove(0).returns
        };
        assert_eq!(judge(0, "first"), judge(0, "first"));
        assert_ne!(judge(0, "first"), judge(0, "second"));
        assert_ne!(judge(0, "first"), judge(1, "first"));
    }

    #[test]
    fn returns_are_sums_of_rewards() {
        let stays = |steps| {
            let environments: Vec<Box<dyn Environment>> = vec![Box::new(TimeLimit::new(Line::new(steps, 1)))];
            let lane = EvaluationLane { environments, key: "test".into(), seed: 0 };
            evaluate(Drivers::alone(&Always(0.0)), &mut [lane], &[0], 5, "test").remove(0).returns
        };
        // Whoever stays where the episode starts gets the same reward in each step.
        for (eight, one) in stays(8).into_iter().zip(stays(1)) {
            assert!((eight - 8.0 * one).abs() < 1e-5 && one != 0.0, "{eight} after eight steps, {one} after one");
        }
    }

    /// As in training, where the drivers are the same: what a guide asks for beyond [-1, 1] is not what it gets.
    #[test]
    fn actions_are_clipped_and_must_be_numbers() {
        let judge = |action| evaluate(Drivers::alone(&Always(action)), &mut [lane(0, 2, 1)], &[0], 5, "test");
        assert_eq!(judge(2.5), judge(1.0));
        assert_ne!(judge(0.5), judge(1.0));
        assert!(std::panic::catch_unwind(|| judge(f32::NAN)).is_err());
    }

    #[test]
    fn a_success_takes_as_many_steps_at_the_goal_as_the_task_says() {
        let scores = &evaluate(Drivers::alone(&Always(1.0)), &mut [lane(0, 3, 3)], &[0], 50, "test")[0];
        let expected: Vec<bool> = scores.goal_steps.iter().map(|steps| *steps >= 3).collect();
        assert_eq!(scores.successes, expected);
        assert!(scores.goal_steps.contains(&2) && scores.goal_steps.contains(&3), "{:?}", scores.goal_steps);
    }

    #[test]
    fn steps_to_the_goal_are_counted_to_the_first_time() {
        let judge =
            |direction| evaluate(Drivers::alone(&Always(direction)), &mut [lane(0, 3, 3)], &[0], 20, "test").remove(0);
        let scores = judge(1.0);
        assert!(scores.successes.contains(&true));
        for k in (0..20).filter(|k| scores.goal_steps[*k] > 0) {
            let first = scores.steps[k] + 1 - scores.goal_steps[k];
            assert_eq!(scores.first_goal_steps[k], first, "it stays once it is there");
        }
        assert_eq!(judge(-1.0).first_goal_steps, [0_usize; 0], "nothing to tell");
    }

    #[test]
    fn each_lane_has_its_own_horizon() {
        let drivers = Drivers { guide: &Always(1.0), learner: &Always(-1.0) };
        let horizons = [0, 3];
        let together = evaluate(drivers, &mut [lane(0, 2, 1), lane(1, 2, 1)], &horizons, 5, "test");
        for (l, horizon) in horizons.into_iter().enumerate() {
            let alone = evaluate(drivers, &mut [lane(l as u64, 2, 1)], &[horizon], 5, "test");
            assert_eq!(alone[0], together[l], "lane {l}");
        }
        let unguided = &evaluate(drivers, &mut [lane(1, 2, 1)], &[0], 5, "test")[0];
        assert!(unguided.mean_return() < together[1].mean_return(), "the guide leads to higher rewards");
    }
}
