//! How numbers are laid out along an axis, and where it has ticks.

use std::ops::Range;

use plotters::{
    coord::{
        ranged1d::{DefaultFormatting, KeyPointHint},
        types::RangedCoordf64,
    },
    prelude::Ranged,
};

/// The scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Axis {
    /// Equal steps for equal differences.
    #[default]
    Linear,
    /// Equal steps for equal ratios; numbers must be positive. Points are marked, since such panels have few.
    Log,
}

impl Axis {
    /// Where a number lies.
    pub(super) fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.log10(),
        }
    }

    /// The number at a place.
    pub(super) fn value(self, place: f64) -> f64 {
        match self {
            Self::Linear => place,
            Self::Log => 10.0_f64.powf(place),
        }
    }

    /// The places of the ticks, at most about `count`: whole decades where there are several, otherwise parts of
    /// them.
    pub(super) fn ticks(self, range: &Range<f64>, count: usize) -> Vec<f64> {
        if self == Self::Linear {
            return RangedCoordf64::from(range.clone()).key_points(count);
        }
        let digits: &[f64] = match range.end - range.start {
            decades if decades > 2.5 => &[1.0],
            decades if decades > 1.3 => &[1.0, 2.0, 5.0],
            _ => &[1.0, 2.0, 3.0, 4.0, 6.0, 8.0],
        };
        let decades = range.start.floor() as i32..=range.end.ceil() as i32;
        let ticks = decades.flat_map(|decade| digits.iter().map(move |digit| digit.log10() + f64::from(decade)));
        ticks.filter(|tick| (range.start - 1e-9..=range.end + 1e-9).contains(tick)).collect()
    }
}

/// An axis with ticks of our own, for plotters.
pub(super) struct Ticked {
    line: RangedCoordf64,
    ticks: Vec<f64>,
}

impl Ticked {
    pub(super) fn new(range: &Range<f64>, ticks: Vec<f64>) -> Self {
        Self { line: range.clone().into(), ticks }
    }
}

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.line.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.line.range()
    }
}

/// A number on an axis: 0.25, 300, 10k, 1.5M.
pub(super) fn tick(x: f64) -> String {
    let (scaled, unit) = match x.abs() {
        size if size >= 999_999.5 => (x / 1e6, "M"),
        size if size >= 999.5 => (x / 1e3, "k"),
        _ => (x, ""),
    };
    // Log axes have small numbers too; on linear ones a number so small is a zero with a rounding error.
    let digits = if (1e-6..0.01).contains(&scaled) { format!("{scaled:.6}") } else { format!("{scaled:.2}") };
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    // The axis finds its ticks by adding, so that zero may come out as a tiny negative number.
    format!("{}{unit}", if digits == "-0" { "0" } else { digits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_axes_have_decades_and_their_parts() {
        let values = |low: f64, high: f64| -> Vec<String> {
            let ticks = Axis::Log.ticks(&(low.log10()..high.log10()), 8);
            ticks.into_iter().map(|place| tick(Axis::Log.value(place))).collect()
        };
        assert_eq!(values(1.0, 10_000.0), ["1", "10", "100", "1k", "10k"]);
        assert_eq!(values(2.0, 8.0), ["2", "3", "4", "6", "8"]);
        assert_eq!(values(0.004, 0.2), ["0.005", "0.01", "0.02", "0.05", "0.1", "0.2"]);
    }

    #[test]
    fn ticks_are_short() {
        for (x, expected) in [
            (0.0, "0"),
            (-1e-17, "0"),
            (0.25, "0.25"),
            (-0.5, "-0.5"),
            (300.0, "300"),
            (10_000.0, "10k"),
            (2_500.0, "2.5k"),
            (999_999.999_9, "1M"),
            (1_500_000.0, "1.5M"),
        ] {
            assert_eq!(tick(x), expected);
        }
    }
}
