//! Makes the measurements that are missing.

use std::ops::Range;

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::{TheoryPoint, TheoryStore};
use crate::{clock::Stopwatch, progress::Progress, provenance, record::Provenance, workspace::Workspace};

/// What is there of some points, and what is missing.
pub(crate) struct TheoryPlan {
    /// Seeds recorded.
    pub(crate) done: u64,
    /// Blocks of seeds to make, each one file.
    to_do: Vec<(TheoryPoint, Range<u64>)>,
    /// Core-hours of those, where any seed of their points is recorded.
    pub(crate) core_hours: Option<f64>,
}

impl TheoryPlan {
    /// Looks up every point.
    pub(crate) fn new(store: &TheoryStore, points: Vec<TheoryPoint>, seeds: Range<u64>) -> Result<Self> {
        let mut plan = Self { done: 0, to_do: Vec::new(), core_hours: Some(0.0) };
        for point in points {
            let (recorded, seconds) = store.load(&point)?;
            let blocks = store.missing(&point, seeds.clone())?;
            let missing: u64 = blocks.iter().map(|block| block.end - block.start).sum();
            plan.done += (seeds.end - seeds.start) - missing;
            if missing > 0 {
                let each = (!recorded.is_empty()).then(|| seconds / recorded.len() as f64 / 3600.0);
                plan.core_hours = plan.core_hours.zip(each).map(|(sum, each)| sum + missing as f64 * each);
            }
            plan.to_do.extend(blocks.into_iter().map(|block| (point.clone(), block)));
        }
        Ok(plan)
    }

    /// Seeds to make.
    pub(crate) fn missing(&self) -> u64 {
        self.to_do.iter().map(|(_, block)| block.end - block.start).sum()
    }
}

impl std::fmt::Display for TheoryPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "theory: {} runs done, {} to do", self.done, self.missing())
    }
}

/// Makes all blocks of a plan, seeds side by side. A block is recorded as soon as its seeds are done, so that it can be
/// stopped at any moment and given again; results depend neither on the number of threads nor on the blocks.
pub(crate) fn make(workspace: &Workspace, jobs: Option<u64>, plan: TheoryPlan) -> Result<()> {
    let store = TheoryStore::new(workspace);
    let threads = jobs.map_or(0, |jobs| jobs as usize); // 0: one for each core
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("no threads can be started")?;
    let progress = Progress::new(plan.to_do.len());
    for (point, block) in plan.to_do {
        // Another process may have made it while this one waited.
        let _lock = workspace.lock(&point.spec.key(), block.start)?;
        for block in store.missing(&point, block)? {
            let stopwatch = Stopwatch::start();
            let bar = progress.bar(&point.name(), block.end - block.start);
            let run = |seed: u64| {
                let seconds = Stopwatch::start();
                let outcome = point.spec.run(seed);
                bar.step();
                (outcome, seconds.seconds())
            };
            let made: Vec<_> = pool.install(|| block.clone().into_par_iter().map(run).collect());
            let (outcomes, seconds): (Vec<_>, Vec<f64>) = made.into_iter().unzip();
            let provenance = circumstances(workspace, seconds.iter().sum());
            store.save(&point, &block, &outcomes, provenance)?;
            progress.line(&format!("done: {}, {block:?} ({:.1} s)", point.name(), stopwatch.seconds()));
        }
        progress.finish_run();
    }
    progress.close();
    Ok(())
}

/// No tensors and no physics: neither library moves these numbers.
fn circumstances(workspace: &Workspace, core_seconds: f64) -> Provenance {
    let mut provenance = provenance::of(learners::Device::CPU, workspace);
    provenance.libraries = String::new();
    provenance.wall_seconds = core_seconds;
    provenance.date = crate::clock::date(crate::clock::unix_seconds());
    provenance
}
