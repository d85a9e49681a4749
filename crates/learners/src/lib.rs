//! Learners on libtorch, each with a leading lane axis: IQL, AWAC, CQL and behaviour cloning; and for tasks with
//! pictures QT-Opt, AW-Opt and behaviour cloning. [`Ppo`] trains an expert for data.
//!
//! [`LearnerConfig`] is the closed registry: it is stored beside results, and [`LearnerConfig::build`] makes the
//! [`rl::Learner`]. [`open`] makes one again from what [`rl::Learner::save`] wrote, to serve as a guide or to go on.
//! The parts that learners are made of are in `nets`, `losses` and `adam`.
//!
//! Gradients are written by hand, since each is a few lines: all parameters of a network are one flat tensor, so that
//! Adam and target averaging are a few calls, and no graph is built. Unit tests compare every gradient with autograd.
//! Convolutional networks (`nets::Cnn`) keep the flat tensor but let autograd find its gradient, since there the time
//! goes into convolutions either way; losses and their gradients at a network's output are the same for both.

mod adam;
pub mod aw_opt;
pub mod awac;
mod batch;
pub mod bc;
mod cem;
mod check;
mod checkpoint;
pub mod cql;
mod critic;
mod device;
mod export;
pub mod image_bc;
pub mod iql;
mod losses;
mod nets;
mod noise;
mod optimiser;
mod policy;
pub mod ppo;
pub mod qt_opt;
mod schedule;
mod sight;

use rl::{EnvironmentSpec, Learner, Prng};
use serde::{Deserialize, Serialize};

use adam::Adam;
pub use aw_opt::{AwOpt, AwOptConfig};
pub use awac::{Awac, AwacConfig, AwacNoise, AwacWeighting};
pub use batch::{Inputs, Interface};
pub use bc::{Bc, BcConfig, BcLoss};
pub use cem::CemConfig;
pub use checkpoint::{open, open_for};
pub use cql::{Cql, CqlConfig, CqlNoise};
pub use device::{Device, DeviceError, SAME_BITS_EVERYWHERE, use_one_thread};
pub use export::export;
pub use image_bc::{ImageBc, ImageBcConfig};
pub use iql::{Iql, IqlConfig};
pub use losses::{LOG_STD_RANGE, MAX_ADVANTAGE_WEIGHT};
pub use nets::{Vision, Widths};
pub use optimiser::Optimiser;
pub use ppo::{Ppo, PpoConfig, Trajectory};
pub use qt_opt::{QtOpt, QtOptConfig};
pub use schedule::RateSchedule;
pub use sight::Crop;

/// The tensor library whose sums all results rest on: another version may round them otherwise.
pub const LIBTORCH: &str = "libtorch 2.11.0";

/// Which learner, and all its hyperparameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "learner", rename_all = "snake_case")]
pub enum LearnerConfig {
    /// Implicit Q-learning.
    Iql(IqlConfig),
    /// Behaviour cloning.
    Bc(BcConfig),
    /// Advantage-weighted actor-critic.
    Awac(AwacConfig),
    /// Conservative Q-learning.
    Cql(CqlConfig),
    /// QT-Opt, from pictures.
    QtOpt(QtOptConfig),
    /// AW-Opt, from pictures.
    AwOpt(AwOptConfig),
    /// Behaviour cloning from pictures.
    ImageBc(ImageBcConfig),
}

impl LearnerConfig {
    /// The learner's name, as in records.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Iql(_) => "iql",
            Self::Bc(_) => "bc",
            Self::Awac(_) => "awac",
            Self::Cql(_) => "cql",
            Self::QtOpt(_) => "qt_opt",
            Self::AwOpt(_) => "aw_opt",
            Self::ImageBc(_) => "image_bc",
        }
    }

    /// A fresh learner with one lane per stream; a lane's networks and noise come from its own stream alone.
    ///
    /// # Panics
    /// Where [`LearnerConfig::check_for`] finds something wrong, with what it says.
    pub fn build(&self, spec: &EnvironmentSpec, rngs: Vec<Prng>, device: Device) -> Box<dyn Learner> {
        if let Err(problem) = self.check_for(spec) {
            panic!("{} for {}: {problem}", self.name(), spec.name);
        }
        self.build_for(&Interface::of(spec), rngs, device)
    }

    fn build_for(&self, interface: &Interface, rngs: Vec<Prng>, device: Device) -> Box<dyn Learner> {
        match self {
            Self::Iql(config) => Box::new(Iql::new(config.clone(), interface.clone(), rngs, device)),
            Self::Bc(config) => Box::new(Bc::new(config.clone(), interface.clone(), rngs, device)),
            Self::Awac(config) => Box::new(Awac::new(config.clone(), interface.clone(), rngs, device)),
            Self::Cql(config) => Box::new(Cql::new(config.clone(), interface.clone(), rngs, device)),
            Self::QtOpt(config) => Box::new(QtOpt::new(config.clone(), interface.clone(), rngs, device)),
            Self::AwOpt(config) => Box::new(AwOpt::new(config.clone(), interface.clone(), rngs, device)),
            Self::ImageBc(config) => Box::new(ImageBc::new(config.clone(), interface.clone(), rngs, device)),
        }
    }
}
