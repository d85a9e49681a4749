//! Behaviour cloning from pictures, deterministic or Gaussian; the guide of picture tasks. It learns offline alone.
//!
//! The paper's own (Uchendu et al. 2023, appendix A.2) is not described beyond its name; a network of QT-Opt's form is
//! the natural guess.

use std::path::Path;

use rl::{CheckpointError, Diagnostics, Intent, LaneRows, Learner, Minibatch, ObservationRows, Policy, Prng};
use serde::{Deserialize, Serialize};

use crate::batch::{download, download_rows, upload};
use crate::bc::BcLoss;
use crate::checkpoint::{self, Header};
use crate::nets::{ImageActor, Vision, Widths};
use crate::policy::{assert_lanes, explore};
use crate::sight::{Crop, NO_PICTURES, SightInput};
use crate::{Device, Inputs, Interface, LearnerConfig};

/// Hyperparameters of behaviour cloning from pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageBcConfig {
    /// What is minimised.
    pub loss: BcLoss,
    /// The form of the network.
    pub network: Vision,
    /// The part of a picture that it gets; none for the whole.
    pub crop: Option<Crop>,
    /// What it gets of a state.
    pub inputs: Inputs,
    /// Learning rate of Adam, above 0.
    pub learning_rate: f64,
}

impl ImageBcConfig {
    /// For the pictures of [`crate::QtOptConfig::published`], and with its rate.
    pub fn grasping44() -> Self {
        Self {
            network: Vision::Grasping44,
            crop: Some(Crop { height: 472, width: 472 }),
            inputs: Inputs::Raw,
            learning_rate: 1e-4,
            ..Self::small()
        }
    }

    /// For pictures of 64 x 64 of many objects. With [`Vision::Flat`] a clone learns to grasp; [`Vision::Points`] needs four
    /// times as many updates (results/pilots/grasping), and random crops hide where things are.
    pub fn small() -> Self {
        Self {
            loss: BcLoss::SquaredError,
            network: Vision::Flat(Widths { filters: 32, hidden: 128 }),
            crop: None,
            inputs: Inputs::Scaled,
            learning_rate: 1e-3,
        }
    }
}

/// The learner: an actor for each lane.
#[derive(Debug)]
pub struct ImageBc {
    config: ImageBcConfig,
    interface: Interface,
    rngs: Vec<Prng>,
    policy: ImageActorPolicy,
}

/// Acts by an actor's mean; exploring, with its spread around it.
#[derive(Debug)]
struct ImageActorPolicy {
    actor: ImageActor,
    input: SightInput,
}

impl ImageBc {
    /// A fresh network, each lane's from its own stream.
    pub fn new(config: ImageBcConfig, interface: Interface, mut rngs: Vec<Prng>, device: Device) -> Self {
        let input = SightInput::new(config.inputs, config.crop, &interface, device);
        let fresh = match config.loss {
            BcLoss::SquaredError => ImageActor::deterministic,
            BcLoss::LogLikelihood => ImageActor::gaussian,
        };
        let actor = fresh(config.network, &input, &interface, &mut rngs);
        Self { config, interface, rngs, policy: ImageActorPolicy { actor, input } }
    }

    fn header(&self) -> Header {
        let config = LearnerConfig::ImageBc(self.config.clone());
        Header { config, interface: self.interface.clone(), rngs: self.rngs.clone() }
    }
}

impl Learner for ImageBc {
    fn update(&mut self, batch: &Minibatch) -> Diagnostics {
        let Self { config, rngs, policy: ImageActorPolicy { actor, input }, .. } = self;
        let images = &batch.images.as_ref().expect(NO_PICTURES).images;
        let sight = input.upload_for_training(&batch.states, images, rngs);
        let actions = upload(&batch.actions, input.device());
        let loss = match config.loss {
            BcLoss::SquaredError => actor.step_squared_error(&sight, &actions, config.learning_rate),
            BcLoss::LogLikelihood => {
                let weight = actions.narrow(2, 0, 1).ones_like();
                actor.step_likelihood(&sight, &actions, &weight, config.learning_rate)
            }
        };
        Diagnostics(vec![("actor_loss", download(&loss))])
    }

    fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    fn save(&self, directory: &Path) -> Result<(), CheckpointError> {
        checkpoint::save(directory, &self.header(), self.policy.actor.state("actor"))
    }

    fn load(&mut self, directory: &Path) -> Result<(), CheckpointError> {
        self.rngs = checkpoint::load(directory, &self.header(), self.policy.actor.state("actor"))?;
        Ok(())
    }
}

impl Policy for ImageActorPolicy {
    fn act(&self, observations: &ObservationRows, intent: Intent, rngs: &mut [Prng]) -> LaneRows {
        assert_lanes(observations, self.actor.lanes(), rngs);
        let mut actions = download_rows(&self.actor.mean(&self.input.upload_observations(observations)));
        if let (Intent::Explore, Some(std)) = (intent, self.actor.std()) {
            explore(&mut actions, &std, rngs);
        }
        actions
    }
}
