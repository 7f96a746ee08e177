//! ureq, which blocks.

use std::io::Read;
use std::num::NonZeroUsize;

use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, Error};

use super::ureq_parts::{Connections, Names};
use super::{BUFFER_BYTES, FetchError, MOST_REDIRECTS, Time, check_status, check_text};

/// Fetches pages.
pub struct Client {
    agent: Agent,
    time: Time,
}

impl Client {
    /// Keeps as many as `limit` connections.
    pub fn new(limit: NonZeroUsize, time: Time) -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(MOST_REDIRECTS.into())
            .http_status_as_error(false)
            // By itself it keeps 3 a host.
            .max_idle_connections(limit.get())
            .max_idle_connections_per_host(limit.get())
            .input_buffer_size(BUFFER_BYTES)
            .output_buffer_size(BUFFER_BYTES)
            .build();
        let names = Names(DefaultResolver::default());
        Self {
            agent: Agent::with_parts(config, DefaultConnector::new().chain(Connections), names),
            time,
        }
    }

    /// Fetches the page at `url`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let request = self
            .agent
            .get(url)
            .config()
            .timeout_global(Some(self.time.left()?))
            .build();
        let (head, body) = request.call()?.into_parts();
        // As much as is said to come, if that is little; otherwise the memory of each page is taken by doubling.
        let expected = body
            .content_length()
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(0);
        let mut bytes = Vec::with_capacity(expected.min(BUFFER_BYTES));
        let read = body.into_reader().read_to_end(&mut bytes);
        check_status(head.status.as_u16())?;
        read.map_err(Error::from)?;
        check_text(&head.headers, bytes)
    }
}

impl From<Error> for FetchError {
    fn from(error: Error) -> Self {
        match error {
            Error::Timeout(_) => Self::TimedOut,
            Error::TooManyRedirects => Self::Redirects,
            Error::HostNotFound => Self::NameNotFound,
            Error::Other(error) => Self::of(error),
            error => Self::of(error.into_io()),
        }
    }
}
