//! `experiments export`: what acting needs of a saved learner.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use learners::{BcConfig, BcLoss, Device, ImageBcConfig, Interface, LearnerConfig};
use rl::{ImageRows, Intent, LaneRows, Learner, ObservationRows, Prng};
use safetensors::{SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use crate::workspace::write_whole;

/// Write a small copy of a saved policy that can act but no longer learn.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of a saved policy, such as checkpoints/KEY/seed-0.
    policy: PathBuf,
    /// The folder to write.
    out: PathBuf,
}

/// What a saved learner's learner.json holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    config: LearnerConfig,
    interface: Interface,
    rngs: Vec<Prng>,
}

/// The verb.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { policy, out } = arguments;
    let original = learners::open(policy, Device::CPU)?;
    let (header_file, tensor_file) = ("learner.json", "learner.safetensors");
    let read = |name: &str| {
        let path = policy.join(name);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let header: Header = serde_json::from_slice(&read(header_file)?)?;
    let header = Header { config: acting(header.config)?, ..header };

    let bytes = read(tensor_file)?;
    let tensors = SafeTensors::deserialize(&bytes)?;
    // A loaded learner wants the optimiser's numbers: as zeros they take no room in a compressed repository.
    let zeros = vec![0; bytes.len()];
    // An actor that keeps averaged weights acts by them.
    let averaged = tensors.iter().any(|(name, _)| name.starts_with("actor_average/"));
    let acting_network = if averaged { "actor_average/" } else { "actor/" };
    let kept: Vec<(String, TensorView)> = tensors
        .iter()
        .filter_map(|(name, tensor)| {
            let layer = name.strip_prefix(acting_network).filter(|rest| *rest != "log_std");
            let memory = ["adam/actor/mean", "adam/actor/square", "adam/actor/steps"].contains(&name);
            let data = if layer.is_some() { tensor.data() } else { &zeros[..tensor.data().len()] };
            let view = TensorView::new(tensor.dtype(), tensor.shape().to_vec(), data).expect("of the same size");
            let name = layer.map_or(name.to_owned(), |layer| format!("actor/{layer}"));
            (layer.is_some() || memory).then_some((name, view))
        })
        .collect();
    write_whole(&out.join(tensor_file), &safetensors::serialize(kept, None)?)?;
    write_whole(&out.join(header_file), &serde_json::to_vec_pretty(&header)?)?;

    ensure!(
        acts(&*original, &header.interface) == acts(&*learners::open(out, Device::CPU)?, &header.interface),
        "{} does not act as {} does: this is a bug",
        out.display(),
        policy.display()
    );
    eprintln!("wrote {}: {} kB", out.display(), size(out)? / 1000);
    Ok(())
}

/// The settings of a cloned policy with the same network.
fn acting(config: LearnerConfig) -> Result<LearnerConfig> {
    let (hidden, inputs) = match config {
        LearnerConfig::Iql(config) => (config.hidden, config.inputs),
        LearnerConfig::Bc(config) => (config.hidden, config.inputs),
        LearnerConfig::ImageBc(config) => {
            return Ok(LearnerConfig::ImageBc(ImageBcConfig { loss: BcLoss::SquaredError, ..config }));
        }
        LearnerConfig::Awac(_) | LearnerConfig::Cql(_) | LearnerConfig::QtOpt(_) | LearnerConfig::AwOpt(_) => {
            let name = config.name();
            bail!("only policies of iql, bc and image_bc can be exported: that of {name} acts by other means")
        }
    };
    Ok(LearnerConfig::Bc(BcConfig { loss: BcLoss::SquaredError, learning_rate: 1e-3, hidden, dropout: 0.0, inputs }))
}

/// Its best actions in a few states, to compare.
fn acts(learner: &dyn Learner, interface: &Interface) -> LaneRows {
    let state_size = interface.state_size();
    let mut rng = Prng::derive("export", 0, "states");
    let states: Vec<f32> = (0..8 * state_size).map(|_| rng.normal()).collect();
    let state = LaneRows::from_vec(1, 8, state_size, states);
    let image = interface.image.map(|shape| {
        let bytes = (0..8 * shape.size()).map(|_| rng.below(256) as u8).collect();
        ImageRows::from_vec(1, 8, shape, bytes)
    });
    let observations = ObservationRows { image, ..ObservationRows::of_states(state) };
    learner.policy().act(&observations, Intent::Exploit, &mut [rng])
}

/// Of all files of a folder (bytes).
fn size(folder: &Path) -> Result<u64> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}
