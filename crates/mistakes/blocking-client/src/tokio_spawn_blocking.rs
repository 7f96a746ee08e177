//! Each user is a task and hands its calls of ureq, which block, to tokio's pool for that; tasks and heart share one
//! thread.
//!
//! Expect all pages and a heart that is on time, at the price of a thread for each call under way, 512 at most: what
//! comes on top waits in a queue. Reach for it when the program is async and a client that blocks is all there is.

use std::io::{self, sink};
use std::sync::Arc;

use tokio::spawn;
use tokio::task::spawn_blocking;
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

async fn browse(client: Agent, urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let mut pages = Vec::new();
    for url in urls {
        // The pool's thread may outlive this task, so it has a handle of its own.
        let client = client.clone();
        // Right: the call blocks a thread of the pool, and the loop goes on; the task awaits what comes of it.
        pages.push(spawn_blocking(move || fetch(&client, &url)).await.expect("a call panicked"));
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
