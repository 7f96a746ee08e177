//! How many calls are under way at once: no more than a pool has threads, and as many as there are without one.
//!
//! The only test of its file: smol and async-std share their pool with whoever else is in the process.

mod common;

use std::sync::Arc;
use std::time::Duration;

use blocking_client::page::{Failure, Page};
use blocking_client::{
    Heartbeat, async_std, async_std_spawn_blocking, smol, smol_unblock, threads, tokio, tokio_spawn_blocking,
};
use common::counts;
use origin::Origin;

type Browse = fn(Vec<Vec<String>>, &Arc<Heartbeat>) -> Vec<Result<Page, Failure>>;

/// Each with the most of its calls that are under way at once.
const VARIANTS: [(&str, Browse, u64); 7] = [
    ("threads", threads::run, USERS),
    ("tokio", tokio::run, USERS),
    ("tokio_spawn_blocking", tokio_spawn_blocking::run, 512),
    ("smol", smol::run, USERS),
    ("smol_unblock", smol_unblock::run, 500),
    ("async_std", async_std::run, USERS),
    ("async_std_spawn_blocking", async_std_spawn_blocking::run, 500),
];

const USERS: u64 = 600;

#[test]
fn past_its_size_a_pool_lets_calls_wait() {
    for (name, browse, most) in VARIANTS {
        let origin = Origin::in_thread().unwrap();
        // None is answered before so many are under way, so none is over by then; and then not at once, so that one
        // more would be seen beside them.
        let url = format!("{}/bytes/1?together={most}&delay_ms=500", origin.url());
        let heartbeat = Arc::new(Heartbeat::every(Duration::from_millis(2)));
        let pages = browse(vec![vec![url]; usize::try_from(USERS).unwrap()], &heartbeat);
        assert!(pages.iter().all(Result::is_ok), "{name}");
        let counts = counts(&origin);
        assert_eq!((counts.requests, counts.peak_in_flight), (USERS, most), "{name}");
    }
}
