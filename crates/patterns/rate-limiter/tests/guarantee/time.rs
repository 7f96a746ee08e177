//! The time that the forms are given: it stands still until a test lets it pass, and then the timers wake those who have set them.

use core::cell::RefCell;
use core::future::poll_fn;
use core::mem::replace;
use core::ops::Sub;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
pub use core::time::Duration;
use real_std::collections::BTreeMap;

real_std::thread_local! {
    /// Each test's own.
    pub static CLOCK: RefCell<Clock> = RefCell::default();
}

#[derive(Default)]
pub struct Clock {
    now: Duration,
    /// When each timer fires that is set, by its number; and whom it wakes.
    timers: BTreeMap<usize, (Duration, Waker)>,
    pub timers_set: usize,
    /// How late they fire, one after the other, over and over again.
    lateness: Vec<Duration>,
    pub timers_fired: usize,
    pub most_timers: usize,
    pub wake_ups: usize,
}

/// Begins anew, with timers that are so late one after the other, over and over again.
pub fn begin(lateness: Vec<Duration>) {
    CLOCK.set(Clock {
        lateness,
        ..Clock::default()
    });
}

/// Lets so much time pass, or less: a timer that fires ends it.
pub fn pass(time: Duration) {
    let waker = CLOCK.with_borrow_mut(|clock| {
        let then = clock.now + time;
        let next = clock
            .timers
            .iter()
            .map(|(number, (at, _))| (*at, *number))
            .min();
        let fires = next.filter(|(at, _)| *at <= then);
        clock.now = fires.map_or(then, |(at, _)| at);
        clock.timers_fired += usize::from(fires.is_some());
        clock.timers.remove(&fires?.1).map(|(_, waker)| waker)
    });
    waker.into_iter().for_each(Waker::wake);
}

#[derive(Clone, Copy, Debug)]
pub struct Instant(Duration);

impl Instant {
    pub fn now() -> Self {
        Self(CLOCK.with_borrow(|clock| clock.now))
    }

    pub fn elapsed(&self) -> Duration {
        Self::now() - *self
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// The number of one that is set until it has fired, or is dropped.
pub struct Timer(usize);

/// As the runtimes do it: woken at once, and polled when the others were.
pub async fn yield_now() {
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

pub fn sleep(wait: Duration) -> Timer {
    Timer::after(wait)
}

impl Timer {
    pub fn after(wait: Duration) -> Self {
        CLOCK.with_borrow_mut(|clock| {
            let number = clock.timers_set;
            let fires = clock.now + wait + clock.lateness[number % clock.lateness.len()];
            clock.timers.insert(number, (fires, Waker::noop().clone()));
            clock.timers_set += 1;
            clock.most_timers = clock.most_timers.max(clock.timers.len());
            Self(number)
        })
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        CLOCK.with_borrow_mut(|clock| {
            let Some((_, waker)) = clock.timers.get_mut(&self.0) else {
                return Poll::Ready(());
            };
            waker.clone_from(context.waker());
            Poll::Pending
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        CLOCK.with_borrow_mut(|clock| clock.timers.remove(&self.0));
    }
}
