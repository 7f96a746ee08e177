//! The same claims in CPython: a rule each, over the rows of `python/*.py`.

mod blocking;
mod computing;
mod crossover;
mod downloads;
mod gil;
mod guidelines;
mod handlers;
mod limiter;
mod memory;
mod patterns;
mod pipeline;
mod processes;
mod races;
mod switches;

use super::{All, Claim, Judged, Judgement, Verdict};
use crate::data::{Data, Row};

/// How a claim is judged in CPython.
pub(super) struct Rule {
    id: &'static str,
    /// As of the claim itself: without the data of each of them nothing is judged.
    experiments: &'static [&'static str],
    threshold: &'static str,
    judge: fn(&All) -> Judged,
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    let rules = races::RULES.iter().chain(&switches::RULES).chain(&memory::RULES).chain(&downloads::RULES);
    let rules =
        rules.chain(&handlers::RULES).chain(&blocking::RULES).chain(&computing::RULES).chain(&gil::RULES);
    let rules = rules.chain(&patterns::RULES).chain(&limiter::RULES).chain(&pipeline::RULES);
    rules.chain(&crossover::RULES).chain(&processes::RULES).chain(&guidelines::RULES)
}

/// What the data say of a claim in CPython.
pub(super) fn judge(claim: &Claim, all: &All) -> Judgement {
    let rule = rules().find(|rule| rule.id == claim.id);
    let (verdict, evidence) = match rule {
        Some(rule) => all.verdict(rule.experiments, rule.judge),
        None => (Verdict::NotMeasured, "no CPython variant yet".to_owned()),
    };
    let threshold = rule.map_or(claim.threshold, |rule| rule.threshold);
    Judgement {
        id: claim.id.to_owned(),
        language: "python".into(),
        verdict,
        evidence: evidence.into(),
        threshold: threshold.into(),
    }
}

/// The version that a row was measured in.
fn version(row: &Row) -> &str {
    row.interpreter.as_ref().map_or("CPython", |interpreter| interpreter.plain())
}

/// The version that all is judged by, to begin an evidence with.
fn judged_by(data: &Data, evidence: &str) -> String {
    let first = data.rows.iter().find(|row| row.interpreter.is_some()).map_or("CPython", version);
    format!("{first}: {evidence}")
}

/// What a rule of Rust says of the rows of CPython, with the version.
fn told(data: &Data, judged: Judged) -> Judged {
    let (verdict, evidence) = judged?;
    Ok((verdict, judged_by(data, &evidence)))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::decide::tests::{Judge, judged, judged_rests_on};
    use super::*;

    /// What the rule of this number says of these data.
    pub(super) fn judge(rules: &[Rule], id: &str, data: &[&Data]) -> Judged {
        judged(of(rules, id), data)
    }

    fn of(rules: &[Rule], id: &str) -> Judge {
        rules.iter().find(|rule| rule.id == id).unwrap().judge
    }

    /// A rule is judged by these rows and no others.
    pub(super) fn rests_on(rules: &[Rule], id: &str, data: fn() -> Data, rows: &[(&str, &[&str])]) {
        judged_rests_on(of(rules, id), id, data, rows);
    }

    #[test]
    fn each_rule_is_of_a_claim_and_rests_on_no_more_than_it_names() {
        let ids: BTreeSet<_> = super::super::claims().map(|claim| claim.id).collect();
        let mut seen = BTreeSet::new();
        for rule in rules() {
            assert!(ids.contains(rule.id) && seen.insert(rule.id), "{}", rule.id);
            assert!(!rule.experiments.is_empty(), "{}", rule.id);
        }
    }

    #[test]
    fn without_data_nothing_is_judged() {
        for rule in rules() {
            let (verdict, reason) = All(BTreeMap::new()).verdict(rule.experiments, rule.judge);
            assert_eq!(verdict, Verdict::NotMeasured);
            assert!(reason.ends_with("was not run"), "{reason}");
        }
    }
}
