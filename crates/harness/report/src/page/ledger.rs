//! The claims and their verdicts: all of them, those of one experiment, and the few that surprise most.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::markdown::{escape, list, table};
use crate::plot::Plot;
use bench::text::escape::html;
use judge::{Judgement, Verdict};

/// Both are called memory, and differ.
pub(super) const MEMORIES: &str = "*Memory* in the evidence is all that is taken: resident, page tables and kernel stacks together. *Resident \
     memory* and *peak memory* are the first of these alone, so their ratios are other ones.";

/// The claims with their verdicts; a claim that was not measured in a language says so.
pub(super) fn ledger(judgements: &[&Judgement]) -> String {
    let rows = pairs(judgements).map(|(rust, python)| {
        vec![
            rust.id.clone(),
            escape(&rust.says),
            format!("**{}**", rust.verdict.words()),
            python.map_or(String::new(), in_python),
            evidence(rust),
        ]
    });
    table("Claim | The article says | In Rust | In CPython | Evidence (Rust)", rows)
}

fn in_python(judgement: &Judgement) -> String {
    let verdict = judgement.verdict.words();
    let verdict =
        if judgement.verdict == Verdict::NotMeasured { verdict.to_owned() } else { format!("**{verdict}**") };
    format!("{verdict}: {}", evidence(judgement))
}

/// The finding, and what it rests on.
fn evidence(judgement: &Judgement) -> String {
    match judgement.verdict {
        Verdict::NotMeasured => judgement.evidence.text().md(),
        _ => format!("{} {}.", judgement.finding.md(), judgement.evidence.text().md()),
    }
}

/// A claim as it is judged in Rust, and as it is in CPython.
type Pair<'a> = (&'a Judgement, Option<&'a Judgement>);

/// All claims that are judged in Rust, each with its judgement in CPython if there is one.
pub fn pairs<'a>(judgements: &[&'a Judgement]) -> impl Iterator<Item = Pair<'a>> {
    let rust = judgements.iter().filter(|judgement| judgement.language == "rust");
    rust.map(|rust| {
        let python = judgements.iter().find(|other| other.id == rust.id && other.language == "python");
        (*rust, python.copied())
    })
}

pub(super) fn rules(judgements: &[&Judgement]) -> String {
    list(pairs(judgements).flat_map(|(rust, python)| {
        // Where CPython has no rule of its own, it stands under that of Rust.
        let python = python.filter(|python| python.threshold != rust.threshold);
        let rules = [Some((rust, "")), python.map(|python| (python, ", in CPython"))].into_iter().flatten();
        let told = rules.filter(|(judgement, _)| !judgement.threshold.is_empty());
        told.map(|(judgement, language)| {
            format!("{}{language}: {}", judgement.id, escape(&judgement.threshold))
        })
    }))
}

/// How many rows of the ledger the front page shows.
const HEADLINE: usize = 10;
/// Of these no more than so many rest on the same experiment, so that they do not all tell the same story.
const OF_ONE_EXPERIMENT: usize = 2;

/// A picture and the rows of the ledger that a reader of the article expects least, in one screen; and the way to the rest.
///
/// `label` is the name of the machine, and so of its folder in results.
pub(crate) fn headline(judgements: &[Judgement], label: &str, picture: Option<&Plot>) -> String {
    let all: Vec<_> = judgements.iter().collect();
    let surprising = most_surprising(&all, HEADLINE);
    let verdict = |judgement: &Judgement| format!("**{}**", judgement.verdict.words());
    let rows = surprising.iter().map(|(rust, python)| {
        let python = python.map_or(String::new(), verdict);
        vec![rust.id.clone(), escape(&rust.says), verdict(rust), python]
    });
    let (shown, count) = (rows.len(), pairs(&all).count());
    // Smaller than on the other pages, so that what follows is in sight too.
    let picture = picture.map_or(String::new(), |Plot { file, title, .. }| {
        let (file, title) = (html(&file.to_string_lossy()), html(title));
        format!("<img src=\"results/{label}/{file}\" alt=\"{title}\" width=\"600\">\n\n")
    });
    format!(
        "{picture}Of {count} claims the {shown} that surprise most, as measured on one machine. \
         [Its page](results/{label}/README.md) has the evidence and the other {}; the page of each experiment has the rules.\n\n{}",
        count - shown,
        table("Claim | The article says | In Rust | In CPython", rows)
    )
}

/// At most so many claims, those whose verdicts are least what the article says, in Rust and in CPython; none that holds or is
/// unsettled in both.
pub fn most_surprising<'a>(judgements: &[&'a Judgement], most: usize) -> Vec<Pair<'a>> {
    let mut surprising: Vec<_> =
        pairs(judgements).filter(|(rust, python)| surprise(rust, *python) > 0).collect();
    // Ties stay in the order of the ledger.
    surprising.sort_by_key(|(rust, python)| Reverse(surprise(rust, *python)));
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    surprising.retain(|(rust, _)| {
        let of_its_experiment = shown.entry(&rust.experiment).or_default();
        *of_its_experiment += 1;
        *of_its_experiment <= OF_ONE_EXPERIMENT
    });
    surprising.truncate(most);
    surprising
}

/// How little a verdict is what the article says: most where a claim fails in both languages, least where it holds in both.
fn surprise(rust: &Judgement, python: Option<&Judgement>) -> u32 {
    let of = |judgement: &Judgement| match judgement.verdict {
        Verdict::Fails => 4,
        Verdict::HoldsBut => 1,
        _ => 0,
    };
    of(rust) + python.map_or(0, of)
}
