//! ureq, which blocks.

use std::io::Read;
use std::net::IpAddr;
use std::num::NonZeroUsize;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use super::{BUFFER_BYTES, FetchError, MOST_REDIRECTS, Time, check_status, check_text};

pub(super) struct Client {
    agent: Agent,
    time: Time,
}

impl Client {
    pub(super) fn new(limit: NonZeroUsize, time: Time) -> Self {
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
        let agent = Agent::with_parts(config, DefaultConnector::new(), Names(DefaultResolver::default()));
        Self { agent, time }
    }

    pub(super) fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let request = self.agent.get(url).config().timeout_global(Some(self.time.left()?)).build();
        let (head, body) = request.call()?.into_parts();
        check_status(head.status.as_u16())?;
        let mut bytes = Vec::new();
        body.into_reader().read_to_end(&mut bytes).map_err(Error::from)?;
        check_text(&head.headers, bytes)
    }
}

/// Looks names up as ureq does, but for two things: an address takes no thread, and a name that is not found is told as that.
/// By itself, once there is a time-out, ureq starts a thread for each request to look its host up.
#[derive(Debug)]
struct Names(DefaultResolver);

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        mut timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        if host.parse::<IpAddr>().is_ok() {
            timeout.after = Duration::NotHappening;
        }
        self.0.resolve(uri, config, timeout).map_err(|error| match error {
            Error::Io(_) => Error::HostNotFound,
            error => error,
        })
    }
}

impl From<Error> for FetchError {
    fn from(error: Error) -> Self {
        match error {
            Error::Timeout(_) => Self::TimedOut,
            Error::TooManyRedirects => Self::Redirects,
            Error::HostNotFound => Self::NameNotFound,
            error => Self::of(error.into_io()),
        }
    }
}
