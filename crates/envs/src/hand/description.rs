//! The MJCF text of each task: its own file with the shared ones spliced in.

use super::HandTask;

/// The files that the tasks share, by the name under which they include them.
const SHARED: [(&str, &str); 3] = [
    ("hand_defaults.xml", include_str!("../../assets/hand_defaults.xml")),
    ("hand_body.xml", include_str!("../../assets/hand_body.xml")),
    ("hand_servos.xml", include_str!("../../assets/hand_servos.xml")),
];

/// The MJCF text of a task. MuJoCo opens the files as they are; the loader here does not know an `<include>` inside a
/// body, so each is replaced by what stands inside the root of its file.
pub fn mjcf(task: HandTask) -> String {
    let mut text = match task {
        HandTask::Pen => include_str!("../../assets/hand_pen.xml"),
        HandTask::Door => include_str!("../../assets/hand_door.xml"),
        HandTask::Relocate => include_str!("../../assets/hand_relocate.xml"),
    }
    .to_owned();
    for (name, file) in SHARED {
        let (_, inside) = file.split_once("<mujocoinclude>").expect("a shared file has this root");
        let (inside, _) = inside.split_once("</mujocoinclude>").expect("the root ends");
        text = text.replace(&format!("<include file=\"{name}\"/>"), inside);
    }
    text
}
