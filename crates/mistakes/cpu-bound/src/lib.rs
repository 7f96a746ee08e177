//! Four equal computations, and more than one core. Which model has them done in parallel, and what does that cost?
//!
//! Each module is one way, whole in one file but for the computation and the heartbeat, which all share. The heart shows
//! what else the same program could have done meanwhile: it beats on the runtime that computes, where that has one.

pub use workload::{Heartbeat, kernel};

pub mod serial;

pub mod rayon;
pub mod threads;

pub mod async_std;
pub mod smol;
pub mod tokio_multi_thread;
pub mod tokio_yielding;

pub mod processes;
pub mod serial_processes;
