//! Runs that no table or figure reads: of earlier data or settings, or of somebody's own. Every run made is shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::Result;

use crate::{
    data::DataCatalog,
    paper::{self, Cell, CellResult, Exhibit, statistics},
    record::{FIRST_PILOT, RecordStore, RunRecord},
    spec::Scale,
    table::Table,
    workspace::write_whole,
};

/// The page's name, and its folder's.
pub(crate) const PAGE: &str = "other-runs";

/// Writes `other-runs.md`: the runs by task, data, size and method, with their mean score.
pub(crate) fn present(catalog: &DataCatalog, store: &RecordStore, folder: &Path) -> Result<()> {
    let shown = shown(catalog)?;
    let mut groups: BTreeMap<[String; 5], CellResult> = BTreeMap::new();
    for record in store.readable().into_iter().filter(|record| record.seed < FIRST_PILOT) {
        let RunRecord { method, spec, .. } = &record;
        let key = spec.key().to_string();
        if shown.contains(&(method.clone(), key.clone())) {
            continue;
        }
        let place = [spec.task.to_string(), spec.data.content.clone(), spec.data.size(spec.task), method.clone(), key];
        let cell = Cell { experiment: PAGE, method: method.clone(), spec: spec.clone() };
        let group = groups.entry(place).or_insert_with(|| CellResult { cell, records: Vec::new() });
        group.records.push(record);
    }
    let titles = ["task", "content of the data", "data", "method", "offline updates", "online steps x updates"];
    let mut table = Table::new(titles.into_iter().chain(["seeds", "failed", "mean (%)", "sd", "key"]));
    for ([task, content, size, method, key], mut result) in groups {
        result.records.sort_by_key(|record| record.seed);
        let scores: Vec<f64> = result.scores().into_iter().map(|(_, score)| score).collect();
        let online = result.cell.spec.online.as_ref();
        let online = online.map(|online| {
            let every = online.update_every.map_or_else(String::new, |steps| format!(" / {steps}"));
            format!("{} x {}{every}", online.steps, online.updates_per_step)
        });
        let budget = [result.cell.spec.offline.updates.to_string(), online.unwrap_or_default()];
        let place = [task, content, size, method].into_iter().chain(budget);
        table.push(place.chain(statistics(&scores, result.failed())).chain([key]));
    }
    let page = format!(
        "# Runs that no table reads\n\nMade by `make report`. Records of reported seeds whose data or settings were given up after they were \
         made, of first phases that are no column by themselves (AW-Opt's), and of specifications of your own: their means, so that \
         every run is shown. The same key is the same \
         specification (`results/records/<task>/<method>/<key>`); the tables' data have the contents that data/manifest.json \
         names. Pilots stand in results/pilots.\n\n{}",
        table.markdown()
    );
    write_whole(&folder.join(format!("{PAGE}.md")), page.as_bytes())
}

/// Method and key of every run that a table or figure has at any scale.
fn shown(catalog: &DataCatalog) -> Result<BTreeSet<(String, String)>> {
    let mut shown = BTreeSet::new();
    for exhibit in paper::all() {
        let Exhibit::Runs(experiment) = exhibit else { continue };
        for scale in [Scale::Smoke, Scale::Laptop, Scale::Paper] {
            for job in (experiment.cells)(scale, catalog)?.iter().map(|cell| cell.job(0)) {
                let key = job.spec.key().to_string();
                shown.insert((job.method, key));
            }
        }
    }
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        paper::{fixtures, table1},
        workspace::Workspace,
    };

    #[test]
    fn what_a_table_reads_is_not_here_and_all_else_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::at(folder.path());
        let (catalog, store) = (DataCatalog::new(&workspace), RecordStore::new(&workspace));
        let cells = (table1::experiment().cells)(Scale::Smoke, &catalog).expect("a plan");
        let shown = cells.iter().find(|cell| cell.method == "iql").expect("the table has this column");
        let mut other = shown.clone();
        other.spec.offline.updates += 1;
        for cell in [shown, &other] {
            for (seed, successes) in [(0, 10), (1, 20), (FIRST_PILOT, 0)] {
                store.save(&fixtures::record(cell, seed, &[successes])).expect("written");
            }
        }
        present(&catalog, &store, folder.path()).expect("a page");
        let page = std::fs::read_to_string(folder.path().join("other-runs.md")).expect("it was written");
        let key = other.spec.key().to_string();
        let line = page.lines().find(|line| line.contains(&key)).expect("it has a line");
        assert!(line.contains("| 2     | 0      | 75.00    | 35.36 |"), "{line}");
        assert!(!page.contains(&shown.spec.key().to_string()), "{page}");
    }
}
