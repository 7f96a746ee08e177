//! Four workers each add 1 to one counter a million times. Which ways of doing so lose updates, and what do
//! the right ones cost?
//!
//! Each module is one way, whole in one file; `diff` a file with its twin to see where the models differ.

pub mod async_std;
pub mod rayon;
pub mod smol;
pub mod threads_atomic;
pub mod threads_local_sums;
pub mod threads_mutex;
pub mod threads_unsynchronized;
pub mod tokio;
pub mod tokio_await_inside;
pub mod tokio_multi_thread;
pub mod tokio_multi_thread_mutex;
pub mod tokio_mutex;
