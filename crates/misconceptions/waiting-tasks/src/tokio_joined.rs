//! One tokio task for all of them, which joins as many timers; all of them wait at once.
//!
//! Expect half of what a task each takes: a timer, and its place in the list of those that are joined. Reach for it when
//! the whole is started, awaited and cancelled as one; nothing in it runs on a second core.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::runtime::Runtime;
use tokio::time::sleep;

use super::gauge;

/// Lets one task wait `tasks` times at once, for `time` each; returns how often it did.
pub fn run(tasks: u64, time: Duration) -> u64 {
    let runtime = Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        // Right: what waits in the end is a timer, and one task can hold any number of them.
        let ended = join_all((0..tasks).map(|_| wait(time))).await;
        ended.len() as u64
    })
}

/// Not an async fn: that would keep `time` in every one of them. A timer runs from when it is made.
fn wait(time: Duration) -> impl Future<Output = ()> {
    gauge::arrive();
    sleep(time).map(|()| gauge::leave())
}
