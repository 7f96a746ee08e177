//! Why an input has no result: the fetch or the computation failed or panicked, or its process is
//! lost.

use std::any::Any;

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize, thiserror::Error)]
pub enum Failure<E> {
    /// The fetch or the computation has failed, with this error of its own.
    #[error(transparent)]
    Failed(E),
    /// The fetch or the computation has panicked, with this message, or a value cannot be sent.
    #[error("it panicked: {0}")]
    Panicked(String),
    /// The process that computed has ended before it answered: this is what is known of it.
    #[error("the process that computed has ended: {0}")]
    Lost(String),
}

/// The place of an input, counted from 0, and what comes of it.
pub type Indexed<T, E> = (usize, Result<T, Failure<E>>);

/// What comes of work that has ended, or panicked.
pub(super) fn settle<T, E>(
    ended: Result<Result<T, E>, Box<dyn Any + Send>>,
) -> Result<T, Failure<E>> {
    match ended {
        Ok(result) => result.map_err(Failure::Failed),
        Err(panic) => Err(Failure::Panicked(message(panic))),
    }
}

pub(super) fn message(panic: Box<dyn Any + Send>) -> String {
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
