//! Why an input has no result: the fetch or the computation failed, or panicked.

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::panic::{self, AssertUnwindSafe};

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<E> {
    /// The fetch or the computation has failed, with this error of its own.
    Failed(E),
    /// The fetch or the computation has panicked, with this message.
    Panicked(String),
}

/// The place of an input, counted from 0, and what comes of it.
pub type Indexed<T, E> = (usize, Result<T, Failure<E>>);

/// Does `work`, whose panic is a failure like any other.
pub(super) fn attempt<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<T, Failure<E>> {
    settle(panic::catch_unwind(AssertUnwindSafe(work)))
}

/// What comes of work that has ended, or panicked.
pub(super) fn settle<T, E>(
    ended: Result<Result<T, E>, Box<dyn Any + Send>>,
) -> Result<T, Failure<E>> {
    match ended {
        Ok(result) => result.map_err(Failure::Failed),
        Err(panic) => Err(Failure::Panicked(message(panic))),
    }
}

fn message(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => {
            // Not dropped: a panic may hold anything, and the drop of that may panic once more.
            let panic = Box::leak(panic);
            let text = panic.downcast_ref::<&str>().copied();
            text.unwrap_or("no message").to_owned()
        }
    }
}

impl<E: Display> Display for Failure<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{error}"),
            Self::Panicked(message) => write!(f, "it panicked: {message}"),
        }
    }
}

impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::Panicked(_) => None,
        }
    }
}
