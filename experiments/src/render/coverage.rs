//! Where the steps of a data set lie in its maze.

use anyhow::Result;
use envs::ant_maze::Maze;
use plotters::{
    element::{Rectangle, Text},
    prelude::{DrawingBackend, RGBColor},
    style::{Color, WHITE, text_anchor::HPos},
};

use super::{
    Picture,
    map::{Frame, PANEL, TITLE, WALL},
    picture::{Area, Drawing, colour, text, title},
};

/// Maps in a row.
const COLUMNS: u32 = 3;

/// The maze of one data set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CoveragePanel {
    /// Above the map.
    pub(crate) title: String,
    /// Where the steps are.
    pub(crate) maze: Maze,
    /// Share of the steps in each free cell, in the order of [`Maze::free_cells`] (0 to 1).
    pub(crate) visits: Vec<f64>,
}

/// Draws maps side by side: the darker a cell, the more steps are in it; its number is their share in percent.
pub(crate) fn draw(panels: &[CoveragePanel]) -> Result<Picture> {
    assert!(!panels.is_empty(), "no maps to draw");
    Picture::of(&Maps(panels))
}

struct Maps<'a>(&'a [CoveragePanel]);

impl Drawing for Maps<'_> {
    fn size(&self) -> Result<(u32, u32)> {
        let count = self.0.len() as u32;
        Ok((PANEL * count.min(COLUMNS), (TITLE + PANEL) * count.div_ceil(COLUMNS)))
    }

    fn draw<B>(&self, area: &Area<B>) -> Result<()>
    where
        B: DrawingBackend,
        B::ErrorType: 'static,
    {
        area.fill(&WHITE)?;
        for (i, panel) in (0..).zip(self.0) {
            let corner = (PANEL * (i % COLUMNS), (TITLE + PANEL) * (i / COLUMNS));
            draw_panel(&area.clone().shrink(corner, (PANEL, TITLE + PANEL)), panel)?;
        }
        Ok(())
    }
}

fn draw_panel<B>(area: &Area<B>, CoveragePanel { title: name, maze, visits }: &CoveragePanel) -> Result<()>
where
    B: DrawingBackend,
    B::ErrorType: 'static,
{
    area.draw(&Text::new(name.as_str(), ((PANEL / 2) as i32, (TITLE / 2) as i32), title()))?;
    let frame = Frame::around(*maze);
    for wall in maze.walls() {
        area.draw(&Rectangle::new(frame.cell([wall.center[0], wall.center[1]]), WALL.filled()))?;
    }
    let most = visits.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    for (cell, share) in maze.free_cells().into_iter().zip(visits) {
        let center = maze.center(cell);
        // White for none, and never so dark that the number could not be read.
        let shade = 0.75 * share / most;
        let mix = |full: u8| (255.0 - shade * f64::from(255 - full)).round() as u8;
        let RGBColor(r, g, b) = colour(0);
        area.draw(&Rectangle::new(frame.cell(center), RGBColor(mix(r), mix(g), mix(b)).filled()))?;
        area.draw(&Text::new(format!("{:.1}", 100.0 * share), frame.at(center), text(20, HPos::Center)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_free_cell_has_its_share() {
        let visits: Vec<f64> = (1..=7).map(|i| f64::from(i) / 28.0).collect();
        let panel = CoveragePanel { title: "umaze".into(), maze: Maze::UMAZE, visits };
        let picture = draw(&[panel]).unwrap();
        for share in ["3.6", "7.1", "25.0"] {
            let found = picture.svg.lines().filter(|line| line.trim() == share).count();
            assert_eq!(found, 1, "{share} in {}", picture.svg);
        }
    }
}
