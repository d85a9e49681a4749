//! What an evaluation leaves: the numbers of each episode, and how they are written.

use serde::{Deserialize, Serialize, Serializer};

use crate::Step;

/// What happened in each episode; raw, so that whoever reads it aggregates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct EpisodeScores {
    /// Sum of rewards.
    pub returns: Vec<f32>,
    /// Whether the episode had [`crate::EnvironmentSpec::success_steps`] steps at the goal.
    pub successes: Vec<bool>,
    /// Length of the episode (control steps).
    pub steps: Vec<usize>,
    /// Steps at the goal.
    pub goal_steps: Vec<usize>,
    /// Length of the episode when it first was at the goal (control steps), 0 where it never was. Empty where that says
    /// nothing new: where each successful episode ended there, and in records from before there was such a field.
    pub first_goal_steps: Vec<usize>,
}

impl EpisodeScores {
    /// Those of episodes that have not begun.
    pub(crate) fn of_no_step(episodes: usize) -> Self {
        Self {
            returns: vec![0.0; episodes],
            successes: vec![false; episodes],
            steps: vec![0; episodes],
            goal_steps: vec![0; episodes],
            first_goal_steps: vec![0; episodes],
        }
    }

    /// Counts a step of an episode. A success takes `success_steps` steps at the goal.
    pub(crate) fn count(&mut self, episode: usize, step: &Step, success_steps: usize) {
        self.returns[episode] += step.reward;
        self.steps[episode] += 1;
        if step.success && self.goal_steps[episode] == 0 {
            self.first_goal_steps[episode] = self.steps[episode];
        }
        self.goal_steps[episode] += usize::from(step.success);
        self.successes[episode] = self.goal_steps[episode] >= success_steps;
    }

    /// Whether there is an episode, and each column tells of all of them: what was read from a file need not be so.
    pub fn is_sound(&self) -> bool {
        let Self { returns, successes, steps, goal_steps, first_goal_steps } = self;
        let episodes = steps.len();
        let whole = returns.len() == episodes && successes.len() == episodes && goal_steps.len() == episodes;
        episodes > 0 && whole && (first_goal_steps.is_empty() || first_goal_steps.len() == episodes)
    }

    /// Share of successful episodes, 0 to 1.
    pub fn success_rate(&self) -> f32 {
        self.successes.iter().filter(|success| **success).count() as f32 / self.successes.len() as f32
    }

    /// Mean sum of rewards.
    pub fn mean_return(&self) -> f32 {
        self.returns.iter().sum::<f32>() / self.returns.len() as f32
    }

    /// Mean number of steps to the goal in the successful episodes; none without a success.
    pub fn mean_success_steps(&self) -> Option<f32> {
        let reached = if self.first_goal_steps.is_empty() { &self.steps } else { &self.first_goal_steps };
        let steps: Vec<usize> =
            reached.iter().zip(&self.successes).filter(|(_, success)| **success).map(|(steps, _)| *steps).collect();
        (!steps.is_empty()).then(|| steps.iter().sum::<usize>() as f32 / steps.len() as f32)
    }

    /// Drops what [`EpisodeScores::first_goal_steps`] need not say.
    pub(crate) fn without_the_obvious(mut self) -> Self {
        let ends_there =
            self.successes.iter().enumerate().all(|(k, success)| !success || self.first_goal_steps[k] == self.steps[k]);
        if ends_there {
            self.first_goal_steps.clear();
        }
        self
    }
}

/// Scores as they are written: what the rest tells is left out, so that records of long curricula stay small. (In
/// records from before, nothing is.)
#[derive(Serialize, Deserialize)]
struct Written {
    /// None where each step at the goal gave a reward of 1, and no other step any.
    #[serde(serialize_with = "briefly")]
    returns: Option<Vec<f32>>,
    #[serde(with = "digits")]
    successes: Vec<bool>,
    steps: Vec<usize>,
    /// None where it is 1 in successful episodes, and 0 in others.
    goal_steps: Option<Vec<usize>>,
    #[serde(default)]
    first_goal_steps: Vec<usize>,
}

impl From<EpisodeScores> for Written {
    fn from(scores: EpisodeScores) -> Self {
        let EpisodeScores { returns, successes, steps, goal_steps, first_goal_steps } = scores;
        Self {
            returns: (returns != one_each(&goal_steps)).then_some(returns),
            goal_steps: (goal_steps != once_each(&successes)).then_some(goal_steps),
            successes,
            steps,
            first_goal_steps,
        }
    }
}

impl From<Written> for EpisodeScores {
    fn from(written: Written) -> Self {
        let Written { returns, successes, steps, goal_steps, first_goal_steps } = written;
        let goal_steps = goal_steps.unwrap_or_else(|| once_each(&successes));
        let returns = returns.unwrap_or_else(|| one_each(&goal_steps));
        Self { returns, successes, steps, goal_steps, first_goal_steps }
    }
}

/// Returns where each step at the goal gives 1.
fn one_each(goal_steps: &[usize]) -> Vec<f32> {
    goal_steps.iter().map(|steps| *steps as f32).collect()
}

/// Steps at the goal where a success is one.
fn once_each(successes: &[bool]) -> Vec<usize> {
    successes.iter().map(|success| usize::from(*success)).collect()
}

/// Booleans as 0 and 1 in JSON: records of long curricula become a seventh to a quarter smaller. `true` and `false` are
/// read, too.
mod digits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Truth {
        Word(bool),
        Digit(u8),
    }

    pub(super) fn serialize<S: Serializer>(truths: &[bool], serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_seq(truths.iter().map(|truth| u8::from(*truth)))
        } else {
            truths.serialize(serializer)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<bool>, D::Error> {
        if !deserializer.is_human_readable() {
            return Vec::deserialize(deserializer);
        }
        let truth = |truth| match truth {
            Truth::Word(word) => Ok(word),
            Truth::Digit(digit @ (0 | 1)) => Ok(digit == 1),
            Truth::Digit(digit) => Err(serde::de::Error::custom(format!("{digit} is neither 0 nor 1"))),
        };
        Vec::<Truth>::deserialize(deserializer)?.into_iter().map(truth).collect()
    }
}

/// Whole numbers without `.0` in JSON: records of long curricula become a tenth smaller.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
fn briefly<S: Serializer>(numbers: &Option<Vec<f32>>, serializer: S) -> Result<S::Ok, S::Error> {
    /// JSON's numbers are read as either.
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Number {
        Whole(i32),
        Real(f32),
    }
    let brief = |number: &f32| {
        let whole = *number as i32;
        if whole as f32 == *number { Number::Whole(whole) } else { Number::Real(*number) }
    };
    if serializer.is_human_readable() {
        numbers.as_ref().map(|numbers| numbers.iter().map(brief).collect::<Vec<_>>()).serialize(serializer)
    } else {
        numbers.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_as_they_are_written_and_as_they_once_were() {
        let scores = EpisodeScores {
            returns: vec![1.0, -2.5],
            successes: vec![true, false],
            steps: vec![8, 20],
            goal_steps: vec![1, 0],
            first_goal_steps: vec![],
        };
        let text = serde_json::to_string(&scores).unwrap();
        assert!(text.contains(r#""successes":[1,0]"#) && text.contains(r#""returns":[1,-2.5]"#), "{text}");
        assert_eq!(serde_json::from_str::<EpisodeScores>(&text).unwrap(), scores);
        let words = text.replace("[1,0],\"steps", "[true,false],\"steps");
        assert!(words != text && serde_json::from_str::<EpisodeScores>(&words).unwrap() == scores, "{words}");
        let wrong = text.replace("[1,0],\"steps", "[1,2],\"steps");
        assert!(
            serde_json::from_str::<EpisodeScores>(&wrong).unwrap_err().to_string().contains("2 is neither 0 nor 1")
        );
        let bytes = postcard::to_stdvec(&scores).unwrap();
        assert_eq!(postcard::from_bytes::<EpisodeScores>(&bytes).unwrap(), scores);
    }

    #[test]
    fn steps_to_success_are_those_to_the_first_time_at_the_goal() {
        let scores = |first_goal_steps: Vec<usize>, successes| EpisodeScores {
            successes,
            steps: vec![10, 20, 30],
            first_goal_steps,
            ..EpisodeScores::default()
        };
        let some = vec![true, false, true];
        assert_eq!(scores(vec![4, 9, 6], some.clone()).mean_success_steps(), Some(5.0), "not the failed one's 9");
        assert_eq!(scores(vec![], some).mean_success_steps(), Some(20.0), "each ended there");
        assert_eq!(scores(vec![4, 9, 6], vec![false; 3]).mean_success_steps(), None);
    }

    #[test]
    fn scores_without_an_episode_or_with_columns_of_unequal_length_are_not_sound() {
        let scores = |episodes: usize, successes: usize| EpisodeScores {
            returns: vec![0.0; episodes],
            successes: vec![false; successes],
            steps: vec![1; episodes],
            goal_steps: vec![0; episodes],
            first_goal_steps: vec![],
        };
        assert_eq!([(2, 2), (2, 1), (0, 0)].map(|(n, m)| scores(n, m).is_sound()), [true, false, false]);
    }

    #[test]
    fn what_follows_from_the_rest_is_not_written() {
        let sparse = EpisodeScores {
            returns: vec![1.0, 0.0],
            successes: vec![true, false],
            steps: vec![8, 20],
            goal_steps: vec![1, 0],
            first_goal_steps: vec![],
        };
        let text = serde_json::to_string(&sparse).unwrap();
        assert!(text.contains(r#""returns":null"#) && text.contains(r#""goal_steps":null"#), "{text}");
        assert_eq!(serde_json::from_str::<EpisodeScores>(&text).unwrap(), sparse);
        let bytes = postcard::to_stdvec(&sparse).unwrap();
        assert_eq!(postcard::from_bytes::<EpisodeScores>(&bytes).unwrap(), sparse);
        let often = EpisodeScores { returns: vec![5.0, 0.0], goal_steps: vec![5, 0], ..sparse };
        let text = serde_json::to_string(&often).unwrap();
        assert!(text.contains(r#""returns":null"#) && text.contains(r#""goal_steps":[5,0]"#), "{text}");
        assert_eq!(serde_json::from_str::<EpisodeScores>(&text).unwrap(), often);
    }
}
