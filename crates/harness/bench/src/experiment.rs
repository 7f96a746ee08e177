//! experiment.toml: read, checked, and refused with file and line.

mod pictures;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use glob::Pattern;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use crate::text::{clean, is_name};

pub use pictures::{Chart, Curve, Grows, Growth, Kind, MOST_LINES, Timeline};
use pictures::{ChartTable, CurveTable, GrowthTable, TimelineTable};

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
pub enum Versions {
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

/// What a right answer is: a figure of the outcome compared with a number.
#[derive(Clone, Debug)]
pub struct Expectation {
    path: String,
    comparison: String,
    number: f64,
}

/// Those of Rust, in their order.
const EDITIONS: [&str; 4] = ["2015", "2018", "2021", "2024"];

/// A version as `rust-version` takes it, and rustc says it: 1.79, 1.79.0, 1.79.0-nightly.
pub fn rust_version(text: &str) -> Option<Version> {
    let (numbers, _) = text.split_once('-').unwrap_or((text, ""));
    let zeros = 2_usize.checked_sub(numbers.matches('.').count())?;
    Version::parse(&(numbers.to_owned() + &".0".repeat(zeros))).ok()
}

/// What the name of a variant in Python begins with.
const PYTHON: &str = "python_";

/// The files beside the data of the experiments that hold what these were judged to say.
pub const JUDGED: [&str; 2] = ["claims", "tree"];

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

/// Checks what the case and the variant expect of an outcome; the first that is not met is the error.
pub fn verify(case: &Case, variant: &Variant, outcome: &Value) -> Result<(), String> {
    let mut expected: BTreeMap<&str, &Expectation> = BTreeMap::new();
    for expectation in case.expect.iter().chain(&variant.expect) {
        expected.insert(&expectation.path, expectation);
    }
    check_errors(outcome, |kind| expected.contains_key(&*format!("errors.{kind}")))?;
    expected.values().try_for_each(|expectation| expectation.check(outcome))
}

/// A run whose items failed has not done what its row stands for, unless an expectation says how many of that kind may.
fn check_errors(outcome: &Value, is_expected: impl Fn(&str) -> bool) -> Result<(), String> {
    const TOLD: usize = 3;
    let errors = outcome.get("errors").and_then(Value::as_object).into_iter().flatten();
    let counts = errors.filter_map(|(kind, count)| Some((kind, count.as_u64()?)));
    let unexpected: Vec<_> = counts.filter(|(kind, count)| *count > 0 && !is_expected(kind)).collect();
    if unexpected.is_empty() {
        return Ok(());
    }
    let mut kinds: Vec<_> =
        unexpected.iter().take(TOLD).map(|(kind, count)| format!("{} ({count})", clean(kind))).collect();
    if unexpected.len() > TOLD {
        kinds.push(format!("{} more kinds", unexpected.len() - TOLD));
    }
    let count: u64 = unexpected.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count));
    Err(format!("reported {count} errors, and nothing expects any: {}", kinds.join(", ")))
}

impl Variant {
    /// The Python file's variants are run by CPython, all others by the experiment's own binary.
    pub fn is_python(&self) -> bool {
        self.name.starts_with(PYTHON)
    }

    /// Its module, as `main.rs` and `main.py` know it.
    pub fn module(&self) -> &str {
        self.name.strip_prefix(PYTHON).unwrap_or(&self.name)
    }

    /// Of Python: which versions on this machine run this case.
    pub fn versions(&self, case: &str) -> Versions {
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

impl Expectation {
    fn parse(path: &str, text: &str) -> Result<Self, String> {
        check_path(path)?;
        let (comparison, number) = text.split_once(' ').unwrap_or((text, ""));
        let number = number.trim().parse().ok().filter(|number: &f64| number.is_finite());
        match number {
            Some(number) if ["==", "!=", "<", "<=", ">", ">="].contains(&comparison) => {
                Ok(Self { path: path.to_owned(), comparison: comparison.to_owned(), number })
            }
            _ => {
                Err(format!("`{text}` is no expectation; write one of == != < <= > >=, a space and a number"))
            }
        }
    }

    #[allow(clippy::float_cmp, reason = "counts are compared, and == on a count means equal")]
    fn check(&self, outcome: &Value) -> Result<(), String> {
        let figure = match self.path.strip_prefix("errors.") {
            // The kind is a text with points of its own, and what is not counted has not happened.
            Some(kind) => Some(outcome["errors"].get(kind).and_then(Value::as_f64).unwrap_or(0.0)),
            None => {
                self.path.split('.').try_fold(outcome, |value, key| value.get(key)).and_then(Value::as_f64)
            }
        };
        let Some(figure) = figure else {
            return Err(format!("reported no {}, expected {self}", self.path));
        };
        let met = match self.comparison.as_str() {
            "==" => figure == self.number,
            "!=" => figure != self.number,
            "<" => figure < self.number,
            "<=" => figure <= self.number,
            ">" => figure > self.number,
            _ => figure >= self.number,
        };
        if met { Ok(()) } else { Err(format!("reported {} {figure}, expected {self}", self.path)) }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.comparison, self.number)
    }
}

/// Whether there may be such a figure in an outcome.
pub fn check_path(path: &str) -> Result<(), String> {
    let roots = ["work", "metrics", "cpu", "memory", "switches", "errors", "witness"];
    let singles = ["elapsed_s", "threads_peak"];
    let known = singles.contains(&path)
        || path.split_once('.').is_some_and(|(root, rest)| roots.contains(&root) && !rest.is_empty());
    if known {
        return Ok(());
    }
    let roots = roots.map(|root| format!("{root}.NAME")).join(", ");
    Err(format!("`{path}` is no figure of an outcome; there are {roots}, {}", singles.join(", ")))
}

/// The text, to name the line of what is wrong in it.
pub struct Source<'a> {
    pub text: &'a str,
    pub shown: PathBuf,
}

impl Source<'_> {
    pub fn error(&self, span: Range<usize>, message: impl fmt::Display) -> Error {
        let line = 1 + self.text[..span.start].matches('\n').count();
        anyhow!("{}:{line}: {message}", self.shown.display())
    }

    fn name(&self, name: &Spanned<String>, seen: &mut BTreeSet<String>) -> Result<String> {
        let text = name.get_ref().clone();
        if !is_name(&text) {
            return Err(self.error(name.span(), format!("`{text}` is no name: use a-z, 0-9, _ and -")));
        }
        if !seen.insert(text.clone()) {
            return Err(self.error(name.span(), format!("`{text}` is there twice")));
        }
        Ok(text)
    }

    fn size(&self, size: &Spanned<i64>, seen: &mut BTreeSet<u64>) -> Result<u64> {
        let Some(number) = u64::try_from(*size.get_ref()).ok().filter(|&number| number > 0) else {
            return Err(self.error(size.span(), "size is a positive whole number"));
        };
        if !seen.insert(number) {
            return Err(self.error(size.span(), format!("the size {number} is there twice")));
        }
        Ok(number)
    }

    fn expect(&self, table: BTreeMap<Spanned<String>, String>) -> Result<Vec<Expectation>> {
        let parse = |(path, text): (Spanned<String>, String)| {
            Expectation::parse(path.get_ref(), &text).map_err(|message| self.error(path.span(), message))
        };
        table.into_iter().map(parse).collect()
    }

    /// The files in the folder that `copy` brings along with a variant: that of the module's usual name.
    fn parts(&self, names: Vec<Spanned<String>>, root: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
        let module = folder.file_name().unwrap_or_default().to_string_lossy().replace('-', "_");
        let mut seen = BTreeSet::new();
        all(names, |name| {
            let file = folder.join(format!("src/{module}/{}.rs", self.name(&name, &mut seen)?));
            if !root.join(&file).is_file() {
                let message = format!("`{}` has no file {}", name.get_ref(), file.display());
                return Err(self.error(name.span(), message));
            }
            Ok(file)
        })
    }

    fn note(&self, text: Spanned<String>) -> Result<String> {
        if text.get_ref().lines().count() != 1 {
            return Err(self.error(text.span(), "write one line of text"));
        }
        Ok(text.into_inner())
    }

    fn edition(&self, text: Spanned<String>) -> Result<String> {
        if !EDITIONS.contains(&&**text.get_ref()) {
            let message = format!("`{}` is no edition; there are {}", text.get_ref(), EDITIONS.join(", "));
            return Err(self.error(text.span(), message));
        }
        Ok(text.into_inner())
    }

    fn rust_version(&self, text: &Spanned<String>) -> Result<Version> {
        let message = format!("`{}` is no version of Rust; write 1.79, say", text.get_ref());
        rust_version(text.get_ref()).ok_or_else(|| self.error(text.span(), message))
    }

    fn dependencies(
        &self,
        tables: BTreeMap<Spanned<String>, DependencyTable>,
        root: &Path,
    ) -> Result<Vec<Dependency>> {
        let mut dependencies = Vec::new();
        for (name, table) in tables {
            let Some(version) = workspace_version(root, name.get_ref())? else {
                let message = format!("`{}` has no version in the workspace's Cargo.toml", name.get_ref());
                return Err(self.error(name.span(), message));
            };
            dependencies.push(Dependency {
                name: name.into_inner(),
                version,
                features: table.features,
                default_features: table.default_features.unwrap_or(true),
            });
        }
        Ok(dependencies)
    }

    fn figure(&self, table: FigureTable, variants: &BTreeSet<String>) -> Result<Figure> {
        check_path(table.path.get_ref()).map_err(|message| self.error(table.path.span(), message))?;
        let flag = |key: Option<Spanned<bool>>, shown| {
            let key = key.filter(|key| *key.get_ref())?;
            Some((key.span(), shown))
        };
        let over = table.over.map(|over| (over.span(), Shown::Over(over.into_inner())));
        if let Some((span, Shown::Over(variant))) = &over
            && !variants.contains(variant)
        {
            return Err(self.error(span.clone(), format!("there is no variant `{variant}`")));
        }
        let asked = [
            flag(table.twin, Shown::AgainstTwin),
            over,
            flag(table.worst, Shown::Worst),
            flag(table.sum, Shown::Sum),
        ];
        let mut asked = asked.into_iter().flatten();
        let shown = asked.next().map_or(Shown::Median, |(_, shown)| shown);
        if let Some((span, _)) = asked.next() {
            return Err(
                self.error(span, "say one of twin, over, worst and sum: medians are what is compared")
            );
        }
        Ok(Figure { path: table.path.into_inner(), title: table.title, shown })
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    title: String,
    claims: Vec<Spanned<String>>,
    #[serde(default)]
    needs: Vec<Need>,
    timeout_s: Spanned<f64>,
    analysis: String,
    #[serde(default)]
    figure: Vec<FigureTable>,
    #[serde(default)]
    timeline: Vec<TimelineTable>,
    #[serde(default)]
    chart: Vec<ChartTable>,
    #[serde(default)]
    curve: Vec<CurveTable>,
    #[serde(default)]
    growth: Vec<GrowthTable>,
    front_picture: Option<Spanned<String>>,
    case: Spanned<Vec<CaseTable>>,
    variant: Spanned<Vec<VariantTable>>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Need {
    Origin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FigureTable {
    path: Spanned<String>,
    title: String,
    twin: Option<Spanned<bool>>,
    over: Option<Spanned<String>>,
    worst: Option<Spanned<bool>>,
    sum: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseTable {
    name: Spanned<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    tier: Size,
    size: Option<Spanned<i64>>,
    #[serde(default)]
    expect: BTreeMap<Spanned<String>, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantTable {
    name: Spanned<String>,
    model: Model,
    role: Role,
    twin: Option<Spanned<String>>,
    #[serde(default)]
    cases: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    tier: BTreeMap<Spanned<String>, Size>,
    #[serde(default)]
    expect: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    with: Vec<Spanned<String>>,
    when: Option<Spanned<String>>,
    setup: Option<Spanned<String>>,
    #[serde(default)]
    dependencies: BTreeMap<Spanned<String>, DependencyTable>,
    edition: Option<Spanned<String>>,
    rust_version: Option<Spanned<String>>,
    #[serde(default)]
    main: BTreeMap<String, Vec<String>>,
    needs_packages: Option<Spanned<bool>>,
    each_version: Option<Spanned<toml::Value>>,
    each_build: Option<Spanned<toml::Value>>,
}

impl VariantTable {
    /// Where a key stands that is about Python alone.
    fn python_key(&self) -> Option<Range<usize>> {
        let packages = self.needs_packages.as_ref().map(Spanned::span);
        let versions = self.each_version.as_ref().or(self.each_build.as_ref());
        packages.or_else(|| versions.map(Spanned::span))
    }

    /// The cases that more than one version of CPython runs: all, or those that the globs of a key match.
    fn versions(&self, source: &Source, cases: &[Case]) -> Result<BTreeMap<String, Versions>> {
        let keys = [
            (Versions::Each, "each_version", &self.each_version),
            (Versions::EachBuild, "each_build", &self.each_build),
        ];
        let mut selected = BTreeMap::new();
        for (versions, name, key) in keys {
            let Some(key) = key else { continue };
            let globs: Vec<_> = match key.get_ref() {
                toml::Value::Boolean(false) => Vec::new(),
                toml::Value::Boolean(true) => vec!["*"],
                value => {
                    let globs =
                        value.as_array().and_then(|globs| globs.iter().map(toml::Value::as_str).collect());
                    let message = format!("{name} is true or a list of globs of cases");
                    globs.ok_or_else(|| source.error(key.span(), message))?
                }
            };
            for glob in globs {
                for case in matching(source, glob, key.span(), cases)? {
                    let before = selected.insert(case.name.clone(), versions);
                    if before.is_some_and(|before| before != versions) {
                        let message = format!("say one of each_version and each_build for `{}`", case.name);
                        return Err(source.error(key.span(), message));
                    }
                }
            }
        }
        Ok(selected)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DependencyTable {
    #[serde(default)]
    features: Vec<String>,
    default_features: Option<bool>,
}

/// All of them checked, or the first error.
fn all<T, R>(tables: Vec<T>, check: impl FnMut(T) -> Result<R>) -> Result<Vec<R>> {
    tables.into_iter().map(check).collect()
}

impl Tables {
    fn check(self, root: &Path, folder: &Path, source: &Source) -> Result<Experiment> {
        let last = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (name, group) = (last(folder), last(folder.parent().unwrap_or(folder)));
        // Their files stand beside the data of the experiments.
        if !is_name(&name) || JUDGED.contains(&name.as_str()) {
            return Err(source.error(0..0, format!("the folder `{name}` is no name: use a-z, 0-9, _ and -")));
        }
        let claims = all(self.claims, |claim| check_claim(source, claim))?;
        let timeout = Duration::try_from_secs_f64(*self.timeout_s.get_ref()).unwrap_or_default();
        if timeout.is_zero() {
            return Err(source.error(self.timeout_s.span(), "timeout_s is a positive number of seconds"));
        }

        if self.case.get_ref().is_empty() {
            return Err(source.error(self.case.span(), "case is empty: there is nothing to run"));
        }
        if self.variant.get_ref().is_empty() {
            return Err(source.error(self.variant.span(), "variant is empty: there is nothing to run"));
        }

        let mut names = BTreeSet::new();
        let mut sizes = BTreeSet::new();
        let mut cases = Vec::new();
        for table in self.case.into_inner() {
            cases.push(Case {
                name: source.name(&table.name, &mut names)?,
                args: table.args,
                tier: table.tier,
                size: table.size.map(|size| source.size(&size, &mut sizes)).transpose()?,
                expect: source.expect(table.expect)?,
            });
        }

        let mut names = BTreeSet::new();
        let mut twins = Vec::new();
        let mut variants = Vec::new();
        for table in self.variant.into_inner() {
            let name = source.name(&table.name, &mut names)?;
            let file = folder.join(match name.strip_prefix(PYTHON) {
                Some(module) => format!("python/{module}.py"),
                None => format!("src/{name}.rs"),
            });
            if !root.join(&file).is_file() {
                let message = format!("variant `{name}` has no file {}", file.display());
                return Err(source.error(table.name.span(), message));
            }
            if let Some(twin) = table.twin.as_ref().filter(|twin| *twin.get_ref() == name) {
                return Err(source.error(twin.span(), format!("`{name}` is its own twin")));
            }
            if let Some(span) = table.python_key()
                && !name.starts_with(PYTHON)
            {
                return Err(source.error(span, format!("`{name}` is not Python, which this is about")));
            }
            let versions = table.versions(source, &cases)?;
            twins.extend(table.twin.clone());
            variants.push(Variant {
                name,
                model: table.model,
                role: table.role,
                twin: table.twin.map(Spanned::into_inner),
                file,
                with: source.parts(table.with, root, folder)?,
                when: table.when.map(|text| source.note(text)).transpose()?,
                setup: table.setup.map(|text| source.note(text)).transpose()?,
                dependencies: source.dependencies(table.dependencies, root)?,
                edition: table.edition.map(|edition| source.edition(edition)).transpose()?,
                rust_version: table.rust_version.map(|text| source.rust_version(&text)).transpose()?,
                main: table.main,
                needs_packages: table.needs_packages.is_some_and(Spanned::into_inner),
                versions,
                cases: select_cases(source, table.cases.as_deref(), &table.tier, &cases)?,
                expect: source.expect(table.expect)?,
            });
        }
        let figures = all(self.figure, |table| source.figure(table, &names))?;
        for twin in twins {
            if !names.contains(twin.get_ref()) {
                return Err(source.error(twin.span(), format!("the twin `{}` is no variant", twin.get_ref())));
            }
        }

        let mut names = BTreeSet::new();
        Ok(Experiment {
            timelines: all(self.timeline, |table| source.timeline(table, &mut names, &cases, &variants))?,
            charts: all(self.chart, |table| source.chart(table, &mut names, &cases))?,
            curves: all(self.curve, |table| source.curve(table, &mut names, &cases, &variants))?,
            growths: all(self.growth, |table| source.growth(table, &mut names, &cases, &variants))?,
            front_picture: self.front_picture.map(|name| source.front_picture(name, &names)).transpose()?,
            name,
            group,
            folder: folder.to_owned(),
            title: self.title,
            claims,
            needs_origin: self.needs.contains(&Need::Origin),
            timeout,
            analysis: self.analysis,
            figures,
            cases,
            variants,
        })
    }
}

/// The version of a crate that all of the workspace uses.
fn workspace_version(root: &Path, name: &str) -> Result<Option<String>> {
    let file = root.join("Cargo.toml");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let manifest: toml::Table = toml::from_str(&text)?;
    let listed = manifest.get("workspace").and_then(|table| table.get("dependencies")?.get(name));
    let version = listed.and_then(|listed| listed.as_str().or_else(|| listed.get("version")?.as_str()));
    Ok(version.map(str::to_owned))
}

pub fn check_claim(source: &Source, claim: Spanned<String>) -> Result<String> {
    let text = claim.get_ref();
    let digits = text.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or_default();
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(
            source.error(claim.span(), format!("`{text}` is no claim: write a letter and a number, R1 say"))
        );
    }
    Ok(claim.into_inner())
}

/// The cases that a glob matches, at least one.
fn matching<'a>(source: &Source, glob: &str, span: Range<usize>, cases: &'a [Case]) -> Result<Vec<&'a Case>> {
    let pattern = Pattern::new(glob).map_err(|error| source.error(span.clone(), error))?;
    let matching: Vec<_> = cases.iter().filter(|case| pattern.matches(&case.name)).collect();
    if matching.is_empty() {
        return Err(source.error(span, format!("`{glob}` matches no case")));
    }
    Ok(matching)
}

/// The cases that the globs match, all of them when there are no globs; each in its own tier, or in a later one that `tier`
/// gives it.
fn select_cases(
    source: &Source,
    globs: Option<&[Spanned<String>]>,
    tiers: &BTreeMap<Spanned<String>, Size>,
    cases: &[Case],
) -> Result<BTreeMap<String, Size>> {
    let matching = |glob: &Spanned<String>| matching(source, glob.get_ref(), glob.span(), cases);
    let mut selected: BTreeMap<String, Size> = BTreeMap::new();
    match globs {
        None => selected.extend(cases.iter().map(|case| (case.name.clone(), case.tier))),
        Some(globs) => {
            for glob in globs {
                selected.extend(matching(glob)?.into_iter().map(|case| (case.name.clone(), case.tier)));
            }
        }
    }
    for (glob, tier) in tiers {
        for case in matching(glob)? {
            selected.entry(case.name.clone()).and_modify(|own| *own = (*own).max(*tier));
        }
    }
    Ok(selected)
}
