//! How fast files are written, read and turned into transitions: `cargo bench -p d4rl`.
//!
//! The file has the columns of D4RL's ant maze files (29 features, 8 action components, `infos/qpos` of 15) and 200,000
//! rows, a fifth of theirs. Its numbers are random walks, which gzip can shrink about as little as recorded
//! trajectories. Rates are given in megabytes of 32-bit floats in memory; the best of five rounds counts.

use std::io::{Write, stdout};
use std::time::Instant;

use d4rl::{Recording, read, write};
use rl::{Outcome, Prng};

const ROWS: usize = 200_000;
const ROUNDS: usize = 5;

fn main() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.hdf5");
    let recording = walks();
    let floats = ROWS * (recording.observations.size + recording.actions.size + 1 + recording.infos["qpos"].size);
    let megabytes = (floats * size_of::<f32>()) as f64 / 1e6;
    let mut out = stdout().lock();

    let seconds = best(|| write(&path, &recording).expect("a written file"));
    let stored = std::fs::metadata(&path)?.len() as f64 / 1e6;
    writeln!(out, "file          {megabytes:7.1} MB raw, {stored:.1} MB stored")?;
    writeln!(out, "write         {:7.1} MB/s", megabytes / seconds)?;
    let seconds = best(|| read(&path).expect("a good file"));
    writeln!(out, "read          {:7.1} MB/s", megabytes / seconds)?;
    let seconds = best(|| recording.qlearning_dataset(1000));
    writeln!(out, "transitions   {:7.1} million/s", ROWS as f64 / 1e6 / seconds)
}

fn walks() -> Recording {
    let mut rng = Prng::derive("bench", 0, "walks");
    let mut recording = Recording::empty(29, 8);
    let mut observation = [0.0; 29];
    for row in 0..ROWS {
        let mut action = [0.0; 8];
        action.fill_with(|| rng.uniform(-1.0, 1.0));
        let outcome = if row % 1000 == 999 { Outcome::TimesOut } else { Outcome::Continues };
        recording.push(&observation, &action, 0.0, outcome);
        recording.push_info("qpos", &observation[..15]);
        for feature in &mut observation {
            *feature += 0.1 * rng.normal();
        }
    }
    recording
}

/// Seconds of the fastest of several rounds.
fn best<T>(mut work: impl FnMut() -> T) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        drop(std::hint::black_box(work()));
        start.elapsed().as_secs_f64()
    });
    rounds.fold(f64::INFINITY, f64::min)
}
