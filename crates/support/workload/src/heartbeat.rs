//! A beat that is due every few milliseconds, and how late each came.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Beats on a fixed schedule, which whoever keeps it (a thread, a task) waits for and then counts. However many
/// were missed, each is counted, as late as it came after its own time: a heart that stood still for a second is
/// not one beat late, but two hundred, by up to a second.
///
/// ```
/// use std::thread;
/// use std::time::{Duration, Instant};
///
/// use workload::Heartbeat;
///
/// let heartbeat = Heartbeat::every(Duration::from_millis(1));
/// thread::scope(|scope| {
///     scope.spawn(|| {
///         while let Some(due) = heartbeat.next() {
///             thread::sleep(due.saturating_duration_since(Instant::now()));
///             heartbeat.beat();
///         }
///     });
///     thread::sleep(Duration::from_millis(10));
///     heartbeat.stop();
/// });
/// assert!(heartbeat.lateness().beats >= 10);
/// ```
#[derive(Debug)]
pub struct Heartbeat {
    started: Instant,
    period: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Lateness in nanoseconds.
    late: Histogram<u64>,
    /// How often a beat, or several that were due, came.
    wakes: u64,
    stopped: Option<Instant>,
}

/// How late the beats of a run came against their schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Lateness {
    /// How many were scheduled; each of them is in the figures below.
    pub beats: u64,
    /// How often the heart came to beat: as often as there are beats, if none had to wait for another.
    pub wakes: u64,
    /// Half of the beats came no later than this, in seconds.
    pub p50_s: f64,
    /// 99 of 100 came no later than this, in seconds.
    pub p99_s: f64,
    /// The latest of all, in seconds.
    pub max_s: f64,
    /// Points `[seconds late, beats]`: how many beats were so late. An `HdrHistogram` of three significant digits.
    pub histogram: Vec<[f64; 2]>,
}

impl Heartbeat {
    /// Begins the schedule: the first beat is due one `period` from now.
    ///
    /// # Panics
    /// If the period is zero.
    pub fn every(period: Duration) -> Self {
        assert!(!period.is_zero(), "a heart needs time between two beats");
        let late = Histogram::new(3).expect("three digits are few enough");
        let state = Mutex::new(State { late, wakes: 0, stopped: None });
        Self { started: Instant::now(), period, state }
    }

    /// When the next beat is due, which may be past; none once it was stopped and has counted all that were due.
    pub fn next(&self) -> Option<Instant> {
        let state = self.state();
        let due = self.due(state.late.len() + 1);
        state.stopped.is_none_or(|stopped| due <= stopped).then_some(due)
    }

    /// Counts the beats that have become due and were not counted yet.
    pub fn beat(&self) {
        let mut state = self.state();
        let now = Instant::now();
        let until = state.stopped.unwrap_or(now).min(now);
        let mut came = false;
        loop {
            let due = self.due(state.late.len() + 1);
            if due > until {
                break;
            }
            record(&mut state.late, now - due);
            came = true;
        }
        state.wakes += u64::from(came);
    }

    /// Ends the schedule: no beat is due after this.
    pub fn stop(&self) {
        self.state().stopped.get_or_insert_with(Instant::now);
    }

    /// How late the beats came that were due until it was stopped, or until now. One that never came is as late as the
    /// schedule was long.
    pub fn lateness(&self) -> Lateness {
        let state = self.state();
        let end = state.stopped.unwrap_or_else(Instant::now);
        let mut late = state.late.clone();
        while self.due(late.len() + 1) <= end {
            record(&mut late, end - self.started);
        }
        let at = |quantile| seconds(late.value_at_quantile(quantile));
        let points = late
            .iter_recorded()
            .map(|point| [seconds(point.value_iterated_to()), point.count_since_last_iteration() as f64]);
        Lateness {
            beats: late.len(),
            wakes: state.wakes,
            p50_s: at(0.5),
            p99_s: at(0.99),
            max_s: seconds(late.max()),
            histogram: points.collect(),
        }
    }

    fn due(&self, beat: u64) -> Instant {
        self.started + self.period * u32::try_from(beat).unwrap_or(u32::MAX)
    }

    /// A panic elsewhere leaves whole figures, so they are read all the same.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lateness {
    /// Its figures by the names they have in an outcome's metrics; the histogram is a series beside them.
    pub fn metrics(&self) -> [(String, f64); 5] {
        [
            ("beats", self.beats as f64),
            ("wakes", self.wakes as f64),
            ("late_p50_s", self.p50_s),
            ("late_p99_s", self.p99_s),
            ("late_max_s", self.max_s),
        ]
        .map(|(name, figure)| (name.to_owned(), figure))
    }
}

fn record(late: &mut Histogram<u64>, by: Duration) {
    let nanoseconds = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
    late.record(nanoseconds).expect("the histogram grows with what it is given");
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    const PERIOD: Duration = Duration::from_millis(1);

    #[test]
    fn beats_that_were_missed_are_counted_each_against_its_own_time() {
        let heartbeat = Heartbeat::every(PERIOD);
        sleep(PERIOD * 10);
        heartbeat.beat();
        heartbeat.stop();
        let Lateness { beats, wakes, max_s, histogram, .. } = heartbeat.lateness();
        assert!(beats >= 10, "{beats}");
        assert_eq!(wakes, 1);
        // The first was due a period after the start.
        assert!(max_s >= 0.0089, "{max_s}");
        let counted: f64 = histogram.iter().map(|[_, count]| count).sum();
        assert!((counted - beats as f64).abs() < 0.5, "{counted} of {beats}");
        assert!(histogram[0][0] < max_s - 0.007, "{histogram:?}");
    }

    #[test]
    fn a_beat_that_never_came_is_as_late_as_the_run_was_long() {
        let heartbeat = Heartbeat::every(PERIOD);
        sleep(PERIOD * 5);
        heartbeat.stop();
        let Lateness { beats, wakes, p50_s, .. } = heartbeat.lateness();
        assert!(beats >= 5);
        assert_eq!(wakes, 0);
        assert!(p50_s >= 0.0049, "{p50_s}");
    }

    #[test]
    fn none_is_due_after_the_stop_and_those_before_it_are_still_to_come() {
        let heartbeat = Heartbeat::every(PERIOD);
        sleep(PERIOD * 3);
        heartbeat.stop();
        assert!(heartbeat.next().is_some_and(|due| due <= Instant::now()));
        sleep(PERIOD * 3);
        let before = heartbeat.lateness();
        heartbeat.beat();
        assert!(heartbeat.next().is_none());
        let after = heartbeat.lateness();
        assert_eq!(before.beats, after.beats);
        assert!(after.max_s > before.max_s, "they came later than the run ended");
    }

    #[test]
    fn an_early_wake_counts_nothing() {
        let heartbeat = Heartbeat::every(Duration::from_secs(3600));
        heartbeat.beat();
        let Lateness { beats, wakes, p99_s, histogram, .. } = heartbeat.lateness();
        assert_eq!((beats, wakes, p99_s, histogram.len()), (0, 0, 0.0, 0));
    }

    #[test]
    fn percentiles_are_those_of_the_twin_in_python() {
        // Of so many beats, which is the one that half and 99 of 100 came no later than; the same table is in test_heartbeat.py.
        for (beats, p50, p99) in
            [(1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 4), (100, 50, 99), (101, 51, 100), (1000, 500, 990)]
        {
            let heartbeat = Heartbeat::every(Duration::from_secs(3600));
            (1..=beats).for_each(|late| record(&mut heartbeat.state().late, Duration::from_secs(late)));
            let Lateness { p50_s, p99_s, max_s, .. } = heartbeat.lateness();
            // The histogram tells the upper end of what it cannot tell apart, which here is less than a second.
            let found = [p50_s, p99_s, max_s].map(|seconds| Duration::from_secs_f64(seconds).as_secs());
            assert_eq!(found, [p50, p99, beats], "{beats}");
        }
    }
}
