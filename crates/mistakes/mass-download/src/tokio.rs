//! A task for each download, with reqwest, on as many threads as there are cores.
//!
//! Expect all pages, for some tens of kilobytes a download. Reach for it first when there are many downloads.

use reqwest::Client;
use reqwest::redirect::Policy;

use super::page::{Failure, Page};

/// Those that are kept for the next request; as many as ureq keeps.
const IDLE_CONNECTIONS: usize = 3;

/// Downloads all `urls` at once; returns what became of each, in their order.
#[tokio::main]
pub async fn run(urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let client = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .build()
        .expect("a client of these settings can be built");
    let handles: Vec<_> = urls
        .into_iter()
        .map(|url| {
            let client = client.clone();
            // Right: a task holds its future and its buffers, and gives its thread to the others meanwhile.
            tokio::spawn(async move { fetch(&client, &url).await })
        })
        .collect();
    let mut pages = Vec::with_capacity(handles.len());
    for handle in handles {
        pages.push(handle.await.expect("a download panicked"));
    }
    pages
}

async fn fetch(client: &Client, url: &str) -> Result<Page, Failure> {
    let mut response = client.get(url).send().await?;
    let status = response.status().as_u16();
    let mut bytes = 0;
    while let Some(piece) = response.chunk().await? {
        bytes += piece.len() as u64;
    }
    Ok(Page { status, bytes })
}
