//! shuttle searches the interleavings of three callers of the unmodified limiters, at random.
//!
//! `extern crate self as ...` gives them shuttle's lock where they say `std`, and one clock and timer for all where they name their
//! runtime. The clock stands still until one who sleeps goes on, and is then moved to that moment, or to a later one.

#![allow(unreachable_pub, reason = "the files are public where they live")]

extern crate self as async_std;
extern crate self as smol;
extern crate self as std;
extern crate self as tokio;
extern crate std as real_std;
pub use core::num;
pub use real_std::collections;

use core::cell::RefCell;
use core::future::{Future, pending};
use core::num::NonZeroU32;
use core::pin::Pin;
use core::task::{Context, Waker};
use core::time::Duration;
use real_std::sync::Arc;
use real_std::task::Wake;

use futures_lite::future::or;
use shuttle::current::TaskId;
use shuttle::future::{block_on, yield_now};
use shuttle::rand::{Rng, thread_rng};

#[rustfmt::skip]
#[path = "../../../patterns/rate-limiter/src/article.rs"]
mod article;
#[rustfmt::skip]
#[path = "../../../patterns/rate-limiter/src/async_std.rs"]
mod on_async_std;
#[rustfmt::skip]
#[path = "../../../patterns/rate-limiter/src/smol.rs"]
mod on_smol;
#[rustfmt::skip]
#[path = "../../../patterns/rate-limiter/src/tokio.rs"]
mod on_tokio;

mod sync {
    use shuttle::sync::LockResult;
    pub use shuttle::sync::{MutexGuard, PoisonError};

    use super::{HOLDS, Hold, time};

    #[derive(Debug)]
    pub struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(data: T) -> Self {
            Self(shuttle::sync::Mutex::new(data))
        }

        pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            let guard = self.0.lock();
            // Until it is let go of, the clock does not move: there is nowhere else where another could go on.
            let hold = Hold { task: shuttle::current::me(), at: time::NOW.get() };
            HOLDS.with_borrow_mut(|holds| holds.push(hold));
            guard
        }
    }
}

mod future {
    pub use core::future::*;

    pub use shuttle::future::yield_now;
}

mod task {
    pub use core::task::{Context, Poll, Waker};

    pub use super::time::sleep;
    pub use shuttle::future::yield_now;
}

mod time {
    use core::cell::Cell;
    use core::ops::Sub;
    pub use core::time::Duration;

    use super::{Rng, thread_rng, yield_now};

    real_std::thread_local! {
        pub static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
        static TIMERS: Cell<usize> = const { Cell::new(0) };
        pub static MOST_TIMERS: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Clone, Copy, Debug)]
    pub struct Instant(Duration);

    impl Instant {
        pub fn now() -> Self {
            Self(NOW.get())
        }

        pub fn elapsed(self) -> Duration {
            Self::now() - self
        }
    }

    impl Sub for Instant {
        type Output = Duration;

        fn sub(self, earlier: Self) -> Duration {
            self.0.saturating_sub(earlier.0)
        }
    }

    /// Until it is dropped, a timer is set.
    struct Set;

    impl Set {
        fn new() -> Self {
            TIMERS.set(TIMERS.get() + 1);
            MOST_TIMERS.set(MOST_TIMERS.get().max(TIMERS.get()));
            Self
        }
    }

    impl Drop for Set {
        fn drop(&mut self) {
            TIMERS.set(TIMERS.get() - 1);
        }
    }

    pub async fn sleep(time: Duration) {
        let _timer = Set::new();
        pass(time).await;
    }

    pub async fn pass(time: Duration) {
        let late = Duration::from_nanos(thread_rng().gen_range(0..=20));
        let end = NOW.get() + time + late;
        yield_now().await;
        NOW.set(NOW.get().max(end));
    }
}

/// What smol calls it.
struct Timer;

impl Timer {
    fn after(time: Duration) -> impl Future {
        time::sleep(time)
    }
}

real_std::thread_local! {
    static HOLDS: RefCell<Vec<Hold>> = const { RefCell::new(Vec::new()) };
}

/// What shuttle does not see it does not reset between the interleavings.
fn reset() {
    time::NOW.take();
    time::MOST_TIMERS.take();
    HOLDS.take();
}

/// That a task had the limiter's lock.
struct Hold {
    task: TaskId,
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
    let me = shuttle::current::me();
    let before = HOLDS.with_borrow(Vec::len);
    let is_admitted = call();
    HOLDS.with_borrow(|holds| {
        let mine: Vec<_> = (before..holds.len()).filter(|&hold| holds[hold].task == me).collect();
        // In the last one a place is given up, if there was one.
        let admitted = mine[mine.len().saturating_sub(2)];
        is_admitted.then_some(Admission { asked: mine[0], admitted, at: holds[admitted].at })
    })
}

const INTERLEAVINGS: usize = 10_000;
const INTERVAL: Duration = Duration::from_nanos(10);
const CALLERS: usize = 3;

/// What the limiters have in common.
trait Limit: Send + Sync {
    fn try_acquire(&self) -> bool;
    fn acquire(&self) -> Pin<Box<dyn Future<Output = ()> + '_>>;
}

struct Form<L, A> {
    limiter: L,
    try_acquire: fn(&L) -> bool,
    acquire: A,
}

impl<L: Send + Sync, A: AsyncFn(&L) + Send + Sync> Limit for Form<L, A> {
    fn try_acquire(&self) -> bool {
        (self.try_acquire)(&self.limiter)
    }

    fn acquire(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin((self.acquire)(&self.limiter))
    }
}

type New = fn(u32) -> Arc<dyn Limit>;

const FORMS: [New; 3] = [
    |burst| {
        use on_tokio::Limiter;
        let limiter = Limiter::new(NonZeroU32::MIN, INTERVAL, NonZeroU32::new(burst).unwrap());
        Arc::new(Form { limiter, try_acquire: Limiter::try_acquire, acquire: Limiter::acquire })
    },
    |burst| {
        use on_smol::Limiter;
        let limiter = Limiter::new(NonZeroU32::MIN, INTERVAL, NonZeroU32::new(burst).unwrap());
        Arc::new(Form { limiter, try_acquire: Limiter::try_acquire, acquire: Limiter::acquire })
    },
    |burst| {
        use on_async_std::Limiter;
        let limiter = Limiter::new(NonZeroU32::MIN, INTERVAL, NonZeroU32::new(burst).unwrap());
        Arc::new(Form { limiter, try_acquire: Limiter::try_acquire, acquire: Limiter::acquire })
    },
];

const ARTICLE: New = |burst| {
    use article::Limiter;
    let limiter = Limiter::new(NonZeroU32::MIN, INTERVAL, NonZeroU32::new(burst).unwrap());
    Arc::new(Form { limiter, try_acquire: |_| unreachable!("it has none"), acquire: Limiter::acquire })
};

/// What the callers find.
#[derive(Clone, Copy)]
struct Model {
    burst: u32,
    /// How much of it is gone when they come.
    used: u32,
}

/// Everybody waits.
const ALL_WAIT: Model = Model { burst: 1, used: 1 };

impl Model {
    /// Each calls once. A deadlock or a panic in one of the runs fails the test.
    fn search(self, call: impl Fn(&dyn Limit, usize) -> bool + Copy + Send + Sync + 'static) {
        for new in FORMS {
            let run = move || {
                reset();
                self.run(new, call);
            };
            shuttle::check_random(run, INTERLEAVINGS);
        }
    }

    fn run(self, new: New, call: impl Fn(&dyn Limit, usize) -> bool + Copy + Send + 'static) {
        let limiter = new(self.burst);
        let used = (0..self.used).map(|_| observe(|| acquire(&*limiter)).unwrap());
        let mut admissions: Vec<_> = used.collect();
        let callers = (0..CALLERS).map(|caller| {
            let limiter = Arc::clone(&limiter);
            shuttle::thread::spawn(move || observe(|| call(&*limiter, caller)))
        });
        let callers: Vec<_> = callers.collect();
        admissions.extend(callers.into_iter().filter_map(|caller| caller.join().unwrap()));
        admissions.sort_by_key(|admission| admission.admitted);
        self.check(&admissions);

        let last = admissions.last().unwrap().at;
        time::NOW.set(time::NOW.get().max(last + INTERVAL));
        let is_admitted = limiter.try_acquire();
        assert!(is_admitted, "who was not let through has used something up, or still waits: {admissions:?}");
    }

    fn check(self, admissions: &[Admission]) {
        assert!(time::MOST_TIMERS.get() <= 1, "one timer does");
        assert!(
            admissions.is_sorted_by_key(|admission| admission.asked),
            "one has overtaken: {admissions:?}"
        );
        for (beyond_burst, count) in (1..).zip(self.burst as usize + 1..=admissions.len()) {
            for window in admissions.windows(count) {
                let least = window[0].at + INTERVAL * beyond_burst;
                assert!(window[count - 1].at >= least, "more than may: {admissions:?}");
            }
        }
    }
}

fn acquire(limiter: &dyn Limit) -> bool {
    block_on(limiter.acquire());
    true
}

/// Polls now and then, whether it is woken or not, and gives up after so many polls if it `gives_up`.
fn acquire_polling(limiter: &dyn Limit, gives_up: bool) -> bool {
    let is_admitted = async {
        limiter.acquire().await;
        true
    };
    let polls = async {
        for _ in 0..thread_rng().gen_range(0..8) {
            yield_now().await;
        }
        if gives_up { false } else { pending().await }
    };
    block_on(or(is_admitted, polls))
}

#[test]
fn all_are_let_through_in_order_and_no_faster_than_may() {
    for burst in 1..=2 {
        Model { burst, used: burst }.search(|limiter, _| acquire(limiter));
    }
}

#[test]
fn after_a_pause_no_more_than_the_burst_come_at_once() {
    for call in [acquire, |limiter: &dyn Limit| limiter.try_acquire()] {
        Model { burst: 1, used: 0 }.search(move |limiter, caller| {
            if caller == 0 {
                return call(limiter);
            }
            block_on(time::pass(INTERVAL));
            acquire(limiter)
        });
    }
}

#[test]
fn who_gives_up_has_used_nothing_up_and_those_behind_move_up() {
    ALL_WAIT.search(|limiter, caller| acquire_polling(limiter, caller > 0));
}

#[test]
fn nobody_overtakes_by_trying() {
    ALL_WAIT.search(|limiter, caller| if caller == 0 { limiter.try_acquire() } else { acquire(limiter) });
}

/// Of those who need not wait the 64th yields, here the first of the three.
const ONE_YIELDS: Model = Model { burst: 65, used: 63 };

#[test]
fn one_that_yields_has_its_place_meanwhile() {
    ONE_YIELDS.search(|limiter, _| acquire(limiter));
    ONE_YIELDS.search(|limiter, caller| if caller == 0 { limiter.try_acquire() } else { acquire(limiter) });
    ONE_YIELDS.search(|limiter, caller| acquire_polling(limiter, caller > 0));
}

#[test]
fn who_is_polled_for_another_reason_waits_on() {
    ALL_WAIT.search(|limiter, _| acquire_polling(limiter, false));
}

#[test]
fn who_was_polled_elsewhere_before_is_woken() {
    ALL_WAIT.search(|limiter, _| {
        let mut call = limiter.acquire();
        if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            block_on(call);
        }
        true
    });
}

/// Calls the limiter when it is woken, and when it is dropped.
struct Caller(Arc<dyn Limit>);

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        self.0.try_acquire();
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.try_acquire();
    }
}

#[test]
fn no_waker_is_woken_or_dropped_while_the_lock_is_held() {
    let run = |new: New| {
        let limiter = new(1);
        assert!(limiter.try_acquire());
        let mut calls: Vec<_> = (0..CALLERS).map(|_| limiter.acquire()).collect();
        for call in [0, 1, 1, 2] {
            let waker = Waker::from(Arc::new(Caller(Arc::clone(&limiter))));
            assert!(calls[call].as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        for dropped in [2, 0] {
            drop(calls.remove(dropped));
        }
    };
    for new in FORMS {
        shuttle::check_random(move || run(new), 1);
    }
}

#[test]
fn the_article_lets_more_through_than_may() {
    for new in FORMS {
        assert_eq!(earliest(new), INTERVAL * 2);
    }
    assert!(earliest(ARTICLE) < INTERVAL * 2, "no interleaving lets through more than may");
}

/// What the clock says when all have been let through, in the fastest interleaving.
fn earliest(new: New) -> Duration {
    // Outside shuttle's sight.
    let earliest = Arc::new(real_std::sync::Mutex::new(Duration::MAX));
    let run = {
        let earliest = Arc::clone(&earliest);
        move || {
            reset();
            let limiter = new(1);
            let callers = [(); CALLERS].map(|()| {
                let limiter = Arc::clone(&limiter);
                shuttle::thread::spawn(move || acquire(&*limiter))
            });
            for caller in callers {
                caller.join().unwrap();
            }
            let mut earliest = earliest.lock().unwrap();
            *earliest = time::NOW.get().min(*earliest);
        }
    };
    shuttle::check_random(run, INTERLEAVINGS);
    *earliest.lock().unwrap()
}
