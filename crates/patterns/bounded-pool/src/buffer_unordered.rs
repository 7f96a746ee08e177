//! Works on many inputs, at most so many concurrently: futures-util's `buffer_unordered`, on any
//! runtime.
//!
//! Expect no task and no thread: all of the work is polled where the stream is, one piece at a
//! time, and only while somebody waits for the next result. Reach for it when the work waits and
//! computes nothing, when it borrows, or when it cannot be sent to another thread. Otherwise one
//! piece of work that takes long keeps all others waiting, however many cores there are.

// Few need both functions, and nothing is public outside of a program.
#![allow(dead_code, unreachable_pub)]

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::future::Future;
use std::mem::forget;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::stream::{Stream, StreamExt, iter};

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<E> {
    /// The work has failed, with this error of its own.
    Failed(E),
    /// The work has panicked, with this message.
    Panicked(String),
}

/// What comes of an input.
pub type Outcome<T, E> = Result<T, Failure<E>>;

/// The place of an input, counted from 0, and what comes of it.
pub type Indexed<T, E> = (usize, Outcome<T, E>);

/// Does `work` for each of `inputs`, at most `limit` concurrently; returns the results in the order
/// of the inputs.
///
/// Each input is read when there is room for it, and is worked on exactly once. Inputs and work may
/// borrow, but in a spawned task not all that may elsewhere: if rustc says that an "implementation
/// is not general enough", let the inputs be owned, by `into_iter` in place of `iter().map(..)`.
///
/// # Errors
/// An input whose work fails or panics has a [`Failure`] in its place. The other inputs continue. A
/// `Failure` is an error if the work's own is one: `anyhow::Error` and `Box<dyn Error>` are none,
/// match on it then.
///
/// A stack overflow is no panic: it ends the program. The work has the stack of the thread that
/// waits for it. For deep recursion run that in a thread of `std::thread::Builder::stack_size`.
///
/// # Panics
/// If `inputs` panics.
///
/// # Cancel safety
/// Dropped before its end, it does what [`stream`] does; the results until then are lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let limit = NonZeroUsize::new(50).unwrap();
/// let fetch = move |url: String| {
///     // Clone outside, `async move` inside: each call has a handle of its own.
///     let client = client.clone();
///     async move {
///         let page = client.get(url).send().await?;
///         page.text().await
///     }
/// };
/// let pages = bounded_pool::map(urls, limit, fetch).await;
/// ```
pub async fn map<I, T, E, W, F>(inputs: I, limit: NonZeroUsize, work: W) -> Vec<Outcome<T, E>>
where
    I: IntoIterator,
    W: Fn(I::Item) -> F,
    F: Future<Output = Result<T, E>>,
{
    let mut results: Vec<_> = stream(inputs, limit, work).collect().await;
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Hands out each result as it comes. It begins when it is polled, and has to be pinned for that.
///
/// A result that was not taken counts for `limit` too: a slow consumer slows the work down, and
/// while nobody waits for a result, all of the work stands still. So the consumer must not wait for
/// what the work holds or stands in line for, a lock or a place at a rate limiter: neither would
/// continue. Let it take all results first, or let one of the two be a task of its own.
///
/// A `limit` above the number of inputs costs nothing; one above 100,000 counts as 100,000.
///
/// # Cancel safety
/// Dropped, it drops the work in flight at once, at its `.await`: what is not cancel safe in it is
/// left as it is.
pub fn stream<I, T, E, W, F>(
    inputs: I,
    limit: NonZeroUsize,
    work: W,
) -> impl Stream<Item = Indexed<T, E>>
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
    // It reads as many inputs as it may before it hands out a result, and they may be endless.
    begun.buffer_unordered(limit.get().min(100_000))
}

async fn attempt<T, E>(work: impl Future<Output = Result<T, E>>) -> Outcome<T, E> {
    let caught = AssertUnwindSafe(work).catch_unwind();
    caught.await.map_err(panicked)?.map_err(Failure::Failed)
}

/// The failure of work that has panicked.
fn panicked<E>(panic: Box<dyn Any + Send>) -> Failure<E> {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or(panic.downcast_ref().map(String::as_str));
    let failure = Failure::Panicked(text.unwrap_or("no message").to_owned());
    // Right: a panic may hold anything. If the drop of that panics, no other input is lost with it.
    catch_unwind(AssertUnwindSafe(|| drop(panic))).unwrap_or_else(forget);
    failure
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
        match self {
            Self::Failed(error) => error.source(),
            Self::Panicked(_) => None,
        }
    }
}
