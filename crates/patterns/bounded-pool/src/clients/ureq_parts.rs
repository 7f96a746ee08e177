//! Two parts of ureq, each with changes: what ureq is asked to tell and does not by itself, and what it asks the system too often.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time;
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
            timeout.after = time::Duration::NotHappening;
        }
        self.0
            .resolve(uri, config, timeout)
            .map_err(|error| match error {
                Error::Io(_) => Error::HostNotFound,
                error => error,
            })
    }
}

/// Tells a reset within a body as that. By itself ureq takes it for the end of the body, and then finds that too short.
///
/// It also spares the system some calls: see [`coarse`] and [`Connection::is_open`].
#[derive(Debug)]
pub(super) struct Connections;

impl<T: Transport> Connector<T> for Connections {
    type Out = Connection<T>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        connected: Option<T>,
    ) -> Result<Option<Connection<T>>, Error> {
        Ok(connected.map(|transport| Connection {
            transport,
            seen_open: None,
        }))
    }
}

#[derive(Debug)]
pub(super) struct Connection<T> {
    transport: T,
    /// When the system has said so, if nothing was sent since.
    seen_open: Option<Instant>,
}

impl<T: Transport> Transport for Connection<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.seen_open = None;
        self.transport.transmit_output(amount, coarse(timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.transport
            .await_input(coarse(timeout))
            .map_err(|error| match error {
                Error::Io(error) if error.kind() == ErrorKind::ConnectionReset => {
                    Error::Other(error.into())
                }
                error => error,
            })
    }

    /// ureq asks when a connection is given back and when it is taken again, with three calls of the system each time, and holds
    /// the lock of its pool meanwhile. Where one follows at once on the other, once is enough.
    fn is_open(&mut self) -> bool {
        if self
            .seen_open
            .is_some_and(|seen| seen.elapsed() < Duration::from_millis(10))
        {
            return true;
        }
        let is_open = self.transport.is_open();
        self.seen_open = is_open.then(Instant::now);
        is_open
    }

    fn is_tls(&self) -> bool {
        self.transport.is_tls()
    }
}

/// The time that is left, in tenths of a second if it is more than one. ureq tells the system of each time-out that is not the same
/// as the last, and what is left of the time for a request is less whenever it looks.
fn coarse(timeout: NextTimeout) -> NextTimeout {
    let tenths = match timeout.not_zero() {
        Some(left) if left.as_secs() > 0 => {
            left.as_secs() * 10 + u64::from(left.subsec_millis()) / 100 + 1
        }
        _ => return timeout,
    };
    NextTimeout {
        after: time::Duration::from_millis(tenths * 100),
        ..timeout
    }
}
