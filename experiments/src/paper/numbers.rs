//! The paper's own numbers, as they stand in `experiments/paper/*.csv`.

use std::collections::{BTreeMap, BTreeSet};

use envs::Task;

/// Mean and standard deviation over seeds (percent); no deviation where the paper gives none.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct PaperValue {
    /// Mean over seeds.
    pub(crate) mean: f64,
    /// Standard deviation over seeds.
    pub(crate) sd: Option<f64>,
}

impl PaperValue {
    /// As it stands below our own numbers in the cell of a table.
    pub(super) fn below(self) -> String {
        let sd = self.sd.map_or(String::new(), |sd| format!(" ± {:.1}", tenths(sd)));
        format!("<br>*{:.1}{sd}*", tenths(self.mean))
    }
}

/// A number of two decimals with one of them, halves upward as the paper has them in Table 1 of what Tables 3 to 10 give
/// with two: 98.05, which as a binary number lies below, is 98.1.
fn tenths(value: f64) -> f64 {
    ((value * 100.0).round() / 10.0).round() / 10.0
}

/// A table of the paper: `[task, size of the data, method]` -> percent, with names as in records.
pub(crate) struct PaperTable(BTreeMap<[String; 3], PaperValue>);

impl PaperTable {
    /// Table 1 (ICML version).
    pub(crate) fn table_1() -> Self {
        const COLUMNS: [(&str, &str); 6] = [
            ("awac", "awac"),
            ("bc", "bc"),
            ("cql", "cql"),
            ("iql", "iql"),
            ("jsrl_curriculum", "jsrl-curriculum"),
            ("jsrl_random", "jsrl-random"),
        ];
        Self::read(include_str!("../../paper/table1.csv"), 1.0, ["task", "data"], &COLUMNS)
    }

    /// Table 2, whose sizes are numbers of demonstrations.
    pub(crate) fn table_2() -> Self {
        const COLUMNS: [(&str, &str); 5] = [
            ("aw_opt", "aw-opt"),
            ("bc", "offline-image_bc"),
            ("qt_opt", "qt-opt"),
            ("jsrl_curriculum", "jsrl-curriculum"),
            ("jsrl_random", "jsrl-random"),
        ];
        // The file has shares.
        let Self(values) = Self::read(include_str!("../../paper/table2.csv"), 100.0, ["task", "demos"], &COLUMNS);
        let named = |[task, size, method]: [String; 3]| [format!("grasping-{}", task.to_lowercase()), size, method];
        Self(values.into_iter().map(|(key, value)| (named(key), value)).collect())
    }

    /// Tables 3 to 10.
    pub(crate) fn tables_3_to_10() -> Self {
        const COLUMNS: [(&str, &str); 5] = [
            ("random_warm", "jsrl-random-warm"),
            ("random_cold", "jsrl-random"),
            ("curriculum_warm", "jsrl-curriculum-warm"),
            ("curriculum_cold", "jsrl-curriculum"),
            ("iql", "iql"),
        ];
        Self::read(include_str!("../../paper/tables3-10.csv"), 1.0, ["task", "data"], &COLUMNS)
    }

    /// Reads a file whose rows have a task and a size under these `headers`, and for each of the `columns` (its header, the
    /// method's name) a mean, with a deviation under the header with `_sd` where there is one.
    fn read(file: &str, scale: f64, headers: [&str; 2], columns: &[(&str, &str)]) -> Self {
        let mut lines = file.lines();
        let titles: Vec<&str> = lines.next().expect("the file has a header").split(',').collect();
        let at = |header: &str| titles.iter().position(|title| *title == header);
        let mut values = BTreeMap::new();
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |column: usize| {
                let value: f64 =
                    cells[column].parse().unwrap_or_else(|_| panic!("{line}: {} is no number", cells[column]));
                scale * value
            };
            let [task, size] = headers.map(|header| cells[at(header).expect("a column of the file")]);
            for (header, method) in columns {
                let mean = number(at(header).expect("a column of the file"));
                let sd = at(&format!("{header}_sd")).map(number);
                values.insert([task, size, method].map(String::from), PaperValue { mean, sd });
            }
        }
        Self(values)
    }

    /// A cell.
    pub(crate) fn get(&self, task: &str, size: &str, method: &str) -> Option<PaperValue> {
        self.0.get(&[task, size, method].map(String::from)).copied()
    }

    /// The sizes of a task's rows, from the smallest.
    pub(crate) fn sizes(&self, task: &str) -> Vec<usize> {
        let sizes = self.0.keys().filter(|[t, ..]| t == task).map(|[_, size, _]| transitions(size));
        sizes.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Figure 4, read off its picture: a task's curves, by method's name in records, as `(steps, percent)`; of which kind the
/// paper does not say.
pub(crate) fn figure_4(task: Task) -> Vec<(&'static str, Vec<(f64, f64)>)> {
    const METHODS: [&str; 5] = ["offline-image_bc", "aw-opt", "qt-opt", "jsrl-curriculum", "jsrl-random"];
    let file = match task {
        Task::GraspingIndiscriminate => include_str!("../../paper/fig4_indiscriminate.csv"),
        Task::GraspingInstance => include_str!("../../paper/fig4_instance.csv"),
        _ => return Vec::new(),
    };
    let rows: Vec<Vec<f64>> = file
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.parse().expect("a number")).collect())
        .collect();
    let curve = |column: usize| rows.iter().map(|row| (row[0], 100.0 * row[column])).collect();
    METHODS.into_iter().enumerate().map(|(index, method)| (method, curve(1 + index))).collect()
}

/// Table 1 of the first version: the baseline columns, of the whole data only.
pub(crate) fn first_version(task: &str, learner: &str) -> Option<f64> {
    let mut lines = include_str!("../../paper/table1_v1_baselines.csv").lines();
    let column = lines.next()?.split(',').position(|header| header == learner)?;
    let line = lines.find(|line| line.split(',').next() == Some(task))?;
    line.split(',').nth(column)?.parse().ok()
}

/// Table 11: percent by the curriculum's moving average and tolerance (0 to 1), of one seed.
pub(crate) fn table_11(window: usize, tolerance: f32) -> Option<f64> {
    let mut lines = include_str!("../../paper/table11.csv").lines();
    let header = format!("ma_horizon_{window}");
    let column = lines.next()?.split(',').position(|title| title == header)?;
    let line = lines.find(|line| line.split(',').next().is_some_and(|cell| cell.parse() == Ok(tolerance)))?;
    line.split(',').nth(column)?.parse().ok()
}

/// The number behind 300, 1k or 1m.
fn transitions(size: &str) -> usize {
    let (digits, factor) = match size.as_bytes().last() {
        Some(b'k') => (&size[..size.len() - 1], 1_000),
        Some(b'm') => (&size[..size.len() - 1], 1_000_000),
        _ => (size, 1),
    };
    factor * digits.parse::<usize>().unwrap_or_else(|_| panic!("{size} is no number of transitions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_version_has_other_baselines() {
        assert_eq!(first_version("antmaze-umaze-v0", "cql"), Some(99.4));
        assert_eq!(first_version("pen-binary-v0", "awac"), Some(70.3));
        assert_eq!(first_version("antmaze-umaze-v0", "iql"), None);
    }

    #[test]
    fn table_11_is_read_by_both_settings() {
        assert_eq!(table_11(10, 0.0), Some(74.83));
        assert_eq!(table_11(1, 0.15), Some(56.41));
        assert_eq!((table_11(3, 0.0), table_11(1, 0.1)), (None, None));
    }

    #[test]
    fn grasping_is_in_percent() {
        let value = PaperTable::table_2().get("grasping-indiscriminate", "2k", "offline-image_bc").expect("a cell");
        assert!((value.mean - 40.0).abs() < 1e-9 && value.sd.is_some_and(|sd| (sd - 6.0).abs() < 1e-9));
        assert_eq!(PaperTable::table_2().get("grasping-instance", "20", "control"), None);
    }

    #[test]
    fn curves_of_figure_4_are_in_percent() {
        let curves = figure_4(Task::GraspingInstance);
        let (method, curve) = &curves[3];
        assert_eq!((*method, curve.len(), curve[4].0), ("jsrl-curriculum", 15, 10_000.0));
        assert!((curve[4].1 - 41.7).abs() < 1e-9);
        assert_eq!(figure_4(Task::AntMazeUmaze), []);
    }

    #[test]
    fn warm_and_cold_starts_are_told_apart() {
        let tables = PaperTable::tables_3_to_10();
        let value = |method| tables.get("pen-binary-v0", "100", method).map(|value| value.mean);
        assert_eq!(value("jsrl-random-warm"), Some(27.18));
        assert_eq!(value("jsrl-curriculum"), Some(24.31));
        assert_eq!(value("control"), None);
    }

    #[test]
    fn halves_are_rounded_upward() {
        let below = |mean, sd| PaperValue { mean, sd }.below();
        assert_eq!(below(98.05, Some(1.44)), "<br>*98.1 ± 1.4*");
        assert_eq!(below(92.05, None), "<br>*92.1*");
        let (exact, rounded) = (PaperTable::tables_3_to_10(), PaperTable::table_1());
        let cell = |table: &PaperTable| table.get("antmaze-umaze-v0", "1m", "jsrl-curriculum").expect("a cell").below();
        assert_eq!(cell(&exact), cell(&rounded), "the paper's own rounding");
    }

    #[test]
    fn a_row_of_the_paper() {
        let table = PaperTable::table_1();
        let value = table.get("antmaze-umaze-v0", "10k", "jsrl-curriculum");
        assert_eq!(value, Some(PaperValue { mean: 71.7, sd: Some(14.5) }));
        assert_eq!(table.get("antmaze-umaze-v0", "10k", "bc"), Some(PaperValue { mean: 1.0, sd: None }));
        assert_eq!(table.sizes("antmaze-umaze-v0"), [1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(table.get("antmaze-umaze-v0", "10k", "control"), None, "the paper has no control arm");
    }
}
