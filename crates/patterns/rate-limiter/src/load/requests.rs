//! Requests of the origin, each made once its caller is let through: the origin counts what came of it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bounded_pool::clients::{FetchError, Time, ureq};
use origin::Origin;
use outcome::{Failure, Run, Work};

use super::limiters::Asked;
use super::runtime::Runtime;
use super::seen::Seen;

/// What comes of a request, if it is not what was asked for.
type Failures = Mutex<Vec<Failure>>;

const BYTES: u64 = 16;

pub(crate) fn of_threads(asked: Asked, acquire: impl Fn() + Sync) -> anyhow::Result<()> {
    let (origin, requests) = begin(asked)?;
    let (url, failed) = (url(&origin), Failures::default());
    let client = ureq::Client::new(connections(requests), time());
    let run = Run::start("rate-limiter", "threads")?;
    let seen = Seen::new();
    thread::scope(|scope| {
        for _ in 0..requests {
            scope.spawn(|| {
                let place = seen.ask();
                acquire();
                seen.let_in(place);
                check(client.fetch(&url), &failed);
            });
        }
    });
    report(run, asked, &seen, &failed)
}

pub(crate) fn of_tasks<F: Future<Output = ()> + Send + 'static>(
    asked: Asked,
    runtime: Runtime,
    acquire: impl Fn() -> F + Copy + Send + Sync + 'static,
) -> anyhow::Result<()> {
    let (origin, requests) = begin(asked)?;
    let (url, failed) = (url(&origin), Arc::new(Failures::default()));
    let run = Run::start("rate-limiter", asked.variant)?;
    let seen = Arc::new(Seen::new());
    let (shared, all) = (Arc::clone(&failed), Arc::clone(&seen));
    (runtime.run)(Box::pin(async move {
        let fetch = (runtime.client)(connections(requests), time());
        let mut callers = Vec::new();
        for _ in 0..requests {
            let (fetch, url) = (Arc::clone(&fetch), url.clone());
            let (failed, seen) = (Arc::clone(&shared), Arc::clone(&all));
            callers.push((runtime.spawn)(Box::pin(async move {
                let place = seen.ask();
                acquire().await;
                seen.let_in(place);
                check(fetch(url).await, &failed);
            })));
        }
        for caller in callers {
            caller.await;
        }
    }));
    report(run, asked, &seen, &failed)
}

fn begin(asked: Asked) -> anyhow::Result<(Origin, u64)> {
    let origin = asked.arguments.origin.start()?;
    Ok((origin, asked.arguments.requests.unwrap_or_default()))
}

fn url(origin: &Origin) -> String {
    format!("{}/bytes/{BYTES}", origin.url())
}

fn connections(requests: u64) -> NonZeroUsize {
    usize::try_from(requests)
        .ok()
        .and_then(NonZeroUsize::new)
        .unwrap_or(NonZeroUsize::MIN)
}

/// Long enough for any rate that is worth a demo.
fn time() -> Time {
    Time {
        each: Duration::from_secs(30),
        until: Instant::now() + Duration::from_secs(24 * 3_600),
    }
}

/// Is it the page that was asked for?
fn check(page: Result<Vec<u8>, FetchError>, failed: &Failures) {
    let failure = match page {
        Ok(page) if page == (0..BYTES).map(origin::byte).collect::<Vec<_>>() => return,
        Ok(page) => format!("another body, of {} bytes", page.len()).into(),
        Err(error) => error.into(),
    };
    failed
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(failure);
}

fn report(run: Run, asked: Asked, seen: &Seen, failed: &Failures) -> anyhow::Result<()> {
    let failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
    let expected = asked.arguments.requests.unwrap_or_default();
    let mut outcome = run.finish(Work {
        expected,
        done: expected - failed.len() as u64,
    });
    seen.tell(&mut outcome, &asked.arguments.rate());
    outcome.report_failures(&failed, "requests")
}
