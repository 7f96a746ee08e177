//! Fetches many and computes on each: fetched by tasks of tokio, computed in a pool of processes that is made once.
//!
//! Expect the loop to stay free, and for each computation that what it is given and its answer go through the kernel. Reach for it when
//! what computes may crash, leak or be killed, or cannot share a process with its like. A worker is this program once more.

// Few need both functions.
#![allow(dead_code)]

use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::{env, future::Future, io, num::NonZeroUsize, os::unix::net, pin::pin, process::exit};

use futures_util::future::{Either, TryFutureExt, select, try_join};
use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::{net::UnixStream, runtime::Builder, sync::Semaphore, task::JoinError, task::spawn_blocking};
use tokio_util::task::AbortOnDropHandle;

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure<E> {
    /// The fetch or the computation has failed, with this error of its own.
    #[error(transparent)]
    Failed(E),
    /// The fetch or the computation has panicked, and said this.
    #[error("it panicked: {0}")]
    Panicked(String),
    /// The process that computed has ended before it answered, and so has another that tried again: this is what is known of it.
    #[error("the process that computed has ended: {0}")]
    Lost(String),
}

/// The place of an input, counted from 0, and what came of it.
pub type Indexed<T, E> = (usize, Result<T, Failure<E>>);

/// What can go to another process and come back.
pub trait Sent: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Sent for T {}

/// A computation, and the name by which another process knows it: no two of a program may have the same.
pub struct Work<P, T, E>(pub &'static str, pub fn(P) -> Result<T, E>);

/// What a worker is called instead of the program's name. Arguments, unlike the environment, do not go to what it starts itself.
const WORKER: &str = "worker of hybrid-pipeline";

/// Begins each frame, and its length follows: whatever else is written there is noticed.
const FRAME: u128 = 0xf7a3_91c5_0e6b_d824 << 64;

/// Works and never returns in a process of a pool for `work`. Call it first in `main`, for each computation: whatever comes before is
/// done again in each of them.
pub fn work_if_child<P: Sent, T: Sent, E: Sent>(work: &'static Work<P, T, E>) {
    if env::args_os().eq([WORKER, work.0]) {
        let runtime = Builder::new_current_thread().enable_io().build();
        runtime.and_then(|runtime| runtime.block_on(answer(work))).ok();
        exit(1)
    }
}

async fn answer<P: Sent, T: Sent, E: Sent>(work: &'static Work<P, T, E>) -> io::Result<()> {
    let socket = net::UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let (mut reader, mut writer) = UnixStream::from_std(socket)?.into_split();
    let mut page = read(&mut reader).await?;
    loop {
        // Nothing comes while it computes but the end of the parent, or of the pool.
        let (next, computing) = (pin!(read(&mut reader)), spawn_blocking(move || (work.1)(page)));
        let Either::Left((answer, next)) = select(computing, next).await else { exit(0) };
        writer.write_all(&frame(&settle(answer))).await?;
        page = next.await?;
    }
}

type Worker = (Child, UnixStream);

/// Processes for one computation, started when they are needed, and ended when it is dropped.
pub struct Pool<P: 'static, T: 'static, E: 'static> {
    work: &'static Work<P, T, E>,
    size: NonZeroUsize,
    places: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

impl<P: Sent, T: Sent, E: Sent> Pool<P, T, E> {
    /// At most `size` processes, however many pipelines share it.
    pub fn new(work: &'static Work<P, T, E>, size: NonZeroUsize) -> Self {
        Self { work, size, places: Semaphore::new(size.get()), idle: Mutex::default() }
    }

    async fn compute(&self, job: Vec<u8>) -> Result<T, Failure<E>> {
        let _place = self.places.acquire().await;
        let idle = self.idle.lock().expect("nobody panics with it").pop();
        // Again in a new one, since others that are idle may have ended too.
        let asked = self.ask(idle, &job).or_else(|_| self.ask(None, &job)).await;
        asked.unwrap_or_else(|error| Err(Failure::Lost(error.to_string())))
    }

    async fn ask(&self, idle: Option<Worker>, job: &[u8]) -> io::Result<Result<T, Failure<E>>> {
        let (mut process, mut socket) = idle.map_or_else(|| start(self.work.0), Ok)?;
        let (mut reader, mut writer) = socket.split();
        let asked = try_join(writer.write_all(job), read(&mut reader));
        // Watched too, since what a worker has started may keep its socket open.
        let ended = async { Err(io::Error::other(process.wait().await?.to_string())) };
        let (asked, _) = select(pin!(asked), pin!(ended)).await.factor_first();
        let Ok(((), answer)) = asked else {
            process.start_kill().ok();
            return Err(io::Error::other(process.wait().await?.to_string()));
        };
        self.idle.lock().expect("nobody panics with it").push((process, socket));
        Ok(answer)
    }
}

fn start(name: &str) -> io::Result<Worker> {
    let (ours, theirs) = UnixStream::pair()?;
    let mut command = Command::new(env::current_exe()?);
    // In a group of its own, where a terminal's Ctrl-C does not come: what becomes of the work then is for the parent to say.
    command.arg0(WORKER).arg(name).stdin(OwnedFd::from(theirs.into_std()?)).process_group(0);
    Ok((command.kill_on_drop(true).spawn()?, ours))
}

/// Room is made for what comes, and not for what is said to come. What is cut off cannot be read.
async fn read<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let length = u64::try_from(from.read_u128().await? ^ FRAME).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes).await?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}

fn frame(value: &impl Serialize) -> Vec<u8> {
    let bytes = postcard::to_stdvec(value).expect("what is sent can be written down");
    [&(FRAME | bytes.len() as u128).to_be_bytes()[..], &bytes].concat()
}

/// Fetches each of `inputs`, at most `fetches` at once, and computes on what came in the processes of `pool`; returns what came
/// of each, in their order.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place, and so has one whose computation has ended two
/// processes. The others go on, and another process takes the place of each that has ended.
///
/// # Panics
/// If `inputs` panics, or there is no runtime of tokio, or no longer.
///
/// # Cancel safety
/// Dropped before its end, it does what the stream of [`pipeline`] does; what came of the inputs until then is lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// static WORDS: Work<Page, u64, Error> = Work("words", count_words); // `main` begins with `work_if_child(&WORDS)`
/// let pool = Arc::new(Pool::new(&WORDS, NonZeroUsize::new(4).unwrap())); // once, and not for each call
/// let fetch = move |url| client.get(url).send();
/// let words = hybrid_pipeline::map(urls, NonZeroUsize::new(50).unwrap(), Arc::clone(&pool), fetch).await;
/// ```
pub async fn map<I: Send + 'static, P: Sent, T: Sent, E: Sent, F>(
    inputs: impl IntoIterator<Item = I>,
    fetches: NonZeroUsize,
    pool: Arc<Pool<P, T, E>>,
    fetch: impl Fn(I) -> F + Send + Sync + 'static,
) -> Vec<Result<T, Failure<E>>>
where
    F: Future<Output = Result<P, E>> + Send + 'static,
{
    let mut results: Vec<_> = pipeline(inputs, fetches, pool, fetch).collect().await;
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Does the same, and hands out what comes of each input as it comes.
///
/// Inputs are read one at a time, when there is room to fetch one more. What was fetched waits until there is room to compute, and
/// what was computed until it is taken: at most `fetches` and one for each process are under way, and who takes results slowly slows all down.
/// It begins when it is first polled. While all processes compute, those that are being fetched go on, but no more are begun: with one of
/// each, the two take turns.
///
/// Dropped, it reads no more inputs, and what is being fetched is dropped at the await where it stands, soon after. What is being
/// computed ends at once, since its process is killed; the pool goes on with others.
///
/// # Panics
/// When polled, if `inputs` panics, or there is no runtime of tokio, or no longer.
pub fn pipeline<I: Send + 'static, P: Sent, T: Sent, E: Sent, F>(
    inputs: impl IntoIterator<Item = I>,
    fetches: NonZeroUsize,
    pool: Arc<Pool<P, T, E>>,
    fetch: impl Fn(I) -> F + Send + Sync + 'static,
) -> impl Stream<Item = Indexed<T, E>>
where
    F: Future<Output = Result<P, E>> + Send + 'static,
{
    let (fetch, jobs) = (Arc::new(fetch), pool.size.get());
    let fetching = stream::iter(inputs.into_iter().enumerate()).map(move |(index, input)| {
        let fetch = Arc::clone(&fetch);
        let fetching = async move { fetch(input).await.map(|page| frame(&page)) };
        // A task of its own: it goes on while nobody has room for what it fetches, and nobody polls it.
        let task = AbortOnDropHandle::new(tokio::spawn(fetching));
        async move { (index, settle(task.await)) }
    });
    let computing = fetching.buffer_unordered(fetches.get()).map(move |(index, job)| {
        let pool = Arc::clone(&pool);
        // Right: computed elsewhere, in processes that run already, and awaited here.
        async move { (index, async { pool.compute(job?).await }.await) }
    });
    computing.buffer_unordered(jobs)
}

fn settle<T, E>(ended: Result<Result<T, E>, JoinError>) -> Result<T, Failure<E>> {
    let message = |error: JoinError| match error.into_panic().downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("no message").to_owned(),
    };
    ended.map_err(|error| Failure::Panicked(message(error)))?.map_err(Failure::Failed)
}
