//! Transitions, one by one and as columns.

use serde::{Deserialize, Serialize};

use crate::{EnvironmentSpec, Image, ImageColumns, Observation, Outcome, Prng};

/// One step of experience.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// What was seen before the action.
    pub observation: Observation,
    /// The action as the environment took it.
    pub action: Vec<f32>,
    /// The reward of the step.
    pub reward: f32,
    /// What was seen after the action.
    pub next_observation: Observation,
    /// What the step did to its episode.
    pub outcome: Outcome,
}

/// Transitions as columns, row-major; all columns have [`Dataset::len`] rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Dataset {
    /// Features of a state.
    pub state_size: usize,
    /// Components of an action.
    pub action_size: usize,
    /// `[row, state]`.
    pub states: Vec<f32>,
    /// `[row, action]`.
    pub actions: Vec<f32>,
    /// `[row]`.
    pub rewards: Vec<f32>,
    /// `[row, state]`.
    pub next_states: Vec<f32>,
    /// `[row]`: 0 after a true ending, else 1 ([`Outcome::bootstrap`]).
    pub bootstraps: Vec<f32>,
    /// `[row]`: 1 where this row or a later one of its episode earned a reward above 0, as far as is known, else 0.
    pub successes: Vec<f32>,
    /// The pictures of each row, where the agent sees any.
    pub images: Option<ImageColumns>,
}

/// One row of a [`Dataset`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// What was seen before the action.
    pub state: &'a [f32],
    /// The action.
    pub action: &'a [f32],
    /// The reward.
    pub reward: f32,
    /// What was seen after it.
    pub next_state: &'a [f32],
    /// As in [`Dataset::bootstraps`].
    pub bootstrap: f32,
    /// As in [`Dataset::successes`].
    pub success: f32,
    /// The pictures before and after the action.
    pub images: Option<(&'a Image, &'a Image)>,
}

impl Dataset {
    /// No transitions yet, and none with pictures.
    pub fn empty(state_size: usize, action_size: usize) -> Self {
        Self { state_size, action_size, ..Self::default() }
    }

    /// No transitions of a task yet.
    pub fn of_task(spec: &EnvironmentSpec) -> Self {
        Self { images: spec.image.map(ImageColumns::empty), ..Self::empty(spec.state_size, spec.action_size) }
    }

    /// No transitions yet, of the same sizes as these.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        let images = self.images.as_ref().map(|images| ImageColumns::empty(images.shape()));
        Self { images, ..Self::empty(self.state_size, self.action_size) }
    }

    /// Number of transitions.
    pub fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Whether there are no transitions.
    pub fn is_empty(&self) -> bool {
        self.rewards.is_empty()
    }

    /// A random subset of `n` transitions (not whole episodes), as the official IQL code's `init_dataset_size` draws
    /// it.
    #[must_use]
    pub fn subset(&self, n: usize, rng: &mut Prng) -> Self {
        let mut subset = self.without_rows();
        for row in rng.choose(n, self.len()) {
            subset.push(self.row(row));
        }
        subset
    }

    /// A row.
    pub fn row(&self, row: usize) -> Row<'_> {
        Row {
            state: self.state(row),
            action: self.action(row),
            reward: self.rewards[row],
            next_state: self.next_state(row),
            bootstrap: self.bootstraps[row],
            success: self.successes[row],
            images: self.images.as_ref().map(|images| (images.image(row), images.next_image(row))),
        }
    }

    /// Adds a row of the same sizes.
    pub fn push(&mut self, row: Row) {
        self.put(self.len(), row);
    }

    /// Says of the last `pending` rows that a reward above 0 followed. Whoever adds episodes row by row calls this
    /// after each rewarded row, with the number of the episode's rows since the last one, itself among them.
    pub fn mark_successes(&mut self, pending: usize) {
        let first = self.len() - pending;
        self.successes[first..].fill(1.0);
    }

    /// Writes row `at`, which is there already or the next to come.
    pub(crate) fn put(&mut self, at: usize, row: Row) {
        put(&mut self.states, at, row.state, self.state_size);
        put(&mut self.actions, at, row.action, self.action_size);
        put(&mut self.rewards, at, &[row.reward], 1);
        put(&mut self.next_states, at, row.next_state, self.state_size);
        put(&mut self.bootstraps, at, &[row.bootstrap], 1);
        put(&mut self.successes, at, &[row.success], 1);
        if let Some(images) = &mut self.images {
            let (image, next_image) = row.images.expect("a transition with pictures");
            images.put(at, image, next_image);
        }
    }

    /// Cuts or lengthens all columns, with zeros.
    pub(crate) fn resize(&mut self, rows: usize) {
        self.states.resize(rows * self.state_size, 0.0);
        self.actions.resize(rows * self.action_size, 0.0);
        self.rewards.resize(rows, 0.0);
        self.next_states.resize(rows * self.state_size, 0.0);
        self.bootstraps.resize(rows, 0.0);
        self.successes.resize(rows, 0.0);
        if let Some(images) = &mut self.images {
            images.resize(rows);
        }
    }

    /// The state of a row.
    pub fn state(&self, row: usize) -> &[f32] {
        &self.states[row * self.state_size..][..self.state_size]
    }

    /// The action of a row.
    pub fn action(&self, row: usize) -> &[f32] {
        &self.actions[row * self.action_size..][..self.action_size]
    }

    /// The next state of a row.
    pub fn next_state(&self, row: usize) -> &[f32] {
        &self.next_states[row * self.state_size..][..self.state_size]
    }
}

/// Writes row `row` of a column, which is either there already or the next to come.
fn put(column: &mut Vec<f32>, row: usize, values: &[f32], size: usize) {
    assert_eq!(values.len(), size, "a transition of another size");
    let at = row * size;
    if at == column.len() { column.extend_from_slice(values) } else { column[at..at + size].copy_from_slice(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subset_keeps_rows_together() {
        let mut data = Dataset::empty(1, 1);
        for value in 0..100 {
            let (state, action, next_state) = (&[value as f32], &[-value as f32], &[0.0]);
            let reward = 10.0 * value as f32;
            data.push(Row { state, action, reward, next_state, bootstrap: 1.0, success: 0.0, images: None });
        }
        let subset = data.subset(10, &mut Prng::derive("test", 0, "subset"));
        assert_eq!(subset.len(), 10);
        for row in 0..10 {
            assert_eq!(subset.rewards[row], 10.0 * subset.state(row)[0]);
            assert_eq!(subset.action(row)[0], -subset.state(row)[0]);
        }
    }
}
