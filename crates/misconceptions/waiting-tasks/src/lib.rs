//! What does it cost to wait, a thousand and a million times at once?
//!
//! Every variant starts as many tasks as it is asked to, and all a task does is to wait. They differ in what waits: a
//! process, a thread, a task of a runtime, or no more than a timer.

pub mod gauge;

pub mod processes;
pub mod threads;
pub mod threads_small_stack;

pub mod async_std;
pub mod smol;
pub mod tokio;
pub mod tokio_joined;
