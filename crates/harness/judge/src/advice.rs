//! The article's advice, with what the data say of it: its decision tree, its guidelines, its summary, and from which n on async takes
//! less.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Error, Result};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::claims::{RulesTable, refuse};
use super::crossover;
use super::figures::Figure;
use super::measure::{All, Scene};
use super::place::{Names, Wrong};
use super::rule::{Rule, RuleTable};
use super::{Claim, Judged, Rules, Verdict, words};
use bench::experiment::{Experiment, Source};
use bench::text::{Name, Text};

/// From the root of the workspace.
const FILE: &str = "crates/guidelines/advice.toml";
/// What a workspace without the file goes by, one with a single experiment say; what is not there is not measured then.
const BUILT_IN: &str = include_str!("../../../guidelines/advice.toml");

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    order: String,
    crossings: Vec<CrossingTable>,
    leaf: Vec<LeafTable>,
    guidelines: Vec<Guideline>,
    summary: SummaryTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CrossingTable {
    language: String,
    figure: Spanned<RuleTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafTable {
    path: Vec<String>,
    model: String,
    computes: Option<bool>,
    up_to: Option<u64>,
    more_than: Option<u64>,
    async_library: Option<bool>,
    claim: Option<Spanned<String>>,
    rust: Option<RulesTable>,
}

/// What the article recommends a model for, and the claims that say so.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guideline {
    /// The model: `threads`.
    pub take: String,
    /// What it is to be taken for, in the article's words.
    #[serde(rename = "for")]
    pub what: String,
    claims: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SummaryTable {
    columns: Vec<String>,
    row: Vec<SummaryRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SummaryRow {
    name: String,
    cells: Vec<CellTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CellTable {
    says: Option<String>,
    #[serde(default)]
    claims: Vec<Spanned<String>>,
    #[serde(default)]
    words: String,
    figure: Option<Spanned<RuleTable>>,
}

/// Checked.
pub struct Advice {
    file: File,
    /// In which language.
    crossings: Vec<(String, Rule)>,
    /// Of the leaves that are no claim.
    leaves: Vec<Option<Rules>>,
    cells: BTreeMap<(usize, usize), Rule>,
}

/// What somebody has to do, as far as the article's tree asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Whether the work computes at all: if not, it only waits.
    pub computes: bool,
    /// How many pieces of the work are to run concurrently.
    pub at_once: u64,
    /// Whether there is an async library for it.
    pub has_async_library: bool,
}

/// Whether the data agree with the article.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// The rule of the leaf holds.
    Agree,
    /// It holds in a weaker form only.
    InPart,
    /// It fails.
    Disagree,
    /// It is unsettled.
    Undecided,
    /// A row that decides was not measured, or there is no rule here.
    NotMeasured,
}

impl Agreement {
    /// As it is shown: `the data agree in part`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Agree => "the data agree",
            Self::InPart => "the data agree in part",
            Self::Disagree => "the data disagree",
            Self::Undecided => "the data do not decide",
            Self::NotMeasured => "not measured",
        }
    }

    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Holds => Self::Agree,
            Verdict::HoldsBut => Self::InPart,
            Verdict::Fails => Self::Disagree,
            Verdict::Unsettled => Self::Undecided,
            Verdict::NotMeasured => Self::NotMeasured,
        }
    }
}

/// Where a path of the article's tree ends, with what the data say of it: an entry of `tree.json`.
#[derive(Serialize, Deserialize)]
pub struct JudgedLeaf {
    /// The answers that lead to it, the first one first.
    pub path: Vec<Text>,
    /// What the article advises there.
    pub model: Text,
    /// By what was measured in Rust.
    pub agreement: Agreement,
    /// The sentence with the figures; empty in a file from before it was kept.
    #[serde(default)]
    pub finding: Text,
    /// The figures that decide, with their intervals.
    pub evidence: Text,
    /// The rule in words, or `as N3` if that claim has it; empty if there is none here.
    pub rule: Text,
}

/// Where one figure crosses from threads to tasks: an entry of `tree.json`.
#[derive(Serialize, Deserialize)]
pub struct Crossing {
    /// The experiment that has both.
    pub experiment: Name,
    /// `rust` or `python`.
    pub language: Name,
    /// The variant with threads.
    pub threads: Name,
    /// The variant with tasks.
    pub tasks: Name,
    /// What is compared: `whole time`.
    pub figure: Text,
    /// The n from which on the tasks surely take less, at each that was measured; none if there is no such n.
    pub from: Option<u64>,
    /// The same in words, with the ratios.
    pub words: Text,
}

/// What `decide` rests on, kept beside the claims so that it has it at once.
#[derive(Serialize, Deserialize)]
pub struct Tree {
    /// In the order of the article's tree.
    pub leaves: Vec<JudgedLeaf>,
    /// Without those for which fewer than three n were measured.
    pub crossings: Vec<Crossing>,
}

/// The article's last table.
pub struct Summary {
    /// The heads of the columns. The first column has none.
    pub columns: Vec<String>,
    /// Each with what stands in its first column.
    pub rows: Vec<(String, Vec<Cell>)>,
}

/// What stands in a cell of the article's last table.
pub enum Cell {
    /// The article's words, and the claims that they make.
    Says(String, Vec<String>),
    /// What was measured, in words, or `not measured`.
    Measured(String),
}

impl Guideline {
    /// The numbers of these claims; none if nothing here measures what it says.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().map(|claim| claim.get_ref().as_str())
    }
}

impl Advice {
    /// Reads it, and refuses a claim, a figure, a case or a variant that is not there.
    pub(super) fn read(root: &Path, experiments: &[Experiment], claims: &[Claim]) -> Result<Self> {
        let own = fs::read_to_string(root.join(FILE)).ok();
        let source = Source { text: own.as_deref().unwrap_or(BUILT_IN), shown: FILE.into() };
        let file: File = toml::from_str(source.text)
            .map_err(|error| source.error(error.span().unwrap_or(0..0), error.message().trim()))?;
        let mut errors: Vec<Error> = Vec::new();
        let names = || {
            let mut names = Names::of(source.text, experiments, "");
            names.is_partial = own.is_none();
            names
        };
        let told = file.leaf.iter().filter_map(|leaf| leaf.claim.as_ref());
        let told = told.chain(file.guidelines.iter().flat_map(|one| &one.claims));
        for id in told.chain(file.summary.row.iter().flat_map(|row| &row.cells).flat_map(|cell| &cell.claims))
        {
            if own.is_some() && !claims.iter().any(|claim| claim.id == *id.get_ref()) {
                errors.push(source.error(id.span(), format!("there is no claim `{}`", id.get_ref())));
            }
        }
        let mut wrong: Vec<Wrong> = Vec::new();
        let (mut leaves, mut crossings, mut cells) = (Vec::new(), Vec::new(), BTreeMap::new());
        for leaf in &file.leaf {
            let checked = leaf.rust.as_ref().map(|rules| rules.check(&mut names())).transpose();
            leaves.push(checked.map_err(|all| wrong.extend(all)).unwrap_or_default());
        }
        let mut check = |table: &Spanned<RuleTable>| {
            let checked = Rule::check(table.get_ref(), table.span(), &names(), true);
            checked.map_err(|one| wrong.push(one)).ok()
        };
        for table in &file.crossings {
            crossings.extend(check(&table.figure).map(|rule| (table.language.clone(), rule)));
        }
        for (row, table) in file.summary.row.iter().enumerate() {
            for (column, cell) in table.cells.iter().enumerate() {
                cells.extend(cell.figure.as_ref().and_then(&mut check).map(|rule| ((row, column), rule)));
            }
        }
        errors.extend(wrong.into_iter().map(|(at, reason)| source.error(at, reason)));
        refuse(errors)?;
        Ok(Self { file, crossings, leaves, cells })
    }

    /// Where a claim stands among others.
    pub(super) fn place_of(&self, claim: &Claim) -> (usize, u64) {
        let (letter, number) = claim.id.split_at(1);
        (self.file.order.find(letter).unwrap_or(usize::MAX), number.parse().unwrap_or(u64::MAX))
    }

    /// All of them, in the order of advice.toml.
    pub fn guidelines(&self) -> &[Guideline] {
        &self.file.guidelines
    }

    /// How many leaves the article's tree has.
    pub fn leaves(&self) -> usize {
        self.file.leaf.len()
    }

    /// Where the article's tree leads: a place among the leaves.
    pub fn leaf_for(&self, asked: Asked) -> usize {
        let leads = |leaf: &LeafTable| {
            leaf.computes.unwrap_or_default() == asked.computes
                && leaf.up_to.is_none_or(|most| asked.at_once <= most)
                && leaf.more_than.is_none_or(|least| asked.at_once > least)
                && leaf.async_library.is_none_or(|library| library == asked.has_async_library)
        };
        self.file.leaf.iter().position(leads).unwrap_or_default()
    }

    pub(super) fn tree(&self, all: &All, claims: &[Claim]) -> Tree {
        let leaves = self.file.leaf.iter().zip(&self.leaves).map(|(leaf, own)| {
            let claim =
                leaf.claim.as_ref().and_then(|id| claims.iter().find(|claim| claim.id == *id.get_ref()));
            let rules = own.as_ref().or(claim.map(|claim| &claim.rust));
            let judged =
                rules.map_or_else(|| Judged::not_measured("its claim is not here"), |rules| rules.judge(all));
            let rule = match claim {
                Some(claim) => format!("as {}", claim.id),
                None => rules.map(words::threshold).unwrap_or_default(),
            };
            JudgedLeaf {
                path: leaf.path.iter().map(|step| step.as_str().into()).collect(),
                model: leaf.model.as_str().into(),
                agreement: Agreement::of(judged.verdict),
                finding: judged.finding,
                evidence: judged.evidence.text(),
                rule: rule.into(),
            }
        });
        let crossings = self.crossings.iter().flat_map(|(language, rule)| {
            rule.figures.iter().filter_map(|figure| crossing(all, language, rule, figure))
        });
        Tree { leaves: leaves.collect(), crossings: crossings.collect() }
    }

    pub(super) fn summary(&self, all: &All) -> Summary {
        let scene = Scene { all, case: "", interpreter: None };
        let cell = |place: (usize, usize), cell: &CellTable| match (&cell.says, self.cells.get(&place)) {
            (Some(says), _) => {
                Cell::Says(says.clone(), cell.claims.iter().map(|claim| claim.get_ref().clone()).collect())
            }
            (None, None) => Cell::Measured(cell.words.clone()),
            (None, Some(rule)) => {
                let parts = rule.parts(scene);
                let value = parts.first().and_then(|part| part.shown.as_ref().ok()?.first());
                let told = value.map(|value| cell.words.replace("{}", &value.value()));
                Cell::Measured(told.unwrap_or_else(|| Verdict::NotMeasured.words().to_owned()))
            }
        };
        let rows = self.file.summary.row.iter().enumerate().map(|(row, table)| {
            let cells = table.cells.iter().enumerate().map(|(column, one)| cell((row, column), one));
            (table.name.clone(), cells.collect())
        });
        Summary { columns: self.file.summary.columns.clone(), rows: rows.collect() }
    }
}

/// None if too few n were measured.
fn crossing(all: &All, language: &str, rule: &Rule, figure: &Figure) -> Option<Crossing> {
    let (tasks, threads) = rule.pairs.first()?;
    let threads = threads.as_ref()?;
    let (_, series) = all.get(&tasks.experiment).ok()?;
    let points = crossover::points(series, &threads.variant, &tasks.variant, |row| figure.values(row));
    let (from, words) = crossover::crossing(&points).filter(|_| points.len() >= 3)?;
    let [experiment, language, threads, tasks] =
        [tasks.experiment.as_str(), language, &threads.variant, &tasks.variant].map(Name::of);
    Some(Crossing {
        experiment,
        language,
        threads,
        tasks,
        figure: figure.words.as_str().into(),
        from,
        words: words.into(),
    })
}
