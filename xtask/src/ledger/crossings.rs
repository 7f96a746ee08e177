//! From which n on async takes less than threads do: of time, of memory, of CPU.

use serde::{Deserialize, Serialize};

use super::decide::{Decided, is_more, times};
use super::{All, DOWNLOADS, POOL, WAITING};
use crate::data::Status;
use crate::series::{Figure, Measured, Series, cpu, resident, start_time, whole_time};
use crate::text::{Name, Text};
use crate::units::thousands;

/// Where one figure crosses from threads to tasks: an entry of `tree.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Crossing {
    pub(crate) experiment: Name,
    pub(crate) language: Name,
    pub(crate) threads: Name,
    pub(crate) tasks: Name,
    pub(crate) figure: Text,
    /// The n from which on the tasks surely take less, at each that was measured; none if there is no such n.
    pub(crate) from: Option<u64>,
    /// The same in words, with the ratios.
    pub(crate) words: Text,
}

const RUST: &str = "rust";
const PYTHON: &str = "python";

/// Where, in which language, and who is held against whom.
const PAIRS: [(&str, &str, &str, &str); 8] = [
    (DOWNLOADS, RUST, "threads", "tokio"),
    (DOWNLOADS, RUST, "threads_small_buffers", "tokio"),
    (POOL, RUST, "threads", "tokio"),
    (WAITING, RUST, "threads", "tokio"),
    (DOWNLOADS, PYTHON, "python_threads", "python_aiohttp"),
    (DOWNLOADS, PYTHON, "python_threads", "python_aiohttp_unlimited"),
    (POOL, PYTHON, "python_threads", "python_asyncio"),
    (WAITING, PYTHON, "python_threads", "python_asyncio"),
];

/// All of them that the data tell.
pub(super) fn judge(all: &All) -> Vec<Crossing> {
    let mut crossings = Vec::new();
    for (experiment, language, threads, tasks) in PAIRS {
        let Ok(series) = all.get(experiment) else { continue };
        // Where the work is a wait, the whole time is that wait; the start is what differs.
        let time: (&str, Figure) =
            if experiment == WAITING { ("time to start", start_time) } else { ("whole time", whole_time) };
        for (name, figure) in [time, ("resident memory", resident), ("CPU", cpu)] {
            let points = points(series, threads, tasks, figure);
            if points.len() >= 3 {
                let (from, words) = crossing(&points);
                let [experiment, language, threads, tasks] =
                    [experiment, language, threads, tasks].map(Name::of);
                let (figure, words) = (name.into(), words.into());
                crossings.push(Crossing { experiment, language, threads, tasks, figure, from, words });
            }
        }
    }
    crossings
}

/// The n from which on tasks surely take less than threads do, if there is one.
pub(crate) fn from_which_on(series: &Series, [threads, tasks]: [&str; 2], figure: Figure) -> Option<u64> {
    let points = points(series, threads, tasks, figure);
    if points.is_empty() { None } else { crossing(&points).0 }
}

/// What threads take, divided by what tasks take, at each n where both were tried; where the machine refused the threads, none.
fn points(series: &Series, threads: &str, tasks: &str, figure: Figure) -> Vec<(u64, Option<Measured>)> {
    let mut points = Vec::new();
    for (n, row) in series.rows(tasks).filter(|(_, row)| row.status == Status::Ok) {
        match series.row(n, threads) {
            Some(other) if other.status == Status::Refused => points.push((n, None)),
            Some(other) if other.status == Status::Ok => {
                points.extend(Measured::ratio(other, row, figure).map(|ratio| (n, Some(ratio))));
            }
            _ => {}
        }
    }
    points
}

/// The n from which on tasks surely take less, and in words how it is there and just before.
fn crossing(points: &[(u64, Option<Measured>)]) -> (Option<u64>, String) {
    let wins = |point: &Option<Measured>| -> Decided { point.as_ref().map_or(Some(true), is_more) };
    let told = |(n, point): &(u64, Option<Measured>)| match point {
        Some(ratio) => format!("{} at {}", times(ratio), thousands(*n)),
        None => format!("threads refused at {}", thousands(*n)),
    };
    let winning = points.iter().rev().take_while(|(_, point)| wins(point) == Some(true)).count();
    let (before, after) = points.split_at(points.len() - winning);
    let Some(first) = after.first() else {
        let last = points.last().expect("there are points");
        let what = if wins(&last.1) == Some(false) { "not up to" } else { "open at" };
        return (None, format!("{what} {}: {}", thousands(last.0), told(last)));
    };
    let words = match before.last() {
        None => format!("from {} on, the least that was measured: {}", thousands(first.0), told(first)),
        Some(other) => format!("from {} on: {}, {}", thousands(first.0), told(first), told(other)),
    };
    (Some(first.0), words)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::series::synthetic::{self, Cost, row};
    use crate::statistics::Interval;

    /// A ratio that is 1 either way, surely more, or open.
    fn ratio(low: f64, high: f64) -> Measured {
        Measured { interval: Interval { median: f64::midpoint(low, high), low, high }, decides: true }
    }

    #[test]
    fn three_n_tell_where_it_begins_and_two_do_not() {
        let sizes = [(300, "300"), (1_000, "1000"), (10_000, "10000")];
        let rows = sizes.iter().flat_map(|(_, case)| {
            let of = |variant, seconds| row(case, variant, 5, |_| Cost { seconds, ..Cost::default() });
            [of("python_threads", 2.0), of("python_aiohttp_unlimited", 1.0)]
        });
        let data = synthetic::data(DOWNLOADS, rows.collect());
        let judged = |sizes: &[(u64, &'static str)]| {
            let series = Series::new(&data, sizes.to_vec());
            let crossings = judge(&All(BTreeMap::from([(DOWNLOADS, series)])));
            crossings.into_iter().find(|crossing| crossing.figure.plain() == "whole time")
        };
        assert_eq!(judged(&sizes).unwrap().from, Some(300));
        assert!(judged(&sizes[1..]).is_none());
    }

    #[test]
    fn it_begins_where_all_that_follow_are_sure() {
        let [more, level, open] = [ratio(1.5, 2.5), ratio(0.9, 1.02), ratio(0.9, 1.3)].map(Some);
        let from = |points: [Option<Measured>; 4]| {
            let points: Vec<_> = [1, 10, 100, 1_000].into_iter().zip(points).collect();
            crossing(&points)
        };
        let (at, words) = from([level, level, more, more]);
        assert_eq!(
            (at, words.as_str()),
            (Some(100), "from 100 on: 2.00 [1.50, 2.50] at 100, 0.96 [0.90, 1.02] at 10")
        );
        assert_eq!(from([more, level, open, more]).0, Some(1_000));
        assert_eq!(
            from([more, more, more, open]),
            (None, "open at 1,000: 1.10 [0.90, 1.30] at 1,000".to_owned())
        );
        assert_eq!(
            from([more, more, more, level]),
            (None, "not up to 1,000: 0.96 [0.90, 1.02] at 1,000".to_owned())
        );
        let (at, words) = from([more; 4]);
        assert_eq!(
            (at, words.as_str()),
            (Some(1), "from 1 on, the least that was measured: 2.00 [1.50, 2.50] at 1")
        );
        let (at, words) = from([level, level, more, None]);
        assert_eq!((at, words.contains("from 100 on")), (Some(100), true));
        assert_eq!(
            from([level, level, level, None]).1,
            "from 1,000 on: threads refused at 1,000, 0.96 [0.90, 1.02] at 100"
        );
    }
}
