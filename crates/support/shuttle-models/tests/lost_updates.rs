//! shuttle searches the interleavings of two tasks with two additions each, at random.
//!
//! `extern crate self as std` gives the unmodified files shuttle's atomics where they say `std`.

#![allow(unreachable_pub, reason = "the files are public where they live")]

extern crate self as std;
pub use shuttle::sync;

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

#[path = "../../../misconceptions/lost-updates/src/tokio_await_inside.rs"]
mod tokio_await_inside;
#[path = "../../../misconceptions/lost-updates/src/tokio_multi_thread.rs"]
mod tokio_multi_thread;
#[path = "../../../misconceptions/lost-updates/src/tokio_multi_thread_mutex.rs"]
mod tokio_multi_thread_mutex;
#[path = "../../../misconceptions/lost-updates/src/tokio_mutex.rs"]
mod tokio_mutex;

const INTERLEAVINGS: usize = 1_000;

#[test]
fn tokio_mutex_loses_no_update() {
    shuttle::check_random(|| assert_eq!(tokio_mutex::run(2, 2), 4), INTERLEAVINGS);
}

#[test]
fn tokio_multi_thread_mutex_loses_no_update() {
    shuttle::check_random(|| assert_eq!(tokio_multi_thread_mutex::run(2, 2), 4), INTERLEAVINGS);
}

#[test]
fn tokio_await_inside_can_lose_updates_and_can_be_lucky() {
    assert_loses_in_some_interleaving(tokio_await_inside::run);
}

#[test]
fn tokio_multi_thread_can_lose_updates_and_can_be_lucky() {
    assert_loses_in_some_interleaving(tokio_multi_thread::run);
}

fn assert_loses_in_some_interleaving(run: fn(u64, u64) -> u64) {
    // Outside shuttle's sight; each call leaks its two numbers, and there are two calls.
    let least: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(u64::MAX)));
    let most: &'static AtomicU64 = Box::leak(Box::default());
    let check = move || {
        let counted = run(2, 2);
        least.fetch_min(counted, SeqCst);
        most.fetch_max(counted, SeqCst);
    };
    shuttle::check_random(check, INTERLEAVINGS);
    assert!(least.load(SeqCst) < 4, "no interleaving lost an update");
    assert_eq!(most.load(SeqCst), 4, "no interleaving was lucky");
}
