//! What the demo asks of each runtime, so that all callers do the same on each.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bounded_pool::clients::{self, FetchError, Time, runtimes};

pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A URL in, its page out.
pub(crate) type Fetch = Arc<dyn Fn(String) -> Boxed<Result<Vec<u8>, FetchError>> + Send + Sync>;

#[derive(Clone, Copy)]
pub(crate) struct Runtime {
    /// Does something as a task, and waits for it.
    pub(crate) run: fn(Boxed<()>),
    /// Begins a task, and hands out what ends with it.
    pub(crate) spawn: fn(Boxed<()>) -> Boxed<()>,
    /// Drops it if it takes longer; whether it came to its end.
    pub(crate) within: fn(Duration, Boxed<()>) -> Boxed<bool>,
    /// The client that suits it, with so many connections.
    pub(crate) client: fn(NonZeroUsize, Time) -> Fetch,
}

pub(crate) const TOKIO: Runtime = Runtime {
    run: runtimes::tokio,
    spawn: |task| {
        let handle = tokio::spawn(task);
        Box::pin(async { handle.await.expect("a caller does not panic") })
    },
    within: |patience, task| {
        Box::pin(async move { tokio::time::timeout(patience, task).await.is_ok() })
    },
    client: |limit, time| {
        let client = Arc::new(clients::reqwest::Client::new(limit, time));
        Arc::new(move |url| {
            let client = Arc::clone(&client);
            Box::pin(async move { client.fetch(&url).await })
        })
    },
};

pub(crate) const SMOL: Runtime = Runtime {
    run: runtimes::smol,
    spawn: |task| Box::pin(smol::spawn(task)),
    within: |patience, task| {
        let all = async { true };
        Box::pin(smol::future::or(
            async { (task.await, all.await).1 },
            async move {
                smol::Timer::after(patience).await;
                false
            },
        ))
    },
    client: |limit, time| {
        let client = Arc::new(clients::smol::Client::new(limit, time));
        Arc::new(move |url| {
            let client = Arc::clone(&client);
            Box::pin(async move { client.fetch(&url).await })
        })
    },
};

pub(crate) const ASYNC_STD: Runtime = Runtime {
    run: runtimes::async_std,
    spawn: |task| Box::pin(async_std::task::spawn(task)),
    within: |patience, task| {
        Box::pin(async move { async_std::future::timeout(patience, task).await.is_ok() })
    },
    client: |limit, time| {
        let client = Arc::new(clients::async_std::Client::new(limit, time));
        Arc::new(move |url| {
            let client = Arc::clone(&client);
            Box::pin(async move { client.fetch(&url).await })
        })
    },
};
