//! The claims and their verdicts: all of them, those of one experiment, and the few that surprise most.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::markdown::{escape, table};
use crate::plot::Plot;
use bench::text::escape::html;
use judge::{Judgement, Verdict};

/// Where to read what a verdict rests on.
pub(super) const EVIDENCE: &str = "The evidence and the rule of each verdict are in [data/claims.json](data/claims.json), and on the page that \
     `cargo xtask report --open` shows. *Used* is memory that a program has; *reserved* is address space.";

/// The claims with their verdicts; a claim that was not measured in a language says so.
pub(super) fn ledger(judgements: &[&Judgement]) -> String {
    let rows = pairs(judgements).map(|(rust, python)| {
        vec![rust.id.clone(), escape(&rust.says), found(rust), python.map_or(String::new(), found)]
    });
    table("Claim | The article says | In Rust | In CPython", rows)
}

/// The verdict and the finding; of what was not measured, what is missing.
fn found(judgement: &Judgement) -> String {
    let verdict = judgement.verdict.words();
    match judgement.verdict {
        Verdict::NotMeasured => format!("{verdict}: {}", judgement.evidence.text().md()),
        _ => format!("**{verdict}**: {}", judgement.finding.md()),
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

/// How many rows of the ledger the front page shows.
const HEADLINE: usize = 8;
/// Of these no more than so many rest on the same experiment, so that they do not all tell the same story.
const OF_ONE_EXPERIMENT: usize = 2;

/// A picture and the rows of the ledger that a reader of the article expects least, in one screen; and the way to the rest.
///
/// `label` is the name of the machine, and so of its folder in results.
pub(crate) fn headline(judgements: &[Judgement], label: &str, picture: Option<&Plot>) -> String {
    let all: Vec<_> = judgements.iter().collect();
    let surprising = most_surprising(&all, HEADLINE);
    let rows = surprising.iter().map(|(rust, python)| {
        vec![rust.id.clone(), escape(&rust.says), found(rust), python.map_or(String::new(), found)]
    });
    let (shown, count) = (rows.len(), pairs(&all).count());
    // Smaller than on the other pages, so that what follows is in sight too.
    let picture = picture.map_or(String::new(), |Plot { file, title, .. }| {
        let (file, title) = (html(&file.to_string_lossy()), html(title));
        format!("<img src=\"results/{label}/{file}\" alt=\"{title}\" width=\"600\">\n\n")
    });
    format!(
        "{picture}The {shown} of {count} claims that surprise most, as measured on one machine. \
         [Its page](results/{label}/README.md) has the other {}.\n\n{}",
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
