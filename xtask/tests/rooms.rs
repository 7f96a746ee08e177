//! The harness's rooms depend one way: on crates by cargo's own rule, and within a crate no files import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use glob::{Pattern, glob};
use serde_json::Value;

const SOURCES: [&str; 4] = [
    "crates/harness/bench/src",
    "crates/harness/judge/src",
    "crates/harness/report/src",
    "xtask/src/commands",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Which modules at the top of a crate each of them imports. The tests within a file are left out.
fn imports(sources: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut imports: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for file in rust_files(sources) {
        let inside = file.strip_prefix(sources).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        // One level up from a file at the top is the crate.
        let here =
            if inside.iter().count() == 1 { ["crate::", "super::"] } else { ["crate::", "super::super::"] };
        for name in here.iter().flat_map(|path| text.split(path).skip(1)) {
            let names = name.strip_prefix('{').map_or(name, |list| list.split('}').next().unwrap());
            let is_list = names.len() < name.len();
            for name in
                names.split(if is_list { ", " } else { "::" }).take(if is_list { usize::MAX } else { 1 })
            {
                let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
                imports.entry(module.clone()).or_default().insert(name[..end].to_owned());
            }
        }
    }
    let modules: BTreeSet<_> = imports.keys().cloned().collect();
    for (module, names) in &mut imports {
        names.retain(|name| modules.contains(name) && name != module && name != "lib");
    }
    imports
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    glob(&format!("{}/**/*.rs", Pattern::escape(folder.to_str().unwrap())))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// What is left when all that imports nothing of the rest, or that nothing of the rest imports, has been taken away, again and again.
fn circle(mut imports: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    loop {
        let imported: BTreeSet<_> = imports.values().flatten().cloned().collect();
        let before = imports.len();
        imports.retain(|name, names| imported.contains(name) && !names.is_empty());
        if imports.len() == before {
            return imports;
        }
        let left: BTreeSet<_> = imports.keys().cloned().collect();
        for names in imports.values_mut() {
            names.retain(|name| left.contains(name));
        }
    }
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    for sources in SOURCES {
        let mut imports = imports(&root().join(sources));
        assert!(imports.len() > 1, "{sources}: {imports:?}");
        // What a crate's root has, all of its files may use.
        imports.retain(|name, _| name != "lib" && name != "main");
        let left = circle(imports);
        assert!(left.is_empty(), "{sources}: in a circle: {left:#?}");
    }
}

/// The harness is for any experiment: what it is about stands in the experiment's folder.
#[test]
fn no_name_of_an_experiment_or_a_case_stands_in_the_code() {
    let mut list = Command::cargo_bin("xtask").unwrap();
    let listed = list.current_dir(root()).args(["list", "--json"]).assert().success();
    let listed: Vec<Value> = serde_json::from_slice(&listed.get_output().stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut names = BTreeSet::new();
    for experiment in &listed {
        names.insert(text(&experiment["experiment"]));
        names.extend(experiment["cases"].as_array().unwrap().iter().map(text));
    }
    // Some cases are called by a common word.
    names.retain(|name| name.contains('-'));
    assert!(names.len() > 40, "{names:?}");
    for sources in SOURCES {
        for file in rust_files(&root().join(sources)) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for (line, number) in
                code.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with("//"))
            {
                // As a part of a word too: the name of a picture begins with that of its experiment.
                let found = names.iter().find(|name| line.contains(*name));
                assert!(found.is_none(), "{found:?} in {}:{number}", file.display());
            }
        }
    }
}

/// A reader takes in a whole file of the harness.
#[test]
fn no_file_has_more_than_400_lines() {
    const MOST_LINES: usize = 400;
    for folder in ["crates/harness", "xtask"] {
        for file in rust_files(&root().join(folder)) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= MOST_LINES, "{} has {lines} lines: split it by job", file.display());
        }
    }
}

#[test]
fn a_circle_is_found() {
    let imports = |all: &[(&str, &[&str])]| {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        all.iter().map(|(name, names)| ((*name).to_owned(), owned(names))).collect()
    };
    assert!(circle(imports(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])).is_empty());
    let left = circle(imports(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])]));
    assert_eq!(left.into_keys().collect::<Vec<_>>(), ["b", "c"]);
}
