//! What can go wrong, said so that a person can act on it.

use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Duration;

/// Why an origin could not be started or reached.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another program listens there.
    #[error("{0} is in use by another program: choose another port, or port 0 for any free one")]
    PortInUse(SocketAddr),

    /// The address can be reached from other machines, and nobody allowed that.
    #[error("{0} is not a loopback address: use 127.0.0.1 or [::1], or say --allow-remote")]
    NotLoopback(SocketAddr),

    /// The system refused the address for another reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },

    /// The system refused something that serving needs.
    #[error("cannot {doing}: {source}")]
    System {
        /// What was tried, as in "cannot ...".
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },

    /// The text is not the URL of an origin.
    #[error("`{0}` is not an origin's URL: it looks like http://127.0.0.1:8080")]
    NotAUrl(String),

    /// The child said nothing in time.
    #[error("the origin's process did not print its URL within {} s", .0.as_secs())]
    ChildSilent(Duration),

    /// The child ended before it served; it gave the reason on standard error.
    #[error("the origin's process ended before it served ({0})")]
    ChildEnded(ExitStatus),

    /// The child printed something that is not a URL, so it is not serving.
    #[error(
        "the origin's process printed `{0}` and not its URL: \
         `origin::serve_if_child()` must be the first line of `main`"
    )]
    ChildSaid(String),

    /// This process was itself started to be an origin.
    #[error(
        "this process was started to be an origin: \
         `origin::serve_if_child()` must be the first line of `main`"
    )]
    InsideChild,
}

impl Error {
    /// For `map_err`: the system's refusal, with what was tried.
    pub(crate) fn system(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { doing, source }
    }
}
