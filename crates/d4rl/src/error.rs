//! What can be wrong with a file.

use std::path::{Path, PathBuf};

/// Why a data set could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file system or HDF5 could not open the file or get through it.
    #[error("cannot read {path} as HDF5 ({reason}): check the path, or make or fetch the file again")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system or HDF5 said.
        reason: String,
    },
    /// A key that every file must have is not there.
    #[error("{path} has no '{key}', where a file in D4RL's layout holds {expected}: make or fetch the right file")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The key, such as `rewards`.
        key: String,
        /// What belongs under the key.
        expected: &'static str,
    },
    /// The content of a key is not what belongs there.
    #[error("'{key}' in {path} should be {expected}, but {found}: make or fetch the right file")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The key, such as `rewards`.
        key: String,
        /// What belongs under the key.
        expected: String,
        /// What is there instead, as the end of a sentence.
        found: String,
    },
    /// The file could not be written; nothing was left under its name, or what was there before.
    #[error("cannot write {path} ({reason}): check that its folder exists, is writable and has room")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system or HDF5 said.
        reason: String,
    },
}

impl DatasetError {
    /// An [`DatasetError::Unreadable`] of `path` for any reason.
    pub(crate) fn unreadable(path: &Path, reason: &impl ToString) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: reason.to_string() }
    }

    /// A [`DatasetError::Unwritable`] of `path` for any reason.
    pub(crate) fn unwritable(path: &Path, reason: &impl ToString) -> Self {
        Self::Unwritable { path: path.to_owned(), reason: reason.to_string() }
    }

    /// A [`DatasetError::Malformed`] of `key`, which has not as many rows as there are observations.
    pub(crate) fn rows(path: &Path, key: &str, expected: usize, found: usize) -> Self {
        Self::malformed(
            path,
            key,
            format!("one row for each of the {expected} observations"),
            format!("it has {found}"),
        )
    }

    /// A [`DatasetError::Malformed`] of `key`.
    pub(crate) fn malformed(path: &Path, key: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_owned(), key: key.to_owned(), expected: expected.into(), found: found.into() }
    }
}
