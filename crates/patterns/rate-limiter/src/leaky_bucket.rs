//! Lets callers through at a rate, by the crate leaky-bucket on tokio.
//!
//! Expect a bucket into which something drips at each interval, and a little less than the rate.
//! Reach for it when the program runs on tokio, the rate is below some hundreds a second, and a
//! crate is welcome; or when callers take several at once, by their size say.

// Few need all functions, and nothing is public outside of a program.
#![allow(dead_code, unreachable_pub)]

use std::future::poll_fn;
use std::mem::replace;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use leaky_bucket::RateLimiter;

/// How often the bucket is filled at most, in milliseconds, if it is large enough for that.
const FILLED_EVERY_MS: u128 = 10;

/// One in so many acquires yields.
const YIELD_EVERY: u32 = 64;

/// Lets callers through at a rate: `burst`, and what drips in, in drops of what comes in 10 ms.
#[derive(Debug)]
pub struct Limiter {
    limiter: RateLimiter,
    acquires: AtomicU32,
}

impl Limiter {
    /// Lets `amount` through in each `per`, and `burst` at once after a pause.
    ///
    /// leaky-bucket counts in whole milliseconds, so the time from one drop to the next is rounded
    /// up to the next one: no rate is exceeded. A drop is as large as what comes in 10 ms, so that
    /// less than a tenth is lost by that, but not larger than `burst`: at most `burst` are let
    /// through in a millisecond, so 1,000 a second with a burst of 1. What the timer is late by is
    /// lost each time too. The longest time from one drop to the next is a hundred years.
    ///
    /// # Panics
    /// If there is no runtime of tokio.
    ///
    /// # Examples
    /// ```ignore (the path to this file is the reader's own)
    /// let (amount, burst) = (NonZeroU32::new(100).unwrap(), NonZeroU32::new(10).unwrap());
    /// let limiter = Limiter::new(amount, Duration::from_secs(1), burst);
    /// limiter.acquire().await;
    /// ```
    #[must_use]
    pub fn new(amount: NonZeroU32, per: Duration, burst: NonZeroU32) -> Self {
        const LONGEST_MS: u128 = 100 * 365 * 24 * 3_600 * 1_000;
        let (rate, per) = (u128::from(amount.get()), per.as_nanos().max(1));
        let in_time = (rate * FILLED_EVERY_MS * 1_000_000).div_ceil(per);
        let drops = u32::try_from(in_time).unwrap_or(u32::MAX).min(burst.get());
        let nanos = (per.saturating_mul(drops.into())).div_ceil(rate);
        let millis = nanos.div_ceil(1_000_000).clamp(1, LONGEST_MS);
        let interval = u64::try_from(millis).map_or(Duration::MAX, Duration::from_millis);
        let (drops, burst) = (drops as usize, burst.get() as usize);
        let mut bucket = RateLimiter::builder();
        bucket
            .initial(burst)
            .max(burst)
            .refill(drops)
            .interval(interval);
        let (limiter, acquires) = (bucket.build(), AtomicU32::new(0));
        Self { limiter, acquires }
    }

    /// Whether the caller is let through now.
    pub fn try_acquire(&self) -> bool {
        self.limiter.try_acquire(1)
    }

    /// Waits until the caller is let through. Now and then it yields before.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has lost its place.
    pub async fn acquire(&self) {
        self.acquire_many(1).await;
    }

    /// Waits until the caller is let through with so many at once, which may be more than `burst`.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has lost its place, and what had come in for it.
    pub async fn acquire_many(&self, amount: u32) {
        if self.acquires.fetch_add(1, Ordering::Relaxed) % YIELD_EVERY == YIELD_EVERY - 1 {
            // A caller that never has to wait would keep the others of its thread from running.
            yield_now().await;
        }
        // Right: the first that waits fills the bucket for all, and hands on what drips in.
        self.limiter.acquire(amount as usize).await;
    }
}

/// Lets the other tasks of this thread run.
async fn yield_now() {
    let mut is_second = false;
    let polled = poll_fn(|context| {
        if replace(&mut is_second, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    polled.await;
}
