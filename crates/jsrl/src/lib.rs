//! Jump-start reinforcement learning (Uchendu et al., ICML 2023), free of tensors and physics.
//!
//! A guide acts for the first `h` steps of an episode, the learner for the rest. [`SchedulePlan`] says how `h` is
//! chosen, [`GuideSchedule`] is the plan with the horizons filled in, [`ScheduleState`] its progress in one run, and
//! [`JumpStart`] the online loop (Algorithm 1). Any [`rl::Policy`] can be the guide and any [`rl::Learner`] can learn.
//!
//! [`theory`] has the problems and algorithms of the paper's theorems, with every value exact.

mod jump_start;
mod schedule;
pub mod theory;

pub use jump_start::{JumpStart, JumpStartLane, JumpStartState};
pub use schedule::{GuideSchedule, SchedulePlan, ScheduleState};
