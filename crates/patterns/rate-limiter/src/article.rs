//! Lets callers through at a rate, as the article does: who comes too early sleeps for what is left of the interval.
//!
//! Expect it to let everybody through who asks at once, after one interval, and a lone caller twice in each. It is here to be
//! seen failing.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Is to let callers through at a rate.
#[derive(Debug)]
pub struct Limiter {
    interval: Duration,
    last: Mutex<Option<Instant>>,
}

impl Limiter {
    /// Is to let `amount` through in each `per`. It knows no burst.
    pub fn new(amount: NonZeroU32, per: Duration, _: NonZeroU32) -> Self {
        Self {
            interval: per / amount.get(),
            last: Mutex::new(None),
        }
    }

    /// Waits for what is left of the interval.
    pub async fn acquire(&self) {
        let now = Instant::now();
        let since = self.last().map_or(Duration::MAX, |last| now - last);
        if since < self.interval {
            sleep(self.interval.saturating_sub(since)).await;
        }
        // Wrong: `last` was read before the await, where all who came meanwhile have read the same, and `now` is of then too.
        self.set_last(now);
    }

    fn last(&self) -> Option<Instant> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_last(&self, now: Instant) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }
}
