//! Each pipeline with the client and the heartbeat that suit it.

#![allow(clippy::unnecessary_wraps, reason = "they are all of one type")]

use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, park_timeout};
use std::time::Instant;

use bounded_pool::clients::{self, FetchError};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::runtime::Builder;

use super::work::{self, Asked, Fetch, Item, Page, Tally, compute};

pub(crate) static WORK: hybrid_pipeline::tokio_processes::Work<Page, u32, String> =
    hybrid_pipeline::tokio_processes::Work("compute", compute);

pub(crate) fn threads(asked: &Asked) -> anyhow::Result<Tally> {
    let client = clients::ureq::Client::new(asked.fetches, work::time());
    let fetch = move |item: Item| {
        let body = item
            .url
            .map_or_else(|| Ok(work::body()), |url| client.fetch(&url));
        body.map(|body| Page {
            body,
            steps: item.steps,
        })
        .map_err(|error| error.to_string())
    };
    let heartbeat = asked.heartbeat();
    let beats = thread::spawn({
        let heartbeat = Arc::clone(&heartbeat);
        move || {
            while let Some(due) = heartbeat.next() {
                park_timeout(due.saturating_duration_since(Instant::now()));
                heartbeat.beat();
            }
        }
    });
    let mut tally = Tally::default();
    hybrid_pipeline::threads::pipeline(asked.inputs(), asked.fetches, asked.jobs, fetch, compute)
        .for_each(|(_, result)| tally.add(result));
    heartbeat.stop();
    beats.thread().unpark();
    beats.join().expect("the heartbeat does not panic");
    Ok(tally.with(&heartbeat))
}

pub(crate) fn tokio_rayon(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    on_tokio(asked, |fetch| {
        hybrid_pipeline::tokio_rayon::pipeline(asked.inputs(), fetches, jobs, fetch, compute)
    })
}

pub(crate) fn tokio_spawn_blocking(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    on_tokio(asked, |fetch| {
        hybrid_pipeline::tokio_spawn_blocking::pipeline(
            asked.inputs(),
            fetches,
            jobs,
            fetch,
            compute,
        )
    })
}

pub(crate) fn tokio_processes(asked: &Asked) -> anyhow::Result<Tally> {
    let pool = Arc::new(hybrid_pipeline::tokio_processes::Pool::new(
        &WORK, asked.jobs,
    ));
    on_tokio(asked, |fetch| {
        hybrid_pipeline::tokio_processes::pipeline(asked.inputs(), asked.fetches, pool, fetch)
    })
}

pub(crate) fn procspawn(asked: &Asked) -> anyhow::Result<Tally> {
    let pool = Arc::new(::procspawn::Pool::new(asked.jobs.get())?);
    on_tokio(asked, |fetch| {
        hybrid_pipeline::procspawn::pipeline(asked.inputs(), asked.fetches, &pool, fetch, compute)
    })
}

pub(crate) fn inline(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    on_tokio(asked, |fetch| {
        hybrid_pipeline::inline::pipeline(asked.inputs(), fetches, jobs, fetch, compute)
    })
}

pub(crate) fn pool_per_call(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    on_tokio(asked, |fetch| {
        hybrid_pipeline::pool_per_call::pipeline(asked.inputs(), fetches, jobs, fetch, compute)
    })
}

/// On one thread, which is the loop: what keeps it busy stops the heartbeat.
fn on_tokio<S: Stream<Item = (usize, Result<u32, impl Display>)>>(
    asked: &Asked,
    pipeline: impl FnOnce(Fetch) -> S,
) -> anyhow::Result<Tally> {
    let heartbeat = asked.heartbeat();
    Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let beats = tokio::spawn({
                let heartbeat = Arc::clone(&heartbeat);
                async move {
                    while let Some(due) = heartbeat.next() {
                        tokio::time::sleep_until(due.into()).await;
                        heartbeat.beat();
                    }
                }
            });
            let client = Arc::new(clients::reqwest::Client::new(asked.fetches, work::time()));
            let fetch: Fetch = Box::new(move |item| {
                let client = Arc::clone(&client);
                async move { page(&item, async |url| client.fetch(url).await).await }.boxed()
            });
            let tally = collect(pipeline(fetch)).await;
            heartbeat.stop();
            beats.await.expect("the heartbeat does not panic");
            Ok(tally.with(&heartbeat))
        })
}

/// On smol's global executor, which has one thread.
pub(crate) fn smol_unblock(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    let heartbeat = asked.heartbeat();
    let beats = smol::spawn({
        let heartbeat = Arc::clone(&heartbeat);
        async move {
            while let Some(due) = heartbeat.next() {
                smol::Timer::at(due).await;
                heartbeat.beat();
            }
        }
    });
    let client = Arc::new(clients::smol::Client::new(fetches, work::time()));
    let fetch: Fetch = Box::new(move |item| {
        let client = Arc::clone(&client);
        async move { page(&item, async |url| client.fetch(url).await).await }.boxed()
    });
    let pages =
        hybrid_pipeline::smol_unblock::pipeline(asked.inputs(), fetches, jobs, fetch, compute);
    let tally = smol::block_on(smol::spawn(async { collect(pages).await }));
    heartbeat.stop();
    smol::block_on(beats);
    Ok(tally.with(&heartbeat))
}

async fn collect(results: impl Stream<Item = (usize, Result<u32, impl Display>)>) -> Tally {
    let (mut tally, mut results) = (Tally::default(), pin!(results));
    while let Some((_, result)) = results.next().await {
        tally.add(result);
    }
    tally
}

async fn page(
    item: &Item,
    fetch: impl AsyncFnOnce(&str) -> Result<Vec<u8>, FetchError>,
) -> Result<Page, String> {
    let body = match &item.url {
        Some(url) => fetch(url).await.map_err(|error| error.to_string())?,
        None => work::body(),
    };
    Ok(Page {
        body,
        steps: item.steps,
    })
}
