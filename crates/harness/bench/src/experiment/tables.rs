//! experiment.toml as it is written, and the experiment that it describes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use glob::Pattern;
use serde::Deserialize;
use toml::Spanned;

use super::expectation::check_path;
use super::pictures::{ChartTable, CurveTable, GrowthTable, TimelineTable};
use super::source::{Source, check_claim};
use super::{
    Case, Dependency, Experiment, Figure, JUDGED, Model, PYTHON, Role, Shown, Size, Variant, Versions,
};
use crate::text::is_name;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tables {
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
    pub(super) fn check(self, root: &Path, folder: &Path, source: &Source) -> Result<Experiment> {
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
                dependencies: dependencies(source, table.dependencies, root)?,
                edition: table.edition.map(|edition| source.edition(edition)).transpose()?,
                rust_version: table.rust_version.map(|text| source.rust_version(&text)).transpose()?,
                main: table.main,
                needs_packages: table.needs_packages.is_some_and(Spanned::into_inner),
                versions,
                cases: select_cases(source, table.cases.as_deref(), &table.tier, &cases)?,
                expect: source.expect(table.expect)?,
            });
        }
        let figures = all(self.figure, |table| figure(source, table, &names))?;
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

fn dependencies(
    source: &Source,
    tables: BTreeMap<Spanned<String>, DependencyTable>,
    root: &Path,
) -> Result<Vec<Dependency>> {
    let mut dependencies = Vec::new();
    for (name, table) in tables {
        let Some(version) = workspace_version(root, name.get_ref())? else {
            let message = format!("`{}` has no version in the workspace's Cargo.toml", name.get_ref());
            return Err(source.error(name.span(), message));
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

fn figure(source: &Source, table: FigureTable, variants: &BTreeSet<String>) -> Result<Figure> {
    check_path(table.path.get_ref()).map_err(|message| source.error(table.path.span(), message))?;
    let flag = |key: Option<Spanned<bool>>, shown| {
        let key = key.filter(|key| *key.get_ref())?;
        Some((key.span(), shown))
    };
    let over = table.over.map(|over| (over.span(), Shown::Over(over.into_inner())));
    if let Some((span, Shown::Over(variant))) = &over
        && !variants.contains(variant)
    {
        return Err(source.error(span.clone(), format!("there is no variant `{variant}`")));
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
        return Err(source.error(span, "say one of twin, over, worst and sum: medians are what is compared"));
    }
    Ok(Figure { path: table.path.into_inner(), title: table.title, shown })
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
