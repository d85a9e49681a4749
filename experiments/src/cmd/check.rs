//! `experiments check`: the paper's claims against the records.

use anyhow::Result;

use crate::{
    Options,
    data::DataCatalog,
    paper::{self, Results},
    record::RecordStore,
    table::Table,
    workspace::Workspace,
};

/// The verb.
#[expect(clippy::print_stdout, reason = "this is what the user asked to see")]
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (catalog, store) = (DataCatalog::new(workspace), RecordStore::new(workspace));
    for experiment in paper::all() {
        let results = Results::read(&experiment, options.scale, &catalog, &store)?;
        let mut table = Table::new(["claim", "finding", "evidence (95 % bootstrap interval)"]);
        for verdict in (experiment.check)(&results) {
            table.push([verdict.claim, verdict.finding.to_string(), verdict.evidence]);
        }
        println!("{} at {} scale\n{}", experiment.id, options.scale, table.markdown());
    }
    Ok(())
}
