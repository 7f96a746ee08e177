//! How does one keep to a rate, with many who want to go at once? Once for each model, to be taken home as one file; beside them
//! the article's way, which does not keep to it, and the crates that do.

pub mod article;
pub mod async_std;
pub mod governor;
pub mod leaky_bucket;
pub mod smol;
pub mod threads;
pub mod tokio;
