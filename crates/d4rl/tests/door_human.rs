//! The first three of the 25 human demonstrations of opening a door (Rajeswaran et al. 2018, "Learning Complex
//! Dexterous Manipulation with Deep Reinforcement Learning and Demonstrations"; `hand_dapg`, Apache-2.0), as a file
//! that h5py wrote in D4RL's layout. The expected numbers were taken from it with numpy.

use std::path::PathBuf;

use d4rl::{ACTION_LIMIT, Metadata, inspect, read};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/door-human-3.hdf5")
}

#[test]
fn inspection() {
    let inspection = inspect(path(), None).expect("a good file");
    assert_eq!((inspection.rows, inspection.terminals, inspection.timeouts), (900, 0, Some(3)));
    let episodes = inspection.episodes.expect("three episodes");
    assert_eq!((episodes.count, episodes.min, episodes.max), (3, 300, 300));
    assert_eq!((inspection.rewarded_episodes, inspection.unfinished_rows), (3, 0));
    assert_eq!(inspection.transitions, 897, "the last step of each demonstration is dropped");
    let close = |actual: f64, expected: f64| assert!((actual - expected).abs() < 1e-6, "{actual} is not {expected}");
    close(inspection.rewards.sum, 1_480.006_270_274_52);
    close(inspection.actions.sum, -1_632.796_685_792_915);
    close(inspection.observations.sum, 7_604.844_276_354_612);
    assert_eq!([inspection.actions.min, inspection.actions.max], [-1.191_021_8, 1.334_238_6]);
    assert_eq!([inspection.rewards.min, inspection.rewards.max], [-0.297_075_54, 9.986_134]);
    assert_eq!(inspection.observation_ranges.len(), 39);
    assert_eq!(inspection.observation_ranges[28], [0.0, 1.243_110_8], "the hinge of the door (rad)");
    let shown = inspection.to_string();
    for line in ["observations                       [900, 39]        float32", "3 episodes of 300 to 300 steps"] {
        assert!(shown.contains(line), "{line:?} is not in {shown}");
    }
}

#[test]
fn transitions() {
    let recording = read(path()).expect("a good file");
    let dataset = recording.qlearning_dataset(200);
    assert_eq!((dataset.len(), dataset.state_size, dataset.action_size), (897, 39, 28));
    assert!(dataset.bootstraps.iter().all(|&bootstrap| bootstrap == 1.0), "no demonstration ends with a terminal");
    assert_eq!(dataset.state(299), recording.observations.row(300), "row 299 timed out");
    assert_eq!(dataset.next_state(298), recording.observations.row(299));
    assert!(recording.actions.values.iter().any(|action| action.abs() > 1.0), "humans go beyond the limits");
    assert!(dataset.actions.iter().all(|action| action.abs() <= ACTION_LIMIT));
}

#[test]
fn metadata() {
    let metadata = read(path()).expect("a good file").metadata;
    assert_eq!(metadata["algorithm"], Metadata::Text("human".into()));
    assert_eq!(metadata["policy/nonlinearity"], Metadata::Text("none".into()));
    let Metadata::Numbers { shape, values } = &metadata["init/door_body_pos"] else { panic!("numbers") };
    assert_eq!((shape.as_slice(), values.len()), ([3, 3].as_slice(), 9));
}
