//! Every table and figure of the paper that this project regenerates.

mod ablation;
mod baselines;
mod budget;
mod claims;
mod curves;
pub(crate) mod datasets;
mod fig10;
mod fig11;
mod fig12;
mod fig13;
mod fig15;
mod fig2_7_8;
mod fig3;
mod fig4_grasping;
mod fig9;
mod figure;
#[cfg(test)]
mod fixtures;
mod grasping_claims;
mod grasping_figures;
mod longer;
mod numbers;
pub(crate) mod other_runs;
mod results;
mod settings;
mod table1;
mod table11;
mod table1_claims;
mod table1_curves;
mod table1_page;
mod table1_swing;
mod table2;
mod tables3_10;

use std::path::Path;

pub(crate) use claims::{Finding, READ_ON, Verdict};
pub(crate) use results::{CellResult, Results};
use results::{key, number, statistics, summary, values};

use anyhow::{Result, bail};

use crate::{
    Selection,
    data::DataCatalog,
    pictures,
    record::FIRST_PILOT,
    run::Job,
    spec::{GuideSource, NamedRun, RunSpec, Scale},
    theory::{TheoryPoint, TheoryResult, TheoryStore},
};

/// A table or figure, by what its numbers come from. Each kind says what there is to make, how records become files, and
/// what they say of the paper's claims.
pub(crate) enum Exhibit {
    /// Runs of learners on tasks, in hours.
    Runs(Experiment),
    /// Measurements on tabular problems, in seconds.
    Theory(TheoryExperiment),
}

impl Exhibit {
    /// Its name on the command line and in results/.
    pub(crate) fn id(&self) -> &'static str {
        match self {
            Exhibit::Runs(experiment) => experiment.id,
            Exhibit::Theory(experiment) => experiment.id,
        }
    }

    /// One line for people.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Exhibit::Runs(experiment) => experiment.title,
            Exhibit::Theory(experiment) => experiment.title,
        }
    }
}

/// One figure of the theory: which measurements it takes, how they are shown, what the paper claims.
pub(crate) struct TheoryExperiment {
    /// Its name on the command line and in results/.
    pub(crate) id: &'static str,
    /// One line for people.
    pub(crate) title: &'static str,
    /// The measurements, each to be made for every seed.
    pub(crate) points: fn(Scale) -> Vec<TheoryPoint>,
    /// Writes the files of the figure into a folder.
    pub(crate) present: fn(Scale, &[TheoryResult], &Path) -> Result<()>,
    /// Compares the paper's claims with the records.
    pub(crate) check: fn(&[TheoryResult]) -> Vec<Verdict>,
}

impl TheoryExperiment {
    /// Reads the records of all points. Every seed counts whose record is there, but those of pilots.
    pub(crate) fn read(&self, scale: Scale, store: &TheoryStore) -> Result<Vec<TheoryResult>> {
        let read = |point: TheoryPoint| -> Result<TheoryResult> {
            let seeds = store.load(&point)?.0.into_iter().filter(|(seed, _)| *seed < FIRST_PILOT);
            Ok(TheoryResult { outcomes: seeds.map(|(_, outcome)| outcome).collect(), point })
        };
        (self.points)(scale).into_iter().map(read).collect()
    }

    /// The points that the command line asks for.
    pub(crate) fn chosen(&self, selection: &Selection) -> Vec<TheoryPoint> {
        let mut points = (self.points)(selection.sized.scale);
        points.retain(|point| is_chosen(selection, &point.name()));
        points
    }
}

/// Whether the command line asks for something of this name.
pub(crate) fn is_chosen(selection: &Selection, name: &str) -> bool {
    selection.only.is_empty() || selection.only.iter().any(|text| matches(text, name))
}

/// The name of a table, figure or picture stands for it alone (table1 is no part of table11), any other text for what
/// contains it.
fn matches(text: &str, name: &str) -> bool {
    let pictures = pictures::all();
    if all().iter().map(Exhibit::id).chain(pictures.iter().map(|picture| picture.id)).any(|id| id == text) {
        return name.split('/').next() == Some(text);
    }
    name.contains(text)
}

/// One table: which runs it takes, how they are shown, what the paper claims.
pub(crate) struct Experiment {
    /// Its name on the command line and in results/.
    pub(crate) id: &'static str,
    /// One line for people.
    pub(crate) title: &'static str,
    /// Seeds of the paper's, or of what it has most like this where it does not say.
    pub(crate) paper_seeds: u64,
    /// The runs, each to be made for every seed.
    pub(crate) cells: fn(Scale, &DataCatalog) -> Result<Vec<Cell>>,
    /// Writes the files of the table or figure into a folder.
    pub(crate) present: fn(Scale, &Results, &Path) -> Result<()>,
    /// Compares the paper's claims with the records.
    pub(crate) check: fn(&Results) -> Vec<Verdict>,
}

/// All of them.
pub(crate) fn all() -> Vec<Exhibit> {
    vec![
        Exhibit::Runs(table1::experiment()),
        Exhibit::Runs(longer::experiment()),
        Exhibit::Runs(baselines::experiment()),
        Exhibit::Runs(table2::experiment()),
        Exhibit::Runs(fig2_7_8::cold_critics()),
        Exhibit::Runs(fig3::experiment()),
        Exhibit::Runs(fig4_grasping::experiment()),
        Exhibit::Runs(fig2_7_8::warm_critics_100k()),
        Exhibit::Runs(fig2_7_8::warm_critics_1m()),
        Exhibit::Runs(fig9::experiment()),
        Exhibit::Runs(fig10::experiment()),
        Exhibit::Runs(fig11::experiment()),
        Exhibit::Runs(fig12::experiment()),
        Exhibit::Runs(fig13::experiment()),
        Exhibit::Runs(tables3_10::hand()),
        Exhibit::Runs(tables3_10::mazes()),
        Exhibit::Runs(table11::experiment()),
        Exhibit::Runs(datasets::experiment()),
        Exhibit::Theory(fig15::experiment()),
    ]
}

/// One entry of a table: a run to be made for every seed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// The table or figure.
    pub(crate) experiment: &'static str,
    /// The method's name in records.
    pub(crate) method: String,
    /// The run.
    pub(crate) spec: RunSpec,
}

impl Cell {
    /// The run of one seed.
    pub(crate) fn job(&self, seed: u64) -> Job {
        Job { method: self.method.clone(), spec: self.spec.clone(), seed }
    }

    /// The name that `--only` is matched with, such as `table1/antmaze-umaze-v0/10k/iql`.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.experiment, Self::name_of(&self.job(0)))
    }

    /// The same run under another method's name and behind another guide: the final policy of `guide`'s run.
    pub(crate) fn behind(&self, guide: &Cell, method: &str) -> Cell {
        let mut cell = Cell { method: method.to_string(), ..self.clone() };
        let run = NamedRun { method: guide.method.clone(), spec: guide.spec.clone() };
        cell.spec.online.as_mut().expect("only an online phase has a guide").guide = GuideSource::Run(Box::new(run));
        cell
    }

    /// The part of the name that a job knows.
    pub(crate) fn name_of(job: &Job) -> String {
        format!("{}/{}/{}", job.spec.task, job.spec.data.size(job.spec.task), job.method)
    }
}

impl Experiment {
    /// Seeds where the command line does not say.
    pub(crate) fn seeds(&self, scale: Scale) -> u64 {
        if scale == Scale::Paper { self.paper_seeds } else { seeds(scale) }
    }
}

/// The same for a run that is in no table.
pub(crate) fn seeds(scale: Scale) -> u64 {
    match scale {
        Scale::Smoke => 1,
        Scale::Laptop => 3,
        Scale::Paper => 20,
    }
}

/// The cells that the command line asks for. What it names must be there, as a cell or as a measurement.
pub(crate) fn cells(selection: &Selection, catalog: &DataCatalog) -> Result<Vec<Cell>> {
    let (mut chosen, mut names) = (Vec::new(), Vec::new());
    for exhibit in all() {
        match exhibit {
            Exhibit::Runs(experiment) => {
                for cell in (experiment.cells)(selection.sized.scale, catalog)? {
                    names.push(cell.name());
                    if is_chosen(selection, &cell.name()) {
                        chosen.push(cell);
                    }
                }
            }
            Exhibit::Theory(experiment) => {
                names.extend((experiment.points)(selection.sized.scale).iter().map(TheoryPoint::name));
            }
        }
    }
    if let Some(text) = selection.only.iter().find(|text| !names.iter().any(|name| matches(text, name))) {
        bail!(
            "--only {text} matches no cell at {} scale; a cell's name is like table1/antmaze-umaze-v0/10k/iql or \
             fig15/scratch/epsilon-greedy/8",
            selection.sized.scale
        );
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{EvaluationPlan, OnlinePlan};

    /// And judged at its end: what README tells to edit cannot leave the last steps unjudged.
    #[test]
    fn every_cell_can_be_run() {
        let (catalog, mut seen) = (fixtures::catalog(), std::collections::HashSet::new());
        for scale in [Scale::Smoke, Scale::Laptop, Scale::Paper] {
            for exhibit in all() {
                let Exhibit::Runs(experiment) = exhibit else { continue };
                let cells = (experiment.cells)(scale, &catalog).expect("a plan").into_iter();
                for cell in cells.filter(|cell| seen.insert(cell.spec.key())) {
                    let name = format!("{} at {scale} scale", cell.name());
                    cell.spec.check().expect(&name);
                    let Some(OnlinePlan { steps, evaluation, .. }) = cell.spec.online else { continue };
                    let EvaluationPlan { every, scored, curriculum_every, .. } = evaluation;
                    assert!(
                        steps.is_multiple_of(every) && scored * every <= steps && curriculum_every <= steps,
                        "{name}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_table_is_not_one_whose_name_begins_like_its_own() {
        assert!(matches("table1", "table1/antmaze-umaze-v0/10k/iql"));
        assert!(!matches("table1", "table11/antmaze-large-diverse-v0/1m/jsrl-window-1-tolerance-0"));
        assert!(!matches("fig1", "fig15/scratch/epsilon-greedy/8"), "fig1 is a picture, which has no runs");
        assert!(matches("umaze-v0/10k", "table1/antmaze-umaze-v0/10k/iql"), "any other text");
        assert!(matches("able11/", "table11/antmaze-large-diverse-v0/1m/jsrl-window-1-tolerance-0"));
    }
}
