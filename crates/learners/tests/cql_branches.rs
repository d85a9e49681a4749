//! What the recordings of CQL do not reach, worked by hand.

mod common;

use std::path::Path;

use common::{random_batch, rngs, small_cql, spec};
use learners::{Cql, CqlConfig, Device, Interface};
use rl::{Diagnostics, Learner};
use tch::Tensor;

const RATE: f64 = 1e-3;

fn cql(config: CqlConfig, lanes: usize) -> Cql {
    Cql::new(config, Interface::of(&spec(5, 3)), rngs(lanes), Device::CPU)
}

fn update(learner: &mut Cql) -> Diagnostics {
    let lanes = learner_lanes(learner);
    learner.update(&random_batch(&spec(5, 3), lanes, 8, "branches"))
}

fn learner_lanes(learner: &Cql) -> usize {
    parameter(learner, "log_alpha").len()
}

fn tensors(learner: &Cql, folder: &Path) -> Vec<(String, Tensor)> {
    learner.save(folder).unwrap();
    Tensor::read_safetensors(folder.join("learner.safetensors")).unwrap()
}

fn parameter(learner: &Cql, name: &str) -> Vec<f32> {
    let folder = tempfile::tempdir().unwrap();
    let (_, tensor) = tensors(learner, folder.path()).into_iter().find(|(found, _)| found == name).unwrap();
    Vec::try_from(tensor.reshape([-1])).unwrap()
}

fn set_parameter(learner: &mut Cql, name: &str, values: &[f32]) {
    let folder = tempfile::tempdir().unwrap();
    let set = |(found, own): (String, Tensor)| {
        let new = if found == name { Tensor::from_slice(values).view_as(&own) } else { own };
        (found, new)
    };
    let changed: Vec<(String, Tensor)> = tensors(learner, folder.path()).into_iter().map(set).collect();
    Tensor::write_safetensors(&changed, folder.path().join("learner.safetensors")).unwrap();
    learner.load(folder.path()).unwrap();
    assert_eq!(parameter(learner, name), values);
}

/// exp(20) is above 10^6: the multiplier is cut, and no gradient passes the cut. exp(-200) is 0 in 32 bits, and so is
/// its gradient. Between them the first step of Adam is as long as its rate, up while critics overrate other actions.
#[test]
fn the_multiplier_is_kept_within_its_bounds() {
    let config = || CqlConfig { critic_learning_rate: RATE, action_gap: Some(-1000.0), ..small_cql() };
    let mut learner = cql(config(), 4);
    let logs = [20.0, -200.0, 1.0, 13.0];
    set_parameter(&mut learner, "log_alpha_prime", &logs);
    let found = update(&mut learner);
    let multipliers = found.get("alpha_prime").unwrap();
    for (multiplier, expected) in multipliers.iter().zip([1e6, 0.0, 1.0_f32.exp(), 13.0_f32.exp()]) {
        assert!((multiplier - expected).abs() <= 1e-5 * expected, "{multipliers:?}");
    }
    let moves: Vec<f32> = parameter(&learner, "log_alpha_prime").iter().zip(logs).map(|(new, old)| new - old).collect();
    for (moved, expected) in moves.iter().zip([0.0, 0.0, RATE, RATE]) {
        assert!((f64::from(*moved) - expected).abs() < 1e-6, "{moves:?}");
    }
    // The other way where the gap is far above the difference.
    let mut learner = cql(CqlConfig { action_gap: Some(1000.0), ..config() }, 1);
    update(&mut learner);
    assert!((f64::from(parameter(&learner, "log_alpha_prime")[0]) - (1.0 - RATE)).abs() < 1e-6);
}

/// The conservative loss of each critic is multiplier * alpha * (difference - gap), and the multiplier's is minus the
/// mean of both.
#[test]
fn the_multipliers_loss_has_alpha_and_the_gap() {
    let found = update(&mut cql(CqlConfig { alpha: 3.0, action_gap: Some(0.5), ..small_cql() }, 1));
    let get = |name: &str| found.get(name).unwrap()[0];
    let terms = ["cql_qf1_diff", "cql_qf2_diff"].map(|name| get("alpha_prime") * 3.0 * (get(name) - 0.5));
    for (term, name) in terms.iter().zip(["cql_min_qf1_loss", "cql_min_qf2_loss"]) {
        assert!((term - get(name)).abs() < 1e-3, "{found:?}");
    }
    assert!((get("alpha_prime_loss") + f32::midpoint(terms[0], terms[1])).abs() < 1e-3, "{found:?}");
}

/// A difference of every row below its least value says that value, and pulls at no critic: they learn as without the
/// conservative term.
#[test]
fn below_the_clip_only_the_rewards_teach() {
    let config = || CqlConfig { action_gap: None, ..small_cql() };
    let mut clipped = cql(CqlConfig { clip_difference_min: Some(1000.0), ..config() }, 1);
    let mut without = cql(CqlConfig { alpha: 0.0, ..config() }, 1);
    let mut ordinary = cql(config(), 1);
    let found = update(&mut clipped);
    assert_eq!(found.get("cql_qf1_diff").unwrap(), [1000.0]);
    update(&mut without);
    update(&mut ordinary);
    for name in ["critic1/0/weight", "critic2/2/bias"] {
        assert_eq!(parameter(&clipped, name), parameter(&without, name), "{name}");
    }
    // Not so the bias of the output, which the conservative term does not move: it raises and lowers values by equal weights.
    let moved = "critic1/0/weight";
    assert_ne!(parameter(&clipped, moved), parameter(&ordinary, moved));
}

/// Without importance sampling the sum is over the plain values, the data's among them. Critics that say 0 of
/// everything then give log(1 + 3 n); with it, log of the sum of the inverse densities, of which n are those of the
/// uniform, 2^3.
#[test]
fn importance_sampling_changes_what_is_summed() {
    let zero = |config: CqlConfig| {
        let mut learner = cql(config, 1);
        for name in ["critic1/2/weight", "critic1/2/bias"] {
            let zeros = vec![0.0; parameter(&learner, name).len()];
            set_parameter(&mut learner, name, &zeros);
        }
        update(&mut learner).get("cql_qf1_diff").unwrap()[0]
    };
    let n = small_cql().sampled_actions as f32;
    let plain = zero(CqlConfig { importance_sampling: false, ..small_cql() });
    assert!((plain - (1.0 + 3.0 * n).ln()).abs() < 1e-5, "{plain}");
    let corrected = zero(small_cql());
    assert!(corrected > (n * 8.0).ln(), "{corrected}: the actor's own actions add to the uniform ones");
}

/// All losses are formed before any step: what one part learns in an update does not depend on how far another moves.
#[test]
fn every_loss_is_of_the_parameters_before_the_update() {
    let after = |config: CqlConfig| {
        let mut learner = cql(config, 1);
        update(&mut learner);
        learner
    };
    let same = |a: &Cql, b: &Cql, names: &[&str]| {
        for name in names {
            assert_eq!(parameter(a, name), parameter(b, name), "{name}");
        }
    };
    let reference = after(small_cql());
    let actor = ["actor/0/weight", "actor/log_std_multiplier", "actor/log_std_offset", "log_alpha"];
    let critics = ["critic1/0/weight", "critic2/0/weight", "target_critic1/0/weight", "log_alpha_prime"];
    same(&reference, &after(CqlConfig { critic_learning_rate: 1.0, ..small_cql() }), &actor);
    same(&reference, &after(CqlConfig { actor_learning_rate: 1.0, ..small_cql() }), &critics);
}
