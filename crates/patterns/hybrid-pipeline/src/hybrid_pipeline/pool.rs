//! Processes that compute for this program: each is the program once more, and keeps a socket to
//! its pool.

use std::env;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::process;

use futures_util::future;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::task;

use super::failure::{self, Failure};
use super::frame::{exchange, frame};
use super::sent::Sent;

/// What a worker is called instead of the program's name. Arguments, unlike the environment, do not
/// go to what it starts itself.
const WORKER: &str = "worker of hybrid-pipeline";

/// The computations for which `main` has been here: a worker for any other would not notice that it
/// is one, and start others.
static KNOWN: std::sync::Mutex<Vec<&str>> = std::sync::Mutex::new(Vec::new());

/// A computation, and the name by which another process knows it: no two of a program may have the
/// same.
#[derive(Debug)]
pub struct Work<P, T, E>(pub &'static str, pub fn(P) -> Result<T, E>);

/// Works and never returns in a process of a pool for `work`. Await it first in `main`, for each
/// computation: whatever comes before is done again in each of them.
///
/// A computation leaves stdin alone: it is the socket to the pool. What it prints is seen, as that
/// of any other.
///
/// # In tests
/// libtest's own `main` does not come here, so [`Pool::new`] panics in a `#[test]` or
/// `#[tokio::test]`. Give such tests a file in `tests/` with `harness = false` in Cargo.toml and a
/// `main` that begins with this and then runs them, as libtest-mimic does. Elsewhere test the
/// computation by itself: it is a function.
///
/// # Panics
/// If there is no runtime of tokio, or without I/O.
pub async fn work_if_child<P: Sent, T: Sent, E: Sent>(work: &'static Work<P, T, E>) {
    if !env::args_os().eq([WORKER, work.0]) {
        KNOWN.lock().unwrap().push(work.0);
        return;
    }
    let mut socket = pool_of_worker().expect("it was started with a socket");
    let mut answer = Vec::new();
    while let Ok(page) = exchange(&mut socket, &answer).await {
        let compute = move || frame(&(work.1)(page).map_err(Failure::Failed));
        answer = tokio::select! {
            computed = task::spawn_blocking(compute) => computed.unwrap_or_else(|error| {
                let message = failure::message(error.into_panic());
                frame(&Err::<T, Failure<E>>(Failure::Panicked(message)))
            }),
            // Nothing comes while it computes but the end of the parent, or of the pool.
            _ = socket.read_u8() => break,
        };
    }
    process::exit(0)
}

fn pool_of_worker() -> io::Result<UnixStream> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    UnixStream::from_std(socket.into())
}

/// Processes for one computation, started when they are needed, and ended when it is dropped. It
/// stays with the runtime where it was used first.
#[derive(Debug)]
pub struct Pool<P: 'static, T: 'static, E: 'static> {
    work: &'static Work<P, T, E>,
    /// Locked while one computes there, and empty if none is idle there.
    places: Vec<Mutex<Option<Worker>>>,
}

type Worker = (Child, UnixStream);

impl<P: Sent, T: Sent, E: Sent> Pool<P, T, E> {
    /// At most `size` processes, however many pipelines share it.
    ///
    /// # Panics
    /// If [`work_if_child`] was not awaited for `work` before, or in a worker.
    pub fn new(work: &'static Work<P, T, E>, size: NonZeroUsize) -> Self {
        let is_known = KNOWN.lock().unwrap().contains(&work.0);
        assert!(
            is_known && env::args_os().all(|argument| argument != WORKER),
            "`main` does not begin with `work_if_child` for `{}`, or this is a worker",
            work.0
        );
        let places = (0..size.get()).map(|_| Mutex::default()).collect();
        Self { work, places }
    }

    pub(super) fn size(&self) -> usize {
        self.places.len()
    }

    /// What comes of a page, which is written in `job`.
    pub(super) async fn compute(&self, job: &[u8]) -> Result<T, Failure<E>> {
        let free = self.places.iter().map(|place| Box::pin(place.lock()));
        let (mut place, ..) = future::select_all(free).await;
        let mut answer = self.ask(&mut place, job).await;
        if answer.is_err() {
            // Again in a new one, since one that was idle may have ended long before.
            answer = self.ask(&mut place, job).await;
        }
        answer.unwrap_or_else(|error| Err(Failure::Lost(error.to_string())))
    }

    async fn ask(
        &self,
        place: &mut Option<Worker>,
        job: &[u8],
    ) -> io::Result<Result<T, Failure<E>>> {
        let (mut process, mut socket) = match place.take() {
            Some(idle) => idle,
            None => start(self.work.0)?,
        };
        // Without an answer the socket is closed, which ends the process if nothing else has.
        let asked = async move {
            let answer = exchange(&mut socket, job).await?;
            Ok::<_, io::Error>((answer, socket))
        };
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
    let image = if cfg!(target_os = "linux") {
        "/proc/self/exe".into()
    } else {
        env::current_exe()?
    };
    let mut command = Command::new(image);
    command.arg0(WORKER).arg(name);
    command.stdin(OwnedFd::from(theirs.into_std()?));
    // In a group of its own, where a terminal's Ctrl-C does not come: what becomes of the work then
    // is for the parent to say.
    command.process_group(0).kill_on_drop(true);
    Ok((command.spawn()?, ours))
}
