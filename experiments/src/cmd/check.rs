//! `experiments check`: the paper's claims against the records.

use anyhow::Result;

use crate::{
    data::DataCatalog,
    paper::{self, Exhibit, Finding, Results, Verdict},
    progress::tell,
    record::RecordStore,
    spec::Scale,
    table::Table,
    theory::TheoryStore,
    workspace::Workspace,
};

/// The verb.
pub(crate) fn run(workspace: &Workspace, scale: Scale) -> Result<()> {
    let (catalog, store) = (DataCatalog::new(workspace), RecordStore::new(workspace));
    for exhibit in paper::all() {
        let verdicts = match &exhibit {
            Exhibit::Runs(experiment) => (experiment.check)(&Results::read(experiment, scale, &catalog, &store)?),
            Exhibit::Theory(experiment) => (experiment.check)(&experiment.read(scale, &TheoryStore::new(workspace))?),
        };
        if verdicts.is_empty() {
            continue;
        }
        let mut table = Table::new(["claim", "finding", "evidence (95 % interval)"]);
        let (not_run, judged): (Vec<Verdict>, Vec<Verdict>) =
            verdicts.into_iter().partition(|verdict| verdict.finding == Finding::NotRun);
        for Verdict { claim, finding, evidence, exceptions, .. } in judged {
            let evidence = if exceptions.is_empty() { evidence } else { format!("{evidence}; {exceptions}") };
            table.push([claim, finding.to_string(), evidence]);
        }
        tell(&format!("{} at {scale} scale\n{}", exhibit.id(), table.markdown()))?;
        if !not_run.is_empty() {
            tell(&format!("{} further claims wait for runs (see `make list`).", not_run.len()))?;
        }
    }
    Ok(())
}
