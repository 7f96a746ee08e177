//! loom runs the unmodified threads, two or three of them, and lets each go on wherever another could.
//!
//! `extern crate self as std` gives them loom's lock where they say `std`, and what loom does not have: a clock, and parking that
//! ends. The clock stands still until one who sleeps, or has no patience left, goes on, and is then moved to that moment. Whether
//! somebody is woken before that is for the schedule to say: by who goes on first.

#![allow(unreachable_pub, reason = "the file is public where it lives")]

extern crate self as std;
extern crate std as real_std;
pub use core::{marker, num};
pub use real_std::collections;

use core::cell::RefCell;
use core::num::NonZeroU32;
use core::time::Duration;
use real_std::sync::Arc;

use loom::model::Builder;
use loom::thread::ThreadId;

#[path = "../src/threads.rs"]
mod threads;

use threads::Limiter;

mod sync {
    use real_std::sync::LockResult;
    pub use real_std::sync::PoisonError;

    pub use loom::sync::MutexGuard;

    use super::{HOLDS, Hold, time};

    #[derive(Debug)]
    pub struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(data: T) -> Self {
            Self(loom::sync::Mutex::new(data))
        }

        pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            let guard = self.0.lock();
            let hold = Hold {
                thread: loom::thread::current().id(),
                at: time::NOW.get(),
            };
            HOLDS.with_borrow_mut(|holds| holds.push(hold));
            guard
        }
    }
}

mod time {
    use core::cell::Cell;
    pub use core::time::Duration;

    use super::HOLDS;

    loom::lazy_static! {
        /// By it loom knows who looks at the clock, and who moves it.
        static ref CLOCK: loom::sync::Mutex<()> = loom::sync::Mutex::new(());
    }

    real_std::thread_local! {
        pub static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
        /// How late each wait ends.
        pub static LATE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    #[derive(Debug)]
    pub struct Instant(Duration);

    impl Instant {
        pub fn now() -> Self {
            let _seen = CLOCK.lock();
            let me = loom::thread::current().id();
            HOLDS.with_borrow_mut(|holds| {
                if let Some(hold) = holds.iter_mut().rfind(|hold| hold.thread == me) {
                    hold.at = NOW.get();
                }
            });
            Self(NOW.get())
        }

        pub fn elapsed(&self) -> Duration {
            Self::now().0.saturating_sub(self.0)
        }

        /// Moves the clock, unless it has come that far.
        pub fn wait_for(&self, time: Duration) {
            let _seen = CLOCK.lock();
            NOW.set(NOW.get().max(self.0 + time + LATE.get()));
        }
    }
}

mod thread {
    use core::cell::Cell;
    use core::mem::take;
    use core::time::Duration;
    use real_std::sync::Arc;

    use super::time::Instant;

    /// loom's own cannot stand in for std's: its `unpark` ends a wait for a lock, too.
    #[derive(Clone, Debug, Default)]
    pub struct Thread(Arc<Parking>);

    #[derive(Debug, Default)]
    struct Parking {
        token: loom::sync::Mutex<bool>,
        left: loom::sync::Condvar,
    }

    loom::thread_local! {
        static CURRENT: Thread = Thread::default();
    }

    real_std::thread_local! {
        static IS_TIMED: Cell<bool> = const { Cell::new(false) };
        pub static WOKEN: Cell<usize> = const { Cell::new(0) };
    }

    impl Thread {
        pub fn unpark(&self) {
            WOKEN.set(WOKEN.get() + 1);
            self.leave_token();
            self.0.left.notify_one();
        }

        pub fn leave_token(&self) {
            *self.0.token.lock().unwrap() = true;
        }
    }

    pub fn current() -> Thread {
        CURRENT.with(Thread::clone)
    }

    pub fn park_timeout(timeout: Duration) {
        let Thread(parking) = current();
        let is_endless = timeout > Duration::from_secs(1);
        let parked = (!is_endless).then(Instant::now);
        let mut token = parking.token.lock().unwrap();
        while !take(&mut *token) {
            if let Some(parked) = parked {
                drop(token);
                return parked.wait_for(timeout);
            }
            token = parking.left.wait(token).unwrap();
        }
    }

    pub fn sleep(time: Duration) {
        assert!(!IS_TIMED.replace(true), "a second timer is set");
        Instant::now().wait_for(time);
        IS_TIMED.set(false);
    }
}

real_std::thread_local! {
    static HOLDS: RefCell<Vec<Hold>> = const { RefCell::new(Vec::new()) };
}

/// That a thread had the limiter's lock.
struct Hold {
    thread: ThreadId,
    /// When it got it, or looked at the clock last.
    at: Duration,
}

/// That a call was let through.
#[derive(Debug)]
struct Admission {
    /// Which hold of the lock was its first, among those of all.
    asked: usize,
    /// In which it was let through.
    admitted: usize,
    at: Duration,
}

/// None if the call is not let through.
fn observe(call: impl FnOnce() -> bool) -> Option<Admission> {
    let me = loom::thread::current().id();
    let before = HOLDS.with_borrow(Vec::len);
    let is_admitted = call();
    HOLDS.with_borrow(|holds| {
        let mine: Vec<_> = (before..holds.len())
            .filter(|&hold| holds[hold].thread == me)
            .collect();
        // In the last one a place is given up, if there was one.
        let admitted = mine[mine.len().saturating_sub(2)];
        is_admitted.then_some(Admission {
            asked: mine[0],
            admitted,
            at: holds[admitted].at,
        })
    })
}

const INTERVAL: Duration = Duration::from_nanos(10);

struct Model {
    /// Each calls once.
    callers: usize,
    burst: u32,
    /// How much of it is gone when they come.
    used: u32,
    late: Duration,
}

/// Everybody waits.
const ALL_WAIT: Model = Model {
    callers: 3,
    burst: 1,
    used: 1,
    late: Duration::ZERO,
};

impl Model {
    /// Two callers run in all interleavings, three in those in which no more than three are stopped where they could have gone on.
    fn explore(self, call: impl Fn(&Limiter, usize) -> bool + Copy + Send + Sync + 'static) {
        let mut builder = Builder::new();
        builder.preemption_bound = (self.callers > 2).then_some(3);
        time::LATE.set(self.late);
        builder.check(move || {
            time::NOW.take();
            thread::WOKEN.take();
            HOLDS.take();
            self.run(call);
        });
    }

    fn run(&self, call: impl Fn(&Limiter, usize) -> bool + Copy + 'static) {
        let burst = NonZeroU32::new(self.burst).unwrap();
        let limiter = Arc::new(Limiter::new(NonZeroU32::MIN, INTERVAL, burst));
        let used = (0..self.used).map(|_| observe(|| limiter.try_acquire()).unwrap());
        let mut admissions: Vec<_> = used.collect();
        let others = (1..self.callers).map(|caller| {
            let limiter = Arc::clone(&limiter);
            loom::thread::spawn(move || observe(|| call(&limiter, caller)))
        });
        let others: Vec<_> = others.collect();
        admissions.extend(observe(|| call(&limiter, 0)));
        admissions.extend(others.into_iter().filter_map(|other| other.join().unwrap()));
        admissions.sort_by_key(|admission| admission.admitted);
        self.check(&admissions);

        let last = admissions.last().unwrap().at;
        time::NOW.set(time::NOW.get().max(last + INTERVAL));
        let is_admitted = limiter.try_acquire();
        assert!(
            is_admitted,
            "who was not let through has used something up, or still waits: {admissions:?}"
        );
    }

    fn check(&self, admissions: &[Admission]) {
        assert!(
            thread::WOKEN.get() < self.callers,
            "more are woken than let through"
        );
        assert!(
            admissions.is_sorted_by_key(|admission| admission.asked),
            "one has overtaken: {admissions:?}"
        );
        for (beyond_burst, count) in (1..).zip(self.burst as usize + 1..=admissions.len()) {
            for window in admissions.windows(count) {
                let least = window[0].at + INTERVAL * beyond_burst;
                assert!(
                    window[count - 1].at >= least,
                    "more than may: {admissions:?}"
                );
            }
        }
    }
}

fn acquire(limiter: &Limiter) -> bool {
    limiter.acquire();
    true
}

#[test]
fn all_are_let_through_in_order_and_no_faster_than_may() {
    let late = INTERVAL * 5 / 2;
    Model {
        callers: 2,
        late,
        ..ALL_WAIT
    }
    .explore(|limiter, _| acquire(limiter));
    ALL_WAIT.explore(|limiter, _| acquire(limiter));
    Model {
        burst: 2,
        used: 2,
        late,
        ..ALL_WAIT
    }
    .explore(|limiter, _| acquire(limiter));
}

#[test]
fn after_a_pause_no_more_than_the_burst_come_at_once() {
    for call in [acquire, Limiter::try_acquire] {
        Model {
            used: 0,
            ..ALL_WAIT
        }
        .explore(move |limiter, caller| {
            if caller == 0 {
                return call(limiter);
            }
            time::Instant::now().wait_for(INTERVAL);
            acquire(limiter)
        });
    }
}

#[test]
fn who_gives_up_has_used_nothing_up_and_those_behind_move_up() {
    for patience in [0, 5, 10, 15].map(Duration::from_nanos) {
        ALL_WAIT.explore(move |limiter, caller| match caller {
            0 => {
                let end = time::NOW.get() + patience;
                let is_admitted = limiter.acquire_within(patience);
                assert!(
                    is_admitted || time::NOW.get() >= end,
                    "it had patience left"
                );
                is_admitted
            }
            _ => acquire(limiter),
        });
    }
}

#[test]
fn nobody_waits_longer_than_it_has_patience() {
    Model {
        callers: 1,
        ..ALL_WAIT
    }
    .explore(|limiter, _| {
        let is_admitted = limiter.acquire_within(INTERVAL / 2);
        assert_eq!((is_admitted, time::NOW.get()), (false, INTERVAL / 2));
        is_admitted
    });
}

#[test]
fn nobody_overtakes_by_trying() {
    ALL_WAIT.explore(|limiter, caller| {
        if caller == 0 {
            limiter.try_acquire()
        } else {
            acquire(limiter)
        }
    });
}

#[test]
fn who_is_woken_for_another_reason_waits_on() {
    ALL_WAIT.explore(|limiter, _| {
        thread::current().leave_token();
        acquire(limiter)
    });
}
