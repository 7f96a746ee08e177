//! Lets callers through at a rate, in the order in which they came, by the crate leaky-bucket on tokio.
//!
//! Expect a bucket that is filled at each interval. Reach for it when the program runs on tokio, the rate is no more than some
//! thousands a second, and a crate is welcome; it takes more than one at a time too.

use std::num::NonZeroU32;
use std::time::Duration;

use leaky_bucket::RateLimiter;

/// Lets callers through at a rate, in the order in which they came.
#[derive(Debug)]
pub struct Limiter(RateLimiter);

impl Limiter {
    /// Lets `amount` through in each `per`, and `burst` at once after a pause.
    ///
    /// # Panics
    /// If there is no runtime of tokio, or more than one a nanosecond.
    pub fn new(amount: NonZeroU32, per: Duration, burst: NonZeroU32) -> Self {
        let burst = burst.get() as usize;
        let mut bucket = RateLimiter::builder();
        Self(bucket.initial(burst).max(burst).refill(1).interval(per / amount.get()).build())
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
        // Right: the first who waits fills the bucket for all, and hands what drips in to the others, one after the other.
        self.0.acquire_one().await;
    }
}
