//! Where is a worker switched out, and another goes on?
//!
//! Every variant has workers that pass through a critical section again and again, and note on one [`log`] when they enter
//! it, when they leave it, and where they await inside. What others noted meanwhile was a switch.

pub mod log;
pub use workload::kernel;

pub mod threads;
pub mod threads_mutex;

pub mod tokio;
pub mod tokio_await_inside;
pub mod tokio_multi_thread;
pub mod tokio_mutex;
pub mod tokio_yield_inside;

pub mod smol;
pub mod smol_await_inside;

pub mod async_std;
pub mod async_std_await_inside;
