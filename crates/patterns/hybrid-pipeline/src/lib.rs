//! Fetch many, compute on each: how does the one continue while the other does? Once for each model,
//! to be copied into other projects.

pub mod inline;
pub mod pool_per_call;
pub mod procspawn;
pub mod smol_unblock;
pub mod threads;
pub mod tokio_processes;
pub mod tokio_rayon;
pub mod tokio_spawn_blocking;
