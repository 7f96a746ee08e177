//! reqwest, on tokio.

use std::num::NonZeroUsize;

use reqwest::redirect::Policy;
use reqwest::{Error, Response};

use super::{FetchError, MOST_REDIRECTS, Time, check_status, check_text};

/// Fetches pages.
pub struct Client {
    client: reqwest::Client,
    time: Time,
}

impl Client {
    /// Keeps as many as `limit` connections.
    pub fn new(limit: NonZeroUsize, time: Time) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::limited(MOST_REDIRECTS.into()))
            .pool_max_idle_per_host(limit.get())
            .build()
            .expect("a client of these settings can be built");
        Self { client, time }
    }

    /// Fetches the page at `url`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let mut response = self
            .client
            .get(url)
            .timeout(self.time.left()?)
            .send()
            .await?;
        let body = read(&mut response).await;
        check_status(response.status().as_u16())?;
        check_text(response.headers(), body?)
    }
}

async fn read(response: &mut Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

impl From<Error> for FetchError {
    fn from(error: Error) -> Self {
        match error {
            error if error.is_timeout() => Self::TimedOut,
            error if error.is_redirect() => Self::Redirects,
            error if error.is_dns() => Self::NameNotFound,
            error => Self::of(error),
        }
    }
}
