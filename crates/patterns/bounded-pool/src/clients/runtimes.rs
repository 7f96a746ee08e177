//! Each runtime, with as many threads as there are cores, does something as a task and waits for it.
//!
//! As a task, since whoever takes results outside, on the thread that waits for the runtime, has that thread woken for each: by
//! the system, where one task wakes another without it.

use tokio::runtime::Runtime;

/// On tokio.
pub fn tokio<F: Future<Output: Send> + Send + 'static>(future: F) -> F::Output {
    let runtime = Runtime::new().expect("the system gives its threads");
    runtime
        .block_on(runtime.spawn(future))
        .expect("what it does here does not panic")
}

/// On smol's global executor, which has as many threads as `SMOL_THREADS` says.
pub fn smol<F: Future<Output: Send> + Send + 'static>(future: F) -> F::Output {
    smol::block_on(smol::spawn(future))
}

/// On async-std.
pub fn async_std<F: Future<Output: Send> + Send + 'static>(future: F) -> F::Output {
    async_std::task::block_on(async_std::task::spawn(future))
}
