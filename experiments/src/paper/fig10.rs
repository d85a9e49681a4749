//! Figure 10: indiscriminate grasping by number of demonstrations, as Figure 3. The runs are Table 2's.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    paper::{Cell, Experiment, Results, fig3, grasping_claims, table2},
    spec::Scale,
};

const ID: &str = "fig10";
const TASK: Task = Task::GraspingIndiscriminate;

/// This figure.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "indiscriminate grasping, each method by number of demonstrations (Table 2's runs)",
        paper_seeds: 3,
        cells,
        present,
        check: grasping_claims::curriculum_against_random,
    }
}

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    table2::view(ID, scale, catalog, |task, _| task == TASK)
}

fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    fig3::sweep(ID, "Figure 10", TASK, scale, results).write(scale, results, folder)
}
