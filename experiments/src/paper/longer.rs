//! Is it for want of online steps that JSRL falls short in Table 1's laptop scale? One of its rows with twice as many, for
//! the columns that learn online; the paper has a million.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    data_file::size_label,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict, claims,
        curves::{BAND, Curve, named, side_by_side},
        figure::Figure,
        summary,
        table1::{self, Method},
        values,
    },
    spec::Scale,
    table::Table,
};

const ID: &str = "longer";
const TASK: Task = Task::AntMazeUmazeDiverse;

/// This figure.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "a row of Table 1 with more online steps: was its online phase too short?",
        paper_seeds: 20,
        cells,
        present,
        check,
    }
}

/// How many times Table 1's online steps. With three times as many, which pilots with all data had, a run of the laptop
/// scale takes more than 40 minutes (results/pilots/online-phase).
const TIMES: usize = 2;

/// Few data, of which the paper's claim is.
fn transitions(scale: Scale) -> usize {
    match scale {
        Scale::Smoke => 1_000,
        Scale::Laptop | Scale::Paper => 100_000,
    }
}

fn longer(method: Method) -> String {
    format!("{}-longer", method.name())
}

fn online() -> impl Iterator<Item = Method> {
    Method::TABLE1.into_iter().filter(|method| *method != Method::Offline)
}

/// Table 1's row, and below it the same runs with more steps.
fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let data = catalog.slice(TASK, scale, transitions(scale))?;
    let cell = |method: Method, name: String| Cell {
        experiment: ID,
        method: name,
        spec: table1::run(method, TASK, scale, data.clone(), None),
    };
    let row = Method::TABLE1.into_iter().map(|method| cell(method, method.name().to_string()));
    let more = online().map(|method| {
        let mut cell = cell(method, longer(method));
        cell.spec.online.as_mut().expect("it learns online").steps *= TIMES;
        cell
    });
    Ok(row.chain(more).collect())
}

fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let names: Vec<(Method, String)> = online().map(|method| (method, longer(method))).collect();
    let curves: Vec<_> = names.iter().map(|(method, name)| (name.as_str(), method.title(), method.colour())).collect();
    let guide = Method::Offline;
    let guide = named(results, &[(guide.name(), guide.title(), guide.colour())]);
    let title = format!("{TASK}, {} transitions", size_label(transitions(scale)));
    let mut panels = side_by_side(&title, &named(results, &curves)).map_or(Vec::new(), Vec::from);
    if let Some(success) = panels.first_mut() {
        success.levels.extend(guide.iter().filter_map(Curve::level));
    }
    let figure = Figure {
        id: ID,
        name: "Table 1's online phase, made longer",
        caption: format!(
            "{TASK} with {} transitions and {TIMES} times Table 1's online steps, all else alike. Success of the \
             exploration-policy alone ({BAND}), the guide dotted, and the steps that the curriculum leaves to it.",
            size_label(transitions(scale)),
        ),
        panels,
        columns: 2,
        table: Some(scores(results)),
        verdicts: check(results),
    };
    figure.write(scale, results, folder)
}

fn find<'a>(results: &'a Results, method: &str) -> Option<&'a CellResult> {
    results.cells.iter().find(|result| result.cell.method == method)
}

/// What the runs come to, beside Table 1's.
fn scores(results: &Results) -> Table {
    let steps = |name: &str| {
        let online = find(results, name).and_then(|result| result.cell.spec.online.as_ref());
        online.map_or(String::new(), |online| format!("{} steps", online.steps))
    };
    let text = |name: &str| {
        find(results, name).map_or(String::new(), |result| summary(&values(result.scores()), result.failed()))
    };
    let iql = Method::Iql;
    let mut table = Table::new(["method".into(), format!("{} (Table 1)", steps(iql.name())), steps(&longer(iql))]);
    for method in Method::TABLE1 {
        table.push([method.title().to_string(), text(method.name()), text(&longer(method))]);
    }
    table
}

/// Table 1's claims on this row, of the longer runs.
fn check(results: &Results) -> Vec<Verdict> {
    let curriculum = longer(Method::JsrlCurriculum);
    let claim = |claim: &str, strict: bool, better: &str, worse: &str| {
        let [x, y] = [better, worse].map(|name| find(results, name).map(CellResult::scores).unwrap_or_default());
        let claim = format!("{TASK}, more online steps: {claim}");
        claims::of_two(|x, y| claims::compare(&claim, strict, x, y), &x, &y)
    };
    vec![
        claim("JSRL (curriculum) is at least as good as IQL (section 5.3)", false, &curriculum, &longer(Method::Iql)),
        claim(
            "JSRL (random) is at least as good as IQL (section 5.3)",
            false,
            &longer(Method::JsrlRandom),
            &longer(Method::Iql),
        ),
        claim("JSRL (curriculum) is at least as good as its guide", false, &curriculum, Method::Offline.name()),
        claim("the guide is what helps (our control)", true, &curriculum, &longer(Method::Control)),
        claim("JSRL (curriculum) gains by them", true, &curriculum, Method::JsrlCurriculum.name()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    /// Nothing but the number of steps differs from Table 1.
    #[test]
    fn a_longer_run_is_table_1s_with_more_steps() {
        let empty = tempfile::tempdir().expect("a folder");
        let catalog = DataCatalog::new(&Workspace::at(empty.path()));
        let table1 = (table1::experiment().cells)(Scale::Laptop, &catalog).expect("no data are needed to plan");
        let cells = cells(Scale::Laptop, &catalog).expect("no data are needed to plan");
        let (row, more) = cells.split_at(Method::TABLE1.len());
        assert!(row.iter().all(|cell| table1.iter().any(|other| other.spec == cell.spec)));
        assert_eq!(more.len(), row.len() - 1);
        for (cell, short) in more.iter().zip(&row[1..]) {
            assert_eq!(cell.method, format!("{}-longer", short.method));
            let mut spec = cell.spec.clone();
            let online = spec.online.as_mut().expect("it learns online");
            assert_eq!(online.steps, 320_000);
            online.steps = 160_000;
            assert!(spec == short.spec, "{}", cell.method);
        }
    }
}
