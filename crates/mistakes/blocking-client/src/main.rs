//! Runs one variant, or all of them: `cargo run --release -p blocking-client -- [VARIANT] [--requests N] [--users N]
//! [--delay-ms MS] [--period-ms MS] [--origin URL]`; or one request from a cold start, twenty times: `... -- [VARIANT]
//! --cold`

mod cold;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use blocking_client::page::Page;
use blocking_client::{
    Heartbeat, async_std, async_std_inline, async_std_spawn_blocking, smol, smol_inline, smol_unblock,
    threads, tokio, tokio_client_per_call, tokio_inline, tokio_spawn_blocking,
};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use origin::Origin;
use outcome::{Failure, Run, Threads, Work};

/// Each user's URLs in, and a heartbeat to keep; what became of each URL out.
type Browse = fn(Vec<Vec<String>>, &Arc<Heartbeat>) -> Vec<Result<Page, Failure>>;

const VARIANTS: [(&str, Browse); 11] = [
    ("threads", threads::run),
    ("tokio_inline", tokio_inline::run),
    ("tokio", tokio::run),
    ("tokio_client_per_call", tokio_client_per_call::run),
    ("tokio_spawn_blocking", tokio_spawn_blocking::run),
    ("smol_inline", smol_inline::run),
    ("smol", smol::run),
    ("smol_unblock", smol_unblock::run),
    ("async_std_inline", async_std_inline::run),
    ("async_std", async_std::run),
    ("async_std_spawn_blocking", async_std_spawn_blocking::run),
];

/// How long each body is.
const BYTES: u64 = 1024;

/// Requests from a few users beside a heartbeat: whom does a call that blocks keep waiting?
#[derive(Parser)]
struct Arguments {
    /// The variant to run; all of them if left out
    #[arg(value_parser = PossibleValuesParser::new(VARIANTS.map(|(name, _)| name)))]
    variant: Option<String>,
    /// How many requests, in all
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    requests: u64,
    /// How many users share them, each of whom sends one after the other; no more than there are requests
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    users: u64,
    /// How long the origin waits before each answer
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=600_000))]
    delay_ms: u64,
    /// How long it is from one heartbeat to the next
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    period_ms: u64,
    /// An origin that runs already, instead of one of our own
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// One request, in a small program that is started for it, twenty times one after the other
    #[arg(long, conflicts_with_all = ["requests", "users", "delay_ms", "period_ms"])]
    cold: bool,
}

fn main() -> ExitCode {
    origin::serve_if_child();
    outcome::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<()> {
    outcome::raise_open_files();
    match &arguments.variant {
        Some(variant) if arguments.cold => measure_cold(variant, arguments),
        Some(variant) => {
            let threads = threads_of(variant, users(arguments));
            outcome::guard("blocking-client", variant, arguments.requests, threads, || {
                measure(variant, arguments)
            })
        }
        None if arguments.cold => outcome::compare(&cold::VARIANTS, "answered", &cold::COLUMNS),
        None => outcome::compare(&VARIANTS.map(|(name, _)| name), "answered", &["late_p99_s", "late_max_s"]),
    }
}

fn users(arguments: &Arguments) -> u64 {
    arguments.users.min(arguments.requests)
}

/// Those that a variant starts; a pool has a thread for each call under way, up to its own limit.
fn threads_of(variant: &str, users: u64) -> Threads {
    let count = match variant {
        "threads" => users + 1,
        "tokio_spawn_blocking" => users.min(512) + 1,
        "smol_unblock" | "async_std_spawn_blocking" => users.min(500) + Threads::of_a_runtime().count,
        _ => return Threads::of_a_runtime(),
    };
    Threads { count, stack_bytes: None }
}

fn measure(variant: &str, arguments: &Arguments) -> Result<()> {
    let &Arguments { requests, delay_ms, period_ms, .. } = arguments;
    let (_, browse) = VARIANTS.into_iter().find(|(name, _)| *name == variant).context("not a variant")?;
    let origin = start_origin(arguments)?;
    let url = format!("{}/bytes/{BYTES}?delay_ms={delay_ms}", origin.url());
    // As even as can be, and all of them together are as many as were asked for.
    let share = |user| (requests + user) / users(arguments);
    let shares: Result<Vec<_>> =
        (0..users(arguments)).map(|user| Ok(vec![url.clone(); usize::try_from(share(user))?])).collect();
    let shares = shares?;
    let run = Run::start("blocking-client", variant)?;
    let heartbeat = Arc::new(Heartbeat::every(Duration::from_millis(period_ms)));
    let pages = browse(shares, &heartbeat);
    let failed: Vec<Failure> = pages.into_iter().filter_map(|page| check(page).err()).collect();
    let done = requests - failed.len() as u64;
    let mut outcome = run.finish(Work { expected: requests, done });
    let lateness = heartbeat.lateness();
    outcome.metrics.extend(lateness.metrics());
    outcome.series.insert("late_s".to_owned(), lateness.histogram);
    outcome.report_failures(&failed, "requests")
}

fn measure_cold(variant: &str, arguments: &Arguments) -> Result<()> {
    let origin = start_origin(arguments)?;
    let program = cold::program(variant)?;
    let run = Run::start("blocking-client", variant)?;
    let (pages, metrics) = cold::start_all(&program, &format!("{}/bytes/{BYTES}", origin.url()))?;
    let done = pages.into_iter().filter(|&page| check(Ok(page)).is_ok()).count() as u64;
    let mut outcome = run.finish(Work { expected: cold::STARTS, done });
    outcome.metrics.extend(metrics);
    outcome.report()
}

fn start_origin(arguments: &Arguments) -> Result<Origin> {
    Ok(arguments.origin.as_deref().map_or_else(Origin::start, Origin::at)?)
}

/// Is it the page that was asked for?
fn check(page: Result<Page, Failure>) -> Result<(), Failure> {
    match page? {
        Page { status: 200, bytes: BYTES } => Ok(()),
        Page { status: 200, bytes } => Err(format!("a body of {bytes} bytes").into()),
        Page { status, .. } => Err(format!("status {status}").into()),
    }
}
