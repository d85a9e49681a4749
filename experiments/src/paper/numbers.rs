//! The paper's own numbers, as they stand in `experiments/paper/*.csv`.

use std::collections::BTreeMap;

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
        let Self { mean, sd } = self;
        let sd = sd.map_or(String::new(), |sd| format!(" ± {sd:.1}"));
        format!("<br>*{mean:.1}{sd}*")
    }
}

/// Table 1 (ICML version): `(task, data size, method)` -> value.
pub(crate) struct Table1(BTreeMap<(String, String, String), PaperValue>);

impl Table1 {
    /// Reads the embedded file.
    pub(crate) fn read() -> Self {
        let mut lines = include_str!("../../paper/table1.csv").lines();
        let headers: Vec<&str> = lines.next().expect("the file has a header").split(',').collect();
        let mut values = BTreeMap::new();
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |name: &str| {
                let column = headers.iter().position(|header| *header == name)?;
                Some(cells[column].parse::<f64>().unwrap_or_else(|_| panic!("{line}: {name} is no number")))
            };
            for header in &headers[2..] {
                if let (false, Some(mean)) = (header.ends_with("_sd"), number(header)) {
                    let key = (cells[0].to_string(), cells[1].to_string(), header.replace('_', "-"));
                    values.insert(key, PaperValue { mean, sd: number(&format!("{header}_sd")) });
                }
            }
        }
        Self(values)
    }

    /// A cell, with method names as in records.
    pub(crate) fn get(&self, task: &str, size: &str, method: &str) -> Option<PaperValue> {
        self.0.get(&(task.to_string(), size.to_string(), method.to_string())).copied()
    }

    /// The sizes of a task's rows, from the smallest.
    pub(crate) fn sizes(&self, task: &str) -> Vec<usize> {
        let mut sizes: Vec<usize> =
            self.0.keys().filter(|(t, ..)| t == task).map(|(_, size, _)| transitions(size)).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }
}

/// Table 2: `(task, demonstrations, method)` -> percent.
pub(crate) struct Table2(BTreeMap<(String, String, &'static str), PaperValue>);

impl Table2 {
    /// Reads the embedded file, which has shares.
    pub(crate) fn read() -> Self {
        const METHODS: [&str; 5] = ["aw-opt", "offline-image_bc", "qt-opt", "jsrl-curriculum", "jsrl-random"];
        let mut values = BTreeMap::new();
        for line in include_str!("../../paper/table2.csv").lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let percent = |at: usize| 100.0 * cells[at].parse::<f64>().expect("a share");
            for (index, method) in METHODS.into_iter().enumerate() {
                let value = PaperValue { mean: percent(2 + 2 * index), sd: Some(percent(3 + 2 * index)) };
                let task = format!("grasping-{}", cells[0].to_lowercase());
                values.insert((task, cells[1].to_string(), method), value);
            }
        }
        Self(values)
    }

    /// A cell, with method names as in records.
    pub(crate) fn get(&self, task: &str, demonstrations: &str, method: &str) -> Option<PaperValue> {
        let key = self.0.keys().find(|(t, n, m)| t == task && n == demonstrations && *m == method)?;
        self.0.get(key).copied()
    }
}

/// Figure 4, read off its picture: a task's curves, by method's name in records, as `(online steps, percent)`.
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

/// Tables 3 to 6: `(task, data size, method)` -> value.
pub(crate) struct Tables3To6(BTreeMap<(String, String, &'static str), PaperValue>);

impl Tables3To6 {
    /// Reads the embedded file, which has Tables 7 to 10 too.
    pub(crate) fn read() -> Self {
        const COLUMNS: [(&str, &str); 5] = [
            ("random_warm", "jsrl-random-warm"),
            ("random_cold", "jsrl-random"),
            ("curriculum_warm", "jsrl-curriculum-warm"),
            ("curriculum_cold", "jsrl-curriculum"),
            ("iql", "iql"),
        ];
        let mut lines = include_str!("../../paper/tables3-10.csv").lines();
        let headers: Vec<&str> = lines.next().expect("the file has a header").split(',').collect();
        let mut values = BTreeMap::new();
        for cells in lines.map(|line| line.split(',').collect::<Vec<_>>()) {
            for (column, method) in COLUMNS {
                let at = headers.iter().position(|header| *header == column).expect("a column of the file");
                let number = |at: usize| cells[at].parse::<f64>().expect("a number");
                let value = PaperValue { mean: number(at), sd: Some(number(at + 1)) };
                values.insert((cells[2].to_string(), cells[1].to_string(), method), value);
            }
        }
        Self(values)
    }

    /// A cell, with method names as in records.
    pub(crate) fn get(&self, task: &str, size: &str, method: &str) -> Option<PaperValue> {
        let key = self.0.keys().find(|(t, s, m)| t == task && s == size && *m == method)?;
        self.0.get(key).copied()
    }
}

/// Table 1 of the first version: the baseline columns, of the whole data only.
pub(crate) fn first_version(task: &str, learner: &str) -> Option<f64> {
    let mut lines = include_str!("../../paper/table1_v1_baselines.csv").lines();
    let column = lines.next()?.split(',').position(|header| header == learner)?;
    let line = lines.find(|line| line.split(',').next() == Some(task))?;
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
    fn grasping_is_in_percent() {
        let value = Table2::read().get("grasping-indiscriminate", "2k", "offline-image_bc").expect("a cell");
        assert!((value.mean - 40.0).abs() < 1e-9 && value.sd.is_some_and(|sd| (sd - 6.0).abs() < 1e-9));
        assert_eq!(Table2::read().get("grasping-instance", "20", "control"), None);
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
        let tables = Tables3To6::read();
        let value = |method| tables.get("pen-binary-v0", "100", method).map(|value| value.mean);
        assert_eq!(value("jsrl-random-warm"), Some(27.18));
        assert_eq!(value("jsrl-curriculum"), Some(24.31));
        assert_eq!(value("control"), None);
    }

    #[test]
    fn a_row_of_the_paper() {
        let table = Table1::read();
        let value = table.get("antmaze-umaze-v0", "10k", "jsrl-curriculum");
        assert_eq!(value, Some(PaperValue { mean: 71.7, sd: Some(14.5) }));
        assert_eq!(table.get("antmaze-umaze-v0", "10k", "bc"), Some(PaperValue { mean: 1.0, sd: None }));
        assert_eq!(table.sizes("antmaze-umaze-v0"), [1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(table.get("antmaze-umaze-v0", "10k", "control"), None, "the paper has no control arm");
    }
}
