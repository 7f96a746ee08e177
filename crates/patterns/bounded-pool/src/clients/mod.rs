//! The patterns at work: each variant fetches pages with the client that suits it.
//!
//! All clients keep as many connections as may be in use at once, send at once what they have, read 4 KiB at once where they can be
//! told, use no proxy, read each body to its end, that of an error too, and follow a few redirects. They differ in the heads they send, and in that
//! reqwest asks again where a kept connection turns out to be closed, and hyper alone does not.

pub mod async_std;
mod error;
mod hyper;
pub mod reqwest;
pub mod runtimes;
pub mod smol;
mod tokio;
pub mod ureq;
mod ureq_parts;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::hyper::HeaderMap;
use ::hyper::header::CONTENT_TYPE;

pub use error::FetchError;

/// URLs in, what became of each out, in their order.
pub type Download = fn(Vec<String>, NonZeroUsize, Time) -> Vec<Result<Vec<u8>, FetchError>>;

/// How many redirects are followed.
pub const MOST_REDIRECTS: u8 = 5;

/// How much a client reads at once, where it can be told: a page of the memory, with room for a head and a body of a kilobyte.
const BUFFER_BYTES: usize = 4 * 1024;

/// How long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// For each page, from its first redirect to the end of its body.
    pub each: Duration,
    /// When all have to be there.
    pub until: Instant,
}

impl Time {
    /// What one that begins now has of it.
    fn left(&self) -> Result<Duration, FetchError> {
        let left = self
            .until
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero());
        left.map(|left| left.min(self.each))
            .ok_or(FetchError::DeadlinePassed)
    }
}

/// By threads, with ureq.
pub fn threads(
    urls: Vec<String>,
    limit: NonZeroUsize,
    time: Time,
) -> Vec<Result<Vec<u8>, FetchError>> {
    let client = ureq::Client::new(limit, time);
    fetched(crate::threads::map(urls, limit, move |url| {
        client.fetch(&url)
    }))
}

/// In a pool of rayon, with ureq.
pub fn rayon(
    urls: Vec<String>,
    limit: NonZeroUsize,
    time: Time,
) -> Vec<Result<Vec<u8>, FetchError>> {
    let client = ureq::Client::new(limit, time);
    fetched(crate::rayon::map(urls, limit, |url| client.fetch(&url)))
}

macro_rules! asynchronous {
    ($(#[doc = $doc:literal] $name:ident: $pattern:ident, $client:ident, $runtime:ident;)*) => { $(
        #[doc = $doc]
        pub fn $name(urls: Vec<String>, limit: NonZeroUsize, time: Time) -> Vec<Result<Vec<u8>, FetchError>> {
            runtimes::$runtime(async move {
                let client = Arc::new($client::Client::new(limit, time));
                let fetch = move |url: String| {
                    let client = Arc::clone(&client);
                    async move { client.fetch(&url).await }
                };
                fetched(crate::$pattern::map(urls, limit, fetch).await)
            })
        }
    )* };
}

asynchronous! {
    /// By tasks of tokio, with reqwest.
    tokio: tokio, reqwest, tokio;
    /// By tasks of tokio, with hyper alone.
    tokio_hyper: tokio, tokio, tokio;
    /// By tasks of smol, with hyper alone.
    smol: smol, smol, smol;
    /// By tasks of async-std, with hyper alone.
    async_std: async_std, async_std, async_std;
    /// With `buffer_unordered` on tokio, and reqwest.
    buffer_unordered: buffer_unordered, reqwest, tokio;
    /// With `buffer_unordered` on tokio, and hyper alone.
    buffer_unordered_hyper: buffer_unordered, tokio, tokio;
}

fn fetched<F: Into<FetchError>>(
    pages: Vec<Result<Vec<u8>, F>>,
) -> Vec<Result<Vec<u8>, FetchError>> {
    pages
        .into_iter()
        .map(|page| page.map_err(Into::into))
        .collect()
}

/// An answer of 400 and above is an error. Its body is read before, whatever becomes of that: a connection with a body that
/// nobody has read cannot be used again.
fn check_status(status: u16) -> Result<(), FetchError> {
    if status < 400 {
        Ok(())
    } else {
        Err(FetchError::Status(status))
    }
}

/// A body that says it is UTF-8 has to be.
fn check_text(headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, FetchError> {
    let says_so = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.to_ascii_lowercase().contains("charset=utf-8"));
    if says_so && str::from_utf8(&body).is_err() {
        Err(FetchError::NotUtf8)
    } else {
        Ok(body)
    }
}
