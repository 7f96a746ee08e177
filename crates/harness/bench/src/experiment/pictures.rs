//! The pictures that an experiment asks for: what they show, and whether it can be.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::Result;
use outcome::timeline;
use serde::Deserialize;
use toml::Spanned;

use super::{Case, Experiment, Source, Variant, check_path};

/// No type can be measured where pictures are drawn; at the widest these fit.
const LONGEST_TITLE: usize = 80;
const LONGEST_MEANING: usize = 36;
/// No more lines than these can be told apart without colour.
pub const MOST_LINES: usize = 8;

/// A picture of what each worker of a run did when.
pub struct Timeline {
    /// Part of the name of the picture's file.
    pub name: String,
    /// What it shows, in a line of at most 80 characters.
    pub title: String,
    /// The case whose runs it shows.
    pub case: String,
    /// One below the other, in this order.
    pub variants: Vec<String>,
    /// What a worker may do: one to three things.
    pub kinds: Vec<Kind>,
}

/// A picture of one figure: the variants of some cases, each with its median and interval, on one scale of powers of ten.
pub struct Chart {
    /// Part of the name of the picture's file.
    pub name: String,
    /// What it shows, in a line of at most 80 characters.
    pub title: String,
    /// Into the outcome, as that of an expectation.
    pub path: String,
    /// One below the other, in this order.
    pub cases: Vec<String>,
}

/// A picture of how something grows over time, one line for each variant.
pub struct Curve {
    /// Part of the name of the picture's file.
    pub name: String,
    /// What it shows, in a line of at most 80 characters.
    pub title: String,
    /// The case whose runs it shows.
    pub case: String,
    /// Of the outcome: from each of its moments to the next the count is so much.
    pub series: String,
    /// What is counted.
    pub counts: String,
    /// At most [`MOST_LINES`].
    pub variants: Vec<String>,
}

/// A picture of how a figure grows with n, one line for each variant.
pub struct Growth {
    /// Part of the name of the picture's file.
    pub name: String,
    /// What it shows, in a line of at most 80 characters.
    pub title: String,
    /// What grows.
    pub figure: Grows,
    /// What n counts.
    pub n: String,
    /// At most [`MOST_LINES`].
    pub variants: Vec<String>,
    /// Two of them: from which n on the second takes less than the first is marked.
    pub crossing: Option<[String; 2]>,
}

/// What may grow with n.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grows {
    /// Wall-clock time of the whole process.
    Time,
    /// Resident memory at its peak.
    Memory,
    /// Address space at its peak: it may be reserved and never used.
    AddressSpace,
    /// The time of the work of `serial`, or of `python_serial`, divided by that of the variant.
    SpeedUp,
}

/// Something that a worker does for a while.
pub struct Kind {
    /// The series of worker 3 is called this and `_3`.
    pub series: String,
    /// What the picture calls it: `computes`.
    pub means: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimelineTable {
    name: Spanned<String>,
    title: Spanned<String>,
    case: Spanned<String>,
    variants: Spanned<Vec<Spanned<String>>>,
    kinds: Spanned<Vec<KindTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindTable {
    series: String,
    means: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChartTable {
    name: Spanned<String>,
    title: Spanned<String>,
    path: Spanned<String>,
    cases: Spanned<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CurveTable {
    name: Spanned<String>,
    title: Spanned<String>,
    case: Spanned<String>,
    series: String,
    counts: Spanned<String>,
    variants: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrowthTable {
    name: Spanned<String>,
    title: Spanned<String>,
    figure: Grows,
    n: Spanned<String>,
    variants: Spanned<Vec<Spanned<String>>>,
    crossing: Option<Spanned<[String; 2]>>,
}

impl Experiment {
    /// Whether a picture shows this series of a run. The others are not kept: they take most of a file, and nobody looks at them.
    pub(crate) fn draws(&self, case: &str, variant: &str, series: &str) -> bool {
        let of_worker =
            |kind: &Kind| series.strip_prefix(&kind.series).is_some_and(|rest| rest.starts_with('_'));
        let in_timeline = |line: &Timeline| {
            line.case == case
                && line.variants.iter().any(|shown| shown == variant)
                && line.kinds.iter().any(of_worker)
        };
        self.timelines.iter().any(in_timeline) || self.draws_every_run(case, variant, series)
    }

    /// Whether a picture shows this series of every run, and not of the middle one alone.
    pub(crate) fn draws_every_run(&self, case: &str, variant: &str, series: &str) -> bool {
        let in_curve = |curve: &Curve| {
            curve.case == case
                && curve.series == series
                && curve.variants.iter().any(|shown| shown == variant)
        };
        self.curves.iter().any(in_curve)
    }
}

impl Source<'_> {
    /// What a picture has room for, in a line.
    fn line(&self, text: Spanned<String>, longest: usize) -> Result<String> {
        if text.get_ref().chars().count() > longest {
            return Err(self.error(text.span(), format!("there is room for {longest} characters")));
        }
        Ok(text.into_inner())
    }

    fn case(&self, case: Spanned<String>, cases: &[Case]) -> Result<String> {
        if !cases.iter().any(|known| known.name == *case.get_ref()) {
            return Err(self.error(case.span(), format!("there is no case `{}`", case.get_ref())));
        }
        Ok(case.into_inner())
    }

    /// The variants that are to be shown of a case.
    fn variants_of(
        &self,
        case: Option<&str>,
        shown: Spanned<Vec<Spanned<String>>>,
        variants: &[Variant],
    ) -> Result<Vec<String>> {
        if shown.get_ref().is_empty() {
            return Err(self.error(shown.span(), "variants is empty: there is nothing to draw"));
        }
        let mut names = Vec::new();
        for name in shown.into_inner() {
            let (span, name) = (name.span(), name.into_inner());
            let is_known = |known: &Variant| known.name == name && case.is_none_or(|case| known.runs(case));
            if !variants.iter().any(is_known) {
                let of = case.map_or(String::new(), |case| format!(" of the case `{case}`"));
                return Err(self.error(span, format!("there is no variant `{name}`{of}")));
            }
            if names.contains(&name) {
                return Err(self.error(span, format!("`{name}` is there twice")));
            }
            names.push(name);
        }
        Ok(names)
    }

    pub(super) fn chart(
        &self,
        table: ChartTable,
        seen: &mut BTreeSet<String>,
        cases: &[Case],
    ) -> Result<Chart> {
        check_path(table.path.get_ref()).map_err(|message| self.error(table.path.span(), message))?;
        if table.cases.get_ref().is_empty() {
            return Err(self.error(table.cases.span(), "cases is empty: there is nothing to draw"));
        }
        let shown = table.cases.into_inner().into_iter().map(|case| self.case(case, cases));
        Ok(Chart {
            name: self.name(&table.name, seen)?,
            title: self.line(table.title, LONGEST_TITLE)?,
            path: table.path.into_inner(),
            cases: shown.collect::<Result<_>>()?,
        })
    }

    pub(super) fn timeline(
        &self,
        table: TimelineTable,
        seen: &mut BTreeSet<String>,
        cases: &[Case],
        variants: &[Variant],
    ) -> Result<Timeline> {
        let name = self.name(&table.name, seen)?;
        let case = self.case(table.case, cases)?;
        let shown = self.variants_of(Some(&case), table.variants, variants)?;
        if !(1..=timeline::MOST_KINDS).contains(&table.kinds.get_ref().len()) {
            let message = format!("a timeline shows 1 to {} kinds", timeline::MOST_KINDS);
            return Err(self.error(table.kinds.span(), message));
        }
        let kinds = table
            .kinds
            .into_inner()
            .into_iter()
            .map(|kind| Ok(Kind { series: kind.series, means: self.line(kind.means, LONGEST_MEANING)? }));
        Ok(Timeline {
            name,
            title: self.line(table.title, LONGEST_TITLE)?,
            case,
            variants: shown,
            kinds: kinds.collect::<Result<_>>()?,
        })
    }

    pub(super) fn curve(
        &self,
        table: CurveTable,
        seen: &mut BTreeSet<String>,
        cases: &[Case],
        variants: &[Variant],
    ) -> Result<Curve> {
        let name = self.name(&table.name, seen)?;
        let mut span = table.case.span();
        let case = self.case(table.case, cases)?;
        let shown = if let Some(shown) = table.variants {
            span = shown.span();
            self.variants_of(Some(&case), shown, variants)?
        } else {
            variants.iter().filter(|known| known.runs(&case)).map(|known| known.name.clone()).collect()
        };
        self.can_be_told_apart(span, &shown)?;
        Ok(Curve {
            name,
            title: self.line(table.title, LONGEST_TITLE)?,
            case,
            series: table.series,
            counts: self.line(table.counts, LONGEST_MEANING)?,
            variants: shown,
        })
    }

    fn can_be_told_apart(&self, span: Range<usize>, shown: &[String]) -> Result<()> {
        if shown.len() > MOST_LINES {
            let message = format!("{} variants cannot be told apart: show at most {MOST_LINES}", shown.len());
            return Err(self.error(span, message));
        }
        Ok(())
    }

    /// One of the pictures whose names are `known`.
    pub(super) fn front_picture(&self, name: Spanned<String>, known: &BTreeSet<String>) -> Result<String> {
        if known.contains(name.get_ref()) {
            return Ok(name.into_inner());
        }
        Err(self.error(name.span(), format!("there is no picture `{}`", name.get_ref())))
    }

    pub(super) fn growth(
        &self,
        table: GrowthTable,
        seen: &mut BTreeSet<String>,
        cases: &[Case],
        variants: &[Variant],
    ) -> Result<Growth> {
        let name = self.name(&table.name, seen)?;
        if !cases.iter().any(|case| case.size.is_some()) {
            return Err(self.error(table.name.span(), "no case has a size: there is no n"));
        }
        let span = table.variants.span();
        let shown = self.variants_of(None, table.variants, variants)?;
        self.can_be_told_apart(span, &shown)?;
        let crossing = table.crossing.map(|crossing| {
            if crossing.get_ref().iter().all(|name| shown.contains(name)) {
                return Ok(crossing.into_inner());
            }
            Err(self.error(
                crossing.span(),
                "a crossing is between two of the variants that are shown".to_owned(),
            ))
        });
        Ok(Growth {
            name,
            title: self.line(table.title, LONGEST_TITLE)?,
            figure: table.figure,
            n: self.line(table.n, LONGEST_MEANING)?,
            variants: shown,
            crossing: crossing.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::synthetic;

    #[test]
    fn a_series_is_drawn_only_of_its_case_and_its_variants() {
        let timeline = "[[timeline]]\nname = \"all\"\ntitle = \"Runs\"\ncase = \"only\"\nvariants = [\"good\"]\n\
            kinds = [{ series = \"runs\", means = \"runs\" }]\n";
        let curve = "[[curve]]\nname = \"admissions\"\ntitle = \"Admitted\"\ncase = \"only\"\nseries = \"let_in\"\n\
            counts = \"let in\"\nvariants = [\"better\"]\n";
        let experiment = synthetic::experiment(&format!("{timeline}{curve}"));
        let drawn = |case, variant| {
            let series = ["runs", "runs_3", "runs_fast", "let_in", "let_in_3", "late_s"];
            series.into_iter().filter(|series| experiment.draws(case, variant, series)).collect::<Vec<_>>()
        };
        assert_eq!(drawn("only", "good"), ["runs_3", "runs_fast"]);
        assert_eq!(drawn("only", "better"), ["let_in"]);
        assert!(experiment.draws_every_run("only", "better", "let_in"));
        assert!(!experiment.draws_every_run("only", "good", "runs_3"));
        assert_eq!(drawn("other", "good"), [""; 0]);
        assert_eq!(drawn("only", "silent"), [""; 0]);
    }
}
