//! The article's advice with what was measured beside it: its guidelines, its summary, its tree, and where threads cease to win.

use crate::markdown::table;
use bench::text::Text;
use judge::{Cell, Crossing, Guideline, JudgedLeaf, Judgement, Summary, Verdict, Verdicts};

/// The sections of a machine's page.
pub(super) fn guide(guidelines: &[Guideline], verdicts: &Verdicts) -> String {
    let Verdicts { judgements, tree, summary } = verdicts;
    let mut text = String::new();
    if !tree.crossings.is_empty() {
        text += &format!(
            "## From which n on async takes less\n\nThe article says: from 100 on. Here it is the least n from which on, at each that was \
             measured, threads surely take more than tasks do, by more than 5 %; in figures, what threads take divided by what tasks take, there and \
             just below.\n\n{}\n",
            crossings(&tree.crossings)
        );
    }
    text += &format!("## The article's decision tree\n\n{}\n", leaves(&tree.leaves));
    text += "`cargo xtask decide` leads through it, and says what to take by these results.\n\n";
    text += &format!("## The article's guidelines\n\n{}\n", self::guidelines(guidelines, judgements));
    text += &format!(
        "## The summary\n\nThe words in quotation marks are the article's; what stands in brackets is whether that was seen. All else was \
         measured.\n\n{}\n",
        self::summary(summary, judgements)
    );
    text
}

fn crossings(crossings: &[Crossing]) -> String {
    let rows = crossings.iter().map(|crossing| {
        let language = if crossing.language == "rust" { "Rust" } else { "CPython" };
        vec![
            language.to_owned(),
            format!("[{0}]({0}.md)", crossing.experiment),
            format!("`{}` against `{}`", crossing.threads, crossing.tasks),
            crossing.figure.md(),
            crossing.words.md(),
        ]
    });
    table(" | Experiment |  | Of | Async takes less", rows)
}

fn leaves(leaves: &[JudgedLeaf]) -> String {
    let rows = leaves.iter().map(|leaf| {
        let path = leaf.path.iter().map(Text::md).collect::<Vec<_>>().join(" → ");
        let agreement = format!("**{}**", leaf.agreement.words());
        vec![path, leaf.model.md(), agreement, leaf.finding.md(), leaf.rule.md()]
    });
    table("Path | It says | In Rust | Finding | Rule", rows)
}

fn guidelines(guidelines: &[Guideline], judgements: &[Judgement]) -> String {
    let rows = guidelines.iter().map(|guideline| {
        let told = |language: &str| {
            let words = guideline
                .claims()
                .map(|claim| format!("{claim} {}", verdict(judgements, claim, language).words()));
            let words = words.collect::<Vec<_>>().join(", ");
            if words.is_empty() { "not measured anywhere here".to_owned() } else { words }
        };
        vec![guideline.take.clone(), guideline.what.clone(), told("rust"), told("python")]
    });
    table("Take | for | In Rust | In CPython", rows)
}

fn verdict(judgements: &[Judgement], claim: &str, language: &str) -> Verdict {
    let found = judgements.iter().find(|judgement| judgement.id == claim && judgement.language == language);
    found.map_or(Verdict::NotMeasured, |judgement| judgement.verdict)
}

/// The article's last table: its words with the verdicts on them, and its numbers as they were measured here, in Rust.
fn summary(summary: &Summary, judgements: &[Judgement]) -> String {
    let told = |cell: &Cell| match cell {
        Cell::Measured(told) => told.clone(),
        Cell::Says(words, claims) => {
            let judged = claims.iter().map(|claim| {
                let [rust, python] =
                    ["rust", "python"].map(|language| verdict(judgements, claim, language).words());
                format!("{claim} **{rust}**, CPython **{python}**")
            });
            let judged: Vec<_> = judged.collect();
            let judged = if judged.is_empty() { String::new() } else { format!(" ({})", judged.join("; ")) };
            format!("“{words}”{judged}")
        }
    };
    let rows = summary.rows.iter();
    let rows = rows.map(|(name, cells)| [name.clone()].into_iter().chain(cells.iter().map(told)).collect());
    table(&format!(" | {}", summary.columns.join(" | ")), rows)
}
