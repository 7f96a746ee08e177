//! Lets callers through at a rate, in the order in which they came: threads sleep
//! until their turn.
//!
//! Expect one timer, however many wait, and a bound that holds in any window of time. Reach for it
//! when others must not be asked more often than they allow, and callers may wait for that. Where
//! they may not, `try_acquire` says so at once.

// Few need all functions, and nothing is public outside of a program.
#![allow(dead_code, unreachable_pub)]

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Thread, current, park_timeout, sleep};
use std::time::{Duration, Instant};

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
    waiting: VecDeque<(u64, Thread)>,
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
    /// limiter.acquire();
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
    pub fn acquire(&self) {
        self.acquire_within(Duration::MAX);
    }

    /// Waits until the caller is let through, or for as long as it has `patience`; whether it is
    /// let through.
    ///
    /// A caller that has none left has used nothing up, and has lost its place.
    pub fn acquire_within(&self, patience: Duration) -> bool {
        let Some(place) = self.enter() else {
            return true;
        };
        let begun = Instant::now();
        let patience_left = || patience.saturating_sub(begun.elapsed());
        while !place.is_first() {
            let left = patience_left();
            if left.is_zero() {
                return false;
            }
            park_timeout(left);
        }
        while let Err(wait) = self.admit() {
            let left = patience_left();
            if left.is_zero() {
                return false;
            }
            sleep(wait.min(left));
        }
        true
    }

    /// None if the caller is let through at once.
    fn enter(&self) -> Option<Place<'_>> {
        let mut state = self.lock();
        if state.waiting.is_empty() && state.admit(self.started.elapsed()).is_ok() {
            return None;
        }
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.push_back((ticket, current()));
        Some(Place {
            limiter: self,
            ticket,
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
}

impl Place<'_> {
    fn is_first(&self) -> bool {
        self.limiter.lock().position(self.ticket) == Some(0)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.lock();
        let at = state.position(self.ticket);
        let left = at.and_then(|at| state.waiting.remove(at));
        let first = state.waiting.front().filter(|_| at == Some(0));
        let thread = first.map(|(_, thread)| thread.clone());
        drop(state);
        drop(left);
        if let Some(thread) = thread {
            thread.unpark();
        }
    }
}
