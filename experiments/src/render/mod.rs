//! Figures: learning curves, paths through a maze, and animated episodes.
//!
//! [`plot`] and [`map`] make a [`Picture`], which is an SVG and a PNG of the same drawing; [`sheet`] lays out rendered
//! scenes. Equal input gives equal bytes.

pub(crate) mod gif;
mod legend;
pub(crate) mod map;
mod picture;
pub(crate) mod plot;
pub(crate) mod sheet;

pub(crate) use picture::{Picture, png};
