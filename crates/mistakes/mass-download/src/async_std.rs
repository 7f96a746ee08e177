//! A task for each download, and in it a connection of its own, with hyper on async-std, without a runtime of tokio.
//!
//! Expect what `smol` does: async-std stands on its crates. async-std is discontinued (RUSTSEC-2025-0052): this is
//! for those who still meet it, and `smol` is the way out.

use async_std::net::TcpStream;
use async_std::task;
use http_body_util::BodyExt;
use hyper::client::conn::http1::Builder;
use smol_hyper::rt::FuturesIo;

use super::page::{BUFFER_BYTES, Failure, Page};
use super::request::request;

/// Downloads all `urls` at once; returns what became of each, in their order.
pub fn run(urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    task::block_on(download(urls))
}

async fn download(urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let handles: Vec<_> = urls.into_iter().map(|url| task::spawn(async move { fetch(&url).await })).collect();
    let mut pages = Vec::with_capacity(handles.len());
    for handle in handles {
        pages.push(handle.await);
    }
    pages
}

async fn fetch(url: &str) -> Result<Page, Failure> {
    let (address, request) = request(url)?;
    let stream = TcpStream::connect(address).await?;
    let mut client = Builder::new();
    client.read_buf_exact_size(Some(BUFFER_BYTES));
    let (mut sender, connection) = client.handshake(FuturesIo::new(stream)).await?;
    // Right: a connection does its work in a task too, so neither of the two has a thread to itself.
    task::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, |piece| piece.len() as u64);
    }
    Ok(Page { status, bytes })
}
