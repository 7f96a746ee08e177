//! Fetches many and computes on each: fetched by some threads, computed by others, with a channel
//! between.
//!
//! Expect the whole to take as long as the longer of its two parts. Reach for it when the fetch
//! blocks: a blocking client, files, a driver of a database. If it awaits, take the form for your
//! runtime.
//!
//! Deep recursion: a thread has 2 MiB of stack. `RUST_MIN_STACK=bytes` in the environment gives
//! more. Time-outs: none. A fetch or a computation that hangs occupies its thread, and the drop of
//! the results waits for it.

// Few need both functions, nothing is public outside of a program, and two copies share parts.
#![allow(dead_code, unreachable_pub, clippy::duplicate_mod)]

#[path = "hybrid_pipeline/failure.rs"]
mod failure;
#[path = "hybrid_pipeline/stage.rs"]
mod stage;

pub use self::failure::{Failure, Indexed};

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use self::failure::attempt;
use self::stage::stage;

/// Fetches each of `inputs`, at most `fetches` concurrently, and computes on what came, at most
/// `jobs` concurrently; returns the results in the order of the inputs.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place. The other
/// inputs continue. A stack overflow is no panic: it ends the program.
///
/// # Panics
/// If `inputs` panics, or the system refuses a thread.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let cores = std::thread::available_parallelism().unwrap();
/// let fetches = NonZeroUsize::new(50).unwrap();
/// let fetch = move |url: String| client.get(&url).call()?.body_mut().read_to_string();
/// let words = hybrid_pipeline::map(urls, fetches, cores, fetch, count_words);
/// ```
pub fn map<I, P, T, E, W, C>(
    inputs: I,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: W,
    compute: C,
) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator<IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<P, E> + Send + Sync + 'static,
    C: Fn(P) -> Result<T, E> + Send + Sync + 'static,
    P: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let results: BTreeMap<_, _> = pipeline(inputs, fetches, jobs, fetch, compute).collect();
    results.into_values().collect()
}

/// Begins the same at once, and hands out each result as it comes.
///
/// Inputs are read one at a time, when a thread is free to fetch one. What was fetched waits until
/// a thread is free to compute, and what was computed until it is taken: at most
/// `2 * (fetches + jobs)` inputs are in flight, and a slow consumer slows the whole pipeline.
///
/// Dropped, as by a `break`, it reads no more inputs. The drop waits for what is being fetched and
/// computed, since a thread cannot be stopped from outside, and for an input that is being read. If
/// inputs come from a channel, drop its sender first: otherwise the drop waits for an input that
/// never comes.
///
/// # Panics
/// If the system refuses a thread; when asked for a result, if `inputs` has panicked.
pub fn pipeline<I, P, T, E, W, C>(
    inputs: I,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: W,
    compute: C,
) -> impl Iterator<Item = Indexed<T, E>>
where
    I: IntoIterator<IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<P, E> + Send + Sync + 'static,
    C: Fn(P) -> Result<T, E> + Send + Sync + 'static,
    P: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let ended = Arc::default();
    let inputs = inputs.into_iter().enumerate();
    let fetching = move |(index, input)| (index, attempt(|| fetch(input)));
    let pages = stage(inputs, fetches, &ended, fetching);
    // Right: threads of their own compute, and those that fetch continue meanwhile.
    stage(pages, jobs, &ended, move |(index, page)| {
        let result = page.and_then(|page| attempt(|| compute(page)));
        (index, result)
    })
}
