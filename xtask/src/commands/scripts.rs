//! One plain shell script per experiment: the hyperfine calls of bench-all, for whoever wants them without us.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use bench::experiment::{Case, Experiment, Size, Variant};
use bench::file::write;
use bench::terminal::tell;
use bench::workspace::Workspace;
use judge::Ledger;

#[derive(Args)]
pub(crate) struct Options {
    /// Change nothing; exit 1 if a script is stale, missing, or without its experiment
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    if options.check {
        let stale = stale(&workspace)?;
        for message in &stale {
            tell(message);
        }
        return Ok(ExitCode::from(u8::from(!stale.is_empty())));
    }
    let scripts = scripts(&workspace)?;
    // All of them before the first is written, so that an error leaves everything as it was.
    for Script { file, found, .. } in &scripts {
        let shown = workspace.shown(file);
        ensure!(
            *found != Found::NotOurs,
            "{shown} was not written by `cargo xtask scripts`, and one of its files belongs there: move it"
        );
    }
    for Script { file, text, mode, .. } in &scripts {
        write(file, text)?;
        fs::set_permissions(file, fs::Permissions::from_mode(*mode))
            .with_context(|| format!("cannot set the mode of {}", workspace.shown(file)))?;
    }
    for file in orphans(&workspace, &scripts)? {
        let shown = workspace.shown(&file);
        fs::remove_file(&file).with_context(|| format!("cannot remove {shown}"))?;
        tell(&format!("removed {shown}: its experiment is gone"));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with the folder of scripts, a line each.
pub(crate) fn stale(workspace: &Workspace) -> Result<Vec<String>> {
    let scripts = scripts(workspace)?;
    let wrong = |Script { file, found, .. }: &Script| {
        let what = match found {
            Found::Current => return None,
            Found::Nothing => "is missing; run `cargo xtask scripts`",
            Found::Stale => "is stale; run `cargo xtask scripts`",
            Found::NotOurs => {
                "was not written by `cargo xtask scripts`, and one of its files belongs there: move it"
            }
        };
        Some(format!("{}:1: {what}", workspace.shown(file)))
    };
    let gone = |file: PathBuf| {
        format!("{}:1: its experiment is gone; run `cargo xtask scripts`", workspace.shown(&file))
    };
    let mut messages: Vec<_> = scripts.iter().filter_map(wrong).collect();
    messages.extend(orphans(workspace, &scripts)?.into_iter().map(gone));
    Ok(messages)
}

/// An experiment's script as it ought to be, and what is in its place.
struct Script {
    file: PathBuf,
    text: String,
    mode: u32,
    found: Found,
}

#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    Current,
    Stale,
    NotOurs,
}

/// What all scripts do, in a file that they take in.
const SHARED: &str = "scripts/shared/measure.sh";
const SHARED_TEXT: &str = include_str!("../../../scripts/shared/measure.sh");

fn scripts(workspace: &Workspace) -> Result<Vec<Script>> {
    let shared = workspace.root.join(SHARED);
    let is_ours_too =
        fs::read_to_string(&shared).is_ok_and(|old| old.lines().next() == SHARED_TEXT.lines().next());
    let mut scripts = vec![Script::found(shared, SHARED_TEXT.to_owned(), 0o644, is_ours_too)];
    for experiment in Ledger::of(workspace)?.0 {
        let file = workspace.root.join(format!("scripts/{}.sh", experiment.name));
        let is_ours = is_ours(&file);
        scripts.push(Script::found(file, text(&experiment), 0o755, is_ours));
    }
    Ok(scripts)
}

impl Script {
    fn found(file: PathBuf, text: String, mode: u32, is_ours: bool) -> Self {
        let has_mode =
            |file: &Path| file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & mode == mode);
        // Of a folder or a dead link in its place too, the user is told.
        let found = if file.symlink_metadata().is_err() {
            Found::Nothing
        } else if !is_ours {
            Found::NotOurs
        } else if fs::read_to_string(&file).is_ok_and(|old| old == text) && has_mode(&file) {
            Found::Current
        } else {
            Found::Stale
        };
        Self { file, text, mode, found }
    }
}

/// Scripts that we have written for experiments that are no more.
fn orphans(workspace: &Workspace, scripts: &[Script]) -> Result<Vec<PathBuf>> {
    let mut orphans = Vec::new();
    for entry in fs::read_dir(workspace.root.join("scripts")).into_iter().flatten() {
        let file = entry?.path();
        if is_ours(&file) && !scripts.iter().any(|script| script.file == file) {
            orphans.push(file);
        }
    }
    orphans.sort();
    Ok(orphans)
}

/// A file is ours if it says so, and for the experiment that it is named after: a copy under another name is its
/// owner's.
fn is_ours(file: &Path) -> bool {
    let Some(name) = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".sh")) else {
        return false;
    };
    let written_for = format!("/{name}/experiment.toml.");
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().any(|line| line.starts_with(MARK) && line.ends_with(&written_for))
}

const MARK: &str = "# Written by `cargo xtask scripts` from ";

/// The script, from its first line to its last. What all of them do is in scripts/shared.
fn text(experiment: &Experiment) -> String {
    let Experiment { name, folder, .. } = experiment;
    let (title, shown) = (one_line(&experiment.title), one_line(&folder.to_string_lossy()));
    let folder = shell_words::quote(&folder.to_string_lossy()).into_owned();
    let has_python = experiment.variants.iter().any(Variant::is_python);
    let needs = [("origin", experiment.needs_origin), ("python", has_python)];
    let needs: Vec<_> = needs.into_iter().filter_map(|(need, is_needed)| is_needed.then_some(need)).collect();
    let needs = shell_words::quote(&needs.join(" ")).into_owned();
    let imports = experiment.variants.iter().filter(|variant| variant.needs_packages);
    let imports: Vec<_> = imports.map(|variant| variant.name.as_str()).collect();
    let imports = shell_words::quote(&imports.join(" ")).into_owned();
    let rows: Vec<_> = experiment.cases.iter().map(|case| rows(experiment, case)).collect();
    let rows = rows.concat();
    format!(
        r#"#!/bin/sh
# {name}: {title}
#
{MARK}{shown}/experiment.toml.
#
#     ROUNDS=5 SIZE=default sh scripts/{name}.sh
#
# What it does, and where its results go: scripts/shared/measure.sh.

set -eu
arguments=$#
CDPATH='' cd -- "$(dirname -- "$0")/.."
experiment={name} folder={folder} needs={needs} imports={imports}
. scripts/shared/measure.sh

while next_round; do
{rows}done
"#
    )
}

/// A line for each tier of a case. By hand: `target/release/NAME VARIANT ARGUMENT..`.
fn rows(experiment: &Experiment, case: &Case) -> String {
    let mut text = String::new();
    for (size, tier) in [(Size::Quick, "quick"), (Size::Default, "default"), (Size::Full, "full")] {
        let variants = experiment.variants.iter().filter(|variant| variant.tier(&case.name) == Some(size));
        let variants: Vec<_> = variants.map(|variant| variant.name.as_str()).collect();
        // A few to a line, so that it can be read in a terminal.
        let lines: Vec<_> = variants.chunks(5).map(|names| names.join(" ")).collect();
        if lines.is_empty() {
            continue;
        }
        text += &format!("    measure {tier} {} \"{}\"", case.name, lines.join("\n        "));
        for argument in &case.args {
            // Once for this shell and once for hyperfine; a plain word stays as it is.
            text += &format!(" {}", shell_words::quote(&shell_words::quote(argument)));
        }
        text += "\n";
    }
    text
}

/// Text that is not ours, for a comment: its second line would be a command.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_forgets_the_sizes_of_pools_as_bench_all_does() {
        let line = SHARED_TEXT.lines().find(|line| line.starts_with("unset ")).unwrap();
        assert_eq!(line.split(' ').skip(1).collect::<Vec<_>>(), bench::hyperfine::POOL_SIZES);
    }
}
