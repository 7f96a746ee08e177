//! What a verdict rests on: figures with their unit, their interval and the rows that they come from. The sentence is made last, here.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::figures::Unit;
use crate::series::Measured;
use bench::text::Text;
use bench::units::whole;

/// A figure that was measured.
#[derive(Clone)]
pub(crate) struct Shown {
    /// "whole time", or "ratio of whole time".
    pub(super) what: String,
    /// The row that it is of, and the one that it is divided by.
    pub(super) rows: Vec<Origin>,
    pub(super) unit: Unit,
    pub(super) shape: Shape,
    /// What was claimed of it.
    pub(super) claimed: Vec<f64>,
    /// How many beats there were, if they were too few.
    pub(super) beats: Option<f64>,
    /// How many rounds were left out, if it is undecided.
    pub(super) disturbed: usize,
}

/// Which row a figure comes from.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) variant: String,
    /// None if it is over a series of cases.
    pub(super) case: Option<String>,
    pub(super) interpreter: Option<Text>,
}

#[derive(Clone)]
pub(super) enum Shape {
    Measured(Measured),
    /// The least and the most of all runs, of how many at best; how many of the runs are above zero, and how many differ.
    Runs {
        least: f64,
        most: f64,
        of_all: Option<f64>,
        above_zero: Option<usize>,
        different: usize,
        runs: usize,
    },
    /// In so many of so many rounds.
    Rounds(usize, usize),
    Words(String),
}

impl Shown {
    /// The value alone, for a finding.
    pub(super) fn brief(&self) -> String {
        match &self.shape {
            Shape::Measured(measured) => self.unit.shown(measured.interval.median, None),
            Shape::Runs { least, most, .. } => self.span(*least, *most),
            Shape::Rounds(some, all) => format!("{some} of {all}"),
            Shape::Words(words) => words.clone(),
        }
    }

    /// The value with its interval.
    pub(super) fn value(&self) -> String {
        let value = match &self.shape {
            Shape::Measured(measured) => self.unit.measured(measured),
            Shape::Rounds(some, all) => format!("in {some} of {all} runs"),
            Shape::Words(words) => words.clone(),
            Shape::Runs { most, above_zero: Some(0), runs, .. } if *most <= 0.0 => {
                format!("none in {runs} runs")
            }
            Shape::Runs { least, most, of_all, above_zero, different, runs } => {
                let of_all = of_all.map(|all| format!(" of {}", whole(all))).unwrap_or_default();
                let runs = match above_zero {
                    Some(some) => format!("in {some} of {runs} runs"),
                    None if *different > 1 => format!("{different} different in {runs} runs"),
                    None => format!("in each of {runs} runs"),
                };
                format!("{}{of_all} ({runs})", self.span(*least, *most))
            }
        };
        let claimed: Vec<_> = self.claimed.iter().map(|claimed| self.unit.bound(*claimed)).collect();
        let notes = [
            (!claimed.is_empty()).then(|| format!("claimed: {}", claimed.join(" or "))),
            self.beats.map(|beats| format!("of {} beats only", whole(beats))),
            (self.disturbed > 0).then(|| format!("other programs disturbed {} rounds", self.disturbed)),
        ];
        let notes: Vec<_> = notes.into_iter().flatten().collect();
        if notes.is_empty() { value } else { format!("{value} ({})", notes.join(", ")) }
    }

    fn span(&self, least: f64, most: f64) -> String {
        let [least, most] = [least, most].map(|value| self.unit.shown(value, None));
        if least == most { most } else { format!("{least} to {most}") }
    }

    /// What all figures of a clause share, and the rows of this one.
    fn titled(&self) -> (String, String) {
        let case = self.rows[0]
            .case
            .as_ref()
            .filter(|case| self.rows.iter().all(|row| row.case.as_ref() == Some(*case)));
        let title = case.map_or(self.what.clone(), |case| format!("{} in {case}", self.what));
        let name = |row: &Origin| match &row.case {
            Some(other) if case.is_none() => format!("{} in {other}", row.variant),
            _ => row.variant.clone(),
        };
        (title, self.rows.iter().map(name).collect::<Vec<_>>().join(" / "))
    }
}

/// All that a verdict rests on, or one version's verdict beside others.
#[derive(Clone, Default)]
pub struct Evidence {
    pub(super) groups: Vec<Group>,
    /// As claims.json has it.
    written: Option<Text>,
}

#[derive(Clone, Default)]
pub(super) struct Group {
    /// Which Python, and if there are several the verdict of each.
    pub(super) heading: String,
    pub(super) figures: Vec<Shown>,
    /// Why a row was not measured.
    pub(super) reasons: Vec<String>,
}

impl Evidence {
    pub(super) fn of(groups: Vec<Group>) -> Self {
        Self { groups, written: None }
    }

    /// The clauses in their order; there is one at least.
    pub fn clauses(&self) -> Vec<Text> {
        if let Some(written) = &self.written {
            return vec![written.clone()];
        }
        let clauses: Vec<Text> = self.groups.iter().flat_map(Group::clauses).map(Text::from).collect();
        if clauses.is_empty() { vec![Text::default()] } else { clauses }
    }

    /// All of it in one text.
    pub fn text(&self) -> Text {
        self.clauses().iter().map(Text::plain).collect::<Vec<_>>().join("; ").into()
    }
}

impl Group {
    fn clauses(&self) -> Vec<String> {
        let mut clauses: Vec<(String, Vec<(String, String)>)> = Vec::new();
        for figure in &self.figures {
            let (title, of) = figure.titled();
            let told = (of, figure.value());
            match clauses.iter_mut().find(|(other, _)| *other == title) {
                // Two rules may be about the same figure.
                Some((_, all)) if all.iter().any(|(other, _)| *other == told.0) => {}
                Some((_, all)) => all.push(told),
                None => clauses.push((title, vec![told])),
            }
        }
        let in_words = |(title, all): (String, Vec<(String, String)>)| {
            let all: Vec<_> = all.into_iter().map(|(of, value)| format!("{of} {value}")).collect();
            format!("{title}: {}", all.join(", "))
        };
        let mut told: Vec<_> = clauses.into_iter().map(in_words).collect();
        told.extend(self.reasons.iter().cloned());
        if let Some(first) = told.first_mut().filter(|_| !self.heading.is_empty()) {
            *first = format!("{}: {first}", self.heading);
        }
        told
    }
}

impl From<Text> for Evidence {
    fn from(written: Text) -> Self {
        Self { groups: Vec::new(), written: Some(written) }
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Evidence {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Text::deserialize(from).map(Self::from)
    }
}
