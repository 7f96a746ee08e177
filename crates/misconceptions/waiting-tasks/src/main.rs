//! Runs one variant, or all of them: `cargo run --release -p waiting-tasks -- --help` lists the arguments.

use std::env;
use std::time::Duration;

use anyhow::{Context, bail};
use demo::prelude::*;
use waiting_tasks::threads_small_stack::STACK_BYTES;
use waiting_tasks::{async_std, gauge, processes, smol, threads, threads_small_stack, tokio, tokio_joined};

/// How many tasks, and how long each of them waits, in; how many did, out.
type Wait = fn(u64, Duration) -> Result<u64>;

const VARIANTS: [(&str, Wait); 7] = [
    ("threads", |tasks, time| Ok(threads::run(tasks, time))),
    ("threads_small_stack", |tasks, time| Ok(threads_small_stack::run(tasks, time))),
    ("tokio", |tasks, time| Ok(tokio::run(tasks, time))),
    ("tokio_joined", |tasks, time| Ok(tokio_joined::run(tasks, time))),
    ("smol", |tasks, time| Ok(smol::run(tasks, time))),
    ("async_std", |tasks, time| Ok(async_std::run(tasks, time))),
    ("processes", |tasks, time| processes::run(tasks, time).context("cannot start a process")),
];

/// More processes than this teach nothing, and may take the machine down.
const MOST_PROCESSES: u64 = 100;

demo::arguments! {
    /// Tasks that only wait, all at once: what does each of them cost?
    struct Arguments {
        /// How many tasks wait at once
        tasks: u64 = 10_000 in 1..=10_000_000,
        /// How long each of them waits, in milliseconds: longer than it takes to start them all
        wait_ms: u64 = 2_000 in 1..=600_000,
    }
}

fn main() -> ExitCode {
    processes::wait_if_child();
    demo::main(&VARIANTS, compare, measure)
}

fn compare(all: &All<Wait>, arguments: &Arguments) -> Result<()> {
    if arguments.tasks <= MOST_PROCESSES {
        return all.compare("waited", &[]);
    }
    eprintln!("processes are left out: they go up to {MOST_PROCESSES} tasks");
    all.without("processes").compare("waited", &[])
}

fn measure(variant: &One<Wait>, &Arguments { tasks, wait_ms }: &Arguments) -> Result<()> {
    if variant.name == "processes" && tasks > MOST_PROCESSES {
        bail!("processes go up to {MOST_PROCESSES} tasks, not {tasks}: ask for fewer with --tasks");
    }
    let threads = match variant.name {
        "processes" => Threads::of(tasks),
        "threads_small_stack" => Threads { stack_bytes: Some(STACK_BYTES), ..Threads::of(tasks) },
        _ => variant.threads(tasks),
    };
    variant.guard(tasks, threads, || {
        let run = variant.start()?;
        gauge::start();
        let done = (variant.run)(tasks, Duration::from_millis(wait_ms))?;
        let mut outcome = run.finish(Work { expected: tasks, done });
        let gauge = gauge::read();
        // Where the outcome is read, its figures show it.
        if gauge.most < tasks && env::var_os("OUTCOME_FILE").is_none() {
            eprintln!("no more than {} waited at once: ask for a longer wait with --wait-ms", gauge.most);
        }
        outcome.add([("waiting_at_once", gauge.most as f64), ("start_s", gauge.last_arrival.as_secs_f64())]);
        outcome.report()
    })
}
