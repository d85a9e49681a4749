//! The offline loop: data set -> learner updates.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Dataset, Diagnostics, Learner, OfflineSource, Prng, Replay, ReplayBuffer, sample};

/// Trains a learner on fixed data, one data set per lane. The caller decides how often to [`OfflineTraining::step`],
/// and measures, logs and saves between the steps.
pub struct OfflineTraining<'a> {
    learner: &'a mut dyn Learner,
    replays: Vec<Replay>,
    rngs: Vec<Prng>,
    batch_rows: usize,
    updates: usize,
}

/// What the next step depends on beside the learner and the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfflineState {
    updates: usize,
    rngs: Vec<Prng>,
}

impl<'a> OfflineTraining<'a> {
    /// Takes one data set and one sampling stream per lane.
    pub fn new(learner: &'a mut dyn Learner, datasets: Vec<Arc<Dataset>>, rngs: Vec<Prng>, batch_rows: usize) -> Self {
        let replays = datasets
            .into_iter()
            .map(|data| Replay {
                online: ReplayBuffer::preloaded(1, data.without_rows()),
                offline: Some(OfflineSource { data, share: 1.0 }),
            })
            .collect();
        Self { learner, replays, rngs, batch_rows, updates: 0 }
    }

    /// One gradient step for every lane.
    pub fn step(&mut self) -> Diagnostics {
        self.updates += 1;
        self.learner.update(&sample(&self.replays, self.batch_rows, &mut self.rngs))
    }

    /// Gradient steps taken.
    pub fn updates(&self) -> usize {
        self.updates
    }

    /// The loop as it stands; whoever saves it saves the learner beside it.
    pub fn state(&self) -> OfflineState {
        OfflineState { updates: self.updates, rngs: self.rngs.clone() }
    }

    /// Goes on from a saved state, with the same bits where learner and data are the same.
    pub fn restore(&mut self, OfflineState { updates, rngs }: OfflineState) {
        assert_eq!(rngs.len(), self.rngs.len(), "one stream per lane");
        (self.updates, self.rngs) = (updates, rngs);
    }

    /// The learner as it stands.
    pub fn learner(&self) -> &dyn Learner {
        self.learner
    }
}
