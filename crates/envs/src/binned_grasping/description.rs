//! The MJCF texts.

/// Table and bins alone.
pub(super) const BINS: &str = include_str!("../../assets/bins.xml");

/// Table and bins with the arm. MuJoCo opens the file as it is; the loader here has no folder to look for what it
/// includes, so that this stands in its place.
pub(super) fn arm() -> String {
    let (_, inside) = BINS.split_once("<mujoco model=\"bins\">").expect("the file has this root");
    let (inside, _) = inside.split_once("</mujoco>").expect("the root ends");
    include_str!("../../assets/arm.xml").replace("<include file=\"bins.xml\"/>", inside)
}
