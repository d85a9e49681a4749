//! What a scale reduces, in words: budgets and hyperparameters as the specifications behind a table have them.

use envs::Task;
use jsrl::SchedulePlan;
use learners::{Inputs, LearnerConfig, RateSchedule};

use crate::{
    data_file::size_label,
    paper::{CellResult, Results, table1},
    spec::{EvaluationPlan, OnlinePlan, ReplayPlan, RunSpec, Scale},
    stats,
};

/// What a scale reduces, read off the specifications: once for all tasks with records that have it in common.
pub(super) fn reductions(scale: Scale, results: &Results) -> String {
    let mut groups: Vec<(&RunSpec, Vec<Task>)> = Vec::new();
    for task in table1::TASKS.into_iter().flatten().copied() {
        let cells = results.cells.iter().filter(|result| result.cell.spec.task == task);
        if cells.clone().all(|result| result.records.is_empty()) {
            continue;
        }
        let Some(spec) = cells.map(|result| &result.cell.spec).find(|spec| spec.online.is_some()) else { continue };
        match groups.iter_mut().find(|(other, _)| have_budget_in_common(spec, other)) {
            Some((_, tasks)) => tasks.push(task),
            None => groups.push((spec, vec![task])),
        }
    }
    groups.iter().filter_map(|(_, tasks)| settings(scale, tasks, results)).collect::<Vec<_>>().join("\n")
}

fn have_budget_in_common(a: &RunSpec, b: &RunSpec) -> bool {
    let online = |spec: &RunSpec| {
        let online = spec.online.as_ref()?;
        Some((online.steps, online.updates_per_step, online.update_every(), online.batch_rows, online.evaluation))
    };
    a.learner == b.learner && a.offline == b.offline && online(a) == online(b)
}

/// The settings of tasks that have them in common.
fn settings(scale: Scale, tasks: &[Task], results: &Results) -> Option<String> {
    let cells: Vec<&CellResult> =
        results.cells.iter().filter(|result| tasks.contains(&result.cell.spec.task)).collect();
    let specs: Vec<&RunSpec> = cells.iter().map(|result| &result.cell.spec).collect();
    let (LearnerConfig::Iql(iql), offline, online) =
        specs.iter().find_map(|spec| Some((&spec.learner, &spec.offline, spec.online.as_ref()?)))?
    else {
        return None;
    };
    let EvaluationPlan { every, episodes, scored, curriculum_every, curriculum_episodes } = online.evaluation;
    let inputs = match iql.inputs {
        Inputs::Raw => "raw",
        Inputs::Scaled => "scaled",
    };
    let rate = match iql.actor_schedule {
        RateSchedule::Constant => String::new(),
        RateSchedule::Cosine { max_steps } => format!(" (the actor's falls to 0 by its update {max_steps})"),
    };
    let average = iql.actor_average.map_or(String::new(), |share| {
        format!("; policies act by an exponential moving average of the actor's weights (rate {share})")
    });
    let curriculum = specs
        .iter()
        .find_map(|spec| match spec.online.as_ref()?.schedule {
            SchedulePlan::Curriculum { stages, tolerance, window } => Some(format!(
                " The curriculum has {stages} stages, tolerance {tolerance} and a window of {window} evaluations of \
                 {curriculum_episodes} episodes, one every {curriculum_every} steps.{}{}{}",
                draws(spec.online.as_ref()?.guide_draws),
                buffers(spec.online.as_ref()?.replay),
                unfinished(&cells)
            )),
            _ => None,
        })
        .unwrap_or_default();
    let rewards = match (iql.reward_scale, iql.reward_shift) {
        (1.0, 0.0) => "r".to_string(),
        (scale, 0.0) => format!("{scale} r"),
        (1.0, shift) => format!("r {shift:+}"),
        (scale, shift) => format!("{scale} r {shift:+}"),
    };
    let names: Vec<&str> = tasks.iter().map(|task| task.name()).collect();
    let names = names.join(", ");
    let used = cells.iter().filter(|result| !result.records.is_empty()).map(|result| &result.cell.spec.data);
    let mut data: Vec<String> = used.map(|slice| format!("{} ({})", slice.file, slice.content)).collect();
    data.dedup();
    let data = data.join(", ");
    Some(format!(
        "Settings of the {scale} scale for {names}, the same for all columns: {} offline updates; {} online steps with {}; minibatches of {}; hidden layers {:?}; rate {}{rate}; expectile {}; temperature {}; target rate \
         {}; dropout {}; rewards {rewards}; {inputs} inputs{average}. The score is the mean of the last {scored} evaluations of {episodes} episodes, one every {every} steps; the paper \
         seems to have one of 100 at the end.{curriculum}\n\nData \
         files, with a hash of their numbers: {data}.\n",
        offline.updates,
        online.steps,
        updates(online),
        online.batch_rows,
        iql.hidden,
        iql.learning_rate,
        iql.expectile,
        iql.temperature,
        iql.tau,
        iql.actor_dropout,
    ))
}

/// Gradient steps beside environment steps, in words.
pub(super) fn updates(online: &OnlinePlan) -> String {
    let each = match online.update_every() {
        1 => "each".to_string(),
        steps => format!("after every {steps} of them"),
    };
    format!("{} update(s) {each}", online.updates_per_step)
}

/// How the guide acts while experience is collected.
fn draws(guide_draws: bool) -> &'static str {
    if guide_draws {
        " The guide draws its actions as the exploration-policy does, except where it is judged."
    } else {
        " The guide takes its best actions, where the exploration-policy draws its own."
    }
}

/// What the columns with two buffers draw from.
fn buffers(replay: ReplayPlan) -> String {
    let ReplayPlan::TwoBuffers { capacity, offline_share } = replay else { return String::new() };
    let (own, data) = (100.0 * (1.0 - offline_share), 100.0 * offline_share);
    format!(
        " JSRL and control draw {own} % of a minibatch from the last {} collected transitions and {data} % from the data; \
         IQL draws from one buffer.",
        size_label(capacity)
    )
}

/// How many curricula ended before they had taken the guide's last step, and what guides and learners then came to together.
pub(super) fn unfinished(cells: &[&CellResult]) -> String {
    let (mut curricula, mut together) = (0, Vec::new());
    for (result, record) in cells.iter().flat_map(|result| result.finished().map(move |record| (result, record))) {
        let Some(online) = &record.spec.online else { continue };
        let SchedulePlan::Curriculum { .. } = online.schedule else { continue };
        curricula += 1;
        if record.evaluations.iter().rev().find_map(|evaluation| evaluation.horizon).is_some_and(|horizon| horizon > 0)
        {
            let judged = record.evaluations.iter().rev().filter_map(|evaluation| evaluation.combined.as_ref());
            let last: Vec<f64> = judged.take(online.evaluation.scored).map(|scores| result.percent(scores)).collect();
            together.extend((!last.is_empty()).then(|| stats::mean(&last)));
        }
    }
    if together.is_empty() {
        return String::new();
    }
    format!(
        " In {} of {curricula} runs with a curriculum the guide still opened episodes at the end, and together they came to {:.0} %.",
        together.len(),
        stats::mean(&together)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{fixtures, table2};

    #[test]
    fn guides_that_stay_are_told() {
        let shown = |_, count| count == table2::standard(Scale::Laptop);
        let cells = table2::view("table2", Scale::Laptop, &fixtures::catalog(), shown).expect("a plan");
        let curricula = cells.into_iter().filter(|cell| cell.method == "jsrl-curriculum").collect();
        let mut results = fixtures::results(curricula, 1, |_, _| Some(vec![4, 10]));
        let told = |results: &Results| unfinished(&results.cells.iter().collect::<Vec<_>>());
        assert_eq!(told(&results), "", "both ended at horizon 0");
        for evaluation in &mut results.cells[0].records[0].evaluations {
            (evaluation.horizon, evaluation.combined) = (Some(2), evaluation.alone.clone());
        }
        let sentence = told(&results);
        assert!(sentence.contains("In 1 of 2 runs") && sentence.contains("came to 35 %"), "{sentence}");
    }
}
