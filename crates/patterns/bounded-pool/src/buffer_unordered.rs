//! Works on many inputs, at most so many at once: futures-util's `buffer_unordered`, on any runtime.
//!
//! Expect no task and no thread: all of the work is polled where the stream is, one piece at a time, and only while somebody
//! waits for the next result. Reach for it when the work waits and computes nothing, when it borrows, or when it cannot be
//! sent to another thread. Else one piece of work that takes long keeps all others waiting, however many cores there are.

// Few need both functions.
#![allow(dead_code)]

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::stream::{Stream, StreamExt, iter};

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<E> {
    /// The work has failed, with this error of its own.
    Failed(E),
    /// The work has panicked, and said this.
    Panicked(String),
}

/// The place of an input, counted from 0, and what came of it.
pub type Indexed<T, E> = (usize, Result<T, Failure<E>>);

/// Does `work` for each of `inputs`, at most `limit` at once; returns what came of each, in their order.
///
/// Each input is read when there is room for it, and is worked on exactly once.
///
/// # Errors
/// An input whose work fails or panics has a [`Failure`] in its place. The others go on. A `Failure` is an error if the work's own
/// is one: `anyhow::Error` and `Box<dyn Error>` are none, match on it then.
///
/// # Panics
/// If `inputs` panics.
///
/// # Cancel safety
/// Dropped before its end, it does what [`stream`] does; what came of the inputs until then is lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let limit = NonZeroUsize::new(50).unwrap();
/// let pages = bounded_pool::map(urls, limit, |url| client.get(url).send()).await;
/// ```
pub async fn map<I, T, E, W, F>(inputs: I, limit: NonZeroUsize, work: W) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator,
    W: Fn(I::Item) -> F,
    F: Future<Output = Result<T, E>>,
{
    let mut results: Vec<_> = stream(inputs, limit, work).collect().await;
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The same as results come. It begins when it is polled, and has to be pinned for that.
///
/// What is done and was not taken counts for `limit` too: who takes results slowly slows the work down, and while nobody waits
/// for one, all of the work stands still. A `limit` of more than there are inputs costs nothing.
///
/// # Cancel safety
/// Dropped, it drops the work under way at the await where it stands: what is not cancel safe in it is left as it is.
pub fn stream<I, T, E, W, F>(inputs: I, limit: NonZeroUsize, work: W) -> impl Stream<Item = Indexed<T, E>>
where
    I: IntoIterator,
    W: Fn(I::Item) -> F,
    F: Future<Output = Result<T, E>>,
{
    let work = Arc::new(work);
    let begun = iter(inputs).enumerate().map(move |(index, input)| {
        let work = Arc::clone(&work);
        async move { (index, attempt(async { work(input).await }).await) }
    });
    begun.buffer_unordered(limit.get())
}

async fn attempt<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, Failure<E>> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result.map_err(Failure::Failed),
        Err(panic) => Err(Failure::Panicked(message(&*panic))),
    }
}

fn message(panic: &dyn Any) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

impl<E: Display> Display for Failure<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{error}"),
            Self::Panicked(message) => write!(f, "the work panicked: {message}"),
        }
    }
}

impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Failed(error) = self { error.source() } else { None }
    }
}
