//! Ten thousand downloads, all started at once. What does a thread for each cost, and what does a task?
//!
//! Each module is one way, whole in one file but for [`page`] and [`request`], which all share; `diff` a file with its
//! twin to see where the models differ.

pub mod async_std;
pub mod floor;
pub mod hyper;
pub mod page;
pub mod request;
pub mod smol;
pub mod threads;
pub mod threads_small_buffers;
pub mod tokio;
