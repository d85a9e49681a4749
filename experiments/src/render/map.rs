//! Paths through an ant maze from above, coloured by who acts: the guide or the exploration policy.

use anyhow::Result;
use envs::ant_maze::{CELL, Maze};
use plotters::{
    element::{Circle, PathElement, Rectangle, Text},
    prelude::{DrawingBackend, RGBColor},
    style::{Color, WHITE},
};

use super::{
    Picture,
    legend::{CURVE, Dash, Legend, Mark, RING, STAR, star},
    picture::{Area, Drawing, INK, colour, title},
};

/// Side of a panel without its title, and height of the title (dots).
pub(super) const PANEL: u32 = 640;
pub(super) const TITLE: u32 = 64;
const MARGIN: u32 = 20;
pub(super) const WALL: RGBColor = RGBColor(176, 180, 186);
const FLOOR: RGBColor = RGBColor(250, 250, 248);
const GOLD: RGBColor = RGBColor(218, 165, 32);

/// One episode in its maze.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PathPanel {
    /// Above the map.
    pub(crate) title: String,
    /// Where the episode is.
    pub(crate) maze: Maze,
    /// This episode's goal (m).
    pub(crate) goal: [f32; 2],
    /// The way of the torso, from the start.
    pub(crate) points: Vec<PathPoint>,
}

/// Where the ant is before an action, and whose action it is; at the end of a path, whose action led there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PathPoint {
    /// Position of the torso (m).
    pub(crate) position: [f32; 2],
    /// Whether the guide acts here.
    pub(crate) by_guide: bool,
}

/// Draws episodes side by side.
pub(crate) fn draw(panels: &[PathPanel]) -> Result<Picture> {
    assert!(!panels.is_empty(), "no paths to draw");
    Picture::of(&Maps(panels))
}

struct Maps<'a>(&'a [PathPanel]);

impl Maps<'_> {
    fn width(&self) -> u32 {
        PANEL * self.0.len() as u32
    }

    fn legend(&self) -> Result<Legend> {
        let keys = [
            ("guide", line(true)),
            ("exploration policy", line(false)),
            ("start", Mark::Ring { colour: INK }),
            ("goal", Mark::Star { colour: GOLD }),
        ];
        Legend::new(keys.map(|(label, mark)| (label.to_string(), mark)), self.width())
    }
}

impl Drawing for Maps<'_> {
    fn size(&self) -> Result<(u32, u32)> {
        Ok((self.width(), TITLE + PANEL + self.legend()?.height()))
    }

    fn draw<B>(&self, area: &Area<B>) -> Result<()>
    where
        B: DrawingBackend,
        B::ErrorType: 'static,
    {
        area.fill(&WHITE)?;
        self.legend()?.draw(area)?;
        for (i, panel) in self.0.iter().enumerate() {
            draw_panel(&area.clone().shrink((PANEL * i as u32, 0), (PANEL, TITLE + PANEL)), panel)?;
        }
        Ok(())
    }
}

fn draw_panel<B>(area: &Area<B>, panel: &PathPanel) -> Result<()>
where
    B: DrawingBackend,
    B::ErrorType: 'static,
{
    area.draw(&Text::new(panel.title.as_str(), ((PANEL / 2) as i32, (TITLE / 2) as i32), title()))?;

    let frame = Frame::around(panel.maze);
    let cell = |center: [f32; 2], colour: RGBColor| Rectangle::new(frame.cell(center), colour.filled());
    for wall in panel.maze.walls() {
        area.draw(&cell([wall.center[0], wall.center[1]], WALL))?;
    }
    for free in panel.maze.free_cells() {
        area.draw(&cell(panel.maze.center(free), FLOOR))?;
    }
    for (by_guide, points) in pieces(&panel.points) {
        let points = thin(&points.into_iter().map(|position| frame.at(position)).collect::<Vec<_>>());
        let Mark::Line { colour, dash } = line(by_guide) else { unreachable!("a path is a line") };
        let style = colour.stroke_width(CURVE);
        for stroke in strokes(&points, dash) {
            // Piece by piece with round joints: where a line in one piece turns back sharply, a bitmap shows a thorn.
            for ends in stroke.windows(2) {
                area.draw(&PathElement::new(ends, style))?;
                area.draw(&Circle::new(ends[1], CURVE / 2, colour.filled()))?;
            }
        }
    }
    if let Some(start) = panel.points.first() {
        area.draw(&Circle::new(frame.at(start.position), RING, INK.stroke_width(CURVE)))?;
    }
    // Its rim tells it from the path that ends there, of nearly its colour.
    area.draw(&star(frame.at(panel.goal), STAR + 4.0, INK.filled()))?;
    area.draw(&star(frame.at(panel.goal), STAR, GOLD.filled()))?;
    Ok(())
}

fn line(by_guide: bool) -> Mark {
    if by_guide {
        Mark::Line { colour: colour(0), dash: Dash::Dashed }
    } else {
        Mark::Line { colour: colour(3), dash: Dash::Solid }
    }
}

/// From metres to dots: the maze as large as fits, in the middle, y upwards.
pub(super) struct Frame {
    dots_per_metre: f32,
    middle: [f32; 2],
}

impl Frame {
    pub(super) fn around(maze: Maze) -> Self {
        let walls = maze.walls();
        let ends = |axis: usize| {
            let centers = || walls.iter().map(move |wall| wall.center[axis]);
            (centers().fold(f32::MAX, f32::min) - CELL / 2.0, centers().fold(f32::MIN, f32::max) + CELL / 2.0)
        };
        let ((left, right), (bottom, top)) = (ends(0), ends(1));
        let dots_per_metre = (PANEL - 2 * MARGIN) as f32 / (right - left).max(top - bottom);
        Self { dots_per_metre, middle: [f32::midpoint(left, right), f32::midpoint(bottom, top)] }
    }

    /// Two corners of the cell around its middle.
    pub(super) fn cell(&self, [x, y]: [f32; 2]) -> [(i32, i32); 2] {
        let half = CELL / 2.0;
        [self.at([x - half, y + half]), self.at([x + half, y - half])]
    }

    pub(super) fn at(&self, [x, y]: [f32; 2]) -> (i32, i32) {
        let right = self.dots_per_metre * (x - self.middle[0]);
        let up = self.dots_per_metre * (y - self.middle[1]);
        (((PANEL / 2) as f32 + right).round() as i32, ((TITLE + PANEL / 2) as f32 - up).round() as i32)
    }
}

/// Splits a path where another begins to act; the point of the hand-over belongs to both pieces.
fn pieces(points: &[PathPoint]) -> Vec<(bool, Vec<[f32; 2]>)> {
    let mut pieces: Vec<(bool, Vec<[f32; 2]>)> = Vec::new();
    for point in points {
        if let Some((by_guide, piece)) = pieces.last_mut() {
            piece.push(point.position);
            if *by_guide == point.by_guide {
                continue;
            }
        }
        pieces.push((point.by_guide, vec![point.position]));
    }
    pieces
}

/// Leaves out points nearer than two strokes' width to the last one kept, except the end: on so short a way, dots give
/// no direction.
fn thin(points: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let Some((end, points)) = points.split_last() else { return Vec::new() };
    let near = |a: (i32, i32), b: (i32, i32)| (a.0 - b.0).pow(2) + (a.1 - b.1).pow(2) < (2 * CURVE as i32).pow(2);
    let mut kept: Vec<(i32, i32)> = Vec::new();
    for point in points {
        if !kept.last().is_some_and(|last| near(*last, *point)) {
            kept.push(*point);
        }
    }
    // The start stays, so that even the shortest path is a line.
    if kept.len() > 1 && kept.last().is_some_and(|last| near(*last, *end)) {
        kept.pop();
    }
    kept.push(*end);
    kept
}

/// Cuts a line into what a dash shows of it.
fn strokes(points: &[(i32, i32)], dash: Dash) -> Vec<Vec<(i32, i32)>> {
    let Some((stroke, space)) = dash.lengths() else { return vec![points.to_vec()] };
    let lengths = [f64::from(stroke), f64::from(space)];
    let (mut strokes, mut shown, mut left) = (vec![points[..points.len().min(1)].to_vec()], true, lengths[0]);
    for ends in points.windows(2) {
        let [(x0, y0), (x1, y1)] = [ends[0], ends[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
        let length = (x1 - x0).hypot(y1 - y0);
        let at = |way: f64| {
            let share = way / length;
            ((x0 + share * (x1 - x0)).round() as i32, (y0 + share * (y1 - y0)).round() as i32)
        };
        let mut way = 0.0;
        while length - way > left {
            way += left;
            if !shown {
                strokes.push(vec![at(way)]);
            } else if let Some(stroke) = strokes.last_mut() {
                stroke.push(at(way));
            }
            shown = !shown;
            left = lengths[usize::from(!shown)];
        }
        left -= length - way;
        if let (true, Some(stroke)) = (shown, strokes.last_mut()) {
            stroke.push(ends[1]);
        }
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_at_the_hand_over() {
        let point = |x: f32| PathPoint { position: [x, 0.0], by_guide: x < 2.0 };
        let points: Vec<PathPoint> = (0..4).map(|x| point(x as f32)).collect();
        let guide = vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]];
        assert_eq!(pieces(&points), [(true, guide), (false, vec![[2.0, 0.0], [3.0, 0.0]])]);
        assert!(pieces(&[]).is_empty());
    }

    /// 18 dots of line and 10 of space, around a corner; of a line in one piece all.
    #[test]
    fn dashes_go_around_corners() {
        let corner = [(0, 0), (10, 0), (10, 30)];
        assert_eq!(strokes(&corner, Dash::Dashed), [vec![(0, 0), (10, 0), (10, 8)], vec![(10, 18), (10, 30)]]);
        assert_eq!(strokes(&corner, Dash::Solid), [corner.to_vec()]);
        assert_eq!(strokes(&[], Dash::Dashed), [vec![]]);
    }

    #[test]
    fn a_thin_path_keeps_its_ends() {
        let points: Vec<(i32, i32)> = (0..=30).map(|x| (x, 0)).collect();
        assert_eq!(thin(&points), [(0, 0), (8, 0), (16, 0), (30, 0)]);
        assert_eq!(thin(&points[..3]), [(0, 0), (2, 0)]);
    }

    #[test]
    fn the_start_cell_is_drawn_where_it_is() {
        let frame = Frame::around(Maze::UMAZE);
        // The maze is 5 x 5 cells with the start in the second row and column from the lower left.
        let cell = (PANEL - 2 * MARGIN) as i32 / 5;
        assert_eq!(frame.at([0.0, 0.0]), ((PANEL / 2) as i32 - cell, (TITLE + PANEL / 2) as i32 + cell));
    }

    #[test]
    fn a_drawing_shows_who_acts() {
        let point = |i: u8| PathPoint { position: [0.1 * f32::from(i), 0.0], by_guide: i < 20 };
        let panel = |n| PathPanel {
            title: "umaze".into(),
            maze: Maze::UMAZE,
            goal: [0.75, 8.75],
            points: (0..n).map(point).collect(),
        };
        let draw = |n| draw(&[panel(n)]).unwrap();
        assert_eq!(draw(40), draw(40));
        // The legend has a line of either colour, whoever acts.
        let lines = |picture: &Picture, colour: &str| {
            let stroke = format!("stroke=\"{colour}\"");
            picture.svg.lines().filter(|line| line.starts_with("<polyline") && line.contains(&stroke)).count()
        };
        let (nobody, guide, both) = (draw(0), draw(20), draw(40));
        assert_eq!(lines(&guide, "#E69F00"), lines(&nobody, "#E69F00"), "the exploration policy does not act yet");
        assert!(lines(&both, "#E69F00") > lines(&guide, "#E69F00"));
        assert!(lines(&guide, "#0072B2") > lines(&nobody, "#0072B2"));
    }
}
