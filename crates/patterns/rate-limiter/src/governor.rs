//! Lets callers through at a rate, by the crate governor, on any runtime.
//!
//! Expect the same bound, and no order: all who wait sleep until the same moment, and of those who wake one is let through. Reach for
//! it when few wait or none does, when there is a rate for each of many keys, or as a layer of a server.

// Few need all functions.
#![allow(dead_code)]

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Lets callers through at a rate: at most `burst + rate × W` in any window of W seconds, in no order.
#[derive(Debug)]
pub struct Limiter(DefaultDirectRateLimiter);

impl Limiter {
    /// Lets `amount` through in each `per`, and `burst` at once after a pause.
    ///
    /// # Panics
    /// If there is more than one a nanosecond.
    pub fn new(amount: NonZeroU32, per: Duration, burst: NonZeroU32) -> Self {
        let quota = Quota::with_period(per / amount.get()).expect("at most one a nanosecond");
        Self(RateLimiter::direct(quota.allow_burst(burst)))
    }

    /// Whether the caller is let through now.
    pub fn try_acquire(&self) -> bool {
        self.0.check().is_ok()
    }

    /// Waits until the caller is let through.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has used nothing up.
    pub async fn acquire(&self) {
        // Right: what it reads and writes is one step, a compare-and-swap that is tried again where another was faster.
        self.0.until_ready().await;
    }
}
