//! `experiments list`: every table and figure with what is done of it.

use anyhow::Result;

use crate::{
    Options,
    cmd::run::Plan,
    data::DataCatalog,
    paper::{self, Exhibit},
    pictures,
    progress::tell,
    record::RecordStore,
    table::Table,
    theory::{self, TheoryStore, make::TheoryPlan},
    workspace::Workspace,
};

/// The verb.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (catalog, store) = (DataCatalog::new(workspace), RecordStore::new(workspace));
    paper::cells(options, &catalog)?; // what is asked for must be there
    let mut table = Table::new(["target", "what", "seeds", "runs done", "runs in all", "core-hours left"]);
    for exhibit in paper::all() {
        let (seeds, done, all, core_hours) = match &exhibit {
            Exhibit::Runs(experiment) => {
                let seeds = options.seeds.unwrap_or(paper::seeds(options.scale));
                let mut cells = (experiment.cells)(options.scale, &catalog)?;
                cells.retain(|cell| paper::is_chosen(options, &cell.name()));
                let jobs: Vec<_> = cells.iter().flat_map(|cell| (0..seeds).map(|seed| cell.job(seed))).collect();
                let all = jobs.len();
                let plan = Plan::new(&store, jobs)?;
                (seeds, plan.done, all, plan.core_hours)
            }
            Exhibit::Theory(experiment) => {
                let seeds = options.seeds.unwrap_or(theory::seeds(options.scale));
                let plan = TheoryPlan::new(&TheoryStore::new(workspace), experiment.chosen(options), 0..seeds)?;
                (seeds, plan.done as usize, (plan.done + plan.missing()) as usize, plan.core_hours)
            }
        };
        // The sum of nothing is -0.
        let hours = core_hours.map_or("not yet known".into(), |hours| format!("{:.1}", hours + 0.0));
        let what = [format!("make {}", exhibit.id()), exhibit.title().into()];
        table.push(what.into_iter().chain([seeds.to_string(), done.to_string(), all.to_string(), hours]));
    }
    tell(&format!("at {} scale:\n{}", options.scale, table.markdown()))?;

    let mut table = Table::new(["target", "what"]);
    for picture in pictures::all() {
        table.push([format!("make {}", picture.id), picture.title.into()]);
    }
    tell(&format!("at any scale, without runs:\n{}", table.markdown()))?;
    Ok(())
}
