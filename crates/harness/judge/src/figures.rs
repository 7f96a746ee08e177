//! What a rule can be about: a figure of each run of a row, with its unit and its words.

use crate::series::Measured;
use crate::statistics::brief;
use bench::data::Row;
use bench::experiment::check_path;
use bench::units::{moment, size, whole};

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Bytes,
    Count,
    Ratio,
}

/// A figure of every run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    source: Source,
    pub(super) words: String,
    pub(super) unit: Unit,
}

#[derive(Clone, Debug, PartialEq)]
enum Source {
    /// The whole process, by hyperfine.
    Time,
    /// The work that is missing.
    Lost,
    /// These figures of an outcome, added up.
    Sum(Vec<String>),
}

/// The figures that have a name of their own; any other is named by its path in the outcome.
const NAMED: [(&str, &[&str], &str); 8] = [
    ("work", &["elapsed_s"], "time of the work"),
    ("start", &["metrics.start_s"], "time to start"),
    ("lateness", &["metrics.late_p99_s"], "p99 of the heartbeat's lateness"),
    ("cpu", &["cpu.user_s", "cpu.system_s"], "CPU"),
    ("resident", &["memory.hwm_bytes"], "resident memory"),
    ("memory", &["memory.hwm_bytes", "memory.page_table_bytes", "memory.kernel_stack_bytes"], "memory"),
    ("virtual", &["memory.peak_virtual_bytes"], "virtual memory"),
    ("shared-once", &["metrics.proportional_bytes"], "resident memory, shared pages counted once"),
];

/// How many beats came in all runs of a row; each run has a p99 of its own, and of few beats it says little.
pub(super) fn beats(row: &Row) -> f64 {
    added(row, &["metrics.beats"], |of| of[0]).iter().sum()
}

impl Figure {
    /// The figure of this name or path; what is wrong with it if there is none.
    pub(super) fn of(name: &str, called: Option<&str>) -> Result<Self, String> {
        let with =
            |source, words: &str, unit| Ok(Self { source, words: called.unwrap_or(words).to_owned(), unit });
        match name {
            "time" => return with(Source::Time, "whole time", Unit::Seconds),
            "lost" => return with(Source::Lost, "lost updates", Unit::Count),
            _ => {}
        }
        let named = NAMED.iter().find(|(known, ..)| *known == name);
        let (paths, words) = if let Some((_, paths, words)) = named {
            (paths.iter().map(|&path| path.to_owned()).collect(), *words)
        } else {
            check_path(name)?;
            (vec![name.to_owned()], name.rsplit('.').next().unwrap_or(name))
        };
        let unit = match &paths[0] {
            path if path.ends_with("_s") && !path.ends_with("_per_s") => Unit::Seconds,
            path if path.ends_with("_bytes") => Unit::Bytes,
            _ => Unit::Count,
        };
        with(Source::Sum(paths), &words.replace('_', " "), unit)
    }

    /// Of every run that tells it.
    pub(super) fn values(&self, row: &Row) -> Vec<f64> {
        match &self.source {
            Source::Time => row.times_s.clone(),
            Source::Lost => added(row, &["work.expected", "work.done"], |of| (of[0] - of[1]).max(0.0)),
            Source::Sum(paths) => added(row, paths, |of| of.iter().sum()),
        }
    }

    /// What the whole is of which this is a part.
    pub(super) fn of_all(&self, row: &Row) -> Option<f64> {
        let expected = added(row, &["work.expected"], |of| of[0]);
        expected.first().copied().filter(|_| self.source == Source::Lost)
    }
}

fn added(row: &Row, paths: &[impl AsRef<str>], add: fn(&[f64]) -> f64) -> Vec<f64> {
    let told = |outcome: &serde_json::Value| {
        let one = |path: &str| path.split('.').try_fold(outcome, |value, key| value.get(key))?.as_f64();
        paths.iter().map(|path| one(path.as_ref())).collect::<Option<Vec<_>>>()
    };
    row.outcomes.iter().filter_map(told).map(|values| add(&values)).collect()
}

impl Unit {
    /// As a reader takes it in, with its interval if there is one.
    pub(super) fn shown(self, value: f64, interval: Option<(f64, f64)>) -> String {
        match self {
            Self::Seconds => moment(value, interval),
            Self::Bytes => size(value, interval),
            Self::Count => whole(value),
            Self::Ratio => brief(value),
        }
    }

    /// A figure, with its interval if it has one.
    pub(super) fn measured(self, Measured { interval, .. }: &Measured) -> String {
        match self {
            Self::Ratio => interval.to_string(),
            _ => self.shown(interval.median, interval.bounds),
        }
    }

    /// A bound of a rule: a ratio as it is written there.
    pub(super) fn bound(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value}"),
            _ => self.shown(value, None),
        }
    }
}
