//! The legend below a figure, shared by all its panels.

use anyhow::Result;
use plotters::{
    element::{Circle, DashedPathElement, PathElement, Polygon, Text},
    prelude::{DrawingBackend, RGBColor},
    style::{Color, ShapeStyle, text_anchor::HPos},
};

use super::picture::{Area, text, text_width};

/// Height of the letters, and of a row of keys (dots).
const TEXT: u32 = 28;
const ROW: u32 = 48;
/// Width of a mark, its distance from its label, and the least distance between two keys (dots).
const MARK: i32 = 64;
const GAP: i32 = 14;
const SPACE: i32 = 44;
/// Thickness of a curve (dots).
pub(super) const CURVE: u32 = 4;
/// Outer radius of a goal's star and radius of a start's ring (dots).
pub(super) const STAR: f64 = 20.0;
pub(super) const RING: i32 = 11;

/// How something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Line { colour: RGBColor, dash: Dash },
    Ring { colour: RGBColor },
    Star { colour: RGBColor },
}

/// How a line is broken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dash {
    /// In one piece.
    Solid,
    /// In one piece and half as thick: numbers of others beside ours.
    Thin,
    /// In strokes.
    Dashed,
    /// In dots.
    Dotted,
}

impl Dash {
    /// Lengths of a stroke and of the space after it (dots); none for a line in one piece.
    pub(super) fn lengths(self) -> Option<(u32, u32)> {
        match self {
            Self::Solid | Self::Thin => None,
            Self::Dashed => Some((18, 10)),
            Self::Dotted => Some((5, 7)),
        }
    }

    /// Its thickness (dots).
    fn thickness(self) -> u32 {
        if self == Self::Thin { CURVE / 2 } else { CURVE }
    }

    /// The line in a colour: a thin one is paler, since it lies behind ours or crosses them.
    pub(super) fn style(self, colour: RGBColor) -> ShapeStyle {
        colour.mix(if self == Self::Thin { 0.6 } else { 1.0 }).stroke_width(self.thickness())
    }
}

/// Keys in rows that fit a width.
#[derive(Debug)]
pub(super) struct Legend {
    rows: Vec<Vec<(String, Mark)>>,
    width: u32,
}

impl Legend {
    /// Lays out the keys in their order, equal ones once.
    pub(super) fn new(keys: impl IntoIterator<Item = (String, Mark)>, width: u32) -> Result<Self> {
        let mut rows: Vec<Vec<(String, Mark)>> = Vec::new();
        for key in keys {
            if rows.iter().flatten().any(|known| *known == key) {
                continue;
            }
            match rows.last_mut() {
                Some(row) if row_width(row)? + SPACE + key_width(&key)? <= width as i32 => row.push(key),
                _ => rows.push(vec![key]),
            }
        }
        Ok(Self { rows, width })
    }

    /// Height with a margin below (dots); 0 without keys.
    pub(super) fn height(&self) -> u32 {
        if self.rows.is_empty() { 0 } else { ROW * self.rows.len() as u32 + ROW / 4 }
    }

    /// Draws the legend into the lowest part of an area.
    pub(super) fn draw<B>(&self, area: &Area<B>) -> Result<()>
    where
        B: DrawingBackend,
        B::ErrorType: 'static,
    {
        let mut y = (area.dim_in_pixel().1 - self.height() + ROW / 2) as i32;
        // The widest row stands in the middle, the others begin where it does.
        let widest =
            self.rows.iter().map(|row| row_width(row)).try_fold(0, |widest, width| width.map(|w| widest.max(w)))?;
        for row in &self.rows {
            let mut x = (self.width as i32 - widest) / 2;
            for key @ (label, mark) in row {
                draw_mark(area, *mark, (x, y))?;
                area.draw(&Text::new(label.as_str(), (x + MARK + GAP, y), text(TEXT, HPos::Left)))?;
                x += key_width(key)? + SPACE;
            }
            y += ROW as i32;
        }
        Ok(())
    }
}

fn key_width((label, _): &(String, Mark)) -> Result<i32> {
    Ok(MARK + GAP + text_width(label, TEXT)? as i32)
}

fn row_width(row: &[(String, Mark)]) -> Result<i32> {
    row.iter().try_fold(-SPACE, |width, key| Ok(width + SPACE + key_width(key)?))
}

fn draw_mark<B>(area: &Area<B>, mark: Mark, (x, y): (i32, i32)) -> Result<()>
where
    B: DrawingBackend,
    B::ErrorType: 'static,
{
    let middle = (x + MARK / 2, y);
    match mark {
        Mark::Line { colour, dash } => {
            let (style, ends) = (dash.style(colour), [(x, y), (x + MARK, y)]);
            match dash.lengths() {
                None => area.draw(&PathElement::new(ends, style))?,
                Some((stroke, space)) => area.draw(&DashedPathElement::new(ends, stroke, space, style))?,
            }
        }
        Mark::Ring { colour } => area.draw(&Circle::new(middle, RING, colour.stroke_width(CURVE)))?,
        Mark::Star { colour } => area.draw(&star(middle, STAR, colour.filled()))?,
    }
    Ok(())
}

/// A five-pointed star with one point up.
pub(super) fn star((x, y): (i32, i32), outer: f64, style: ShapeStyle) -> Polygon<(i32, i32)> {
    let corner = |i: u32| {
        // The inner corners of a regular pentagram lie at 0.382 of its radius.
        let radius = if i.is_multiple_of(2) { outer } else { 0.382 * outer };
        let (sine, cosine) = (f64::from(i) * std::f64::consts::PI / 5.0).sin_cos();
        (x + (radius * sine).round() as i32, y - (radius * cosine).round() as i32)
    };
    Polygon::new((0..10).map(corner).collect::<Vec<_>>(), style)
}
