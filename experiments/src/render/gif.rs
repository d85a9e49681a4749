//! Episodes as animated GIFs.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use gif::{Encoder, Frame, Repeat};
use image::{RgbImage, imageops};

use crate::workspace::write_whole;

/// How far a colour may be from the one that stands for it, on any channel, in the order in which they are tried.
const RADII: [u8; 7] = [0, 2, 4, 8, 16, 32, 64];

/// Red, green and blue.
type Colour = [u8; 3];

/// Collects frames of one size into an endless GIF; the file appears, whole, when it is finished.
pub(crate) struct GifWriter {
    path: PathBuf,
    /// Of each frame (hundredths of a second).
    delay: u16,
    /// None before the first frame, which gives the size.
    encoder: Option<Encoder<Vec<u8>>>,
    /// The frame before.
    last: Option<RgbImage>,
}

impl GifWriter {
    /// Starts a GIF of `fps` frames per second. A GIF counts time in hundredths of a second: rates such as 10, 20, 25
    /// and 50 are exact, others are rounded, and more than 50 is an error because viewers play it at 10.
    pub(crate) fn create(path: &Path, fps: u32) -> Result<Self> {
        ensure!((1..=50).contains(&fps), "a GIF cannot play {fps} frames per second: choose 1 to 50");
        let delay = (100.0 / f64::from(fps)).round() as u16;
        Ok(Self { path: path.to_path_buf(), delay, encoder: None, last: None })
    }

    /// Adds a frame. Only what has changed is stored: with a camera that stands still, little.
    pub(crate) fn push(&mut self, image: &RgbImage) -> Result<()> {
        let side = |length: u32| u16::try_from(length).context("a GIF's sides have at most 65535 pixels");
        let (width, height) = (side(image.width())?, side(image.height())?);
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => {
                let mut encoder = Encoder::new(Vec::new(), width, height, &[])?;
                encoder.set_repeat(Repeat::Infinite)?;
                none.insert(encoder)
            }
        };
        let (left, top, width, height) = match &self.last {
            Some(last) => changed(last, image),
            None => (0, 0, image.width(), image.height()),
        };
        let part = imageops::crop_imm(image, left, top, width, height).to_image();
        let new = part.enumerate_pixels().map(|(x, y, pixel)| {
            let same = self.last.as_ref().is_some_and(|last| last.get_pixel(left + x, top + y) == pixel);
            (!same).then_some(pixel.0)
        });
        let Indexed { palette, pixels, transparent } = indexed(&new.collect::<Vec<_>>());
        let frame = Frame::from_palette_pixels(side(width)?, side(height)?, pixels, palette, Some(transparent));
        let frame = Frame { delay: self.delay, left: side(left)?, top: side(top)?, ..frame };
        self.last = Some(image.clone());
        encoder.write_frame(&frame).context("cannot encode a frame")
    }

    /// Writes the file.
    pub(crate) fn finish(self) -> Result<()> {
        let encoder = self.encoder.with_context(|| format!("no frames for {}", self.path.display()))?;
        write_whole(&self.path, &encoder.into_inner()?)
    }
}

/// Left, top, width and height of the least rectangle in which two images differ; one pixel where they do not, since a
/// frame must have some.
fn changed(before: &RgbImage, after: &RgbImage) -> (u32, u32, u32, u32) {
    let differ = before.enumerate_pixels().zip(after.pixels()).filter(|((_, _, a), b)| a != b);
    let corners = differ.fold(None, |corners, ((x, y, _), _)| {
        let (left, top, right, bottom) = corners.unwrap_or((x, y, x, y));
        Some((left.min(x), top.min(y), right.max(x), bottom.max(y)))
    });
    let (left, top, right, bottom) = corners.unwrap_or_default();
    (left, top, right - left + 1, bottom - top + 1)
}

/// Pixels by number.
struct Indexed {
    palette: Vec<u8>,
    pixels: Vec<u8>,
    /// The number of the pixels that stay as they are.
    transparent: u8,
}

/// At most 255 colours, and for each pixel the number of the one that stands for it; `None` stays as it is.
///
/// The more pixels a colour has, the earlier it is chosen, unless a chosen one is near; the radius is the least with
/// which all fit. So the broad even faces of a rendered scene keep their colours exactly, and what is stored anew meets
/// the rest without a seam.
fn indexed(pixels: &[Option<Colour>]) -> Indexed {
    let mut counts: BTreeMap<Colour, u32> = BTreeMap::new();
    for colour in pixels.iter().flatten() {
        *counts.entry(*colour).or_default() += 1;
    }
    let mut colours: Vec<_> = counts.into_iter().collect();
    colours.sort_by_key(|(_, count)| Reverse(*count));
    let table = |radius: u8| -> Option<(Vec<Colour>, BTreeMap<Colour, u8>)> {
        let mut chosen: Vec<Colour> = Vec::new();
        let mut index = BTreeMap::new();
        for (colour, _) in &colours {
            let near = |other: &Colour| (0..3).all(|channel| colour[channel].abs_diff(other[channel]) <= radius);
            let number = chosen.iter().position(near).unwrap_or_else(|| {
                chosen.push(*colour);
                chosen.len() - 1
            });
            index.insert(*colour, u8::try_from(number).ok()?);
        }
        (chosen.len() < 256).then_some((chosen, index))
    };
    let (mut chosen, index) = RADII.into_iter().find_map(table).expect("a radius of 64 leaves at most 64 colours");
    let transparent = chosen.len() as u8;
    chosen.push(Colour::default());
    let pixels = pixels.iter().map(|pixel| pixel.map_or(transparent, |colour| index[&colour])).collect();
    Indexed { palette: chosen.concat(), pixels, transparent }
}

#[cfg(test)]
mod tests {
    use gif::{ColorOutput, DecodeOptions};
    use image::Rgb;

    use super::*;

    #[test]
    fn frames_can_be_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("episode.gif");
        let colours = [[200, 30, 30], [30, 30, 200], [30, 200, 30]];
        let mut writer = GifWriter::create(&path, 25).unwrap();
        for colour in colours {
            writer.push(&RgbImage::from_pixel(8, 6, Rgb(colour))).unwrap();
        }
        assert!(!path.exists(), "nothing is seen of an unfinished GIF");
        writer.finish().unwrap();

        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::RGBA);
        let mut decoder = options.read_info(std::fs::File::open(&path).unwrap()).unwrap();
        for colour in colours {
            let frame = decoder.read_next_frame().unwrap().unwrap();
            assert_eq!((frame.width, frame.height, frame.delay), (8, 6, 4));
            assert_eq!(frame.buffer[..3], colour);
        }
        assert!(decoder.read_next_frame().unwrap().is_none());
    }

    #[test]
    fn only_what_has_changed_is_stored() {
        let before = RgbImage::new(8, 6);
        assert_eq!(changed(&before, &before), (0, 0, 1, 1));
        let mut after = before.clone();
        after.put_pixel(5, 1, Rgb([9, 9, 9]));
        assert_eq!(changed(&before, &after), (5, 1, 1, 1));
        after.put_pixel(2, 4, Rgb([9, 9, 9]));
        assert_eq!(changed(&before, &after), (2, 1, 4, 4));
    }

    #[test]
    fn colours_stay_near() {
        let face = RgbImage::from_fn(64, 64, |x, y| Rgb([(4 * x) as u8, (4 * y) as u8, if x < 32 { 200 } else { 10 }]));
        let few = RgbImage::from_fn(64, 3, |x, y| Rgb([(4 * x) as u8, (4 * y) as u8, 0]));
        for (image, farthest) in [(face, 16), (few, 0)] {
            let colours: Vec<_> = image.pixels().map(|pixel| Some(pixel.0)).chain([None]).collect();
            let Indexed { palette, pixels, transparent } = indexed(&colours);
            assert!(palette.len() <= 3 * 256 && pixels.last() == Some(&transparent));
            for (pixel, index) in image.pixels().zip(pixels) {
                for channel in 0..3 {
                    let shown = palette[3 * usize::from(index) + channel];
                    assert!(pixel.0[channel].abs_diff(shown) <= farthest, "{pixel:?} is shown as {shown}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_played_is_an_error() {
        let path = Path::new("episode.gif");
        assert!(GifWriter::create(path, 100).is_err());
        assert!(GifWriter::create(path, 10).unwrap().finish().is_err());
    }
}
