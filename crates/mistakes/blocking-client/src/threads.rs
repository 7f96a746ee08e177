//! Each user is a thread and calls ureq, which blocks; the heart is a thread too.
//!
//! Expect all pages and a heart that is on time, since the kernel switches between threads whatever they call. Reach
//! for it when the client at hand blocks and there are tens of calls at once, or hundreds.

use std::io::{self, sink};
use std::sync::Arc;
use std::thread::{sleep, spawn};
use std::time::Instant;

use ureq::{Agent, Error};

use super::Heartbeat;
use super::page::{BUFFER_BYTES, Failure, Page};

/// Lets each user fetch its share of URLs one after the other, all users at once, and the heart beat beside them;
/// returns what became of each URL, user by user.
pub fn run(shares: Vec<Vec<String>>, heartbeat: &Arc<Heartbeat>) -> Vec<Result<Page, Failure>> {
    let client = new_client(shares.len());
    let heart = spawn({
        let heartbeat = Arc::clone(heartbeat);
        move || beat(&heartbeat)
    });
    let handles: Vec<_> = shares
        .into_iter()
        .map(|urls| {
            let client = client.clone();
            spawn(move || browse(&client, urls))
        })
        .collect();
    let mut pages = Vec::new();
    for handle in handles {
        pages.extend(handle.join().expect("a user panicked"));
    }
    heartbeat.stop();
    heart.join().expect("the heart panicked");
    pages
}

fn beat(heartbeat: &Heartbeat) {
    while let Some(due) = heartbeat.next() {
        sleep(due.saturating_duration_since(Instant::now()));
        heartbeat.beat();
    }
}

fn browse(client: &Agent, urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let mut pages = Vec::new();
    for url in urls {
        // Right: the call blocks the thread that makes it, and that is this user's own.
        pages.push(fetch(client, &url));
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
