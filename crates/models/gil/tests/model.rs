//! loom runs the unmodified lock under every interleaving of two threads, and under those of three that switch rarely.
//!
//! `extern crate self as std` gives it loom's threads and locks where it says `std`. loom has no clock, so a wait of 5 ms is over
//! here whenever another thread may run: first it times out, at a moment that loom chooses, and after that it has to be woken.

#![allow(unreachable_pub, reason = "the file is public where it lives")]
#![allow(clippy::unnecessary_wraps, reason = "std's can be poisoned")]

extern crate self as std;
pub use core::{marker, time};
pub use loom::thread;

use core::sync::atomic::AtomicU64;

use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use loom::thread::spawn;

#[path = "../src/gil.rs"]
mod gil;

use gil::{Gil, Observer};

/// loom's, with a lock that a wait can leave and come back to, and a wait that times out.
mod sync {
    use core::cell::Cell;
    use core::convert::Infallible;
    use core::ops::{Deref, DerefMut};
    use core::time::Duration;

    pub use loom::sync::atomic;

    #[derive(Debug, Default)]
    pub struct Mutex<T>(loom::sync::Mutex<T>);

    #[derive(Debug)]
    pub struct MutexGuard<'a, T> {
        mutex: &'a Mutex<T>,
        held: loom::sync::MutexGuard<'a, T>,
    }

    impl<T> Mutex<T> {
        pub fn lock(&self) -> Result<MutexGuard<'_, T>, Infallible> {
            Ok(MutexGuard { mutex: self, held: self.0.lock().unwrap() })
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.held
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.held
        }
    }

    loom::thread_local! {
        /// Whether this thread's waits time out no more.
        pub static IS_PATIENT: Cell<bool> = Cell::new(false);
    }

    loom::lazy_static! {
        /// Set once a thread waits again that has timed out.
        pub static ref HAS_REQUESTED: atomic::AtomicBool = atomic::AtomicBool::new(false);
    }

    pub struct WaitTimeoutResult(bool);

    impl WaitTimeoutResult {
        pub fn timed_out(&self) -> bool {
            self.0
        }
    }

    #[derive(Debug, Default)]
    pub struct Condvar(loom::sync::Condvar);

    impl Condvar {
        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> Result<MutexGuard<'a, T>, Infallible> {
            let MutexGuard { mutex, held } = guard;
            Ok(MutexGuard { mutex, held: self.0.wait(held).unwrap() })
        }

        pub fn wait_timeout<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _: Duration,
        ) -> Result<(MutexGuard<'a, T>, WaitTimeoutResult), Infallible> {
            if !IS_PATIENT.with(|is_patient| is_patient.replace(true)) {
                let mutex = guard.mutex;
                // While it is free, loom lets the other go on as far as it likes.
                drop(guard);
                return Ok((mutex.lock()?, WaitTimeoutResult(true)));
            }
            HAS_REQUESTED.store(true, atomic::Ordering::SeqCst);
            Ok((self.wait(guard)?, WaitTimeoutResult(false)))
        }
    }
}

/// Nothing is to be told.
impl Observer for () {
    fn asks(&mut self) {}
    fn runs(&mut self) {}
}

/// Is set when a thread asks.
struct Asking(Arc<AtomicBool>);

impl Observer for Asking {
    fn asks(&mut self) {
        self.0.store(true, SeqCst);
    }

    fn runs(&mut self) {}
}

/// Nobody else may be here meanwhile.
fn run_alone(is_inside: &AtomicBool) {
    assert!(!is_inside.swap(true, SeqCst), "two threads hold the lock");
    assert!(is_inside.swap(false, SeqCst));
}

/// Takes the lock so many times, and looks each time whether another wants it.
fn work(gil: &Gil, is_inside: &AtomicBool, times: usize) {
    for _ in 0..times {
        gil.take(&mut ());
        run_alone(is_inside);
        gil.check(&mut ());
        run_alone(is_inside);
        gil.give();
    }
}

/// A deadlock or a panic in one of all runs fails the test.
fn explore(preemptions: Option<usize>, model: fn()) {
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(model);
}

#[test]
fn one_thread_holds_it_at_a_time_and_none_is_left_waiting() {
    explore(None, || {
        let (gil, is_inside) = (Arc::new(Gil::default()), Arc::new(AtomicBool::new(false)));
        let other = spawn({
            let (gil, is_inside) = (Arc::clone(&gil), Arc::clone(&is_inside));
            move || work(&gil, &is_inside, 1)
        });
        work(&gil, &is_inside, 2);
        other.join().unwrap();
    });
}

#[test]
fn a_request_is_honoured_at_the_next_check() {
    // Outside the model, where loom does not reset it between the interleavings.
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    explore(None, || {
        let (gil, taken) = (Arc::new(Gil::default()), Arc::new(AtomicUsize::new(0)));
        gil.take(&mut ());
        let other = spawn({
            let (gil, taken) = (Arc::clone(&gil), Arc::clone(&taken));
            move || {
                gil.take(&mut ());
                taken.fetch_add(1, SeqCst);
                gil.give();
            }
        });
        let is_requested = sync::HAS_REQUESTED.load(SeqCst);
        gil.check(&mut ());
        REQUESTS.fetch_add(u64::from(is_requested), SeqCst);
        assert!(!is_requested || taken.load(SeqCst) == 1, "the other has asked, and was passed over");
        gil.give();
        other.join().unwrap();
    });
    assert!(REQUESTS.load(SeqCst) > 0, "nobody has ever asked");
}

#[test]
fn whoever_is_woken_and_finds_it_taken_again_requests_nothing_yet() {
    explore(None, || {
        let (gil, gave_way) = (Arc::new(Gil::default()), Arc::new(AtomicBool::new(false)));
        let patient = spawn({
            let gil = Arc::clone(&gil);
            move || {
                sync::IS_PATIENT.with(|is_patient| is_patient.set(true));
                gil.take(&mut ());
                gil.give();
            }
        });
        for _ in 0..2 {
            gil.take(&mut ());
            gil.check(&mut Asking(Arc::clone(&gave_way)));
            gil.give();
        }
        assert!(!gave_way.load(SeqCst), "nothing has timed out");
        patient.join().unwrap();
    });
}

#[test]
fn whoever_has_waited_for_another_requests_nothing_yet_of_the_next() {
    // Outside the model, likewise.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    explore(Some(3), || {
        let gil = Arc::new(Gil::default());
        let [asks, has_run, gave_way] = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
        let is_waited_for = Arc::new(AtomicBool::new(false));
        gil.take(&mut ());
        let waiting = spawn({
            let (gil, asks, has_run) = (Arc::clone(&gil), Arc::clone(&asks), Arc::clone(&has_run));
            move || {
                gil.take(&mut Asking(asks));
                has_run.store(true, SeqCst);
                gil.give();
            }
        });
        let next = spawn({
            let (gil, is_waited_for) = (Arc::clone(&gil), Arc::clone(&is_waited_for));
            move || {
                gil.take(&mut ());
                let is_next = is_waited_for.load(SeqCst) && !has_run.load(SeqCst);
                NEXT.fetch_add(u64::from(is_next), SeqCst);
                gil.check(&mut Asking(Arc::clone(&gave_way)));
                assert!(!is_next || !gave_way.load(SeqCst), "it has only begun");
                gil.give();
            }
        });
        is_waited_for.store(asks.load(SeqCst), SeqCst);
        gil.give();
        waiting.join().unwrap();
        next.join().unwrap();
    });
    assert!(NEXT.load(SeqCst) > 0, "nobody has waited for another");
}
