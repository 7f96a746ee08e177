//! What the rows say of a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::zip;

use super::crossover;
use super::decide::{Bound, Decided, all, any};
use super::evidence::{Origin, Shape, Shown};
use super::figures::{Figure, Unit, beats};
use super::place::Place;
use super::rule::{Quantity, Rule};
use crate::series::{Measured, Series, scale};
use crate::statistics::{RUNS_TO_DECIDE, SAME, is_most};
use bench::data::{Data, Row, Status};
use bench::experiment::Experiment;

/// Races are a matter of luck; one that has not shown in so many runs is not one that a reader will see.
pub(super) const RUNS_TO_SEE_NONE: usize = 20;

/// What every experiment has measured, by its name.
pub(super) struct All<'a>(BTreeMap<&'a str, (&'a Experiment, Series<'a>)>);

impl<'a> All<'a> {
    /// Data that have outlived their experiment are kept, but judge nothing.
    pub(super) fn of(data: impl IntoIterator<Item = &'a Data>, experiments: &'a [Experiment]) -> Self {
        let named = |data: &'a Data| {
            let experiment = data.experiment_of(experiments)?;
            Some((experiment.name.as_str(), (experiment, Series::of(experiment, data))))
        };
        Self(data.into_iter().filter_map(named).collect())
    }

    pub(super) fn get(&self, experiment: &str) -> Result<&(&'a Experiment, Series<'a>), String> {
        self.0.get(experiment).ok_or_else(|| format!("{experiment} was not run"))
    }
}

/// Where a rule is looked at.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) all: &'a All<'a>,
    /// The case of the places that name none.
    pub(super) case: &'a str,
    /// Of several versions of Python; else the first.
    pub(super) interpreter: Option<&'a str>,
}

/// What one row, or a row beside another, says of a rule.
pub(super) struct Part {
    pub(super) decided: Decided,
    pub(super) of: String,
    /// The figures, or why there are none.
    pub(super) shown: Result<Vec<Shown>, String>,
}

impl<'a> Scene<'a> {
    fn case<'b>(&'b self, place: &'b Place) -> &'b str {
        place.case.as_deref().unwrap_or(self.case)
    }

    /// The rows of a place, one for each version of Python.
    pub(super) fn rows(&self, place: &Place) -> Result<Vec<&'a Row>, String> {
        let (_, series) = self.all.get(&place.experiment)?;
        let rows: Vec<_> = series.data.rows_of(self.case(place), &place.variant).collect();
        if rows.is_empty() { Err(format!("{place} was not run in {}", self.case(place))) } else { Ok(rows) }
    }

    /// A pair by this version if it ran both, else by the first.
    fn pair(&self, of: &Place, over: Option<&Place>) -> Result<(&'a Row, Option<&'a Row>), String> {
        let of = self.rows(of)?;
        let over = over.map(|over| self.rows(over)).transpose()?;
        let in_version = |rows: &Vec<&'a Row>| {
            let version =
                |row: &&&Row| row.interpreter.as_ref().map(bench::text::Text::plain) == self.interpreter;
            rows.iter().find(version).copied()
        };
        match (in_version(&of), over.as_ref().map(in_version)) {
            (Some(of), None) => Ok((of, None)),
            (Some(of), Some(Some(over))) => Ok((of, Some(over))),
            _ => Ok((of[0], over.map(|over| over[0]))),
        }
    }
}

impl Rule {
    pub(super) fn parts(&self, scene: Scene) -> Vec<Part> {
        let each: Vec<&[Figure]> = if self.quantity == Quantity::Pays {
            vec![&self.figures]
        } else {
            self.figures.chunks(1).collect()
        };
        let mut parts = Vec::new();
        for figures in each {
            for (of, over) in &self.pairs {
                let (decided, shown) = match self.part(scene, figures, of, over.as_ref()) {
                    Ok((decided, shown)) => (decided, Ok(shown)),
                    Err(reason) => (None, Err(reason)),
                };
                parts.push(Part { decided, of: of.variant.clone(), shown });
            }
        }
        parts
    }

    /// What each part has decided.
    pub(super) fn decided(&self, scene: Scene) -> Vec<Decided> {
        self.parts(scene).into_iter().map(|part| part.decided).collect()
    }

    fn part(
        &self,
        scene: Scene,
        figures: &[Figure],
        of: &Place,
        over: Option<&Place>,
    ) -> Result<(Decided, Vec<Shown>), String> {
        let figure = &figures[0];
        let values = |row: &Row| figure.values(row);
        match self.quantity {
            Quantity::Slope => {
                let (experiment, series) = scene.all.get(&of.experiment)?;
                let model = experiment.variant(&of.variant).map(|variant| variant.model);
                let slope = model.and_then(|model| series.slope(&of.variant, values, scale(model)));
                let no_slope = || format!("{of}: no slope, since it was not measured at enough n");
                let (slope, sizes) = slope.ok_or_else(no_slope)?;
                let row = sizes.last().and_then(|&n| series.row(n, &of.variant));
                let origin = Origin {
                    variant: of.variant.clone(),
                    case: None,
                    interpreter: row.and_then(|row| row.interpreter.clone()),
                };
                let what = format!("{} of one more", figure.words);
                Ok(self.measured(what, figure.unit, vec![origin], slope, None))
            }
            Quantity::Crossover => {
                let (_, series) = scene.all.get(&of.experiment)?;
                let over = over.map_or("", |over| &over.variant);
                let points = crossover::points(series, over, &of.variant, values);
                let (_, words) = crossover::crossing(&points)
                    .ok_or_else(|| format!("{of} has no n in common with {over}"))?;
                let what = format!("from which n on {of} takes less {}", figure.words);
                let row = scene.all.get(&of.experiment)?.1.rows(&of.variant).next();
                let row = row.map(|(_, row)| row.interpreter.clone()).unwrap_or_default();
                let origin = Origin { variant: format!("than {over}"), case: None, interpreter: row };
                Ok((None, vec![shown(what, Unit::Count, vec![origin], Shape::Words(words))]))
            }
            _ => {
                let (row, over) = scene.pair(of, over)?;
                if matches!(
                    self.quantity,
                    Quantity::Every | Quantity::Some | Quantity::Most | Quantity::Alike
                ) {
                    return self.by_run(scene, figure, of, row);
                }
                finished(row)?;
                over.map_or(Ok(()), finished)?;
                self.of_rows(figures, row, over)
            }
        }
    }

    /// A quantity of rows that came to their end.
    fn of_rows(
        &self,
        figures: &[Figure],
        row: &Row,
        over: Option<&Row>,
    ) -> Result<(Decided, Vec<Shown>), String> {
        let figure = &figures[0];
        let own = figure.values(row);
        let origins: Vec<_> = [Some(row), over].into_iter().flatten().map(origin).collect();
        match (self.quantity, over) {
            (Quantity::Ratio, Some(over)) => {
                let ratio = ratio(figure, row, over)?;
                Ok(self.measured(
                    format!("ratio of {}", figure.words),
                    Unit::Ratio,
                    origins,
                    ratio,
                    self.few_beats(&[row, over]),
                ))
            }
            (Quantity::Pays, Some(over)) => {
                let (mut less, mut not_more, mut told) = (Vec::new(), Vec::new(), Vec::new());
                for figure in figures {
                    let ratio = ratio(figure, row, over)?;
                    less.push(Bound::Above(1.0 + SAME).met(&ratio));
                    not_more.push(Bound::AtLeast(1.0 - SAME).met(&ratio));
                    let what = format!("ratio of {}", figure.words);
                    told.push(shown(what, Unit::Ratio, origins.clone(), Shape::Measured(ratio)));
                }
                Ok((all([any(less), all(not_more)]), told))
            }
            (Quantity::Rounds, Some(over)) => {
                let rounds: Vec<_> = zip(own, figure.values(over)).collect();
                let less = rounds.iter().filter(|(own, other)| own < other).count();
                let what = format!("less {}", figure.words);
                Ok((None, vec![shown(what, Unit::Count, origins, Shape::Rounds(less, rounds.len()))]))
            }
            (Quantity::Largest, _) => {
                let largest = own.into_iter().reduce(f64::max).ok_or_else(|| not_told(row))?;
                let (what, shape) =
                    (format!("largest {}", figure.words), Shape::Words(figure.unit.shown(largest, None)));
                Ok((None, vec![shown(what, figure.unit, origins, shape)]))
            }
            _ => {
                let value = Measured::of(row, |row| figure.values(row)).ok_or_else(|| not_told(row))?;
                Ok(self.measured(figure.words.clone(), figure.unit, origins, value, self.few_beats(&[row])))
            }
        }
    }

    /// A rule about runs. A run whose figures were refused counts too, since to be wrong is an answer.
    fn by_run(
        &self,
        scene: Scene,
        figure: &Figure,
        of: &Place,
        row: &Row,
    ) -> Result<(Decided, Vec<Shown>), String> {
        if row.status != Status::Ok && row.outcomes.len() <= row.times_s.len() {
            return Err(reason(row));
        }
        let values = figure.values(row);
        let Some(least) = values.iter().copied().reduce(f64::min) else { return Err(not_told(row)) };
        let most = values.iter().copied().fold(least, f64::max);
        let different: BTreeSet<u64> = values.iter().map(|value| value.to_bits()).collect();
        let met = |value: &&f64| self.bounds.iter().all(|bound| bound.is_met(**value));
        let (some, runs) = (values.iter().filter(met).count(), values.len());
        let cores = scene.all.get(&of.experiment)?.1.data.machine.cores;
        let enough = if self.chance { runs >= RUNS_TO_SEE_NONE && cores > 1 } else { runs >= RUNS_TO_DECIDE };
        let decided = match self.quantity {
            Quantity::Every if some < runs => Some(false),
            Quantity::Every => (enough && row.status == Status::Ok).then_some(true),
            Quantity::Some => (some > 0).then_some(true),
            Quantity::Most => is_most(&values.iter().map(|value| met(&value)).collect::<Vec<_>>()),
            _ => enough.then_some(different.len() == 1),
        };
        let is_about_zero = self.bounds.iter().any(Bound::is_about_zero);
        let above_zero = is_about_zero.then(|| values.iter().filter(|value| **value > 0.0).count());
        let shape = Shape::Runs {
            least,
            most,
            of_all: figure.of_all(row),
            above_zero,
            different: different.len(),
            runs,
        };
        Ok((decided, vec![shown(figure.words.clone(), figure.unit, vec![origin(row)], shape)]))
    }

    /// How many beats one of these had, if they were too few.
    fn few_beats(&self, rows: &[&Row]) -> Option<f64> {
        rows.iter().map(|row| beats(row)).find(|beats| *beats < self.beats)
    }

    fn measured(
        &self,
        what: String,
        unit: Unit,
        rows: Vec<Origin>,
        mut measured: Measured,
        beats: Option<f64>,
    ) -> (Decided, Vec<Shown>) {
        if beats.is_some() {
            measured = measured.undecided();
        }
        let claimed = self.bounds.iter().filter_map(|bound| match bound {
            Bound::About(claimed) => Some(claimed),
            _ => None,
        });
        let claimed = claimed.flatten().copied().collect();
        let decided = all(self.bounds.iter().map(|bound| bound.met(&measured)));
        let disturbed = if decided.is_none() { measured.disturbed } else { 0 };
        (
            decided,
            vec![Shown { claimed, beats, disturbed, ..shown(what, unit, rows, Shape::Measured(measured)) }],
        )
    }
}

fn shown(what: String, unit: Unit, rows: Vec<Origin>, shape: Shape) -> Shown {
    Shown { what, rows, unit, shape, claimed: Vec::new(), beats: None, disturbed: 0 }
}

fn origin(row: &Row) -> Origin {
    let (variant, case) = (row.variant.to_string(), Some(row.case.to_string()));
    Origin { variant, case, interpreter: row.interpreter.clone() }
}

/// A figure of one row divided by that of the other.
fn ratio(figure: &Figure, of: &Row, over: &Row) -> Result<Measured, String> {
    let silent = if figure.values(of).is_empty() { of } else { over };
    Measured::ratio(of, over, |row| figure.values(row)).ok_or_else(|| not_told(silent))
}

pub(super) fn finished(row: &Row) -> Result<(), String> {
    if row.status == Status::Ok { Ok(()) } else { Err(reason(row)) }
}

fn reason(row: &Row) -> String {
    format!("{}: {}", row.variant, row.reason_or("not run to its end"))
}

fn not_told(row: &Row) -> String {
    format!("{}: this system does not report the figure", row.variant)
}
