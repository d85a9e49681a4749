//! Jump-start reinforcement learning (Uchendu et al., ICML 2023), free of tensors and physics.
//!
//! A guide acts for the first `h` steps of an episode, the learner for the rest. [`SchedulePlan`] says how `h` is chosen,
//! [`ScheduleState`] is its progress in one run, and [`JumpStart`] the online loop (Algorithm 1). Any [`rl::Policy`] can be
//! the guide and any [`rl::Learner`] can learn.
//!
//! The curriculum by itself, for a loop of one's own:
//!
//! ```
//! use jsrl::SchedulePlan;
//! use rl::Prng;
//!
//! let plan = SchedulePlan::Curriculum { stages: 3, tolerance: 0.1, window: 1 };
//! let mut schedule = plan.start(30); // the guide's way to the goal takes 30 steps
//! let mut rng = Prng::derive("example", 0, "horizons");
//! for (success_rate, horizon) in [(0.8, 20), (0.5, 20), (0.75, 10), (0.9, 0)] {
//!     schedule.observe_evaluation(success_rate); // of guide and learner together, at the horizon of the moment
//!     assert_eq!(schedule.next_horizon(&mut rng), horizon); // of the next episode
//! }
//! ```
//!
//! [`theory`] has the problems and algorithms of the paper's theorems, with every value exact.

mod jump_start;
mod schedule;
pub mod theory;

pub use jump_start::{JumpStart, JumpStartLane, JumpStartState};
pub use schedule::{SchedulePlan, ScheduleState};
