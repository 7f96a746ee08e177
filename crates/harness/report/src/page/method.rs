//! How it was measured, point by point.

use std::collections::BTreeSet;
use std::slice;

use super::{figures, span};
use crate::markdown::list;
use bench::data::{Data, Row};
use bench::experiment::{Experiment, Size};
use bench::units::{round, seconds};
use judge::statistics::{RUNS_FOR_INTERVAL, RUNS_TO_DECIDE};

pub(super) fn method(experiment: &Experiment, data: &Data) -> String {
    let mut points = method_of_all(slice::from_ref(data));
    if points.is_empty() {
        return "No run came to an end that could be timed.\n".to_owned();
    }
    if let Some(own) = figures::method(experiment, data) {
        points.insert(2, own);
    }
    let (name, (begin, end)) = (&experiment.name, sequence(data));
    points.push(format!(
        "The data, with the place of each run in the whole, {begin} to {end}: [data/{name}.json](data/{name}.json). To measure it again: `cargo xtask bench-all --only {name}`."
    ));
    list(points)
}

/// How all of these were measured, point by point; nothing if no run was timed.
pub(crate) fn method_of_all(data: &[Data]) -> Vec<String> {
    let rows = data.iter().flat_map(|data| &data.rows);
    let timed: Vec<&Row> = rows.filter(|row| !row.times_s.is_empty()).collect();
    let Some(first) = data.first().filter(|_| !timed.is_empty()) else {
        return Vec::new();
    };
    let total = seconds(timed.iter().flat_map(|row| &row.times_s).sum(), None);
    let measuring = seconds(data.iter().map(|data| data.measuring_s).sum(), None);
    let runs = if data.iter().any(|data| data.size == Size::Quick) {
        format!(
            "This was a quick run: a row that no verdict depends on was run once, and has no interval; it takes {RUNS_FOR_INTERVAL} runs"
        )
    } else {
        let runs: Vec<f64> = timed.iter().map(|row| row.times_s.len() as f64).collect();
        format!(
            "The rows were run in interleaved rounds, A B C, A B C; one that fails is not run again; runs of a row: \
             {}. Medians, with a 95 % interval in brackets if there are {RUNS_FOR_INTERVAL} runs. It is that of a sequential \
             sign test, and right however often it is looked at; *far off* are the runs that something else must have disturbed, kept in all \
             figures",
            span(&runs)
        )
    };
    vec![
        format!(
            "*Time* is that of the whole process, by hyperfine {}. *The work alone* is what the process measured \
             itself, without its own start, and can be no more than that.",
            first.hyperfine.md()
        ),
        format!("{runs}. Each run is a process of its own."),
        format!(
            "*Against its twin* is the ratio to the same figure of the variant in brackets, round by round. An \
             interval that holds 1, or lies within 5 % of it, reads \"no difference\"; fewer than {RUNS_FOR_INTERVAL} \
             runs have no interval, and fewer than {RUNS_TO_DECIDE} decide no verdict."
        ),
        format!("Every run was verified.{}", built_with(data)),
        "Memory, CPU and switches are the system's own account of the process. The share of the thread that reads it \
         every millisecond is taken out, but for a few pages of resident memory. Threads that lived shorter than \
         that may be missing from the count."
            .to_owned(),
        format!("{total} of the {measuring} of measuring were spent in the measured processes."),
    ]
}

/// What beside the commit had a say in the programs.
fn built_with(data: &[Data]) -> String {
    let settings: BTreeSet<_> = data.iter().flat_map(|data| &data.build).collect();
    if settings.is_empty() {
        return String::new();
    }
    let settings: Vec<_> =
        settings.iter().map(|(name, value)| format!("{}={}", name.md(), value.md())).collect();
    format!(" The programs were built with {}.", settings.join("; "))
}

fn sequence(data: &Data) -> (u64, u64) {
    let places: Vec<f64> = data.rows.iter().flat_map(|row| row.figures(&["sequence"])).collect();
    let first = places.iter().copied().fold(f64::INFINITY, f64::min);
    let last = places.iter().copied().fold(0.0, f64::max);
    (round(first), round(last))
}
