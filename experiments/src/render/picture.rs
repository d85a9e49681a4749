//! One drawing as SVG and as PNG, with its own font and colours, so that it looks the same on every machine.

use std::{io::Cursor, path::Path};

use anyhow::{Context, Result, anyhow};
use image::{ImageFormat, RgbImage};
use plotters::{
    coord::Shift,
    prelude::{BitMapBackend, DrawingArea, DrawingBackend, IntoDrawingArea, RGBColor, SVGBackend},
    style::{
        FontStyle, TextStyle, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::workspace::write_whole;

/// Dots of a drawing per pixel of the page. A PNG has them all; letters that small need them.
const DOTS_PER_PIXEL: u32 = 2;
/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(40, 40, 40);
/// Colours that people with colour blindness can tell apart (Okabe and Ito, "Color Universal Design", 2008), the
/// strongest on white first: blue, vermilion, green, orange, purple, sky blue, yellow, black.
const OKABE_ITO: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(230, 159, 0),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(240, 228, 66),
    RGBColor(0, 0, 0),
];

/// A finished figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Lines and letters, at page size.
    pub(crate) svg: String,
    /// The same as dots, twice as many per side as the page has pixels.
    pub(crate) png: Vec<u8>,
}

impl Picture {
    /// Writes both files, each whole or not at all.
    pub(crate) fn write(&self, svg: &Path, png: &Path) -> Result<()> {
        write_whole(svg, self.svg.as_bytes())?;
        write_whole(png, &self.png)
    }

    /// Draws on either canvas.
    pub(super) fn of(drawing: &impl Drawing) -> Result<Self> {
        register_fonts()?;
        let (width, height) = drawing.size()?;

        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        drawing.draw(&area).and_then(|()| Ok(area.present()?)).context("cannot draw an SVG")?;
        drop(area);
        // The drawing keeps its fine coordinates inside a page of half their size.
        let page = format!(r#"width="{}" height="{}""#, width / DOTS_PER_PIXEL, height / DOTS_PER_PIXEL);
        let svg = svg.replacen(&format!(r#"width="{width}" height="{height}""#), &page, 1);

        let mut pixels = RgbImage::new(width, height);
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        drawing.draw(&area).and_then(|()| Ok(area.present()?)).context("cannot draw a PNG")?;
        drop(area);
        Ok(Self { svg, png: png(&pixels)? })
    }
}

/// The bytes of a PNG file.
pub(crate) fn png(pixels: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, ImageFormat::Png).context("cannot encode a PNG")?;
    Ok(bytes.into_inner())
}

/// What can be drawn on any canvas.
pub(super) trait Drawing {
    /// Width and height (dots).
    fn size(&self) -> Result<(u32, u32)>;
    /// Draws on a canvas of that size.
    fn draw<B>(&self, area: &Area<B>) -> Result<()>
    where
        B: DrawingBackend,
        B::ErrorType: 'static;
}

/// A canvas, or a rectangle of it, in dots.
pub(super) type Area<B> = DrawingArea<B, Shift>;

/// A colour by number; the numbers repeat after eight.
pub(super) fn colour(index: usize) -> RGBColor {
    OKABE_ITO[index % OKABE_ITO.len()]
}

/// Text of a height (dots), held at its position by the given side.
pub(super) fn text(height: u32, side: HPos) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", height)).color(&INK).pos(Pos::new(side, VPos::Center))
}

/// The title of a panel.
pub(super) fn title() -> TextStyle<'static> {
    TextStyle::from(("sans-serif", 32, FontStyle::Bold)).color(&INK).pos(Pos::new(HPos::Center, VPos::Center))
}

/// Width of a text of a height (dots).
pub(super) fn text_width(text: &str, height: u32) -> Result<u32> {
    width(text, &TextStyle::from(("sans-serif", height)))
}

/// Width of a text in some style (dots).
pub(super) fn width(text: &str, style: &TextStyle) -> Result<u32> {
    let ((left, _), (right, _)) =
        style.font.layout_box(text).map_err(|error| anyhow!("cannot measure {text:?}: {error}"))?;
    Ok((right - left) as u32)
}

/// Brings the font along: machines without fonts draw the same pictures. Doing it again changes nothing.
pub(super) fn register_fonts() -> Result<()> {
    for (style, font) in [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())] {
        register_font("sans-serif", style, font).map_err(|_| anyhow!("the built-in font is damaged: build again"))?;
    }
    Ok(())
}
