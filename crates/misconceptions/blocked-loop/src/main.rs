//! Runs one variant, or all of them: `cargo run --release -p blocked-loop -- [VARIANT] [--clients N] [--beats N]
//! [--period-ms MS] [--steps N]`

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use blocked_loop::load::Load;
use blocked_loop::{
    Heartbeat, async_std_inline, async_std_spawn_blocking, smol_inline, smol_unblock, threads,
    tokio_block_in_place, tokio_inline, tokio_multi_thread_inline, tokio_rayon, tokio_second_runtime,
    tokio_spawn_blocking, tokio_yielding,
};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use outcome::{Run, Threads, Work, guard};

/// Clients to serve, and the heart beside them, in; all answers out.
type Serve = fn(Load, &Arc<Heartbeat>) -> Vec<u32>;

const VARIANTS: [(&str, Serve); 12] = [
    ("threads", threads::run),
    ("tokio_inline", tokio_inline::run),
    ("tokio_multi_thread_inline", tokio_multi_thread_inline::run),
    ("tokio_yielding", tokio_yielding::run),
    ("tokio_spawn_blocking", tokio_spawn_blocking::run),
    ("tokio_block_in_place", tokio_block_in_place::run),
    ("tokio_rayon", tokio_rayon::run),
    ("tokio_second_runtime", tokio_second_runtime::run),
    ("smol_inline", smol_inline::run),
    ("smol_unblock", smol_unblock::run),
    ("async_std_inline", async_std_inline::run),
    ("async_std_spawn_blocking", async_std_spawn_blocking::run),
];

/// Handlers that compute, and a heart that beats beside them: how late do its beats come?
#[derive(Parser)]
struct Arguments {
    /// The variant to run; all of them if left out
    #[arg(value_parser = PossibleValuesParser::new(VARIANTS.map(|(name, _)| name)))]
    variant: Option<String>,
    /// How many clients send one request after the other
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    clients: u64,
    /// For how many beats they send requests; what was sent is still answered
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    beats: u32,
    /// How long it is from one beat to the next, in milliseconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    period_ms: u64,
    /// How many steps a handler computes; the default takes about 200 ms
    #[arg(long, default_value_t = 100_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000_000))]
    steps: u64,
}

fn main() -> ExitCode {
    outcome::exit(measure(&Arguments::parse()))
}

fn measure(Arguments { variant, clients, beats, period_ms, steps }: &Arguments) -> Result<()> {
    let Some(variant) = variant else {
        let names = VARIANTS.map(|(name, _)| name);
        return outcome::compare(
            &names,
            "answered",
            &["late_p50_s", "late_p99_s", "late_max_s", "handlers_per_s"],
        );
    };
    let (_, serve) = VARIANTS.into_iter().find(|(name, _)| name == variant).context("not a variant")?;
    // At most: a thread for each client, and one for the heart.
    let threads = Threads { count: clients + 1, stack_bytes: None };
    guard("blocked-loop", variant, *clients, threads, || {
        let run = Run::start("blocked-loop", variant)?;
        let period = Duration::from_millis(*period_ms);
        let heartbeat = Arc::new(Heartbeat::every(period));
        let answers = serve(
            Load { clients: *clients, steps: *steps, until: Instant::now() + period * *beats },
            &heartbeat,
        );
        let answer = answers.first().copied().context("there is no answer")?;
        // Whether it is the right one is not for the program to say that has computed it: each case expects a number.
        let done = answers.iter().filter(|other| **other == answer).count() as u64;
        // Clients ask for as long as the beats last, so what was asked for is what was answered.
        let mut outcome = run.finish(Work { expected: answers.len() as u64, done });
        let lateness = heartbeat.lateness();
        outcome.metrics.extend(lateness.metrics());
        outcome.metrics.insert("handlers_per_s".to_owned(), done as f64 / outcome.elapsed_s);
        outcome.metrics.insert("answer".to_owned(), f64::from(answer));
        outcome.series.insert("late_s".to_owned(), lateness.histogram);
        outcome.report()
    })
}
