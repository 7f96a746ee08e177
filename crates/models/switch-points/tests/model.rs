//! loom runs the unmodified threaded files under every interleaving of two threads with one section each.
//!
//! `extern crate self as std` gives them loom's threads and locks where they say `std`; `log` is one that loom sees.

#![allow(unreachable_pub, reason = "the files are public where they live")]

extern crate self as std;
pub use loom::{sync, thread};
pub use switch_points::kernel;

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use loom::sync::Arc;
use switch_points::log::Switches;

#[path = "../src/threads.rs"]
mod threads;
#[path = "../src/threads_mutex.rs"]
mod threads_mutex;

/// As the crate's own, but on loom's lock: at each note another thread may go on.
mod log {
    use core::time::Duration;

    use loom::sync::Mutex;
    use switch_points::log::Entry;
    pub use switch_points::log::Event;

    #[derive(Debug)]
    pub struct Log(Mutex<Vec<Entry>>);

    impl Log {
        pub fn new() -> Self {
            Self(Mutex::new(Vec::new()))
        }

        pub fn note(&self, worker: usize, event: Event) {
            self.0.lock().unwrap().push(Entry { worker, event, at: Duration::ZERO });
        }

        pub fn entries(&self) -> Vec<Entry> {
            self.0.lock().unwrap().clone()
        }
    }
}

/// What two threads show that pass through one section each.
fn seen(pass: fn(&Arc<log::Log>, usize, usize, u64)) -> Switches {
    let log = Arc::new(log::Log::new());
    pass(&log, 2, 1, 1);
    Switches::seen_in(&log.entries())
}

#[test]
fn nobody_is_inside_with_another_that_holds_the_lock() {
    loom::model(|| {
        let expected = Switches { sections: 2, ..Switches::default() };
        assert_eq!(seen(threads_mutex::run), expected);
    });
}

#[test]
fn without_a_lock_another_can_be_inside_and_can_stay_away() {
    // Outside the model, where loom does not reset them between the interleavings.
    static LEAST: AtomicU64 = AtomicU64::new(u64::MAX);
    static MOST: AtomicU64 = AtomicU64::new(0);
    loom::model(|| {
        let seen = seen(threads::run);
        assert_eq!(seen.sections, 2);
        LEAST.fetch_min(seen.elsewhere, SeqCst);
        MOST.fetch_max(seen.elsewhere, SeqCst);
    });
    assert_eq!(LEAST.load(SeqCst), 0);
    assert_eq!(MOST.load(SeqCst), 2);
}
