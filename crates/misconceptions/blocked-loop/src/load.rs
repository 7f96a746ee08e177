//! What all variants serve, and with how many threads those that compute on several do so.

use std::time::{Duration, Instant};

/// The threads of each runtime or pool that has several: as few as show what two handlers at once do to it, on any
/// machine.
pub const WORKERS: usize = 2;

/// How long a client takes from one answer to its next request. Here a real handler would read and write.
pub const BETWEEN: Duration = Duration::from_millis(1);

/// Clients, each of which sends one request after the other.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub clients: u64,
    /// How many steps of the [`kernel`](super::kernel) an answer takes.
    pub steps: u64,
    /// No request is sent from here on, but each client sends one at least.
    pub until: Instant,
}
