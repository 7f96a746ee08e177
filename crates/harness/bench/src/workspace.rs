//! Where things are: the root, the target directory, the experiments.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use glob::{Pattern, glob};
use serde::Deserialize;

use crate::Usage;
use crate::experiment::Experiment;
use crate::process;

/// The cargo that runs us, so that a toolchain chosen with `+NAME` stays chosen.
pub(crate) fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// A workspace, as cargo describes it.
pub struct Workspace {
    /// The folder of its Cargo.toml.
    pub root: PathBuf,
    /// Where cargo builds, also if that was set elsewhere.
    pub target: PathBuf,
    packages: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

/// Who has named a cargo that is none.
fn mend_of_cargo() -> &'static str {
    let named = env::var_os("CARGO").map(PathBuf::from);
    if named.is_some_and(|named| named.file_stem().is_none_or(|name| name != "cargo")) {
        ": unset CARGO, or set it to cargo"
    } else {
        ""
    }
}

/// Cargo reads the members of a workspace as a pattern, and the path before them with it.
fn mend_of_path(folder: &Path) -> String {
    let path = folder.canonicalize().unwrap_or_default();
    if path.to_string_lossy().contains(['*', '?', '[', ']']) {
        format!("\ncargo takes *, ?, [ and ] in {} for a pattern: move the folder", path.display())
    } else {
        String::new()
    }
}

impl Workspace {
    /// The workspace around the current directory.
    ///
    /// # Errors
    /// If cargo does not run, or finds no workspace: the message has what it printed.
    pub fn find() -> Result<Self> {
        Self::around(Path::new("."))
    }

    /// This one, without a question to cargo: a test of the crate is no xtask that could start it.
    #[cfg(any(test, feature = "synthetic"))]
    pub fn of_this_crate() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap().to_owned();
        Self { target: root.join("target"), root, packages: Vec::new() }
    }

    fn around(folder: &Path) -> Result<Self> {
        let program = cargo();
        let mut metadata = process::command(&program);
        metadata.current_dir(folder).args(["metadata", "--no-deps", "--format-version", "1"]);
        let output = process::output(&mut metadata);
        let output =
            output.with_context(|| format!("cannot ask {program} of the workspace{}", mend_of_cargo()))?;
        ensure!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("error: "),
            mend_of_path(folder)
        );
        let metadata: Metadata = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{program} does not answer as cargo does{}", mend_of_cargo()))?;
        let packages = metadata.packages.into_iter().map(|package| package.name).collect();
        Ok(Self { root: metadata.workspace_root, target: metadata.target_directory, packages })
    }

    pub(crate) fn has_package(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package == name)
    }

    /// The folders of experiments: all of crates/GROUP/NAME outside crates/support and crates/harness, in their order.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn experiment_folders(&self) -> Result<Vec<PathBuf>> {
        let pattern = format!("{}/crates/*/*/Cargo.toml", Pattern::escape(&self.root.to_string_lossy()));
        let mut folders = Vec::new();
        for manifest in glob(&pattern)? {
            let folder = manifest?.with_file_name("");
            if !["crates/support", "crates/harness"].iter().any(|no| folder.starts_with(self.root.join(no))) {
                folders.push(folder);
            }
        }
        Ok(folders)
    }

    /// Every experiment.toml, read and checked. What is claimed of them is not: `judge::Ledger::of` does both.
    ///
    /// # Errors
    /// If one cannot be read; with file and line, if something in it is wrong.
    pub fn experiments(&self) -> Result<Vec<Experiment>> {
        let folders = self.experiment_folders()?;
        let files = folders.iter().map(|folder| folder.join("experiment.toml")).filter(|file| file.exists());
        files.map(|file| Experiment::read(&self.root, &file)).collect()
    }

    /// Those of `all` whose name matches one of `globs`; all of them when there are no globs.
    ///
    /// # Errors
    /// [`Usage`] if a glob is malformed or matches nothing; another error if there are no experiments.
    pub fn select(&self, all: Vec<Experiment>, globs: &[String]) -> Result<Vec<Experiment>> {
        ensure!(!all.is_empty(), "no experiment.toml in {}/crates", self.root.display());
        if globs.is_empty() {
            return Ok(all);
        }
        let mut patterns = Vec::new();
        for text in globs {
            let pattern = Pattern::new(text).map_err(|error| Usage(format!("--only '{text}': {error}")))?;
            if !all.iter().any(|experiment| pattern.matches(&experiment.name)) {
                let names: Vec<_> = all.iter().map(|experiment| experiment.name.as_str()).collect();
                bail!(Usage(format!(
                    "--only '{text}' matches no experiment; there are {}",
                    names.join(", ")
                )));
            }
            patterns.push(pattern);
        }
        let selected = |experiment: &Experiment| patterns.iter().any(|one| one.matches(&experiment.name));
        Ok(all.into_iter().filter(selected).collect())
    }

    /// `path` as a reader of the project knows it, from the root.
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
