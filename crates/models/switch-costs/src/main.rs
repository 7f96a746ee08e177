//! Runs one variant, or all of them: `cargo run --release -p switch-costs -- --help` lists the arguments.

use std::io;

use anyhow::Error;
use demo::prelude::*;
use outcome::Refused;
use switch_costs::laps::Hops;
use switch_costs::spawns::Spawns;

/// How many workers and rounds in, what was done and how long it took out.
#[derive(Clone, Copy)]
enum Demo {
    Channel(fn(usize, u64) -> Hops),
    Pipe(fn(usize, u64) -> io::Result<Hops>),
    Spawn(fn(usize, u64) -> Spawns),
}

use Demo::{Channel, Pipe, Spawn};

const VARIANTS: [(&str, Demo); 15] = demo::variants![
    switch_costs:
    Channel(channel_threads, channel_tokio, channel_tokio_multi_thread, channel_smol, channel_async_std),
    Pipe(pipe_threads, pipe_tokio, pipe_tokio_multi_thread, pipe_smol, pipe_async_std),
    Spawn(spawn_threads, spawn_tokio, spawn_tokio_multi_thread, spawn_smol, spawn_async_std),
];

demo::arguments! {
    /// Workers that only pass a byte on, or do nothing at all: what does a switch cost, and what a start?
    struct Arguments {
        /// How many workers stand in the ring, or are started in a round
        workers: u64 = 500 in 1..=100_000,
        /// How often the byte goes round, or all workers are started
        rounds: u64 = 50 in 1..=10_000_000,
    }
}

fn main() -> ExitCode {
    outcome::raise_open_files();
    let metrics = ["hop_s", "switches_per_hop", "spawn_s", "join_s"];
    demo::main(&VARIANTS, |all, _| all.compare("done", &metrics), measure)
}

fn measure(variant: &One<Demo>, &Arguments { workers, rounds }: &Arguments) -> Result<()> {
    let expected = workers * rounds;
    variant.guard(expected, variant.threads(workers), || {
        let run = variant.start()?;
        let workers = usize::try_from(workers)?;
        // What was done, by how many the times are divided, and the times.
        let hops = |Hops { done, all, time }| (done, all, vec![("hop_s", time)]);
        let (done, all, times) = match variant.run {
            Channel(ring) => hops(ring(workers, rounds)),
            Pipe(ring) => hops(ring(workers, rounds).map_err(with_limit)?),
            Spawn(round) => {
                let Spawns { done, spawning: start, joining: join } = round(workers, rounds);
                (done, done, vec![("spawn_s", start), ("join_s", join), ("spawn_and_join_s", start + join)])
            }
        };
        let mut outcome = run.finish(Work { expected, done });
        outcome.add(times.into_iter().map(|(name, time)| (name, time.as_secs_f64() / all as f64)));
        if outcome.metrics.contains_key("hop_s") {
            let switches = outcome.switches.voluntary + outcome.switches.involuntary;
            outcome.add([("switches_per_hop", switches as f64 / all as f64)]);
        }
        outcome.report()
    })
}

/// An error with the name of the limit of the system that was behind it, if one was.
fn with_limit(error: io::Error) -> Error {
    let limit =
        Refused::by(&error, 0).map_or(String::new(), |refused| format!(" (the limit is {})", refused.limit));
    Error::new(error).context(format!("the byte did not go round{limit}"))
}
