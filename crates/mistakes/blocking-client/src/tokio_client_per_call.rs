//! Each user is a task and calls reqwest, which is async, through a new client for each call; tasks and heart share one
//! thread: the mistake in the mend.
//!
//! Expect all pages and a heart that is on time, but a connection for each request, and whatever else a client sets up
//! (with TLS: the handshake, and the certificates read once more). Reach for `tokio`, which makes one.

use std::sync::Arc;

use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::spawn;
use tokio::time::sleep_until;

use super::Heartbeat;
use super::page::{Failure, Page};

/// Lets each user fetch its share of URLs one after the other, all users at once, and the heart beat beside them;
/// returns what became of each URL, user by user.
#[tokio::main(flavor = "current_thread")]
pub async fn run(shares: Vec<Vec<String>>, heartbeat: &Arc<Heartbeat>) -> Vec<Result<Page, Failure>> {
    let heart = spawn(beat(Arc::clone(heartbeat)));
    let handles: Vec<_> = shares.into_iter().map(|urls| spawn(browse(urls))).collect();
    let mut pages = Vec::new();
    for handle in handles {
        pages.extend(handle.await.expect("a user panicked"));
    }
    heartbeat.stop();
    heart.await.expect("the heart panicked");
    pages
}

async fn beat(heartbeat: Arc<Heartbeat>) {
    while let Some(due) = heartbeat.next() {
        sleep_until(due.into()).await;
        heartbeat.beat();
    }
}

async fn browse(urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let mut pages = Vec::new();
    for url in urls {
        // Wrong: a client keeps its connections to itself, and takes them with it when it goes.
        let client = new_client();
        pages.push(fetch(&client, &url).await);
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

/// One that follows no redirects and uses no proxy, like ureq's here; it keeps every connection by itself.
fn new_client() -> Client {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .build()
        .expect("a client of these settings can be built")
}
