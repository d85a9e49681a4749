//! Rendered scenes side by side on white, each under its label.

use anyhow::{Context, Result};
use image::{RgbImage, imageops};
use plotters::{
    element::Text,
    prelude::{BitMapBackend, IntoDrawingArea, RGBColor},
    style::text_anchor::HPos,
};

use super::picture::{INK, colour, register_fonts, text};

/// A scene with its label.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    /// Above the scene.
    pub(crate) label: String,
    /// Whose colour the label has.
    pub(crate) tint: Tint,
    /// The scene; all tiles of a sheet have one size.
    pub(crate) scene: RgbImage,
}

/// The colour of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tint {
    /// That of all text.
    Ink,
    /// That of the guide's paths.
    Guide,
    /// That of the exploration-policy's paths.
    Explorer,
}

impl Tint {
    fn colour(self) -> RGBColor {
        match self {
            Self::Ink => INK,
            Self::Guide => colour(0),
            // Letters need more contrast with white than the orange of the paths has.
            Self::Explorer => colour(1),
        }
    }
}

/// Lays out tiles row by row, `columns` in a row, with labels of a height (pixels).
pub(crate) fn sheet(tiles: &[Tile], columns: usize, letters: u32) -> Result<RgbImage> {
    assert!(!tiles.is_empty() && columns > 0, "{} tiles in {columns} columns", tiles.len());
    register_fonts()?;
    let (width, height) = tiles[0].scene.dimensions();
    let (head, gap) = (2 * letters, if tiles.len() > 1 { letters / 2 } else { 0 });
    let rows = tiles.len().div_ceil(columns) as u32;
    let columns = columns.min(tiles.len()) as u32;
    let size = (columns * (width + gap) + gap, rows * (head + height) + gap);
    let mut page = RgbImage::from_pixel(size.0, size.1, image::Rgb([255; 3]));
    let corner = |i: u32| (gap + i % columns * (width + gap), i / columns * (head + height));
    for (i, tile) in tiles.iter().enumerate() {
        assert_eq!(tile.scene.dimensions(), (width, height), "all tiles have one size");
        let (x, y) = corner(i as u32);
        imageops::replace(&mut page, &tile.scene, i64::from(x), i64::from(y + head));
    }
    let area = BitMapBackend::with_buffer(&mut page, size).into_drawing_area();
    for (i, tile) in tiles.iter().enumerate() {
        let (x, y) = corner(i as u32);
        let middle = ((x + width / 2) as i32, (y + letters) as i32);
        let colour = tile.tint.colour();
        let style = text(letters, HPos::Center).color(&colour);
        area.draw(&Text::new(tile.label.as_str(), middle, style)).context("cannot draw a label")?;
    }
    area.present().context("cannot draw labels")?;
    drop(area);
    Ok(page)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn scenes_stand_in_rows_under_their_labels() {
        let colours = [[200, 30, 30], [30, 30, 200], [30, 200, 30]];
        let tile = |rgb| Tile { label: "maze".into(), tint: Tint::Ink, scene: RgbImage::from_pixel(60, 40, Rgb(rgb)) };
        let page = sheet(&colours.map(tile), 2, 10).unwrap();
        assert_eq!(page.dimensions(), (2 * 60 + 3 * 5, 2 * (20 + 40) + 5));
        for (rgb, middle) in colours.into_iter().zip([(35, 40), (100, 40), (35, 100)]) {
            assert_eq!(page.get_pixel(middle.0, middle.1).0, rgb);
        }
        let dark = |y: u32| (0..page.width()).any(|x| page.get_pixel(x, y).0.iter().all(|channel| *channel < 128));
        assert!(dark(10) && !dark(122), "labels are above their scenes");
    }
}
