//! How minibatches are drawn from experience.

use std::sync::Arc;

use crate::{Dataset, ImageRows, LaneRows, Prng, ReplayBuffer, image::ImageStack};

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
    /// `[lane, row, 1]`: 1 where a reward followed in the row's episode ([`Dataset::successes`]), else 0.
    pub successes: LaneRows,
    /// The pictures before and after each action, where the agent sees any.
    pub images: Option<ImagePairs>,
}

/// The pictures of a [`Minibatch`].
#[derive(Debug, Clone, PartialEq)]
pub struct ImagePairs {
    /// What was seen before the action.
    pub images: ImageRows,
    /// What was seen after it.
    pub next_images: ImageRows,
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
        successes: LaneRows::zeros(lanes, rows, 1),
        images: None,
    };
    let stack = |dataset: &Dataset| dataset.images.as_ref().map(|images| ImageStack::new(lanes * rows, images.shape()));
    let mut pictures = stack(columns).zip(stack(columns));
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
            let drawn = source.row(rng.below(source.len()));
            batch.states.row_mut(lane, row).copy_from_slice(drawn.state);
            batch.actions.row_mut(lane, row).copy_from_slice(drawn.action);
            batch.rewards.row_mut(lane, row)[0] = drawn.reward;
            batch.next_states.row_mut(lane, row).copy_from_slice(drawn.next_state);
            batch.bootstraps.row_mut(lane, row)[0] = drawn.bootstrap;
            batch.successes.row_mut(lane, row)[0] = drawn.success;
            if let Some((images, next_images)) = &mut pictures {
                let (image, next_image) = drawn.images.expect("every source of a lane has pictures or none has");
                images.push(image);
                next_images.push(next_image);
            }
        }
    }
    batch.images = pictures.map(|(images, next_images)| ImagePairs {
        images: images.finish(lanes, rows),
        next_images: next_images.finish(lanes, rows),
    });
    batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Image, ImageColumns, ImageShape, Row};

    fn row(state: &[f32], bootstrap: f32) -> Row<'_> {
        Row {
            state,
            action: &[0.0],
            reward: 0.0,
            next_state: &[2.0],
            bootstrap,
            success: 1.0 - bootstrap,
            images: None,
        }
    }

    #[test]
    fn a_minibatch_holds_the_offline_share() {
        let (mut data, mut collected) = (Dataset::empty(1, 1), Dataset::empty(1, 1));
        data.push(row(&[-1.0], 1.0));
        let offline = Some((Arc::new(data), 0.25));
        let mut rngs = [Prng::derive("test", 0, "replay")];
        let online = ReplayBuffer::new(10, 1, 1);
        let batch = sample(&[Replay { online, offline: offline.clone() }], 8, &mut rngs);
        assert_eq!(batch.states.as_slice(), [-1.0; 8], "nothing collected yet: all rows are offline");
        collected.push(row(&[1.0], 0.0));
        let online = ReplayBuffer::preloaded(10, collected);
        let batch = sample(&[Replay { online, offline }], 8, &mut rngs);
        assert_eq!(batch.states.as_slice(), [-1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(batch.next_states.row(0, 7), [2.0]);
        assert_eq!(batch.bootstraps.row(0, 7), [0.0]);
        assert_eq!(batch.successes.row(0, 7), [1.0]);
        assert_eq!(batch.images, None);
    }

    #[test]
    fn pictures_come_with_their_rows() {
        let shape = ImageShape { height: 2, width: 1, channels: 1 };
        let frames: Vec<Image> = (0..6).map(|value| Image::new(shape, vec![value, 10 * value])).collect();
        let mut data = Dataset { images: Some(ImageColumns::empty(shape)), ..Dataset::empty(1, 1) };
        for (value, pair) in frames.windows(2).enumerate() {
            data.push(Row { images: Some((&pair[0], &pair[1])), ..row(&[value as f32], 1.0) });
        }
        let empty = || ReplayBuffer::preloaded(1, data.without_rows());
        let lane = || Replay { online: empty(), offline: Some((Arc::new(data.clone()), 1.0)) };
        let mut rngs = [0, 1].map(|seed| Prng::derive("test", seed, "replay"));
        let batch = sample(&[lane(), lane()], 7, &mut rngs);
        let ImagePairs { images, next_images } = batch.images.as_ref().unwrap();
        assert_eq!((images.lanes(), images.rows(), images.shape()), (2, 7, shape));
        for (lane, row) in (0..2).flat_map(|lane| (0..7).map(move |row| (lane, row))) {
            let value = batch.states.row(lane, row)[0] as u8;
            assert_eq!(images.row(lane, row), [value, 10 * value]);
            assert_eq!(next_images.row(lane, row), [value + 1, 10 * (value + 1)]);
        }
    }
}
