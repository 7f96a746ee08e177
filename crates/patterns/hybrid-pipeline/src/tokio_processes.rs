//! Fetches many and computes on each: fetched by tasks of tokio, computed in a pool of processes that is made once.
//!
//! Expect the loop to stay free, and for each computation that what it is given and its answer go through the kernel. Reach for it when
//! what computes may crash or be killed, or cannot share a process with its like. A worker is this program once more.
//!
//! Time-outs: none. A computation that hangs occupies its process until the results or the pool are dropped; so let it end its process
//! itself when its time is over. What a computation leaks is kept as long as the pool: make a new pool now and then. Deep recursion: a
//! stack that overflows ends a worker, no more; `thread_stack_size(bytes)` of tokio's `runtime::Builder` in `main` gives more.

// Few need both functions, and nobody outside the crate that takes the file in.
#![allow(dead_code, missing_debug_implementations, unreachable_pub)]

use std::{collections::BTreeMap, env, future::Future, io, num::NonZeroUsize, os::fd::AsFd, sync::Arc};

use futures_util::{Stream, StreamExt, future::Either, future::select, future::select_all, stream};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::UnixStream, process::Child, process::Command};
use tokio_util::task::AbortOnDropHandle;

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure<E> {
    /// The fetch or the computation has failed, with this error of its own.
    #[error(transparent)]
    Failed(E),
    /// The fetch or the computation has panicked, and said this, or what it returned is no [`Sent`].
    #[error("it panicked: {0}")]
    Panicked(String),
    /// The process that computed has ended before it answered, and so has another that tried again: this is what is known of it.
    #[error("the process that computed has ended: {0}")]
    Lost(String),
}

/// The place of an input, counted from 0, and what came of it.
pub type Indexed<T, E> = (usize, Result<T, Failure<E>>);

/// What can go to another process and come back. It is written in postcard's format, which does not describe itself, so serde's `flatten`,
/// `untagged`, `tag` and `skip_serializing_if` do not work in it. Each value is read back before it is sent: if another is read, or
/// none, that is a panic which names the type. A `HashMap` may come back in another order.
pub trait Sent: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Sent for T {}

/// What an async function that fetches returns.
pub trait Fetched<P, E>: Future<Output = Result<P, E>> + Send + 'static {}

impl<F: Future<Output = Result<P, E>> + Send + 'static, P, E> Fetched<P, E> for F {}

/// A computation, and the name by which another process knows it: no two of a program may have the same.
pub struct Work<P, T, E>(pub &'static str, pub fn(P) -> Result<T, E>);

/// What a worker is called instead of the program's name. Arguments, unlike the environment, do not go to what it starts itself.
const WORKER: &str = "worker of hybrid-pipeline";

/// Begins each frame, and its length follows: whatever else is written there is noticed.
const FRAME: u128 = 0xf7a3_91c5_0e6b_d824 << 64;

/// The computations for which `main` has been here: a worker for any other would not notice that it is one, and start others.
static KNOWN: std::sync::Mutex<Vec<&str>> = std::sync::Mutex::new(Vec::new());

/// Works and never returns in a process of a pool for `work`. Await it first in `main`, for each computation: whatever comes before is
/// done again in each of them.
///
/// # In tests
/// libtest's own `main` does not come here, so [`Pool::new`] panics in a `#[test]` or `#[tokio::test]`. Give such tests a file in `tests/`
/// with `harness = false` in Cargo.toml and a `main` that begins with this and then runs them, as libtest-mimic does. Elsewhere test the
/// computation by itself: it is a function.
///
/// A computation leaves stdin alone: it is the socket to the pool. What it prints is seen, as that of any other.
///
/// # Panics
/// If there is no runtime of tokio, or without I/O.
pub async fn work_if_child<P: Sent, T: Sent, E: Sent>(work: &'static Work<P, T, E>) {
    if env::args_os().ne([WORKER, work.0]) {
        return KNOWN.lock().unwrap().push(work.0);
    }
    let socket = io::stdin().as_fd().try_clone_to_owned().map(Into::into).and_then(UnixStream::from_std);
    let (mut socket, mut answer) = (socket.expect("it was started with one"), Vec::new());
    while let Ok(page) = exchange(&mut socket, &answer).await {
        let computing = tokio::task::spawn_blocking(move || frame((work.1)(page).map_err(Failure::Failed)));
        // Nothing comes while it computes but the end of the parent, or of the pool.
        let Either::Left((done, _)) = select(computing, Box::pin(socket.read_u8())).await else { break };
        answer = done.unwrap_or_else(|error| frame(Err::<T, Failure<E>>(panicked(error))));
    }
    std::process::exit(0)
}

type Worker = (Child, UnixStream);

/// Processes for one computation, started when they are needed, and ended when it is dropped. It stays with the runtime where it was
/// used first.
pub struct Pool<P: 'static, T: 'static, E: 'static> {
    work: &'static Work<P, T, E>,
    /// Locked while one computes there, and empty where none is idle.
    places: Vec<tokio::sync::Mutex<Option<Worker>>>,
}

impl<P: Sent, T: Sent, E: Sent> Pool<P, T, E> {
    /// At most `size` processes, however many pipelines share it.
    ///
    /// # Panics
    /// If [`work_if_child`] was not awaited for `work` before, or in a worker.
    pub fn new(work: &'static Work<P, T, E>, size: NonZeroUsize) -> Self {
        let known = KNOWN.lock().unwrap().contains(&work.0) && env::args_os().all(|arg| arg != WORKER);
        assert!(known, "`main` does not begin with `work_if_child` for `{}`, or this is a worker", work.0);
        Self { work, places: (0..size.get()).map(|_| <_>::default()).collect() }
    }

    async fn compute(&self, job: &[u8]) -> Result<T, Failure<E>> {
        let (mut place, ..) = select_all(self.places.iter().map(|place| Box::pin(place.lock()))).await;
        let first = self.ask(&mut place, job).await;
        // Again in a new one, since one that was idle may have ended long before.
        let asked = if first.is_ok() { first } else { self.ask(&mut place, job).await };
        asked.unwrap_or_else(|error| Err(Failure::Lost(error.to_string())))
    }

    async fn ask(&self, place: &mut Option<Worker>, job: &[u8]) -> io::Result<Result<T, Failure<E>>> {
        let (mut process, mut socket) = place.take().map_or_else(|| start(self.work.0), Ok)?;
        // Without an answer the socket is closed, which ends the process if nothing else has.
        let asked = async move { exchange(&mut socket, job).await.map(|answer| (answer, socket)) };
        let (answer, socket) = tokio::select! {
            Ok(answered) = asked => answered,
            // Watched too, since what a worker has started may keep its socket open.
            status = process.wait() => return Err(io::Error::other(status?.to_string())),
        };
        *place = Some((process, socket));
        Ok(answer)
    }
}

fn start(name: &str) -> io::Result<Worker> {
    let (ours, theirs) = UnixStream::pair()?;
    // The image that runs: at its path there may be another by now.
    let image = if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { env::current_exe()? };
    let mut command = Command::new(image);
    // In a group of its own, where a terminal's Ctrl-C does not come: what becomes of the work then is for the parent to say.
    command.arg0(WORKER).arg(name).stdin(std::os::fd::OwnedFd::from(theirs.into_std()?)).process_group(0);
    Ok((command.kill_on_drop(true).spawn()?, ours))
}

/// Says what there is to say, and hears what is said then. What is cut off cannot be read.
async fn exchange<T: DeserializeOwned>(socket: &mut UnixStream, said: &[u8]) -> io::Result<T> {
    socket.write_all(said).await?;
    let length = u64::try_from(socket.read_u128().await? ^ FRAME).map_err(io::Error::other)?;
    // Room is made for what comes, and not for what is said to come.
    let mut bytes = Vec::new();
    socket.take(length).read_to_end(&mut bytes).await?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}

/// Panics if another value would be read than this one.
fn frame<T: Sent>(value: T) -> Vec<u8> {
    let refusal = format!("a `{}` cannot go to another process", std::any::type_name::<T>());
    let bytes = postcard::to_stdvec(&value).expect(&refusal);
    let read: T = postcard::from_bytes(&bytes).expect(&refusal);
    // Sums and lengths, since a map that is read may have another order. What is written alike may be shown otherwise, but to show
    // megabytes takes too long.
    let sum = |of: &T| postcard::to_stdvec(of).iter().flatten().map(|it| 1 + u64::from(*it)).sum::<u64>();
    let shown = |of: T| format!("{:?}", (bytes.len() < 1 << 20).then(|| serde_fmt::to_debug(&of))).len();
    assert_eq!((sum(&read), shown(read)), (sum(&value), shown(value)), "{refusal}");
    [&(FRAME | bytes.len() as u128).to_be_bytes()[..], &bytes].concat()
}

/// Fetches each of `inputs`, at most `fetches` at once, and computes on what came in the processes of `pool`; returns what came
/// of each, in their order.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place, and so has one whose computation has ended two
/// processes. The other inputs continue, and another process takes the place of each that has ended.
///
/// # Panics
/// If `inputs` panics, or there is no runtime of tokio, or no longer.
///
/// # Cancel safety
/// Dropped before its end, it does what the stream of [`pipeline`] does; what came of the inputs until then is lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// static WORDS: Work<Page, u64, Error> = Work("words", count_words); // `main` begins with `work_if_child(&WORDS).await`
/// let pool = Arc::new(Pool::new(&WORDS, NonZeroUsize::new(4).unwrap())); // once, and not for each call
/// let fetch = move |url: String| {
///     let client = client.clone(); // for this call, since the next one needs it too
///     async move { client.get(url).send().await.map_err(Error::from)?.text().await.map_err(Error::from) }
/// };
/// let words = hybrid_pipeline::map(urls, NonZeroUsize::new(50).unwrap(), Arc::clone(&pool), fetch).await;
/// ```
pub async fn map<I: Send + 'static, P: Sent, T: Sent, E: Sent, F: Fetched<P, E>>(
    inputs: impl IntoIterator<Item = I>,
    fetches: NonZeroUsize,
    pool: Arc<Pool<P, T, E>>,
    fetch: impl Fn(I) -> F + Send + Sync + 'static,
) -> Vec<Result<T, Failure<E>>> {
    pipeline(inputs, fetches, pool, fetch).collect::<BTreeMap<_, _>>().await.into_values().collect()
}

/// Does the same, and hands out what comes of each input as it comes.
///
/// Inputs are read one at a time, when there is room to fetch one more. What was fetched waits until there is room to compute, and
/// what was computed until it is taken: at most `fetches` and one for each process are under way, and who takes results slowly slows all down.
/// It begins when it is first polled. While all processes compute, those that are being fetched go on, but no more are begun: with one of
/// each, the two take turns.
///
/// A page is written and checked in the task that has fetched it, but what was computed on it is read where this is polled: let that be
/// small. The check takes several times as long as the writing.
///
/// Dropped, it reads no more inputs, and what is being fetched is dropped at the await where it stands, soon after. What is being
/// computed ends at once, since its process is killed; the pool goes on with others.
///
/// # Panics
/// When polled, if `inputs` panics, or there is no runtime of tokio, or no longer.
pub fn pipeline<I: Send + 'static, P: Sent, T: Sent, E: Sent, F: Fetched<P, E>>(
    inputs: impl IntoIterator<Item = I>,
    fetches: NonZeroUsize,
    pool: Arc<Pool<P, T, E>>,
    fetch: impl Fn(I) -> F + Send + Sync + 'static,
) -> impl Stream<Item = Indexed<T, E>> {
    let (fetch, jobs) = (Arc::new(fetch), pool.places.len());
    let fetching = stream::iter(inputs.into_iter().enumerate()).map(move |(index, input)| {
        let fetch = Arc::clone(&fetch);
        // A task of its own: it goes on while nobody has room for what it fetches, and nobody polls it.
        let task = AbortOnDropHandle::new(tokio::spawn(async move { fetch(input).await.map(frame) }));
        async move { (index, task.await.map_err(panicked).and_then(|job| job.map_err(Failure::Failed))) }
    });
    let computing = fetching.buffer_unordered(fetches.get()).map(move |(index, job)| {
        let pool = Arc::clone(&pool);
        // Right: computed elsewhere, in processes that run already, and awaited here.
        async move { (index, async { pool.compute(&job?).await }.await) }
    });
    computing.buffer_unordered(jobs)
}

fn panicked<E>(error: tokio::task::JoinError) -> Failure<E> {
    Failure::Panicked(match error.into_panic().downcast::<String>() {
        Ok(text) => *text,
        // Never dropped, since that may panic once more.
        Err(panic) => Box::leak(panic).downcast_ref().copied().unwrap_or("no message").to_owned(),
    })
}
