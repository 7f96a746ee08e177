//! Lets callers through at a rate, by the crate leaky-bucket on tokio.
//!
//! Expect a bucket into which something drips at each interval, and less than the rate where intervals are short. Reach for it when
//! the program runs on tokio, the rate is low, and a crate is welcome; it takes more than one at a time too.

// Few need all functions.
#![allow(dead_code)]

use std::num::NonZeroU32;
use std::time::Duration;

use leaky_bucket::RateLimiter;

const FILLED_EVERY: Duration = Duration::from_millis(10);

/// Lets callers through at a rate: `burst`, and what drips in.
#[derive(Debug)]
pub struct Limiter(RateLimiter);

impl Limiter {
    /// Lets `amount` through in each `per`, and `burst` at once after a pause.
    ///
    /// The bucket is filled every ten milliseconds if the burst has room for what drips in until then, since the timer is late each
    /// time and nothing makes up for that.
    ///
    /// # Panics
    /// If there is no runtime of tokio, or more than one a nanosecond.
    pub fn new(amount: NonZeroU32, per: Duration, burst: NonZeroU32) -> Self {
        let interval = per / amount.get();
        let drops = FILLED_EVERY.as_nanos() / interval.as_nanos();
        let drops = u32::try_from(drops).unwrap_or(u32::MAX).clamp(1, burst.get());
        let mut bucket = RateLimiter::builder();
        bucket.initial(burst.get() as usize).max(burst.get() as usize);
        Self(bucket.refill(drops as usize).interval(interval * drops).build())
    }

    /// Whether the caller is let through now.
    pub fn try_acquire(&self) -> bool {
        self.0.try_acquire(1)
    }

    /// Waits until the caller is let through.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has lost its place.
    pub async fn acquire(&self) {
        // Right: the first who waits fills the bucket for all, and hands what drips in to those behind.
        self.0.acquire_one().await;
    }
}
