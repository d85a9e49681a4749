//! Pictures and states on their way to a network.

use rl::{ImagePairs, ImageRows, ImageShape, LaneRows, Minibatch, ObservationRows, Prng};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::batch::{StateInput, upload};
use crate::{Device, Inputs, Interface};

/// The part of a picture that a network gets: a window in a random place in training, in the middle otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Rows of pixels, at most the picture's.
    pub height: usize,
    /// Pixels in a row, at most the picture's.
    pub width: usize,
}

/// The panic of an update whose rows have no pictures.
pub(crate) const NO_PICTURES: &str =
    "rows with pictures, which this learner learns from (a task's buffer has them by ReplayBuffer::of_task)";

/// What the networks of picture tasks get, on the device.
#[derive(Debug)]
pub(crate) struct Sight {
    /// Bytes `[lane, row, height, width, channel]`.
    pub(crate) images: Tensor,
    /// `[lane, row, state]`.
    pub(crate) states: Tensor,
}

/// A [`Minibatch`] of a picture task on the device.
#[derive(Debug)]
pub(crate) struct Experience {
    pub(crate) sight: Sight,
    pub(crate) actions: Tensor, // [lane, row, action]
    pub(crate) rewards: Tensor, // [lane, row, 1]
    pub(crate) next_sight: Sight,
    pub(crate) bootstraps: Tensor, // [lane, row, 1]
}

impl Experience {
    pub(crate) fn upload(batch: &Minibatch, input: &SightInput, rngs: &mut [Prng]) -> Self {
        let ImagePairs { images, next_images } = batch.images.as_ref().expect(NO_PICTURES);
        Self {
            sight: input.upload_for_training(&batch.states, images, rngs),
            actions: upload(&batch.actions, input.device()),
            rewards: upload(&batch.rewards, input.device()),
            next_sight: input.upload_for_training(&batch.next_states, next_images, rngs),
            bootstraps: upload(&batch.bootstraps, input.device()),
        }
    }
}

/// Brings observations of picture tasks to the device.
#[derive(Debug)]
pub(crate) struct SightInput {
    states: StateInput,
    window: ImageShape,
}

impl SightInput {
    /// Panics where the task has no pictures, or the window is larger than they are.
    pub(crate) fn new(inputs: Inputs, crop: Option<Crop>, interface: &Interface, device: Device) -> Self {
        let image = interface.image.expect("a task with pictures");
        let window = crop.map_or(image, |Crop { height, width }| ImageShape { height, width, ..image });
        assert!(window.height <= image.height && window.width <= image.width, "{window:?} of {image:?}");
        Self { states: StateInput::new(inputs, interface, device), window }
    }

    /// The size of what networks get.
    pub(crate) fn window(&self) -> ImageShape {
        self.window
    }

    pub(crate) fn device(&self) -> Device {
        self.states.device()
    }

    /// Each picture in a window of its own, drawn from its lane's stream.
    pub(crate) fn upload_for_training(&self, states: &LaneRows, images: &ImageRows, rngs: &mut [Prng]) -> Sight {
        assert_eq!(images.shape().channels, self.window.channels, "pictures of other channels");
        self.upload(states, images, |lane, spare| spare.map(|spare| rngs[lane].below(spare + 1)))
    }

    /// Each picture in the middle window, and of one with more channels than the networks know the first ones: a policy may
    /// act in a task that adds masks to the pictures of its own.
    pub(crate) fn upload_observations(&self, observations: &ObservationRows) -> Sight {
        let images = observations.image.as_ref().expect("a picture in each observation, as the learner's task has");
        self.upload(&observations.state, images, |_, spare| spare.map(|spare| spare / 2))
    }

    /// `place` says for a lane, and for the rows and columns to spare, where the window begins.
    fn upload(
        &self,
        states: &LaneRows,
        images: &ImageRows,
        mut place: impl FnMut(usize, [usize; 2]) -> [usize; 2],
    ) -> Sight {
        let (image, window) = (images.shape(), self.window);
        assert!(image.channels >= window.channels, "pictures of {} channels for {}", image.channels, window.channels);
        let spare = [image.height - window.height, image.width - window.width];
        let cut: Vec<u8>;
        let bytes = if spare == [0, 0] {
            images.as_slice()
        } else {
            let (stride, length) = (image.width * image.channels, window.width * image.channels);
            let mut windows = Vec::with_capacity(images.lanes() * images.rows() * window.height * length);
            for (lane, row) in (0..images.lanes()).flat_map(|lane| (0..images.rows()).map(move |row| (lane, row))) {
                let [top, left] = place(lane, spare);
                for line in images.row(lane, row).chunks_exact(stride).skip(top).take(window.height) {
                    windows.extend_from_slice(&line[left * image.channels..][..length]);
                }
            }
            cut = windows;
            &cut
        };
        let shape = [images.lanes(), images.rows(), window.height, window.width, image.channels];
        let images = Tensor::from_slice(bytes).view(shape.map(|size| size as i64));
        let images = images.narrow(-1, 0, window.channels as i64).contiguous().to_device(self.device().0);
        Sight { images, states: self.states.upload(states) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape { height: 5, width: 4, channels: 2 };

    fn input(crop: Option<Crop>) -> SightInput {
        let interface =
            Interface { state_center: vec![0.0], state_spread: vec![1.0], action_size: 1, image: Some(SHAPE) };
        SightInput::new(Inputs::Raw, crop, &interface, Device::CPU)
    }

    /// Two lanes of many pictures, whose bytes tell their row, column and channel.
    fn observations() -> ObservationRows {
        let byte = |i: usize| (i / 8 * 10 + i / 2 % 4 + 100 * (i % 2)) as u8;
        let picture: Vec<u8> = (0..SHAPE.size()).map(byte).collect();
        let images = ImageRows::from_vec(2, 200, SHAPE, picture.repeat(400));
        ObservationRows { image: Some(images), ..ObservationRows::of_states(LaneRows::zeros(2, 200, 1)) }
    }

    #[test]
    fn windows_are_in_the_middle_or_anywhere() {
        let observations = observations();
        let images = observations.image.as_ref().unwrap();
        let input = input(Some(Crop { height: 3, width: 2 }));
        let middle = input.upload_observations(&observations).images;
        assert_eq!(middle.size(), [2, 200, 3, 2, 2]);
        let bytes = |images: &Tensor, row| Vec::<u8>::try_from(images.get(1).get(row).reshape([-1])).unwrap();
        assert_eq!(bytes(&middle, 7), [11, 111, 12, 112, 21, 121, 22, 122, 31, 131, 32, 132]);
        let mut rngs = [0, 1].map(|seed| Prng::derive("sight", seed, "crop"));
        let anywhere = input.upload_for_training(&observations.state, images, &mut rngs).images;
        let mut corners: Vec<u8> = (0..200).map(|row| bytes(&anywhere, row)[0]).collect();
        assert!((0..200).all(|row| bytes(&anywhere, row)[11] == corners[row as usize] + 121));
        corners.sort_unstable();
        corners.dedup();
        assert_eq!(corners, [0, 1, 2, 10, 11, 12, 20, 21, 22], "every place in turn");
        let alone = ImageRows::from_vec(1, 200, SHAPE, images.as_slice()[200 * SHAPE.size()..].to_vec());
        let mut rng = [Prng::derive("sight", 1, "crop")];
        let alone = input.upload_for_training(&LaneRows::zeros(1, 200, 1), &alone, &mut rng).images;
        assert_eq!(alone.get(0), anywhere.get(1), "a lane's own draws");
    }

    #[test]
    fn of_a_wider_picture_the_first_channels_are_seen() {
        let wide = observations();
        let narrow = ImageShape { channels: 1, ..SHAPE };
        let first: Vec<u8> = wide.image.as_ref().unwrap().as_slice().iter().step_by(2).copied().collect();
        let first = ObservationRows { image: Some(ImageRows::from_vec(2, 200, narrow, first)), ..observations() };
        for crop in [None, Some(Crop { height: 3, width: 2 })] {
            let interface =
                Interface { state_center: vec![0.0], state_spread: vec![1.0], action_size: 1, image: Some(narrow) };
            let input = SightInput::new(Inputs::Raw, crop, &interface, Device::CPU);
            let [wide, first] = [&wide, &first].map(|seen| input.upload_observations(seen).images);
            assert!(wide.size()[4] == 1 && wide.is_contiguous() && wide == first, "{crop:?}");
        }
    }

    #[test]
    fn without_a_window_pictures_are_whole() {
        let observations = observations();
        let whole = input(None).upload_observations(&observations).images;
        assert_eq!(Vec::<u8>::try_from(whole.reshape([-1])).unwrap(), observations.image.unwrap().as_slice());
    }
}
