//! What runs next: first the rows that open verdicts depend on, by the smallest cases that may settle them; then the others.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use bench::data::{Data, Row, Status, Stopped};
use bench::experiment::{Case, Experiment, Size, Variant};
use bench::measure::{Bench, Candidate, Running};
use judge::statistics::RUNS_FOR_INTERVAL;
use judge::{Key, Ledger, Wanted, Wants};

use super::screen::Screen;

/// No row gets more rounds than this.
const MOST_ROUNDS: usize = 20;
/// How many rounds an experiment gets before another one has its turn again.
const LATER_ROUNDS: usize = 2;

/// Everything that a run measures, and what has a say in what comes next.
pub(super) struct Schedule<'a, 'e> {
    pub(super) ledger: &'a Ledger,
    /// All of the project: those that are not measured now may have data all the same.
    pub(super) experiments: &'a [Experiment],
    pub(super) kept: &'a [Data],
    pub(super) size: Size,
    pub(super) running: &'a mut [Running<'e>],
    pub(super) screen: Screen,
    /// Keeps what was measured so far.
    pub(super) save: &'a dyn Fn(&Data) -> Result<()>,
}

/// How long verdicts may take, and all of it.
fn limits(size: Size) -> [Duration; 2] {
    match size {
        Size::Quick => [150, 165],
        Size::Default => [240, 360],
        Size::Full => [2400, 3600],
    }
    .map(Duration::from_secs)
}

impl Schedule<'_, '_> {
    /// Measures all of it.
    ///
    /// # Errors
    /// As [`Bench::round`], and if the data cannot be saved.
    pub(super) fn run(&mut self, bench: &mut Bench) -> Result<()> {
        let started = Instant::now();
        let [for_verdicts, for_all] = limits(self.size);
        let mut deciding = BTreeSet::new();
        self.show();
        let whole = self.size;
        for size in [Size::Quick, Size::Default, Size::Full].into_iter().filter(|size| *size <= whole) {
            let planned = self.planned(size);
            let mut begun = BTreeSet::new();
            while started.elapsed() < for_verdicts {
                let wants = self.wants(&planned);
                let Some(next) = self.next(&wants) else { break };
                let rounds = if begun.insert(next) { RUNS_FOR_INTERVAL } else { LATER_ROUNDS };
                for _ in 0..rounds {
                    let wants = self.wants(&planned);
                    let is_deciding = |key: &Key| wants.get(key).is_some_and(Wanted::decides);
                    deciding.extend(wants.keys().filter(|key| is_deciding(key)).cloned());
                    let wanted = self.rows(next, &wants);
                    if !wanted.iter().any(is_deciding) || started.elapsed() > for_verdicts {
                        break;
                    }
                    let name = self.running[next].experiment.name.clone();
                    let is_wanted = |row: &Candidate| {
                        let key = (name.clone(), row.case.name.clone(), row.variant.name.clone());
                        row.is_first && wanted.contains(&key)
                    };
                    self.round(bench, next, &is_wanted)?;
                }
            }
        }
        let least = self.least();
        for index in 0..self.running.len() {
            for round in 0..least {
                let has_time = round == 0 || started.elapsed() < for_all;
                let has_few = |row: &Row| row.outcomes.len() < least;
                if !has_time || self.round(bench, index, &|row| row.so_far.is_none_or(has_few))? == 0 {
                    break;
                }
            }
        }
        self.finish(&deciding);
        Ok(())
    }

    /// As many runs as a row gets that decides nothing.
    fn least(&self) -> usize {
        if self.size == Size::Quick { 1 } else { RUNS_FOR_INTERVAL }
    }

    /// The rows of a run of this size.
    fn planned(&self, size: Size) -> BTreeSet<Key> {
        let rows = self.running.iter().flat_map(|running| {
            let key = |(case, variant): (&Case, &Variant)| {
                (running.experiment.name.clone(), case.name.clone(), variant.name.clone())
            };
            running.experiment.rows(size).map(key)
        });
        rows.collect()
    }

    fn data(&self) -> impl Iterator<Item = &Data> {
        self.running.iter().map(|running| &running.data).filter(|data| !data.rows.is_empty()).chain(self.kept)
    }

    fn wants(&self, planned: &BTreeSet<Key>) -> Wants {
        self.ledger.wants(self.data(), self.experiments, planned)
    }

    fn row(&self, index: usize, (_, case, variant): &Key) -> Option<&Row> {
        self.running[index].data.row(case, variant)
    }

    /// What is wanted of an experiment's rows and can be had: a row that is only shown needs to be run once.
    fn rows(&self, index: usize, wants: &Wants) -> BTreeSet<Key> {
        let own =
            wants.iter().filter(|((experiment, ..), _)| *experiment == self.running[index].experiment.name);
        let can_be_had = own.filter(|(key, wanted)| {
            let most = if wanted.decides() { MOST_ROUNDS } else { 1 };
            self.row(index, key).is_none_or(|row| row.status == Status::Ok && row.outcomes.len() < most)
        });
        can_be_had.map(|(key, _)| key.clone()).collect()
    }

    /// The experiment whose next round settles most in the least time; none if there is nothing more to settle.
    fn next(&self, wants: &Wants) -> Option<usize> {
        let pays = |index: usize| {
            let rows = self.rows(index, wants);
            let verdicts: BTreeSet<_> = rows.iter().flat_map(|key| &wants[key].verdicts).collect();
            let seconds: f64 = rows.iter().map(|key| self.seconds(index, key)).sum();
            (!verdicts.is_empty()).then_some(verdicts.len() as f64 / seconds)
        };
        let paying = (0..self.running.len()).filter_map(|index| Some((index, pays(index)?)));
        Some(paying.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))?.0)
    }

    /// How long a run of a row takes, by its last one; by the others of its experiment before the first.
    fn seconds(&self, index: usize, key: &Key) -> f64 {
        /// Before anything was run, all are taken for the same.
        const UNKNOWN: f64 = 0.2;
        let last = |row: &Row| row.times_s.last().copied();
        self.row(index, key).and_then(last).unwrap_or_else(|| {
            let known: Vec<f64> = self.running[index].data.rows.iter().filter_map(last).collect();
            if known.is_empty() { UNKNOWN } else { known.iter().sum::<f64>() / known.len() as f64 }
        })
    }

    fn round(
        &mut self,
        bench: &mut Bench,
        index: usize,
        is_wanted: &dyn Fn(&Candidate) -> bool,
    ) -> Result<usize> {
        let left = if self.screen.has_bar() { self.seconds_left() } else { 0.0 };
        let left = Duration::try_from_secs_f64(left).unwrap_or_default();
        let (running, screen) = (&mut self.running[index], &self.screen);
        let name = running.experiment.name.clone();
        if running.data.rows.is_empty() {
            screen.begins(&name, running.experiment.rows(running.data.size).count());
        }
        let runs = bench.round(running, is_wanted, &mut |case, variant| {
            screen.runs(&format!("{name}: {} in {}", variant.name, case.name), left);
        })?;
        if runs > 0 {
            (self.save)(&self.running[index].data)?;
            self.show();
        }
        Ok(runs)
    }

    /// What is still to come, if each row gets as many runs as it takes when nothing disturbs it.
    fn seconds_left(&self) -> f64 {
        let least = self.least();
        let planned = self.planned(self.size);
        let (planned, wants) = (&planned, &self.wants(&planned));
        let each = self.running.iter().enumerate().flat_map(|(index, running)| {
            let own = planned.iter().filter(|key| key.0 == running.experiment.name);
            own.map(move |key| {
                let had = self.row(index, key).map_or(0, |row| row.outcomes.len());
                let due = if wants.contains_key(key) { RUNS_FOR_INTERVAL } else { least };
                due.saturating_sub(had) as f64 * self.seconds(index, key)
            })
        });
        each.sum()
    }

    /// Shows what is settled by now.
    fn show(&mut self) {
        let judgements = self.ledger.judge(self.data(), self.experiments).judgements;
        self.screen.judged(&judgements);
    }

    /// Completes the data: each row has the rule that ended its rounds.
    fn finish(&mut self, deciding: &BTreeSet<Key>) {
        let least = self.least();
        let wants = self.wants(&self.planned(self.size));
        for running in self.running.iter_mut() {
            let name = running.experiment.name.clone();
            for row in &mut running.data.rows {
                let key = (name.clone(), row.case.to_string(), row.variant.to_string());
                let is_open = wants.get(&key).is_some_and(Wanted::decides);
                row.stopped = Some(match row.outcomes.len() {
                    _ if row.status != Status::Ok => Stopped::NotOk,
                    MOST_ROUNDS.. if is_open => Stopped::MostRounds,
                    runs if is_open || runs < least => Stopped::OutOfTime,
                    _ if deciding.contains(&key) => Stopped::Settled,
                    _ => Stopped::DecidesNothing,
                });
            }
            running.finish();
        }
        self.screen.end();
    }
}
