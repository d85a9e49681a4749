//! Episodes as animated GIFs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use gif::{Encoder, Frame, Repeat};
use image::RgbImage;

use crate::workspace::write_whole;

/// How coarsely the encoder samples a frame for its 256 best colours, 1 (slow) to 30. Rendered scenes have few colours.
const SPEED: i32 = 10;

/// Collects frames of one size into an endless GIF; the file appears, whole, when it is finished.
pub(crate) struct GifWriter {
    path: PathBuf,
    /// Of each frame (hundredths of a second).
    delay: u16,
    /// None before the first frame, which gives the size.
    encoder: Option<Encoder<Vec<u8>>>,
}

impl GifWriter {
    /// Starts a GIF of `fps` frames per second. A GIF counts time in hundredths of a second: rates such as 10, 20, 25
    /// and 50 are exact, others are rounded, and more than 50 is an error because viewers play it at 10.
    pub(crate) fn create(path: &Path, fps: u32) -> Result<Self> {
        ensure!((1..=50).contains(&fps), "a GIF cannot play {fps} frames per second: choose 1 to 50");
        let delay = (100.0 / f64::from(fps)).round() as u16;
        Ok(Self { path: path.to_path_buf(), delay, encoder: None })
    }

    /// Adds a frame.
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
        let frame = Frame::from_rgb_speed(width, height, image.as_raw(), SPEED);
        encoder.write_frame(&Frame { delay: self.delay, ..frame }).context("cannot encode a frame")
    }

    /// Writes the file.
    pub(crate) fn finish(self) -> Result<()> {
        let encoder = self.encoder.with_context(|| format!("no frames for {}", self.path.display()))?;
        write_whole(&self.path, &encoder.into_inner()?)
    }
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
    fn what_cannot_be_played_is_an_error() {
        let path = Path::new("episode.gif");
        assert!(GifWriter::create(path, 100).is_err());
        assert!(GifWriter::create(path, 10).unwrap().finish().is_err());
    }
}
