//! `data/<experiment>.json`: what was measured, as it is kept.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::to_raw_value;

use crate::build::Settings;
use crate::experiment::{Experiment, Size};
use crate::git;
use crate::hyperfine::Hyperfine;
use crate::machine::{self, Machine};
use crate::process::{self, litter};
use crate::workspace::Workspace;

/// The version of this layout.
pub(crate) const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
pub(crate) struct Data {
    pub(crate) schema: u32,
    pub(crate) experiment: String,
    pub(crate) machine: Machine,
    pub(crate) toolchain: String,
    pub(crate) hyperfine: String,
    /// None outside a git checkout.
    pub(crate) commit: Option<String>,
    pub(crate) dirty: bool,
    /// What beside the commit had a say in the programs: a target, flags, a profile.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub(crate) build: Settings,
    pub(crate) started: String,
    pub(crate) size: Size,
    /// False while the run goes on, and after an interrupt.
    pub(crate) complete: bool,
    /// Wall-clock seconds of the measuring step, the harness included.
    pub(crate) measuring_s: f64,
    pub(crate) rows: Vec<Row>,
}

/// One variant in one case.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) case: String,
    #[serde(serialize_with = "on_one_line")]
    pub(crate) args: Vec<String>,
    pub(crate) variant: String,
    /// Which Python ran it, "CPython 3.11.7" say; none if it is Rust. Where there are several, the one that all is judged by is first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interpreter: Option<String>,
    pub(crate) status: Status,
    /// Why it is not `ok`.
    pub(crate) reason: Option<String>,
    /// Wall-clock seconds of the whole process, by hyperfine.
    #[serde(serialize_with = "on_one_line")]
    pub(crate) times_s: Vec<f64>,
    /// What each of those runs reported; a failed row ends with the outcome that was refused.
    #[serde(serialize_with = "one_line_each")]
    pub(crate) outcomes: Vec<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Ok,
    Failed,
    Refused,
    Skipped,
}

/// The files beside the data of the experiments that hold what these were judged to say.
pub(crate) const JUDGED: [&str; 2] = ["claims", "tree"];

/// What is the same for every experiment of a run.
pub(crate) struct Setting {
    pub(crate) machine: Machine,
    toolchain: String,
    commit: Option<String>,
    dirty: bool,
    pub(crate) build: Settings,
}

impl Setting {
    pub(crate) fn here(workspace: &Workspace) -> Self {
        let (commit, dirty) = git::commit(&workspace.root).unzip();
        Self {
            machine: Machine::this(),
            toolchain: machine::toolchain().unwrap_or_default(),
            commit,
            dirty: dirty.unwrap_or_default(),
            build: Settings::new(),
        }
    }
}

impl Data {
    pub(crate) fn begin(
        setting: &Setting,
        experiment: &Experiment,
        hyperfine: &Hyperfine,
        size: Size,
    ) -> Self {
        Self {
            schema: SCHEMA,
            experiment: experiment.name.clone(),
            machine: setting.machine.clone(),
            toolchain: setting.toolchain.clone(),
            hyperfine: hyperfine.version.clone(),
            commit: setting.commit.clone(),
            dirty: setting.dirty,
            build: setting.build.clone(),
            started: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            size,
            complete: false,
            measuring_s: 0.0,
            rows: Vec::new(),
        }
    }

    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let data: Self = serde_json::from_str(&text).with_context(|| {
            format!("{} is not what bench-all writes: restore it or delete it", file.display())
        })?;
        ensure!(data.schema == SCHEMA, "{} has schema {}, not {SCHEMA}", file.display(), data.schema);
        Ok(data)
    }

    /// Every experiment's data in a machine's folder, by name.
    pub(crate) fn read_all(machine: &Path) -> Result<Vec<Self>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(machine.join("data")).into_iter().flatten() {
            let file = entry?.path();
            let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            if file.extension().is_some_and(|extension| extension == "json") && !JUDGED.contains(&name) {
                files.push(file);
            }
        }
        files.sort();
        files.iter().map(|file| Self::read(file)).collect()
    }

    /// Where an experiment's data are in a machine's folder.
    pub(crate) fn file(machine: &Path, experiment: &str) -> PathBuf {
        machine.join(format!("data/{experiment}.json"))
    }

    pub(crate) fn save(&self, machine: &Path) -> Result<()> {
        write(&Self::file(machine, &self.experiment), &json(self)?)
    }

    /// Takes an experiment's data out of a machine's folder, and the folder away with the last of them.
    pub(crate) fn discard(machine: &Path, experiment: &str) -> Result<()> {
        fs::remove_file(Self::file(machine, experiment)).ok();
        fs::remove_file(machine.join(format!("{experiment}.md"))).ok();
        if Self::read_all(machine)?.is_empty() {
            fs::remove_dir_all(machine).ok();
        }
        Ok(())
    }

    pub(crate) fn has_outcomes(&self) -> bool {
        self.rows.iter().any(|row| !row.outcomes.is_empty())
    }

    /// The experiment as it stands today; none if it is gone.
    pub(crate) fn experiment_of<'a>(&self, experiments: &'a [Experiment]) -> Option<&'a Experiment> {
        experiments.iter().find(|experiment| experiment.name == self.experiment)
    }

    /// On what machine, and when, with what and from which commit.
    pub(crate) fn provenance(&self) -> (String, String) {
        let commit = self.short_commit().map_or("no commit".to_owned(), |commit| format!("commit {commit}"));
        let machine = format!("{} ({} cores)", self.machine.processor, self.machine.cores);
        let mut circumstances =
            format!("{}, {}, {commit}, {} run", self.started, self.toolchain, self.size.name());
        if !self.build.is_empty() {
            // Values may be long: they are where it says how it was measured.
            circumstances += &format!(
                ", built with {}",
                self.build.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
            );
        }
        (machine, circumstances)
    }

    /// The commit that was measured, and whether it was as it is in git.
    pub(crate) fn short_commit(&self) -> Option<String> {
        let short: String = self.commit.as_deref()?.chars().take(12).collect();
        Some(short + if self.dirty { " with changes" } else { "" })
    }

    /// A variant's row in a case; of several interpreters the first one's.
    pub(crate) fn row(&self, case: &str, variant: &str) -> Option<&Row> {
        self.rows_of(case, variant).next()
    }

    /// A variant's row in the case of another row, by the same interpreter where that ran it too.
    pub(crate) fn row_beside(&self, row: &Row, variant: &str) -> Option<&Row> {
        let in_the_same = |other: &&Row| other.interpreter == row.interpreter;
        self.rows_of(&row.case, variant).find(in_the_same).or_else(|| self.row(&row.case, variant))
    }

    /// A variant's rows in a case, one for each interpreter.
    pub(crate) fn rows_of(&self, case: &str, variant: &str) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.case == case && row.variant == variant)
    }
}

impl Row {
    /// A figure of every outcome, in the order of the runs.
    pub(crate) fn figures(&self, path: &[&str]) -> Vec<f64> {
        let figure = |outcome| {
            path.iter().try_fold(outcome, |value: &Value, key| value.get(key)).and_then(Value::as_f64)
        };
        self.outcomes.iter().filter_map(figure).collect()
    }
}

fn on_one_line<S: Serializer>(value: &impl Serialize, serializer: S) -> Result<S::Ok, S::Error> {
    to_raw_value(value).map_err(S::Error::custom)?.serialize(serializer)
}

fn one_line_each<S: Serializer>(values: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let lines: Result<Vec<_>, _> = values.iter().map(to_raw_value).collect();
    lines.map_err(S::Error::custom)?.serialize(serializer)
}

/// JSON that is kind to a reader and a diff: a line a field, a line a run, and a newline at the end.
pub(crate) fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Writes a file whole or not at all, and not when it holds the same already.
pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    ensure!(
        !file.is_dir(),
        "{} is a folder: a file of that name belongs there, move it away",
        file.display()
    );
    // A pipe would not be read to its end.
    if file.is_file() && fs::read(file).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    let folder = file.parent().context("a file has a folder")?;
    let write = || fs::create_dir_all(folder).and_then(|()| litter::replace(file, text.as_bytes()));
    process::carefully(|| write().with_context(|| format!("cannot write {}", file.display())))
}
