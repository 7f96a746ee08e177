//! `data/<experiment>.json`: what was measured, as it is kept.

mod row;
mod sound;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::build::Settings;
use crate::experiment::{Experiment, JUDGED, Size};
use crate::file::{json, write};
use crate::git;
use crate::hyperfine::Hyperfine;
use crate::machine::{self, Machine};
use crate::text::{Commit, LONGEST_NAME, Moment, Name, Text, clean, is_name};
use crate::workspace::Workspace;

pub use row::{Row, Status, Stopped};

/// The version of this layout.
const SCHEMA: u32 = 1;

/// What was measured of one experiment: a data file.
#[derive(Serialize, Deserialize)]
pub struct Data {
    /// The version of the file's layout; a file of another version is refused.
    pub schema: u32,
    /// Its name, which is also that of the file.
    pub experiment: Name,
    /// Where it was measured.
    pub machine: Machine,
    /// What `rustc --version` printed; empty if it did not answer.
    pub toolchain: Text,
    /// The version of hyperfine: `1.20.0`.
    pub hyperfine: Text,
    /// None outside a git checkout.
    pub commit: Option<Commit>,
    /// Whether the checkout differed from the commit, `results` left out. False without a commit.
    pub dirty: bool,
    /// What beside the commit had a say in the programs: a target, flags, a profile.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub build: Settings,
    /// When this experiment began, in UTC.
    pub started: Moment,
    /// Which cases were included, and how many rounds.
    pub size: Size,
    /// False while the run goes on, and after an interrupt.
    pub complete: bool,
    /// Wall-clock seconds of the measuring step, the harness included.
    pub measuring_s: f64,
    /// None in data that were written before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Load>,
    /// One for each variant in each case; of a variant in Python one for each interpreter.
    pub rows: Vec<Row>,
}

/// How many processes ran or waited for a core, on average over a minute: before this experiment began, and when it ended. None where
/// the system does not tell, and until it has ended.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Load {
    /// Before the first round.
    pub before: Option<f64>,
    /// After the last round.
    pub after: Option<f64>,
}

/// What is the same for every experiment of a run.
pub struct Setting {
    /// This machine. Its label is the name of the folder that the results go to.
    pub machine: Machine,
    toolchain: Text,
    commit: Option<Commit>,
    dirty: bool,
    /// What changes the programs; empty until they are built.
    pub build: Settings,
}

impl Setting {
    /// Asks this machine, its compiler and git. Without an answer the toolchain is empty, and the commit is none.
    pub fn here(workspace: &Workspace) -> Self {
        let (commit, dirty) = git::commit(&workspace.root).unzip();
        Self {
            machine: Machine::this(),
            toolchain: machine::toolchain().unwrap_or_default().into(),
            commit: commit.and_then(|commit| Commit::new(&commit)),
            dirty: dirty.unwrap_or_default(),
            build: Settings::new(),
        }
    }
}

impl Data {
    /// Data without rows, of a run that starts now.
    pub fn begin(setting: &Setting, experiment: &Experiment, hyperfine: &Hyperfine, size: Size) -> Self {
        Self {
            schema: SCHEMA,
            experiment: Name::of(&experiment.name),
            machine: setting.machine.clone(),
            toolchain: setting.toolchain.clone(),
            hyperfine: hyperfine.version.as_str().into(),
            commit: setting.commit.clone(),
            dirty: setting.dirty,
            build: setting.build.clone(),
            started: Moment::now(),
            size,
            complete: false,
            measuring_s: 0.0,
            load: None,
            rows: Vec::new(),
        }
    }

    /// Reads a file that says what can be; any other is refused by its name.
    ///
    /// # Errors
    /// If the file cannot be read, is larger than 64 MB, has another schema, or holds what cannot be. The message names the file
    /// and says what is wrong in it.
    pub fn read(file: &Path) -> Result<Self> {
        let data = Self::read_times(file)?;
        data.check_runs().map_err(|error| unsound(file, &error))?;
        Ok(data)
    }

    /// The same, for who compares times: what the runs reported need not belong to them.
    ///
    /// # Errors
    /// As [`Data::read`], but not if runs and their outcomes do not match: [`Data::check_runs`] tells.
    pub fn read_times(file: &Path) -> Result<Self> {
        let text = outcome::read_text(file, MOST_BYTES).map_err(|error| unsound(file, &error))?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let read =
            serde_json::from_str::<Self>(&text).map_err(|error| other_schema(&text).unwrap_or(error.into()));
        let checked = read.and_then(|data| data.check(&stem).map(|()| data));
        checked.map_err(|error| unsound(file, &error))
    }

    /// Every experiment's data in a machine's folder, by name.
    ///
    /// # Errors
    /// If one of the files is refused, as by [`Data::read`]. A folder that does not exist holds no data.
    pub fn read_all(machine: &Path) -> Result<Vec<Self>> {
        Self::files(machine)?.iter().map(|file| Self::read(file)).collect()
    }

    /// The files that hold an experiment's data, by name. What else is there is no business of ours: what editors and systems leave
    /// beside a file, folders, links that lead nowhere.
    ///
    /// # Errors
    /// If an entry of the folder cannot be read. A folder that does not exist holds no files.
    pub fn files(machine: &Path) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(machine.join("data")).into_iter().flatten() {
            let file = entry?.path();
            let name =
                file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".json"));
            let is_ours = name
                .is_some_and(|name| is_name(name) && name.len() <= LONGEST_NAME && !JUDGED.contains(&name));
            if is_ours && file.metadata().is_ok_and(|metadata| !metadata.is_dir()) {
                files.push(file);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Where an experiment's data are in a machine's folder.
    pub fn file(machine: &Path, experiment: &str) -> PathBuf {
        machine.join(format!("data/{experiment}.json"))
    }

    /// Writes the data into a machine's folder, which is made if it does not exist.
    ///
    /// # Errors
    /// As [`write()`].
    pub fn save(&self, machine: &Path) -> Result<()> {
        write(&Self::file(machine, &self.experiment), &json(self)?)
    }

    /// Takes an experiment's data out of a machine's folder, and the folder away with the last of them.
    ///
    /// # Errors
    /// If what remains in the folder cannot be read. A file that cannot be removed is left, without an error.
    pub fn discard(machine: &Path, experiment: &str) -> Result<()> {
        fs::remove_file(Self::file(machine, experiment)).ok();
        fs::remove_file(machine.join(format!("{experiment}.md"))).ok();
        if Self::read_all(machine)?.is_empty() {
            fs::remove_dir_all(machine).ok();
        }
        Ok(())
    }

    /// Whether any run has reported something: without it there is nothing to keep.
    pub fn has_outcomes(&self) -> bool {
        self.rows.iter().any(|row| !row.outcomes.is_empty())
    }

    /// Whether a run in CPython has a time.
    pub fn has_python(&self) -> bool {
        self.rows.iter().any(|row| row.interpreter.is_some() && !row.times_s.is_empty())
    }

    /// Whether these tell of each row at least as much as others do.
    pub fn covers(&self, other: &Self) -> bool {
        let runs = |data: &Self, of: &Row| {
            let is_it = |row: &&Row| {
                (&row.case, &row.variant, &row.interpreter) == (&of.case, &of.variant, &of.interpreter)
            };
            data.rows.iter().find(is_it).map_or(0, |row| row.times_s.len())
        };
        let as_many = other.rows.iter().all(|row| runs(self, row) >= row.times_s.len());
        as_many && self.size >= other.size && self.machine.is_like(&other.machine)
    }

    /// The experiment as it stands today; none if it is gone.
    pub fn experiment_of<'a>(&self, experiments: &'a [Experiment]) -> Option<&'a Experiment> {
        experiments.iter().find(|experiment| self.experiment == experiment.name)
    }

    /// On what machine, and when, with what and from which commit.
    pub fn provenance(&self) -> (Text, Text) {
        let commit = self.short_commit().map_or("no commit".to_owned(), |commit| format!("commit {commit}"));
        let machine = format!("{} ({} cores)", self.machine.processor.plain(), self.machine.cores);
        let toolchain = self.toolchain.plain();
        let mut circumstances = format!("{}, {toolchain}, {commit}, {} run", self.started, self.size.name());
        if !self.build.is_empty() {
            // Values may be long: they are where it says how it was measured.
            let names: Vec<_> = self.build.keys().map(Text::plain).collect();
            circumstances += &format!(", built with {}", names.join(", "));
        }
        (machine.into(), circumstances.into())
    }

    /// The commit that was measured, and whether it was as it is in git.
    pub fn short_commit(&self) -> Option<String> {
        let short = self.commit.as_ref()?.short();
        Some(short.to_owned() + if self.dirty { " with changes" } else { "" })
    }

    /// A variant's row in a case; of several interpreters the first one's.
    pub fn row(&self, case: &str, variant: &str) -> Option<&Row> {
        self.rows_of(case, variant).next()
    }

    /// A variant's row in the case of another row, by the same interpreter where that ran it too.
    pub fn row_beside(&self, row: &Row, variant: &str) -> Option<&Row> {
        let in_the_same = |other: &&Row| other.interpreter == row.interpreter;
        self.rows_of(&row.case, variant).find(in_the_same).or_else(|| self.row(&row.case, variant))
    }

    /// A variant's rows in a case, one for each interpreter.
    pub fn rows_of(&self, case: &str, variant: &str) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.case == case && row.variant == variant)
    }
}

/// A file of more is none that bench-all wrote: the largest that there is has 3 MB.
const MOST_BYTES: u64 = 64 << 20;

/// What is wrong with a data file, and what to do about it.
fn unsound(file: &Path, error: &Error) -> Error {
    let error = clean(&format!("{error:#}"));
    anyhow!(
        "{} is not what bench-all writes: {error}; restore it or delete it",
        clean(&file.to_string_lossy())
    )
}

/// Another schema may have other fields, so it is told first.
fn other_schema(text: &str) -> Option<Error> {
    let schema = serde_json::from_str::<Value>(text).ok()?.get("schema")?.as_u64()?;
    (schema != u64::from(SCHEMA)).then(|| anyhow!("it has schema {schema}, not {SCHEMA}"))
}

#[cfg(test)]
mod tests {
    /// Without `serde_json`'s `float_roundtrip` the last digit of this one changes, and a page that is written again changes with it.
    #[test]
    fn a_figure_is_written_as_it_was_read() {
        let text = "2.2016815000000003e-7";
        assert_eq!(serde_json::from_str::<serde_json::Value>(text).unwrap().to_string(), text);
    }
}
