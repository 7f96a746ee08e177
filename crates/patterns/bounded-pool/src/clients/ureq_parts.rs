//! Two parts of ureq, each with a change: what ureq is asked to tell, and does not by itself.

use std::io::ErrorKind;
use std::net::IpAddr;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Looks names up, and tells a name that is not found as that. By itself ureq tells it as any other error of the system.
///
/// An address is taken as it is: once there is a time-out, ureq starts a thread for each request to look its host up.
#[derive(Debug)]
pub(super) struct Names(pub(super) DefaultResolver);

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

/// Tells a reset within a body as that. By itself ureq takes it for the end of the body, and then finds that too short.
#[derive(Debug)]
pub(super) struct Resets;

impl<T: Transport> Connector<T> for Resets {
    type Out = Told<T>;

    fn connect(&self, _: &ConnectionDetails, connected: Option<T>) -> Result<Option<Told<T>>, Error> {
        Ok(connected.map(Told))
    }
}

#[derive(Debug)]
pub(super) struct Told<T>(T);

impl<T: Transport> Transport for Told<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout).map_err(|error| match error {
            Error::Io(error) if error.kind() == ErrorKind::ConnectionReset => Error::Other(error.into()),
            error => error,
        })
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
