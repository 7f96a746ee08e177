//! One handler computes for a while. Who is kept waiting by that?
//!
//! Every variant serves the same [`load`]: a few clients, each of which asks for a computation, waits for the answer and
//! asks again. Beside them beats a heart, as a task among the others, and notes how late each of its beats came.

pub mod load;
pub use workload::{Heartbeat, kernel};

pub mod threads;

pub mod tokio_block_in_place;
pub mod tokio_inline;
pub mod tokio_multi_thread_inline;
pub mod tokio_rayon;
pub mod tokio_second_runtime;
pub mod tokio_spawn_blocking;
pub mod tokio_yielding;

pub mod smol_inline;
pub mod smol_unblock;

pub mod async_std_inline;
pub mod async_std_spawn_blocking;
