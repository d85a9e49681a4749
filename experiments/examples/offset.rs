//! Do the pictures of grasping say where the gripper must go? `cargo run -p experiments --example offset`.
//!
//! A small network learns from pictures and states, as the policies see them, how far it is to the nearest object along
//! x and y (in instance grasping: to the one asked for), and is judged on a tenth of the scenes, of which it has seen no
//! demonstration, beside one that always tells the mean. It fails where the pictures do not help. Where an object is asked
//! for, it may lie in any bin, so that they help most: `... --example offset -- data/grasping-instance-2k.hdf5`.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result, ensure};
use envs::{
    Task,
    binned_grasping::{Facts, OBJECTS},
};
use learners::{Device, ImageBc, ImageBcConfig, Interface};
use rl::{Dataset, Intent, Learner, Observation, ObservationRows, OfflineTraining, Prng, Row};

/// Offsets are told in these units, so that they fill the network's range of -1 to 1 (m).
const UNIT: f32 = 0.2;
const UPDATES: usize = 2_500;
const BATCH_ROWS: usize = 64;
/// The error that carries a grasp: about half of what the fingers open to (m).
const ENOUGH: f32 = 0.02;

/// What is seen before a grasp, and what is to be told of it: the offset in x and y (m).
struct Example {
    observation: Observation,
    offset: [f32; 2],
    /// Where all objects are (m): at the start of an episode they tell its scene.
    objects: [[f32; 3]; OBJECTS],
}

fn main() -> Result<()> {
    learners::use_one_thread();
    let path = std::env::args().nth(1).map_or_else(|| "data/grasping-indiscriminate-2k.hdf5".into(), PathBuf::from);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let task = Task::GRASPING.into_iter().find(|task| name.starts_with(task.name()));
    let task = task.with_context(|| format!("{name} is not named after a grasping task"))?;
    let advice = format!("make it with `cargo run -p experiments -- data {task} --demos 2k`");
    let recording = d4rl::read(&path).context(advice)?;
    let examples = examples(&recording)?;
    let scene = |demonstration: &Vec<Example>| demonstration[0].objects;
    let mut scenes = Vec::new();
    for scene in examples.iter().map(scene) {
        if !scenes.contains(&scene) {
            scenes.push(scene);
        }
    }
    let held_out = scenes.split_off(scenes.len() - scenes.len() / 10);
    ensure!(!held_out.is_empty(), "{} scenes are too few to judge by", scenes.len());
    let (unseen, seen): (Vec<_>, Vec<_>) = examples.iter().partition(|example| held_out.contains(&scene(example)));

    let spec = task.build().spec().clone();
    let interface = Interface { action_size: 2, ..Interface::of(&spec) };
    let mut dataset = Dataset { action_size: 2, ..Dataset::of_task(&spec) };
    for Example { observation, offset, .. } in seen.iter().copied().flatten() {
        let (state, image) = (&observation.state, observation.image.as_ref().expect("grasping is seen"));
        let action = &offset.map(|x| x / UNIT);
        let images = Some((image, image));
        dataset.push(Row { state, action, reward: 0.0, next_state: state, bootstrap: 0.0, success: 0.0, images });
    }
    let stream = |purpose| vec![Prng::derive(task.name(), 0, purpose)];
    let mut learner = ImageBc::new(ImageBcConfig::small(), interface, stream("offset"), Device::CPU);
    let rows = dataset.len();
    let mut training = OfflineTraining::new(&mut learner, vec![Arc::new(dataset)], stream("minibatches"), BATCH_ROWS);
    eprintln!("{} demonstrations of {rows} steps before the grasp; {} more to judge by", seen.len(), unseen.len());
    let mut told = f32::INFINITY;
    for update in 1..=UPDATES {
        training.step();
        if update % 500 == 0 {
            told = error(training.learner(), &unseen);
            eprintln!("after {update} updates: mean error {:.1} mm", 1e3 * told);
        }
    }
    let mean = mean(&seen);
    let always_mean = average(unseen.iter().copied().flatten().map(|example| distance(example.offset, mean)));
    eprintln!("always the mean offset: {:.1} mm", 1e3 * always_mean);
    ensure!(told < ENOUGH.min(always_mean), "the pictures do not say where the gripper must go");
    Ok(())
}

/// The steps of each demonstration in which the gripper holds nothing.
fn examples(recording: &d4rl::Recording) -> Result<Vec<Vec<Example>>> {
    let privileged = recording.infos.get("privileged").context("the file does not say where the objects are")?;
    let images = recording.images.as_ref().context("the file has no pictures")?;
    let mut demonstrations = vec![Vec::new()];
    for row in 0..recording.len() {
        let facts = Facts::from_slice(privileged.row(row));
        if facts.held.is_none() {
            let state = recording.observations.row(row).to_vec();
            let observation = Observation { state, image: Some(images.rows[row].clone()), privileged: Vec::new() };
            let example = Example { observation, offset: offset(&facts), objects: facts.objects };
            demonstrations.last_mut().expect("never empty").push(example);
        }
        if recording.terminals[row] {
            demonstrations.push(Vec::new());
        }
    }
    demonstrations.retain(|examples| !examples.is_empty());
    Ok(demonstrations)
}

/// From the gripper to the object that is asked for, else to the nearest one.
fn offset(facts: &Facts) -> [f32; 2] {
    let to = |object: &[f32; 3]| [object[0] - facts.position[0], object[1] - facts.position[1]];
    let nearest = || facts.objects.iter().map(to).min_by(|a, b| a[0].hypot(a[1]).total_cmp(&b[0].hypot(b[1])));
    facts.target.map_or_else(|| nearest().expect("there are objects"), |target| to(&facts.objects[target]))
}

/// Mean distance between what the network tells and what is (m).
fn error(learner: &dyn Learner, demonstrations: &[&Vec<Example>]) -> f32 {
    let distances = demonstrations.iter().flat_map(|examples| {
        let rows = ObservationRows::stack(1, examples.len(), examples.iter().map(|example| &example.observation));
        let told = learner.policy().act(&rows, Intent::Exploit, &mut [Prng::derive("offset", 0, "unused")]);
        let told = |row: usize| [told.row(0, row)[0] * UNIT, told.row(0, row)[1] * UNIT];
        examples.iter().enumerate().map(|(row, example)| distance(told(row), example.offset)).collect::<Vec<_>>()
    });
    average(distances)
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn mean(demonstrations: &[&Vec<Example>]) -> [f32; 2] {
    [0, 1].map(|i| average(demonstrations.iter().copied().flatten().map(|example| example.offset[i])))
}

fn average(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / count as f32
}
