//! Figure 13: instance grasping behind a guide of the easier task, against an instance guide and no guide (section 5.5).
//!
//! The indiscriminate guide is the final policy of Table 2's QT-Opt on indiscriminate grasping, which sees the picture
//! without the mask of the target; in the paper it succeeds in 90 % of episodes there and in 5 % here. The instance guide
//! is Table 2's clone (in the paper 8.4 %, less than the clone of its own Table 2).

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict, claims,
        curves::{BAND, beside_guides, named},
        figure::Figure,
        grasping_figures::scores,
        table2,
    },
    spec::Scale,
};

const ID: &str = "fig13";
const TASK: Task = Task::GraspingInstance;
const INSTANCE: &str = "jsrl-curriculum";
const INDISCRIMINATE: &str = "jsrl-indiscriminate-guide";
const QT_OPT: &str = "qt-opt";
/// What is seen, as [`named`] takes it.
const CURVES: [(&str, &str, usize); 3] = [
    (QT_OPT, "QT-Opt", 0),
    (INDISCRIMINATE, "JSRL behind an indiscriminate guide", 2),
    (INSTANCE, "JSRL behind an instance guide", 1),
];

/// This figure.
pub(crate) fn experiment() -> Experiment {
    Experiment {
        id: ID,
        title: "instance grasping behind a guide of indiscriminate grasping",
        paper_seeds: 3,
        cells,
        present,
        check,
    }
}

fn cells(scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let of = |method, task| table2::cell(ID, method, task, table2::standard(scale), scale, catalog);
    let instance = of(INSTANCE, TASK)?;
    let guide = of(QT_OPT, Task::GraspingIndiscriminate)?;
    let indiscriminate = instance.behind(&guide, INDISCRIMINATE);
    Ok(vec![of(QT_OPT, TASK)?, indiscriminate, instance])
}

fn present(scale: Scale, results: &Results, folder: &Path) -> Result<()> {
    let curves = named(results, &CURVES);
    let figure = Figure {
        id: ID,
        name: "Figure 13",
        caption: format!(
            "{TASK} with {} demonstrations: QT-Opt (the demonstrations in its buffer), and QT-Opt + JSRL (curriculum) behind \
             a clone of them and behind Table 2's QT-Opt on indiscriminate grasping, which does not see which object is \
             asked for. Success of the exploration-policy alone ({BAND}), the guides on this \
             task dotted, and the steps that the curriculum leaves to them. The paper's guides succeed in 5 % (90 % on \
             their own task) and 8.4 %; it gives no numbers for its curves.",
            table2::standard(scale)
        ),
        panels: beside_guides(TASK.name(), &curves),
        columns: 2,
        table: Some(scores(&curves)),
        verdicts: check(results),
    };
    figure.write(scale, results, folder)
}

fn check(results: &Results) -> Vec<Verdict> {
    let of = |method: &str| {
        named(results, &[(method, "", 0)]).first().map(|curve| CellResult::scores(curve.result)).unwrap_or_default()
    };
    let compare = |claim: &str, strict, better: &str, worse: &str| {
        claims::of_two(|x, y| claims::compare(claim, strict, x, y), &of(better), &of(worse))
    };
    vec![
        compare("behind an indiscriminate guide JSRL beats QT-Opt (Figure 13)", true, INDISCRIMINATE, QT_OPT),
        compare("behind an instance guide JSRL beats QT-Opt (Figure 13)", true, INSTANCE, QT_OPT),
        compare(
            "an instance guide is at least as good for JSRL as an indiscriminate one (Figure 13)",
            false,
            INSTANCE,
            INDISCRIMINATE,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{spec::GuideSource, workspace::Workspace};

    /// The guide's run is Table 2's, so that it is made once, and comes before the runs that need it.
    #[test]
    fn the_guide_is_table_2s_run_of_the_other_task() {
        let empty = tempfile::tempdir().expect("a folder");
        let catalog = DataCatalog::new(&Workspace::at(empty.path()));
        for scale in [Scale::Smoke, Scale::Laptop, Scale::Paper] {
            let cells = cells(scale, &catalog).expect("no data are needed to plan");
            let table2 = (table2::experiment().cells)(scale, &catalog).expect("no data are needed to plan");
            let indiscriminate = cells.iter().find(|cell| cell.method == INDISCRIMINATE).expect("it is a curve");
            let needs = indiscriminate.job(7).needs();
            assert_eq!(needs.len(), 1);
            assert_eq!((needs[0].seed, needs[0].spec.task), (7, Task::GraspingIndiscriminate));
            assert!(table2.iter().any(|cell| cell.job(7) == needs[0]), "{:?}", needs[0].method);
            assert!(table2.iter().any(|cell| cell.job(0) == cells[2].job(0)), "the instance guide's run");
            let keys = [&cells[1], &cells[2]].map(|cell| cell.spec.key());
            assert_ne!(keys[0], keys[1]);
            // What is read from a record's file is what was written there.
            let json = serde_json::to_string(&indiscriminate.spec).expect("plain data");
            let read: crate::spec::RunSpec = serde_json::from_str(&json).expect("what was written");
            assert!(read == indiscriminate.spec && read.key() == keys[0]);
            assert!(matches!(read.online.expect("it learns online").guide, GuideSource::Run(_)));
        }
    }
}
