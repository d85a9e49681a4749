//! Figures 2, 7 and 8: a pretrained policy is fine-tuned with fresh critics (section 3). In Figures 7 and 8 that policy
//! acts for a while first, and the critics learn of it before it is fine-tuned too.
//!
//! The paper names neither the learner nor how often critics are updated in the warm-up. Ours is IQL with Table 1's plan
//! for the control, which these runs differ from in the actor, the control's being fresh and theirs the pretrained one
//! without the memory of its optimiser, and in their minibatches, which are of what they collect alone: whoever has a policy
//! and nothing else has no data. Beside them stand Table 1's runs behind the same policy: IQL, which keeps the critics, JSRL,
//! and the control.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    data_file::size_label,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict, claims,
        curves::{ALONE, BAND, Curve, success_panel},
        figure::Figure,
        summary,
        table1::{self, Method},
        values,
    },
    record::RunRecord,
    spec::{ReplayPlan, Scale, Start},
    stats,
    table::Table,
};

/// What tells the figures apart.
struct Naive {
    /// The name on the command line and in results/.
    id: &'static str,
    /// The name in the paper.
    name: &'static str,
    /// Transitions of the pretraining at paper scale and at laptop scale.
    transitions: [usize; 2],
    /// Whether critics are warmed up, and not only that.
    warms_up: bool,
    /// The paper's mazes: of Figure 2 as in the authors' own summary, of the others two are named for sure.
    mazes: &'static [Task],
}

const LARGE: [Task; 1] = [Task::AntMazeLargeDiverse];
const DIVERSE: [Task; 3] = [Task::AntMazeUmazeDiverse, Task::AntMazeMediumDiverse, Task::AntMazeLargeDiverse];

/// "To medium performance": with all data on the paper's maze (42.6 % in the IQL paper), with 100k on the laptop's.
const FIG2: Naive =
    Naive { id: "fig2", name: "Figure 2", transitions: [1_000_000, 100_000], warms_up: false, mazes: &LARGE };
const FIG7: Naive = Naive { id: "fig7", name: "Figure 7", transitions: [100_000; 2], warms_up: true, mazes: &DIVERSE };
const FIG8: Naive =
    Naive { id: "fig8", name: "Figure 8", transitions: [1_000_000; 2], warms_up: true, mazes: &DIVERSE };

/// Figure 2.
pub(crate) fn cold_critics() -> Experiment {
    Experiment {
        id: FIG2.id,
        title: "a pretrained policy with fresh critics",
        paper_seeds: 20,
        cells: |scale, catalog| FIG2.cells(scale, catalog),
        present: |scale, results, folder| FIG2.present(scale, results, folder),
        check: |results| FIG2.check(results),
    }
}

/// Figure 7.
pub(crate) fn warm_critics_100k() -> Experiment {
    Experiment {
        id: FIG7.id,
        title: "a policy pretrained on 100k transitions, fresh critics warmed up",
        paper_seeds: 20,
        cells: |scale, catalog| FIG7.cells(scale, catalog),
        present: |scale, results, folder| FIG7.present(scale, results, folder),
        check: |results| FIG7.check(results),
    }
}

/// Figure 8.
pub(crate) fn warm_critics_1m() -> Experiment {
    Experiment {
        id: FIG8.id,
        title: "a policy pretrained on a million transitions, fresh critics warmed up",
        paper_seeds: 20,
        cells: |scale, catalog| FIG8.cells(scale, catalog),
        present: |scale, results, folder| FIG8.present(scale, results, folder),
        check: |results| FIG8.check(results),
    }
}

const NAIVE: &str = "naive";
const WARMED: &str = "naive-warm-critics";

/// The curves: method, title, colour.
fn curves() -> [(&'static str, &'static str, usize); 5] {
    let table1 = |method: Method, title| (method.name(), title, method.colour());
    [
        (NAIVE, "pretrained policy, fresh critics", 4),
        (WARMED, "pretrained policy, critics warmed up", 5),
        table1(Method::Iql, "IQL: policy and critics kept"),
        table1(Method::JsrlCurriculum, "JSRL curriculum behind the policy"),
        table1(Method::Control, "control: fresh policy and critics"),
    ]
}

impl Naive {
    /// Environment steps of the warm-up: the paper's 100,000, and as large a share of the laptop's budget as that is of
    /// a million.
    fn warm_up(scale: Scale) -> usize {
        match scale {
            Scale::Smoke => 40,
            Scale::Laptop => 16_000,
            Scale::Paper => 100_000,
        }
    }

    /// At laptop scale the maze whose pretrained policies and references are Table 1's.
    fn mazes(&self, scale: Scale) -> &'static [Task] {
        if scale == Scale::Paper { self.mazes } else { &[Task::AntMazeUmazeDiverse] }
    }

    fn transitions(&self, task: Task, scale: Scale) -> usize {
        let [paper, laptop] = self.transitions;
        match scale {
            Scale::Smoke => table1::sizes(task, scale)[0],
            Scale::Laptop => laptop,
            Scale::Paper => paper,
        }
    }

    fn cells(&self, scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        for task in self.mazes(scale).iter().copied() {
            let data = catalog.slice(task, scale, self.transitions(task, scale))?;
            let cell = |method: &str, of: Method| {
                let spec = table1::run(of, task, scale, data.clone(), None);
                Cell { experiment: self.id, method: method.to_string(), spec }
            };
            let naive = |method: &str, critic_warm_up: usize| {
                let mut cell = cell(method, Method::Control);
                let online = cell.spec.online.as_mut().expect("it learns online");
                online.start = Start::Actor { critic_warm_up };
                if let ReplayPlan::TwoBuffers { offline_share, .. } = &mut online.replay {
                    *offline_share = 0.0;
                }
                // The fall is looked for in the first steps; the score is still of as many of the last ones.
                online.evaluation.every /= FINER;
                online.evaluation.scored *= FINER;
                cell
            };
            cells.push(naive(NAIVE, 0));
            if self.warms_up {
                cells.push(naive(WARMED, Self::warm_up(scale)));
            }
            let table1 = [Method::Iql, Method::JsrlCurriculum, Method::Control];
            cells.extend(table1.map(|method| cell(method.name(), method)));
        }
        Ok(cells)
    }

    fn present(&self, scale: Scale, results: &Results, folder: &Path) -> Result<()> {
        let mut panels = Vec::new();
        let mut table = Table::new(["maze", "curve", "before (%)", "in the first quarter (%)", "score (%)"]);
        for (task, transitions) in results.rows() {
            let title = format!("{task}, {} transitions", size_label(transitions));
            let mut panel = success_panel(title, ALONE);
            for (method, label, colour) in curves() {
                let Some(result) = results.find(task, transitions, method) else { continue };
                panel.series.extend(Curve { result, label, colour }.alone());
                let numbers = [before(result), early(result), result.scores()].map(values);
                let texts = numbers.map(|numbers| summary(&numbers, result.failed()));
                table.push([task.to_string(), label.to_string()].into_iter().chain(texts));
            }
            // Table 1's curves alone say nothing of this.
            let own = [NAIVE, WARMED].into_iter().filter_map(|method| results.find(task, transitions, method));
            let made = own.flat_map(CellResult::finished).next().is_some();
            panels.extend(made.then_some(panel));
        }
        let warmed = if self.warms_up {
            format!(
                " Warmed up: for the first {} steps the policy acts and stays as it is, and the critics learn of it.",
                Self::warm_up(scale)
            )
        } else {
            String::new()
        };
        let columns = panels.len().max(1);
        let figure = Figure {
            id: self.id,
            name: self.name,
            caption: format!(
                "a policy that IQL pretrained is fine-tuned by IQL with fresh critics, whose curves begin with it at step 0; \
                 all else is that of Table 1's control, but that minibatches are of what is collected alone and policies are judged \
                 four times as often.{warmed} Beside it Table 1's IQL, which keeps its \
                 critics, and JSRL behind the same policy. Success of the policy alone ({BAND}); \"in the first quarter\" of the \
                 online phase, from where the policy begins to learn. The paper gives no numbers for its curves."
            ),
            panels,
            columns,
            table: Some(table),
            verdicts: self.check(results),
        };
        figure.write(scale, results, folder)
    }

    /// Of Figure 2 the paper says that "actor performance decays"; the rest is what we read from section 3.
    fn check(&self, results: &Results) -> Vec<Verdict> {
        let compare = |claim: &str, strict: bool, [better, worse]: [Quantity; 2]| {
            let rows = results.rows().into_iter().map(|(task, transitions)| {
                let of = |(method, scores): Quantity| {
                    results.find(task, transitions, method).map(scores).unwrap_or_default()
                };
                let (x, y) = claims::paired(&of(better), &of(worse));
                (claims::row_name(task, transitions), x, y)
            });
            claims::in_rows(claim, strict, rows.collect())
        };
        let (naive, first) = if self.warms_up {
            let claim = format!("a policy is spoilt less by critics that were warmed up ({}, our reading)", self.name);
            (WARMED, compare(&claim, false, [(WARMED, &early), (NAIVE, &early)]))
        } else {
            let claim =
                format!("with fresh critics a policy is worse in the first quarter than before ({})", self.name);
            (NAIVE, compare(&claim, true, [(NAIVE, &before), (NAIVE, &early)]))
        };
        let claim =
            format!("JSRL (curriculum) ends at least as high as its guide fine-tuned so ({}, our reading)", self.name);
        let jsrl = (Method::JsrlCurriculum.name(), &CellResult::scores as &dyn Fn(&CellResult) -> Scores);
        first.into_iter().chain(compare(&claim, false, [jsrl, (naive, &CellResult::scores)])).collect()
    }
}

/// How many times as often as Table 1's runs these are judged.
const FINER: usize = 4;

/// Percent by seed.
type Scores = Vec<(u64, f64)>;

/// A number of one method's runs.
type Quantity<'a> = (&'a str, &'a dyn Fn(&CellResult) -> Scores);

/// Success of the pretrained policy; none of fresh ones.
fn before(result: &CellResult) -> Scores {
    let level = |record: &RunRecord| {
        let first = record.evaluations.first().filter(|evaluation| evaluation.step == 0)?;
        Some((record.seed, result.percent(first.alone.as_ref()?)))
    };
    result.finished().filter_map(level).collect()
}

/// Mean success in the first quarter of the online phase, counted from where the policy begins to learn.
fn early(result: &CellResult) -> Scores {
    let Some(online) = &result.cell.spec.online else { return Vec::new() };
    let start = match online.start {
        Start::Actor { critic_warm_up } => critic_warm_up,
        Start::Cold | Start::Warm => 0,
    };
    let mean = |record: &RunRecord| {
        let judged = record.evaluations.iter().filter(|e| start < e.step && e.step <= start + online.steps / 4);
        let percents: Vec<f64> =
            judged.filter_map(|evaluation| Some(result.percent(evaluation.alone.as_ref()?))).collect();
        (!percents.is_empty()).then(|| (record.seed, stats::mean(&percents)))
    };
    result.finished().filter_map(mean).collect()
}

#[cfg(test)]
mod tests {
    use learners::Device;
    use rl::EpisodeScores;

    use super::*;
    use crate::{paper::Finding, provenance, record::Evaluation, workspace::Workspace};

    fn planned(figure: &Naive, scale: Scale) -> Vec<Cell> {
        let empty = tempfile::tempdir().expect("a folder");
        figure.cells(scale, &DataCatalog::new(&Workspace::at(empty.path()))).expect("no data are needed to plan")
    }

    /// The control has nothing of the pretraining but the data, the naive runs its actor alone, IQL everything; the rest is
    /// equal.
    #[test]
    fn curves_differ_in_what_is_kept_of_the_pretraining() {
        for (figure, tasks) in [(&FIG2, 1), (&FIG7, 3), (&FIG8, 3)] {
            let cells = planned(figure, Scale::Paper);
            assert_eq!(cells.len(), tasks * if figure.warms_up { 5 } else { 4 });
            let of = |method: &str| cells.iter().find(|cell| cell.method == method).expect("it is a curve");
            let control = of("control");
            for method in [NAIVE, WARMED].into_iter().take(if figure.warms_up { 2 } else { 1 }) {
                let mut naive = of(method).clone();
                assert_eq!(naive.job(3).needs().len(), 1, "the offline run");
                let online = naive.spec.online.as_mut().expect("it learns online");
                let judged = online.evaluation;
                online.start = Start::Cold;
                let ReplayPlan::TwoBuffers { offline_share, .. } = &mut online.replay else { panic!("two buffers") };
                assert_eq!(*offline_share, 0.0, "it has no data");
                *offline_share = 0.25;
                online.evaluation = control.spec.online.as_ref().expect("it learns online").evaluation;
                assert_eq!(judged.every * judged.scored, online.evaluation.every * online.evaluation.scored);
                assert!(naive.spec == control.spec, "{method}");
            }
        }
        let sizes = [FIG2, FIG7, FIG8].map(|figure| planned(&figure, Scale::Laptop)[0].spec.data.size(DIVERSE[0]));
        assert_eq!(sizes, ["100k", "100k", "1m"]);
    }

    /// Ten episodes an evaluation, of which so many succeed, by step; three seeds alike but for one episode in the last.
    fn results(figure: &Naive, methods: &[(&str, &[(usize, usize)])]) -> Results {
        let empty = tempfile::tempdir().expect("a folder");
        let provenance = provenance::of(Device::CPU, &Workspace::at(empty.path()));
        let mut results = Results { cells: Vec::new() };
        for cell in planned(figure, Scale::Smoke) {
            let judged =
                methods.iter().find(|(method, _)| *method == cell.method).map_or(&[][..], |(_, judged)| judged);
            let record = |seed: u64| {
                let mut record = RunRecord::new(&cell.method, cell.spec.clone(), seed, provenance.clone());
                for (step, successes) in judged {
                    let successes =
                        (0..10).map(|k| k < *successes - usize::from(seed == 0 && *successes > 5)).collect();
                    let alone = Some(EpisodeScores { successes, ..Default::default() });
                    record.evaluations.push(Evaluation { step: *step, horizon: Some(0), alone, combined: None });
                }
                record
            };
            let records = (0..3).filter(|_| !judged.is_empty()).map(record).collect();
            results.cells.push(CellResult { cell, records });
        }
        results
    }

    /// The smoke scale has 400 steps, of which 100 are the first quarter, and 40 of warm-up.
    #[test]
    fn a_fall_is_seen_where_it_was() {
        let naive = [(0, 9), (50, 4), (100, 2), (150, 5), (400, 5)];
        let warmed = [(0, 9), (40, 9), (50, 4), (100, 4), (140, 4), (150, 0), (400, 0)];
        let results = results(&FIG8, &[(NAIVE, &naive), (WARMED, &warmed)]);
        let of = |method: &str| results.cells.iter().find(|result| result.cell.method == method).expect("a cell");
        let rounded = |scores: Scores| scores.into_iter().map(|(_, x)| x.round()).collect::<Vec<_>>();
        assert_eq!(rounded(before(of(NAIVE))), [80.0, 90.0, 90.0]);
        assert_eq!(rounded(early(of(NAIVE))), [30.0; 3]);
        assert_eq!(rounded(early(of(WARMED))), [40.0; 3]);
        assert!(before(of("control")).is_empty());
    }

    #[test]
    fn a_policy_that_is_forgotten_bears_the_paper_out() {
        let findings = |naive: &[(usize, usize)]| {
            let jsrl = [(200, 7), (400, 7)];
            let verdicts = FIG2.check(&results(&FIG2, &[(NAIVE, naive), ("jsrl-curriculum", &jsrl)]));
            verdicts.into_iter().filter(|v| v.over_all_rows).map(|v| v.finding).collect::<Vec<_>>()
        };
        assert_eq!(findings(&[(0, 9), (50, 1), (400, 3)]), [Finding::Holds, Finding::Holds]);
        assert_eq!(findings(&[(0, 3), (50, 8), (400, 10)]), [Finding::Fails, Finding::Fails]);
    }
}
