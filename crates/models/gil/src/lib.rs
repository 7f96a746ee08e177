//! What do threads and coroutines gain where a thread needs a lock to run, as in Python?
//!
//! Everything here is a model. The lock in [`gil`] behaves like Python's, and what runs under it is Rust. Each module is
//! one way to do the same [`jobs`], whole in one file but for these, the lock, and the [`lane`] on which each worker notes
//! when it runs, asks for the lock, and waits for something else; [`hand_over`] says what all lanes tell together.

pub mod gil;
pub mod hand_over;
pub mod jobs;
pub mod lane;
pub use workload::kernel;

pub mod serial;

pub mod threads;
pub mod threads_without;

pub mod tokio;
pub mod tokio_spawn_blocking;

pub mod serial_processes;
