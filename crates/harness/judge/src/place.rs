//! The rows that a rule names: `variant`, `variant@case` or `experiment/variant@case`.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use toml::{Spanned, Value};

use bench::experiment::{Case, Experiment};

/// A row, or in a series a variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub experiment: String,
    pub variant: String,
    /// None if it is the case that the rules of this language are about.
    pub(super) case: Option<String>,
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.variant)
    }
}

/// Something wrong in a file, and where.
pub(super) type Wrong = (Range<usize>, String);

/// A word, and where it stands.
type Word = (String, Range<usize>);

/// What places are looked up in.
pub(super) struct Names<'a> {
    text: &'a str,
    experiments: &'a [Experiment],
    /// The experiment that is meant where none is named.
    own: &'a str,
    /// What stands for a list of words: `{loops}` for the loops of this language.
    pub(super) lists: BTreeMap<String, Vec<Word>>,
    /// The cases that are meant where none is named.
    pub(super) cases: Vec<Word>,
    /// Whether an experiment may be missing: its rows are not measured then.
    pub(super) is_partial: bool,
}

impl<'a> Names<'a> {
    pub(super) fn of(text: &'a str, experiments: &'a [Experiment], own: &'a str) -> Self {
        Self { text, experiments, own, lists: BTreeMap::new(), cases: Vec::new(), is_partial: false }
    }

    /// The words of a value, which is one or a list of them, each with the place where it stands.
    pub(super) fn words(&self, value: &Spanned<Value>) -> Result<Vec<Word>, Wrong> {
        let values = match value.get_ref() {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut words = Vec::new();
        for one in values {
            let Some(word) = one.as_str() else {
                return Err((value.span(), "write a text or a list of texts".to_owned()));
            };
            let from = self.text[value.span()].find(&format!("\"{word}\"")).unwrap_or(0);
            let at = value.span().start + from..value.span().end;
            words.extend(self.expanded(word, &at)?.into_iter().map(|word| (word, at.clone())));
        }
        Ok(words)
    }

    /// With each `{name}` replaced: as many words as its list has.
    fn expanded(&self, word: &str, at: &Range<usize>) -> Result<Vec<String>, Wrong> {
        let Some((before, rest)) = word.split_once('{') else { return Ok(vec![word.to_owned()]) };
        let Some((name, after)) = rest.split_once('}') else {
            return Err((at.clone(), format!("`{word}` lacks a }}")));
        };
        let Some(list) = self.lists.get(name) else {
            return Err((at.clone(), format!("there is no name `{name}`")));
        };
        let mut words = Vec::new();
        for (one, _) in list {
            words.extend(self.expanded(&format!("{before}{one}{after}"), at)?);
        }
        Ok(words)
    }

    /// The places that a value names; with `in_series` they are variants alone.
    pub(super) fn places(&self, value: &Spanned<Value>, in_series: bool) -> Result<Vec<Place>, Wrong> {
        let place = |(word, at): Word| {
            self.place(&word, in_series).map_err(|(name, reason)| {
                // If it is from a list, that is what has to be changed.
                let listed = self.lists.values().flatten().chain(&self.cases).find(|(word, _)| *word == name);
                (listed.map_or(at, |(_, at)| at.clone()), reason)
            })
        };
        self.words(value)?.into_iter().map(place).collect()
    }

    /// Or the name that is wrong, and why.
    fn place(&self, word: &str, in_series: bool) -> Result<Place, (String, String)> {
        let (experiment, rest) = word.split_once('/').unwrap_or((self.own, word));
        let (variant, case) =
            rest.split_once('@').map_or((rest, None), |(variant, case)| (variant, Some(case)));
        let wrong = |name: &str, reason: String| Err((name.to_owned(), reason));
        let place = Place {
            experiment: experiment.to_owned(),
            variant: variant.to_owned(),
            case: case.map(str::to_owned),
        };
        let Some(found) = self.experiments.iter().find(|one| one.name == experiment) else {
            let reason = format!("there is no experiment `{experiment}`");
            return if self.is_partial { Ok(place) } else { wrong(experiment, reason) };
        };
        let Some(runs) = found.variant(variant) else {
            return wrong(variant, format!("there is no variant `{variant}` in {experiment}"));
        };
        if in_series {
            let is_of_it = |case: &&Case| case.size.is_some() && runs.tier(&case.name).is_some();
            return match (case, found.cases.iter().filter(is_of_it).count()) {
                (Some(case), _) => wrong(case, format!("a series has no case, `{case}`")),
                (None, 0..3) => {
                    wrong(variant, format!("`{variant}` runs fewer than three cases with a size"))
                }
                _ => Ok(place),
            };
        }
        let own = || self.cases.iter().map(|(case, _)| case.as_str()).collect();
        let cases = case.map_or_else(own, |case| vec![case]);
        for case in &cases {
            if !found.cases.iter().any(|one| one.name == **case) {
                return wrong(case, format!("there is no case `{case}` in {experiment}"));
            }
            if runs.tier(case).is_none() {
                return wrong(variant, format!("`{variant}` does not run the case `{case}`"));
            }
        }
        if cases.is_empty() {
            return wrong(word, format!("`{word}` names no case: write VARIANT@CASE, or a `case` for all"));
        }
        Ok(place)
    }
}
