//! Figure 4: both grasping tasks at the standard number of demonstrations, with the paper's curves. The runs are Table 2's.

use std::path::Path;

use anyhow::Result;

use crate::{
    data::DataCatalog,
    paper::{Cell, Experiment, Results, curves::BAND, figure::Figure, grasping_claims, grasping_figures, table2},
    spec::Scale,
};

const ID: &str = "fig4-grasping";

/// This figure.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "both grasping tasks with 2k demonstrations, beside the paper's curves (Table 2's runs)",
        paper_seeds: 3,
        cells,
        present,
        check: grasping_claims::jsrl_against_baselines,
    }
}

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    table2::view(ID, scale, catalog, |_, count| count == table2::standard(scale))
}

fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let count = table2::standard(scale);
    let panels = grasping_figures::by_task(results, count);
    let figure = Figure {
        id: ID,
        name: "Figure 4",
        caption: format!(
            "grasping with {count} demonstrations. Thick: success of the exploration-policy alone ({BAND}); dashed: JSRL's combined policy, whose episodes its guide opens; dotted: the clone, which is \
             the guide, the mean over all its seeds (verdicts pair seeds, and count online steps). {} Thin and pale: the paper's curves with 2k demonstrations, read \
             off its picture. They are of another simulator and go on to 40k and 90k steps, of which it does not say whether they \
             are gradient steps; here they end where ours do; which of its two policies JSRL's \
             shows is not said, and it begins where the clone's does, not at 0. Below: the steps that the curriculum \
             leaves to the guide.",
            grasping_figures::axis(results)
        ),
        columns: panels.len() / 2,
        panels,
        table: None,
        verdicts: grasping_claims::jsrl_against_baselines(results),
    };
    figure.write(scale, results, folder)
}
