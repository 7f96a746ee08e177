//! The claims, and the verdict that the data of a run give each of them.
//!
//! A rule and its threshold stand here before the run. No verdict is typed in by hand.

mod blocking;
mod computing;
mod crossings;
mod crossover;
mod decide;
mod downloads;
mod gil;
mod guidelines;
mod limiter;
mod memory;
mod patterns;
mod pipeline;
mod python;
mod races;
mod switches;
mod tree;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::data::{Data, Row, Status};
use crate::experiment::Experiment;
use crate::series::Series;
use crate::text::Text;
use crate::units::{thousands, whole};

pub(crate) use crossings::{Crossing, from_which_on};
pub(crate) use tree::{Agreement, Asked, COUNT as LEAVES, JudgedLeaf, MANY, leaf_for};

/// What the article says, how it is judged, and by which numbers.
pub(crate) struct Claim {
    pub(crate) id: &'static str,
    pub(crate) says: &'static str,
    /// Without the data of each of them nothing is judged.
    experiments: &'static [&'static str],
    pub(crate) threshold: &'static str,
    judge: fn(&All) -> Judged,
}

const CLIENT: &str = "blocking-client";
const CPU: &str = "cpu-bound";
const DOWNLOADS: &str = "mass-download";
const GIL: &str = "gil";
const LOOP: &str = "blocked-loop";
const LIMITER: &str = "rate-limiter";
const PIPELINE: &str = "hybrid-pipeline";
const POOL: &str = "bounded-pool";
const SWITCHES: &str = "switch-points";
const UPDATES: &str = "lost-updates";
const WAITING: &str = "waiting-tasks";

/// What every experiment has measured, by its name.
struct All<'a>(BTreeMap<&'a str, Series<'a>>);

impl<'a> All<'a> {
    /// Data that have outlived their experiment are kept, but judge nothing.
    fn of(data: &'a [Data], experiments: &'a [Experiment]) -> Self {
        let named = |data: &'a Data| {
            Some((data.experiment.as_str(), Series::of(data.experiment_of(experiments)?, data)))
        };
        Self(data.iter().filter_map(named).collect())
    }

    fn get(&self, experiment: &str) -> Result<&Series<'a>, String> {
        self.0.get(experiment).ok_or_else(|| format!("{experiment} was not run"))
    }

    /// What a rule says; without the data of each of its experiments nothing.
    fn verdict(&self, experiments: &[&str], judge: fn(&Self) -> Judged) -> (Verdict, String) {
        let run = experiments.iter().try_for_each(|experiment| self.get(experiment).map(|_| ()));
        run.and_then(|()| judge(self)).unwrap_or_else(|reason| (Verdict::NotMeasured, reason))
    }
}

impl Claim {
    fn verdict(&self, all: &All) -> (Verdict, String) {
        all.verdict(self.experiments, self.judge)
    }
}

/// A verdict with its evidence, or the reason why nothing was measured.
type Judged = Result<(Verdict, String), String>;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    Holds,
    HoldsBut,
    Fails,
    Unsettled,
    NotMeasured,
}

impl Verdict {
    pub(crate) fn words(self) -> &'static str {
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
pub(crate) struct Judgement {
    pub(crate) id: String,
    pub(crate) language: Cow<'static, str>,
    pub(crate) verdict: Verdict,
    pub(crate) evidence: Text,
    pub(crate) threshold: Cow<'static, str>,
}

fn claims() -> impl Iterator<Item = &'static Claim> {
    let judged =
        races::CLAIMS.iter().chain(&switches::CLAIMS).chain(&memory::CLAIMS).chain(&downloads::CLAIMS);
    let judged = judged.chain(&blocking::CLAIMS).chain(&computing::CLAIMS).chain(&gil::CLAIMS);
    let judged = judged.chain(&patterns::CLAIMS).chain(&limiter::CLAIMS).chain(&pipeline::CLAIMS);
    judged.chain(&crossover::CLAIMS).chain(&guidelines::CLAIMS)
}

/// What the article says under this number; nothing if the ledger does not have it yet.
pub(crate) fn says(id: &str) -> &'static str {
    claims().find(|claim| claim.id == id).map_or("", |claim| claim.says)
}

/// The experiment that judges it before all others.
pub(crate) fn judged_by(id: &str) -> &'static str {
    claims().find(|claim| claim.id == id).map_or("", |claim| claim.experiments[0])
}

/// What `decide` rests on, kept beside the claims so that it has it at once: the article's tree, and where tasks begin to take
/// less than threads.
#[derive(Serialize, Deserialize)]
pub(crate) struct Tree {
    pub(crate) leaves: Vec<JudgedLeaf>,
    pub(crate) crossings: Vec<Crossing>,
}

/// Judges every claim of the ledger, and names those of an experiment that the ledger does not have yet; and the article's tree.
pub(crate) fn judge(data: &[Data], experiments: &[Experiment]) -> (Vec<Judgement>, Tree) {
    let all = All::of(data, experiments);
    let mut judgements = Vec::new();
    for claim in claims() {
        let (verdict, evidence) = claim.verdict(&all);
        let id = claim.id.to_owned();
        judgements.push(Judgement {
            id,
            language: "rust".into(),
            verdict,
            evidence: evidence.into(),
            threshold: claim.threshold.into(),
        });
        judgements.push(python::judge(claim, &all));
    }
    let declared: BTreeSet<_> = experiments.iter().flat_map(|experiment| &experiment.claims).collect();
    for id in declared.into_iter().filter(|id| says(id).is_empty()) {
        for language in ["rust", "python"] {
            let evidence = "the ledger has no rule for it yet".into();
            let verdict = Verdict::NotMeasured;
            judgements.push(Judgement {
                id: id.clone(),
                language: language.into(),
                verdict,
                evidence,
                threshold: "".into(),
            });
        }
    }
    (judgements, Tree { leaves: tree::judge(&all), crossings: crossings::judge(&all) })
}

/// The parts of an evidence, which semicolons outside brackets divide; there is one at least.
pub(crate) fn clauses(evidence: &Text) -> Vec<Text> {
    parts(evidence.plain()).into_iter().map(Text::from).collect()
}

fn parts(evidence: &str) -> Vec<&str> {
    let (mut clauses, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in evidence.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => {
                clauses.push(evidence[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    clauses.push(evidence[from..].trim());
    clauses
}

/// What a variant did in every run of a case. A run whose figures were refused counts too, since to be wrong is
/// an answer; a row that failed in any other way has none.
struct Counts {
    variant: &'static str,
    expected: u64,
    done: Vec<u64>,
}

impl Counts {
    fn of(data: &Data, case: &str, variant: &'static str) -> Result<Self, String> {
        Self::of_row(data.row(case, variant).ok_or_else(|| format!("{variant} was not run"))?, variant)
    }

    fn of_row(row: &Row, variant: &'static str) -> Result<Self, String> {
        let answered = row.status == Status::Ok || row.outcomes.len() > row.times_s.len();
        if !answered {
            return Err(format!("{variant}: {}", row.reason_or("not run to its end")));
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "they were written as u64"
        )]
        let counts = |name| row.figures(&["work", name]).into_iter().map(|n| n as u64).collect::<Vec<_>>();
        let (expected, done) = (counts("expected"), counts("done"));
        match expected.first() {
            Some(&expected) => Ok(Self { variant, expected, done }),
            None => Err(format!("{variant}: no run is finished")),
        }
    }

    fn runs(&self) -> usize {
        self.done.len()
    }

    fn losing_runs(&self) -> usize {
        self.done.iter().filter(|&&done| done < self.expected).count()
    }

    fn is_exact(&self) -> bool {
        self.done.iter().all(|&done| done == self.expected)
    }

    /// How much it lost in each run.
    fn lost(&self) -> Vec<u64> {
        self.done.iter().map(|&done| self.expected.saturating_sub(done)).collect()
    }

    /// In words, how much it lost and in how many runs.
    fn losses(&self) -> String {
        let span = span(self.lost().into_iter().map(|lost| lost as f64));
        let (losing, runs) = (self.losing_runs(), self.runs());
        format!("{} lost {span} of {} ({losing} of {runs} runs lost)", self.variant, thousands(self.expected))
    }
}

/// In words, the least and the most of some counts.
fn span(counts: impl Iterator<Item = f64> + Clone) -> String {
    let least = counts.clone().fold(f64::INFINITY, f64::min);
    let most = counts.fold(0.0, f64::max);
    if least < most { format!("{} to {}", whole(least), whole(most)) } else { whole(most) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::synthetic::data;

    #[test]
    fn every_claim_has_a_number_of_its_own() {
        let ids: BTreeSet<_> = claims().map(|claim| claim.id).collect();
        assert_eq!(ids.len(), claims().count());
    }

    #[test]
    fn an_evidence_is_divided_outside_brackets() {
        assert_eq!(parts("a (b; c) d; e [f; g]; h"), ["a (b; c) d", "e [f; g]", "h"]);
        assert_eq!(parts("a"), ["a"]);
    }

    #[test]
    fn a_deleted_experiment_turns_its_own_claims_to_not_measured_and_no_others() {
        let names = [UPDATES, WAITING, DOWNLOADS, LOOP, CLIENT, CPU, GIL, POOL, LIMITER, PIPELINE, SWITCHES];
        let all = [
            races::tests::data(&[]),
            memory::tests::full(),
            downloads::tests::full(),
            blocking::tests::full_loop(),
            blocking::tests::full_client(),
            computing::tests::full(),
            gil::tests::full(),
            patterns::tests::full(),
            limiter::tests::full(),
            pipeline::tests::full(),
            switches::tests::full(),
        ];
        let verdicts = |without: &str| {
            let kept = names.iter().zip(&all).filter(|(name, _)| **name != without);
            let all = All(kept.map(|(name, data)| (*name, decide::tests::series(data))).collect());
            claims().map(|claim| claim.verdict(&all)).collect::<Vec<_>>()
        };
        for (claim, (verdict, reason)) in claims().zip(verdicts("none")) {
            assert_ne!(verdict, Verdict::NotMeasured, "{}: {reason}", claim.id);
        }
        for name in names {
            for (claim, (verdict, evidence)) in claims().zip(verdicts(name)) {
                let is_its_own = claim.experiments.contains(&name);
                assert_eq!(verdict == Verdict::NotMeasured, is_its_own, "{}", claim.id);
                assert_eq!(evidence == format!("{name} was not run"), is_its_own, "{}", claim.id);
            }
        }
    }

    #[test]
    fn data_that_have_outlived_their_experiment_judge_nothing() {
        let data = [data(UPDATES, Vec::new())];
        assert!(All::of(&data, &[]).get(UPDATES).is_err());
    }
}
