//! The laws of ARCHITECTURE.md, kept by a test.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

const CRATES: [&str; 5] = ["rl", "envs", "d4rl", "learners", "jsrl"];

/// The names of all dependencies in a crate's Cargo.toml, those of tests included.
fn dependencies(folder: &str) -> Vec<String> {
    let mut section = String::new();
    let mut names = Vec::new();
    for line in read(format!("{folder}/Cargo.toml")).lines() {
        if line.starts_with('[') {
            section = line.to_string();
        } else if section.contains("dependencies") && !line.starts_with('#') {
            names.extend(line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()).map(String::from));
        }
    }
    names
}

#[test]
fn arrows_point_only_to_rl() {
    for name in CRATES {
        let inner: Vec<String> =
            dependencies(&format!("crates/{name}")).into_iter().filter(|d| CRATES.contains(&d.as_str())).collect();
        let expected: &[&str] = if name == "rl" { &[] } else { &["rl"] };
        assert_eq!(inner, expected, "crates/{name}");
    }
}

#[test]
fn each_foreign_world_is_seen_by_one_crate() {
    for (foreign, owner) in
        [("rapier3d", "envs"), ("rapier3d-mjcf", "envs"), ("tch", "learners"), ("hdf5", "d4rl"), ("hdf5-sys", "d4rl")]
    {
        for name in CRATES {
            let has = dependencies(&format!("crates/{name}")).contains(&foreign.to_string());
            assert_eq!(has, name == owner, "{foreign} in crates/{name}");
        }
        assert!(!dependencies("experiments").contains(&foreign.to_string()), "{foreign} in experiments");
    }
    for name in CRATES {
        for path in sources(&format!("crates/{name}/src")) {
            let code = fs::read_to_string(&path).expect("readable");
            for world in ["std::time", "std::env::", "SystemTime", "Instant::now"] {
                assert!(
                    !code.contains(world),
                    "{} uses {world}: clocks and environment are in experiments",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn all_randomness_is_derived() {
    for name in CRATES.iter().map(|name| format!("crates/{name}/src")).chain(["experiments/src".to_string()]) {
        for path in sources(&name) {
            let code = fs::read_to_string(&path).expect("readable");
            for source in ["rand::rng(", "thread_rng", "from_os_rng", "manual_seed", "Tensor::rand", "Tensor::randn"] {
                assert!(!code.contains(source), "{} draws from {source}", path.display());
            }
        }
    }
}

#[test]
fn there_is_one_loop_of_each_kind() {
    let all: Vec<PathBuf> = CRATES
        .iter()
        .flat_map(|name| sources(&format!("crates/{name}/src")))
        .chain(sources("experiments/src"))
        .collect();
    for (definition, home) in [
        ("pub struct JumpStart<", "crates/jsrl/src/jump_start.rs"),
        ("pub struct OfflineTraining<", "crates/rl/src/offline.rs"),
        ("pub fn evaluate(", "crates/rl/src/evaluate.rs"),
    ] {
        let homes: Vec<_> = all
            .iter()
            .filter(|path| fs::read_to_string(path).expect("readable").contains(definition))
            .map(|path| path.strip_prefix(root()).expect("below the root").to_path_buf())
            .collect();
        assert_eq!(homes, [Path::new(home)], "{definition}");
    }
    // Nobody else draws minibatches and teaches a learner with them.
    let teaches =
        |code: String| code.contains(".update(&sample(") || (code.contains(" sample(&") && code.contains(".update(&"));
    let teach: Vec<_> = all
        .iter()
        .filter(|path| teaches(fs::read_to_string(path).expect("readable")))
        .map(|path| path.strip_prefix(root()).expect("below the root").to_path_buf())
        .collect();
    assert_eq!(teach, [Path::new("crates/rl/src/offline.rs"), Path::new("crates/jsrl/src/jump_start.rs")]);
}

#[test]
fn files_are_short() {
    for folder in ["crates", "experiments"] {
        for path in sources(folder) {
            let lines = fs::read_to_string(&path).expect("readable").lines().count();
            assert!(lines <= 400, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn paths_named_in_documents_exist() {
    for page in ["README.md", "ARCHITECTURE.md", "NOTES.md", "NOTICE", "data/README.md"] {
        let text = read(page);
        let words = text.split(|c: char| c.is_whitespace() || "`()[]|,;\"#".contains(c));
        for word in words.map(|word| word.trim_end_matches(['.', ':'])) {
            let below = ["crates/", "experiments/", "results/", "scripts/", "licenses/"];
            let named = below.iter().any(|prefix| word.starts_with(prefix)) && !word.contains(['*', '<', '{']);
            assert!(!named || root().join(word).exists(), "{page} names {word}, which is not there");
        }
    }
}

/// `make report` leaves a page alone that lacks a table's markers; these tables are to stand there.
#[test]
fn tables_have_their_place_in_documents() {
    let of_readme =
        ["table1", "tables3-6", "table2", "fig4-grasping", "baselines", "tables7-10", "fig15", "datasets", "bench"];
    for (page, ids) in [("README.md", &of_readme[..]), ("data/README.md", &["files"])] {
        let text = read(page);
        let after = text.split("<!-- BEGIN: ").skip(1).filter_map(|rest| rest.split(" -->").next());
        assert_eq!(after.collect::<Vec<_>>(), ids, "{page}");
    }
}

#[test]
fn links_in_documents_lead_somewhere() {
    for page in ["README.md", "ARCHITECTURE.md", "data/README.md"] {
        let text = read(page);
        let folder = Path::new(page).parent().expect("a file is in a folder");
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("http")) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = path.strip_prefix('/').map_or_else(|| folder.join(path), PathBuf::from);
            assert!(path.as_os_str().is_empty() || root().join(&path).exists(), "{page} links to {target}");
            // Where it is in the page itself: headings in lower case, with a line for each blank and no other marks.
            let named = |line: &str| {
                let plain = line.trim_start_matches('#').trim().to_lowercase();
                plain.chars().filter(|c| c.is_alphanumeric() || " -".contains(*c)).collect::<String>().replace(' ', "-")
            };
            let here = !path.as_os_str().is_empty()
                || text.lines().any(|line| line.starts_with('#') && named(line) == heading);
            assert!(here, "{page} has no heading {heading}");
        }
    }
}

/// A command that a document names can be typed: its ONLY= matches cells.
#[test]
fn cells_named_in_documents_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for page in ["README.md", "NOTES.md", "Makefile", "results/demo/README.md"] {
        for line in read(page).lines() {
            let words = || line.split(|c: char| c.is_whitespace() || "`(),;".contains(c));
            let value = |name: &'static str| words().filter_map(move |word| word.strip_prefix(name));
            let scale = value("SCALE=").find(|scale| !scale.contains('|')).unwrap_or("laptop").to_string();
            let cells = value("ONLY=").filter(|only| *only != "...").map(|only| format!("--only={only}"));
            named.entry(scale).or_default().extend(cells);
        }
    }
    assert!(named["laptop"].len() > 2, "{named:?}");
    for (scale, cells) in named {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_experiments"))
            .args(["run", "--dry-run", "--scale", &scale])
            .args(cells)
            .current_dir(folder.path())
            .output()
            .expect("the program can be started");
        assert!(output.status.success(), "at {scale} scale: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_pinned_simulator_is_the_one_that_records_name() {
    let version = envs::PHYSICS.strip_prefix("rapier3d ").expect("the name of the crate");
    assert!(read("Cargo.toml").contains(&format!("rapier3d = {{ version = \"={version}\"")), "{version}");
    assert!(read("scripts/setup.sh").contains(&format!("torch={}", learners::LIBTORCH.replace("libtorch ", ""))));
}

#[test]
fn every_table_and_picture_has_a_make_target() {
    let makefile = read("Makefile");
    for folder in ["paper", "pictures"] {
        let listing = read(format!("experiments/src/{folder}/mod.rs"));
        for path in sources(&format!("experiments/src/{folder}")) {
            let code = fs::read_to_string(&path).expect("readable");
            let module = path.file_stem().and_then(|name| name.to_str()).expect("a plain name");
            let after = |text| code.split(text).skip(1).filter_map(|rest: &str| rest.split('"').next());
            let ids: Vec<&str> = after("const ID: &str = \"").chain(after("id: \"")).collect();
            for id in &ids {
                assert!(makefile.contains(&format!("\n{id}: ")), "no make {id}");
            }
            let listed = listing.matches(&format!("{module}::")).filter(|_| !ids.is_empty()).count();
            assert_eq!(listed, ids.len(), "{module} is not in all()");
        }
    }
}

/// Law 6: the committed files follow from the committed records, bit for bit.
#[test]
fn the_report_follows_from_the_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = |name: &str| {
        let mut folders = vec![PathBuf::from(name)];
        while let Some(inner) = folders.pop() {
            fs::create_dir_all(folder.path().join(&inner)).expect("writable");
            for entry in fs::read_dir(root().join(&inner)).expect("the folder is committed") {
                let path = inner.join(entry.expect("the entry can be read").file_name());
                if root().join(&path).is_dir() {
                    folders.push(path);
                } else {
                    fs::copy(root().join(&path), folder.path().join(&path)).expect("writable");
                }
            }
        }
    };
    copy("results/records");
    fs::create_dir_all(folder.path().join("data")).expect("writable");
    for file in ["data/manifest.json", "data/README.md", "README.md"] {
        fs::copy(root().join(file), folder.path().join(file)).expect("writable");
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_experiments"))
        .arg("report")
        .current_dir(folder.path())
        .output()
        .expect("the program can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut names = vec!["README.md".to_string(), "data/README.md".to_string()];
    let mut exhibits = vec![PathBuf::from("results")];
    while let Some(exhibit) = exhibits.pop() {
        for entry in fs::read_dir(folder.path().join(&exhibit)).expect("the report was written") {
            let path = exhibit.join(entry.expect("the entry can be read").file_name());
            match folder.path().join(&path).is_dir() {
                true if path == Path::new("results/records") => {}
                true => exhibits.push(path),
                false => names.push(path.display().to_string()),
            }
        }
    }
    for exhibit in ["table1/table1.md", "table2/table2.md", "fig4-grasping/fig4-grasping.svg", "fig15/fig15.csv"] {
        assert!(names.contains(&format!("results/{exhibit}")), "{names:?}");
    }
    let folder_of = |name: &str| Path::new(name).parent().map(Path::to_path_buf);
    let folders: std::collections::BTreeSet<_> = names.iter().filter_map(|name| folder_of(name)).collect();
    for made in folders.iter().filter(|folder| folder.starts_with("results")) {
        for entry in fs::read_dir(root().join(made)).expect("it is committed") {
            let path = made.join(entry.expect("the entry can be read").file_name());
            assert!(names.contains(&path.display().to_string()), "no record gives {}: remove it", path.display());
        }
    }
    for name in names {
        let same = fs::read(folder.path().join(&name)).ok() == fs::read(root().join(&name)).ok();
        assert!(same, "{name} is not what the records give: run `make report` and commit it");
    }
}

/// Whoever doubts a cell finds its runs.
#[test]
fn the_tables_keys_lead_to_their_records() {
    let mut cells = 0;
    for name in ["table1", "table2", "tables3-6", "tables7-10", "baselines", "datasets"] {
        let file = root().join(format!("results/{name}/{name}.csv"));
        let text = fs::read_to_string(&file).expect("the table is committed");
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let titles = lines.next().expect("a line of titles");
        let column = |title| titles.iter().position(|other| *other == title).expect("it has this column");
        for line in lines.filter(|line| line[column("seeds")] != "0") {
            let [task, method, key] = ["task", "method", "key"].map(|title| line[column(title)]);
            let seeds = fs::read_dir(root().join("results/records").join(task).join(method).join(key));
            let seeds = seeds.unwrap_or_else(|error| panic!("{name}: {line:?} has no records ({error})"));
            let seed = |name: &str| name.strip_prefix("seed-")?.strip_suffix(".json")?.parse::<u64>().ok();
            let seeds = seeds.filter_map(|file| seed(file.ok()?.file_name().to_str()?));
            let seeds = seeds.filter(|seed| *seed < 1_000).count(); // pilots are in no table
            let told = ["seeds", "failed"].map(|title| line[column(title)].parse::<usize>().expect("a number"));
            assert_eq!(seeds, told[0] + told[1], "{name}: {line:?}");
            cells += 1;
        }
    }
    assert!(cells > 50, "{cells} cells have runs");
}
