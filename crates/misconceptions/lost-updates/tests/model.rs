//! loom runs the unmodified files under every interleaving of two threads with two additions each.
//!
//! `extern crate self as std` gives them loom's threads, locks and atomics where they say `std`.

#![allow(unreachable_pub, reason = "the files are public where they live")]

extern crate self as std;
pub use core::hint;
pub use loom::{sync, thread};

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

#[path = "../src/threads_atomic.rs"]
mod threads_atomic;
#[path = "../src/threads_local_sums.rs"]
mod threads_local_sums;
#[path = "../src/threads_mutex.rs"]
mod threads_mutex;
#[path = "../src/threads_unsynchronized.rs"]
mod threads_unsynchronized;

#[test]
fn threads_mutex_never_loses_an_update() {
    loom::model(|| assert_eq!(threads_mutex::run(2, 2), 4));
}

#[test]
fn threads_atomic_never_loses_an_update() {
    loom::model(|| assert_eq!(threads_atomic::run(2, 2), 4));
}

#[test]
fn threads_local_sums_never_loses_an_update() {
    loom::model(|| assert_eq!(threads_local_sums::run(2, 2), 4));
}

#[test]
fn threads_unsynchronized_can_lose_updates_and_can_be_lucky() {
    // Outside the model, where loom does not reset them between the interleavings.
    static LEAST: AtomicU64 = AtomicU64::new(u64::MAX);
    static MOST: AtomicU64 = AtomicU64::new(0);
    loom::model(|| {
        let counted = threads_unsynchronized::run(2, 2);
        LEAST.fetch_min(counted, SeqCst);
        MOST.fetch_max(counted, SeqCst);
    });
    assert_eq!(LEAST.load(SeqCst), 2);
    assert_eq!(MOST.load(SeqCst), 4);
}
