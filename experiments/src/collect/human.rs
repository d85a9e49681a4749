//! The human demonstrations of opening a door, recorded again in this simulator.

use anyhow::{Context, Result, bail, ensure};
use d4rl::{Metadata, Recording};
use envs::{
    Task,
    hand::{Door, Hand, Reward},
    oracle::hand::human::start_like,
};
use rl::{Environment, Outcome};

use crate::collect::sign;

/// The hinge's angle from which D4RL calls the door open (rad).
const OPEN: f32 = 1.35;
/// The hinge's place in the state.
const HINGE: usize = 28;

/// What became of the demonstrations.
pub(crate) struct HumanData {
    /// The file: the states that our simulator came to, the humans' actions, and the binary reward.
    pub(crate) recording: Recording,
    /// Demonstrations, those that open the door in the source, and those that do here.
    pub(crate) counts: [usize; 3],
}

/// Replays all demonstrations of a file such as D4RL's `door-human-v0`, each to its own length. Actions beyond [-1, 1] are
/// clipped by the task; they are recorded as they were.
pub(crate) fn replay(source: &Recording) -> Result<HumanData> {
    let Some(Metadata::Numbers { values: frames, .. }) = source.metadata.get("init/door_body_pos") else {
        bail!("metadata/init/door_body_pos is missing (where each door stood): fetch D4RL's door-human-v0.hdf5 again");
    };
    let demonstrations =
        source.segments().context("the file has no timeouts: fetch D4RL's door-human-v0.hdf5 again")?;
    let all = demonstrations.len();
    ensure!(frames.len() == 3 * all, "{all} demonstrations and {} frames", frames.len() / 3);
    ensure!(
        demonstrations.iter().all(|rows| rows.len() >= 2),
        "a demonstration has fewer than two states, which its speed is read off: fetch D4RL's door-human-v0.hdf5 again"
    );

    let name = Task::DoorBinary.name();
    let mut hand = Hand::<Door>::new(name, Reward::Binary);
    let mut recording = Recording::empty(source.observations.size, source.actions.size);
    let mut counts = [all, 0, 0];
    for (rows, frame) in demonstrations.into_iter().zip(frames.chunks_exact(3)) {
        let row = |row: usize| source.observations.row(row);
        let mut state =
            start_like(&mut hand, [frame[0], frame[1], frame[2]], row(rows.start), row(rows.start + 1)).state;
        let mut opened = false;
        for step in rows.clone() {
            let action = source.actions.row(step);
            let after = hand.step(action);
            let outcome = if step + 1 == rows.end { Outcome::TimesOut } else { Outcome::Continues };
            recording.push(&state, action, after.reward, outcome);
            state = after.observation.state;
            opened |= after.success;
        }
        counts[1] += usize::from(rows.clone().any(|step| row(step)[HINGE] >= OPEN));
        counts[2] += usize::from(opened);
    }
    sign(&mut recording, "human actions, replayed");
    let shape = vec![counts[0], 3];
    let frames = Metadata::Numbers { shape, values: frames.clone() };
    recording.metadata.insert("init/door_body_pos".into(), frames);
    Ok(HumanData { recording, counts })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use envs::oracle::hand::human::joints;

    use super::*;

    fn three_demonstrations() -> Recording {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/d4rl/tests/data/door-human-3.hdf5");
        d4rl::read(file).expect("a good file")
    }

    /// Mean errors of what the humans' actions do here against what they did in MuJoCo, over the first 100 steps: they
    /// reach the handle, grasp it and turn the latch. The limits are twice what was measured over all 25 demonstrations.
    #[test]
    fn human_actions_do_here_what_they_did_in_mujoco() {
        let source = three_demonstrations();
        let Metadata::Numbers { values: frames, .. } = &source.metadata["init/door_body_pos"] else {
            panic!("numbers")
        };
        let mut hand = Hand::<Door>::new("door", Reward::Binary);
        // Places in the state, and the limit: slide, ARRx, ARRy, ARRz, wrist, fingers, latch, hinge (m, rad).
        let parts = [
            (0..1, 0.008),
            (1..2, 0.008),
            (2..3, 0.008),
            (3..5, 0.018),
            (5..27, 0.034),
            (27..28, 0.026),
            (28..29, 0.02),
        ];
        let (mut errors, mut slide_error, mut palm_error, mut steps) = ([0.0; 7], 0.0, 0.0, 0.0);
        for (number, frame) in frames.chunks_exact(3).enumerate() {
            let frame = [frame[0], frame[1], frame[2]];
            let row = |step: usize| source.observations.row(300 * number + step);
            let slides: Vec<f32> = (0..=100).map(|step| joints(&mut hand, frame, row(step))[0]).collect();
            let first = start_like(&mut hand, frame, row(0), row(1)).state;
            for (ours, theirs) in first[29..35].iter().zip(&row(0)[29..35]) {
                assert!((ours - theirs).abs() < 1e-3, "palm and handle: {first:?} against {:?}", row(0));
            }
            for step in 0..100 {
                let state = hand.step(source.actions.row(300 * number + step)).observation.state;
                let theirs = row(step + 1);
                for ((places, _), error) in parts.iter().zip(&mut errors) {
                    let sum: f32 = places.clone().map(|i| (state[i] - theirs[i]).abs()).sum();
                    *error += sum / places.len() as f32;
                }
                palm_error += (29..32).map(|i| (state[i] - theirs[i]).powi(2)).sum::<f32>().sqrt();
                slide_error += (hand.seen().positions[0] - slides[step + 1]).abs();
                steps += 1.0;
            }
        }
        for ((places, limit), error) in parts.iter().zip(errors) {
            assert!(error / steps < *limit, "state {places:?}: {}", error / steps);
        }
        assert!(slide_error / steps < 0.006 && palm_error / steps < 0.01, "{slide_error} {palm_error} over {steps}");
    }

    #[test]
    fn replayed_demonstrations_keep_their_lengths_and_actions() {
        let source = three_demonstrations();
        let HumanData { recording, counts } = replay(&source).expect("a good file");
        assert_eq!(counts, [3, 0, 0], "none of the first three opens the door, there or here");
        assert_eq!(recording.actions, source.actions);
        assert_eq!(recording.timeouts, source.timeouts);
        assert!(recording.rewards.iter().all(|reward| *reward == -1.0));
        // The furthest that the door comes, in each of the three.
        for (demonstration, expected) in [1.076, 1.243, 1.159].into_iter().enumerate() {
            let rows = 300 * demonstration..300 * (demonstration + 1);
            let furthest = rows.map(|row| recording.observations.row(row)[HINGE]).fold(0.0, f32::max);
            assert!((furthest - expected).abs() < 0.1, "{furthest} rad here, {expected} there");
        }
    }
}
