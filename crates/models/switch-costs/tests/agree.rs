//! Every variant does exactly what it was asked to, by the count of its own workers, and comes to an end.

use std::io;
use std::sync::mpsc::channel;
use std::thread::spawn;
use std::time::Duration;

use switch_costs::laps::Hops;
use switch_costs::spawns::Spawns;
use switch_costs::{
    channel_async_std, channel_smol, channel_threads, channel_tokio, channel_tokio_multi_thread,
    pipe_async_std, pipe_smol, pipe_threads, pipe_tokio, pipe_tokio_multi_thread, spawn_async_std,
    spawn_smol, spawn_threads, spawn_tokio, spawn_tokio_multi_thread,
};

type Channel = fn(usize, u64) -> Hops;
type Pipe = fn(usize, u64) -> io::Result<Hops>;
type Spawn = fn(usize, u64) -> Spawns;

/// Workers, rounds and what these make together: one lap of one, more than there are cores, and more than a byte counts.
const SIZES: [(usize, u64, u64); 4] = [(1, 1, 1), (3, 2, 6), (50, 10, 500), (300, 1, 300)];

/// Far longer than any of them takes: whoever has lost the byte waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a variant has done, once it has returned.
fn done<T: Send + 'static>(name: &str, demo: fn(usize, u64) -> T, workers: usize, rounds: u64) -> T {
    let (tell, told) = channel();
    spawn(move || tell.send(demo(workers, rounds)));
    told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{name} came to no end"))
}

#[test]
fn a_byte_goes_round_by_channel() {
    for (name, ring) in [
        ("threads", channel_threads::run as Channel),
        ("tokio", channel_tokio::run),
        ("tokio_multi_thread", channel_tokio_multi_thread::run),
        ("smol", channel_smol::run),
        ("async_std", channel_async_std::run),
    ] {
        for (workers, rounds, expected) in SIZES {
            let hops = done(name, ring, workers, rounds);
            assert_eq!(hops.done, expected, "{name}");
        }
    }
}

#[test]
fn a_byte_goes_round_by_pipe() {
    for (name, ring) in [
        ("threads", pipe_threads::run as Pipe),
        ("tokio", pipe_tokio::run),
        ("tokio_multi_thread", pipe_tokio_multi_thread::run),
        ("smol", pipe_smol::run),
        ("async_std", pipe_async_std::run),
    ] {
        for (workers, rounds, expected) in SIZES {
            let hops = done(name, ring, workers, rounds).unwrap();
            assert_eq!(hops.done, expected, "{name}");
            assert!(hops.time > Duration::ZERO, "{name}");
        }
    }
}

#[test]
fn all_that_are_started_are_joined() {
    for (name, spawn) in [
        ("threads", spawn_threads::run as Spawn),
        ("tokio", spawn_tokio::run),
        ("tokio_multi_thread", spawn_tokio_multi_thread::run),
        ("smol", spawn_smol::run),
        ("async_std", spawn_async_std::run),
    ] {
        for (workers, rounds, expected) in SIZES {
            let spawns = done(name, spawn, workers, rounds);
            assert_eq!(spawns.done, expected, "{name}");
        }
    }
}
