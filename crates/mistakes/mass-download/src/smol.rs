//! A task for each download, and in it a connection of its own, with hyper on smol, without a runtime of tokio.
//!
//! Expect what `hyper` does on tokio. The executor is built in sight, because smol's global one has one thread.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::{self, available_parallelism};

use http_body_util::BodyExt;
use hyper::client::conn::http1::Builder;
use smol::channel::bounded;
use smol::net::TcpStream;
use smol::{Executor, block_on};
use smol_hyper::rt::FuturesIo;

use super::page::{BUFFER_BYTES, Failure, Page};
use super::request::request;

/// Downloads all `urls` at once; returns what became of each, in their order.
pub fn run(urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let executor = Arc::new(Executor::new());
    let (working, done) = bounded::<()>(1);
    thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| block_on(executor.run(done.recv())));
        }
        let pages = block_on(download(&executor, urls));
        // Tells the threads to end; a panic above does so too.
        drop(working);
        pages
    })
}

async fn download(executor: &Arc<Executor<'static>>, urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let handles: Vec<_> = urls
        .into_iter()
        .map(|url| {
            let within = Arc::clone(executor);
            executor.spawn(async move { fetch(&within, &url).await })
        })
        .collect();
    let mut pages = Vec::with_capacity(handles.len());
    for handle in handles {
        pages.push(handle.await);
    }
    pages
}

async fn fetch(executor: &Executor<'static>, url: &str) -> Result<Page, Failure> {
    let (address, request) = request(url)?;
    let stream = TcpStream::connect(address).await?;
    let mut client = Builder::new();
    client.read_buf_exact_size(Some(BUFFER_BYTES));
    let (mut sender, connection) = client.handshake(FuturesIo::new(stream)).await?;
    // Right: a connection does its work in a task too, so neither of the two has a thread to itself. Dropping its
    // handle would cancel it here, hence `detach`.
    executor.spawn(connection).detach();
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, |piece| piece.len() as u64);
    }
    Ok(Page { status, bytes })
}
