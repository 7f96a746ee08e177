//! Each user is a task and hands its calls of ureq, which block, to async-std's pool for that; tasks and heart share
//! one thread.
//!
//! Expect what `smol_unblock` does, since the pool is the same, and its price: a thread for each call under way,
//! 500 at most. async-std is discontinued (RUSTSEC-2025-0052): this is for those who still meet it, and
//! `smol_unblock` is the way out.

use std::io::{self, sink};
use std::sync::Arc;
use std::time::Instant;

use async_std::task::{block_on, sleep, spawn_blocking, spawn_local};
use ureq::{Agent, Error};

use super::Heartbeat;
use super::page::{BUFFER_BYTES, Failure, Page};

/// Lets each user fetch its share of URLs one after the other, all users at once, and the heart beat beside them;
/// returns what became of each URL, user by user.
pub fn run(shares: Vec<Vec<String>>, heartbeat: &Arc<Heartbeat>) -> Vec<Result<Page, Failure>> {
    block_on(async {
        let client = new_client(shares.len());
        let heart = spawn_local(beat(Arc::clone(heartbeat)));
        let handles: Vec<_> =
            shares.into_iter().map(|urls| spawn_local(browse(client.clone(), urls))).collect();
        let mut pages = Vec::new();
        for handle in handles {
            pages.extend(handle.await);
        }
        heartbeat.stop();
        heart.await;
        pages
    })
}

async fn beat(heartbeat: Arc<Heartbeat>) {
    while let Some(due) = heartbeat.next() {
        sleep(due.saturating_duration_since(Instant::now())).await;
        heartbeat.beat();
    }
}

async fn browse(client: Agent, urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let mut pages = Vec::new();
    for url in urls {
        // The pool's thread may outlive this task, so it has a handle of its own.
        let client = client.clone();
        // Right: the call blocks a thread of the pool, and the loop goes on; the task awaits what comes of it.
        pages.push(spawn_blocking(move || fetch(&client, &url)).await);
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
