//! How data sets come about, one file per recipe.

pub(crate) mod hand;
pub(crate) mod human;
pub(crate) mod maze;
