//! A figure of learning curves as files: what is seen, what is run, what is missing, and the numbers behind the picture.

use std::{fs, path::Path};

use anyhow::Result;

use crate::{
    paper::{Cell, CellResult, Results, Verdict, claims},
    render::plot::{Panel, draw},
    spec::Scale,
    table::Table,
    workspace::write_whole,
};

/// What a figure shows.
pub(super) struct Figure {
    /// Its name on the command line and in results/.
    pub(super) id: &'static str,
    /// Its name in the paper.
    pub(super) name: &'static str,
    /// What is seen, in sentences.
    pub(super) caption: String,
    /// Row by row; none without a run.
    pub(super) panels: Vec<Panel>,
    /// Panels in a row.
    pub(super) columns: usize,
    /// Numbers that no table shows.
    pub(super) table: Option<Table>,
    /// What the runs say of the paper's claims. Those over all rows are shown.
    pub(super) verdicts: Vec<Verdict>,
}

impl Figure {
    /// Writes `<id>.md`, and where there are curves `<id>.svg`, `.png` and `.csv`.
    pub(super) fn write(&self, scale: Scale, results: &Results, folder: &Path) -> Result<()> {
        let path = |ending: &str| folder.join(format!("{}.{ending}", self.id));
        if self.panels.is_empty() {
            // The picture of runs that are gone says what no record does.
            for ending in ["svg", "png", "csv"] {
                _ = fs::remove_file(path(ending));
            }
        } else {
            draw(&self.panels, self.columns)?.write(&path("svg"), &path("png"))?;
            write_whole(&path("csv"), points(&self.panels).csv().as_bytes())?;
        }
        write_whole(&path("md"), self.page(scale, results, folder).as_bytes())
    }

    fn page(&self, scale: Scale, results: &Results, folder: &Path) -> String {
        let Self { id, name, caption, .. } = self;
        let title = format!("**{name}** at {scale} scale");
        if self.panels.is_empty() {
            return format!("{title}: {caption}\n\nNot run yet: `make {id} SCALE={scale}`.\n");
        }
        // From the top of the repository, so that README.md can show the same text.
        let picture = folder.file_name().map(|folder| format!("/results/{}/{id}.png", folder.display()));
        let picture = picture.map_or(String::new(), |path| format!("![{name}]({path})\n\n"));
        let table = self.table.as_ref().map_or(String::new(), |table| format!("\n{}", table.markdown()));
        let claims = claims::told(&self.verdicts);
        let missing = match missing(id, scale, results).concat() {
            none if none.is_empty() => none,
            commands => format!("\nNot run yet:\n\n{commands}"),
        };
        format!("{picture}{title}, {}: {caption}\n{table}{claims}{missing}", seeds(results))
    }
}

/// How many runs each curve is the mean of.
fn seeds(results: &Results) -> String {
    let counts = results.cells.iter().map(|result| result.finished().count()).filter(|count| *count > 0);
    match (counts.clone().min(), counts.max()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most} seeds"),
        (Some(1), _) => "1 seed".to_string(),
        (least, _) => format!("{} seeds", least.unwrap_or(0)),
    }
}

/// The cells without a run, with the commands that run them.
fn missing(id: &str, scale: Scale, results: &Results) -> Vec<String> {
    let empty = results.cells.iter().filter(|result| result.records.is_empty());
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for CellResult { cell: Cell { spec, method, .. }, .. } in empty {
        let command = format!("make {id} SCALE={scale} ONLY={id}/{}/{}/", spec.task, spec.data.size(spec.task));
        match lines.iter_mut().find(|(other, _)| *other == command) {
            Some((_, methods)) => methods.push(method),
            None => lines.push((command, vec![method])),
        }
    }
    lines.into_iter().map(|(command, methods)| format!("- `{command}`: {}\n", methods.join(", "))).collect()
}

/// Every point and level that is drawn; a level has no step.
fn points(panels: &[Panel]) -> Table {
    let mut table = Table::new(["panel", "quantity", "curve", "axis", "step", "mean", "low", "high"]);
    let number = |value: f64| format!("{value:.3}");
    let end = |value: Option<f64>| value.map_or(String::new(), number);
    for Panel { title, x_label, y_label, series, levels, .. } in panels {
        for series in series {
            for point in &series.points {
                let [low, high] = [0, 1].map(|i| end(point.band.map(|band| band[i])));
                table.push([
                    title,
                    y_label,
                    &series.label,
                    x_label,
                    &point.x.to_string(),
                    &number(point.mean),
                    &low,
                    &high,
                ]);
            }
        }
        for level in levels {
            let y = number(level.y);
            table.push([title, y_label, &level.label, x_label, &String::new(), &y, &String::new(), &String::new()]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::DataCatalog,
        paper::{curves, table2},
        provenance,
        record::RunRecord,
        render::plot::{Dash, Point, Series},
        workspace::Workspace,
    };

    fn figure(panels: Vec<Panel>) -> Figure {
        let (id, name, caption) = ("fig3", "Figure 3", "what is seen.".into());
        Figure { id, name, caption, panels, columns: 1, table: None, verdicts: Vec::new() }
    }

    #[test]
    fn a_page_names_what_is_missing_and_no_picture_is_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::at(folder.path());
        let cells = table2::view("fig3", Scale::Smoke, &DataCatalog::new(&workspace), |_, _| true);
        let cells = cells.expect("no data are needed to plan").into_iter();
        let mut results = Results { cells: cells.map(|cell| CellResult { cell, records: Vec::new() }).collect() };
        let out = folder.path().join("fig3-smoke");
        figure(Vec::new()).write(Scale::Smoke, &results, &out).expect("writable");
        let files: Vec<_> =
            std::fs::read_dir(&out).expect("it is there").map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["fig3.md"]);
        let read = |name: &str| std::fs::read_to_string(out.join(name)).expect("it is there");
        assert!(
            read("fig3.md").contains("what is seen.\n\nNot run yet: `make fig3 SCALE=smoke`."),
            "{}",
            read("fig3.md")
        );

        // All but the last two of the first task are run, by two seeds, the first by one.
        for (i, result) in results.cells.iter_mut().enumerate().filter(|(i, _)| ![4, 5].contains(i)) {
            let provenance = provenance::of(learners::Device::CPU, &workspace);
            let record = |seed| RunRecord::new(&result.cell.method, result.cell.spec.clone(), seed, provenance.clone());
            result.records = (0..if i == 0 { 1 } else { 2 }).map(record).collect();
        }
        let points = vec![Point { x: 30.0, mean: 50.0, band: Some([40.0, 60.0]) }];
        let series = vec![Series { label: "QT-Opt".into(), colour: 0, points, dash: Dash::Solid }];
        let panel = Panel { series, ..curves::success_panel("all, in one".into(), "success (%)") };
        figure(vec![panel]).write(Scale::Smoke, &results, &out).expect("writable");
        let page = read("fig3.md");
        let missing = "- `make fig3 SCALE=smoke ONLY=fig3/grasping-indiscriminate/20/`: jsrl-random, control\n";
        assert!(page.ends_with(&format!("Not run yet:\n\n{missing}")), "{page}");
        assert!(page.contains("/results/fig3-smoke/fig3.png") && page.contains(", 1 to 2 seeds: what"), "{page}");
        assert!(
            read("fig3.csv").ends_with("\"all, in one\",success (%),QT-Opt,online steps,30,50.000,40.000,60.000\n")
        );
        assert!(out.join("fig3.svg").exists() && out.join("fig3.png").exists());
    }
}
