//! The rules of the house that a compiler does not know.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::report;
use crate::experiment::{Experiment, Role, Variant};
use crate::workspace::Workspace;

/// A variant file is read in a minute.
const MOST_LINES: usize = 120;
/// Crates of the harness, which nobody who copies a file has.
const HARNESS: [&str; 4] = ["outcome", "origin", "clap", "serde_json"];

pub(crate) fn run() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let mut findings = Vec::new();
    for folder in workspace.experiment_folders()? {
        for name in ["experiment.toml", "README.md"] {
            if !folder.join(name).is_file() {
                findings.push(format!("{}: has no {name}", workspace.shown(&folder)));
            }
        }
    }
    // A stale page is worth telling only of a house whose parts can all be read.
    if findings.is_empty() {
        for experiment in workspace.experiments()? {
            for variant in &experiment.variants {
                findings.extend(check_variant(&workspace.root, &experiment, variant)?);
            }
        }
        findings.extend(report::stale(&workspace)?);
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

fn check_variant(root: &Path, experiment: &Experiment, variant: &Variant) -> Result<Vec<String>> {
    let file = variant.file.display();
    let text = fs::read_to_string(root.join(&variant.file)).with_context(|| format!("cannot read {file}"))?;
    let (opening, comment) = if variant.is_python() { ("\"\"\"", "#") } else { ("//!", "//") };
    let mut findings = Vec::new();
    if !text.starts_with(opening) {
        findings.push(format!("{file}:1: begins without {opening}: say what it does and what to expect"));
    }
    let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with(comment);
    let count = text.lines().filter(code).count();
    if count > MOST_LINES {
        findings.push(format!("{file}:1: has {count} lines of code, more than {MOST_LINES}"));
    }
    let mark = match variant.role {
        Role::Wrong => Some("Wrong: "),
        Role::Right => Some("Right: "),
        Role::Floor | Role::Library => None,
    };
    if let Some(mark) = mark
        && !text.contains(&format!("{comment} {mark}"))
    {
        findings.push(format!(
            "{file}:1: marks no line with `{comment} {mark}`: say which line decides, and why"
        ));
    }
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| code(line)) {
        for name in HARNESS.into_iter().filter(|name| uses(line, name)) {
            findings.push(format!("{file}:{number}: uses `{name}`: nobody who copies the file has it"));
        }
        if experiment.group == "patterns" && (uses(line, "crate") || uses(line, "super")) {
            findings.push(format!("{file}:{number}: uses our own crate: a pattern is copied as one file"));
        }
    }
    Ok(findings)
}

/// Whether a line of code names a crate: `name::`, `use name`, or `name` within the braces of a `use`.
fn uses(line: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let whole = !before.ends_with(word) && !after.starts_with(word);
        let path = after.starts_with("::") && !before.ends_with("::");
        let import =
            ["use", "extern crate", "import", "from"].iter().any(|key| before.trim_end().ends_with(key));
        whole && (path || import)
    })
}

#[cfg(test)]
mod tests {
    use super::uses;

    #[test]
    fn a_crate_is_found_however_it_is_named() {
        for line in
            ["use outcome::Run;", "use outcome;", "    outcome::report()", "use {std::fs, outcome::Run};"]
        {
            assert!(uses(line, "outcome"), "{line}");
        }
    }

    #[test]
    fn a_word_that_is_no_crate_is_left_alone() {
        for line in ["let outcome = 1;", "use my_outcome::Run;", "self::outcome::x();", "let origin_url = 2;"]
        {
            assert!(!uses(line, "outcome") && !uses(line, "origin"), "{line}");
        }
    }
}
