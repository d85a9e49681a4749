//! How data sets come about, one file per recipe.

pub(crate) mod grasping;
pub(crate) mod hand;
pub(crate) mod human;
pub(crate) mod maze;
