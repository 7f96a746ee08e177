//! A thread for each download, with ureq and buffers of 4 KiB each way.
//!
//! Expect all pages, and what threads with a lean client cost. Reach for it when many downloads have to be on threads.

use std::io::{self, sink};
use std::thread;

use ureq::{Agent, Error};

use super::page::{BUFFER_BYTES, Failure, Page};

/// Downloads all `urls` at once; returns what became of each, in their order.
pub fn run(urls: Vec<String>) -> Vec<Result<Page, Failure>> {
    let client = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        // Right: as large as a head and a page of a kilobyte need.
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        .build()
        .new_agent();
    let handles: Vec<_> = urls
        .into_iter()
        .map(|url| {
            let client = client.clone();
            thread::spawn(move || fetch(&client, &url))
        })
        .collect();
    let mut pages = Vec::with_capacity(handles.len());
    for handle in handles {
        pages.push(handle.join().expect("a download panicked"));
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
