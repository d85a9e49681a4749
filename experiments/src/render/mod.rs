//! Figures: curves, paths through a maze, the combination lock, and animated episodes.
//!
//! [`plot`], [`map`] and [`lock`] make a [`Picture`], which is an SVG and a PNG of the same drawing; [`sheet`] lays out
//! rendered scenes. Equal input gives equal bytes.

mod axis;
pub(crate) mod coverage;
pub(crate) mod gif;
mod legend;
pub(crate) mod lock;
pub(crate) mod map;
mod picture;
pub(crate) mod plot;
pub(crate) mod sheet;

pub(crate) use picture::{Picture, png};
