//! Figure 15: the combination lock.

use anyhow::Result;
use plotters::{
    element::{Circle, PathElement, Polygon, Text},
    prelude::{DrawingBackend, RGBColor},
    style::{
        Color, FontStyle, TextStyle, WHITE,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    Picture,
    picture::{Area, Drawing, INK, colour, text, text_width},
};

/// Size of the drawing, radius of a state, rows of the states (dots).
const SIZE: (u32, u32) = (1600, 560);
const RADIUS: i32 = 58;
const OPEN: i32 = 150;
const CLOSED: i32 = 410;
/// Left edge of the first state's column, and distance between columns (dots).
const LEFT: i32 = 200;
const COLUMN: i32 = 300;
const BLUE: usize = 0;
const RED: usize = 1;

/// A column of the drawing: its step as the paper writes it, none for the dots in the middle.
const STEPS: [Option<&str>; 5] = [Some("1"), Some("2"), None, Some("H-1"), Some("H")];

/// Draws the lock for any H.
pub(crate) fn draw() -> Result<Picture> {
    Picture::of(&Lock)
}

struct Lock;

impl Drawing for Lock {
    fn size(&self) -> Result<(u32, u32)> {
        Ok(SIZE)
    }

    fn draw<B>(&self, area: &Area<B>) -> Result<()>
    where
        B: DrawingBackend,
        B::ErrorType: 'static,
    {
        area.fill(&WHITE)?;
        for (i, step) in STEPS.iter().enumerate() {
            let x = LEFT + COLUMN * i as i32;
            let Some(step) = step else {
                for y in [OPEN, CLOSED] {
                    area.draw(&Text::new("· · ·", (x, y), label(44, INK)))?;
                }
                continue;
            };
            state(area, (x, OPEN), RED, ("s*", step))?;
            // The closed state is reached from the second step on.
            if i > 0 {
                state(area, (x, CLOSED), BLUE, ("s", step))?;
            }
        }
        for (i, step) in STEPS.iter().enumerate().take(STEPS.len() - 1) {
            let (from, to) = (LEFT + COLUMN * i as i32, LEFT + COLUMN * (i as i32 + 1));
            let middle = i32::midpoint(from, to);
            arrow(area, (from, OPEN), (to, OPEN), colour(RED))?;
            if let Some(step) = step {
                name(area, (middle, OPEN - 32), RED, ("a*", step))?;
                arrow(area, (from, OPEN), (to, CLOSED), colour(BLUE))?;
                area.draw(&Text::new(
                    "other",
                    (middle + 58, i32::midpoint(OPEN, CLOSED) - 22),
                    label(28, colour(BLUE)),
                ))?;
            }
            if i > 0 {
                arrow(area, (from, CLOSED), (to, CLOSED), colour(BLUE))?;
                area.draw(&Text::new("any", (middle, CLOSED + 30), label(28, colour(BLUE))))?;
            }
        }
        let last = LEFT + COLUMN * (STEPS.len() as i32 - 1);
        area.draw(&Text::new("reward 1 for", (last - 12, OPEN - 84), text(30, HPos::Right)))?;
        name(area, (last + 24, OPEN - 84), RED, ("a*", "H"))?;
        area.draw(&Text::new("reward 0", (last, CLOSED + 84), text(30, HPos::Center)))?;
        area.draw(&Text::new("start", (LEFT, OPEN - 84), label(30, INK)))?;
        let caption = "one of A actions opens the way; all others close the lock for the rest of the episode";
        area.draw(&Text::new(caption, (SIZE.0 as i32 / 2, SIZE.1 as i32 - 24), label(30, INK)))?;
        Ok(())
    }
}

/// A symbol with its lower index, set smaller and lower, both together centred.
fn name<B>(area: &Area<B>, (x, y): (i32, i32), index: usize, (symbol, lower): (&str, &str)) -> Result<()>
where
    B: DrawingBackend,
    B::ErrorType: 'static,
{
    let (large, small) = (34, 24);
    let widths = [text_width(symbol, large)? as i32, text_width(lower, small)? as i32];
    let left = x - i32::midpoint(widths[0], widths[1]);
    area.draw(&Text::new(symbol.to_string(), (left + widths[0] / 2, y), label(large, colour(index))))?;
    let below = (left + widths[0] + widths[1] / 2 + 3, y + 13);
    area.draw(&Text::new(lower.to_string(), below, label(small, colour(index))))?;
    Ok(())
}

fn label(height: u32, colour: RGBColor) -> TextStyle<'static> {
    TextStyle { color: colour.to_backend_color(), ..TextStyle::from(("sans-serif", height, FontStyle::Bold)) }
        .pos(Pos::new(HPos::Center, VPos::Center))
}

fn state<B>(area: &Area<B>, at: (i32, i32), index: usize, words: (&str, &str)) -> Result<()>
where
    B: DrawingBackend,
    B::ErrorType: 'static,
{
    area.draw(&Circle::new(at, RADIUS, colour(index).mix(0.15).filled()))?;
    area.draw(&Circle::new(at, RADIUS, colour(index).stroke_width(5)))?;
    name(area, at, index, words)
}

/// From the rim of one state to the rim of another.
fn arrow<B>(area: &Area<B>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<()>
where
    B: DrawingBackend,
    B::ErrorType: 'static,
{
    let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
    let length = dx.hypot(dy);
    let at = |along: f64, aside: f64| {
        let (x, y) = (dx / length, dy / length);
        let point = (f64::from(from.0) + along * x - aside * y, f64::from(from.1) + along * y + aside * x);
        (point.0.round() as i32, point.1.round() as i32)
    };
    let (rim, head) = (f64::from(RADIUS + 6), 22.0);
    let tip = length - rim;
    area.draw(&PathElement::new([at(rim, 0.0), at(tip - head, 0.0)], colour.stroke_width(4)))?;
    area.draw(&Polygon::new([at(tip, 0.0), at(tip - head, 10.0), at(tip - head, -10.0)], colour.filled()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lock_is_drawn_the_same_each_time() {
        let picture = super::draw().unwrap();
        assert_eq!(picture, super::draw().unwrap());
        let states = picture.svg.lines().filter(|line| line.starts_with("<circle")).count();
        assert_eq!(states, 2 * (4 + 3), "a disc and a rim for each state");
    }
}
