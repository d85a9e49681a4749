//! Curves: panels with means, bands and reference levels, above one legend.

use std::ops::Range;

use anyhow::Result;
use plotters::{
    chart::ChartBuilder,
    element::{Circle, DashedPathElement, IntoDynElement, PathElement, Polygon, Text},
    prelude::{DrawingBackend, RGBColor},
    style::{Color, text_anchor::HPos},
};

use super::{
    Picture,
    axis::{Ticked, tick},
    legend::{CURVE, Legend, Mark},
    picture::{Area, Drawing, INK, colour, text, title, width},
};
pub(crate) use super::{axis::Axis, legend::Dash};

/// Size of a panel (dots).
const PANEL: (u32, u32) = (760, 560);
/// Space around its axes (dots).
const TOP: u32 = 88;
const LEFT: u32 = 128;
const RIGHT: u32 = 44;
/// Heights of the letters (dots).
const LABEL: u32 = 28;
const TICK: u32 = 26;
/// Ticks of a linear axis, at most about.
const X_LABELS: usize = 7;
const Y_LABELS: usize = 8;
/// Share of an axis.
const SOON: f64 = 0.15;
const GRID: RGBColor = RGBColor(228, 228, 228);

/// One coordinate system.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Panel {
    /// Above the panel.
    pub(crate) title: String,
    /// Below the x axis, with its unit.
    pub(crate) x_label: String,
    /// Beside the y axis, with its unit.
    pub(crate) y_label: String,
    /// Ends of the y axis; without them it fits what is drawn.
    pub(crate) y_range: Option<(f64, f64)>,
    /// How x is laid out.
    pub(crate) x_axis: Axis,
    /// How y is laid out.
    pub(crate) y_axis: Axis,
    /// The curves, the last on top.
    pub(crate) series: Vec<Series>,
    /// Lines to compare the curves with.
    pub(crate) levels: Vec<Level>,
}

/// A curve with a band around it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// In the legend. Series of equal label, colour and dash, in whatever panel, have one entry.
    pub(crate) label: String,
    /// Number of the colour: 0 blue, 1 vermilion, 2 green, 3 orange, 4 purple, 5 sky blue, 6 yellow, 7 black.
    pub(crate) colour: usize,
    /// In rising order of x.
    pub(crate) points: Vec<Point>,
    /// How the line is drawn. A thin one has no band.
    pub(crate) dash: Dash,
}

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// Steps, updates, or whatever the x axis counts.
    pub(crate) x: f64,
    /// On the line.
    pub(crate) mean: f64,
    /// From where to where the band reaches; none where nothing is said of it.
    pub(crate) band: Option<[f64; 2]>,
}

/// A dotted horizontal line, such as the paper's value or the guide's score.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    /// In the legend.
    pub(crate) label: String,
    /// Number of the colour, as in [`Series::colour`].
    pub(crate) colour: usize,
    /// Its height.
    pub(crate) y: f64,
}

/// Draws panels row by row, `columns` in a row. A panel of nothing, the default one, leaves its place blank.
pub(crate) fn draw(panels: &[Panel], columns: usize) -> Result<Picture> {
    assert!(!panels.is_empty() && columns > 0, "{} panels in {columns} columns", panels.len());
    Picture::of(&Grid { panels, columns: columns.min(panels.len()) })
}

struct Grid<'a> {
    panels: &'a [Panel],
    columns: usize,
}

impl Grid<'_> {
    fn width(&self) -> u32 {
        PANEL.0 * self.columns as u32
    }

    fn legend(&self) -> Result<Legend> {
        let series = self.panels.iter().flat_map(|panel| &panel.series);
        let levels = self.panels.iter().flat_map(|panel| &panel.levels);
        let series = series.map(|series| (series.label.clone(), line(series.colour, series.dash)));
        let levels = levels.map(|level| (level.label.clone(), line(level.colour, Dash::Dotted)));
        Legend::new(series.chain(levels), self.width())
    }
}

impl Drawing for Grid<'_> {
    fn size(&self) -> Result<(u32, u32)> {
        let rows = self.panels.len().div_ceil(self.columns) as u32;
        Ok((self.width(), PANEL.1 * rows + self.legend()?.height()))
    }

    fn draw<B>(&self, area: &Area<B>) -> Result<()>
    where
        B: DrawingBackend,
        B::ErrorType: 'static,
    {
        area.fill(&plotters::style::WHITE)?;
        self.legend()?.draw(area)?;
        for (i, panel) in self.panels.iter().enumerate().filter(|(_, panel)| **panel != Panel::default()) {
            let (left, top) = (PANEL.0 * (i % self.columns) as u32, PANEL.1 * (i / self.columns) as u32);
            let area = area.clone().shrink((left, top), PANEL);
            draw_panel(&area, panel)?;
        }
        Ok(())
    }
}

fn draw_panel<B>(area: &Area<B>, panel: &Panel) -> Result<()>
where
    B: DrawingBackend,
    B::ErrorType: 'static,
{
    let (x_range, y_range) = (x_range(panel), y_range(panel));
    let mut chart = ChartBuilder::on(area)
        .margin_top(TOP)
        .margin_left(16)
        // The last label of the x axis is centred on the right end and needs its half.
        .margin_right(RIGHT)
        .margin_bottom(16)
        .x_label_area_size(76)
        .y_label_area_size(LEFT - 16)
        .build_cartesian_2d(
            Ticked::new(&x_range, panel.x_axis.ticks(&x_range, X_LABELS)),
            Ticked::new(&y_range, panel.y_axis.ticks(&y_range, Y_LABELS)),
        )?;
    // In the middle of the axes, or as far to the left as it needs to end within the panel.
    let last = PANEL.0.saturating_sub(width(&panel.title, &title())? / 2 + 4);
    let middle = ((LEFT + PANEL.0 - RIGHT) / 2).min(last);
    area.draw(&Text::new(panel.title.as_str(), (middle as i32, (TOP / 3) as i32), title()))?;
    chart
        .configure_mesh()
        .light_line_style(plotters::style::TRANSPARENT)
        .bold_line_style(GRID.stroke_width(2))
        .axis_style(INK.stroke_width(2))
        .x_labels(X_LABELS)
        .y_labels(Y_LABELS)
        .x_label_formatter(&|x| tick(panel.x_axis.value(*x)))
        .y_label_formatter(&|y| tick(panel.y_axis.value(*y)))
        .label_style(text(TICK, HPos::Center))
        .axis_desc_style(text(LABEL, HPos::Center))
        .x_desc(&panel.x_label)
        .y_desc(&panel.y_label)
        .draw()?;

    let across = |point: &Point| panel.x_axis.place(point.x);
    let inside = |y: f64| panel.y_axis.place(y).clamp(y_range.start, y_range.end);
    for Series { colour: index, points, .. } in panel.series.iter().filter(|series| series.dash != Dash::Thin) {
        let ends = points.iter().filter_map(|point| Some((across(point), point.band?.map(inside))));
        let (lower, mut band): (Vec<_>, Vec<_>) = ends.map(|(x, [low, high])| ((x, low), (x, high))).unzip();
        band.extend(lower.into_iter().rev());
        if !band.is_empty() {
            chart.draw_series([Polygon::new(band, colour(*index).mix(0.16).filled())])?;
        }
    }
    let x_ends = [x_range.start, x_range.end];
    let at = |y: f64| panel.y_axis.place(y);
    let levels =
        panel.levels.iter().map(|level| (x_ends.map(|x| (x, at(level.y))).to_vec(), level.colour, Dash::Dotted));
    let means =
        |series: &Series| series.points.iter().map(|point| (across(point), inside(point.mean))).collect::<Vec<_>>();
    let curves = panel.series.iter().map(|series| (means(series), series.colour, series.dash));
    for (points, index, dash) in levels.chain(curves).collect::<Vec<_>>() {
        let style = dash.style(colour(index));
        chart.draw_series([match (dash.lengths(), points.as_slice()) {
            // One point is no line yet.
            (_, [only]) => Circle::new(*only, 2 * CURVE, style.filled()).into_dyn(),
            (None, _) => PathElement::new(points, style).into_dyn(),
            (Some((stroke, space)), _) => DashedPathElement::new(points, stroke, space, style).into_dyn(),
        }])?;
    }
    if panel.y_axis == Axis::Log {
        for series in panel.series.iter().filter(|series| series.points.len() > 2) {
            let mark = |point| Circle::new(point, CURVE + 2, colour(series.colour).filled());
            chart.draw_series(means(series).into_iter().map(mark))?;
        }
    }
    Ok(())
}

fn line(index: usize, dash: Dash) -> Mark {
    Mark::Line { colour: colour(index), dash }
}

fn x_range(panel: &Panel) -> Range<f64> {
    // On a log axis a little more, so that the marks at its ends are whole.
    let share = if panel.y_axis == Axis::Log { 0.03 } else { 0.0 };
    let points = panel.series.iter().flat_map(|series| &series.points);
    let range = widen(points.map(|point| panel.x_axis.place(point.x)), share);
    // Curves of which the first point came soon are seen from the beginning, so that panels can be compared.
    let begins_at_0 = panel.x_axis == Axis::Linear && range.start > 0.0 && range.start <= SOON * range.end;
    if begins_at_0 { 0.0..range.end } else { range }
}

fn y_range(panel: &Panel) -> Range<f64> {
    if let Some((low, high)) = panel.y_range {
        return panel.y_axis.place(low)..panel.y_axis.place(high);
    }
    let points = panel.series.iter().flat_map(|series| &series.points);
    let bands = points.flat_map(|point| point.band.unwrap_or([point.mean; 2]));
    widen(bands.chain(panel.levels.iter().map(|level| level.y)).map(|y| panel.y_axis.place(y)), 0.05)
}

/// From the lowest to the highest value and a share of that more at either end; never empty.
fn widen(values: impl Iterator<Item = f64>, share: f64) -> Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    match high - low {
        extent if extent > 0.0 => low - share * extent..high + share * extent,
        // One value only, or none.
        _ if low.is_finite() => low - 0.5..low + 0.5,
        _ => 0.0..1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(y_range: Option<(f64, f64)>) -> Panel {
        let band = |mean: f64| Some([mean - 0.2, mean + 0.2]);
        let point = |x: f64| Point { x, mean: x / 50_000.0, band: band(x / 50_000.0) };
        let points: Vec<Point> = (0..=5).map(|i| point(10_000.0 * f64::from(i))).collect();
        Panel {
            title: "umaze".into(),
            x_label: "online steps".into(),
            y_label: "success".into(),
            y_range,
            x_axis: Axis::Linear,
            y_axis: Axis::Linear,
            series: vec![Series { label: "a < b".into(), colour: 0, points, dash: Dash::Solid }],
            levels: vec![Level { label: "paper".into(), colour: 7, y: 0.9 }],
        }
    }

    #[test]
    fn equal_panels_give_equal_bytes() {
        let draw = || draw(&[panel(None), panel(Some((0.0, 1.0)))], 2).unwrap();
        assert_eq!(draw(), draw());
    }

    #[test]
    fn a_drawing_names_each_series_once_and_shortens_numbers() {
        let Picture { svg, png } = draw(&[panel(None), panel(Some((0.0, 1.0)))], 2).unwrap();
        // plotters writes a text on a line of its own.
        let times = |text: &str| svg.lines().filter(|line| *line == text).count();
        for (text, expected) in [("a &lt; b", 1), ("paper", 1), ("umaze", 2), ("10k", 2), ("50k", 2), ("0.4", 2)] {
            assert_eq!(times(text), expected, "{text}:\n{svg}");
        }
        let page = (svg.split('"').nth(1).unwrap(), svg.split('"').nth(3).unwrap());
        let image = image::load_from_memory(&png).unwrap();
        assert_eq!((page.0.parse(), page.1.parse()), (Ok(image.width() / 2), Ok(image.height() / 2)));
    }

    #[test]
    fn axes_of_steps_begin_at_0() {
        let from = |first: f64| {
            let mut panel = panel(None);
            panel.series[0].points = [first, 50_000.0].map(|x| Point { x, mean: 0.0, band: None }).into();
            x_range(&panel)
        };
        assert_eq!(from(2_000.0), 0.0..50_000.0);
        assert_eq!(from(10_000.0), 10_000.0..50_000.0);
        assert_eq!(from(-20_000.0), -20_000.0..50_000.0);
    }

    #[test]
    fn thin_lines_have_no_band() {
        let drawn = |dash| {
            let mut panel = panel(None);
            panel.series[0].dash = dash;
            let svg = draw(&[panel], 1).unwrap().svg;
            let line = svg.lines().rfind(|line| line.starts_with("<polyline")).unwrap();
            (svg.matches("<polygon").count(), line.contains("stroke-width=\"2\""))
        };
        assert_eq!(drawn(Dash::Solid), (1, false));
        assert_eq!(drawn(Dash::Thin), (0, true));
    }

    #[test]
    fn bands_stay_inside_the_axes() {
        let heights = |y_range| -> Vec<i32> {
            let svg = draw(&[panel(y_range)], 1).unwrap().svg;
            let band = svg.lines().find(|line| line.starts_with("<polygon")).unwrap();
            let points = band.split("points=\"").nth(1).unwrap().trim_end_matches("\"/>");
            points.split_whitespace().map(|point| point.split_once(',').unwrap().1.parse().unwrap()).collect()
        };
        let count_at_top = |heights: &[i32]| heights.iter().filter(|y| *y == heights.iter().min().unwrap()).count();
        assert_eq!(count_at_top(&heights(None)), 1, "the highest point of the band");
        assert_eq!(count_at_top(&heights(Some((0.0, 1.0)))), 2, "0.8 + 0.2 and 1.0 + 0.2 both end at 1");
    }
}
