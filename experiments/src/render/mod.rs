//! Figures: learning curves, paths through a maze, and animated episodes.
//!
//! [`plot`] and [`map`] make a [`Picture`], which is an SVG and a PNG of the same drawing; equal input gives equal bytes.

pub mod gif;
mod legend;
pub mod map;
mod picture;
pub mod plot;

pub use picture::Picture;
