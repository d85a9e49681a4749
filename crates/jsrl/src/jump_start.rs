//! Algorithm 1: the guide opens each episode, the learner finishes it.

use rl::{
    Collected, Diagnostics, Drivers, Environment, Intent, Lane, LaneState, Learner, ObservationRows, Policy, Prng,
    Replay, sample,
};
use serde::{Deserialize, Serialize};

use crate::ScheduleState;

/// What one lane brings to a run.
pub struct JumpStartLane {
    /// The environment to train in; never one that evaluates.
    pub environment: Box<dyn Environment>,
    /// Where its minibatches come from; what it collects is added.
    pub replay: Replay,
    /// Who acts for how long.
    pub schedule: ScheduleState,
    /// Names the run's streams, with `seed`.
    pub key: String,
    /// The run's seed.
    pub seed: u64,
}

/// The online loop, every lane in lock-step. The caller decides how often to [`JumpStart::step`], and evaluates, logs
/// and saves between the steps; nothing that it does there can touch the episodes under way.
pub struct JumpStart<'a> {
    lanes: Vec<Lane>,
    replays: Vec<Replay>,
    schedules: Vec<ScheduleState>,
    guide: &'a dyn Policy,
    guide_intent: Intent,
    learner: &'a mut dyn Learner,
    batch_rows: usize,
    updates_per_step: usize,
    update_every: usize,
    critic_warm_up: usize,
    steps: usize,
    horizon_rngs: Vec<Prng>,
    action_rngs: Vec<Prng>,
    sample_rngs: Vec<Prng>,
}

/// Everything that the next step depends on beside the learner, the guide and the offline data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JumpStartState {
    lanes: Vec<LaneState>,
    collected: Vec<Collected>,
    schedules: Vec<ScheduleState>,
    steps: usize,
    horizon_rngs: Vec<Prng>,
    action_rngs: Vec<Prng>,
    sample_rngs: Vec<Prng>,
}

impl<'a> JumpStart<'a> {
    /// Starts the first episode of every lane. A gradient step takes `batch_rows` transitions of each lane, and each
    /// environment step is followed by `updates_per_step` of them.
    pub fn new(
        lanes: Vec<JumpStartLane>,
        guide: &'a dyn Policy,
        learner: &'a mut dyn Learner,
        batch_rows: usize,
        updates_per_step: usize,
    ) -> Self {
        let streams = |purpose: &str| lanes.iter().map(|lane| Prng::derive(&lane.key, lane.seed, purpose)).collect();
        let (action_rngs, sample_rngs) = (streams("exploration"), streams("minibatches"));
        let (mut horizon_rngs, reset_rngs): (Vec<_>, Vec<_>) = (streams("horizons"), streams("resets"));
        let (mut started, mut replays, mut schedules) = (Vec::new(), Vec::new(), Vec::new());
        for ((lane, horizon_rng), reset_rng) in lanes.into_iter().zip(&mut horizon_rngs).zip(reset_rngs) {
            let guide_steps = lane.schedule.next_horizon(horizon_rng);
            started.push(Lane::new(lane.environment, reset_rng, guide_steps));
            replays.push(lane.replay);
            schedules.push(lane.schedule);
        }
        Self {
            lanes: started,
            replays,
            schedules,
            guide,
            guide_intent: Intent::Exploit,
            learner,
            batch_rows,
            updates_per_step,
            update_every: 1,
            critic_warm_up: 0,
            steps: 0,
            horizon_rngs,
            action_rngs,
            sample_rngs,
        }
    }

    /// The same loop, which collects `steps` steps for each round of gradient steps instead of one: for learners that are short
    /// of experience rather than of updates, where experience costs little beside them. [`JumpStart::step`] alone obeys it: who
    /// calls the two halves of it says by that how often each is done.
    ///
    /// # Panics
    /// When `steps` is 0.
    #[must_use]
    pub fn with_update_every(mut self, steps: usize) -> Self {
        assert!(steps > 0, "gradient steps follow environment steps");
        self.update_every = steps;
        self
    }

    /// The same loop, in the first `steps` steps of which critics alone learn and the learner's policy stays as it is.
    ///
    /// # Panics
    /// When the learner's actor cannot be held still ([`Learner::given_actor`]).
    #[must_use]
    pub fn with_critic_warm_up(mut self, steps: usize) -> Self {
        assert!(
            steps == 0 || self.learner.given_actor().is_some(),
            "only critics that can learn alone can be warmed up"
        );
        self.critic_warm_up = steps;
        self
    }

    /// The same loop with a guide that acts, while experience is collected, by its best actions ([`Intent::Exploit`], which
    /// is how it acts unless this says otherwise) or as it would explore itself.
    #[must_use]
    pub fn with_guide_intent(mut self, intent: Intent) -> Self {
        self.guide_intent = intent;
        self
    }

    /// One environment step for every lane, then `updates_per_step` gradient steps; the diagnostics of the last one. Under
    /// [`JumpStart::with_update_every`] gradient steps, and diagnostics, come with the last step of each round alone.
    pub fn step(&mut self) -> Diagnostics {
        self.collect();
        let updates = if self.steps.is_multiple_of(self.update_every) { self.updates_per_step } else { 0 };
        (0..updates).fold(Diagnostics::default(), |_, _| self.update())
    }

    /// One environment step for every lane and no gradient step: with [`JumpStart::update`] for robots that cannot wait
    /// for an update in each control step.
    pub fn collect(&mut self) {
        let drivers = Drivers { guide: self.guide, learner: self.learner.policy() };
        let observations = ObservationRows::stack(self.lanes.len(), 1, self.lanes.iter().map(Lane::observation));
        let in_guide_hands: Vec<bool> = self.lanes.iter().map(Lane::in_guide_hands).collect();
        let actions =
            drivers.act(&observations, &in_guide_hands, self.guide_intent, Intent::Explore, &mut self.action_rngs);

        for (l, lane) in self.lanes.iter_mut().enumerate() {
            let transition = lane.step(actions.row(l, 0));
            self.replays[l].online.push(&transition);
            if transition.outcome.ends_episode() {
                lane.begin_episode(self.schedules[l].next_horizon(&mut self.horizon_rngs[l]));
            }
        }
        self.steps += 1;
    }

    /// One gradient step.
    pub fn update(&mut self) -> Diagnostics {
        let batch = sample(&self.replays, self.batch_rows, &mut self.sample_rngs);
        let warming_up = self.critic_warm_up > 0 && self.steps <= self.critic_warm_up;
        match self.learner.given_actor().filter(|_| warming_up) {
            Some(learner) => learner.update_critics(&batch),
            None => self.learner.update(&batch),
        }
    }

    /// Whether every lane is at the start of an episode: the moment to move a robot that training and evaluation share.
    pub fn between_episodes(&self) -> bool {
        self.lanes.iter().all(Lane::at_start)
    }

    /// Starts an episode in every lane and gives up what was under way; the steps taken stay in the buffers. Needed
    /// after somebody else moved the robot, and after [`JumpStart::restore`] where it has no snapshots.
    pub fn begin_episodes(&mut self) {
        for (l, lane) in self.lanes.iter_mut().enumerate() {
            self.replays[l].online.give_up_episode();
            lane.begin_episode(self.schedules[l].next_horizon(&mut self.horizon_rngs[l]));
        }
    }

    /// The loop as it stands; whoever saves it saves the learner beside it.
    pub fn state(&self) -> JumpStartState {
        JumpStartState {
            lanes: self.lanes.iter().map(Lane::state).collect(),
            collected: self.replays.iter().map(|replay| replay.online.collected()).collect(),
            schedules: self.schedules.clone(),
            steps: self.steps,
            horizon_rngs: self.horizon_rngs.clone(),
            action_rngs: self.action_rngs.clone(),
            sample_rngs: self.sample_rngs.clone(),
        }
    }

    /// Goes on from a saved state, with the same bits. This loop is a new one, made of what the saved one was made of,
    /// but for the learner, which is that of the saved moment. Schedules are the saved ones, plan and all: an edited plan
    /// needs a fresh start.
    pub fn restore(&mut self, state: JumpStartState) {
        let JumpStartState { lanes, collected, schedules, steps, horizon_rngs, action_rngs, sample_rngs } = state;
        assert_eq!(lanes.len(), self.lanes.len(), "one state per lane");
        self.lanes.iter_mut().zip(&lanes).for_each(|(lane, state)| lane.restore(state));
        self.replays.iter_mut().zip(&collected).for_each(|(replay, collected)| replay.online.restore(collected));
        (self.schedules, self.steps) = (schedules, steps);
        (self.horizon_rngs, self.action_rngs, self.sample_rngs) = (horizon_rngs, action_rngs, sample_rngs);
    }

    /// Environment steps taken by each lane; those of evaluations are not among them.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Who would act in an evaluation now.
    pub fn drivers(&self) -> Drivers<'_> {
        Drivers { guide: self.guide, learner: self.learner.policy() }
    }

    /// The learner as it stands.
    pub fn learner(&self) -> &dyn Learner {
        self.learner
    }

    /// Each lane's progress through its schedule.
    pub fn schedules(&self) -> &[ScheduleState] {
        &self.schedules
    }

    /// Tells each lane's schedule the score of the combined policy; the next episode uses the new horizon.
    pub fn observe_evaluation(&mut self, scores: &[f32]) {
        assert_eq!(scores.len(), self.schedules.len(), "one score per lane");
        for (schedule, score) in self.schedules.iter_mut().zip(scores) {
            schedule.observe_evaluation(*score);
        }
    }
}
