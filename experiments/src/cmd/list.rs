//! `experiments list`: every table and figure with what is done of it.

use anyhow::Result;
use clap::Args;

use crate::{
    Seeds, Selection,
    cmd::run::{Costs, Plan},
    data::DataCatalog,
    paper::{self, Exhibit},
    pictures,
    progress::tell,
    record::RecordStore,
    table::Table,
    theory::{self, TheoryStore, make::TheoryPlan},
    workspace::Workspace,
};

/// Show every table and figure with its runs done, its runs in all and the core-hours left.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    seeds: Seeds,
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let Arguments { selection, seeds: Seeds { seeds } } = arguments;
    let scale = selection.sized.scale;
    let (catalog, store) = (DataCatalog::new(workspace), RecordStore::new(workspace));
    let costs = Costs::of(&store);
    paper::cells(selection, &catalog)?; // what is asked for must be there
    let mut table = Table::new(["target", "what", "seeds", "runs done", "runs in all", "core-hours left"]);
    for exhibit in paper::all() {
        let (seeds, (done, failed), all, core_hours) = match &exhibit {
            Exhibit::Runs(experiment) => {
                let seeds = seeds.unwrap_or(experiment.seeds(scale));
                let mut cells = (experiment.cells)(scale, &catalog)?;
                cells.retain(|cell| paper::is_chosen(selection, &cell.name()));
                let jobs: Vec<_> = cells.iter().flat_map(|cell| (0..seeds).map(|seed| cell.job(seed))).collect();
                let all = jobs.len();
                let plan = Plan::new(&store, &costs, jobs)?;
                (seeds, (plan.done, plan.failed), all, plan.core_hours)
            }
            Exhibit::Theory(experiment) => {
                let seeds = seeds.unwrap_or(theory::seeds(scale));
                let plan = TheoryPlan::new(&TheoryStore::new(workspace), experiment.chosen(selection), 0..seeds)?;
                (seeds, (plan.done as usize, 0), (plan.done + plan.missing()) as usize, plan.core_hours)
            }
        };
        if all == 0 && !selection.only.is_empty() {
            continue; // nothing of it is asked for
        }
        // The sum of nothing is -0.
        let hours = core_hours.map_or("not yet known".into(), |hours| format!("{:.1}", hours + 0.0));
        let done = if failed > 0 { format!("{done} ({failed} failed)") } else { done.to_string() };
        let what = [format!("make {}", exhibit.id()), exhibit.title().into()];
        table.push(what.into_iter().chain([seeds.to_string(), done, all.to_string(), hours]));
    }
    tell(&format!("at {scale} scale:\n{}", table.markdown()))?;

    let mut table = Table::new(["target", "what"]);
    for picture in pictures::all() {
        table.push([format!("make {}", picture.id), picture.title.into()]);
    }
    tell(&format!("at any scale, without runs:\n{}", table.markdown()))?;
    Ok(())
}
