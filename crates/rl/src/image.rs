//! Pictures: one, a batch of them, and the columns of a data set.

use std::{collections::HashMap, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The size of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Bytes of a pixel: 3 for red, green and blue, and one more for each mask that a task adds.
    pub channels: usize,
}

impl ImageShape {
    /// Bytes of a picture.
    pub fn size(self) -> usize {
        self.height * self.width * self.channels
    }
}

/// A picture as bytes, row-major: `[height, width, channel]`. Copies share the bytes, and so do all places that keep
/// one: a buffer in which a frame is the next picture of one transition and the picture of the one after holds it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its size.
    pub shape: ImageShape,
    frame: Frame,
}

impl Image {
    /// Takes the bytes of a picture; panics where they are too few or too many.
    pub fn new(shape: ImageShape, bytes: Vec<u8>) -> Self {
        assert_eq!(bytes.len(), shape.size(), "the bytes of a picture of {shape:?}");
        Self { shape, frame: Frame(bytes.into()) }
    }

    /// `[height, width, channel]`, row-major.
    pub fn bytes(&self) -> &[u8] {
        &self.frame.0
    }
}

/// Shared bytes, written as one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Frame(Arc<[u8]>);

impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> de::Visitor<'de> for Bytes {
            type Value = Frame;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("the bytes of a picture")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Frame, E> {
                Ok(Frame(bytes.into()))
            }

            /// Formats without bytes, such as JSON, write numbers.
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut numbers: A) -> Result<Frame, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = numbers.next_element::<u8>()? {
                    bytes.push(byte);
                }
                Ok(Frame(bytes.into()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Pictures of shape `[lane, row, height, width, channel]` in host memory, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageRows {
    lanes: usize,
    rows: usize,
    shape: ImageShape,
    bytes: Vec<u8>,
}

impl ImageRows {
    /// Takes bytes in row-major order.
    pub fn from_vec(lanes: usize, rows: usize, shape: ImageShape, bytes: Vec<u8>) -> Self {
        assert_eq!(bytes.len(), lanes * rows * shape.size(), "the bytes of [{lanes}, {rows}] pictures of {shape:?}");
        Self { lanes, rows, shape, bytes }
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Pictures in each lane.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The size of each picture.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// One picture.
    pub fn row(&self, lane: usize, row: usize) -> &[u8] {
        assert!(lane < self.lanes && row < self.rows, "no picture [{lane}, {row}]");
        &self.bytes[(lane * self.rows + row) * self.shape.size()..][..self.shape.size()]
    }

    /// All bytes in row-major order.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }
}

/// Stacks pictures one by one into [`ImageRows`].
#[derive(Debug)]
pub(crate) struct ImageStack {
    shape: ImageShape,
    bytes: Vec<u8>,
}

impl ImageStack {
    pub(crate) fn new(count: usize, shape: ImageShape) -> Self {
        Self { shape, bytes: Vec::with_capacity(count * shape.size()) }
    }

    pub(crate) fn push(&mut self, image: &Image) {
        assert_eq!(image.shape, self.shape, "pictures of one batch have one size");
        self.bytes.extend_from_slice(image.bytes());
    }

    pub(crate) fn finish(self, lanes: usize, rows: usize) -> ImageRows {
        ImageRows::from_vec(lanes, rows, self.shape, self.bytes)
    }
}

/// The pictures before and after each transition of a [`crate::Dataset`]. Frames are shared, whichever rows they
/// belong to, and go when the last row that shows them goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct ImageColumns {
    shape: ImageShape,
    images: Vec<Image>,
    next_images: Vec<Image>,
}

impl ImageColumns {
    /// No pictures yet.
    pub fn empty(shape: ImageShape) -> Self {
        Self { shape, images: Vec::new(), next_images: Vec::new() }
    }

    /// The size of every picture.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// What was seen before the action of a row.
    pub fn image(&self, row: usize) -> &Image {
        &self.images[row]
    }

    /// What was seen after it.
    pub fn next_image(&self, row: usize) -> &Image {
        &self.next_images[row]
    }

    /// Adds the pictures of a row.
    pub fn push(&mut self, image: &Image, next_image: &Image) {
        self.put(self.images.len(), image, next_image);
    }

    /// Writes the pictures of a row that is there already or the next to come.
    pub(crate) fn put(&mut self, row: usize, image: &Image, next_image: &Image) {
        for (column, image) in [(&mut self.images, image), (&mut self.next_images, next_image)] {
            assert_eq!(image.shape, self.shape, "a picture of another size");
            if row == column.len() { column.push(image.clone()) } else { column[row] = image.clone() }
        }
    }

    /// Cuts or lengthens both columns, with black.
    pub(crate) fn resize(&mut self, rows: usize) {
        let black = Image::new(self.shape, vec![0; self.shape.size()]);
        self.images.resize(rows, black.clone());
        self.next_images.resize(rows, black);
    }
}

/// [`ImageColumns`] on disk: each frame once, and rows as indices.
#[derive(Serialize, Deserialize)]
struct Stored {
    shape: ImageShape,
    frames: Vec<Frame>,
    images: Vec<u32>,
    next_images: Vec<u32>,
}

impl From<ImageColumns> for Stored {
    fn from(ImageColumns { shape, images, next_images }: ImageColumns) -> Self {
        let (mut frames, mut known) = (Vec::new(), HashMap::new());
        let mut index = |image: Image| {
            *known.entry(Arc::as_ptr(&image.frame.0)).or_insert_with(|| {
                frames.push(image.frame);
                u32::try_from(frames.len() - 1).expect("fewer than 2^32 frames")
            })
        };
        let images = images.into_iter().map(&mut index).collect();
        let next_images = next_images.into_iter().map(&mut index).collect();
        Self { shape, frames, images, next_images }
    }
}

impl TryFrom<Stored> for ImageColumns {
    type Error = &'static str;

    fn try_from(Stored { shape, frames, images, next_images }: Stored) -> Result<Self, Self::Error> {
        if frames.iter().any(|frame| frame.0.len() != shape.size()) {
            return Err("a frame of another size");
        }
        let images_of = |rows: Vec<u32>| -> Result<Vec<Image>, Self::Error> {
            let image = |index: u32| Some(Image { shape, frame: frames.get(index as usize)?.clone() });
            rows.into_iter().map(image).collect::<Option<_>>().ok_or("a row without its frame")
        };
        Ok(Self { shape, images: images_of(images)?, next_images: images_of(next_images)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frame_is_kept_and_written_once() {
        let shape = ImageShape { height: 50, width: 4, channels: 3 };
        let frames: Vec<Image> = (0..11).map(|value| Image::new(shape, vec![value; 600])).collect();
        let mut columns = ImageColumns::empty(shape);
        frames.windows(2).for_each(|pair| columns.push(&pair[0], &pair[1]));
        assert_eq!(columns.next_image(4).bytes().as_ptr(), columns.image(5).bytes().as_ptr());
        let written = postcard::to_stdvec(&columns).unwrap();
        assert!(written.len() < 11 * 610, "{} bytes for 11 frames of 600", written.len());
        let read: ImageColumns = postcard::from_bytes(&written).unwrap();
        assert_eq!(read, columns);
        assert_eq!(read.next_image(4).bytes().as_ptr(), read.image(5).bytes().as_ptr(), "shared again");
        assert!(postcard::from_bytes::<ImageColumns>(&written[..written.len() - 1]).is_err());
        let written = serde_json::to_string(&columns).unwrap();
        assert_eq!(serde_json::from_str::<ImageColumns>(&written).unwrap(), columns, "as JSON too");
    }
}
