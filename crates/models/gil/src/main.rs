//! Runs one variant, or all of them: `cargo run --release -p gil -- --help` lists the arguments.

use std::time::Duration;

use demo::prelude::*;
use gil::jobs::Jobs;
use gil::lane::Lane;
use gil::{hand_over, serial, serial_processes, threads, threads_without, tokio, tokio_spawn_blocking};

/// What there is to do in; what each worker has found or how often it has waited, and what it did when, out.
type Demo = fn(Jobs) -> Result<(Vec<u64>, Vec<Lane>)>;

const VARIANTS: [(&str, Demo); 6] = [
    ("serial", |jobs| Ok(serial::run(jobs))),
    ("threads", |jobs| Ok(threads::run(jobs))),
    ("threads_without", |jobs| Ok(threads_without::run(jobs))),
    ("tokio", |jobs| Ok(tokio::run(jobs))),
    ("tokio_spawn_blocking", |jobs| Ok(tokio_spawn_blocking::run(jobs))),
    ("serial_processes", |jobs| Ok((serial_processes::run(jobs)?, vec![]))),
];

/// What the series tell of each worker.
const KINDS: Kinds =
    &[("runs", "runs"), ("asks", "asks for the lock"), ("waits", "waits for something else")];

demo::arguments! {
    /// A model of Python's lock: what do threads and coroutines gain under it?
    struct Arguments {
        /// How many workers compute
        computing: u64 = 4 in 0..=256,
        /// How many steps each of these computes, of about two nanoseconds
        steps: u64 = 20_000_000 in 0..,
        /// How many workers wait
        waiting: u64 = 0 in 0..=256,
        /// How often each of these waits
        waits: u64 = 10 in 0..=10_000,
        /// How long it waits each time, in milliseconds
        wait_ms: u64 = 10 in 0..=60_000,
    }
}

fn main() -> ExitCode {
    serial_processes::work_if_child();
    let metrics = ["computing_s", "waiting_s", "asks_s", "idle_s", "handovers"];
    demo::main(&VARIANTS, |all, _| all.draw("workers", &metrics, KINDS), measure)
}

fn measure(variant: &One<Demo>, arguments: &Arguments) -> Result<()> {
    let &Arguments { computing, steps, waiting, waits, wait_ms } = arguments;
    outcome::raise_open_files();
    let jobs = Jobs { computing, waiting, steps, waits, each: Duration::from_millis(wait_ms) };
    let workers = computing + waiting;
    variant.guard(workers, Threads::of(workers), || {
        let run = variant.start()?;
        let (answers, lanes) = (variant.run)(jobs)?;
        let (found, waited) = answers.split_at(usize::try_from(computing)?);
        // Whether it is the right one is not for the program to say that has computed it: each case expects a number.
        let agree = found.iter().filter(|answer| **answer == found[0]).count();
        let done = agree + waited.iter().filter(|times| **times == waits).count();
        let mut outcome = run.finish(Work { expected: workers, done: done as u64 });
        outcome.add(found.first().map(|answer| ("answer", *answer as f64)));
        outcome.metrics.extend(hand_over::metrics(&lanes, found.len(), waited.len()));
        outcome.series.extend(hand_over::series(&lanes, answers.len()));
        demo::report_drawn(outcome, KINDS)
    })
}
