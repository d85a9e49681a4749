//! Experience of bounded size.

use serde::{Deserialize, Serialize};

use crate::{Dataset, EnvironmentSpec, Row, Transition};

/// One lane's experience of bounded size: the oldest transition is dropped first.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayBuffer {
    columns: Dataset,
    capacity: usize,
    cursor: usize,
    /// Transitions ever added.
    pushed: usize,
    /// Those of the episode under way that no reward above 0 has followed yet.
    pending: usize,
}

/// What a buffer has collected, without the transitions that it was preloaded with: a fresh buffer with the same
/// beginning and this is the same buffer again, row by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collected {
    /// Transitions ever added.
    pushed: usize,
    /// Those of the episode under way that no reward above 0 has followed yet.
    pending: usize,
    /// Those that are still there, the oldest first.
    rows: Dataset,
}

impl ReplayBuffer {
    /// An empty buffer for at most `capacity` transitions without pictures; [`ReplayBuffer::of_task`] has them where the
    /// task has any.
    pub fn new(capacity: usize, state_size: usize, action_size: usize) -> Self {
        Self::preloaded(capacity, Dataset::empty(state_size, action_size))
    }

    /// An empty buffer for at most `capacity` transitions of a task.
    pub fn of_task(capacity: usize, spec: &EnvironmentSpec) -> Self {
        Self::preloaded(capacity, Dataset::of_task(spec))
    }

    /// A buffer that starts with the transitions of a data set, to be dropped before newer ones.
    pub fn preloaded(capacity: usize, columns: Dataset) -> Self {
        assert!(capacity > 0, "a buffer for no transition");
        assert!(capacity >= columns.len(), "{} transitions do not fit into {capacity}", columns.len());
        let cursor = columns.len() % capacity;
        Self { columns, capacity, cursor, pushed: 0, pending: 0 }
    }

    /// The transitions in storage order.
    pub fn columns(&self) -> &Dataset {
        &self.columns
    }

    /// Adds a transition, in place of the oldest when full.
    pub fn push(&mut self, transition: &Transition) {
        let Transition { observation, action, reward, next_observation, outcome } = transition;
        self.put(Row {
            state: &observation.state,
            action,
            reward: *reward,
            next_state: &next_observation.state,
            bootstrap: outcome.bootstrap(),
            success: 0.0,
            images: observation.image.as_ref().zip(next_observation.image.as_ref()),
        });
        self.pending = (self.pending + 1).min(self.capacity);
        if *reward > 0.0 {
            for age in 1..=std::mem::take(&mut self.pending) {
                let row = self.row_of_age(age);
                self.columns.successes[row] = 1.0;
            }
        }
        if outcome.ends_episode() {
            self.pending = 0;
        }
    }

    /// Ends the episode under way where it was given up: no later reward marks what led nowhere.
    pub fn give_up_episode(&mut self) {
        self.pending = 0;
    }

    /// What was pushed and is still there.
    pub fn collected(&self) -> Collected {
        let kept = self.pushed.min(self.capacity);
        let mut rows = self.columns.without_rows();
        for age in (1..=kept).rev() {
            rows.push(self.columns.row(self.row_of_age(age)));
        }
        Collected { pushed: self.pushed, pending: self.pending, rows }
    }

    /// Makes a fresh buffer the one that [`ReplayBuffer::collected`] was asked of; both began with the same
    /// transitions.
    ///
    /// # Panics
    /// When transitions were pushed already, and when the two have other capacities (as far as that shows).
    pub fn restore(&mut self, Collected { pushed, pending, rows }: &Collected) {
        assert_eq!(self.pushed, 0, "only a fresh buffer can be restored");
        let (forgotten, capacity) = (pushed - rows.len(), self.capacity);
        assert!(
            if forgotten > 0 { rows.len() == capacity } else { rows.len() <= capacity },
            "{} collected transitions, {forgotten} forgotten, are not those of a buffer for {capacity}",
            rows.len()
        );
        if forgotten > 0 {
            // It has gone round, so that nothing of the beginning is left, and the oldest row lies anywhere.
            self.columns.resize(capacity);
            self.cursor = (self.cursor + forgotten) % capacity;
        }
        (0..rows.len()).for_each(|row| self.put(rows.row(row)));
        (self.pushed, self.pending) = (*pushed, *pending);
    }

    fn put(&mut self, row: Row) {
        self.columns.put(self.cursor, row);
        self.cursor = (self.cursor + 1) % self.capacity;
        self.pushed += 1;
    }

    /// Where the youngest transition lies (1), the one before it (2), ...
    fn row_of_age(&self, age: usize) -> usize {
        (self.cursor + self.capacity - age) % self.capacity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, Image, ImageColumns, ImageShape, Observation, Outcome};

    fn transition(value: f32, outcome: Outcome) -> Transition {
        Transition {
            observation: Observation::of_state(vec![value]),
            action: vec![-value],
            reward: 10.0 * value,
            next_observation: Observation::of_state(vec![value + 1.0]),
            outcome,
        }
    }

    #[test]
    fn a_tasks_buffer_has_pictures_where_the_task_has() {
        let mut spec = crate::line::Line::new(5, 1).spec().clone();
        let sizes = |spec: &EnvironmentSpec| {
            let buffer = ReplayBuffer::of_task(7, spec);
            let Dataset { state_size, action_size, images, .. } = buffer.columns().clone();
            (buffer.capacity, state_size, action_size, images.map(|images| images.shape()))
        };
        assert_eq!(sizes(&spec), (7, spec.state_size, spec.action_size, None));
        let shape = ImageShape { height: 2, width: 3, channels: 1 };
        spec.image = Some(shape);
        assert_eq!(sizes(&spec), (7, spec.state_size, spec.action_size, Some(shape)));
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
                    original.push(&transition((value % 3) as f32, Outcome::Continues));
                }
                let mut restored = fresh;
                restored.restore(&original.collected());
                assert_eq!(restored, original, "{pushes} pushes");
            }
        }
    }

    #[test]
    fn a_reward_marks_nothing_of_an_episode_given_up() {
        let mut buffer = ReplayBuffer::new(4, 1, 1);
        buffer.push(&transition(0.0, Outcome::Continues));
        buffer.give_up_episode();
        buffer.push(&transition(0.0, Outcome::Continues));
        buffer.push(&transition(1.0, Outcome::Terminates));
        assert_eq!(buffer.columns().successes, [0.0, 1.0, 1.0]);
    }

    /// Of a buffer that has gone round, and of one that has not.
    #[test]
    fn other_capacities_are_refused() {
        for (pushes, capacity) in [(5, 8), (5, 3), (4, 3)] {
            let mut original = ReplayBuffer::new(4, 1, 1);
            (0..pushes).for_each(|_| original.push(&transition(1.0, Outcome::Continues)));
            let collected = original.collected();
            let restore = move || ReplayBuffer::new(capacity, 1, 1).restore(&collected);
            assert!(std::panic::catch_unwind(restore).is_err(), "{pushes} pushes into 4, restored into {capacity}");
        }
    }

    /// Rows marked before their episode's reward comes: one within the last row, one across the ring's seam.
    #[test]
    fn a_reward_marks_the_rows_that_led_to_it() {
        use Outcome::{Continues, Terminates, TimesOut};
        let mut buffer = ReplayBuffer::new(6, 1, 1);
        let mut push = |reward: f32, outcome| {
            buffer.push(&Transition { reward, ..transition(0.0, outcome) });
            buffer.columns().successes.clone()
        };
        push(0.0, TimesOut);
        push(0.0, Continues);
        assert_eq!(push(1.0, Continues), [0.0, 1.0, 1.0]);
        assert_eq!(push(0.0, Terminates), [0.0, 1.0, 1.0, 0.0], "nothing followed the last row");
        push(0.0, Continues);
        push(-1.0, Continues);
        assert_eq!(push(2.0, Terminates), [1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
        (0..8).for_each(|_| drop(push(0.0, Continues)));
        assert_eq!(push(1.0, Terminates), [1.0; 6], "an episode longer than the buffer");
        assert_eq!(push(0.0, Terminates)[4], 0.0);
    }

    /// Episodes of three steps, the frames numbered through; the last frame of each is nobody's first.
    #[test]
    fn pictures_stay_with_their_rows() {
        let shape = ImageShape { height: 1, width: 2, channels: 1 };
        let image = |value: u8| Image::new(shape, vec![value, value + 100]);
        let observe = |frame: &Image, value: u8| Observation {
            image: Some(frame.clone()),
            ..Observation::of_state(vec![f32::from(value)])
        };
        let beginning = Dataset { images: Some(ImageColumns::empty(shape)), ..Dataset::empty(1, 1) };
        for pushes in 0..20 {
            let mut buffer = ReplayBuffer::preloaded(5, beginning.clone());
            let mut frame = image(0);
            for step in 0..pushes {
                let (ends, value) = (step % 3 == 2, step + step / 3);
                let next = image(value + 1);
                let outcome = if ends { Outcome::Terminates } else { Outcome::Continues };
                buffer.push(&Transition {
                    observation: observe(&frame, value),
                    next_observation: observe(&next, value + 1),
                    ..transition(0.0, outcome)
                });
                frame = if ends { image(value + 2) } else { next };
            }
            let mut restored = ReplayBuffer::preloaded(5, beginning.clone());
            let written = postcard::to_stdvec(&buffer.collected()).unwrap();
            restored.restore(&postcard::from_bytes(&written).unwrap());
            assert_eq!(restored, buffer);
            for buffer in [buffer, restored] {
                let columns = buffer.columns();
                assert_eq!(columns.len(), usize::from(pushes.min(5)));
                let images = columns.images.as_ref().unwrap();
                for row in 0..columns.len() {
                    assert_eq!(f32::from(images.image(row).bytes()[0]), columns.state(row)[0]);
                    assert_eq!(f32::from(images.next_image(row).bytes()[0]), columns.next_state(row)[0]);
                }
            }
        }
    }
}
