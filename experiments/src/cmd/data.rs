//! `experiments data`: makes data sets in D4RL's layout.

use std::ffi::OsStr;

use anyhow::{Result, bail, ensure};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use d4rl::Recording;
use envs::{
    Family, Task,
    binned_grasping::IMAGE_SIZE,
    oracle::{CollectPlan, Straying},
};

use crate::{
    AtScale, Selection,
    collect::{
        grasping::{self, GraspingData},
        hand::{self, HandData, HandPlan},
        human::{self, HumanData},
        maze,
    },
    data::{DataCatalog, describe, read_manifest, remember, write_manifest},
    data_file::{Demonstrated, Demonstrations, IMAGE_SIZES, environment_of},
    paper::{self, Cell},
    progress::say,
    same_bits,
    spec::{DataSlice, Scale},
    workspace::Workspace,
};

/// Make data sets in D4RL's layout, under data/.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Tasks, and door-human; where none is named, the tasks of --only, or all ant mazes.
    #[arg(value_name = "NAME", value_parser = names(), conflicts_with = "only")]
    names: Vec<Named>,
    /// Let the walker of the ant mazes lose its way for this share of the time (0 to 0.96), in stretches of 25 steps on the
    /// average: data that are harder to learn from. They count as your own, beside those of the tables.
    #[arg(long, value_name = "SHARE", value_parser = straying, allow_negative_numbers = true)]
    straying: Option<Straying>,
    /// Demonstrations of the grasping tasks named, such as 20, 200, 2k or 20k: data/NAME-COUNT.hdf5 [default: 2k].
    #[arg(long, value_name = "COUNT", requires = "names")]
    demos: Option<Demonstrations>,
    /// Height and width of their pictures: data/NAME-COUNT-SIZEpx.hdf5, which only a --spec of your own or the paper's scale
    /// learns from [default: 64, without a mark in the name].
    #[arg(long, value_name = "PIXELS", requires = "names", value_parser = clap::value_parser!(u16).range(IMAGE_SIZES))]
    image_size: Option<u16>,
    #[command(flatten)]
    selection: Selection,
}

/// A file that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// A task's.
    Task(Task),
    /// So many demonstrations of a grasping task.
    Grasping(Task, Demonstrated),
    /// D4RL's human demonstrations of the door, recorded again in this simulator.
    DoorHuman,
}

const DOOR_HUMAN: &str = "door-human";
/// Of a grasping task, where nothing else is asked for: the paper's Figure 4.
const DEMONSTRATIONS: Demonstrations = Demonstrations(2_000);

impl Named {
    /// The file of a slice that a table plans with.
    fn of_slice(task: Task, slice: &DataSlice) -> Self {
        match Demonstrated::of(task, &slice.file) {
            Some(wanted) => Self::Grasping(task, wanted),
            None => Self::Task(task),
        }
    }

    /// The task in which the data are.
    fn task(self) -> Task {
        match self {
            Self::Task(task) | Self::Grasping(task, _) => task,
            Self::DoorHuman => Task::DoorBinary,
        }
    }

    /// Whether a policy is taught on the way.
    fn needs_clone(self) -> bool {
        matches!(self, Self::Task(task) if matches!(task.family(), Family::Hand(_)))
    }

    /// The name under data/, without its ending.
    fn file(self, scale: Scale) -> String {
        match self {
            Self::Task(task) => Workspace::data_name(task, scale),
            Self::Grasping(task, wanted) => wanted.file(task, scale),
            Self::DoorHuman => DOOR_HUMAN.into(),
        }
    }
}

/// The names, which `--help` and errors list.
fn names() -> impl TypedValueParser<Value = Named> {
    let name = |name: String| match name.as_str() {
        DOOR_HUMAN => Named::DoorHuman,
        task => Named::Task(task.parse().expect("it is one of them")),
    };
    PossibleValuesParser::new(Task::ALL.map(Task::name).into_iter().chain([DOOR_HUMAN])).map(name)
}

fn straying(text: &str) -> Result<Straying, String> {
    let share: f32 = text.parse().map_err(|_| format!("{text} is no number"))?;
    Straying::of(share).ok_or_else(|| "a share of the time is from 0 to 0.96".into())
}

/// The verb. A file that is there already is left alone: it may be a user's own.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let Selection { sized: AtScale { scale }, only } = &arguments.selection;
    let names = if !arguments.names.is_empty() {
        arguments.names.clone()
    } else if only.is_empty() {
        Task::ANT_MAZES.map(Named::Task).to_vec()
    } else {
        planned(&paper::cells(&arguments.selection, &DataCatalog::new(workspace))?)
    };
    // Of grasping, a name alone does not say how much.
    let image_size = arguments.image_size.map(usize::from).filter(|size| *size != IMAGE_SIZE);
    let wanted = Demonstrated { count: arguments.demos.unwrap_or(DEMONSTRATIONS), image_size };
    let names: Vec<Named> = names
        .into_iter()
        .map(|named| match named {
            Named::Task(task) if Task::GRASPING.contains(&task) => Named::Grasping(task, wanted),
            other => other,
        })
        .collect();
    let unseen = names.iter().find(|named| !matches!(named, Named::Grasping(..)));
    if let (true, Some(named)) = (arguments.image_size.is_some() || arguments.demos.is_some(), unseen) {
        bail!("--demos and --image-size are for grasping tasks: leave them out for {}", named.file(*scale));
    }
    let no_walker = names.iter().find(|named| named.task().maze().is_none());
    if let (Some(_), Some(named)) = (arguments.straying, no_walker) {
        bail!("--straying is for ant mazes, whose data a walker makes: leave it out for {}", named.file(*scale));
    }
    for named in &names {
        let path = workspace.data_path(&named.file(*scale));
        if path.exists() {
            say(&format!("{} is there already and is left as it is; remove it to have it made anew", path.display()));
            refresh(workspace, *named, *scale)?;
        }
    }
    make(workspace, *scale, &names, arguments.straying)
}

/// The files of which some runs learn, each once.
fn planned(cells: &[Cell]) -> Vec<Named> {
    let mut files = Vec::new();
    for spec in
        cells.iter().flat_map(|cell| cell.spec.needs().into_iter().map(|run| run.spec).chain([cell.spec.clone()]))
    {
        let named = Named::of_slice(spec.task, &spec.data);
        if !files.contains(&named) {
            files.push(named);
        }
    }
    files
}

/// Lets the manifest tell all that this program can tell of a file behind the committed records.
fn refresh(workspace: &Workspace, named: Named, scale: Scale) -> Result<()> {
    let name = named.file(scale);
    let Some(known) = read_manifest(workspace)?.remove(&name) else { return Ok(()) };
    let found = describe(named.task(), &d4rl::read(workspace.data_path(&name))?);
    if found.content == known.content { write_manifest(workspace, &name, found) } else { Ok(()) }
}

/// Makes the files of these slices that are missing.
pub(crate) fn ensure(workspace: &Workspace, scale: Scale, slices: &[(Task, &DataSlice)]) -> Result<()> {
    let names: Vec<Named> = slices.iter().map(|(task, slice)| Named::of_slice(*task, slice)).collect();
    make(workspace, scale, &names, None)
}

fn make(workspace: &Workspace, scale: Scale, names: &[Named], straying: Option<Straying>) -> Result<()> {
    for named in names {
        let name = named.file(scale);
        let path = workspace.data_path(&name);
        if named.needs_clone() && !path.exists() && !same_bits::computed_here() {
            // Roll-outs of a clone amplify every bit, and records are of one file, wherever it is made.
            let arguments = ["data", named.task().name(), "--scale", &scale.to_string()];
            same_bits::run(workspace, &arguments.map(OsStr::new))?;
            continue;
        }
        let _lock = workspace.lock_shared(&format!("data/{name}"))?;
        if path.exists() {
            continue;
        }
        let recording = collect(workspace, *named, scale, straying)?;
        std::fs::create_dir_all(path.parent().expect("a file has a folder"))?;
        let entry = describe(named.task(), &recording);
        d4rl::write(&path, &recording)?;
        remember(&path, &entry.content, entry.transitions)?;
        say(&format!(
            "{}: {} transitions, {} of {} episodes reach the goal, {:.2} % of the rows rewarded",
            path.display(),
            entry.transitions,
            entry.success_episodes,
            entry.episodes,
            100.0 * entry.rewarded_share
        ));
        if straying.is_some() {
            continue;
        }
        if read_manifest(workspace)?.get(&name).is_some_and(|known| known.content != entry.content) {
            say(&format!(
                "note: {name} differs from the file behind the committed records (made by other code, or with another C \
                 library), so those records will not serve for it"
            ));
        } else {
            write_manifest(workspace, &name, entry)?;
        }
    }
    Ok(())
}

fn collect(workspace: &Workspace, named: Named, scale: Scale, straying: Option<Straying>) -> Result<Recording> {
    match (named, named.task().family()) {
        (Named::Task(task), Family::AntMaze(_)) => {
            let plan = CollectPlan::d4rl(task).expect("D4RL has a plan for each ant maze");
            // A share of 0 is a wish, too.
            let straying = straying.map_or(plan.straying, |wish| Some(wish).filter(|wish| wish.share > 0.0));
            Ok(maze::collect(task, CollectPlan { straying, ..plan }, maze::rows(scale)))
        }
        (Named::Task(task), Family::Hand(hand)) => {
            let HandData { recording, clone, expert, cloned } = hand::collect(task, hand, HandPlan::of(hand, scale));
            let folder = workspace.root().join("checkpoints/clones").join(task.name());
            clone.save(&folder)?;
            let [tried, good] = expert;
            let [episodes, successes] = cloned;
            say(&format!(
                "{task}: {good} demonstrations of {tried} tries; the clone ({}) succeeds in {successes} of {episodes} episodes",
                folder.display()
            ));
            Ok(recording)
        }
        (Named::Task(task), Family::Grasping(_)) => bail!("how many demonstrations of {task}? Say so with --demos"),
        (Named::Grasping(task, wanted), _) => {
            let environment = || environment_of(task, &wanted.file(task, scale));
            let Demonstrations(demonstrations) = wanted.count;
            let GraspingData { recording, tried } = grasping::collect(environment, demonstrations);
            say(&format!("{task}: {demonstrations} demonstrations of {tried} tries"));
            Ok(recording)
        }
        (Named::DoorHuman, _) => {
            let path = workspace.data_path("door-human-v0");
            ensure!(path.exists(), "{} is missing: put D4RL's file of that name there", path.display());
            let (source, spec) = (d4rl::read(&path)?, Task::DoorBinary.build().spec().clone());
            source.check_sizes(&path, spec.state_size, spec.action_size, None)?;
            let HumanData { recording, counts: [all, there, here] } = human::replay(&source)?;
            say(&format!("{all} human demonstrations: {there} open the door in the source, {here} here"));
            Ok(recording)
        }
    }
}
