//! How many threads the runtimes have.

use std::num::NonZeroUsize;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{env, thread};

/// The variables by which tokio, smol and async-std are told.
const VARIABLES: [&str; 3] = ["TOKIO_WORKER_THREADS", "SMOL_THREADS", "ASYNC_STD_THREAD_COUNT"];

/// Gives tokio's, smol's and async-std's runtime as many threads as are `asked` for; else one for each core, unless the environment says
/// otherwise. smol's by itself has one.
///
/// A runtime looks for that in its environment, which a program cannot safely change while it runs: so this one may begin anew.
/// Call it first in `main`.
pub fn give_runtimes_their_threads(asked: Option<NonZeroUsize>) {
    let is_set = |name: &&str| {
        env::var(name).is_ok_and(|value| asked.is_none_or(|threads| value == threads.to_string()))
    };
    let unset: Vec<_> = VARIABLES.into_iter().filter(|name| !is_set(name)).collect();
    if unset.is_empty() {
        return;
    }
    let threads = asked.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let mut anew = Command::new(env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into()));
    anew.args(env::args_os().skip(1)).envs(unset.into_iter().map(|name| (name, threads.to_string())));
    eprintln!(
        "the runtimes choose how many threads they have: the program cannot begin anew: {}",
        anew.exec()
    );
}
