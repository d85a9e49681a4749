//! The MJCF texts.

/// Table and bins alone.
pub(super) const BINS: &str = include_str!("../../assets/bins.xml");

/// The MJCF text of table, bins and arm. MuJoCo opens the file as it is; the loader here has no folder to look for what it
/// includes, so that this stands in its place.
pub fn mjcf() -> String {
    let (_, inside) = BINS.split_once("<mujoco model=\"bins\">").expect("the file has this root");
    let (inside, _) = inside.split_once("</mujoco>").expect("the root ends");
    include_str!("../../assets/arm.xml").replace("<include file=\"bins.xml\"/>", inside)
}
