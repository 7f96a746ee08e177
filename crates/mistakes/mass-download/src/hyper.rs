//! A task for each download, and in it a connection of its own, with hyper alone.
//!
//! Expect all pages, for less than a client with a pool takes. Reach for it when one exchange a connection is all there
//! is to do; redirects, proxies, TLS and connections used twice are what `tokio`'s client is for.

use http_body_util::BodyExt;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::page::{BUFFER_BYTES, Failure, Page};
use super::request::request;

/// Downloads all `urls` at once; returns what became of each, in their order.
#[tokio::main]
pub async fn run(urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let handles: Vec<_> =
        urls.into_iter().map(|url| tokio::spawn(async move { fetch(&url).await })).collect();
    let mut pages = Vec::with_capacity(handles.len());
    for handle in handles {
        pages.push(handle.await.expect("a download panicked"));
    }
    pages
}

async fn fetch(url: &str) -> Result<Page, Failure> {
    let (address, request) = request(url)?;
    let stream = TcpStream::connect(address).await?;
    let mut client = Builder::new();
    client.read_buf_exact_size(Some(BUFFER_BYTES));
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await?;
    // Right: a connection does its work in a task too, so neither of the two has a thread to itself.
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, |piece| piece.len() as u64);
    }
    Ok(Page { status, bytes })
}
