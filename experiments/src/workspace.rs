//! Where things lie on disk, and the way things are written there.

use std::{
    fs::{self, TryLockError},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result};
use envs::Task;

use crate::{
    clock, progress,
    spec::{RunKey, Scale},
};

/// How the names of files begin that are being written.
pub(crate) const TEMPORARY: &str = ".writing-";

/// What every clone has.
const CRATE: &str = "experiments/Cargo.toml";

/// The folder that holds data/, results/ and checkpoints/.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The nearest folder above the current one that holds this crate, so that commands work from anywhere in a clone;
    /// the current folder where there is none.
    pub(crate) fn find() -> Result<Self> {
        let current = std::env::current_dir().context("the current folder cannot be read")?;
        let root = current.ancestors().find(|folder| folder.join(CRATE).is_file());
        Ok(Self { root: root.unwrap_or(&current).to_path_buf() })
    }

    /// A workspace in a folder of a test's own.
    #[cfg(test)]
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// The top folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The name under data/ of a task's file, without its ending. The smoke scale keeps small files of its own.
    pub(crate) fn data_name(task: Task, scale: Scale) -> String {
        if scale == Scale::Smoke { format!("smoke/{task}") } else { task.to_string() }
    }

    /// The file of a name under data/.
    pub(crate) fn data_path(&self, name: &str) -> PathBuf {
        self.root.join("data").join(format!("{name}.hdf5"))
    }

    /// What is known of the data files that this project makes.
    pub(crate) fn manifest(&self) -> PathBuf {
        self.root.join("data/manifest.json")
    }

    /// The folder of all records.
    pub(crate) fn records(&self) -> PathBuf {
        self.root.join("results/records")
    }

    /// The folder of the theory's measurements, which need no data.
    pub(crate) fn theory_records(&self) -> PathBuf {
        self.records().join("theory")
    }

    /// Whether it is a clone of this repository, and not a folder of somebody's own.
    pub(crate) fn is_clone(&self) -> bool {
        self.root.join(CRATE).is_file()
    }

    /// Whether results can be written, before hours go into them.
    pub(crate) fn check_writable(&self) -> Result<()> {
        let folder = self.records();
        let write = || {
            fs::create_dir_all(&folder)?;
            tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&folder)
        };
        write().map(drop).with_context(|| {
            format!("cannot write to {}: check the free disk and the folder's permissions", folder.display())
        })
    }

    /// The folder of a table's or figure's files.
    pub(crate) fn artifact(&self, experiment: &str, scale: Scale) -> PathBuf {
        let results = self.root.join("results");
        if scale == Scale::Laptop { results.join(experiment) } else { results.join(format!("{experiment}-{scale}")) }
    }

    /// The folder of a run's networks; git ignores it and runs make it anew.
    pub(crate) fn networks(&self, key: &RunKey, seed: u64) -> PathBuf {
        self.root.join("checkpoints").join(key.to_string()).join(format!("seed-{seed}"))
    }

    /// Waits until no other process works on a run, and keeps others waiting until the file is dropped.
    pub(crate) fn lock(&self, key: &RunKey, seed: u64) -> Result<fs::File> {
        locking(&self.networks(key, seed).with_extension("lock"), fs::File::lock)
    }

    /// The same, but none where another process or thread works on the run.
    pub(crate) fn try_lock(&self, key: &RunKey, seed: u64) -> Result<Option<fs::File>> {
        let mut busy = false;
        let file = locking(&self.networks(key, seed).with_extension("lock"), |file| match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                busy = true;
                Ok(())
            }
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(()),
        })?;
        Ok((!busy).then_some(file))
    }

    /// Waits until no other process makes a thing that all runs share, and says so; keeps others waiting until the file
    /// is dropped.
    pub(crate) fn lock_shared(&self, thing: &str) -> Result<fs::File> {
        let path = self.root.join("checkpoints").join(format!("{}.lock", thing.replace('/', "-")));
        locking(&path, |file| match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                progress::say(&format!("waiting for another process that makes {thing}"));
                file.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(()),
        })
    }

    /// Removes what killed processes left half written, once nobody can be writing it any more. Nothing reads such
    /// files; they only take space.
    pub(crate) fn remove_leftovers(&self) {
        let mut folders = ["data", "results", "checkpoints"].map(|name| self.root.join(name)).to_vec();
        let now = clock::unix_seconds();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let (name, Ok(metadata)) = (entry.file_name(), entry.metadata()) else { continue };
                let name = name.to_string_lossy();
                let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
                let age = modified.map_or(0.0, |time| now - time.as_secs_f64());
                // Learners write parts of checkpoints; elsewhere a file of that name is somebody's download.
                let part = name.ends_with(".part") && entry.path().starts_with(self.root.join("checkpoints"));
                if !name.starts_with(TEMPORARY) && !part {
                    folders.extend(metadata.is_dir().then(|| entry.path()));
                } else if age > LONGEST_WRITE {
                    // Whoever else starts now may be first, which is as good.
                    let path = entry.path();
                    if metadata.is_dir() {
                        fs::remove_dir_all(path).ok()
                    } else {
                        fs::remove_file(path).ok()
                    };
                }
            }
        }
    }
}

/// No file is written for longer than this (s).
const LONGEST_WRITE: f64 = 3600.0;

fn locking(path: &Path, lock: impl FnOnce(&fs::File) -> io::Result<()>) -> Result<fs::File> {
    let open = || -> io::Result<fs::File> {
        fs::create_dir_all(path.parent().expect("a file has a folder"))?;
        let file = fs::File::create(path)?;
        lock(&file)?;
        Ok(file)
    };
    open().with_context(|| format!("cannot lock {}: check the free disk and the folder's permissions", path.display()))
}

/// Writes a file whole or not at all: under a temporary name in the same folder, then renamed.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let write = || -> io::Result<()> {
        let folder = path.parent().ok_or_else(|| io::Error::other("it is no file"))?;
        fs::create_dir_all(folder)?;
        // What a plain new file gets; temporary files are private by default.
        let everyone = fs::Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).permissions(everyone).tempfile_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write()
        .with_context(|| format!("cannot write {}: check the free disk and the folder's permissions", path.display()))
}
