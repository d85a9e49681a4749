//! How a run's policies are judged, and when.

use jsrl::JumpStart;
use rl::{Drivers, Environment, EpisodeScores, EvaluationLane, evaluate};

use crate::{
    record::Evaluation,
    spec::{EvaluationPlan, RunSpec},
};

/// Environments in which the episodes of one evaluation run side by side.
pub(crate) const SIDE_BY_SIDE: usize = 20;

/// Judges policies in environments of its own, which are built when they are first needed and reset from then on.
pub(crate) struct Judge<'a> {
    build: Box<dyn Fn() -> Box<dyn Environment> + 'a>,
    lanes: [EvaluationLane; 1],
}

impl<'a> Judge<'a> {
    /// Of a run. Its episodes are named by the task: every method meets the same starts and goals, so that scores
    /// compare pair by pair.
    pub(crate) fn of(spec: &'a RunSpec, seed: u64) -> Self {
        Self::new(spec.task.to_string(), seed, || spec.environment())
    }

    /// In environments that somebody else builds. `key` and `seed` name the episodes.
    pub(crate) fn new(key: String, seed: u64, build: impl Fn() -> Box<dyn Environment> + 'a) -> Self {
        Self { build: Box::new(build), lanes: [EvaluationLane { environments: Vec::new(), key, seed }] }
    }

    /// Scores `episodes` episodes, the first `horizon` steps of each driven by the guide.
    pub(crate) fn score(&mut self, drivers: Drivers, horizon: usize, episodes: usize, round: &str) -> EpisodeScores {
        let environments = &mut self.lanes[0].environments;
        let missing = environments.len()..episodes.min(SIDE_BY_SIDE);
        environments.extend(missing.map(|_| (self.build)()));
        evaluate(drivers, &mut self.lanes, &[horizon], episodes, round).remove(0)
    }

    /// What Algorithm 1 does between two steps: judges the exploration-policy alone, which is reported, and the combined
    /// policy, which moves the curriculum, each where it is due. None where neither is.
    pub(crate) fn after_step(&mut self, training: &mut JumpStart, plan: EvaluationPlan) -> Option<Evaluation> {
        let step = training.steps();
        let alone = step
            .is_multiple_of(plan.every)
            .then(|| self.score(training.drivers(), 0, plan.episodes, &format!("alone {step}")));
        let combined = training.schedules()[0]
            .evaluation_horizon()
            .filter(|_| step.is_multiple_of(plan.curriculum_every))
            .map(|horizon| {
                self.score(training.drivers(), horizon, plan.curriculum_episodes, &format!("combined {step}"))
            });
        if let Some(scores) = &combined {
            training.observe_evaluation(&[scores.success_rate()]);
        }
        let horizon = training.schedules()[0].current_horizon();
        (alone.is_some() || combined.is_some()).then_some(Evaluation { step, horizon, alone, combined })
    }
}

#[cfg(test)]
mod tests {
    use envs::Task;

    use super::*;
    use crate::{
        data::DataCatalog,
        paper::{self, Exhibit},
        spec::Scale,
        workspace::Workspace,
    };

    /// Intervals of differences are of pairs: of the same starts and goals.
    #[test]
    fn methods_of_a_task_meet_the_same_episodes() {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(Exhibit::Runs(table)) = paper::all().into_iter().next() else { panic!("Table 1 comes first") };
        let cells = (table.cells)(Scale::Smoke, &DataCatalog::new(&Workspace::at(folder.path()))).expect("a plan");
        let of = |method: &str| {
            let is_it = |cell: &&paper::Cell| cell.method == method && cell.spec.task == Task::AntMazeUmaze;
            cells.iter().find(is_it).expect("a column").spec.clone()
        };
        let (iql, control) = (of("iql"), of("control"));
        assert_ne!(iql.key(), control.key());
        let oracle = Task::AntMazeUmaze.oracle();
        let score =
            |spec: &RunSpec, seed, round: &str| Judge::of(spec, seed).score(Drivers::alone(&*oracle), 0, 3, round);
        let scores = score(&iql, 0, "alone 200");
        assert_eq!(scores, score(&control, 0, "alone 200"));
        assert_ne!(scores, score(&iql, 1, "alone 200"), "seeds meet others");
        assert_ne!(scores, score(&iql, 0, "alone 400"), "so do later evaluations");
    }
}
