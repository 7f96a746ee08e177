//! Runs one variant, or all of them: `cargo run --release -p lost-updates -- [VARIANT] [--workers N] [--additions N]`

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use demo::One;
use outcome::Work;

/// Workers and additions of each in, the sum that was counted out.
type Add = fn(u64, u64) -> u64;

const VARIANTS: [(&str, Add); 12] = demo::variants![
    lost_updates:
    threads_unsynchronized, threads_mutex, threads_atomic, threads_local_sums, rayon, tokio,
    tokio_await_inside, tokio_multi_thread, tokio_multi_thread_mutex, tokio_mutex, smol, async_std,
];

/// Workers add 1 to one counter: who loses updates, and what does it cost not to?
#[derive(Parser)]
struct Arguments {
    /// How many threads or tasks add
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    workers: u64,
    /// How many times each of them adds
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    additions: u64,
}

fn main() -> ExitCode {
    demo::main(&VARIANTS, |all, _| all.compare("counted", &[]), measure)
}

fn measure(variant: &One<Add>, &Arguments { workers, additions }: &Arguments) -> Result<()> {
    let run = variant.start()?;
    let (expected, done) = (workers * additions, (variant.run)(workers, additions));
    let mut outcome = run.finish(Work { expected, done });
    outcome.add([("lost", expected as f64 - done as f64)]);
    outcome.report()
}
