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

pub(crate) use actor::Actor;
pub(crate) use cnn::{Cnn, Features, Pass, TrainedCnn};
pub use cnn::{Vision, Widths};
pub(crate) use image_actor::ImageActor;
pub(crate) use mlp::{Activations, Mlp};
pub(crate) use scalar::Scalar;
pub(crate) use squashed::SquashedActor;
pub(crate) use trained::Trained;
pub(crate) use twin_q::{TwinQ, pairs};
