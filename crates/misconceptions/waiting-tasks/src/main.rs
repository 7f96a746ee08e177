//! Runs one variant, or all of them: `cargo run --release -p waiting-tasks -- [VARIANT] [--tasks N] [--wait-ms MS]`

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use outcome::{Run, Threads, Work, guard};
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

/// Tasks that only wait, all at once: what does each of them cost?
#[derive(Parser)]
struct Arguments {
    /// The variant to run; all of them if left out
    #[arg(value_parser = PossibleValuesParser::new(VARIANTS.map(|(name, _)| name)))]
    variant: Option<String>,
    /// How many tasks wait at once
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    tasks: u64,
    /// How long each of them waits, in milliseconds: longer than it takes to start them all
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    wait_ms: u64,
}

fn main() -> ExitCode {
    processes::wait_if_child();
    outcome::exit(measure(&Arguments::parse()))
}

fn measure(Arguments { variant, tasks, wait_ms }: &Arguments) -> Result<()> {
    let (&tasks, time) = (tasks, Duration::from_millis(*wait_ms));
    let Some(variant) = variant else {
        let mut names = VARIANTS.map(|(name, _)| name).to_vec();
        if tasks > MOST_PROCESSES {
            eprintln!("processes are left out: they go up to {MOST_PROCESSES} tasks");
            names.retain(|name| *name != "processes");
        }
        return outcome::compare(&names, "waited", &[]);
    };
    let is_too_many = variant == "processes" && tasks > MOST_PROCESSES;
    ensure!(
        !is_too_many,
        "processes go up to {MOST_PROCESSES} tasks, not {tasks}: ask for fewer with --tasks"
    );
    let (_, wait) = VARIANTS.into_iter().find(|(name, _)| name == variant).context("not a variant")?;
    guard("waiting-tasks", variant, tasks, threads_of(variant, tasks), || {
        let run = Run::start("waiting-tasks", variant)?;
        gauge::start();
        let done = wait(tasks, time)?;
        let mut outcome = run.finish(Work { expected: tasks, done });
        let gauge = gauge::read();
        // Whoever reads the outcome sees it there.
        if gauge.most < tasks && env::var_os("OUTCOME_FILE").is_none() {
            eprintln!("no more than {} waited at once: ask for a longer wait with --wait-ms", gauge.most);
        }
        outcome.metrics.insert("waiting_at_once".to_owned(), gauge.most as f64);
        outcome.metrics.insert("start_s".to_owned(), gauge.last_arrival.as_secs_f64());
        outcome.report()
    })
}

/// Those that a variant starts.
fn threads_of(variant: &str, tasks: u64) -> Threads {
    match variant {
        "threads" | "processes" => Threads { count: tasks, stack_bytes: None },
        "threads_small_stack" => {
            Threads { count: tasks, stack_bytes: Some(threads_small_stack::STACK_BYTES) }
        }
        _ => Threads::of_a_runtime(),
    }
}
