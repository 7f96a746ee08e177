//! A rule in words: the sentence that explains a threshold is made from what decides.

use super::Rules;
use super::decide::Bound;
use super::figures::Unit;
use super::measure::RUNS_TO_SEE_NONE;
use super::place::Place;
use super::rule::{Quantity, Rule};
use crate::statistics::{RUNS_TO_DECIDE, SAME};
use bench::units::whole;

/// What decides, in words.
pub(super) fn threshold(rules: &Rules) -> String {
    let mut parts: Vec<_> = rules
        .deciding
        .iter()
        .map(|(name, rule)| format!("{}: {}", plain(name), in_words(rule, &rules.cases)))
        .collect();
    let joined = |how: &str, formula: &super::Formula| match formula.text.as_str() {
        "never" => format!("never {how}"),
        text => format!("{how} if {}", plain(text)),
    };
    let verdicts = [
        rules.holds.as_ref().map(|formula| joined("holds", formula)),
        rules.holds_but.as_ref().map(|formula| joined("holds, but", formula)),
        rules.fails.as_ref().map(|formula| joined("fails", formula)),
        Some(if rules.fails.is_some() { "else unsettled" } else { "else fails" }.to_owned()),
    ];
    let mut verdict = verdicts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    if rules.needs_cores {
        verdict += "; measured on at least 2 cores only";
    }
    if rules.is_partial {
        verdict += "; it may fail by one row if another was not measured";
    }
    verdict += match rules.versions {
        super::Versions::First => "",
        super::Versions::Each => {
            "; each version of CPython is judged by itself, and the first one's verdict counts"
        }
        super::Versions::Any => "; it is enough if it holds in one version of CPython that has a GIL",
    };
    parts.push(verdict);
    parts.join(". ") + &format!(". Fewer than {RUNS_TO_DECIDE} runs decide nothing")
}

fn plain(name: &str) -> String {
    name.replace('_', " ")
}

fn in_words(rule: &Rule, cases: &[String]) -> String {
    let figures: Vec<_> = rule.figures.iter().map(|figure| figure.words.as_str()).collect();
    let (either, figures) = (figures.join(" or "), list(&figures));
    let of = rows(rule.pairs.iter().map(|(of, _)| of), cases);
    let over = rows(rule.pairs.iter().filter_map(|(_, over)| over.as_ref()), cases);
    let unit = match rule.quantity {
        Quantity::Ratio => Unit::Ratio,
        _ => rule.figures[0].unit,
    };
    let bounds: Vec<_> = rule.bounds.iter().map(|bound| bound.in_words(unit)).collect();
    let bounds = bounds.join(" and ");
    let beats = if rule.beats > 0.0 {
        format!(", each of at least {} beats", whole(rule.beats))
    } else {
        String::new()
    };
    match rule.quantity {
        Quantity::Ratio => format!("{figures} of {of} divided by that of {over} is {bounds}{beats}"),
        Quantity::Slope => format!("{figures} of one more, by the slope over n, of {of} is {bounds}"),
        Quantity::Pays => format!(
            "{over} takes less of {}, by more than {:.0} %, than {of}, and not more of the other",
            either,
            SAME * 100.0
        ),
        Quantity::Every if rule.chance => {
            format!(
                "{figures} of {of} is {bounds} in every run, of at least {RUNS_TO_SEE_NONE} on at least 2 cores"
            )
        }
        Quantity::Every => format!("{figures} of {of} is {bounds} in every run"),
        Quantity::Some => format!("{figures} of {of} is {bounds} in one run or more"),
        Quantity::Most => {
            format!("{figures} of {of} is {bounds} in most runs, proven by a sign test")
        }
        Quantity::Alike => format!("{figures} of {of} is the same in every run"),
        _ => format!("{figures} of {of} is {bounds}{beats}"),
    }
}

/// The variants of each case together, and the cases of the same variants.
fn rows<'a>(places: impl Iterator<Item = &'a Place>, cases: &'a [String]) -> String {
    let mut by_case: Vec<(String, Vec<&str>)> = Vec::new();
    for place in places {
        let case = place.case.clone().unwrap_or_else(|| cases.join(" or "));
        insert(&mut by_case, case, &place.variant);
    }
    let mut by_variants: Vec<(String, Vec<&str>)> = Vec::new();
    for (case, variants) in &by_case {
        insert(&mut by_variants, list(variants), case);
    }
    let told = |(variants, cases): (String, Vec<&str>)| match list(&cases) {
        cases if cases.is_empty() => variants,
        cases => format!("{variants} in {cases}"),
    };
    by_variants.into_iter().map(told).collect::<Vec<_>>().join(", ")
}

/// Once each, in the order of their first.
fn insert<'a>(groups: &mut Vec<(String, Vec<&'a str>)>, key: String, word: &'a str) {
    match groups.iter_mut().find(|(other, _)| *other == key) {
        Some((_, words)) if words.contains(&word) => {}
        Some((_, words)) => words.push(word),
        None => groups.push((key, vec![word])),
    }
}

/// "a, b and c".
pub(super) fn list(words: &[&str]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

impl Bound {
    fn in_words(&self, unit: Unit) -> String {
        match self {
            Self::AtLeast(least) => format!("at least {}", unit.bound(*least)),
            Self::Between(least, most) => format!("from {} to {}", unit.bound(*least), unit.bound(*most)),
            Self::AtMost(most) if *most <= 0.0 => "0".to_owned(),
            Self::AtMost(most) => format!("at most {}", unit.bound(*most)),
            Self::Above(most) if *most <= 0.0 => "above 0".to_owned(),
            Self::Above(most) => format!("above {}", unit.bound(*most)),
            Self::Below(least) => format!("below {}", unit.bound(*least)),
            Self::About(claimed) => {
                let claimed: Vec<_> = claimed.iter().map(|value| unit.bound(*value)).collect();
                format!("about {}, within a factor of two", claimed.join(" or "))
            }
        }
    }
}
