//! What is written can be read again, is the same each time, and never stands half under its name.

use std::fs;
use std::path::Path;
use std::time::Duration;

use d4rl::{Column, DatasetError, Metadata, Recording, read, write};
use hdf5::File;
use hdf5::filters::Filter;
use hdf5::types::TypeDescriptor;
use rl::{Image, ImageShape, Outcome, Prng};

/// Episodes of twenty steps which end in turn with a terminal and a timeout.
fn recording(rows: usize) -> Recording {
    let mut rng = Prng::derive("test", 0, "recording");
    let mut recording = Recording::empty(3, 2);
    for row in 0..rows {
        let outcome = match row % 40 {
            19 => Outcome::Terminates,
            39 => Outcome::TimesOut,
            _ => Outcome::Continues,
        };
        let mut numbers = [0.0; 3];
        numbers.fill_with(|| rng.normal());
        recording.push(&numbers, &numbers[..2], numbers[2], outcome);
        recording.push_info("qpos", &numbers);
        recording.push_info("log_prob", &numbers[..1]);
    }
    recording.metadata.insert("algorithm".into(), Metadata::Text("größer".into()));
    let weight = Metadata::Numbers { shape: vec![2, 1], values: vec![0.5, -0.5] };
    recording.metadata.insert("policy/fc0/weight".into(), weight);
    recording.metadata.insert("seed".into(), Metadata::Numbers { shape: vec![], values: vec![7.0] });
    recording
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("data.hdf5");
    for mut recording in [recording(10_000), recording(1)] {
        write(&path, &recording).expect("a written file");
        assert_eq!(read(&path).expect("a good file"), recording);
        recording.timeouts = None;
        write(&path, &recording).expect("a file in place of the first");
        assert_eq!(read(&path).expect("a good file").timeouts, None);
    }
}

/// Pictures whose bytes tell row and place.
fn with_images(mut recording: Recording) -> Recording {
    let shape = ImageShape { height: 3, width: 5, channels: 4 };
    for row in 0..recording.len() {
        let bytes = (0..shape.size()).map(|i| (7 * row + i) as u8).collect();
        recording.push_image(&Image::new(shape, bytes));
    }
    recording
}

#[test]
fn pictures_are_read_again_and_stay_with_their_rows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("data.hdf5");
    let recording = with_images(recording(600));
    write(&path, &recording).expect("a written file");
    let again = read(&path).expect("a good file");
    assert_eq!(again, recording);
    let images = File::open(&path).expect("HDF5").dataset("images").expect("pictures");
    assert_eq!((images.shape(), images.chunk()), (vec![600, 3, 5, 4], Some(vec![16, 3, 5, 4])));
    assert_eq!(images.filters(), [Filter::deflate(4), Filter::Fletcher32]);

    let dataset = again.qlearning_dataset(20);
    let columns = dataset.images.as_ref().expect("pictures");
    assert_eq!(dataset.len(), 600 - 15, "rows at which time ran out are dropped");
    assert_eq!(columns.image(19).bytes()[0], 7 * 19);
    assert_eq!(columns.image(39).bytes()[0], (7 * 40_usize) as u8, "row 39 is one of those");
    assert_eq!(columns.next_image(5), columns.image(6));
}

/// The last row of a file, where it is terminal: lost by D4RL's rule, kept where there are pictures.
#[test]
fn the_last_reward_is_kept_with_pictures() {
    let plain = recording(20);
    assert_eq!(plain.qlearning_dataset(20).len(), 19);
    let dataset = with_images(plain).qlearning_dataset(20);
    assert_eq!((dataset.len(), dataset.bootstraps[19]), (20, 0.0));
    assert_eq!(with_images(recording(19)).qlearning_dataset(20).len(), 18);
}

#[test]
fn pictures_of_wide_numbers_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("data.hdf5");
    write(&path, &recording(2)).expect("a written file");
    let file = File::open_rw(&path).expect("HDF5");
    let wide = file.new_dataset::<u16>().shape([2, 1, 1, 1]).create("images").expect("a data set");
    wide.write_raw(&[300_u16, 300]).expect("two numbers");
    drop((wide, file));
    let message = read(&path).expect_err("not bytes").to_string();
    assert!(message.contains("'images'") && message.contains("bytes"), "{message}");
}

#[test]
fn the_layout_is_d4rls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("data.hdf5");
    write(&path, &recording(10_000)).expect("a written file");
    let file = File::open(&path).expect("HDF5");
    let filters = [Filter::Shuffle, Filter::deflate(4), Filter::Fletcher32];
    for (key, shape, chunk) in [
        ("observations", vec![10_000, 3], vec![4096, 3]),
        ("actions", vec![10_000, 2], vec![4096, 2]),
        ("rewards", vec![10_000], vec![4096]),
        ("terminals", vec![10_000], vec![4096]),
        ("timeouts", vec![10_000], vec![4096]),
        ("infos/qpos", vec![10_000, 3], vec![4096, 3]),
        ("infos/log_prob", vec![10_000], vec![4096]),
    ] {
        let dataset = file.dataset(key).expect(key);
        assert_eq!(
            (dataset.shape(), dataset.chunk(), dataset.filters()),
            (shape, Some(chunk), filters.to_vec()),
            "{key}"
        );
    }
    let element = |key: &str| file.dataset(key).and_then(|dataset| dataset.dtype()?.to_descriptor()).expect(key);
    assert_eq!(element("terminals"), TypeDescriptor::Boolean);
    assert_eq!(element("metadata/algorithm"), TypeDescriptor::VarLenUnicode);
}

#[test]
fn equal_recordings_give_equal_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let written = |name: &str| {
        let path = folder.path().join(name);
        write(&path, &recording(5_000)).expect("a written file");
        fs::read(path).expect("its bytes")
    };
    let first = written("first.hdf5");
    // HDF5 counts time in seconds.
    std::thread::sleep(Duration::from_millis(1100));
    assert!(first == written("second.hdf5"), "two files of the same recording differ");
}

#[test]
fn a_damaged_chunk_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("data.hdf5");
    write(&path, &recording(10_000)).expect("a written file");
    let mut bytes = fs::read(&path).expect("its bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).expect("a damaged file");
    assert!(matches!(read(&path), Err(DatasetError::Unreadable { .. })));
}

#[test]
fn what_cannot_be_written_leaves_the_old_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("data.hdf5");
    write(&path, &recording(10)).expect("a written file");
    let mut unequal = recording(20);
    unequal.rewards.pop();
    let mut endless = recording(20);
    endless.actions.values[3] = f32::INFINITY;
    let mut nul = recording(20);
    nul.metadata.insert("algorithm".into(), Metadata::Text("a\0b".into()));
    let mut sparse = recording(20);
    sparse.metadata.insert("seed".into(), Metadata::Numbers { shape: vec![2], values: vec![0.0] });
    let mut ragged = recording(20);
    ragged.infos.insert("qpos".into(), Column { size: 2, values: vec![0.0; 42] });
    let mut torn = recording(20);
    torn.infos.insert("qpos".into(), Column { size: 2, values: vec![0.0; 41] });
    for (bad, reason) in [
        (torn, "41 numbers are no rows of 2"),
        (unequal, "'rewards'"),
        (endless, "row 1 holds inf"),
        (nul, "NUL"),
        (sparse, "1 numbers cannot be [2]"),
        (ragged, "'infos/qpos'"),
    ] {
        let message = write(&path, &bad).expect_err(reason).to_string();
        assert!(message.contains("data.hdf5") && message.contains(reason), "{message}");
        assert_eq!(read(&path).expect("the old file"), recording(10));
    }
    let names = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(names, 1, "no temporary file is left");
    let nowhere = write(Path::new("/no/such/folder/data.hdf5"), &recording(10)).expect_err("no folder");
    assert!(nowhere.to_string().contains("check that its folder exists"), "{nowhere}");
}
