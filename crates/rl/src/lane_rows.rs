//! The array that crosses every boundary: `[lane, row, feature]`.

use ndarray::{Array3, Axis, s};

use crate::{ImageRows, image::ImageStack};

/// Numbers of shape `[lane, row, feature]` in host memory, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneRows(Array3<f32>);

impl LaneRows {
    /// All zeros.
    pub fn zeros(lanes: usize, rows: usize, features: usize) -> Self {
        Self(Array3::zeros((lanes, rows, features)))
    }

    /// Takes numbers in row-major order.
    pub fn from_vec(lanes: usize, rows: usize, features: usize, values: Vec<f32>) -> Self {
        let count = values.len();
        Self(Array3::from_shape_vec((lanes, rows, features), values).unwrap_or_else(|_| {
            panic!("{count} numbers cannot be [{lanes}, {rows}, {features}]");
        }))
    }

    /// Rows that a function of lane and row writes, lane by lane; it finds zeros.
    pub fn from_fn(
        lanes: usize,
        rows: usize,
        features: usize,
        mut write: impl FnMut(usize, usize, &mut [f32]),
    ) -> Self {
        let mut all = Self::zeros(lanes, rows, features);
        for (lane, row) in (0..lanes).flat_map(|lane| (0..rows).map(move |row| (lane, row))) {
            write(lane, row, all.row_mut(lane, row));
        }
        all
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.0.len_of(Axis(0))
    }

    /// Rows in each lane.
    pub fn rows(&self) -> usize {
        self.0.len_of(Axis(1))
    }

    /// Features in each row.
    pub fn features(&self) -> usize {
        self.0.len_of(Axis(2))
    }

    /// One row's features.
    pub fn row(&self, lane: usize, row: usize) -> &[f32] {
        self.0.slice(s![lane, row, ..]).to_slice().expect("rows are contiguous")
    }

    /// One row's features, to write.
    pub fn row_mut(&mut self, lane: usize, row: usize) -> &mut [f32] {
        self.0.slice_mut(s![lane, row, ..]).into_slice().expect("rows are contiguous")
    }

    /// All numbers in row-major order.
    pub fn as_slice(&self) -> &[f32] {
        self.0.as_slice().expect("always in standard layout")
    }
}

/// What a policy gets: observations of shape `[lane, row, feature]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservationRows {
    /// [`crate::Observation::state`] of each row.
    pub state: LaneRows,
    /// [`crate::Observation::image`] of each row.
    pub image: Option<ImageRows>,
    /// [`crate::Observation::privileged`] of each row; learners leave it alone.
    pub privileged: LaneRows,
}

impl ObservationRows {
    /// States and nothing beside them.
    pub fn of_states(state: LaneRows) -> Self {
        Self { privileged: LaneRows::zeros(state.lanes(), state.rows(), 0), image: None, state }
    }

    /// Stacks observations, `rows` of them for each of `lanes` lanes, lane by lane.
    pub fn stack<'a>(lanes: usize, rows: usize, observations: impl Iterator<Item = &'a crate::Observation>) -> Self {
        let mut images = None;
        let (mut state, mut privileged) = (Vec::new(), Vec::new());
        let (mut state_size, mut privileged_size) = (0, 0);
        for observation in observations {
            (state_size, privileged_size) = (observation.state.len(), observation.privileged.len());
            state.extend_from_slice(&observation.state);
            privileged.extend_from_slice(&observation.privileged);
            if let Some(image) = &observation.image {
                images.get_or_insert_with(|| ImageStack::new(lanes * rows, image.shape)).push(image);
            }
        }
        Self {
            state: LaneRows::from_vec(lanes, rows, state_size, state),
            image: images.map(|images| images.finish(lanes, rows)),
            privileged: LaneRows::from_vec(lanes, rows, privileged_size, privileged),
        }
    }
}
