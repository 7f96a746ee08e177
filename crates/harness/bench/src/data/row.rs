//! One row of a data file: a variant in a case, and what each of its runs gave.

use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::to_raw_value;

use crate::experiment::Experiment;
use crate::text::{Name, Text};

/// By how many CPU seconds the system's count of what others used may be off in a short run.
const UNSURE: f64 = 0.03;

/// One variant in one case.
#[derive(Serialize, Deserialize)]
pub struct Row {
    /// The name of the case in experiment.toml.
    pub case: Name,
    /// The arguments of the case; the variant and `--origin` are left out.
    #[serde(serialize_with = "on_one_line")]
    pub args: Vec<Text>,
    /// The name of the variant in experiment.toml.
    pub variant: Name,
    /// Which Python ran it, "CPython 3.11.7" say; none if it is Rust. Where there are several, the one that all is judged by is first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<Text>,
    /// Whether all of its runs so far were verified. If not, it is not run again.
    pub status: Status,
    /// Why it is not `ok`.
    pub reason: Option<Text>,
    /// Why it was not run more often. None while the run goes on, and in data that were written before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Wall-clock seconds of the whole process, by hyperfine.
    #[serde(serialize_with = "on_one_line")]
    pub times_s: Vec<f64>,
    /// What each of those runs reported; a failed row ends with the outcome that was refused.
    #[serde(serialize_with = "one_line_each")]
    pub outcomes: Vec<Value>,
}

/// What came of the runs of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All of them finished, and their outcomes were verified.
    Ok,
    /// One failed, or reported what cannot be right.
    Failed,
    /// A limit of the machine stopped one: this is a result, not an error.
    Refused,
    /// It was not run: what it needs is not on this machine, or was left out.
    Skipped,
}

/// Which rule has ended the rounds of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// Every verdict that depends on it is settled.
    Settled,
    /// No verdict depends on it, and it has as many runs as such a row gets.
    DecidesNothing,
    /// It has as many runs as any row gets, and a verdict that depends on it is open.
    MostRounds,
    /// The time for the whole run was used up.
    OutOfTime,
    /// A run did not end well.
    NotOk,
}

impl Status {
    /// As in the data files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }
}

impl Row {
    /// Another variant by this name in the language of this row: what a row in Python is compared with is in Python too.
    pub fn in_its_language(&self, variant: &str) -> String {
        if self.interpreter.is_some() { format!("python_{variant}") } else { variant.to_owned() }
    }

    /// Why it is not `ok`, to be made part of another text.
    pub fn reason_or<'a>(&'a self, otherwise: &'a str) -> &'a str {
        self.reason.as_ref().map_or(otherwise, Text::plain)
    }

    /// Whether something else used a processor while a run was timed: for more than a quarter of its time, and more than the system's
    /// count may be off. What it measured is that machine and not the row. False if the system does not say.
    pub fn was_disturbed(&self, run: usize) -> bool {
        let others = self.outcomes.get(run).and_then(|outcome| outcome["others_s"].as_f64());
        let time = self.times_s.get(run);
        others.zip(time).is_some_and(|(others, time)| others > 0.25 * time + UNSURE)
    }

    /// Which of its runs stands for all in a timeline: the one whose work took the middle time. None if no run has an outcome.
    pub fn middle_run(&self) -> Option<usize> {
        let seconds = |run: &usize| self.outcomes[*run]["elapsed_s"].as_f64().unwrap_or(f64::INFINITY);
        let mut runs: Vec<_> = (0..self.outcomes.len()).collect();
        runs.sort_by(|one, other| seconds(one).total_cmp(&seconds(other)));
        runs.get(runs.len().checked_sub(1)? / 2).copied()
    }

    /// Forgets the series of the other runs that no picture shows.
    pub(crate) fn keep_what_is_drawn(&mut self, experiment: &Experiment) {
        let middle = self.middle_run();
        let others = self.outcomes.iter_mut().enumerate().filter(|(run, _)| Some(*run) != middle);
        for (_, outcome) in others {
            if let Some(series) = outcome["series"].as_object_mut() {
                series.retain(|series, _| experiment.draws_every_run(&self.case, &self.variant, series));
            }
        }
    }

    /// A figure of every outcome, in the order of the runs.
    pub fn figures(&self, path: &[&str]) -> Vec<f64> {
        let figure = |outcome| {
            path.iter().try_fold(outcome, |value: &Value, key| value.get(key)).and_then(Value::as_f64)
        };
        self.outcomes.iter().filter_map(figure).collect()
    }
}

fn on_one_line<S: Serializer>(value: &impl Serialize, serializer: S) -> Result<S::Ok, S::Error> {
    to_raw_value(value).map_err(S::Error::custom)?.serialize(serializer)
}

fn one_line_each<S: Serializer>(values: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let lines: Result<Vec<_>, _> = values.iter().map(to_raw_value).collect();
    lines.map_err(S::Error::custom)?.serialize(serializer)
}
