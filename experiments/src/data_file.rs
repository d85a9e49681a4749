//! Data files by their names: of which task, how many demonstrations, pictures of which size, and the command that makes
//! them.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use envs::Task;
use rl::Environment;

use crate::{spec::Scale, workspace::Workspace};

/// How many demonstrations a file of them has; written with k for thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demonstrations(pub(crate) usize);

impl FromStr for Demonstrations {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, unit) = text.strip_suffix('k').map_or((text, 1), |digits| (digits, 1000));
        let count: Option<usize> = digits.parse().ok().and_then(|count: usize| count.checked_mul(unit));
        count.filter(|count| *count > 0).map(Self).ok_or_else(|| format!("{text} is no count: say 20, 200, 2k or 20k"))
    }
}

impl fmt::Display for Demonstrations {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            count if count.is_multiple_of(1000) => write!(f, "{}k", count / 1000),
            count => write!(f, "{count}"),
        }
    }
}

/// What the name of a file of demonstrations tells, such as `2k` or, of one with pictures of other than the task's usual
/// size, `2k-128px`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demonstrated {
    /// How many there are.
    pub(crate) count: Demonstrations,
    /// Height and width of their pictures (pixels); none for the task's usual ones.
    pub(crate) image_size: Option<usize>,
}

/// Heights and widths of pictures that can be asked for (pixels).
pub(crate) const IMAGE_SIZES: RangeInclusive<i64> = 16..=1024;

impl Demonstrated {
    /// By a file's name under data/; none for another sort of file.
    pub(crate) fn of(task: Task, file: &str) -> Option<Self> {
        let told = file.rsplit('/').next()?.strip_prefix(task.name())?.strip_prefix('-')?;
        let (count, image_size) = match told.split_once('-') {
            Some((count, size)) => (count, Some(size.strip_suffix("px")?.parse().ok()?)),
            None => (told, None),
        };
        if image_size.is_some_and(|size| !IMAGE_SIZES.contains(&(size as i64))) {
            return None;
        }
        Some(Self { count: count.parse().ok()?, image_size })
    }

    /// The file's name under data/, without its ending.
    pub(crate) fn file(self, task: Task, scale: Scale) -> String {
        let Self { count, image_size } = self;
        let size = image_size.map_or(String::new(), |size| format!("-{size}px"));
        format!("{}-{count}{size}", Workspace::data_name(task, scale))
    }
}

/// A task with pictures as large as those of a file.
pub(crate) fn environment_of(task: Task, file: &str) -> Box<dyn Environment> {
    let size = Demonstrated::of(task, file).and_then(|told| told.image_size);
    size.and_then(|size| task.build_seen_with(Some(size))).unwrap_or_else(|| task.build())
}

/// The command that makes a data file; none of a file that no command makes.
pub(crate) fn recipe(task: Task, file: &str) -> Option<String> {
    let (scale, option) =
        if file.starts_with("smoke/") { (Scale::Smoke, " --scale smoke") } else { (Scale::Laptop, "") };
    let (made, demonstrations) = match Demonstrated::of(task, file) {
        None if Task::GRASPING.contains(&task) => return None, // how many?
        None => (Workspace::data_name(task, scale), String::new()),
        Some(told) => {
            let size = told.image_size.map_or(String::new(), |size| format!(" --image-size {size}"));
            (told.file(task, scale), format!(" --demos {}{size}", told.count))
        }
    };
    (made == file).then(|| format!("cargo run -p experiments -- data {task}{demonstrations}{option}"))
}

/// A number of transitions as the paper writes it: 300, 1k, 1m.
pub(crate) fn size_label(transitions: usize) -> String {
    // A file of a million steps has some thousands of transitions fewer, one of 100,000 some hundreds.
    let power = 10_usize.pow(transitions.max(1).ilog10() + 1);
    match if 100 * transitions >= 99 * power { power } else { transitions } {
        n if n >= 1_000_000 => format!("{}m", (n as f64 / 1e5).round() / 10.0),
        n if n >= 1_000 => format!("{}k", (n as f64 / 1e2).round() / 10.0),
        n => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_how_many_demonstrations_there_are_and_how_large_their_pictures() {
        let (task, scale) = (Task::GraspingInstance, Scale::Smoke);
        for (image_size, name) in
            [(None, "smoke/grasping-instance-2k"), (Some(128), "smoke/grasping-instance-2k-128px")]
        {
            let told = Demonstrated { count: Demonstrations(2_000), image_size };
            assert_eq!(told.file(task, scale), name);
            assert_eq!(Demonstrated::of(task, name), Some(told));
            let image = environment_of(task, name).spec().image.expect("grasping is seen");
            assert_eq!(image.width, image_size.unwrap_or(64));
        }
        for other in
            ["grasping-indiscriminate-2k", "grasping-instance", "grasping-instance-2k-9px", "grasping-instance-x"]
        {
            assert_eq!(Demonstrated::of(task, other), None);
        }
    }

    #[test]
    fn a_missing_file_is_told_with_the_command_that_makes_it() {
        let of =
            |task, file| recipe(task, file).expect("it can be made").split_once(" -- ").expect("a verb").1.to_string();
        assert_eq!(of(Task::AntMazeUmaze, "antmaze-umaze-v0"), "data antmaze-umaze-v0");
        assert_eq!(of(Task::PenBinary, "smoke/pen-binary-v0"), "data pen-binary-v0 --scale smoke");
        let demonstrations = "smoke/grasping-instance-20";
        assert_eq!(of(Task::GraspingInstance, demonstrations), "data grasping-instance --demos 20 --scale smoke");
        let large = "grasping-instance-2k-512px";
        assert_eq!(of(Task::GraspingInstance, large), "data grasping-instance --demos 2k --image-size 512");
        for (task, file) in [(Task::AntMazeUmaze, "my-walks"), (Task::GraspingInstance, "grasping-instance")] {
            assert_eq!(recipe(task, file), None, "no command makes {file}");
        }
    }

    #[test]
    fn sizes_are_written_as_the_paper_writes_them() {
        let labels = [100, 300, 1_000, 4_000, 99_500, 150_000, 995_697, 1_000_000].map(size_label);
        assert_eq!(labels, ["100", "300", "1k", "4k", "100k", "150k", "1m", "1m"]);
    }
}
