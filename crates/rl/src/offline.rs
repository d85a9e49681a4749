//! The offline loop: data set -> learner updates.

use std::sync::Arc;

use crate::{Dataset, Diagnostics, Learner, Prng, Replay, ReplayBuffer, sample};

/// Trains a learner on fixed data, one data set per lane. The caller decides how often to [`OfflineTraining::step`],
/// and measures, logs and saves between the steps.
pub struct OfflineTraining<'a> {
    learner: &'a mut dyn Learner,
    replays: Vec<Replay>,
    rngs: Vec<Prng>,
    batch_rows: usize,
}

impl<'a> OfflineTraining<'a> {
    /// Takes one data set and one sampling stream per lane.
    pub fn new(learner: &'a mut dyn Learner, datasets: Vec<Arc<Dataset>>, rngs: Vec<Prng>, batch_rows: usize) -> Self {
        let replays = datasets
            .into_iter()
            .map(|data| Replay {
                online: ReplayBuffer::new(1, data.state_size, data.action_size),
                offline: Some((data, 1.0)),
            })
            .collect();
        Self { learner, replays, rngs, batch_rows }
    }

    /// One gradient step for every lane.
    pub fn step(&mut self) -> Diagnostics {
        self.learner.update(&sample(&self.replays, self.batch_rows, &mut self.rngs))
    }

    /// The learner as it stands.
    pub fn learner(&self) -> &dyn Learner {
        self.learner
    }
}
