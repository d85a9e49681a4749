//! Reading a file, whoever wrote it.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5::types::{FixedAscii, FixedUnicode, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{Dataset, File, Group, H5Type, LocationType};
use ndarray::Ix4;
use rl::{Image, ImageShape};

use crate::{Column, DatasetError, Images, Metadata, Recording};

/// Groups are followed so far down: D4RL's own files need four levels, and a group may contain itself.
const MAX_DEPTH: usize = 8;

/// Fixed-length strings longer than this many bytes are left out.
const MAX_TEXT: usize = 4096;

/// Pictures that are read at once: more would be there twice.
const IMAGES_AT_ONCE: usize = 256;

/// Reads a whole file.
///
/// Any numeric type is converted to `f32`, whatever its width and byte order. Flags may be booleans, integers or
/// floats, since D4RL's ant maze files carry float terminals, but must be 0 or 1. Rewards and flags may be `[N]` or
/// `[N, 1]`. Where there are `images`, they must be bytes. Everything else in the file is left alone: `next_observations`
/// (rows are paired with those that follow them, as D4RL does: [`Recording::qlearning_dataset`]), `virtual/`, and those
/// entries of `infos/` and `metadata/` that are neither numbers nor single strings.
///
/// # Errors
/// When the file cannot be read as HDF5, lacks one of `observations`, `actions`, `rewards` and `terminals`, or holds
/// something else there than its doc says. The message names the file, the key and what was expected.
pub fn read(path: impl AsRef<Path>) -> Result<Recording, DatasetError> {
    let path = path.as_ref();
    let source = Source::open(path)?;
    source.check_rows()?;
    let recording = Recording {
        observations: source.matrix("observations", "numbers of shape [step, feature]")?,
        images: source.images("images", "bytes of shape [step, height, width, channel]")?,
        actions: source.matrix("actions", "numbers of shape [step, component]")?,
        rewards: source.vector("rewards", "one number per step")?,
        terminals: source.flags("terminals", "one flag per step")?,
        timeouts: if source.keys.contains_key("timeouts") {
            Some(source.flags("timeouts", "one flag per step")?)
        } else {
            None
        },
        infos: source.infos()?,
        metadata: source.metadata()?,
    };
    recording.check(path)?;
    Ok(recording)
}

/// An open file and the data sets in it, by their full names.
pub(crate) struct Source<'a> {
    path: &'a Path,
    pub(crate) keys: BTreeMap<String, Dataset>,
}

impl<'a> Source<'a> {
    /// Opens a file and finds all data sets in it.
    pub(crate) fn open(path: &'a Path) -> Result<Self, DatasetError> {
        // The system says more clearly than HDF5 what keeps a file from being opened.
        let opened = std::fs::File::open(path).and_then(|file| file.metadata());
        let about = opened.map_err(|error| DatasetError::unreadable(path, &error))?;
        if about.is_dir() {
            return Err(DatasetError::unreadable(path, &"it is a folder"));
        }
        let file = File::open(path).map_err(|error| DatasetError::unreadable(path, &error))?;
        let mut keys = BTreeMap::new();
        collect(&file, "", MAX_DEPTH, &mut keys).map_err(|error| DatasetError::unreadable(path, &error))?;
        Ok(Self { path, keys })
    }

    /// Checks that columns are as long as each other before anything is read: a damaged header may promise any number of
    /// rows, for which there would be no memory.
    fn check_rows(&self) -> Result<(), DatasetError> {
        const COLUMNS: [&str; 6] = ["observations", "images", "actions", "rewards", "terminals", "timeouts"];
        let rows = |dataset: &Dataset| dataset.shape().first().copied();
        let Some(expected) = self.keys.get("observations").and_then(rows) else { return Ok(()) };
        // An empty column would let the others promise any number of rows.
        if expected == 0 {
            return Err(DatasetError::malformed(
                self.path,
                "observations",
                "at least one row of numbers",
                "there is none",
            ));
        }
        for (key, dataset) in &self.keys {
            let is_column = COLUMNS.contains(&key.as_str()) || key.starts_with("infos/") && is_numeric(dataset);
            if let Some(found) = rows(dataset).filter(|found| is_column && *found != expected) {
                return Err(DatasetError::rows(self.path, key, expected, found));
            }
        }
        Ok(())
    }

    fn required(&self, key: &str, expected: &'static str) -> Result<&Dataset, DatasetError> {
        let missing = || DatasetError::Missing { path: self.path.to_owned(), key: key.to_owned(), expected };
        self.keys.get(key).ok_or_else(missing)
    }

    /// A required key of shape `[row, feature]`.
    fn matrix(&self, key: &str, expected: &'static str) -> Result<Column, DatasetError> {
        let dataset = self.required(key, expected)?;
        match dataset.shape()[..] {
            [_, size] if size > 0 => Ok(Column { size, values: self.numbers(key, dataset, expected)? }),
            ref shape => Err(self.misshapen(key, expected, shape)),
        }
    }

    /// A key of shape `[row, height, width, channel]` and of bytes, where there is one.
    fn images(&self, key: &str, expected: &'static str) -> Result<Option<Images>, DatasetError> {
        let Some(dataset) = self.keys.get(key) else { return Ok(None) };
        let [count, height, width, channels] = dataset.shape()[..] else {
            return Err(self.misshapen(key, expected, &dataset.shape()));
        };
        // Wider numbers would be cut without a word.
        if !dataset.dtype().is_ok_and(|dtype| dtype.is::<u8>()) {
            return Err(DatasetError::malformed(self.path, key, expected, format!("of type {}", type_name(dataset))));
        }
        let shape = ImageShape { height, width, channels };
        let mut rows = Vec::with_capacity(count);
        for first in (0..count).step_by(IMAGES_AT_ONCE) {
            let block = first..count.min(first + IMAGES_AT_ONCE);
            let bytes = dataset.read_slice::<u8, _, Ix4>((block, .., .., ..));
            let bytes = bytes.map_err(|error| DatasetError::unreadable(self.path, &format!("in '{key}': {error}")))?;
            let images = bytes.outer_iter().map(|image| Image::new(shape, image.iter().copied().collect()));
            rows.extend(images);
        }
        Ok(Some(Images { shape, rows }))
    }

    /// A required key of shape `[row]` or `[row, 1]`.
    fn vector<T: H5Type>(&self, key: &str, expected: &'static str) -> Result<Vec<T>, DatasetError> {
        let dataset = self.required(key, expected)?;
        match dataset.shape()[..] {
            [_] | [_, 1] => self.numbers(key, dataset, expected),
            ref shape => Err(self.misshapen(key, expected, shape)),
        }
    }

    /// A required key of shape `[row]` or `[row, 1]` whose numbers are 0 or 1.
    fn flags(&self, key: &str, expected: &'static str) -> Result<Vec<bool>, DatasetError> {
        // Through `f64`, which tells every other number of every type from 0 and 1.
        let values: Vec<f64> = self.vector(key, expected)?;
        let wrong = |row: usize, value: f64| {
            let found = format!("row {row} holds {value}");
            DatasetError::malformed(self.path, key, "one flag per step, 0 or 1", found)
        };
        let flag = |(row, value): (usize, &f64)| match *value {
            0.0 => Ok(false),
            1.0 => Ok(true),
            value => Err(wrong(row, value)),
        };
        values.iter().enumerate().map(flag).collect()
    }

    /// The numeric entries of `infos/`; `[row]` becomes `[row, 1]`.
    fn infos(&self) -> Result<BTreeMap<String, Column>, DatasetError> {
        let expected = "numbers of shape [step] or [step, feature]";
        let mut infos = BTreeMap::new();
        for (key, name, dataset) in self.below("infos/").filter(|(.., dataset)| is_numeric(dataset)) {
            let size = match dataset.shape()[..] {
                [_] => 1,
                [_, size] if size > 0 => size,
                ref shape => return Err(self.misshapen(key, expected, shape)),
            };
            infos.insert(name.to_owned(), Column { size, values: self.numbers(key, dataset, expected)? });
        }
        Ok(infos)
    }

    /// The entries of `metadata/` that are strings or numbers.
    fn metadata(&self) -> Result<BTreeMap<String, Metadata>, DatasetError> {
        let mut metadata = BTreeMap::new();
        for (key, name, dataset) in self.below("metadata/") {
            // An empty data set (of h5py.Empty) has the shape of a single value, but there is none to read.
            if dataset.space().is_ok_and(|space| space.is_null()) {
                continue;
            }
            if is_numeric(dataset) {
                let (shape, values) = (dataset.shape(), self.numbers(key, dataset, "numbers")?);
                metadata.insert(name.to_owned(), Metadata::Numbers { shape, values });
            } else if let Some(text) = text(dataset) {
                metadata.insert(name.to_owned(), Metadata::Text(text));
            }
        }
        Ok(metadata)
    }

    /// Full name, name below the prefix, and data set of all keys below a prefix.
    fn below(&self, prefix: &'static str) -> impl Iterator<Item = (&str, &str, &Dataset)> {
        self.keys.iter().filter_map(move |(key, dataset)| Some((key.as_str(), key.strip_prefix(prefix)?, dataset)))
    }

    /// All numbers of a data set in row-major order.
    fn numbers<T: H5Type>(&self, key: &str, dataset: &Dataset, expected: &str) -> Result<Vec<T>, DatasetError> {
        if !is_numeric(dataset) {
            let found = format!("it is of type {}", type_name(dataset));
            return Err(DatasetError::malformed(self.path, key, expected, found));
        }
        dataset.read_raw().map_err(|error| DatasetError::unreadable(self.path, &format!("in '{key}': {error}")))
    }

    fn misshapen(&self, key: &str, expected: &str, shape: &[usize]) -> DatasetError {
        DatasetError::malformed(self.path, key, expected, format!("its shape is {shape:?}"))
    }
}

/// The type of a data set's elements, for people.
pub(crate) fn type_name(dataset: &Dataset) -> String {
    let Ok(dtype) = dataset.dtype() else { return "unknown".to_owned() };
    dtype
        .to_descriptor()
        .map_or_else(|_| format!("other ({} bytes)", dtype.size()), |descriptor| descriptor.to_string())
}

/// Finds the data sets of a group and of the groups in it. Links that lead nowhere are passed over.
fn collect(group: &Group, prefix: &str, depth: usize, keys: &mut BTreeMap<String, Dataset>) -> hdf5::Result<()> {
    for name in group.member_names()? {
        let key = format!("{prefix}{name}");
        match group.loc_type_by_name(&name) {
            Ok(LocationType::Dataset) => {
                keys.insert(key, group.dataset(&name)?);
            }
            Ok(LocationType::Group) if depth > 1 => collect(&group.group(&name)?, &format!("{key}/"), depth - 1, keys)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether elements can be read as numbers. HDF5 itself converts far more silently, and cuts where it must.
fn is_numeric(dataset: &Dataset) -> bool {
    let Ok(dtype) = dataset.dtype() else { return false };
    match dtype.to_descriptor() {
        Ok(TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) | TypeDescriptor::Float(_)) => true,
        Ok(descriptor) => descriptor == TypeDescriptor::Boolean,
        // Floats of 16 and 128 bits have no descriptor, but HDF5 knows how to convert them.
        Err(_) => hdf5::Datatype::from_type::<f32>().is_ok_and(|float| dtype.conv_path(&float).is_some()),
    }
}

/// A single string of any of HDF5's four kinds, between which the library does not convert.
fn text(dataset: &Dataset) -> Option<String> {
    use TypeDescriptor as Type;
    if !dataset.is_scalar() {
        return None;
    }
    // As bytes, since neither HDF5 nor the library checks that a string is what its type says.
    let bytes = match dataset.dtype().ok()?.to_descriptor().ok()? {
        Type::VarLenUnicode => dataset.read_scalar::<VarLenUnicode>().ok()?.as_bytes().to_vec(),
        Type::VarLenAscii => dataset.read_scalar::<VarLenAscii>().ok()?.as_bytes().to_vec(),
        Type::FixedAscii(length) if length <= MAX_TEXT => {
            dataset.read_scalar::<FixedAscii<MAX_TEXT>>().ok()?.as_bytes().to_vec()
        }
        Type::FixedUnicode(length) if length <= MAX_TEXT => {
            dataset.read_scalar::<FixedUnicode<MAX_TEXT>>().ok()?.as_bytes().to_vec()
        }
        _ => return None,
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
