//! The paper's theory (section 4.3, appendix A.5) on problems small enough for exact answers.
//!
//! | paper | here |
//! | --- | --- |
//! | layered MDP, occupancies, Assumptions 4.2 and A.1 | [`Mdp`], [`Mdp::occupancies`], [`Mdp::coverage`] |
//! | Figure 15, the combination lock | [`combination_lock`] |
//! | Theorem 4.1: exploration from scratch is exponential in H | [`episodes_until`] with `SchedulePlan::LearnerOnly` |
//! | Algorithm 1, tabular | [`episodes_until`] with a curriculum or random horizons |
//! | Assumption A.2: contextual-bandit oracles | [`Oracle`], [`Bandit`] |
//! | Algorithm 2, Theorems 4.3 and A.3, Corollary A.4, Remark A.7 | [`psdp`], [`PsdpRun`] |
//!
//! Corollary A.5 (general function approximation, FALCON+ with an offline regression oracle of error `E_F(n)`, rate
//! `C * sum_h sqrt(A E_F(T/H))`) is documented and not run: here every function class is a table, for which
//! `E_F(n) = S A / n` and Corollary A.5 is Corollary A.4.
//!
//! Values, occupancies and coverage come from dynamic programming, never from sampled episodes.

mod bandit;
mod exact;
mod guides;
mod jump_start;
mod lock;
mod mdp;
mod policy;
mod psdp;
mod q_table;
mod random_mdp;

pub use bandit::{Bandit, Oracle};
pub use exact::Coverage;
pub use guides::Guide;
pub use jump_start::{Exploration, JumpStartPlan, Search, episodes_until};
pub use lock::{LockPlan, Reward, combination_lock};
pub use mdp::Mdp;
pub use policy::TabularPolicy;
pub use psdp::{PsdpRun, psdp, psdp_until};
pub use random_mdp::random_mdp;
