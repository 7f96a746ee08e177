//! shuttle searches the interleavings of two tasks with one section each, at random.
//!
//! The log is the crate's own, of which shuttle knows nothing: so it switches tasks where a runtime of one thread does, when
//! one awaits.

#![allow(unreachable_pub, reason = "the files are public where they live")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use switch_points::log::{Log, Switches};
use switch_points::{kernel, log};

// A module named tokio would hide the crate from the files.
#[path = "../../../models/switch-points/src/tokio.rs"]
mod on_tokio;
#[path = "../../../models/switch-points/src/tokio_await_inside.rs"]
mod tokio_await_inside;
#[path = "../../../models/switch-points/src/tokio_mutex.rs"]
mod tokio_mutex;
#[path = "../../../models/switch-points/src/tokio_yield_inside.rs"]
mod tokio_yield_inside;

const INTERLEAVINGS: usize = 1_000;

/// What two tasks show that pass through one section each.
fn seen(pass: fn(&Arc<Log>, usize, usize, u64)) -> Switches {
    let log = Arc::new(Log::with_room_for(8));
    pass(&log, 2, 1, 1);
    Switches::seen_in(&log.entries())
}

#[test]
fn nobody_is_inside_with_another_where_nothing_awaits() {
    let expected = Switches { sections: 2, ..Switches::default() };
    shuttle::check_random(move || assert_eq!(seen(on_tokio::run), expected), INTERLEAVINGS);
}

#[test]
fn nobody_is_inside_with_another_that_holds_the_lock() {
    let expected = Switches { sections: 2, awaits: 2, ..Switches::default() };
    shuttle::check_random(move || assert_eq!(seen(tokio_mutex::run), expected), INTERLEAVINGS);
}

#[test]
fn another_can_be_inside_at_an_await_and_can_stay_away() {
    for pass in [tokio_await_inside::run, tokio_yield_inside::run] {
        // Outside shuttle's sight.
        let (least, most) = (Arc::new(AtomicU64::new(u64::MAX)), Arc::new(AtomicU64::new(0)));
        let check = {
            let (least, most) = (Arc::clone(&least), Arc::clone(&most));
            move || {
                let seen = seen(pass);
                assert_eq!((seen.sections, seen.awaits, seen.elsewhere), (2, 2, 0));
                least.fetch_min(seen.at_awaits, SeqCst);
                most.fetch_max(seen.at_awaits, SeqCst);
            }
        };
        shuttle::check_random(check, INTERLEAVINGS);
        assert_eq!(least.load(SeqCst), 0, "no interleaving was lucky");
        assert!(most.load(SeqCst) > 0, "no interleaving had another inside");
    }
}
