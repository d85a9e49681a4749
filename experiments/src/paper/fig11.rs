//! Figure 11: instance grasping, the methods side by side for each number of demonstrations. The runs are Table 2's.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    paper::{Cell, Experiment, Results, curves::BAND, figure::Figure, grasping_figures, table2},
    spec::Scale,
};

const ID: &str = "fig11";
const TASK: Task = Task::GraspingInstance;

/// This figure.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "instance grasping, the methods side by side for each number of demonstrations (Table 2's runs)",
        paper_seeds: 3,
        cells,
        present,
        // Its claims are Table 2's and Figure 3's.
        check: |_| Vec::new(),
    }
}

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    table2::view(ID, scale, catalog, |task, _| task == TASK)
}

fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let caption = format!(
        "success of the exploration-policy alone, one panel for each number of demonstrations ({BAND}); dotted: the clone, which is JSRL's guide. {} Scores are in Table 2. The paper's \
                   curves with 2k demonstrations stand in Figure 4.",
        grasping_figures::axis(results)
    );
    let figure = Figure {
        id: ID,
        name: "Figure 11",
        caption,
        panels: grasping_figures::by_size(results, TASK, &table2::sizes(scale)),
        columns: 2,
        table: None,
        verdicts: Vec::new(),
    };
    figure.write(scale, results, folder)
}
