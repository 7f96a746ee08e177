//! A client that blocks is called where many tasks share one thread. Who waits for it, and what helps?
//!
//! Each module is one way, whole in one file but for [`page`] and [`request`], which all share; `diff` a file with its
//! twin to see where the models differ. Beside them beats a heart, a task or a thread that is due every few
//! milliseconds and does nothing else, and notes how late each of its beats came.

pub use workload::Heartbeat;

// The same clients as there, with the same pages.
#[path = "../../mass-download/src/page.rs"]
pub mod page;
#[path = "../../mass-download/src/request.rs"]
pub mod request;

pub mod threads;

pub mod tokio;
pub mod tokio_client_per_call;
pub mod tokio_inline;
pub mod tokio_spawn_blocking;

pub mod smol;
pub mod smol_inline;
pub mod smol_unblock;

pub mod async_std;
pub mod async_std_inline;
pub mod async_std_spawn_blocking;
