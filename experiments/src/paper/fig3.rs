//! Figure 3: instance grasping by number of demonstrations. The runs are Table 2's.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    paper::{Cell, Experiment, Results, curves::BAND, figure::Figure, grasping_claims, grasping_figures, table2},
    spec::Scale,
};

const ID: &str = "fig3";
const TASK: Task = Task::GraspingInstance;

/// This figure.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "instance grasping, each method by number of demonstrations (Table 2's runs)",
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
    sweep(ID, "Figure 3", TASK, scale, results).write(scale, results, folder)
}

/// What Figures 3 and 10 show of their tasks.
pub(super) fn sweep(id: &'static str, name: &'static str, task: Task, scale: Scale, results: &Results) -> Figure {
    let caption = format!(
        "success of the exploration-policy alone on {task} over online steps, one panel for each method, by number of demonstrations ({BAND}); dotted: the clones of as many, which are JSRL's guides. The control sees no \
         demonstrations: its panel has one curve. Scores are in Table 2. The paper's \
         curves with 2k demonstrations stand in Figure 4, which is over gradient steps."
    );
    let panels = grasping_figures::by_method(results, task, &table2::sizes(scale));
    Figure {
        id,
        name,
        caption,
        // No place stays empty.
        columns: if panels.len() == 4 { 2 } else { 3 },
        panels,
        table: None,
        verdicts: grasping_claims::curriculum_against_random(results),
    }
}
