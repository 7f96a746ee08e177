//! Each user is a task and calls reqwest, which is async, through one client for all; tasks and heart share one thread.
//!
//! Expect all pages, a heart that is on time, and no more connections than are wanted at once. Reach for it first when
//! the program is async.

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
    // One for all: a clone is another handle on the same client and its connections.
    let client = new_client();
    let heart = spawn(beat(Arc::clone(heartbeat)));
    let handles: Vec<_> = shares.into_iter().map(|urls| spawn(browse(client.clone(), urls))).collect();
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

async fn browse(client: Client, urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let mut pages = Vec::new();
    for url in urls {
        // Right: the call waits in an await, and the loop goes on with the others meanwhile.
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
