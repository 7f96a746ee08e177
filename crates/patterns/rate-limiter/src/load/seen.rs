//! What was seen of a limiter: who was let in when, and how that compares with what its rate allows.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use outcome::Outcome;

/// As many points as a picture can show.
const MOST_POINTS: f64 = 500.0;

/// What a limiter was told to keep to.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) amount: NonZeroU32,
    pub(crate) per: Duration,
    pub(crate) burst: NonZeroU32,
}

impl Rate {
    /// How many are to be let in before that time is over.
    pub(crate) fn room(&self, time: Duration) -> f64 {
        f64::from(self.burst.get()) + (time.as_secs_f64() / self.interval_s()).ceil() - 1.0
    }

    pub(crate) fn interval_s(&self) -> f64 {
        self.per.as_secs_f64() / f64::from(self.amount.get())
    }
}

/// What was seen of it.
pub(crate) struct Seen {
    started: Instant,
    asked: AtomicU64,
    let_in: Mutex<Vec<LetIn>>,
}

/// The place in the order of asking, and the moment, since the start.
type LetIn = (u64, Duration);

impl Seen {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            asked: AtomicU64::new(0),
            let_in: Mutex::default(),
        }
    }

    pub(crate) fn ask(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn let_in(&self, place: u64) {
        let mut moments = self.moments();
        moments.push((place, self.elapsed()));
    }

    pub(crate) fn count(&self) -> u64 {
        self.moments().len() as u64
    }

    /// Puts what was seen into `outcome`: all that the figures and pictures are made of.
    pub(crate) fn tell(&self, outcome: &mut Outcome, rate: &Rate) {
        let let_in = self.moments();
        let last = let_in.last().map_or(Duration::ZERO, |(_, moment)| *moment);
        let ideal =
            rate.interval_s() * (let_in.len() as f64 - f64::from(rate.burst.get())).max(0.0);
        let metrics = [
            ("most_in_a_period", most_within(rate.per, &let_in) as f64),
            ("overtaken", overtaken(&let_in) as f64),
            (
                "ideal_per_actual",
                ideal / last.as_secs_f64().max(f64::EPSILON),
            ),
        ];
        outcome
            .metrics
            .extend(metrics.map(|(name, value)| (name.to_owned(), value)));
        outcome
            .series
            .insert("let_in".to_owned(), points(&let_in, last));
    }

    fn moments(&self) -> MutexGuard<'_, Vec<LetIn>> {
        self.let_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most that were let in within any time so long, both of its ends included.
fn most_within(time: Duration, let_in: &[LetIn]) -> usize {
    let mut first = 0;
    let counts = let_in.iter().enumerate().map(|(last, (_, moment))| {
        while moment.saturating_sub(let_in[first].1) > time {
            first += 1;
        }
        last - first + 1
    });
    counts.max().unwrap_or(0)
}

/// How many were let in after somebody who had asked later.
fn overtaken(let_in: &[LetIn]) -> usize {
    let mut latest = 0;
    let late = let_in.iter().filter(|(place, _)| {
        latest = latest.max(*place);
        *place < latest
    });
    late.count()
}

/// How many until then, at moments far enough from each other to be told apart.
fn points(let_in: &[LetIn], last: Duration) -> Vec<[f64; 2]> {
    let apart = last.as_secs_f64() / MOST_POINTS;
    let mut points: Vec<[f64; 2]> = Vec::new();
    for (count, (_, moment)) in (1_u32..).zip(let_in) {
        let point = [moment.as_secs_f64(), f64::from(count)];
        match points.last_mut() {
            Some(before) if point[0] - before[0] < apart => before[1] = point[1],
            _ => points.push(point),
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::points;

    #[test]
    fn the_last_point_counts_all_and_none_is_before_another() {
        let let_in: Vec<_> = (0..2_000)
            .map(|place| (place, Duration::from_micros(place / 3)))
            .collect();
        let points = points(&let_in, Duration::from_micros(666));
        assert_eq!(points.last().unwrap()[1].to_bits(), 2_000_f64.to_bits());
        assert!(
            points
                .windows(2)
                .all(|two| two[0][0] <= two[1][0] && two[0][1] < two[1][1])
        );
    }
}
