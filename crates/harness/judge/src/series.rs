//! The cases that differ in nothing but n, what a run of each cost, and what one more costs.

use std::iter::zip;

use serde_json::Value;

use crate::statistics::{Interval, RUNS_FOR_INTERVAL, RUNS_TO_DECIDE, interval, proven, ratios, slopes};
use bench::data::{Data, Row, Status};
use bench::experiment::{Experiment, Model};

/// A figure of every run of a row; runs whose figure the system did not tell are left out.
pub type Figure = fn(&Row) -> Vec<f64>;

/// Wall-clock seconds of the whole process, by hyperfine.
pub fn whole_time(row: &Row) -> Vec<f64> {
    row.times_s.clone()
}

/// What the work itself took, without the start and the end of its process.
pub fn work_time(row: &Row) -> Vec<f64> {
    sums(row, &["/elapsed_s"])
}

/// Seconds until the last of the tasks had started.
pub fn start_time(row: &Row) -> Vec<f64> {
    sums(row, &["/metrics/start_s"])
}

/// Seconds of CPU time, user and system together.
pub fn cpu(row: &Row) -> Vec<f64> {
    sums(row, &["/cpu/user_s", "/cpu/system_s"])
}

/// Bytes of resident memory, at its peak.
pub fn resident(row: &Row) -> Vec<f64> {
    sums(row, &["/memory/hwm_bytes"])
}

/// Bytes of page tables, which the kernel keeps for the process.
pub fn page_tables(row: &Row) -> Vec<f64> {
    sums(row, &["/memory/page_table_bytes"])
}

/// Bytes of kernel stacks, computed from the most threads seen at once.
pub fn kernel_stacks(row: &Row) -> Vec<f64> {
    sums(row, &["/memory/kernel_stack_bytes"])
}

/// All that is taken from the machine. The process's own figure leaves out what the kernel keeps for it.
pub fn memory(row: &Row) -> Vec<f64> {
    sums(row, &["/memory/hwm_bytes", "/memory/page_table_bytes", "/memory/kernel_stack_bytes"])
}

/// Address space that was reserved, whether or not there is memory behind it.
pub fn address_space(row: &Row) -> Vec<f64> {
    sums(row, &["/memory/peak_virtual_bytes"])
}

/// Of several processes: resident memory in which a page that they share counts once.
pub fn proportional(row: &Row) -> Vec<f64> {
    sums(row, &["/metrics/proportional_bytes"])
}

fn sums(row: &Row, figures: &[&str]) -> Vec<f64> {
    let sum = |outcome: &Value| figures.iter().map(|figure| outcome.pointer(figure)?.as_f64()).sum();
    row.outcomes.iter().filter_map(sum).collect()
}

/// A figure, a ratio or a slope over all rounds.
#[derive(Clone, Copy)]
pub struct Measured {
    /// As it is shown.
    pub interval: Interval,
    /// Between which values it is proven to lie, each by itself: what decides.
    pub(crate) proven: (f64, f64),
    /// How many rounds were left out, since something else used the processors.
    pub(crate) disturbed: usize,
}

impl Measured {
    /// By its value in each round that was not disturbed. Where all were, what they gave proves nothing.
    fn by_round(calm: &[f64], all: &[f64]) -> Self {
        let disturbed = all.len() - calm.len();
        if calm.is_empty() {
            return Self { interval: interval(all), proven: proven(all), disturbed }.undecided();
        }
        Self { interval: interval(calm), proven: proven(calm), disturbed }
    }

    /// The same figure as one that proves nothing.
    pub(crate) fn undecided(self) -> Self {
        let interval = Interval { bounds: None, ..self.interval };
        Self { interval, proven: (f64::NEG_INFINITY, f64::INFINITY), ..self }
    }

    /// None where it was not told.
    pub fn of(row: &Row, figure: impl Fn(&Row) -> Vec<f64>) -> Option<Self> {
        let all = figure(row);
        let calm: Vec<f64> = calm(row, &all).into_iter().flatten().collect();
        (!all.is_empty()).then(|| Self::by_round(&calm, &all))
    }

    /// A row's figure against another's; none where either was not told, or was nothing to divide by.
    pub fn ratio(of: &Row, to: &Row, figure: impl Fn(&Row) -> Vec<f64>) -> Option<Self> {
        let (own, others) = (figure(of), figure(to));
        let rounds = zip(calm(of, &own), calm(to, &others)).filter_map(|(of, to)| Some(of? / to?));
        let told = !own.is_empty() && !others.is_empty();
        let divides = told && own.iter().chain(&others).all(|value| *value > 0.0);
        divides.then(|| Self::by_round(&rounds.collect::<Vec<_>>(), &ratios(&own, &others)))
    }
}

/// Of these figures of a row's runs, those of runs that were not disturbed.
fn calm(row: &Row, values: &[f64]) -> Vec<Option<f64>> {
    // If the system has not told it of some, which run a value is of is not known.
    let is_known = values.len() == row.outcomes.len();
    let is_calm = |run| !is_known || !row.was_disturbed(run);
    values.iter().enumerate().map(|(run, value)| is_calm(run).then_some(*value)).collect()
}

/// An experiment's data, and the n of its cases.
pub struct Series<'a> {
    /// All rows, also those of other cases.
    pub data: &'a Data,
    /// In rising order, of the cases that have data.
    pub sizes: Vec<(u64, &'a str)>,
}

impl<'a> Series<'a> {
    /// With the cases that have a `size` in experiment.toml.
    pub fn of(experiment: &'a Experiment, data: &'a Data) -> Self {
        let cases = experiment.cases.iter();
        Self::new(data, cases.filter_map(|case| Some((case.size?, case.name.as_str()))).collect())
    }

    /// With these cases and their n; those that have no row are left out.
    pub fn new(data: &'a Data, mut sizes: Vec<(u64, &'a str)>) -> Self {
        sizes.retain(|(_, case)| data.rows.iter().any(|row| row.case == *case));
        sizes.sort_unstable();
        Self { data, sizes }
    }

    /// A variant's rows with their n, measured or not.
    pub fn rows(&self, variant: &str) -> impl Iterator<Item = (u64, &'a Row)> {
        self.sizes.iter().filter_map(move |&(n, case)| Some((n, self.data.row(case, variant)?)))
    }

    /// None if there is no case of this n, or no row of the variant in it.
    pub fn row(&self, n: u64, variant: &str) -> Option<&'a Row> {
        self.rows(variant).find(|(size, _)| *size == n).map(|(_, row)| row)
    }

    /// What one more costs, and the n it was fitted over: at least three of them, the largest no less than
    /// `scale`.
    pub fn slope(
        &self,
        variant: &str,
        figure: impl Fn(&Row) -> Vec<f64>,
        scale: u64,
    ) -> Option<(Measured, Vec<u64>)> {
        let rows = self.rows(variant).filter(|(_, row)| row.status == Status::Ok);
        let told = rows.map(|(n, row)| (n, row, figure(row))).filter(|(.., values)| !values.is_empty());
        let told: Vec<(u64, &Row, Vec<f64>)> = told.collect();
        // A size that was begun later is left out until it has as many rounds as count.
        let enough = |least: usize| told.iter().filter(move |(.., values)| values.len() >= least);
        let has_slope = |sizes: &[u64]| sizes.len() >= 3 && sizes.last().is_some_and(|&last| last >= scale);
        let mut least = [RUNS_FOR_INTERVAL, RUNS_TO_DECIDE, 1].into_iter();
        let least = least.find(|&least| has_slope(&enough(least).map(|(n, ..)| *n).collect::<Vec<_>>()))?;
        let sizes = enough(least).map(|(n, ..)| *n).collect();
        let points = enough(least).map(|(n, row, values)| (*n as f64, calm(row, values)));
        let all = enough(least).map(|(n, _, values)| (*n as f64, values.iter().copied().map(Some).collect()));
        let [calm, all] = [slopes(&points.collect::<Vec<_>>()), slopes(&all.collect::<Vec<_>>())];
        Some((Measured::by_round(&calm, &all), sizes))
    }
}

/// The n from which on a slope tells what one more costs: what one process takes is no matter of some pages.
pub fn scale(model: Model) -> u64 {
    if model == Model::Processes { 100 } else { 1_000 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::synthetic::{Cost, data, refused, row};

    const SIZES: [(u64, &str); 4] = [(1, "1"), (100, "100"), (1_000, "1000"), (10_000, "10000")];

    /// 4 MB, and 500 B for each task.
    fn rows(count: usize, runs: usize) -> Vec<Row> {
        let rows = SIZES[..count].iter().map(|&(n, case)| {
            row(case, "tokio", runs, |_| Cost { resident: 4e6 + 500.0 * n as f64, ..Cost::default() })
        });
        rows.collect()
    }

    fn fitted(rows: Vec<Row>) -> Option<(Measured, Vec<u64>)> {
        let data = data("waiting-tasks", rows);
        Series::new(&data, SIZES.to_vec()).slope("tokio", resident, 1_000)
    }

    #[test]
    fn a_slope_takes_three_sizes_and_a_large_one() {
        assert!(fitted(rows(2, 5)).is_none());
        let (slope, sizes) = fitted(rows(3, 5)).unwrap();
        assert_eq!(sizes, [1, 100, 1_000]);
        assert!((slope.interval.median - 500.0).abs() < 1e-6 && slope.proven.0.is_finite());
        let mut without_large = rows(4, 5);
        without_large.drain(2..);
        without_large.push(row("2", "tokio", 5, |_| Cost::default()));
        assert!(fitted(without_large).is_none());
    }

    #[test]
    fn a_slope_leaves_out_what_was_refused_and_decides_with_enough_runs_only() {
        let mut rows = rows(4, 4);
        rows[3] = refused("10000", "tokio");
        let (slope, sizes) = fitted(rows).unwrap();
        assert_eq!(sizes, [1, 100, 1_000]);
        assert!(slope.proven.0.is_infinite());
    }

    #[test]
    fn what_the_system_does_not_tell_is_left_out_and_not_zero() {
        let mut row = row("1", "tokio", 2, |_| Cost { resident: 1.0, ..Cost::default() });
        row.outcomes[0]["memory"]["page_table_bytes"] = Value::Null;
        assert_eq!((resident(&row).len(), memory(&row).len()), (2, 1));
    }
}
