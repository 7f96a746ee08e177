//! A rule: a quantity of some rows, and what it has to be.

use std::iter::zip;
use std::ops::Range;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::decide::Bound;
use super::figures::Figure;
use super::place::{Names, Place, Wrong};

/// What is looked at, by the key that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// The median of a row's runs.
    Value,
    /// That of one row divided by that of another.
    Ratio,
    /// What one more takes, over the cases that have a size.
    Slope,
    /// Whether the other takes less of one figure, and not more of the other.
    Pays,
    /// Each run by itself: all of them, at least one, or surely most by Wilson's interval.
    Every,
    Some,
    Most,
    /// Whether all runs are alike.
    Alike,
    /// The largest and the smallest of all runs; shown only.
    Largest,
    Smallest,
    /// In how many rounds the one was less than the other; shown only.
    Rounds,
    /// From which size on the one takes less than the other; shown only.
    Crossover,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleTable {
    value: Option<Spanned<Value>>,
    ratio: Option<Spanned<Value>>,
    slope: Option<Spanned<Value>>,
    pays: Option<Spanned<Value>>,
    every: Option<Spanned<Value>>,
    some: Option<Spanned<Value>>,
    most: Option<Spanned<Value>>,
    alike: Option<Spanned<Value>>,
    largest: Option<Spanned<Value>>,
    smallest: Option<Spanned<Value>>,
    rounds: Option<Spanned<Value>>,
    crossover: Option<Spanned<Value>>,
    of: Spanned<Value>,
    over: Option<Spanned<Value>>,
    at_least: Option<Spanned<f64>>,
    at_most: Option<Spanned<f64>>,
    above: Option<Spanned<f64>>,
    below: Option<Spanned<f64>>,
    about: Option<Spanned<Value>>,
    called: Option<String>,
    chance: Option<Spanned<bool>>,
    beats: Option<Spanned<f64>>,
}

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
    /// From which n on `of` takes less of these figures than `over`.
    pub(super) fn crossover(
        names: &Names,
        figures: &Spanned<Value>,
        of: &Spanned<Value>,
        over: &Spanned<Value>,
    ) -> Result<Self, Wrong> {
        let figure = |(name, at): (String, Range<usize>)| Figure::of(&name, None).map_err(|reason| (at, reason));
        let figures = names.words(figures)?.into_iter().map(figure).collect::<Result<_, _>>()?;
        let pairs = zip(names.places(of, true)?, names.places(over, true)?.into_iter().map(Some)).collect();
        Ok(Self { quantity: Quantity::Crossover, figures, pairs, bounds: Vec::new(), beats: 0.0, chance: false })
    }
}

impl RuleTable {
    /// Checked; `is_shown` if it decides nothing.
    pub(super) fn check(&self, names: &Names, is_shown: bool) -> Result<Rule, Wrong> {
        let (quantity, key) = self.quantity()?;
        let words = names.words(key)?;
        let figure =
            |(name, at): (String, _)| Figure::of(&name, self.called.as_ref()).map_err(|reason| (at, reason));
        let figures = words.into_iter().map(figure).collect::<Result<Vec<_>, _>>()?;
        let bounds = self.bounds()?;
        let wrong = |condition: bool, reason: &str| {
            if condition { Err((key.span(), reason.to_owned())) } else { Ok(()) }
        };
        let decides_itself = matches!(quantity, Quantity::Pays | Quantity::Alike);
        let only_shown =
            matches!(quantity, Quantity::Largest | Quantity::Smallest | Quantity::Rounds | Quantity::Crossover);
        wrong(only_shown && !is_shown, "this decides nothing: it belongs under `also`")?;
        wrong(is_shown && !bounds.is_empty(), "what stands under `also` has no bound")?;
        wrong(!is_shown && bounds.is_empty() != decides_itself, "say what it has to be, with one of at_least, at_most, above, below, about; `pays` and `alike` have none")?;
        let by_run = matches!(quantity, Quantity::Every | Quantity::Some | Quantity::Most);
        wrong(by_run && bounds.len() != 1, "a rule about runs has one bound")?;
        wrong(quantity == Quantity::Pays && figures.len() != 2, "`pays` names two figures")?;
        if let Some(chance) = self.chance.as_ref().filter(|_| quantity != Quantity::Every) {
            return Err((chance.span(), "`chance` belongs to `every`".to_owned()));
        }
        let is_paired =
            matches!(quantity, Quantity::Ratio | Quantity::Pays | Quantity::Rounds | Quantity::Crossover);
        let in_series = matches!(quantity, Quantity::Slope | Quantity::Crossover);
        let of = names.places(&self.of, in_series)?;
        let over = self.over.as_ref().map(|over| names.places(over, in_series)).transpose()?;
        let pairs = match (is_paired, over) {
            (false, None) => of.into_iter().map(|of| (of, None)).collect(),
            (true, Some(over)) if of.len() == over.len() => zip(of, over.into_iter().map(Some)).collect(),
            (true, Some(over)) if over.len() == 1 => of.into_iter().map(|of| (of, Some(over[0].clone()))).collect(),
            (true, Some(over)) if of.len() == 1 => over.into_iter().map(|over| (of[0].clone(), Some(over))).collect(),
            (true, Some(over)) => {
                let reason = format!("{} rows cannot be compared with {}", of.len(), over.len());
                return Err((self.of.span(), reason));
            }
            (true, None) => return Err((self.of.span(), "say with `over` what it is compared with".to_owned())),
            (false, Some(_)) => return Err((self.of.span(), "`over` belongs to a comparison".to_owned())),
        };
        let chance = self.chance.as_ref().is_some_and(|chance| *chance.get_ref());
        let beats = self.beats.as_ref().map_or(0.0, |beats| *beats.get_ref());
        Ok(Rule { quantity, figures, pairs, bounds, beats, chance })
    }

    fn quantity(&self) -> Result<(Quantity, &Spanned<Value>), Wrong> {
        let keys = [
            (Quantity::Value, &self.value),
            (Quantity::Ratio, &self.ratio),
            (Quantity::Slope, &self.slope),
            (Quantity::Pays, &self.pays),
            (Quantity::Every, &self.every),
            (Quantity::Some, &self.some),
            (Quantity::Most, &self.most),
            (Quantity::Alike, &self.alike),
            (Quantity::Largest, &self.largest),
            (Quantity::Smallest, &self.smallest),
            (Quantity::Rounds, &self.rounds),
            (Quantity::Crossover, &self.crossover),
        ];
        let mut given = keys.into_iter().filter_map(|(quantity, key)| Some((quantity, key.as_ref()?)));
        match (given.next(), given.next()) {
            (Some(one), None) => Ok(one),
            (_, Some((_, key))) => Err((key.span(), "a rule is about one quantity".to_owned())),
            (None, None) => Err((self.of.span(), "a rule says what it is about: value, ratio, slope, ..".to_owned())),
        }
    }

    fn bounds(&self) -> Result<Vec<Bound>, Wrong> {
        let single: [(&Option<Spanned<f64>>, fn(f64) -> Bound); 4] = [
            (&self.at_least, Bound::AtLeast),
            (&self.at_most, Bound::AtMost),
            (&self.above, Bound::Above),
            (&self.below, Bound::Below),
        ];
        let mut bounds = Vec::new();
        for (key, bound) in single {
            let Some(key) = key else { continue };
            if !(key.get_ref().is_finite() && *key.get_ref() >= 0.0) {
                return Err((key.span(), "a bound is a number, 0 or more".to_owned()));
            }
            bounds.push(bound(*key.get_ref()));
        }
        if let Some(about) = &self.about {
            let values = match about.get_ref() {
                Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            #[allow(clippy::cast_precision_loss, reason = "who claims so much claims it roughly")]
            let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
            let numbers: Option<Vec<f64>> = values.iter().map(number).collect();
            let numbers = numbers.filter(|numbers| !numbers.is_empty() && numbers.iter().all(|one| *one > 0.0));
            bounds.push(Bound::About(numbers.ok_or_else(|| {
                (about.span(), "`about` is a positive number or a list of them".to_owned())
            })?));
        }
        if let [Bound::AtLeast(least), Bound::AtMost(most)] = bounds[..]
            && least > most
        {
            return Err((self.of.span(), format!("nothing is at least {least} and at most {most}")));
        }
        Ok(bounds)
    }
}
