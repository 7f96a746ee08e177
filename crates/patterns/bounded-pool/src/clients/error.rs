//! Why there is no page, in the same words whatever the client.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter::successors;

use super::MOST_REDIRECTS;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is an answer, and it says so itself: 400 and above.
    #[error("status {0}")]
    Status(u16),
    /// The answer was not there, or not to its end, when the time for it was over.
    #[error("timed out")]
    TimedOut,
    /// The time for all was over before this one was begun.
    #[error("the time for all was over")]
    DeadlinePassed,
    /// One redirect led to the next, too often.
    #[error("more than {MOST_REDIRECTS} redirects")]
    Redirects,
    /// The connection ended before the answer did.
    #[error("the answer broke off")]
    Truncated,
    /// The other side has broken the connection.
    #[error("connection reset")]
    Reset,
    /// Nobody listens there.
    #[error("connection refused")]
    Refused,
    /// There is no host of that name, or nobody who knows.
    #[error("no host of that name")]
    NameNotFound,
    /// The body says that it is UTF-8, and is not.
    #[error("not UTF-8, as it says")]
    NotUtf8,
    /// The client has panicked, and said this.
    #[error("the client panicked: {0}")]
    Panicked(String),
    /// Anything else, in the client's own words.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl FetchError {
    /// Told by the first of the errors behind `error` that has a kind; the layers above it differ from client to client.
    pub(super) fn of(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        let mut causes = successors(Some(&*error as &(dyn Error + 'static)), |&error| {
            error.source()
        });
        causes.find_map(known).unwrap_or(Self::Other(error))
    }
}

fn known(cause: &(dyn Error + 'static)) -> Option<FetchError> {
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return match error.kind() {
            ErrorKind::ConnectionRefused => Some(FetchError::Refused),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Some(FetchError::Reset),
            ErrorKind::UnexpectedEof => Some(FetchError::Truncated),
            ErrorKind::TimedOut => Some(FetchError::TimedOut),
            _ => None,
        };
    }
    let broke_off = cause
        .downcast_ref()
        .is_some_and(hyper::Error::is_incomplete_message);
    broke_off.then_some(FetchError::Truncated)
}

/// Each pattern has a `Failure` of its own, since each is copied alone; here they become one.
macro_rules! failures_of {
    ($($pattern:ident),*) => { $(
        impl From<crate::$pattern::Failure<FetchError>> for FetchError {
            fn from(failure: crate::$pattern::Failure<FetchError>) -> Self {
                match failure {
                    crate::$pattern::Failure::Failed(error) => error,
                    crate::$pattern::Failure::Panicked(message) => Self::Panicked(message),
                }
            }
        }
    )* };
}

failures_of!(threads, tokio, smol, async_std, buffer_unordered, rayon);
