//! The claims, and the verdict that the data of a run give each of them.
//!
//! What is claimed and what decides it stand in claims.toml beside the experiment, written before the run. No verdict is typed in by
//! hand. This depends on data, statistics and experiments alone, and knows no page.

#![warn(missing_docs)]

pub mod series;
pub mod statistics;

mod advice;
mod claims;
mod crossover;
mod decide;
mod evidence;
mod figures;
mod finding;
mod formula;
mod measure;
mod place;
mod rule;
mod wanted;
mod words;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use bench::data::Data;
use bench::experiment::Experiment;
use bench::text::Text;
use bench::workspace::Workspace;
use decide::Decided;
use evidence::Group;
use finding::Finding;
use formula::Formula;
use measure::{All, Scene, finished};
use rule::Rule;

pub use advice::{Advice, Agreement, Asked, Cell, Crossing, Guideline, JudgedLeaf, Summary, Tree};
pub use crossover::from_which_on;
pub use evidence::Evidence;
pub use wanted::{Key, Wanted, Wants};

/// All claims, in their order, and the advice that follows from them.
pub struct Ledger {
    claims: Vec<Claim>,
    /// The article's advice: its decision tree, its guidelines and its summary.
    pub advice: Advice,
}

/// What the data of a run say.
pub struct Verdicts {
    /// Two for each claim, Rust before Python; those of claims without a rule come last.
    pub judgements: Vec<Judgement>,
    /// What `decide` rests on.
    pub tree: Tree,
    /// The article's last table, with what was measured.
    pub summary: Summary,
}

/// What the article says, and how it is judged.
struct Claim {
    id: String,
    says: String,
    /// Beside which it stands.
    experiment: String,
    rust: Rules,
    python: Rules,
}

/// What decides in one language.
struct Rules {
    /// The case of the rows that name none: the first in which all of them came to their end.
    cases: Vec<String>,
    /// What is claimed of things in parallel is judged where there can be any.
    needs_cores: bool,
    /// Whether it may fail by the rows that were measured if another was not.
    is_partial: bool,
    versions: Versions,
    deciding: Vec<(String, Rule)>,
    /// What is shown beside, and decides nothing.
    also: Vec<(String, Rule)>,
    holds: Option<Formula>,
    holds_but: Option<Formula>,
    /// None if it fails when it does not hold.
    fails: Option<Formula>,
    finding: Finding,
    /// What follows if it holds, but.
    but: Finding,
}

/// Which versions of Python have a say.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Versions {
    #[default]
    First,
    /// Each has a verdict; the first one's counts.
    Each,
    /// One in which it holds is enough, of those that have a GIL.
    Any,
}

/// What the data say of a claim, or that they do not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// What is claimed was measured.
    Holds,
    /// It holds in a weaker form only, which the finding names.
    HoldsBut,
    /// It does not hold, or its opposite was measured.
    Fails,
    /// The intervals include a threshold, or there are too few runs: more rounds may decide.
    Unsettled,
    /// A row that decides was not measured, or there is no rule: the evidence has the reason.
    NotMeasured,
}

impl Verdict {
    /// Whether the data decide: more rounds would not change it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Holds | Self::HoldsBut | Self::Fails)
    }

    /// As it is shown: `holds, but`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::HoldsBut => "holds, but",
            Self::Fails => "fails",
            Self::Unsettled => "unsettled",
            Self::NotMeasured => "not measured",
        }
    }
}

/// One claim judged in one language: an entry of claims.json.
#[derive(Serialize, Deserialize)]
pub struct Judgement {
    /// The number of the claim: `R1`.
    pub id: String,
    /// `rust` or `python`.
    pub language: Cow<'static, str>,
    /// For several versions of Python, the one that counts.
    pub verdict: Verdict,
    /// The sentence to remember, with its figures; or why there is none.
    pub finding: Text,
    /// The figures that it rests on, with their intervals.
    pub evidence: Evidence,
    /// The rule in words; empty if there is none.
    pub threshold: String,
    /// What the article says.
    #[serde(skip)]
    pub says: String,
    /// The experiment whose folder holds the claim.
    #[serde(skip)]
    pub experiment: String,
    /// The experiments and variants that the rule names.
    #[serde(skip)]
    pub variants: BTreeSet<(String, String)>,
}

impl Ledger {
    /// Every experiment of a project, and what is claimed of them: both are read and checked, so that no command goes by a name that
    /// is gone.
    ///
    /// # Errors
    /// If a file cannot be read, or an experiment.toml or claims.toml is wrong: with the file, the line, and what is wrong.
    pub fn of(workspace: &Workspace) -> Result<(Vec<Experiment>, Self)> {
        let experiments = workspace.experiments()?;
        let ledger = Self::read(&workspace.root, &experiments)?;
        Ok((experiments, ledger))
    }

    /// Reads every claims.toml.
    ///
    /// # Errors
    /// If one cannot be read, or names something that is not there: with the file and the line.
    fn read(root: &Path, experiments: &[Experiment]) -> Result<Self> {
        let mut claims = claims::read(root, experiments)?;
        let advice = Advice::read(root, experiments, &claims)?;
        claims.sort_by_key(|claim| advice.place_of(claim));
        Ok(Self { claims, advice })
    }

    /// What the article says under this number; nothing if the ledger does not have it yet.
    pub fn says(&self, id: &str) -> &str {
        self.claims.iter().find(|claim| claim.id == id).map_or("", |claim| &claim.says)
    }

    /// Judges every claim, and the article's advice.
    pub fn judge<'a>(
        &self,
        data: impl IntoIterator<Item = &'a Data>,
        experiments: &'a [Experiment],
    ) -> Verdicts {
        let all = All::of(data, experiments);
        let (tree, summary) = (self.advice.tree(&all, &self.claims), self.advice.summary(&all));
        Verdicts { judgements: self.judgements(&all, experiments), tree, summary }
    }

    /// Of every claim; those of an experiment that have no rule yet are named.
    fn judgements(&self, all: &All, experiments: &[Experiment]) -> Vec<Judgement> {
        let mut judgements = Vec::new();
        for claim in &self.claims {
            for (language, rules) in [("rust", &claim.rust), ("python", &claim.python)] {
                let Judged { verdict, finding, evidence } = rules.judge(all);
                judgements.push(Judgement {
                    id: claim.id.clone(),
                    language: language.into(),
                    verdict,
                    finding,
                    evidence,
                    threshold: words::threshold(rules),
                    says: claim.says.clone(),
                    experiment: claim.experiment.clone(),
                    variants: rules.variants(),
                });
            }
        }
        let declared: BTreeSet<_> = experiments.iter().flat_map(|experiment| &experiment.claims).collect();
        for id in declared.into_iter().filter(|id| self.says(id).is_empty()) {
            for language in ["rust", "python"] {
                let reason = Text::from("no claims.toml has a rule for it yet");
                judgements.push(Judgement {
                    id: id.clone(),
                    language: language.into(),
                    verdict: Verdict::NotMeasured,
                    finding: reason.clone(),
                    evidence: reason.into(),
                    threshold: String::new(),
                    says: String::new(),
                    experiment: String::new(),
                    variants: BTreeSet::new(),
                });
            }
        }
        judgements
    }
}

/// What the data say.
struct Judged {
    verdict: Verdict,
    finding: Text,
    evidence: Evidence,
}

impl Judged {
    fn not_measured(reason: &str) -> Self {
        let evidence = Evidence::of(vec![Group { reasons: vec![reason.to_owned()], ..Group::default() }]);
        Self { verdict: Verdict::NotMeasured, finding: format!("Not measured: {reason}.").into(), evidence }
    }
}

impl Rules {
    fn places(&self) -> impl Iterator<Item = &place::Place> {
        let pairs = self.deciding.iter().flat_map(|(_, rule)| &rule.pairs);
        pairs.flat_map(|(of, over)| [Some(of), over.as_ref()]).flatten()
    }

    fn variants(&self) -> BTreeSet<(String, String)> {
        self.places().map(|place| (place.experiment.clone(), place.variant.clone())).collect()
    }

    fn judge(&self, all: &All) -> Judged {
        for place in self.places() {
            match all.get(&place.experiment) {
                Err(reason) => return Judged::not_measured(&reason),
                Ok((_, series)) if self.needs_cores && series.data.machine.cores < 2 => {
                    return Judged::not_measured("one core: nothing runs in parallel");
                }
                Ok(_) => {}
            }
        }
        let is_whole = |case: &&String| {
            let scene = Scene { all, case, interpreter: None };
            let mut rows = self.places().filter(|place| place.case.is_none());
            rows.all(|place| scene.rows(place).is_ok_and(|rows| finished(rows[0]).is_ok()))
        };
        let case = self.cases.iter().find(is_whole).or(self.cases.last()).map_or("", String::as_str);
        let scene = Scene { all, case, interpreter: None };
        if self.versions == Versions::First { self.in_version(scene) } else { self.in_versions(scene) }
    }

    /// By one version of Python, or in Rust.
    fn in_version(&self, scene: Scene) -> Judged {
        let parts =
            |rules: &[(String, Rule)]| rules.iter().map(|(_, rule)| rule.parts(scene)).collect::<Vec<_>>();
        let mut parts_of_rules = parts(&self.deciding);
        let decided: Vec<Vec<Decided>> =
            parts_of_rules.iter().map(|parts| parts.iter().map(|part| part.decided).collect()).collect();
        let verdict = self.verdict(&decided);
        let missing = parts_of_rules.iter().flatten().find_map(|part| part.shown.as_ref().err()).cloned();
        if let Some(reason) = missing.as_ref().filter(|_| !(self.is_partial && verdict == Verdict::Fails)) {
            return Judged::not_measured(reason);
        }
        parts_of_rules.extend(parts(&self.also));
        let mut finding = self.finding.filled(&parts_of_rules);
        if verdict == Verdict::HoldsBut {
            finding += &self.but.filled(&parts_of_rules);
        }
        let figures: Vec<_> =
            parts_of_rules.into_iter().flatten().filter_map(|part| part.shown.ok()).flatten().collect();
        let version = figures.iter().find_map(|figure| figure.rows.first()?.interpreter.clone());
        let heading = version.map_or_else(String::new, |version| version.plain().to_owned());
        let group = Group { heading, figures, reasons: missing.into_iter().collect() };
        Judged { verdict, finding: finding.into(), evidence: Evidence::of(vec![group]) }
    }

    fn verdict(&self, decided: &[Vec<Decided>]) -> Verdict {
        let of = |formula: &Option<Formula>| {
            formula.as_ref().map_or(Some(false), |formula| formula.decide(decided))
        };
        match (of(&self.holds), of(&self.holds_but)) {
            (Some(true), _) => Verdict::Holds,
            (Some(false), Some(true)) => Verdict::HoldsBut,
            _ if self.fails.is_some() && of(&self.fails) == Some(true) => Verdict::Fails,
            (Some(false), Some(false)) if self.fails.is_none() => Verdict::Fails,
            _ => Verdict::Unsettled,
        }
    }

    /// By each version that has run it, by itself; what one did not come to the end of decides nothing.
    fn in_versions(&self, scene: Scene) -> Judged {
        let rows = self.places().filter_map(|place| scene.rows(place).ok()).flatten();
        let mut versions: Vec<&str> = Vec::new();
        for version in rows.filter_map(|row| row.interpreter.as_ref().map(Text::plain)) {
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        if self.versions == Versions::Any {
            versions.retain(|version| !version.ends_with("free-threaded"));
        }
        if versions.is_empty() {
            return self.in_version(scene);
        }
        let judged =
            versions.iter().map(|version| self.in_version(Scene { interpreter: Some(version), ..scene }));
        let mut judged: Vec<_> = judged.collect();
        let is_enough = |judged: &Judged| self.versions == Versions::Any && judged.verdict == Verdict::Holds;
        let chosen = judged.iter().position(is_enough).unwrap_or(0);
        if judged[chosen].verdict == Verdict::NotMeasured {
            return judged.swap_remove(chosen);
        }
        let (verdict, finding) = (judged[chosen].verdict, judged[chosen].finding.clone());
        let mut groups = Vec::new();
        for (index, (version, judged)) in versions.into_iter().zip(judged).enumerate() {
            for mut group in
                judged.evidence.groups.into_iter().filter(|_| judged.verdict != Verdict::NotMeasured)
            {
                group.heading = format!("{version} {}", judged.verdict.words());
                // Another version's figures stand under their own.
                let is_own =
                    |row: &evidence::Origin| row.interpreter.as_ref().is_some_and(|of| of.plain() == version);
                group.figures.retain(|figure| index == 0 || figure.rows.iter().all(is_own));
                groups.push(group);
            }
        }
        Judged { verdict, finding, evidence: Evidence::of(groups) }
    }
}

#[cfg(test)]
mod tests;
