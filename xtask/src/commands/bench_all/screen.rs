//! What a reader sees while it is measured: the ledger, each verdict as it settles, and how long it will take.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bench::terminal::{shows_progress, tell};
use bench::text::clean;
use console::{Term, measure_text_width, truncate_str};
use indicatif::{ProgressBar, ProgressStyle};
use judge::{Judgement, Verdict};

/// The ledger takes this many columns; two of them stand side by side.
const COLUMN: usize = 34;

/// On a terminal the whole ledger; elsewhere a line for each verdict.
pub(super) struct Screen {
    /// None if nobody could see it.
    bar: Option<ProgressBar>,
    started: Instant,
    /// By claim and language.
    settled: BTreeMap<(String, String), Verdict>,
    /// What was found last.
    latest: String,
}

impl Screen {
    pub(super) fn new() -> Self {
        let bar = shows_progress().then(|| {
            let style = ProgressStyle::with_template("{prefix}{bar:24} {wide_msg}")
                .expect("the template is well formed");
            ProgressBar::new(1).with_style(style)
        });
        Self { bar, started: Instant::now(), settled: BTreeMap::new(), latest: String::new() }
    }

    /// Whether anybody can see how long it will take.
    pub(super) fn has_bar(&self) -> bool {
        self.bar.is_some()
    }

    /// The first round of an experiment is about to begin.
    pub(super) fn begins(&self, experiment: &str, rows: usize) {
        if self.bar.is_none() {
            tell(&format!("{experiment}: measuring {rows} rows"));
        }
    }

    /// What is running now, and how long the rest may take.
    pub(super) fn runs(&self, what: &str, left: Duration) {
        let Some(bar) = &self.bar else { return };
        let whole = self.started.elapsed() + left;
        bar.set_length(whole.as_secs().max(1));
        bar.set_position(self.started.elapsed().as_secs());
        bar.set_message(format!("about {} s left  {what}", left.as_secs().max(1)));
    }

    /// What is settled by now.
    pub(super) fn judged(&mut self, judgements: &[Judgement]) {
        for judgement in judgements {
            let Judgement { id, language, verdict, finding, .. } = judgement;
            let key = (id.clone(), language.to_string());
            if !verdict.is_settled() {
                self.settled.remove(&key);
            } else if self.settled.insert(key, *verdict) != Some(*verdict) {
                let language = if language == "rust" { "in Rust" } else { "in CPython" };
                let words = clean(finding.plain());
                self.latest = format!("{id} {language}: {}. {words}", verdict.words());
                if self.bar.is_none() {
                    tell(&format!("{:.0} s  {}", self.started.elapsed().as_secs_f64(), self.latest));
                }
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_prefix(self.drawn(judgements));
            bar.tick();
        }
    }

    /// Leaves the terminal as it was.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// The ledger in two columns, and what was found last; only the latter where the terminal has no room for all.
    fn drawn(&self, judgements: &[Judgement]) -> String {
        let (height, width) = Term::stderr().size();
        let ids: Vec<&str> =
            judgements.iter().filter(|of| of.language == "rust").map(|of| of.id.as_str()).collect();
        let lines = ids.len().div_ceil(2);
        let latest = truncate_str(&self.latest, usize::from(width).saturating_sub(1), "…");
        if usize::from(height) < lines + 4 || usize::from(width) < 2 * COLUMN {
            return format!("{latest}\n");
        }
        let cell = |id: &str| {
            let verdict = |language: &str| {
                let settled = self.settled.get(&(id.to_owned(), language.to_owned()));
                settled.map_or("·", |verdict| verdict.words())
            };
            padded(&format!("{id:4}{:13}{:13}", verdict("rust"), verdict("python")))
        };
        let heading = padded("    Rust         CPython");
        let mut text = format!("{heading}{heading}\n");
        for line in 0..lines {
            text += &cell(ids[line]);
            text += &ids.get(line + lines).map_or(String::new(), |id| cell(id));
            text.push('\n');
        }
        format!("{text}{latest}\n")
    }
}

fn padded(text: &str) -> String {
    text.to_owned() + &" ".repeat(COLUMN.saturating_sub(measure_text_width(text)))
}
