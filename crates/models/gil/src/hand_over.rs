//! What the lanes of all workers tell of how the lock went from one to another.

use super::lane::{Doing, Lane};

/// What it took to hand the lock over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HandOver {
    /// How often a worker got the lock after it had asked for it, and so from another.
    pub handovers: usize,
    /// How long all workers together asked, in seconds.
    pub asks_s: f64,
    /// How long nobody ran although somebody asked.
    pub idle_s: f64,
}

impl HandOver {
    pub fn seen_in(lanes: &[Lane]) -> Self {
        let of = |doing| lanes.iter().flat_map(move |lane| lane.spans(doing));
        let begins_and_ends = |span: [f64; 2]| [(span[0], 1), (span[1], -1)];
        let run = of(Doing::Runs).flat_map(begins_and_ends).map(|(at, more)| (at, more, 0));
        let ask = of(Doing::Asks).flat_map(begins_and_ends).map(|(at, more)| (at, 0, more));
        let mut changes: Vec<_> = run.chain(ask).collect();
        changes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (mut running, mut asking, mut since, mut idle_s) = (0, 0, 0.0, 0.0);
        for (at, more_running, more_asking) in changes {
            if running == 0 && asking > 0 {
                idle_s += at - since;
            }
            running += more_running;
            asking += more_asking;
            since = at;
        }
        // Not a sum, which of nothing is -0.
        let asks_s = of(Doing::Asks).fold(0.0, |sum, [from, to]| sum + to - from);
        Self { handovers: of(Doing::Asks).count(), asks_s, idle_s }
    }
}

/// The metrics of an outcome: what it took to hand the lock over, and when the last of the first `computing` lanes came to its
/// end, and the last of the `waiting` ones behind them; and how long a loop behind these asked, where there is one. None where
/// nobody knows what was done when.
pub fn metrics(lanes: &[Lane], computing: usize, waiting: usize) -> Vec<(String, f64)> {
    if lanes.is_empty() {
        return Vec::new();
    }
    let (of_computing, others) = lanes.split_at(computing);
    let (of_waiting, of_loop) = others.split_at(waiting);
    let end = |lanes: &[Lane]| lanes.iter().map(Lane::end).reduce(f64::max);
    let HandOver { handovers, asks_s, idle_s } = HandOver::seen_in(lanes);
    let figures = [
        ("computing_s", end(of_computing)),
        ("waiting_s", end(of_waiting)),
        ("handovers", Some(handovers as f64)),
        ("asks_s", Some(asks_s)),
        ("loop_asks_s", (!of_loop.is_empty()).then(|| HandOver::seen_in(of_loop).asks_s)),
        ("idle_s", Some(idle_s)),
    ];
    figures.into_iter().filter_map(|(name, figure)| Some((name.to_owned(), figure?))).collect()
}

/// The series of an outcome, as [`Lane::spans`]: `runs_0`, `asks_0`, `waits_0` are those of the first of so many workers, and
/// a lane behind theirs is the loop's; what somebody never did is left out.
pub fn series(lanes: &[Lane], workers: usize) -> Vec<(String, Vec<[f64; 2]>)> {
    let kinds = [("runs", Doing::Runs), ("asks", Doing::Asks), ("waits", Doing::Waits)];
    let of = |(at, lane): (usize, &Lane)| {
        let name = if at < workers { at.to_string() } else { "loop".to_owned() };
        kinds.map(|(kind, doing)| (format!("{kind}_{name}"), lane.spans(doing)))
    };
    lanes.iter().enumerate().flat_map(of).filter(|(_, spans)| !spans.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Doing::{Asks, Rests, Runs, Waits};
    use super::*;

    #[test]
    fn two_that_take_turns_hand_over_each_time_and_lose_what_lies_between() {
        let one = Lane::of(&[(0.0, Runs), (4.0, Asks), (9.0, Runs), (10.0, Rests)]);
        let other = Lane::of(&[(1.0, Asks), (5.0, Runs), (8.0, Rests)]);
        // Nobody ran from 4 to 5 and from 8 to 9.
        assert_eq!(HandOver::seen_in(&[one, other]), HandOver { handovers: 2, asks_s: 9.0, idle_s: 2.0 });
    }

    #[test]
    fn time_in_which_nobody_asks_is_not_lost() {
        let one = Lane::of(&[(0.0, Runs), (1.0, Waits), (3.0, Runs), (4.0, Rests)]);
        let other = Lane::of(&[(0.5, Waits), (2.0, Runs), (2.5, Rests)]);
        assert_eq!(HandOver::seen_in(&[one, other]), HandOver { handovers: 0, asks_s: 0.0, idle_s: 0.0 });
    }

    #[test]
    fn metrics_and_series_tell_of_computing_and_waiting_ones_apart() {
        let lanes = [
            Lane::of(&[(0.0, Runs), (4.0, Rests)]),
            Lane::of(&[(0.0, Waits), (1.0, Asks), (4.0, Runs), (5.0, Rests)]),
            Lane::of(&[(8.0, Asks), (9.0, Rests)]),
        ];
        let metrics: BTreeMap<_, _> = metrics(&lanes, 1, 1).into_iter().collect();
        let told = [
            ("asks_s", 4.0),
            ("computing_s", 4.0),
            ("handovers", 2.0),
            ("idle_s", 1.0),
            ("loop_asks_s", 1.0),
            ("waiting_s", 5.0),
        ];
        assert_eq!(metrics, told.map(|(name, figure)| (name.to_owned(), figure)).into());
        let names: Vec<_> = series(&lanes, 2).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["runs_0", "runs_1", "asks_1", "waits_1", "asks_loop"]);
    }

    #[test]
    fn what_nobody_did_has_no_end_and_what_nobody_told_no_metrics() {
        let names: Vec<_> = metrics(&[Lane::of(&[])], 0, 1).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["waiting_s", "handovers", "asks_s", "idle_s"]);
        assert_eq!(metrics(&[], 4, 0), []);
    }
}
