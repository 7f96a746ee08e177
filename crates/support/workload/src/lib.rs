//! A computation that keeps a core busy, and a heartbeat beside it that shows what was kept waiting meanwhile.

#![warn(missing_docs)]

mod heartbeat;
pub mod kernel;

pub use heartbeat::{Heartbeat, Lateness};
