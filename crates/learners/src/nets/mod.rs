//! Networks with a leading lane axis.

mod actor;
mod cnn;
mod image_actor;
mod mlp;
mod scalar;
mod spread;
mod squashed;
mod trained;
mod twin_q;

pub use actor::Actor;
pub use cnn::{Cnn, Pass, Seen, TrainedCnn, Vision, Widths};
pub(crate) use image_actor::ImageActor;
pub use mlp::{Activations, Mlp};
pub use scalar::Scalar;
pub use squashed::{Sample, Squashed, SquashedActor};
pub use trained::Trained;
pub use twin_q::TwinQ;
pub(crate) use twin_q::pairs;
