//! Experience, and how minibatches are drawn from it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{LaneRows, Observation, Outcome, Prng};

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
}

impl Dataset {
    /// No transitions yet.
    pub fn empty(state_size: usize, action_size: usize) -> Self {
        Self { state_size, action_size, ..Self::default() }
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
        let mut subset = Self::empty(self.state_size, self.action_size);
        for row in rng.choose(n, self.len()) {
            subset.copy_row(self, row);
        }
        subset
    }

    fn copy_row(&mut self, from: &Self, row: usize) {
        self.states.extend_from_slice(from.state(row));
        self.actions.extend_from_slice(from.action(row));
        self.rewards.push(from.rewards[row]);
        self.next_states.extend_from_slice(from.next_state(row));
        self.bootstraps.push(from.bootstraps[row]);
    }

    /// Cuts or lengthens all columns, with zeros.
    fn resize(&mut self, rows: usize) {
        self.states.resize(rows * self.state_size, 0.0);
        self.actions.resize(rows * self.action_size, 0.0);
        self.rewards.resize(rows, 0.0);
        self.next_states.resize(rows * self.state_size, 0.0);
        self.bootstraps.resize(rows, 0.0);
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

/// One lane's experience of bounded size: the oldest transition is dropped first.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayBuffer {
    columns: Dataset,
    capacity: usize,
    cursor: usize,
    /// Transitions ever added.
    pushed: usize,
}

/// What a buffer has collected, without the transitions that it was preloaded with: a fresh buffer with the same
/// beginning and this is the same buffer again, row by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collected {
    /// Transitions ever added.
    pushed: usize,
    /// Those of them that are still there, the oldest first.
    rows: Dataset,
}

impl ReplayBuffer {
    /// An empty buffer for at most `capacity` transitions.
    pub fn new(capacity: usize, state_size: usize, action_size: usize) -> Self {
        Self::preloaded(capacity, Dataset::empty(state_size, action_size))
    }

    /// A buffer that starts with the transitions of a data set, to be dropped before newer ones.
    pub fn preloaded(capacity: usize, columns: Dataset) -> Self {
        assert!(capacity >= columns.len(), "{} transitions do not fit into {capacity}", columns.len());
        let cursor = columns.len() % capacity;
        Self { columns, capacity, cursor, pushed: 0 }
    }

    /// The transitions in storage order.
    pub fn columns(&self) -> &Dataset {
        &self.columns
    }

    /// Adds a transition, in place of the oldest when full.
    pub fn push(&mut self, transition: &Transition) {
        let Transition { observation, action, reward, next_observation, outcome } = transition;
        self.put(&observation.state, action, *reward, &next_observation.state, outcome.bootstrap());
    }

    /// What was pushed and is still there.
    pub fn collected(&self) -> Collected {
        let kept = self.pushed.min(self.capacity);
        let mut rows = Dataset::empty(self.columns.state_size, self.columns.action_size);
        for age in (1..=kept).rev() {
            rows.copy_row(&self.columns, (self.cursor + self.capacity - age) % self.capacity);
        }
        Collected { pushed: self.pushed, rows }
    }

    /// Makes a fresh buffer the one that [`ReplayBuffer::collected`] was asked of; both began with the same
    /// transitions.
    pub fn restore(&mut self, Collected { pushed, rows }: &Collected) {
        assert_eq!(self.pushed, 0, "only a fresh buffer can be restored");
        let forgotten = pushed - rows.len();
        if forgotten > 0 {
            // It has gone round, so that nothing of the beginning is left, and the oldest row lies anywhere.
            self.columns.resize(self.capacity);
            self.cursor = (self.cursor + forgotten) % self.capacity;
        }
        for row in 0..rows.len() {
            self.put(rows.state(row), rows.action(row), rows.rewards[row], rows.next_state(row), rows.bootstraps[row]);
        }
        self.pushed = *pushed;
    }

    fn put(&mut self, state: &[f32], action: &[f32], reward: f32, next_state: &[f32], bootstrap: f32) {
        let Dataset { state_size, action_size, states, actions, rewards, next_states, bootstraps } = &mut self.columns;
        let row = self.cursor;
        put(states, row, state, *state_size);
        put(actions, row, action, *action_size);
        put(rewards, row, &[reward], 1);
        put(next_states, row, next_state, *state_size);
        put(bootstraps, row, &[bootstrap], 1);
        self.cursor = (row + 1) % self.capacity;
        self.pushed += 1;
    }
}

/// Writes row `row` of a column, which is either there already or the next to come.
fn put(column: &mut Vec<f32>, row: usize, values: &[f32], size: usize) {
    assert_eq!(values.len(), size, "a transition of another size");
    let at = row * size;
    if at == column.len() { column.extend_from_slice(values) } else { column[at..at + size].copy_from_slice(values) }
}

/// Where one lane's minibatches come from.
#[derive(Debug, Clone)]
pub struct Replay {
    /// What the lane collects; may be preloaded with the offline data (IQL's own fine-tuning).
    pub online: ReplayBuffer,
    /// A second source kept whole, and the share of each minibatch that comes from it (JSRL: 25 %).
    pub offline: Option<(Arc<Dataset>, f32)>,
}

/// Columns of `[lane, row, feature]`, host memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Minibatch {
    /// `[lane, row, state]`.
    pub states: LaneRows,
    /// `[lane, row, action]`.
    pub actions: LaneRows,
    /// `[lane, row, 1]`.
    pub rewards: LaneRows,
    /// `[lane, row, state]`.
    pub next_states: LaneRows,
    /// `[lane, row, 1]`: 0 after a true ending, else 1.
    pub bootstraps: LaneRows,
}

/// Draws `rows` transitions, with replacement, from each lane's own sources with that lane's own stream.
///
/// While a lane has collected nothing, all its rows come from the offline source.
pub fn sample(replays: &[Replay], rows: usize, rngs: &mut [Prng]) -> Minibatch {
    assert_eq!(replays.len(), rngs.len(), "one stream per lane");
    let lanes = replays.len();
    let columns = replays[0].online.columns();
    let (state_size, action_size) = (columns.state_size, columns.action_size);
    let mut batch = Minibatch {
        states: LaneRows::zeros(lanes, rows, state_size),
        actions: LaneRows::zeros(lanes, rows, action_size),
        rewards: LaneRows::zeros(lanes, rows, 1),
        next_states: LaneRows::zeros(lanes, rows, state_size),
        bootstraps: LaneRows::zeros(lanes, rows, 1),
    };
    for (lane, (replay, rng)) in replays.iter().zip(rngs).enumerate() {
        let online = replay.online.columns();
        let offline_rows = match &replay.offline {
            None => 0,
            Some(_) if online.is_empty() => rows,
            Some((_, share)) => (share * rows as f32).round() as usize,
        };
        for row in 0..rows {
            let source = match &replay.offline {
                Some((dataset, _)) if row < offline_rows => dataset,
                _ => online,
            };
            let i = rng.below(source.len());
            batch.states.row_mut(lane, row).copy_from_slice(source.state(i));
            batch.actions.row_mut(lane, row).copy_from_slice(source.action(i));
            batch.rewards.row_mut(lane, row)[0] = source.rewards[i];
            batch.next_states.row_mut(lane, row).copy_from_slice(source.next_state(i));
            batch.bootstraps.row_mut(lane, row)[0] = source.bootstraps[i];
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transition(value: f32, outcome: Outcome) -> Transition {
        let observation = |x| Observation { state: vec![x], privileged: vec![] };
        Transition {
            observation: observation(value),
            action: vec![-value],
            reward: 10.0 * value,
            next_observation: observation(value + 1.0),
            outcome,
        }
    }

    #[test]
    fn the_oldest_transition_goes_first() {
        let mut buffer = ReplayBuffer::new(3, 1, 1);
        for value in [1.0, 2.0, 3.0, 4.0] {
            buffer.push(&transition(value, Outcome::Continues));
        }
        assert_eq!(buffer.columns().states, [4.0, 2.0, 3.0]);
        let mut preloaded = ReplayBuffer::preloaded(4, buffer.columns().clone());
        preloaded.push(&transition(5.0, Outcome::Terminates));
        preloaded.push(&transition(6.0, Outcome::TimesOut));
        assert_eq!(preloaded.columns().states, [6.0, 2.0, 3.0, 5.0]);
        assert_eq!(preloaded.columns().bootstraps, [1.0, 1.0, 1.0, 0.0]);
    }

    /// Capacity 4, with two transitions at the start or none, before and after the buffer has gone round.
    #[test]
    fn a_restored_buffer_is_the_same_buffer() {
        let mut data = ReplayBuffer::new(2, 1, 1);
        data.push(&transition(-1.0, Outcome::Continues));
        data.push(&transition(-2.0, Outcome::Terminates));
        for beginning in [Dataset::empty(1, 1), data.columns().clone()] {
            for pushes in 0..10 {
                let fresh = ReplayBuffer::preloaded(4, beginning.clone());
                let mut original = fresh.clone();
                for value in 0..pushes {
                    original.push(&transition(value as f32, Outcome::Continues));
                }
                let mut restored = fresh;
                restored.restore(&original.collected());
                assert_eq!(restored, original, "{pushes} pushes");
            }
        }
    }

    #[test]
    fn a_minibatch_holds_the_offline_share() {
        let mut online = ReplayBuffer::new(10, 1, 1);
        let mut data = ReplayBuffer::new(10, 1, 1);
        data.push(&transition(-1.0, Outcome::Continues));
        let offline = Some((Arc::new(data.columns().clone()), 0.25));
        let mut rngs = [Prng::derive("test", 0, "replay")];
        let batch = sample(&[Replay { online: online.clone(), offline: offline.clone() }], 8, &mut rngs);
        assert_eq!(batch.states.as_slice(), [-1.0; 8], "nothing collected yet: all rows are offline");
        online.push(&transition(1.0, Outcome::Terminates));
        let batch = sample(&[Replay { online, offline }], 8, &mut rngs);
        assert_eq!(batch.states.as_slice(), [-1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(batch.next_states.row(0, 7), [2.0]);
        assert_eq!(batch.bootstraps.row(0, 7), [0.0]);
    }

    #[test]
    fn a_subset_keeps_rows_together() {
        let mut buffer = ReplayBuffer::new(100, 1, 1);
        for value in 0..100 {
            buffer.push(&transition(value as f32, Outcome::Continues));
        }
        let subset = buffer.columns().subset(10, &mut Prng::derive("test", 0, "subset"));
        assert_eq!(subset.len(), 10);
        for row in 0..10 {
            assert_eq!(subset.rewards[row], 10.0 * subset.state(row)[0]);
            assert_eq!(subset.action(row)[0], -subset.state(row)[0]);
        }
    }
}
