//! Which rows the verdicts that are still open depend on.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::Decided;
use super::formula::Formula;
use super::measure::{All, Scene, finished};
use super::place::Place;
use super::rule::Rule;
use super::{Ledger, Rules};
use bench::data::Data;
use bench::experiment::Experiment;

/// A row: an experiment, a case of it, and a variant.
pub type Key = (String, String, String);

/// What verdicts that are open would have of a row.
#[derive(Clone, Default)]
pub struct Wanted {
    /// Which verdicts another run may settle, by their place in the ledger; none if it decides nothing.
    pub verdicts: BTreeSet<usize>,
    /// Whether a sentence wants to show a figure of it, for which one run is enough.
    pub is_shown: bool,
}

impl Wanted {
    /// Whether another run may settle a verdict.
    pub fn decides(&self) -> bool {
        !self.verdicts.is_empty()
    }
}

/// Rows by what is wanted of them; all others decide nothing now.
pub type Wants = BTreeMap<Key, Wanted>;

impl Ledger {
    /// What the open verdicts want of the rows that are `planned`. A verdict that depends on a row that is not, or that was refused,
    /// wants nothing.
    pub fn wants<'a>(
        &self,
        data: impl IntoIterator<Item = &'a Data>,
        experiments: &'a [Experiment],
        planned: &BTreeSet<Key>,
    ) -> Wants {
        let all = All::of(data, experiments);
        let mut wants = Wants::new();
        let rules = self.claims.iter().flat_map(|claim| [&claim.rust, &claim.python]);
        for (place, rules) in rules.enumerate() {
            let Some((deciding, shown)) = rules.wants(&all, experiments, planned) else { continue };
            for key in deciding {
                wants.entry(key).or_default().verdicts.insert(place);
            }
            for key in shown {
                wants.entry(key).or_default().is_shown = true;
            }
        }
        wants
    }
}

impl Rules {
    /// The rows that may settle the verdict, and those that its sentence shows; none if it is settled, or cannot be.
    pub(super) fn wants(
        &self,
        all: &All,
        experiments: &[Experiment],
        planned: &BTreeSet<Key>,
    ) -> Option<(BTreeSet<Key>, BTreeSet<Key>)> {
        if self.deciding.is_empty() || self.judge(all).verdict.is_settled() {
            return None;
        }
        let rows = |rule: &Rule, place: &Place, case: &str| {
            let own = || vec![place.case.as_deref().unwrap_or(case)];
            let cases = if rule.quantity.is_in_series() { sizes(experiments, place) } else { own() };
            let key = |case: &str| (place.experiment.clone(), case.to_owned(), place.variant.clone());
            let keys = cases.into_iter().map(key).filter(|key| planned.contains(key));
            keys.collect::<BTreeSet<Key>>()
        };
        let of_part = |rule: &Rule, part: usize, case: &str| -> Option<BTreeSet<Key>> {
            let (of, over) = &rule.pairs[part % rule.pairs.len()];
            let mut found = BTreeSet::new();
            for place in [Some(of), over.as_ref()].into_iter().flatten() {
                let rows = rows(rule, place, case);
                let is_lost = |(experiment, case, variant): &Key| {
                    let series = all.get(experiment).ok();
                    let row = series.and_then(|(_, series)| series.data.row(case, variant));
                    row.is_some_and(|row| finished(row).is_err())
                };
                if rows.is_empty() || (!rule.quantity.is_in_series() && rows.iter().any(is_lost)) {
                    return None;
                }
                found.extend(rows.into_iter().filter(|key| !is_lost(key)));
            }
            Some(found)
        };
        let is_planned = |case: &&String| {
            let mut places = self.places().filter(|place| place.case.is_none());
            places.all(|place| {
                planned.contains(&(place.experiment.clone(), (*case).clone(), place.variant.clone()))
            })
        };
        let case = self.cases.iter().find(is_planned).or(self.cases.last()).map_or("", String::as_str);
        let scene = Scene { all, case, interpreter: None };
        let decided: Vec<Vec<Decided>> = self.deciding.iter().map(|(_, rule)| rule.decided(scene)).collect();
        let (mut deciding, mut others) = (BTreeSet::new(), BTreeSet::new());
        for (index, (_, rule)) in self.deciding.iter().enumerate() {
            for part in 0..decided[index].len() {
                let Some(rows) = of_part(rule, part, case) else {
                    // Without it nothing is said, or what is said does not wait for it.
                    if self.is_partial {
                        continue;
                    }
                    return None;
                };
                if decided[index][part].is_some() || !self.may_change(&decided, index, part) {
                    others.extend(rows);
                } else {
                    deciding.extend(rows);
                }
            }
        }
        for (_, rule) in &self.also {
            others.extend((0..rule.pairs.len()).filter_map(|part| of_part(rule, part, case)).flatten());
        }
        Some((deciding, others))
    }

    /// Whether what this part decides can still change what is said of the claim.
    fn may_change(&self, decided: &[Vec<Decided>], rule: usize, part: usize) -> bool {
        let verdicts = |decided: &[Vec<Decided>]| {
            let of = |formula: &Option<Formula>| formula.as_ref().map(|formula| formula.decide(decided));
            [of(&self.holds), of(&self.holds_but), of(&self.fails)]
        };
        let now = verdicts(decided);
        [true, false].into_iter().any(|to| {
            let mut decided = decided.to_vec();
            decided[rule][part] = Some(to);
            verdicts(&decided) != now
        })
    }
}

/// The cases of a variant that have a size.
fn sizes<'a>(experiments: &'a [Experiment], place: &Place) -> Vec<&'a str> {
    let found = experiments.iter().find(|experiment| experiment.name == place.experiment);
    let cases = found.iter().flat_map(|experiment| &experiment.cases);
    let runs = |case: &str| {
        let variant = found.and_then(|experiment| experiment.variant(&place.variant));
        variant.is_some_and(|variant| variant.tier(case).is_some())
    };
    cases.filter(|case| case.size.is_some() && runs(&case.name)).map(|case| case.name.as_str()).collect()
}
