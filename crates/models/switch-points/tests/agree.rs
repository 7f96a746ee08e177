//! Every variant passes through all sections; where others can be inside meanwhile, and where they cannot, is certain for all but
//! those that have several threads and no lock.

use std::sync::Arc;

use switch_points::log::{Log, Switches};
use switch_points::{
    async_std, async_std_await_inside, smol, smol_await_inside, threads, threads_mutex, tokio,
    tokio_await_inside, tokio_multi_thread, tokio_mutex, tokio_yield_inside,
};

type Pass = fn(&Arc<Log>, usize, usize, u64);

const WORKERS: usize = 4;
const SECTIONS: usize = 5;
const ALL: u64 = 20;
const RUNS: usize = 20;

/// What was seen in each of twenty runs; in all of them every section came to its end.
fn seen(pass: Pass) -> Vec<Switches> {
    let once = |_| {
        let log = Arc::new(Log::with_room_for(4 * WORKERS * SECTIONS));
        pass(&log, WORKERS, SECTIONS, 10_000);
        let seen = Switches::seen_in(&log.entries());
        assert_eq!(seen.sections, ALL);
        seen
    };
    (0..RUNS).map(once).collect()
}

#[test]
fn nobody_is_inside_with_another_on_one_thread_without_an_await() {
    for (name, pass) in [("tokio", tokio::run as Pass), ("smol", smol::run), ("async_std", async_std::run)] {
        for seen in seen(pass) {
            assert_eq!((seen.awaits, seen.at_awaits, seen.elsewhere), (0, 0, 0), "{name}");
        }
    }
}

#[test]
fn nobody_is_inside_with_another_that_holds_the_lock() {
    for seen in seen(threads_mutex::run) {
        assert_eq!((seen.awaits, seen.elsewhere), (0, 0));
    }
    for seen in seen(tokio_mutex::run) {
        assert_eq!((seen.awaits, seen.at_awaits, seen.elsewhere), (ALL, 0, 0));
    }
}

#[test]
fn others_are_inside_at_each_await_and_nowhere_else() {
    let inside = [
        ("tokio", tokio_await_inside::run as Pass),
        ("smol", smol_await_inside::run),
        ("async_std", async_std_await_inside::run),
    ];
    for (name, pass) in inside {
        for seen in seen(pass) {
            assert_eq!((seen.awaits, seen.at_awaits, seen.elsewhere), (ALL, ALL, 0), "{name}");
        }
    }
}

#[test]
fn by_the_yield_of_tokio_the_last_to_yield_goes_on_first_and_all_else_is_the_same() {
    for seen in seen(tokio_yield_inside::run) {
        let alone = SECTIONS as u64;
        assert_eq!((seen.awaits, seen.at_awaits, seen.elsewhere), (ALL, ALL - alone, 0));
    }
}

#[test]
fn with_several_threads_and_no_lock_every_section_comes_to_its_end_all_the_same() {
    seen(threads::run);
    seen(tokio_multi_thread::run);
}
