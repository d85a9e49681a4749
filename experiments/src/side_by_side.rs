//! Episodes of a policy, many side by side.

use rayon::prelude::*;
use rl::{Environment, Intent, Observation, ObservationRows, Policy, Prng, Step};

/// One step of an episode.
pub(crate) struct Taken {
    /// What was seen before the step.
    pub(crate) observation: Observation,
    pub(crate) action: Vec<f32>,
    /// What came of it.
    pub(crate) step: Step,
}

/// Plays one episode in each environment, of which each has a stream to begin with; the policy chooses at once for all that
/// still run. `rng` is for policies that explore. The same whatever the number of threads.
pub(crate) fn play_side_by_side(
    environments: &mut [Box<dyn Environment>],
    streams: impl ExactSizeIterator<Item = Prng>,
    policy: &dyn Policy,
    intent: Intent,
    rng: &mut Prng,
) -> Vec<Vec<Taken>> {
    assert_eq!(environments.len(), streams.len(), "a stream for each episode");
    let mut seats: Vec<Seat> = environments
        .iter_mut()
        .zip(streams)
        .map(|(environment, mut stream)| {
            let observation = environment.reset(&mut stream);
            Seat { environment, observation, over: false, taken: Vec::new() }
        })
        .collect();
    loop {
        let mut running: Vec<&mut Seat> = seats.iter_mut().filter(|seat| !seat.over).collect();
        if running.is_empty() {
            return seats.into_iter().map(|seat| seat.taken).collect();
        }
        let rows = ObservationRows::stack(1, running.len(), running.iter().map(|seat| &seat.observation));
        let actions = policy.act(&rows, intent, std::slice::from_mut(rng));
        running.par_iter_mut().enumerate().for_each(|(row, seat)| seat.step(actions.row(0, row)));
    }
}

/// An episode on its way.
struct Seat<'a> {
    environment: &'a mut Box<dyn Environment>,
    observation: Observation,
    over: bool,
    taken: Vec<Taken>,
}

impl Seat<'_> {
    fn step(&mut self, action: &[f32]) {
        let step = self.environment.step(action);
        let observation = std::mem::replace(&mut self.observation, step.observation.clone());
        self.over = step.outcome.ends_episode();
        self.taken.push(Taken { observation, action: action.to_vec(), step });
    }
}
