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

pub struct Experiment {
    pub name: String,
    pub group: String,
    /// From the root of the workspace.
    pub folder: PathBuf,
    pub title: String,
    pub claims: Vec<String>,
    pub needs_origin: bool,
    pub timeout: Duration,
    pub analysis: String,
    pub figures: Vec<Figure>,
    pub timelines: Vec<Timeline>,
    pub charts: Vec<Chart>,
    pub curves: Vec<Curve>,
    pub growths: Vec<Growth>,
    /// The picture that stands on the front page, by its name.
    pub front_picture: Option<String>,
    pub cases: Vec<Case>,
    pub variants: Vec<Variant>,
}

/// A figure that this experiment is about, shown beside those that all experiments have.
pub struct Figure {
    /// Into the outcome, as that of an expectation.
    pub path: String,
    pub title: String,
    pub shown: Shown,
}

/// What stands in a figure's column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
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

pub struct Case {
    pub name: String,
    pub args: Vec<String>,
    pub tier: Size,
    /// The n of a case that is one of a series, the same as the others of it but for this.
    pub size: Option<u64>,
    expect: Vec<Expectation>,
}

pub struct Variant {
    pub name: String,
    pub model: Model,
    pub role: Role,
    pub twin: Option<String>,
    /// From the root of the workspace.
    pub file: PathBuf,
    /// The files that its own takes in, likewise; `copy` brings them along.
    pub with: Vec<PathBuf>,
    /// When to take this one and no other.
    pub when: Option<String>,
    /// What `main` must call first.
    pub setup: Option<String>,
    pub dependencies: Vec<Dependency>,
    /// For `copy`: the lowest edition and the lowest Rust that compile it.
    pub edition: Option<String>,
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
    pub name: String,
    /// As in the workspace's table.
    pub version: String,
    pub features: Vec<String>,
    pub default_features: bool,
}

/// How much a run of bench-all measures; also the smallest run that includes a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    Quick,
    #[default]
    Default,
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    Threads,
    Async,
    Processes,
    Serial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Right,
    Wrong,
    Floor,
    Library,
}

impl Size {
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Default => "default",
            Self::Full => "full",
        }
    }
}

impl Model {
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
