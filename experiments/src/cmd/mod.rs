//! One verb, one file.

pub(crate) mod check;
pub(crate) mod data;
pub(crate) mod evaluate;
pub(crate) mod export;
pub(crate) mod figure;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod pen_expert;
pub(crate) mod play;
pub(crate) mod profile;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod trace;
pub(crate) mod walker;
