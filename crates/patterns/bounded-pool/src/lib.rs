//! How is one piece of work done for many inputs, at most so many at once?
//!
//! Every variant has the same two functions. `map` takes the inputs, the limit and the work, and returns what came of each
//! input, in their order; `stream` hands out the same as it comes. What they are measured with is in [`clients`].

pub mod threads;

pub mod tokio;

pub mod smol;

pub mod async_std;

pub mod buffer_unordered;

pub mod rayon;

pub mod clients;
