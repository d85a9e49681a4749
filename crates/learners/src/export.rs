//! A small copy of a saved policy.

use std::path::Path;

use rl::CheckpointError;
use tch::Tensor;

use crate::checkpoint::{self, Header};
use crate::{BcConfig, BcLoss, ImageBcConfig, LearnerConfig};

/// Copies what acting needs of a learner that was saved into `from` to `to`: the copy can act but no longer learn. It is a
/// cloned policy with the same network, so that whatever opens learners opens it.
///
/// # Errors
/// As [`crate::open`], when `to` holds a learner already, and when the policy is not an actor's mean alone: of IQL and of
/// behaviour cloning it is.
pub fn export(from: &Path, to: &Path) -> Result<(), CheckpointError> {
    let header = checkpoint::read_header(from)?;
    if checkpoint::is_one(to) {
        return Err(checkpoint::header_problem(to, "is there already".into()));
    }
    let config = acting(header.config).map_err(|problem| checkpoint::header_problem(from, problem))?;
    let tensors = checkpoint::read_tensors(from)?;
    // An actor that keeps averaged weights acts by them.
    let averaged = tensors.iter().any(|(name, _)| name.starts_with("actor_average/"));
    let network = if averaged { "actor_average/" } else { "actor/" };
    let kept = tensors.into_iter().filter_map(|(name, tensor)| match name.strip_prefix(network) {
        Some("log_std") => None,
        Some(layer) => Some((format!("actor/{layer}"), tensor)),
        // A loaded learner wants the optimiser's numbers: as zeros they take no room in a compressed repository.
        None => name.starts_with("adam/actor/").then(|| (name, tensor.zeros_like())),
    });
    let kept: Vec<(String, Tensor)> = kept.collect();
    checkpoint::save(to, &Header { config, ..header }, kept)
}

/// The settings of a cloned policy with the same network.
fn acting(config: LearnerConfig) -> Result<LearnerConfig, String> {
    let (hidden, inputs) = match config {
        LearnerConfig::Iql(config) => (config.hidden, config.inputs),
        LearnerConfig::Bc(config) => (config.hidden, config.inputs),
        LearnerConfig::ImageBc(config) => {
            return Ok(LearnerConfig::ImageBc(ImageBcConfig { loss: BcLoss::SquaredError, ..config }));
        }
        LearnerConfig::Awac(_) | LearnerConfig::Cql(_) | LearnerConfig::QtOpt(_) | LearnerConfig::AwOpt(_) => {
            let name = config.name();
            return Err(format!("is of {name}, and only policies of iql, bc and image_bc can be exported"));
        }
    };
    Ok(LearnerConfig::Bc(BcConfig { loss: BcLoss::SquaredError, learning_rate: 1e-3, hidden, dropout: 0.0, inputs }))
}
