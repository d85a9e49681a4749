//! How minibatches are drawn from experience.

use std::sync::Arc;

use crate::{Dataset, Image, ImageColumns, ImageRows, LaneRows, Prng, ReplayBuffer, image::ImageStack};

/// Where one lane's minibatches come from.
#[derive(Debug, Clone)]
pub struct Replay {
    /// What the lane collects; may be preloaded with the offline data (IQL's own fine-tuning).
    pub online: ReplayBuffer,
    /// A second source, kept whole.
    pub offline: Option<OfflineSource>,
}

/// Offline data beside a buffer of what is collected.
#[derive(Debug, Clone)]
pub struct OfflineSource {
    /// The data.
    pub data: Arc<Dataset>,
    /// Share of each minibatch that comes from them, 0 to 1 (JSRL: 0.25; appendix A.2).
    pub share: f32,
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
///
/// # Panics
/// When a lane has nothing to draw from, or an offline share beyond 0 to 1.
pub fn sample(replays: &[Replay], rows: usize, rngs: &mut [Prng]) -> Minibatch {
    assert_eq!(replays.len(), rngs.len(), "one stream per lane");
    let lanes = replays.len();
    // All rows are drawn before any is copied, and copied column by column: each copy waits for memory, and those of a
    // column wait side by side.
    let mut drawn: Vec<(&Dataset, usize)> = Vec::with_capacity(lanes * rows);
    for (replay, rng) in replays.iter().zip(rngs) {
        let online = replay.online.columns();
        let offline_rows = match &replay.offline {
            None => 0,
            Some(OfflineSource { share, .. }) => {
                assert!((0.0..=1.0).contains(share), "an offline share of {share}, where it must be from 0 to 1");
                if online.is_empty() { rows } else { (share * rows as f32).round() as usize }
            }
        };
        for row in 0..rows {
            let source: &Dataset = match &replay.offline {
                Some(OfflineSource { data, .. }) if row < offline_rows => data,
                _ => online,
            };
            assert!(
                !source.is_empty(),
                "no rows to draw from: {}",
                if row < offline_rows {
                    "the offline data are empty"
                } else {
                    "collect a step first, or give offline data"
                }
            );
            drawn.push((source, rng.below(source.len())));
        }
    }
    let column = |features: usize, values: fn(&Dataset, usize) -> &[f32]| {
        let mut column = Vec::with_capacity(drawn.len() * features);
        for (source, row) in &drawn {
            column.extend_from_slice(values(source, *row));
        }
        LaneRows::from_vec(lanes, rows, features, column)
    };
    let columns = replays[0].online.columns();
    let images = columns.images.as_ref().map(|shown| {
        let stack = |image: fn(&ImageColumns, usize) -> &Image| {
            let mut stack = ImageStack::new(drawn.len(), shown.shape());
            for (source, row) in &drawn {
                let images = source.images.as_ref().expect("every source of a lane has pictures or none has");
                stack.push(image(images, *row));
            }
            stack.finish(lanes, rows)
        };
        ImagePairs { images: stack(ImageColumns::image), next_images: stack(ImageColumns::next_image) }
    });
    Minibatch {
        states: column(columns.state_size, Dataset::state),
        actions: column(columns.action_size, Dataset::action),
        rewards: column(1, |source, row| &source.rewards[row..=row]),
        next_states: column(columns.state_size, Dataset::next_state),
        bootstraps: column(1, |source, row| &source.bootstraps[row..=row]),
        successes: column(1, |source, row| &source.successes[row..=row]),
        images,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageShape, Row};

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
        let offline = Some(OfflineSource { data: Arc::new(data), share: 0.25 });
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
    fn what_cannot_be_drawn_is_refused() {
        let refused = |offline: Option<OfflineSource>, words: &str| {
            let replay = Replay { online: ReplayBuffer::new(10, 1, 1), offline };
            let draw = || sample(&[replay], 8, &mut [Prng::derive("test", 0, "replay")]);
            let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(draw)).expect_err(words);
            let message =
                panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(ToString::to_string));
            assert!(message.as_ref().is_some_and(|message| message.contains(words)), "{message:?}");
        };
        let mut data = Dataset::empty(1, 1);
        refused(None, "collect a step first");
        refused(Some(OfflineSource { data: Arc::new(data.clone()), share: 0.5 }), "the offline data are empty");
        data.push(row(&[-1.0], 1.0));
        for share in [-0.1, 1.1, f32::NAN] {
            refused(Some(OfflineSource { data: Arc::new(data.clone()), share }), "must be from 0 to 1");
        }
    }

    #[test]
    fn pictures_come_with_their_rows() {
        let shape = ImageShape { height: 2, width: 1, channels: 1 };
        let frames: Vec<Image> = (0..6).map(|value| Image::new(shape, vec![value, 10 * value])).collect();
        let mut data = Dataset { images: Some(ImageColumns::empty(shape)), ..Dataset::empty(1, 1) };
        for (value, pair) in frames.windows(2).enumerate() {
            data.push(Row { images: Some((&pair[0], &pair[1])), ..row(&[value as f32], 1.0) });
        }
        let data = Arc::new(data);
        let empty = || ReplayBuffer::preloaded(1, data.without_rows());
        let lane = || Replay { online: empty(), offline: Some(OfflineSource { data: data.clone(), share: 1.0 }) };
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
