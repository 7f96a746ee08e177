//! What each worker of a run did when, from the series that tell it, and drawn in the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Write, stdout};

use anyhow::Result;

use crate::Outcome;

/// How many columns the time takes.
const COLUMNS: usize = 80;
/// No more kinds than these can be told apart, here and in a picture without colour.
pub const MOST_KINDS: usize = 3;
/// What the kinds are drawn with, in their order.
const MARKS: [char; MOST_KINDS] = ['█', '▒', '░'];
const NOTHING: char = '·';
/// How many workers of a run are drawn: more fill the screen and look alike.
const MOST: usize = 8;

/// What a worker did, by kind: from when to when, in seconds since the beginning of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane<'a> {
    /// The worker's number, or what else the series has after its kind: `loop`, say.
    pub name: &'a str,
    /// For each of the kinds asked for, the spans in the order in which they are in the series.
    pub spans: Vec<&'a [[f64; 2]]>,
}

/// One lane for each worker that any of these series tells of, in the order of their numbers, and those that have none
/// last. The series of worker 3 and kind `inside` is `inside_3`, and its points are `[from, to]`.
pub fn lanes<'a>(series: &'a BTreeMap<String, Vec<[f64; 2]>>, kinds: &[&str]) -> Vec<Lane<'a>> {
    // `runs_fast_3` is a series of another kind.
    let worker = |kind: &str, name: &'a str| {
        name.strip_prefix(kind)?.strip_prefix('_').filter(|worker| !worker.contains('_'))
    };
    let workers: BTreeSet<(usize, &str)> = series
        .keys()
        .flat_map(|name| kinds.iter().filter_map(move |kind| worker(kind, name)))
        .map(|name| (name.parse().unwrap_or(usize::MAX), name))
        .collect();
    let spans = |worker: &str| {
        let of = |kind: &&str| series.get(&format!("{kind}_{worker}")).map_or(&[][..], Vec::as_slice);
        kinds.iter().map(of).collect()
    };
    workers.into_iter().map(|(_, name)| Lane { name, spans: spans(name) }).collect()
}

/// Those that a picture has room for: of the workers with a number the first eight, and all others.
pub fn first(lanes: Vec<Lane>) -> Vec<Lane> {
    let is_first = |(at, lane): &(usize, Lane)| *at < MOST || lane.name.parse::<usize>().is_err();
    lanes.into_iter().enumerate().filter(is_first).map(|(_, lane)| lane).collect()
}

/// When the last span of these lanes ends, in seconds.
pub fn end(lanes: &[Lane]) -> f64 {
    lanes.iter().flat_map(|lane| lane.spans.iter().copied().flatten()).map(|[_, to]| *to).fold(0.0, f64::max)
}

/// Prints what the workers of these runs did when, all on one scale, a line for each of the first eight. A kind is the name that
/// its series begin with, and what it means. Of a run that tells nothing of its workers nothing is printed.
///
/// # Errors
/// When the terminal cannot be written to.
///
/// # Panics
/// If there are more than [`MOST_KINDS`].
pub fn draw(outcomes: &[Outcome], kinds: &[(&str, &str)]) -> Result<()> {
    let names: Vec<_> = kinds.iter().map(|(name, _)| *name).collect();
    let runs = outcomes.iter().map(|outcome| (outcome, lanes(&outcome.series, &names)));
    let runs: Vec<_> = runs.filter(|(_, lanes)| !lanes.is_empty()).collect();
    if runs.is_empty() {
        return Ok(());
    }
    let end = runs.iter().map(|(_, lanes)| end(lanes)).fold(0.0, f64::max);
    let mut stdout = stdout().lock();
    let meanings: Vec<_> =
        kinds.iter().zip(MARKS).map(|((_, meaning), mark)| format!("{mark} {meaning}")).collect();
    writeln!(stdout, "\n{}, {NOTHING} none of it", meanings.join(", "))?;
    for (outcome, lanes) in &runs {
        writeln!(stdout, "\n{}", outcome.variant)?;
        let shown = first(lanes.clone());
        for lane in &shown {
            writeln!(stdout, "{:>4} {}", lane.name, line(lane, end))?;
        }
        if shown.len() < lanes.len() {
            writeln!(stdout, "     and {} more", lanes.len() - shown.len())?;
        }
    }
    Ok(writeln!(stdout, "\n     0 s{end:>width$.3} s", width = COLUMNS - 5)?)
}

/// A column shows what the worker did in the middle of it, or else what it began in it.
fn line(lane: &Lane, end: f64) -> String {
    assert!(lane.spans.len() <= MOST_KINDS, "there are {MOST_KINDS} marks");
    let width = end / COLUMNS as f64;
    let mark = |column: usize| {
        let (left, right) = (column as f64 * width, (column + 1) as f64 * width);
        let middle = f64::midpoint(left, right);
        let find = |is_shown: &dyn Fn(f64, f64) -> bool| {
            lane.spans.iter().position(|spans| spans.iter().any(|&[from, to]| is_shown(from, to)))
        };
        let kind = find(&|from, to| (from..to).contains(&middle));
        let kind = kind.or_else(|| find(&|from, _| (left..right).contains(&from)));
        kind.map_or(NOTHING, |kind| MARKS[kind])
    };
    (0..COLUMNS).map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> BTreeMap<String, Vec<[f64; 2]>> {
        let spans = [
            ("runs_10", vec![[0.5, 1.0]]),
            ("runs_2", vec![[0.0, 0.25], [0.75, 1.0]]),
            ("waits_2", vec![[0.25, 0.5]]),
            ("waits_loop", vec![[0.0, 0.5]]),
            ("waits", vec![[0.0, 9.0]]),
            ("runs_fast_3", vec![[0.0, 9.0]]),
            ("other_7", vec![[0.0, 9.0]]),
        ];
        spans.map(|(name, points)| (name.to_owned(), points)).into()
    }

    #[test]
    fn a_lane_has_the_spans_of_the_kinds_asked_for_by_number_of_the_worker() {
        let series = series();
        let lanes = lanes(&series, &["runs", "waits"]);
        let told: Vec<_> = lanes.iter().map(|lane| (lane.name, lane.spans.clone())).collect();
        assert_eq!(
            told,
            [
                ("2", vec![&[[0.0, 0.25], [0.75, 1.0]][..], &[[0.25, 0.5]]]),
                ("10", vec![&[[0.5, 1.0]][..], &[]]),
                ("loop", vec![&[][..], &[[0.0, 0.5]]]),
            ]
        );
        assert!((end(&lanes) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_picture_has_eight_workers_and_whoever_has_no_number() {
        let spans = [[0.0, 1.0]];
        let names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "loop"];
        let lanes = names.map(|name| Lane { name, spans: vec![&spans[..]] });
        let shown: Vec<_> = first(lanes.into()).into_iter().map(|lane| lane.name).collect();
        assert_eq!(shown, ["0", "1", "2", "3", "4", "5", "6", "7", "loop"]);
    }

    #[test]
    fn a_line_shows_what_was_done_in_the_middle_of_a_column_or_began_in_it() {
        let series = series();
        let lanes = lanes(&series, &["runs", "waits"]);
        let quarter = COLUMNS / 4;
        let expected = ["█", "▒", "·", "█"].map(|mark| mark.repeat(quarter)).concat();
        assert_eq!(line(&lanes[0], 1.0), expected);
        let moment = [[0.5, 0.5]];
        let lane = Lane { name: "0", spans: vec![&[], &moment] };
        let expected = ["·".repeat(2 * quarter), "▒".to_owned(), "·".repeat(2 * quarter - 1)].concat();
        assert_eq!(line(&lane, 1.0), expected);
    }
}
