//! experiment.toml: read, checked, and refused with file and line.

mod expectation;
mod pictures;
mod source;
mod tables;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use semver::Version;
use serde::{Deserialize, Serialize};

use expectation::Expectation;
pub use expectation::check_path;
pub(crate) use expectation::verify;
pub use pictures::{Chart, Curve, Grows, Growth, Kind, MOST_LINES, Timeline};
pub use source::{Source, check_claim, rust_version};
use tables::Tables;

/// What an experiment.toml describes, checked.
pub struct Experiment {
    /// The name of its folder.
    pub name: String,
    /// The name of the folder above: `patterns`.
    pub group: String,
    /// From the root of the workspace.
    pub folder: PathBuf,
    /// What it shows, in a line.
    pub title: String,
    /// The numbers of the claims that it judges, `R1`; may be empty.
    pub claims: Vec<String>,
    /// Whether it fetches: each run then gets `--origin URL`.
    pub needs_origin: bool,
    /// A run that takes longer is killed, and has failed.
    pub timeout: Duration,
    /// Markdown for its page: what to look at in the figures.
    pub analysis: String,
    /// The figures of its own, for a table of each case; may be empty.
    pub figures: Vec<Figure>,
    /// The pictures of what each worker did when.
    pub timelines: Vec<Timeline>,
    /// The pictures of one figure in several cases.
    pub charts: Vec<Chart>,
    /// The pictures of a count over time.
    pub curves: Vec<Curve>,
    /// The pictures of a figure over n.
    pub growths: Vec<Growth>,
    /// The picture that stands on the front page, by its name.
    pub front_picture: Option<String>,
    /// At least one. The first is the one that its README shows.
    pub cases: Vec<Case>,
    /// At least one.
    pub variants: Vec<Variant>,
}

/// A figure that this experiment is about, shown beside those that all experiments have.
pub struct Figure {
    /// Into the outcome, as that of an expectation.
    pub path: String,
    /// The head of its column.
    pub title: String,
    /// What the column has for each row.
    pub shown: Shown,
}

/// What stands in a figure's column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The median of the runs, with its interval.
    Median,
    /// The median, and in a second column its ratio to the twin's.
    AgainstTwin,
    /// What this variant has, divided by it: of a time, how many times as fast the row is.
    Over(String),
    /// The largest of all runs.
    Worst,
    /// All runs together.
    Sum,
}

/// One set of arguments, with what a right answer to it is.
pub struct Case {
    /// Unique among the cases of the experiment.
    pub name: String,
    /// What follows the variant on the command line.
    pub args: Vec<String>,
    /// The smallest run that includes it. A variant may have a larger one: see [`Variant::tier`].
    pub tier: Size,
    /// The n of a case that is one of a series, the same as the others of it but for this.
    pub size: Option<u64>,
    expect: Vec<Expectation>,
}

/// One way to do the work: a module in Rust, or a file in Python.
pub struct Variant {
    /// Its module; of Python, `python_` and the name of its file.
    pub name: String,
    /// How its work runs concurrently.
    pub model: Model,
    /// What it is there for.
    pub role: Role,
    /// The name of the variant that it is compared with; None if there is none.
    pub twin: Option<String>,
    /// From the root of the workspace.
    pub file: PathBuf,
    /// The files that its own takes in, likewise; `copy` brings them along.
    pub with: Vec<PathBuf>,
    /// When to take this one and no other.
    pub when: Option<String>,
    /// What `main` must call first.
    pub setup: Option<String>,
    /// For `copy`: the crates that its file imports.
    pub dependencies: Vec<Dependency>,
    /// For `copy`: the lowest edition that compiles it; None if that is not checked.
    pub edition: Option<String>,
    /// For `copy`: the lowest Rust that compiles it; None if that is not checked.
    pub rust_version: Option<Version>,
    /// For `copy`: the crates whose macro makes a `main` that can call it, with the features which that macro needs.
    pub main: BTreeMap<String, Vec<String>>,
    /// Of Python: whether it imports what the standard library has not.
    pub needs_packages: bool,
    /// Of Python: the cases that not only the first version on this machine runs.
    versions: BTreeMap<String, Versions>,
    /// The cases that it runs, and the smallest run that includes it there.
    cases: BTreeMap<String, Size>,
    expect: Vec<Expectation>,
}

/// Which of the versions of CPython on this machine run a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Versions {
    #[default]
    First,
    /// The first, and the first that differs from it in whether it has the GIL.
    EachBuild,
    Each,
}

/// A crate that a variant imports, with what real use needs of it.
pub struct Dependency {
    /// As on crates.io.
    pub name: String,
    /// As in the workspace's table.
    pub version: String,
    /// Those that real use needs. The features in the workspace's table do not count.
    pub features: Vec<String>,
    /// Whether real use needs the default features.
    pub default_features: bool,
}

/// How much a run of bench-all measures; also the smallest run that includes a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// Each row once, without the large cases.
    Quick,
    /// Each row at least five times, without the largest cases.
    #[default]
    Default,
    /// The same, with the largest cases.
    Full,
}

/// How the work of a variant runs concurrently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// In threads of the operating system.
    Threads,
    /// In tasks, which switch at an await only.
    Async,
    /// In several processes.
    Processes,
    /// Not at all: one piece after the other.
    Serial,
}

/// What a variant is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// To give the right answer.
    Right,
    /// To show a mistake; its answer may be wrong.
    Wrong,
    /// As a baseline: the least work that the same shape can be done with.
    Floor,
    /// To show the crate to use instead of one's own code.
    Library,
}

impl Size {
    /// As on the command line and in the data files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Default => "default",
            Self::Full => "full",
        }
    }
}

impl Model {
    /// As in experiment.toml.
    pub fn name(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Async => "async",
            Self::Processes => "processes",
            Self::Serial => "serial",
        }
    }
}

impl Role {
    /// As in experiment.toml.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Floor => "floor",
            Self::Library => "library",
        }
    }
}

/// What the name of a variant in Python begins with.
const PYTHON: &str = "python_";

/// The files beside the data of the experiments that hold what these were judged to say.
pub(crate) const JUDGED: [&str; 2] = ["claims", "tree"];

impl Experiment {
    /// Reads and checks an experiment.toml; `root` is the folder of the workspace.
    ///
    /// # Errors
    /// If the file cannot be read or is not below `root`; with file and line, if something in it is wrong.
    pub fn read(root: &Path, file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let folder =
            file.parent().and_then(|folder| folder.strip_prefix(root).ok()).context("outside the root")?;
        let source = Source { text: &text, shown: folder.join("experiment.toml") };
        let tables: Tables = toml::from_str(&text)
            .map_err(|error| source.error(error.span().unwrap_or(0..0), error.message().trim()))?;
        tables.check(root, folder, &source)
    }

    /// The rows that a run of this size measures.
    pub fn rows(&self, size: Size) -> impl Iterator<Item = (&Case, &Variant)> {
        self.cases.iter().flat_map(move |case| {
            let runs = move |variant: &&Variant| variant.tier(&case.name).is_some_and(|tier| tier <= size);
            self.variants.iter().filter(runs).map(move |variant| (case, variant))
        })
    }

    /// None if there is no variant of this name.
    pub fn variant(&self, name: &str) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.name == name)
    }
}

impl Variant {
    /// The Python file's variants are run by CPython, all others by the experiment's own binary.
    pub fn is_python(&self) -> bool {
        self.name.starts_with(PYTHON)
    }

    /// Its module, as `main.rs` and `main.py` know it.
    pub(crate) fn module(&self) -> &str {
        self.name.strip_prefix(PYTHON).unwrap_or(&self.name)
    }

    /// Of Python: which versions on this machine run this case.
    pub(crate) fn versions(&self, case: &str) -> Versions {
        self.versions.get(case).copied().unwrap_or_default()
    }

    fn runs(&self, case: &str) -> bool {
        self.tier(case).is_some()
    }

    /// The smallest run in which it runs this case, if it does at all.
    pub fn tier(&self, case: &str) -> Option<Size> {
        self.cases.get(case).copied()
    }
}
