//! Lets callers through at a rate, in the order in which they came: tasks of tokio
//! await their turn.
//!
//! Expect one timer, however many wait, and a bound that holds in any window of time. Reach for it
//! when others must not be asked more often than they allow, and callers may wait for that. Where
//! they may not, `try_acquire` says so at once.

// Few need all functions, and nothing is public outside of a program.
#![allow(dead_code, unreachable_pub)]

use std::collections::VecDeque;
use std::future::poll_fn;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

/// One in so many acquires yields where it does not have to wait.
const YIELD_EVERY: u64 = 64;

/// Lets callers through at a rate.
///
/// - In any window of W seconds at most `burst + rate × W` are let through, wherever it begins.
/// - They are let through in the order in which each first asked; nobody overtakes, not even by
///   `try_acquire`.
/// - After an idle period, up to `burst` callers are let through at once.
/// - A caller that gives up while it waits has used nothing up: those behind move up.
/// - However many wait, one timer is set, and one of them is woken for each that is let through.
///
/// What counts is the moment at which a caller is let through, on a clock that never goes back.
/// What it does then, and when it gets to it, is its own.
///
/// # Which burst
/// A timer is late, by a millisecond or more, and the burst makes up for that: the rate is kept
/// while `burst >= 1 + rate × lateness`. So a burst of 1 loses a part of the rate at any lateness
/// above 0: about `rate × lateness` of it, which is a hundredth at ten a second and 1 ms. At 1,000
/// a second take a burst of 10, at 100,000 a second 1,000. With a smaller one the bound holds all
/// the same, and fewer are let through than might be.
///
/// # Source
/// The Generic Cell Rate Algorithm, as virtual scheduling: ITU-T I.371, annex A.
#[derive(Debug)]
pub struct Limiter {
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// From one to the next, on average.
    interval: Duration,
    /// How much earlier than on average one may be let through.
    ahead: Duration,
    /// When the next would be let through on average, since `started`.
    next: Duration,
    /// The callers that wait, the first first, by ticket; and how to wake them.
    waiting: VecDeque<(u64, Option<Waker>)>,
    next_ticket: u64,
}

impl Limiter {
    /// Lets `amount` through in each `per`, and `burst` at once after a pause; all of `burst` at
    /// the start.
    ///
    /// Between two there are `per / amount`, rounded up to the next nanosecond: no rate is
    /// exceeded, and one above a million a second is kept to a thousandth only. The longest
    /// interval is `Duration::MAX / 2 / burst`, more than a hundred years. With a `per` of zero
    /// there is no limit.
    ///
    /// # Examples
    /// ```ignore (the path to this file is the reader's own)
    /// let (amount, burst) = (NonZeroU32::new(100).unwrap(), NonZeroU32::new(10).unwrap());
    /// let limiter = Limiter::new(amount, Duration::from_secs(1), burst);
    /// limiter.acquire().await;
    /// ```
    #[must_use]
    pub fn new(amount: NonZeroU32, per: Duration, burst: NonZeroU32) -> Self {
        // Up to the next nanosecond.
        let more = Duration::from_nanos(u64::from(amount.get()) - 1);
        let interval = per.saturating_add(more) / amount.get();
        // So that no sum is cut off at the longest time there is: from then on nobody would wait.
        let interval = interval.min(Duration::MAX / 2 / burst.get());
        let state = State {
            interval,
            ahead: interval * (burst.get() - 1),
            next: Duration::ZERO,
            waiting: VecDeque::new(),
            next_ticket: 0,
        };
        let (started, state) = (Instant::now(), Mutex::new(state));
        Self { started, state }
    }

    /// Whether the caller is let through now; never while others wait.
    pub fn try_acquire(&self) -> bool {
        let mut state = self.lock();
        state.waiting.is_empty() && state.admit(self.started.elapsed()).is_ok()
    }

    /// Waits until the caller is let through.
    ///
    /// A caller that never has to wait yields now and then, so that the other tasks of its thread
    /// run too.
    ///
    /// # Panics
    /// If it has to wait, and there is no runtime of tokio with timers.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has used nothing up, and has lost its place.
    ///
    /// Held and not polled, it keeps all behind it waiting. So do not acquire both in the work of a
    /// `buffer_unordered` and where its results are taken: while the taker waits for its turn, the
    /// work that is first in line is not polled, and neither continues. Make one of the two a task.
    pub async fn acquire(&self) {
        let Some(place) = self.enter() else { return };
        if place.yields {
            // Right: it has its place meanwhile, so nobody overtakes.
            yield_now().await;
        }
        poll_fn(|context| place.poll_first(context)).await;
        while let Err(wait) = self.admit() {
            sleep(wait).await;
        }
    }

    /// None if the caller is let through at once.
    fn enter(&self) -> Option<Place<'_>> {
        let mut state = self.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        let yields = state.waiting.is_empty() && ticket % YIELD_EVERY == YIELD_EVERY - 1;
        if state.waiting.is_empty() && !yields && state.admit(self.started.elapsed()).is_ok() {
            return None;
        }
        state.waiting.push_back((ticket, None));
        Some(Place {
            limiter: self,
            ticket,
            yields,
        })
    }

    fn admit(&self) -> Result<(), Duration> {
        // Right: the clock is read with the lock held: its readings are in the order of those
        // who are let through.
        self.lock().admit(self.started.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets one through, or says how long to wait until that may be.
    fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        let wait = self.next.saturating_sub(self.ahead).saturating_sub(now);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.next = self.next.max(now).saturating_add(self.interval);
        Ok(())
    }

    fn position(&self, ticket: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&ticket, |one| one.0).ok()
    }
}

/// A place among those who wait. Dropped, it is given up, and the first then is woken.
struct Place<'a> {
    limiter: &'a Limiter,
    ticket: u64,
    yields: bool,
}

impl Place<'_> {
    fn poll_first(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.limiter.lock();
        match state.position(self.ticket) {
            Some(at) if at > 0 => {
                let old = state.waiting[at].1.replace(context.waker().clone());
                drop(state);
                // What a waker does when it is dropped is not ours: it does that without the lock.
                drop(old);
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.lock();
        let at = state.position(self.ticket);
        let left = at.and_then(|at| state.waiting.remove(at));
        let first = state.waiting.front_mut().filter(|_| at == Some(0));
        let waker = first.and_then(|(_, waker)| waker.take());
        drop(state);
        drop(left);
        waker.into_iter().for_each(Waker::wake);
    }
}
