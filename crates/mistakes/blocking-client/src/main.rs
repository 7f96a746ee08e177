//! Runs one variant, or all of them: `cargo run --release -p blocking-client -- --help` lists the arguments.

mod cold;

use std::sync::Arc;
use std::time::Duration;

use blocking_client::Heartbeat;
use blocking_client::page::{Page, check};
use demo::prelude::*;

/// Each user's URLs in, and a heartbeat to keep; what became of each URL out.
type Browse = fn(Vec<Vec<String>>, &Arc<Heartbeat>) -> Vec<Result<Page, Failure>>;

const VARIANTS: [(&str, Browse); 11] = demo::variants![
    blocking_client:
    threads, tokio_inline, tokio, tokio_client_per_call, tokio_spawn_blocking, smol_inline, smol,
    smol_unblock, async_std_inline, async_std, async_std_spawn_blocking,
];

/// How long each body is.
const BYTES: u64 = 1024;

demo::arguments! {
    /// Requests from a few users beside a heartbeat: whom does a call that blocks keep waiting?
    struct Arguments {
        /// How many requests, in all
        requests: u64 = 100 in 1..=1_000_000,
        /// How many users share them, each of whom sends one after the other; no more than there are requests
        users: u64 = 10 in 1..=100_000,
        /// How long the origin waits before each answer
        delay_ms: u64 = 50 in 0..=600_000,
        /// How long it is from one heartbeat to the next
        period_ms: u64 = 2 in 1..=60_000,
        #[command(flatten)]
        origin: OriginFlag,
        /// One request, in a small program that is started for it, twenty times one after the other
        #[arg(long, conflicts_with_all = ["requests", "users", "delay_ms", "period_ms"])]
        cold: bool,
    }
}

fn main() -> ExitCode {
    origin::serve_if_child();
    outcome::raise_open_files();
    demo::main(&VARIANTS, compare, measure)
}

fn compare(all: &All<Browse>, arguments: &Arguments) -> Result<()> {
    if arguments.cold {
        return outcome::compare(&cold::VARIANTS, "answered", &cold::COLUMNS).map(drop);
    }
    all.compare("answered", &["late_p99_s", "late_max_s"])
}

fn measure(variant: &One<Browse>, arguments: &Arguments) -> Result<()> {
    if arguments.cold {
        return measure_cold(variant, &arguments.origin);
    }
    let &Arguments { requests, delay_ms, period_ms, .. } = arguments;
    let users = arguments.users.min(requests);
    variant.guard(requests, threads_of(variant.name, users), || {
        let origin = arguments.origin.start()?;
        let url = format!("{}/bytes/{BYTES}?delay_ms={delay_ms}", origin.url());
        // As even as can be, and all of them together are as many as were asked for.
        let share = |user| Ok(vec![url.clone(); usize::try_from((requests + user) / users)?]);
        let shares = (0..users).map(share).collect::<Result<_>>()?;
        let run = variant.start()?;
        let heartbeat = Arc::new(Heartbeat::every(Duration::from_millis(period_ms)));
        let pages = (variant.run)(shares, &heartbeat);
        let failed: Vec<Failure> = pages.into_iter().filter_map(|page| check(page, BYTES).err()).collect();
        let done = requests - failed.len() as u64;
        let mut outcome = run.finish(Work { expected: requests, done });
        demo::add_lateness(&mut outcome, heartbeat.lateness());
        outcome.report_failures(&failed, "requests")
    })
}

fn measure_cold(variant: &One<Browse>, origin: &OriginFlag) -> Result<()> {
    let origin = origin.start()?;
    let program = cold::program(variant.name)?;
    let run = variant.start()?;
    let (pages, metrics) = cold::start_all(&program, &format!("{}/bytes/{BYTES}", origin.url()))?;
    let done = pages.into_iter().filter(|&page| check(Ok(page), BYTES).is_ok()).count() as u64;
    let mut outcome = run.finish(Work { expected: cold::STARTS, done });
    outcome.add(metrics);
    outcome.report()
}

/// Those that a variant starts; a pool has a thread for each call in flight, up to its own limit.
fn threads_of(variant: &str, users: u64) -> Threads {
    Threads::of(match variant {
        "threads" => users + 1,
        "tokio_spawn_blocking" => users.min(512) + 1,
        "smol_unblock" | "async_std_spawn_blocking" => users.min(500) + Threads::of_a_runtime().count,
        _ => return Threads::of_a_runtime(),
    })
}
