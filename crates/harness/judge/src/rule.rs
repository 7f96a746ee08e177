//! A rule: a quantity of some rows, and what it has to be.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::{Spanned, Value};

use super::decide::Bound;
use super::figures::Figure;
use super::place::{Names, Place, Wrong};

/// What is looked at, by the key that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Quantity {
    /// The median of a row's runs.
    Value,
    /// That of one row divided by that of another.
    Ratio,
    /// What one more takes, over the cases that have a size.
    Slope,
    /// Whether the other takes less of one figure, and not more of the other.
    Pays,
    /// Each run by itself: all of them, at least one, or most of them by a sign test.
    Every,
    Some,
    Most,
    /// Whether all runs are alike.
    Alike,
    /// The largest of all runs; shown only.
    Largest,
    /// In how many rounds the one was less than the other; shown only.
    Rounds,
    /// From which size on the one takes less than the other; shown only.
    Crossover,
}

/// As it is written: one of these quantities, the rows, and a bound.
pub(super) type RuleTable = BTreeMap<Spanned<String>, Spanned<Value>>;

pub(super) struct Rule {
    pub(super) quantity: Quantity,
    pub(super) figures: Vec<Figure>,
    /// Each row, with the one that it is divided by.
    pub(super) pairs: Vec<(Place, Option<Place>)>,
    /// All of them are to be met.
    pub(super) bounds: Vec<Bound>,
    /// How many beats the runs of a row must have had together.
    pub(super) beats: f64,
    /// A yes takes runs enough that a race would have shown.
    pub(super) chance: bool,
}

impl Rule {
    /// Checked; `is_shown` if it decides nothing. `at` is where it stands.
    pub(super) fn check(
        table: &RuleTable,
        at: Range<usize>,
        names: &Names,
        is_shown: bool,
    ) -> Result<Self, Wrong> {
        let (mut quantities, mut bounds) = (Vec::new(), Vec::new());
        let (mut of, mut over, mut called, mut beats, mut chance) = (None, None, Vec::new(), 0.0, None);
        for (key, value) in table {
            let name = key.get_ref().as_str();
            if let Ok(quantity) = Quantity::named(name) {
                quantities.push((quantity, value));
            } else {
                match name {
                    "at_least" => bounds.push(Bound::AtLeast(one_number(value, 0.0)?)),
                    "at_most" => bounds.push(Bound::AtMost(one_number(value, 0.0)?)),
                    "above" => bounds.push(Bound::Above(one_number(value, 0.0)?)),
                    "below" => bounds.push(Bound::Below(one_number(value, 0.0)?)),
                    "of" => of = Some(value),
                    "over" => over = Some(value),
                    "about" => bounds.push(Bound::About(numbers(value, f64::MIN_POSITIVE)?)),
                    "beats" => beats = one_number(value, 1.0)?,
                    "called" => called = names.words(value)?,
                    "chance" => chance = Some(value),
                    _ => return Err((key.span(), format!("unknown key `{name}` in a rule"))),
                }
            }
        }
        let wrong = |reason: &str| (at.clone(), reason.to_owned());
        let [(quantity, figures)] = quantities[..] else {
            return Err(wrong(
                "a rule is about one quantity: value, ratio, slope, pays, every, some, most or alike",
            ));
        };
        let of = of.ok_or_else(|| wrong("a rule says with `of` which rows it is about"))?;
        let figure = |(index, (name, at)): (usize, (String, _))| {
            let called = called.get(index).map(|(words, _)| words.as_str());
            Figure::of(&name, called).map_err(|reason| (at, reason))
        };
        let figures =
            names.words(figures)?.into_iter().enumerate().map(figure).collect::<Result<Vec<_>, _>>()?;
        quantity.check(&bounds, figures.len(), is_shown).map_err(wrong)?;
        if let [Bound::AtLeast(least), Bound::AtMost(most)] = bounds[..] {
            bounds = vec![Bound::Between(least, most)];
        }
        if let Some(chance) = chance.filter(|_| quantity != Quantity::Every) {
            return Err((chance.span(), "`chance` belongs to `every`".to_owned()));
        }
        let in_series = quantity.is_in_series();
        let rows = names.places(of, in_series)?;
        let over = over.map(|over| names.places(over, in_series)).transpose()?;
        if over.is_some() != quantity.compares() {
            return Err(wrong(
                "ratio, pays, rounds and crossover say with `over` what they compare with; no other does",
            ));
        }
        let (many, against) = (rows.len(), over.as_ref().map_or(rows.len(), Vec::len));
        let pairs: Vec<_> = match over {
            None => rows.into_iter().map(|of| (of, None)).collect(),
            Some(over) if many == against || many == 1 || against == 1 => {
                let pair = |at: usize| (rows[at % many].clone(), Some(over[at % against].clone()));
                (0..many.max(against)).map(pair).collect()
            }
            Some(_) => return Err((of.span(), format!("{many} rows cannot be compared with {against}"))),
        };
        if pairs.is_empty() && !is_shown {
            return Err((of.span(), "the rule is about no row".to_owned()));
        }
        let chance = chance.is_some_and(|chance| chance.get_ref().as_bool() == Some(true));
        Ok(Self { quantity, figures, pairs, bounds, beats, chance })
    }
}

impl Quantity {
    fn named(key: &str) -> Result<Self, serde::de::value::Error> {
        Self::deserialize(key.into_deserializer())
    }

    fn compares(self) -> bool {
        matches!(self, Self::Ratio | Self::Pays | Self::Rounds | Self::Crossover)
    }

    /// Whether it is about all cases that have a size.
    pub(super) fn is_in_series(self) -> bool {
        matches!(self, Self::Slope | Self::Crossover)
    }

    /// What is wrong with these bounds, and so many figures.
    fn check(self, bounds: &[Bound], figures: usize, is_shown: bool) -> Result<(), &'static str> {
        let decides_itself = matches!(self, Self::Pays | Self::Alike);
        let shows_only = matches!(self, Self::Largest | Self::Rounds | Self::Crossover);
        match bounds {
            [] if is_shown || decides_itself => {}
            _ if shows_only && !is_shown => return Err("this decides nothing: it belongs under `also`"),
            [] => return Err("say what it has to be: at_least, at_most, above, below or about"),
            _ if is_shown || decides_itself => return Err("this has no bound"),
            [_, _, ..] if matches!(self, Self::Every | Self::Some | Self::Most) => {
                return Err("a rule about runs has one bound");
            }
            [Bound::AtLeast(least), Bound::AtMost(most)] if least > most => {
                return Err("nothing is above and below that");
            }
            _ => {}
        }
        if self == Self::Pays && figures != 2 { Err("`pays` names two figures") } else { Ok(()) }
    }
}

/// A number or a list of them, none below `least`.
fn numbers(value: &Spanned<Value>, least: f64) -> Result<Vec<f64>, Wrong> {
    let values = match value.get_ref() {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    #[allow(clippy::cast_precision_loss, reason = "a bound of that size is rough")]
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
    let numbers: Option<Vec<f64>> = values.iter().map(number).collect();
    let numbers =
        numbers.filter(|all| !all.is_empty() && all.iter().all(|one| one.is_finite() && *one >= least));
    numbers.ok_or_else(|| (value.span(), "a bound is a number that is not negative".to_owned()))
}

fn one_number(value: &Spanned<Value>, least: f64) -> Result<f64, Wrong> {
    match numbers(value, least)?[..] {
        [number] => Ok(number),
        _ => Err((value.span(), "this is one number; `about` may be a list".to_owned())),
    }
}
