//! Each user is a task and calls ureq, which blocks, inline; tasks and heart share one thread: the mistake.
//!
//! Expect all pages one after the other, and a heart that stands still meanwhile. Nothing warns but clippy's
//! pedantic `unused_async`, and that only of a function that awaits nothing at all. See `tokio` and
//! `tokio_spawn_blocking` for the ways out.

use std::io::{self, sink};
use std::sync::Arc;

use tokio::spawn;
use tokio::time::sleep_until;
use ureq::{Agent, Error};

use super::Heartbeat;
use super::page::{BUFFER_BYTES, Failure, Page};

/// Lets each user fetch its share of URLs one after the other, all users at once, and the heart beat beside them;
/// returns what became of each URL, user by user.
#[tokio::main(flavor = "current_thread")]
pub async fn run(shares: Vec<Vec<String>>, heartbeat: &Arc<Heartbeat>) -> Vec<Result<Page, Failure>> {
    let client = new_client(shares.len());
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

#[expect(clippy::unused_async, reason = "that it awaits nothing is the mistake")]
async fn browse(client: Agent, urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let mut pages = Vec::new();
    for url in urls {
        // Wrong: the call blocks the thread that runs the loop, and with it the heart and every other user.
        pages.push(fetch(&client, &url));
    }
    pages
}

fn fetch(client: &Agent, url: &str) -> Result<Page, Failure> {
    // As an `io::Error`, since ureq's own has no `source` that would tell the system's.
    let response = client.get(url).call().map_err(Error::into_io)?;
    let status = response.status().as_u16();
    let bytes = io::copy(&mut response.into_body().into_reader(), &mut sink())?;
    Ok(Page { status, bytes })
}

/// One that keeps a connection for each who uses it; ureq by itself keeps three.
fn new_client(users: usize) -> Agent {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .max_idle_connections(users)
        .max_idle_connections_per_host(users)
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        .build()
        .new_agent()
}
