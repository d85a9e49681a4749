//! Networks with a leading lane axis.

mod actor;
mod mlp;
mod trained;

pub use actor::Actor;
pub use mlp::{Activations, Mlp};
pub use trained::Trained;
