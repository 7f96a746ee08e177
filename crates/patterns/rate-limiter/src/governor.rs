//! Lets callers through at a rate, by the crate governor, on any runtime.
//!
//! Expect the same bound, and no order: all that wait sleep until the same moment, and of those who
//! wake one is let through. Reach for it when few wait or none does, or when there is a rate for
//! each of many keys. For what else the crate has, jitter or several at a time, take the crate.

// Few need all functions, and nothing is public outside of a program.
#![allow(dead_code, unreachable_pub)]

use std::future::poll_fn;
use std::hash::Hash;
use std::mem::replace;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

/// One in so many acquires yields.
const YIELD_EVERY: u32 = 64;

/// Lets callers through at a rate: at most `burst + rate × W` in any window of W seconds, in no
/// order.
#[derive(Debug)]
pub struct Limiter {
    limiter: DefaultDirectRateLimiter,
    acquires: AtomicU32,
}

impl Limiter {
    /// Lets `amount` through in each `per`, and `burst` at once after a pause.
    ///
    /// Between two there are `per / amount`, rounded up to the next nanosecond, and at least one:
    /// no rate is exceeded, and one above a million a second is kept to a thousandth only. The
    /// longest interval is a hundred years, and `burst` is no more than what comes in until then.
    ///
    /// # Examples
    /// ```ignore (the path to this file is the reader's own)
    /// let (amount, burst) = (NonZeroU32::new(100).unwrap(), NonZeroU32::new(10).unwrap());
    /// let limiter = Limiter::new(amount, Duration::from_secs(1), burst);
    /// limiter.acquire().await;
    /// ```
    #[must_use]
    pub fn new(amount: NonZeroU32, per: Duration, burst: NonZeroU32) -> Self {
        let limiter = RateLimiter::direct(quota(amount, per, burst));
        let acquires = AtomicU32::new(0);
        Self { limiter, acquires }
    }

    /// Whether the caller is let through now.
    pub fn try_acquire(&self) -> bool {
        self.limiter.check().is_ok()
    }

    /// Waits until the caller is let through. Now and then it yields before.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has used nothing up.
    pub async fn acquire(&self) {
        yield_now_and_then(&self.acquires).await;
        // Right: what it reads and writes is one step, a compare-and-swap that is tried again if
        // another was faster.
        self.limiter.until_ready().await;
    }
}

/// A [`Limiter`] for each key: each client of a server, say.
#[derive(Debug)]
pub struct Limiters<K: Clone + Eq + Hash> {
    limiters: DefaultKeyedRateLimiter<K>,
    acquires: AtomicU32,
}

impl<K: Clone + Eq + Hash> Limiters<K> {
    /// The rate is that of each key, as for [`Limiter::new`].
    #[must_use]
    pub fn new(amount: NonZeroU32, per: Duration, burst: NonZeroU32) -> Self {
        let limiters = RateLimiter::keyed(quota(amount, per, burst));
        let acquires = AtomicU32::new(0);
        Self { limiters, acquires }
    }

    /// Whether a caller with this key is let through now.
    pub fn try_acquire(&self, key: &K) -> bool {
        self.limiters.check_key(key).is_ok()
    }

    /// Waits until a caller with this key is let through. Now and then it yields before.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has used nothing up.
    pub async fn acquire(&self, key: &K) {
        yield_now_and_then(&self.acquires).await;
        self.limiters.until_key_ready(key).await;
    }

    /// Forgets the keys whose burst is complete again. Each key that was ever used takes memory
    /// until then: call this now and then if there may be any number of them.
    pub fn forget_idle(&self) {
        self.limiters.retain_recent();
        self.limiters.shrink_to_fit();
    }
}

fn quota(amount: NonZeroU32, per: Duration, burst: NonZeroU32) -> Quota {
    // governor counts in 64 bits of nanoseconds, which are five times as many.
    const LONGEST: u128 = 100 * 365 * 24 * 3_600 * 1_000_000_000;
    let interval = per.as_nanos().div_ceil(amount.get().into());
    let interval = interval.clamp(1, LONGEST);
    let burst = u128::from(burst.get()).min(LONGEST / interval);
    let burst = u32::try_from(burst).ok().and_then(NonZeroU32::new);
    let interval = u64::try_from(interval).map_or(Duration::MAX, Duration::from_nanos);
    let quota = Quota::with_period(interval).expect("it is not zero");
    quota.allow_burst(burst.unwrap_or(NonZeroU32::MIN))
}

/// A caller that never has to wait would keep the other tasks of its thread from running.
async fn yield_now_and_then(acquires: &AtomicU32) {
    if acquires.fetch_add(1, Ordering::Relaxed) % YIELD_EVERY == YIELD_EVERY - 1 {
        yield_now().await;
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
