//! `experiments report`: records -> tables and figures. The same records give the same bytes.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    data::{DataCatalog, read_manifest},
    paper::{self, Exhibit, READ_ON, Results},
    progress::say,
    record::RecordStore,
    spec::Scale,
    theory::TheoryStore,
    workspace::{Workspace, write_whole},
};

/// The verb.
pub(crate) fn run(workspace: &Workspace, scale: Scale) -> Result<()> {
    // From reading to writing: of two that report at once, the later one has all that the earlier one had.
    let _lock = workspace.lock_shared("results")?;
    let (catalog, store) = (DataCatalog::new(workspace), RecordStore::new(workspace));
    let mut any_foreign = false;
    for exhibit in paper::all() {
        let experiment = match exhibit {
            Exhibit::Runs(experiment) => experiment,
            Exhibit::Theory(experiment) => {
                let results = experiment.read(scale, &TheoryStore::new(workspace))?;
                let folder = workspace.artifact(experiment.id, scale);
                (experiment.present)(scale, &results, &folder)?;
                say(&format!("wrote {}", folder.display()));
                if scale == Scale::Laptop {
                    splice(workspace, experiment.id)?;
                }
                continue;
            }
        };
        let results = Results::read(&experiment, scale, &catalog, &store)?;
        let mut folder = workspace.artifact(experiment.id, scale);
        let mut foreign = false;
        for spec in results.cells.iter().map(|result| &result.cell.spec) {
            let guide = spec.guide_run().map(|run| run.spec.data);
            for slice in guide.iter().chain([&spec.data]) {
                foreign |= catalog.is_foreign(slice)?;
            }
        }
        if foreign {
            folder.as_mut_os_string().push(OWN_DATA);
            any_foreign = true;
        }
        (experiment.present)(scale, &results, &folder)?;
        say(&format!("wrote {}", folder.display()));
        if scale == Scale::Laptop && !foreign {
            splice(workspace, experiment.id)?;
        }
    }
    if scale == Scale::Laptop {
        let mut folder = workspace.artifact(paper::other_runs::PAGE, Scale::Laptop);
        if any_foreign {
            folder.as_mut_os_string().push(OWN_DATA);
        }
        paper::other_runs::present(&catalog, &store, &folder)?;
        let folder = workspace.artifact("datasets", Scale::Laptop);
        let table = paper::datasets::describe(&read_manifest(workspace)?, &folder)?;
        splice_into(&workspace.root().join("data/README.md"), "files", &table)?;
    }
    // Made by scripts/bench.sh, which is no experiment: a machine's speed is not in the records.
    if workspace.artifact(BENCH, Scale::Laptop).join(format!("{BENCH}.md")).exists() {
        splice(workspace, BENCH)?;
    }
    Ok(())
}

const BENCH: &str = "bench";
/// Tables of a user's own data stand beside ours, not in their place.
const OWN_DATA: &str = "-own-data";

/// Puts the first part of a table's page into README.md, between its two markers, with a link to the rest.
fn splice(workspace: &Workspace, id: &str) -> Result<()> {
    let path = workspace.artifact(id, Scale::Laptop).join(format!("{id}.md"));
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    splice_into(&workspace.root().join("README.md"), id, &first_part(&page, id))
}

/// What README.md shows of a page: all of it, or what stands before [`READ_ON`].
fn first_part(page: &str, id: &str) -> String {
    let Some((first, _)) = page.split_once(READ_ON) else { return page.to_string() };
    format!("{first}More, such as what findings mean: [{id}.md](results/{id}/{id}.md).\n")
}

/// Puts a text into a page, where the page is there and has the markers.
fn splice_into(page: &Path, id: &str, content: &str) -> Result<()> {
    let Ok(text) = fs::read_to_string(page) else { return Ok(()) };
    let text = spliced(&text, id, content).with_context(|| {
        format!("{} lacks the second marker of {id}: put it where the table should end", page.display())
    })?;
    write_whole(page, text.as_bytes())
}

fn spliced(page: &str, id: &str, content: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- BEGIN: {id} -->"), format!("<!-- END: {id} -->"));
    let Some(begins) = page.find(&begin) else { return Ok(page.to_string()) };
    let from = begins + begin.len();
    let to = page[from..].find(&end).with_context(|| format!("no line {end}"))? + from;
    let note = format!("\n<!-- Made by `make report`; do not edit. -->\n\n{}\n\n", content.trim_end());
    Ok(format!("{}{note}{}", &page[..from], &page[to..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = "a\n<!-- BEGIN: t -->\nold\n<!-- END: t -->\nz\n";
        let once = spliced(page, "t", "new\n").expect("both markers are there");
        assert!(once.starts_with("a\n<!-- BEGIN: t -->\n") && once.ends_with("<!-- END: t -->\nz\n"), "{once}");
        assert!(once.contains("\nnew\n") && !once.contains("old"), "{once}");
        assert_eq!(spliced(&once, "t", "new\n").expect("both markers are there"), once);
        assert_eq!(spliced("no markers", "t", "new").expect("nothing to do"), "no markers");
        assert!(spliced("<!-- BEGIN: t -->", "t", "new").is_err());
    }

    #[test]
    fn a_page_is_cut_where_it_says_so() {
        assert_eq!(first_part("all of it\n", "t"), "all of it\n");
        let first = first_part(&format!("first\n\n{READ_ON}\n\nrest\n"), "t");
        assert!(first.starts_with("first\n\n") && first.ends_with("[t.md](results/t/t.md).\n"), "{first}");
        assert!(!first.contains("rest"), "{first}");
    }
}
