//! From rows to transitions and episodes, by the rules of D4RL (`d4rl/__init__.py` of Farama-Foundation/D4RL).

use std::ops::Range;

use rl::{Dataset, ImageColumns, Outcome, Row};

use crate::Recording;

/// The actions of data sets are clipped to plus and minus this before training, as the official IQL code does
/// (`dataset_utils.py`, `D4RLDataset`) and Cal-QL too: at 1 itself a squashed Gaussian has no density.
pub const ACTION_LIMIT: f32 = 1.0 - 1e-5;

impl Recording {
    /// The transitions that learners train on: the rows of D4RL's `qlearning_dataset`, with actions clipped to
    /// [`ACTION_LIMIT`].
    ///
    /// - The next state of row `i` is the observation of row `i + 1`, so the last row is lost. Where there are images,
    ///   for which D4RL has no rule, a last row that is terminal is kept: of 20 demonstrations, it is the only reward of
    ///   one.
    /// - A row at which time ran out is dropped, because the row after it belongs to another episode.
    /// - A terminal row is kept with bootstrap 0, which hides that its next state belongs to another episode.
    /// - A row is a success where it or a later one of its episode earned a reward above 0.
    /// - Without `timeouts`, time runs out when an episode has `max_episode_steps` rows. The count starts at 0 after
    ///   such a cut but at 1 after a terminal row, so that an episode after a terminal is cut one row early: D4RL
    ///   counts so, and whoever compares results with others needs the same rows.
    pub fn qlearning_dataset(&self, max_episode_steps: usize) -> Dataset {
        let mut dataset = Dataset::empty(self.observations.size, self.actions.size);
        dataset.images = self.images.as_ref().map(|images| ImageColumns::empty(images.shape));
        let (mut steps, mut pending, mut clipped) = (0, 0, Vec::new());
        let last = self.len().saturating_sub(1);
        let keeps_last = self.images.is_some() && self.terminals.last() == Some(&true);
        for row in 0..last + usize::from(keeps_last) {
            // What follows a terminal row has no meaning, so that the last one may stand for itself.
            let next = (row + 1).min(last);
            let timed_out = match &self.timeouts {
                Some(timeouts) => timeouts[row],
                None => steps + 1 == max_episode_steps,
            };
            if timed_out {
                if self.rewards[row] > 0.0 {
                    dataset.mark_successes(pending);
                }
                (steps, pending) = (0, 0);
                continue;
            }
            let outcome = if self.terminals[row] { Outcome::Terminates } else { Outcome::Continues };
            steps = if self.terminals[row] { 1 } else { steps + 1 };
            clipped.clear();
            clipped.extend(self.actions.row(row).iter().map(|x| x.clamp(-ACTION_LIMIT, ACTION_LIMIT)));
            dataset.push(Row {
                state: self.observations.row(row),
                action: &clipped,
                reward: self.rewards[row],
                next_state: self.observations.row(next),
                bootstrap: outcome.bootstrap(),
                success: 0.0, // until a reward follows
                images: self.images.as_ref().map(|images| (&images.rows[row], &images.rows[next])),
            });
            pending += 1;
            if self.rewards[row] > 0.0 {
                dataset.mark_successes(std::mem::take(&mut pending));
            }
            if outcome.ends_episode() {
                pending = 0;
            }
        }
        dataset
    }

    /// The rows of each episode, in order. An episode ends with a terminal row or where time runs out, as in D4RL's
    /// `sequence_dataset`; rows after the last end belong to no episode. Ant maze files mark every step at the goal as
    /// terminal though the walker goes on, so there each of these steps ends an episode.
    ///
    /// Without `timeouts`, time runs out after `max_episode_steps` rows. (There D4RL's function cuts all episodes but
    /// the first one row early. Nothing is trained on these boundaries, so they are counted right.)
    pub fn episodes(&self, max_episode_steps: usize) -> Vec<Range<usize>> {
        let mut episodes = vec![];
        let mut start = 0;
        for row in 0..self.len() {
            let timed_out = match &self.timeouts {
                Some(timeouts) => timeouts[row],
                None => row + 1 - start == max_episode_steps,
            };
            if self.terminals[row] || timed_out {
                episodes.push(start..row + 1);
                start = row + 1;
            }
        }
        episodes
    }

    /// The rows up to each timeout, in order: what one reset led to, whatever terminal rows are on the way. None where
    /// the recording has no timeouts. Rows after the last timeout belong to none.
    pub fn segments(&self) -> Option<Vec<Range<usize>>> {
        let mut start = 0;
        let ends = self.timeouts.as_ref()?.iter().enumerate().filter(|(_, timed_out)| **timed_out);
        Some(ends.map(|(row, _)| std::mem::replace(&mut start, row + 1)..row + 1).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row per letter: `t`erminal, time `o`ut, `b`oth, or neither. Row `i` observes `i` and earns `i`.
    fn recording(rows: &str, timeouts: bool) -> Recording {
        let mut recording = Recording::empty(1, 1);
        for (i, _) in rows.bytes().enumerate() {
            recording.push(&[i as f32], &[2.0], i as f32, Outcome::Continues);
        }
        recording.terminals = rows.bytes().map(|row| b"tb".contains(&row)).collect();
        recording.timeouts = timeouts.then(|| rows.bytes().map(|row| b"ob".contains(&row)).collect());
        recording
    }

    #[test]
    fn a_timeout_is_dropped_and_a_terminal_kept() {
        let dataset = recording("..o.t.b..", true).qlearning_dataset(1);
        assert_eq!(dataset.states, [0.0, 1.0, 3.0, 4.0, 5.0, 7.0], "rows 2 and 6 timed out and row 8 is the last");
        assert_eq!(dataset.next_states, [1.0, 2.0, 4.0, 5.0, 6.0, 8.0]);
        assert_eq!(dataset.bootstraps, [1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
        assert_eq!(dataset.rewards, dataset.states);
        assert_eq!(dataset.actions, [ACTION_LIMIT; 6]);
        assert_eq!(dataset.successes, [1.0; 6]);
    }

    #[test]
    fn rows_succeed_up_to_the_last_reward_of_their_episode() {
        let successes = |rows: &str, rewarded: &[usize]| {
            let mut recording = recording(rows, true);
            recording.rewards = (0..rows.len()).map(|row| f32::from(u8::from(rewarded.contains(&row)))).collect();
            recording.qlearning_dataset(1).successes
        };
        assert_eq!(successes("...t..t.", &[1, 6]), [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(successes("..o...o.", &[2]), [1.0, 1.0, 0.0, 0.0, 0.0], "earned in the row that is dropped");
    }

    #[test]
    fn without_timeouts_steps_are_counted_as_d4rl_counts() {
        let kept = |rows: &str| recording(rows, false).qlearning_dataset(3).states;
        assert_eq!(kept("........"), [0.0, 1.0, 3.0, 4.0, 6.0], "every third row is cut");
        assert_eq!(kept(".t......"), [0.0, 1.0, 2.0, 4.0, 5.0], "row 3, one early after a terminal, then every third");
        assert_eq!(kept("..t....."), [0.0, 1.0, 3.0, 4.0, 6.0], "a terminal on the last step of an episode is cut too");
    }

    #[test]
    fn episodes_end_with_terminals_and_timeouts() {
        let with = recording("..o.t.b..", true);
        assert_eq!(with.episodes(1), [0..3, 3..5, 5..7]);
        assert_eq!(recording("....t......", false).episodes(3), [0..3, 3..5, 5..8, 8..11]);
    }

    #[test]
    fn segments_end_with_timeouts_alone() {
        assert_eq!(recording("..o.t.b..", true).segments(), Some(vec![0..3, 3..7]));
        assert_eq!(recording("....t......", false).segments(), None);
    }

    #[test]
    fn short_recordings_have_no_transitions() {
        assert!(recording("", true).qlearning_dataset(3).is_empty());
        assert!(recording(".", false).qlearning_dataset(3).is_empty());
    }
}
