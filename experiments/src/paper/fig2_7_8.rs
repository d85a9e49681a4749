//! Figures 2, 7 and 8: a pretrained policy is fine-tuned with fresh critics, which is what is left to somebody who was
//! given a policy and nothing else (section 3). In Figures 7 and 8 that policy acts for a while first, and the critics
//! learn of it before it is fine-tuned too.
//!
//! The paper names neither the learner nor where minibatches come from. Ours is IQL, which learns from what it collects
//! alone, for somebody without the critics would hardly have the data. Beside it stand Table 1's runs behind the same
//! policy: IQL, which keeps critics and data, and JSRL.

use std::path::Path;

use anyhow::Result;
use envs::Task;

use crate::{
    data::DataCatalog,
    paper::{
        Cell, CellResult, Experiment, Results, Verdict, claims,
        curves::{BAND, Curve, success_panel},
        figure::Figure,
        summary,
        table1::{self, Method},
        values,
    },
    record::RunRecord,
    run::size_label,
    spec::{ReplayPlan, Scale, Start},
    table::Table,
};

/// What tells the figures apart.
struct Naive {
    /// The name on the command line and in results/.
    id: &'static str,
    /// The name in the paper.
    name: &'static str,
    /// Transitions of the pretraining.
    transitions: usize,
    /// Whether critics are warmed up, and not only that.
    warms_up: bool,
    /// The paper's mazes. Of Figures 7 and 8 two are sure, of Figure 2 the one in the authors' own summary.
    mazes: &'static [Task],
}

const LARGE: [Task; 1] = [Task::AntMazeLargeDiverse];
const DIVERSE: [Task; 3] = [Task::AntMazeUmazeDiverse, Task::AntMazeMediumDiverse, Task::AntMazeLargeDiverse];

const FIG2: Naive = Naive { id: "fig2", name: "Figure 2", transitions: 1_000_000, warms_up: false, mazes: &LARGE };
const FIG7: Naive = Naive { id: "fig7", name: "Figure 7", transitions: 100_000, warms_up: true, mazes: &DIVERSE };
const FIG8: Naive = Naive { id: "fig8", name: "Figure 8", transitions: 1_000_000, warms_up: true, mazes: &DIVERSE };

/// Figure 2.
pub(crate) fn cold_critics() -> Experiment {
    Experiment {
        id: FIG2.id,
        title: "a pretrained policy with fresh critics",
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
        cells: |scale, catalog| FIG8.cells(scale, catalog),
        present: |scale, results, folder| FIG8.present(scale, results, folder),
        check: |results| FIG8.check(results),
    }
}

const NAIVE: &str = "naive";
const WARMED: &str = "naive-warm-critics";
const JSRL: &str = "jsrl-curriculum";
/// The curves: name in records, title, colour.
const CURVES: [(&str, &str, usize); 4] = [
    (NAIVE, "pretrained policy, fresh critics", 4),
    (WARMED, "pretrained policy, critics warmed up", 5),
    ("iql", "IQL, its critics and data kept", 0),
    (JSRL, "JSRL curriculum behind the policy", 1),
];

impl Naive {
    /// Environment steps of the warm-up: the paper's 100,000 of a million, and as large a share of the laptop's.
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

    fn cells(&self, scale: Scale, catalog: &DataCatalog) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        for task in self.mazes(scale).iter().copied() {
            let sizes = table1::sizes(task, scale);
            let transitions = sizes.iter().copied().find(|size| *size == self.transitions).unwrap_or(sizes[0]);
            let data = catalog.slice(task, scale, transitions)?;
            let cell = |method: &str, of: Method| {
                let spec = table1::run(of, task, scale, data.clone(), None);
                Cell { experiment: self.id, method: method.to_string(), spec }
            };
            let naive = |method: &str, critic_warm_up: usize| {
                let mut cell = cell(method, Method::Iql);
                let online = cell.spec.online.as_mut().expect("it learns online");
                online.start = Start::Actor { critic_warm_up };
                online.replay = ReplayPlan::TwoBuffers { capacity: 100_000, offline_share: 0.0 };
                cell
            };
            cells.push(naive(NAIVE, 0));
            if self.warms_up {
                cells.push(naive(WARMED, Self::warm_up(scale)));
            }
            for of in [Method::Iql, Method::JsrlCurriculum] {
                cells.push(cell(of.name(), of));
            }
        }
        Ok(cells)
    }

    fn present(&self, scale: Scale, results: &Results, folder: &Path) -> Result<()> {
        let warm_up = warm_up(results);
        let mut panels = Vec::new();
        let mut table = Table::new(["maze", "curve", "before (%)", "lowest of the first half (%)", "score (%)"]);
        for (task, transitions) in results.rows() {
            let title = format!("{task}, {} transitions", size_label(transitions));
            let mut panel = success_panel(title, "success alone (%)");
            for (method, label, colour) in CURVES {
                let Some(result) = results.find(task, transitions, method) else { continue };
                panel.series.extend(Curve { result, label, colour }.alone());
                let pretrained = before(result);
                // Fresh policies have nothing to fall from.
                let lowest = if pretrained.is_empty() { Vec::new() } else { lowest(result, warm_up) };
                let numbers = [pretrained, lowest, result.scores()].map(values);
                let [before, lowest, score] = numbers.map(|numbers| summary(&numbers, 0));
                table.push([task.to_string(), label.to_string(), before, lowest, score]);
            }
            panels.extend((!panel.series.is_empty()).then_some(panel));
        }
        let warmed = match warm_up {
            0 => String::new(),
            steps => format!(
                " Warmed up: for the first {steps} steps the policy acts and stays as it is, and the critics learn of it."
            ),
        };
        let columns = panels.len().max(1);
        let figure = Figure {
            id: self.id,
            name: self.name,
            caption: format!(
                "a policy that IQL pretrained is fine-tuned by IQL with fresh critics, from what it collects alone. Step 0 is \
                 the pretrained policy.{warmed} Beside it IQL's own fine-tuning and JSRL behind the same policy, as in \
                 Table 1. Success of the policy alone ({BAND}). The paper gives no numbers for its curves."
            ),
            panels,
            columns,
            table: Some(table),
            verdicts: self.check(results),
        };
        figure.write(scale, results, folder)
    }

    /// "The good initial policy [is] forgotten" (Figure 2); critics that were warmed up are still not JSRL (Figures 7, 8).
    fn check(&self, results: &Results) -> Vec<Verdict> {
        let warm_up = warm_up(results);
        let compare = |claim: &str, strict: bool, [better, worse]: [Quantity; 2]| {
            let rows = results.rows().into_iter().map(|(task, transitions)| {
                let of = |(method, scores): Quantity| {
                    results.find(task, transitions, method).map(scores).unwrap_or_default()
                };
                (format!("{task} {}", size_label(transitions)), claims::paired(&of(better), &of(worse)))
            });
            claims::in_rows(&format!("{claim} ({})", self.name), strict, rows)
        };
        let lowest = |result: &CellResult| lowest(result, warm_up);
        let half = |result: &CellResult| before(result).into_iter().map(|(seed, score)| (seed, score / 2.0)).collect();
        let first = if self.warms_up {
            compare(
                "a pretrained policy falls less with critics that were warmed up than with fresh ones",
                false,
                [(WARMED, &lowest), (NAIVE, &lowest)],
            )
        } else {
            compare(
                "with fresh critics a pretrained policy falls below half of its success",
                true,
                [(NAIVE, &half), (NAIVE, &lowest)],
            )
        };
        let naive = if self.warms_up { WARMED } else { NAIVE };
        let second = compare(
            "JSRL (curriculum) behind a pretrained policy ends at least as high as that policy fine-tuned so",
            false,
            [(JSRL, &CellResult::scores), (naive, &CellResult::scores)],
        );
        first.into_iter().chain(second).collect()
    }
}

/// Percent by seed.
type Scores = Vec<(u64, f64)>;

/// A number of one method's runs.
type Quantity<'a> = (&'a str, &'a dyn Fn(&CellResult) -> Scores);

/// Environment steps of the figure's warm-up.
fn warm_up(results: &Results) -> usize {
    let steps = |result: &CellResult| match result.cell.spec.online.as_ref()?.start {
        Start::Actor { critic_warm_up } => Some(critic_warm_up),
        Start::Cold | Start::Warm => None,
    };
    results.cells.iter().filter_map(steps).max().unwrap_or(0)
}

/// Success of the pretrained policy; none of fresh ones.
fn before(result: &CellResult) -> Scores {
    let level = |record: &RunRecord| {
        let first = record.evaluations.first().filter(|evaluation| evaluation.step == 0)?;
        Some((record.seed, result.percent(first.alone.as_ref()?)))
    };
    result.finished().filter_map(level).collect()
}

/// The lowest success in the first half of the online phase, from the end of the figure's warm-up on.
fn lowest(result: &CellResult, warm_up: usize) -> Scores {
    let steps = result.cell.spec.online.as_ref().map_or(0, |online| online.steps);
    let lowest = |record: &RunRecord| {
        let judged = record.evaluations.iter().filter(|e| warm_up < e.step && 2 * e.step <= steps);
        let percents = judged.filter_map(|evaluation| Some(result.percent(evaluation.alone.as_ref()?)));
        Some((record.seed, percents.min_by(f64::total_cmp)?))
    };
    result.finished().filter_map(lowest).collect()
}

#[cfg(test)]
mod tests {
    use learners::Device;
    use rl::EpisodeScores;

    use super::*;
    use crate::{provenance, record::Evaluation, workspace::Workspace};

    fn planned(figure: &Naive, scale: Scale) -> Vec<Cell> {
        let empty = tempfile::tempdir().expect("a folder");
        figure.cells(scale, &DataCatalog::new(&Workspace::at(empty.path()))).expect("no data are needed to plan")
    }

    /// All start from the same offline run, and the naive ones have nothing else of it.
    #[test]
    fn curves_differ_in_what_is_kept_of_the_pretraining() {
        for (figure, tasks) in [(&FIG2, 1), (&FIG7, 3), (&FIG8, 3)] {
            let cells = planned(figure, Scale::Paper);
            assert_eq!(cells.len(), tasks * if figure.warms_up { 4 } else { 3 });
            for cell in &cells {
                let offline = cell.spec.offline_run();
                assert!(cell.job(3).needs().iter().any(|need| need.spec == offline), "{}", cell.name());
                let online = cell.spec.online.as_ref().expect("it learns online");
                if let Start::Actor { .. } = online.start {
                    assert!(
                        matches!(online.replay, ReplayPlan::TwoBuffers { offline_share, .. } if offline_share == 0.0)
                    );
                }
            }
            let size = size_label(cells[0].spec.data.transitions);
            assert_eq!(size, size_label(figure.transitions));
        }
    }

    /// 40 % before; then 30, 10 and 20 % in the first half of the online phase, and 0 in the second.
    #[test]
    fn a_fall_is_seen_where_it_was() {
        let empty = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::at(empty.path());
        let mut cell = planned(&FIG8, Scale::Smoke).remove(1);
        let online = cell.spec.online.as_mut().expect("it learns online");
        (online.steps, online.start) = (600, Start::Actor { critic_warm_up: 100 });
        let mut record = RunRecord::new(WARMED, cell.spec.clone(), 3, provenance::of(Device::CPU, &workspace));
        for (step, successes) in [(0, 4), (100, 0), (150, 3), (200, 1), (300, 2), (600, 0)] {
            let scores = EpisodeScores { successes: (0..10).map(|k| k < successes).collect(), ..Default::default() };
            record.evaluations.push(Evaluation { step, horizon: Some(0), alone: Some(scores), combined: None });
        }
        let results = Results { cells: vec![CellResult { cell, records: vec![record] }] };
        let result = &results.cells[0];
        let rounded = |scores: Scores| scores.into_iter().map(|(seed, x)| (seed, x.round())).collect::<Vec<_>>();
        assert_eq!(rounded(before(result)), [(3, 40.0)]);
        assert_eq!(rounded(lowest(result, warm_up(&results))), [(3, 10.0)]);
        assert_eq!(rounded(lowest(result, 0)), [(3, 0.0)], "what was during the warm-up counts without one");
        assert_eq!(rounded(lowest(result, 300)), [], "nothing was judged");
    }
}
