//! Every way in which public files of D4RL's layout differ, each in a file written here.

use std::path::{Path, PathBuf};

use d4rl::{DatasetError, Images, Metadata, Recording, read};
use hdf5::types::{FixedAscii, FixedUnicode, VarLenAscii, VarLenUnicode};
use hdf5::{Extents, File, H5Type};
use rl::ImageShape;
use tempfile::TempDir;

const OBSERVATIONS: [f32; 6] = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5];
const ACTIONS: [f32; 3] = [-1.5, 0.0, 1.5];
const REWARDS: [f32; 3] = [0.0, 0.25, 1.0];

/// Three steps with two features and one action component, to be spoilt by a test.
struct Fixture {
    file: File,
    path: PathBuf,
    _folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("fixture.hdf5");
        let fixture = Self { file: File::create(&path).expect("a new file"), path, _folder: folder };
        fixture.put("observations", &[3, 2], &OBSERVATIONS);
        fixture.put("actions", &[3, 1], &ACTIONS);
        fixture.put("rewards", &[3], &REWARDS);
        fixture.put("terminals", &[3], &[false, false, true]);
        fixture
    }

    /// Writes a data set, in place of one of the same name.
    fn put<T: H5Type>(&self, key: &str, shape: &[usize], values: &[T]) {
        if self.file.link_exists(key.split('/').next().expect("a name")) && self.file.dataset(key).is_ok() {
            self.file.unlink(key).expect("an old data set");
        }
        let dataset = self.file.new_dataset::<T>().shape(shape).create(key).expect("a new data set");
        dataset.write_raw(values).expect("values that fit");
    }

    fn read(&self) -> Result<d4rl::Recording, DatasetError> {
        self.file.flush().expect("a flushed file");
        read(&self.path)
    }

    /// The message of the error, and whether it is one sentence that names the file.
    fn complaint(&self) -> String {
        let message = self.read().expect_err("a complaint").to_string();
        assert!(message.contains("fixture.hdf5") && !message.contains('\n'), "{message}");
        message
    }
}

#[test]
fn the_usual_file() {
    let recording = Fixture::new().read().expect("a good file");
    assert_eq!((recording.len(), recording.observations.size, recording.actions.size), (3, 2, 1));
    assert_eq!(recording.observations.row(1), [1.0, 1.5]);
    assert_eq!(recording.actions.values, ACTIONS, "recorded actions stay as they are");
    assert_eq!(recording.rewards, REWARDS);
    assert_eq!(recording.terminals, [false, false, true]);
    assert_eq!(recording.timeouts, None);
}

#[test]
fn sizes_of_another_task() {
    let fixture = Fixture::new();
    let recording = fixture.read().expect("a good file");
    recording.check_sizes(&fixture.path, 2, 1, None).expect("its own sizes");
    let image = Some(ImageShape { height: 4, width: 5, channels: 3 });
    let shape = ImageShape { height: 4, width: 5, channels: 1 };
    let seen = Recording { images: Some(Images { shape, rows: Vec::new() }), ..recording.clone() };
    seen.check_sizes(&fixture.path, 2, 1, Some(shape)).expect("pictures of its own size");
    let error = seen.check_sizes(&fixture.path, 2, 1, image).expect_err("another size").to_string();
    assert!(error.contains("pictures of 4 x 5 x 3 bytes, as the task has them, but its pictures have 4 x 5 x 1 bytes"));
    for (state_size, action_size, image, expected) in [
        (29, 1, None, "'observations' in PATH should be rows of 29 numbers, as the task has them, but its rows hold 2"),
        (2, 8, None, "'actions' in PATH should be rows of 8 numbers, as the task has them, but its rows hold 1"),
        (
            2,
            1,
            image,
            "'images' in PATH should be pictures of 4 x 5 x 3 bytes, as the task has them, but there are none",
        ),
    ] {
        let error = recording.check_sizes(&fixture.path, state_size, action_size, image).expect_err(expected);
        assert!(matches!(error, DatasetError::Malformed { .. }));
        let expected = expected.replace("PATH", &fixture.path.display().to_string());
        assert_eq!(error.to_string(), expected + ": make or fetch the right file");
    }
}

#[test]
fn numbers_of_any_type() {
    let usual = Fixture::new().read().expect("a good file");
    let fixture = Fixture::new();
    fixture.put("observations", &[3, 2], &OBSERVATIONS.map(f64::from));
    fixture.put("rewards", &[3, 1], &REWARDS.map(f64::from));
    assert_eq!(fixture.read().expect("a good file"), usual, "64-bit floats, rewards [N, 1]");
    fixture.put("observations", &[3, 2], &[0_i64, -1, 2, 3, 4, 5]);
    fixture.put("rewards", &[3], &[false, true, true]);
    let recording = fixture.read().expect("a good file");
    assert_eq!(recording.observations.values, [0.0, -1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(recording.rewards, [0.0, 1.0, 1.0]);
}

#[test]
fn flags_of_any_type() {
    fn check<T: H5Type>(shape: &[usize], flags: &[T]) {
        let fixture = Fixture::new();
        fixture.put("terminals", shape, flags);
        fixture.put("timeouts", shape, flags);
        let recording = fixture.read().expect("a good file");
        assert_eq!(recording.terminals, [false, true, false]);
        assert_eq!(recording.timeouts, Some(vec![false, true, false]));
    }
    check(&[3], &[false, true, false]);
    check(&[3, 1], &[false, true, false]);
    check(&[3], &[0_u8, 1, 0]);
    check(&[3], &[0_i64, 1, 0]);
    check(&[3, 1], &[0.0_f32, 1.0, 0.0]);
    check(&[3], &[0.0_f64, 1.0, -0.0]);
}

/// The types that the Rust library cannot write. Made with h5py 3: `f["rewards"] = numpy.array([0, 0.25, 1], ">f2")`,
/// and so on with the types named below.
#[test]
fn halves_and_big_endian_numbers_written_by_h5py() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/halves-big-endian.hdf5");
    let recording = read(path).expect("a good file");
    assert_eq!(recording.observations.values, OBSERVATIONS, "stored as big-endian f64");
    assert_eq!(recording.actions.values, ACTIONS, "stored as f16");
    assert_eq!(recording.rewards, REWARDS, "stored as big-endian f16");
    assert_eq!(recording.terminals, [false, false, true], "stored as big-endian i32");
}

#[test]
fn infos_and_metadata() {
    let fixture = Fixture::new();
    let group = |name: &str| fixture.file.create_group(name).expect("a new group");
    for name in ["infos", "metadata", "metadata/policy", "metadata/policy/fc0", "virtual", "empty"] {
        group(name);
    }
    fixture.put("infos/qpos", &[3, 2], &[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0]);
    fixture.put("infos/action_log_probs", &[3], &[-1.0_f32, f32::NEG_INFINITY, -3.0]);
    fixture.put("infos/words", &[1], &["not a number".parse::<VarLenUnicode>().expect("a string")]);
    fixture.put("metadata/policy/fc0/weight", &[1, 2], &[0.5_f64, 1.5]);
    fixture.put("metadata/fixed_ascii", &[], &[FixedAscii::<8>::from_ascii("DAPG").expect("short")]);
    fixture.put("metadata/fixed_unicode", &[], &["größer".parse::<FixedUnicode<16>>().expect("short")]);
    fixture.put("metadata/variable_ascii", &[], &[VarLenAscii::from_ascii("tanh").expect("ascii")]);
    fixture.put("metadata/variable_unicode", &[], &["größer".parse::<VarLenUnicode>().expect("no NUL")]);
    fixture.put("virtual/0", &[1], &[1.0_f32]);
    fixture.put("next_observations", &[1], &[7.0_f32]);
    for (key, empty) in [("metadata/no_text", true), ("metadata/no_number", false)] {
        let builder = fixture.file.new_dataset_builder();
        let builder = if empty { builder.empty::<VarLenUnicode>() } else { builder.empty::<f32>() };
        builder.shape(Extents::Null).create(key).expect("an empty data set");
    }
    fixture.file.link_soft("/nowhere", "dangling").expect("a link");
    fixture.file.link_hard("/metadata", "metadata/itself").expect("a link");
    let recording = fixture.read().expect("a good file");
    assert_eq!(recording.infos.keys().collect::<Vec<_>>(), ["action_log_probs", "qpos"]);
    assert_eq!(recording.infos["qpos"].row(2), [5.0, 6.0]);
    assert_eq!((recording.infos["action_log_probs"].size, recording.infos["action_log_probs"].rows()), (1, 3));
    let text = |name: &str| recording.metadata.get(name).cloned();
    assert_eq!((text("no_text"), text("no_number")), (None, None), "nothing in them can be read");
    assert_eq!(text("fixed_ascii"), Some(Metadata::Text("DAPG".into())));
    assert_eq!(text("fixed_unicode"), Some(Metadata::Text("größer".into())));
    assert_eq!(text("variable_ascii"), Some(Metadata::Text("tanh".into())));
    assert_eq!(text("variable_unicode"), Some(Metadata::Text("größer".into())));
    let weight = Metadata::Numbers { shape: vec![1, 2], values: vec![0.5, 1.5] };
    assert_eq!(text("policy/fc0/weight"), Some(weight));
}

#[test]
fn missing_keys() {
    for key in ["observations", "actions", "rewards", "terminals"] {
        let fixture = Fixture::new();
        fixture.file.unlink(key).expect("a data set");
        assert!(matches!(fixture.read(), Err(DatasetError::Missing { key: missing, .. }) if missing == key));
        assert!(fixture.complaint().contains(&format!("no '{key}'")));
    }
}

#[test]
fn malformed_keys() {
    type Spoil = fn(&Fixture);
    let cases: [(&str, &str, Spoil); 14] = [
        ("observations", "shape is [3]", |f| f.put("observations", &[3], &[0.0_f32; 3])),
        ("observations", "shape is [3, 0]", |f| f.put::<f32>("observations", &[3, 0], &[])),
        ("observations", "at least one row", |f| f.put::<f32>("observations", &[0, 2], &[])),
        ("observations", "row 2 holds NaN", |f| f.put("observations", &[3, 2], &[0.0, 0.0, 0.0, 0.0, 0.0, f32::NAN])),
        ("actions", "it has 2", |f| f.put("actions", &[2, 1], &[0.0_f32; 2])),
        ("actions", "row 1 holds -inf", |f| f.put("actions", &[3, 1], &[0.0, f32::NEG_INFINITY, 0.0])),
        ("rewards", "shape is [3, 2]", |f| f.put("rewards", &[3, 2], &[0.0_f32; 6])),
        ("rewards", "it has 4", |f| f.put("rewards", &[4], &[0.0_f32; 4])),
        ("rewards", "row 0 holds inf", |f| f.put("rewards", &[3], &[1e300, 0.0, 0.0])),
        ("rewards", "type string", |f| f.put("rewards", &[3], &[FixedAscii::<2>::from_ascii("1").expect("short"); 3])),
        ("terminals", "row 1 holds 2", |f| f.put("terminals", &[3], &[0_u8, 2, 0])),
        ("terminals", "row 2 holds 0.5", |f| f.put("terminals", &[3], &[0.0, 1.0, 0.5])),
        ("timeouts", "row 0 holds NaN", |f| f.put("timeouts", &[3], &[f64::NAN, 0.0, 0.0])),
        ("timeouts", "it has 1", |f| f.put("timeouts", &[1], &[false])),
    ];
    for (key, expected, spoil) in cases {
        let fixture = Fixture::new();
        spoil(&fixture);
        let message = fixture.complaint();
        assert!(message.contains(&format!("'{key}'")) && message.contains(expected), "{expected}: {message}");
    }
}

/// As many rows as a flipped bit may promise, none of which is there.
#[test]
fn a_column_of_a_terabyte_is_refused_unread() {
    let fixture = Fixture::new();
    fixture.file.unlink("terminals").expect("an old data set");
    fixture.file.new_dataset::<u8>().chunk(1024).shape(1_usize << 40).create("terminals").expect("a new data set");
    assert!(fixture.complaint().contains("'terminals'"));
}

#[test]
fn infos_of_another_length() {
    let fixture = Fixture::new();
    fixture.file.create_group("infos").expect("a new group");
    fixture.put("infos/qpos", &[2, 1], &[0.0_f32; 2]);
    assert!(fixture.complaint().contains("'infos/qpos'"));
}

#[test]
fn files_that_are_not_whole_hdf5() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let good =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/door-human-3.hdf5")).expect("a file");
    let mut damaged = good.clone();
    for byte in damaged.iter_mut().skip(good.len() / 3).take(2000) {
        *byte ^= 0x5a;
    }
    let files = [
        ("empty.hdf5", vec![]),
        ("words.hdf5", b"not an HDF5 file".to_vec()),
        ("truncated.hdf5", good[..good.len() / 2].to_vec()),
        ("damaged.hdf5", damaged),
    ];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        let message = read(&path).expect_err(name).to_string();
        assert!(message.contains(name) && message.contains("make or fetch the file again"), "{message}");
    }
    for (path, reason) in [(folder.path().join("absent.hdf5"), "No such file"), (folder.path().to_owned(), "a folder")]
    {
        let message = read(&path).expect_err(reason).to_string();
        assert!(message.contains(reason), "{message}");
    }
}
