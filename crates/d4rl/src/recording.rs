//! The columns of a file, as they were recorded.

use std::collections::BTreeMap;
use std::path::Path;

use rl::{Image, ImageShape, Outcome};

use crate::DatasetError;

/// Steps in the order in which they were taken, one episode after the other. All columns have as many rows as
/// there are steps, and row `i` holds what was seen before step `i`, what was done, and what came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    /// `[row, state]`.
    pub observations: Column,
    /// What was seen beside the observation; D4RL's own files have no such key.
    pub images: Option<Images>,
    /// `[row, action]`, as recorded: the human demonstrations of D4RL's door go beyond [-1, 1].
    pub actions: Column,
    /// `[row]`.
    pub rewards: Vec<f32>,
    /// `[row]`: the step truly ended its episode.
    pub terminals: Vec<bool>,
    /// `[row]`: time ran out after the step. Older files have no such key.
    pub timeouts: Option<Vec<bool>>,
    /// Facts about each step that are no part of the observation, by their names below `infos/`, such as `qpos`.
    pub infos: BTreeMap<String, Column>,
    /// Facts about the whole file, by their names below `metadata/`, such as `algorithm`.
    pub metadata: BTreeMap<String, Metadata>,
}

/// Numbers of shape `[row, feature]`, row-major.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Column {
    /// Features in each row.
    pub size: usize,
    /// All numbers.
    pub values: Vec<f32>,
}

/// Pictures, one for each row, all of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// The size of each.
    pub shape: ImageShape,
    /// All of them.
    pub rows: Vec<Image>,
}

/// One entry of `metadata/`.
#[derive(Debug, Clone, PartialEq)]
pub enum Metadata {
    /// Words, such as the name of the algorithm that acted.
    Text(String),
    /// Numbers, such as the weights of the policy that acted.
    Numbers {
        /// Length of each axis; empty for a single number.
        shape: Vec<usize>,
        /// All numbers, row-major.
        values: Vec<f32>,
    },
}

impl Recording {
    /// No steps yet; a `timeouts` column will be kept.
    pub fn empty(state_size: usize, action_size: usize) -> Self {
        Self {
            observations: Column::empty(state_size),
            actions: Column::empty(action_size),
            timeouts: Some(vec![]),
            ..Self::default()
        }
    }

    /// Number of steps.
    pub fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Whether there are no steps.
    pub fn is_empty(&self) -> bool {
        self.rewards.is_empty()
    }

    /// Adds a step: what was seen before it, what was done, and what came of it.
    pub fn push(&mut self, observation: &[f32], action: &[f32], reward: f32, outcome: Outcome) {
        self.observations.push(observation);
        self.actions.push(action);
        self.rewards.push(reward);
        self.terminals.push(outcome == Outcome::Terminates);
        if let Some(timeouts) = &mut self.timeouts {
            timeouts.push(outcome == Outcome::TimesOut);
        }
    }

    /// Adds the picture that was seen before the newest step.
    pub fn push_image(&mut self, image: &Image) {
        let empty = || Images { shape: image.shape, rows: Vec::new() };
        self.images.get_or_insert_with(empty).rows.push(image.clone());
    }

    /// Adds a fact about the newest step, under a name below `infos/`.
    pub fn push_info(&mut self, name: &str, values: &[f32]) {
        let empty = || Column::empty(values.len());
        self.infos.entry(name.to_owned()).or_insert_with(empty).push(values);
    }

    /// Checks that states and actions are as long as a task's, and pictures, where it has any, as large; `path` is the file
    /// that the message names.
    ///
    /// # Errors
    /// [`DatasetError::Malformed`] with the first key that is not, the size that it should have, and its own.
    pub fn check_sizes(
        &self,
        path: impl AsRef<Path>,
        state_size: usize,
        action_size: usize,
        image: Option<ImageShape>,
    ) -> Result<(), DatasetError> {
        let found = self.images.as_ref().map(|images| images.shape);
        if let Some(expected) = image
            && found != image
        {
            let told = |ImageShape { height, width, channels }| format!("{height} x {width} x {channels} bytes");
            let expected = format!("pictures of {}, as the task has them", told(expected));
            let found = found.map_or("there are none".into(), |shape| format!("its pictures have {}", told(shape)));
            return Err(DatasetError::malformed(path.as_ref(), "images", expected, found));
        }
        let columns = [("observations", &self.observations, state_size), ("actions", &self.actions, action_size)];
        for (key, column, size) in columns {
            if column.size != size {
                let expected = format!("rows of {size} numbers, as the task has them");
                let found = format!("its rows hold {}", column.size);
                return Err(DatasetError::malformed(path.as_ref(), key, expected, found));
            }
        }
        Ok(())
    }

    /// Checks what both reader and writer promise: at least one step, columns of one length, and finite numbers
    /// in everything that learners see. (`infos` may hold any number: a log-probability can be infinite.)
    pub(crate) fn check(&self, path: &Path) -> Result<(), DatasetError> {
        let infos = self.infos.iter().map(|(name, column)| (format!("infos/{name}"), column));
        let states = [("observations".to_owned(), &self.observations), ("actions".to_owned(), &self.actions)];
        for (key, Column { size, values }) in states.into_iter().chain(infos) {
            if *size > 0 && values.len() % size != 0 {
                let found = format!("{} numbers are no rows of {size}", values.len());
                return Err(DatasetError::malformed(path, &key, format!("rows of {size} numbers"), found));
            }
        }
        let rows = self.observations.rows();
        if rows == 0 {
            return Err(DatasetError::malformed(path, "observations", "at least one row of numbers", "there is none"));
        }
        let infos = self.infos.iter().map(|(name, column)| (format!("infos/{name}"), column.rows()));
        let lengths = [
            ("actions", self.actions.rows()),
            ("rewards", self.rewards.len()),
            ("terminals", self.terminals.len()),
            ("images", self.images.as_ref().map_or(rows, |images| images.rows.len())),
            ("timeouts", self.timeouts.as_ref().map_or(rows, Vec::len)),
        ];
        for (key, length) in lengths.map(|(key, length)| (key.to_owned(), length)).into_iter().chain(infos) {
            if length != rows {
                return Err(DatasetError::rows(path, &key, rows, length));
            }
        }
        let columns = [
            ("observations", &self.observations.values, self.observations.size),
            ("actions", &self.actions.values, self.actions.size),
            ("rewards", &self.rewards, 1),
        ];
        for (key, values, size) in columns {
            if let Some(i) = values.iter().position(|value| !value.is_finite()) {
                let found = format!("row {} holds {}", i / size, values[i]);
                return Err(DatasetError::malformed(path, key, "finite 32-bit numbers", found));
            }
        }
        for (name, metadata) in &self.metadata {
            let found = match metadata {
                Metadata::Text(text) if text.contains('\0') => "it holds a NUL character".to_owned(),
                Metadata::Numbers { shape, values } if shape.iter().product::<usize>() != values.len() => {
                    format!("{} numbers cannot be {shape:?}", values.len())
                }
                _ => continue,
            };
            let expected = "plain text, or as many numbers as its shape says";
            return Err(DatasetError::malformed(path, &format!("metadata/{name}"), expected, found));
        }
        Ok(())
    }
}

impl Column {
    /// No rows yet.
    pub fn empty(size: usize) -> Self {
        Self { size, values: vec![] }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        if self.size == 0 {
            return 0;
        }
        assert_eq!(self.values.len() % self.size, 0, "{} numbers are no rows of {}", self.values.len(), self.size);
        self.values.len() / self.size
    }

    /// One row's features.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.size..][..self.size]
    }

    /// Adds a row.
    pub fn push(&mut self, row: &[f32]) {
        assert_eq!(row.len(), self.size, "a row of another size");
        self.values.extend_from_slice(row);
    }
}
