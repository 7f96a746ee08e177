//! claims.toml: read, checked, and refused with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};
use serde::Deserialize;
use toml::{Spanned, Value};

use super::finding::Finding;
use super::formula::Formula;
use super::place::{Names, Wrong};
use super::rule::{Rule, RuleTable};
use super::{Claim, Rules, Versions};
use crate::experiment::{Experiment, Source, check_claim};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    claim: Vec<ClaimTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimTable {
    id: Spanned<String>,
    says: Spanned<String>,
    both: Option<RulesTable>,
    rust: Option<RulesTable>,
    python: Option<RulesTable>,
}

/// The rules of a language; what it leaves out is that of `both`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesTable {
    #[serde(default)]
    names: BTreeMap<String, Spanned<Value>>,
    case: Option<Spanned<Value>>,
    needs_cores: Option<bool>,
    partial: Option<bool>,
    versions: Option<Versions>,
    #[serde(default)]
    rules: BTreeMap<Spanned<String>, RuleTable>,
    #[serde(default)]
    also: BTreeMap<Spanned<String>, RuleTable>,
    holds: Option<Spanned<String>>,
    holds_but: Option<Spanned<String>>,
    fails: Option<Spanned<String>>,
    finding: Option<Spanned<String>>,
    but: Option<Spanned<String>>,
}

/// The claims beside all experiments, or everything that is wrong in their files.
pub(super) fn read(root: &Path, experiments: &[Experiment]) -> Result<Vec<Claim>> {
    let (mut claims, mut errors) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for experiment in experiments {
        let shown = experiment.folder.join("claims.toml");
        let file = root.join(&shown);
        if !file.exists() {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", shown.display()))?;
        let source = Source { text: &text, shown };
        let tables: File = match toml::from_str(&text) {
            Ok(tables) => tables,
            Err(error) => {
                errors.push(source.error(error.span().unwrap_or(0..0), error.message().trim()));
                continue;
            }
        };
        for table in tables.claim {
            match table.check(&source, experiment, experiments, &mut seen) {
                Ok(claim) => claims.push(claim),
                Err(wrong) => errors.extend(wrong),
            }
        }
    }
    refuse(errors)?;
    Ok(claims)
}

/// All of them in one, so that each place to change is named.
pub(super) fn refuse(errors: Vec<Error>) -> Result<()> {
    let errors: BTreeSet<_> = errors.into_iter().map(|error| error.to_string()).collect();
    if errors.is_empty() { Ok(()) } else { Err(anyhow!("{}", errors.into_iter().collect::<Vec<_>>().join("\n"))) }
}

impl ClaimTable {
    fn check(
        self,
        source: &Source,
        experiment: &Experiment,
        experiments: &[Experiment],
        seen: &mut BTreeSet<String>,
    ) -> Result<Claim, Vec<Error>> {
        let span = self.id.span();
        let id = check_claim(source, self.id).map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        if !seen.insert(id.clone()) {
            errors.push(source.error(span.clone(), format!("the claim `{id}` is there twice")));
        }
        if !experiment.claims.contains(&id) {
            errors.push(source.error(span, format!("`{id}` is not among the claims of experiment.toml")));
        }
        let both = self.both.unwrap_or_default();
        let mut names = Names {
            text: source.text,
            experiments,
            own: &experiment.name,
            lists: BTreeMap::new(),
            cases: Vec::new(),
            is_partial: false,
        };
        let mut check = |own: Option<RulesTable>| {
            let checked = own.unwrap_or_default().over(&both).check(&mut names);
            checked.map_err(|wrong| errors.extend(wrong.into_iter().map(|(at, why)| source.error(at, why)))).ok()
        };
        let (rust, python) = (check(self.rust), check(self.python));
        match (rust, python) {
            (Some(rust), Some(python)) if errors.is_empty() => Ok(Claim {
                id,
                says: self.says.into_inner(),
                experiment: experiment.name.clone(),
                rust,
                python,
            }),
            _ => Err(errors),
        }
    }
}

/// A table of rules with what it takes from another.
pub(super) struct Merged<'a> {
    own: &'a RulesTable,
    both: &'a RulesTable,
}

impl RulesTable {
    pub(super) fn over<'a>(&'a self, both: &'a Self) -> Merged<'a> {
        Merged { own: self, both }
    }
}

type Named<'a> = Vec<(&'a Spanned<String>, &'a RuleTable)>;

/// In the order of the file; a rule of the language replaces that of the same name.
fn merged<'a>(both: &'a BTreeMap<Spanned<String>, RuleTable>, own: &'a BTreeMap<Spanned<String>, RuleTable>) -> Named<'a> {
    let replaced = |name: &Spanned<String>| own.keys().any(|other| other.get_ref() == name.get_ref());
    let mut first: Named = both.iter().filter(|(name, _)| !replaced(name)).collect();
    let mut second: Named = own.iter().collect();
    for named in [&mut first, &mut second] {
        named.sort_by_key(|(name, _)| name.span().start);
    }
    first.into_iter().chain(second).collect()
}

impl Merged<'_> {
    /// All that is wrong, if anything is.
    pub(super) fn check(&self, names: &mut Names) -> Result<Rules, Vec<Wrong>> {
        let Self { own, both } = self;
        names.lists.clear();
        names.cases.clear();
        let one = |wrong: Wrong| vec![wrong];
        for (name, list) in both.names.iter().chain(&own.names) {
            let words = names.words(list).map_err(one)?;
            names.lists.insert(name.clone(), words.into_iter().map(|(word, _)| word).collect());
        }
        if let Some(case) = own.case.as_ref().or(both.case.as_ref()) {
            names.cases = names.words(case).map_err(one)?.into_iter().map(|(case, _)| case).collect();
        }
        let mut wrong = Vec::new();
        let mut check = |tables: Named, is_shown: bool| {
            let mut checked: Vec<(String, Rule)> = Vec::new();
            for (name, table) in tables {
                match table.check(names, is_shown) {
                    Ok(rule) => checked.push((name.get_ref().clone(), rule)),
                    Err(one) => wrong.push(one),
                }
            }
            checked
        };
        let (rules, also) =
            (check(merged(&both.rules, &own.rules), false), check(merged(&both.also, &own.also), true));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let known: Vec<_> = rules.iter().map(|(name, _)| name.as_str()).collect();
        let formula = |own: &Option<Spanned<String>>, both: &Option<Spanned<String>>| {
            let text = own.as_ref().or(both.as_ref());
            let parse = |text: &Spanned<String>| {
                Formula::parse(text.get_ref(), &known).map_err(|reason| vec![(text.span(), reason)])
            };
            text.map(parse).transpose()
        };
        let (holds, holds_but) = (formula(&own.holds, &both.holds)?, formula(&own.holds_but, &both.holds_but)?);
        let fails = formula(&own.fails, &both.fails)?;
        let used = |rule: usize| [&holds, &holds_but, &fails].into_iter().flatten().any(|formula| formula.uses(rule));
        for (index, (name, _)) in merged(&both.rules, &own.rules).into_iter().enumerate() {
            if !used(index) {
                return Err(vec![(name.span(), format!("the rule `{}` decides nothing", name.get_ref()))]);
            }
        }
        let finding = |own: &Option<Spanned<String>>, both: &Option<Spanned<String>>| {
            let Some(text) = own.as_ref().or(both.as_ref()) else { return Ok(Finding::default()) };
            Finding::parse(text.get_ref(), &names.lists, &[&rules, &also])
                .map_err(|reason| vec![(text.span(), reason)])
        };
        Ok(Rules {
            cases: names.cases.clone(),
            needs_cores: own.needs_cores.or(both.needs_cores).unwrap_or_default(),
            is_partial: own.partial.or(both.partial).unwrap_or_default(),
            versions: own.versions.or(both.versions).unwrap_or_default(),
            holds,
            holds_but,
            fails,
            finding: finding(&own.finding, &both.finding)?,
            but: finding(&own.but, &both.but)?,
            rules,
            also,
        })
    }
}
