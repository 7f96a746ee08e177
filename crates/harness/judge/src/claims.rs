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
use bench::experiment::{Experiment, Source, check_claim};

/// What all claims of the file share, and what is different in each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    both: RulesTable,
    #[serde(default)]
    rust: RulesTable,
    #[serde(default)]
    python: RulesTable,
    claim: Vec<ClaimTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimTable {
    id: Spanned<String>,
    says: String,
    #[serde(default)]
    both: RulesTable,
    #[serde(default)]
    rust: RulesTable,
    #[serde(default)]
    python: RulesTable,
}

type Named = BTreeMap<Spanned<String>, RuleTable>;

#[derive(Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesTable {
    #[serde(default)]
    names: BTreeMap<String, Spanned<Value>>,
    case: Option<Spanned<Value>>,
    needs_cores: Option<bool>,
    partial: Option<bool>,
    versions: Option<Versions>,
    #[serde(default)]
    rules: Named,
    #[serde(default)]
    also: Named,
    holds: Option<Spanned<String>>,
    holds_but: Option<Spanned<String>>,
    fails: Option<Spanned<String>>,
    finding: Option<Spanned<String>>,
    but: Option<Spanned<String>>,
}

/// The claims beside all experiments, or everything that is wrong in their files.
pub(super) fn read(root: &Path, experiments: &[Experiment]) -> Result<Vec<Claim>> {
    let (mut claims, mut errors, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for experiment in experiments {
        let shown = experiment.folder.join("claims.toml");
        let file = root.join(&shown);
        if !file.exists() {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", shown.display()))?;
        let source = Source { text: &text, shown };
        let File { both, rust, python, claim } = match toml::from_str(&text) {
            Ok(tables) => tables,
            Err(error) => {
                errors.push(source.error(error.span().unwrap_or(0..0), error.message().trim()));
                continue;
            }
        };
        for table in claim {
            let id = match check_claim(&source, table.id.clone()) {
                Ok(id) => id,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            if !seen.insert(id.clone()) {
                errors.push(source.error(table.id.span(), format!("the claim `{id}` is there twice")));
            }
            if !experiment.claims.contains(&id) {
                let reason = format!("`{id}` is not among the claims of experiment.toml");
                errors.push(source.error(table.id.span(), reason));
            }
            let mut check = |shared: &RulesTable, own: &RulesTable| {
                let rules = both.clone().with(shared).with(&table.both).with(own);
                let mut names = Names::of(&text, experiments, &experiment.name);
                let checked = rules.check(&mut names);
                checked
                    .map_err(|wrong| errors.extend(wrong.into_iter().map(|(at, why)| source.error(at, why))))
                    .ok()
            };
            if let (Some(rust), Some(python)) = (check(&rust, &table.rust), check(&python, &table.python)) {
                claims.push(Claim {
                    id,
                    says: table.says,
                    experiment: experiment.name.clone(),
                    rust,
                    python,
                });
            }
        }
    }
    refuse(errors)?;
    Ok(claims)
}

/// All of them in one, so that each place to change is named.
pub(super) fn refuse(errors: Vec<Error>) -> Result<()> {
    let errors: BTreeSet<_> = errors.into_iter().map(|error| error.to_string()).collect();
    if errors.is_empty() { Ok(()) } else { Err(anyhow!("{}", Vec::from_iter(errors).join("\n"))) }
}

impl RulesTable {
    /// With what another says instead or besides.
    fn with(mut self, other: &Self) -> Self {
        self.names.extend(other.names.clone());
        for (own, other) in [(&mut self.rules, &other.rules), (&mut self.also, &other.also)] {
            // The key is the other's too, since it tells the line.
            own.retain(|name, _| !other.contains_key(name));
            own.extend(other.clone());
        }
        Self {
            names: self.names,
            rules: self.rules,
            also: self.also,
            case: other.case.clone().or(self.case),
            needs_cores: other.needs_cores.or(self.needs_cores),
            partial: other.partial.or(self.partial),
            versions: other.versions.or(self.versions),
            holds: other.holds.clone().or(self.holds),
            holds_but: other.holds_but.clone().or(self.holds_but),
            fails: other.fails.clone().or(self.fails),
            finding: other.finding.clone().or(self.finding),
            but: other.but.clone().or(self.but),
        }
    }

    /// All that is wrong, if anything is.
    pub(super) fn check(&self, names: &mut Names) -> Result<Rules, Vec<Wrong>> {
        let one = |wrong: Wrong| vec![wrong];
        for (name, list) in &self.names {
            let words = names.words(list).map_err(one)?;
            names.lists.insert(name.clone(), words);
        }
        if let Some(case) = &self.case {
            names.cases = names.words(case).map_err(one)?;
        }
        let mut wrong = Vec::new();
        let mut check = |tables: &Named, is_shown: bool| {
            let mut tables: Vec<_> = tables.iter().collect();
            tables.sort_by_key(|(name, _)| name.span().start);
            let mut rules: Vec<(String, Rule)> = Vec::new();
            for (name, table) in tables {
                match Rule::check(table, name.span(), names, is_shown) {
                    Ok(rule) => rules.push((name.get_ref().clone(), rule)),
                    Err(one) => wrong.push(one),
                }
            }
            rules
        };
        let (rules, also) = (check(&self.rules, false), check(&self.also, true));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let known: Vec<_> = rules.iter().map(|(name, _)| name.as_str()).collect();
        let formula = |text: &Option<Spanned<String>>| {
            let parse = |text: &Spanned<String>| {
                Formula::parse(text.get_ref(), &known).map_err(|reason| vec![(text.span(), reason)])
            };
            text.as_ref().map(parse).transpose()
        };
        let formulas = [formula(&self.holds)?, formula(&self.holds_but)?, formula(&self.fails)?];
        for (index, name) in known.iter().enumerate() {
            if !formulas.iter().flatten().any(|formula| formula.uses(index)) {
                let key = self.rules.keys().find(|key| key.get_ref() == name);
                return Err(vec![(
                    key.map_or(0..0, Spanned::span),
                    format!("the rule `{name}` decides nothing"),
                )]);
            }
        }
        let finding = |text: &Option<Spanned<String>>| {
            let parse = |text: &Spanned<String>| {
                Finding::parse(text.get_ref(), names, &rules, &also)
                    .map_err(|reason| vec![(text.span(), reason)])
            };
            text.as_ref().map_or(Ok(Finding::default()), parse)
        };
        let (finding, but) = (finding(&self.finding)?, finding(&self.but)?);
        let [holds, holds_but, fails] = formulas;
        Ok(Rules {
            cases: names.cases.iter().map(|(case, _)| case.clone()).collect(),
            needs_cores: self.needs_cores.unwrap_or_default(),
            is_partial: self.partial.unwrap_or_default(),
            versions: self.versions.unwrap_or_default(),
            holds,
            holds_but,
            fails,
            finding,
            but,
            deciding: rules,
            also,
        })
    }
}
