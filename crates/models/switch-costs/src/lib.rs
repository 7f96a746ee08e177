//! What does a switch from one worker to the next cost, and what does a worker cost to start?
//!
//! Workers stand in a ring and a byte goes round: each waits for it, adds 1 and passes it on, so that a hop is one switch
//! and little else. Between neighbours there is a channel, or a pipe of the system. The third group only starts workers
//! that do nothing, and joins them.

pub mod laps;
pub mod spawns;

pub mod channel_async_std;
pub mod channel_smol;
pub mod channel_threads;
pub mod channel_tokio;
pub mod channel_tokio_multi_thread;

pub mod pipe_async_std;
pub mod pipe_smol;
pub mod pipe_threads;
pub mod pipe_tokio;
pub mod pipe_tokio_multi_thread;

pub mod spawn_async_std;
pub mod spawn_smol;
pub mod spawn_threads;
pub mod spawn_tokio;
pub mod spawn_tokio_multi_thread;
