//! `experiments list`: every table and figure with what is done of it.

use anyhow::Result;

use crate::{
    Options, cmd::run::Plan, data::DataCatalog, paper, pictures, record::RecordStore, table::Table,
    workspace::Workspace,
};

/// The verb.
#[expect(clippy::print_stdout, reason = "this is what the user asked to see")]
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (catalog, store) = (DataCatalog::new(workspace), RecordStore::new(workspace));
    let seeds = options.seeds.unwrap_or(paper::seeds(options.scale));
    let mut table = Table::new(["target", "what", "runs done", "runs in all", "core-hours left"]);
    for experiment in paper::all() {
        let mut cells = (experiment.cells)(options.scale, &catalog)?;
        cells.retain(|cell| options.only.is_empty() || options.only.iter().any(|text| cell.name().contains(text)));
        let jobs: Vec<_> = cells.iter().flat_map(|cell| (0..seeds).map(|seed| cell.job(seed))).collect();
        let all = jobs.len();
        let plan = Plan::new(&store, jobs)?;
        let hours = plan.core_hours.map_or("not yet known".into(), |hours| format!("{hours:.1}"));
        let row =
            [format!("make {}", experiment.id), experiment.title.into(), plan.done.to_string(), all.to_string(), hours];
        table.push(row);
    }
    println!("at {} scale, {seeds} seeds:\n{}", options.scale, table.markdown());

    let mut table = Table::new(["target", "what"]);
    for picture in pictures::all() {
        table.push([format!("make {}", picture.id), picture.title.into()]);
    }
    println!("at any scale, without runs:\n{}", table.markdown());
    Ok(())
}
