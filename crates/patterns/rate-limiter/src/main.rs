//! Runs one variant, or all of them: `cargo run --release -p rate-limiter -- [VARIANT] [--amount N] [--per-ms MS] [--burst N]`, and
//! - many callers at once: `[--callers N] [--each N] [--for-ms MS] [--half-give-up]`,
//! - a caller who never has to wait: `--alone N`,
//! - requests of the origin, which counts them: `--requests N [--origin URL]`.
//!
//! `--runtime-threads N` gives the runtimes so many threads.

mod load;

use std::num::{NonZeroU32, NonZeroUsize};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use demo::fetch::OriginFlag;
use demo::{All, One};
use outcome::Threads;

use load::limiters::{self, Asked};

type Measure = fn(Asked) -> Result<()>;

const VARIANTS: [(&str, Measure); 7] = [
    ("threads", limiters::on_threads),
    ("tokio", limiters::on_tokio),
    ("smol", limiters::on_smol),
    ("async_std", limiters::on_async_std),
    ("article", limiters::as_in_the_article),
    ("governor", limiters::by_governor),
    ("leaky_bucket", limiters::by_leaky_bucket),
];

/// Callers who may go on at a rate only: who keeps to it, in what order, and at what cost?
#[derive(Parser)]
struct Arguments {
    /// How many are let through in each period
    #[arg(long, default_value = "10")]
    amount: NonZeroU32,
    /// How long the period is
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    per_ms: u64,
    /// How many are let through at once after a pause
    #[arg(long, default_value = "1")]
    burst: NonZeroU32,
    /// How many ask at once
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    callers: u64,
    /// How often each of them does, one time after the other
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    each: u64,
    /// When all give up who wait then; never if left out
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    for_ms: Option<u64>,
    /// Every second caller gives up, at some moment before half of them could have been let through
    #[arg(long, conflicts_with = "for_ms")]
    half_give_up: bool,
    /// Measures a caller who never has to wait, so many times
    #[arg(long, value_name = "N", conflicts_with_all = ["callers", "each", "for_ms", "half_give_up", "requests"])]
    alone: Option<NonZeroU32>,
    /// Makes so many requests, each once it is let through
    #[arg(long, value_name = "N", conflicts_with_all = ["callers", "each", "for_ms", "half_give_up"])]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    requests: Option<u64>,
    #[command(flatten)]
    origin: OriginFlag,
    /// How many threads the runtime has; one for each core if left out
    #[arg(long, value_name = "N")]
    runtime_threads: Option<NonZeroUsize>,
}

fn main() -> ExitCode {
    origin::serve_if_child();
    demo::main(&VARIANTS, compare, measure)
}

fn compare(all: &All<Measure>, arguments: &Arguments) -> Result<()> {
    outcome::raise_open_files();
    if arguments.alone.is_some() {
        let metrics = ["acquire_s", "try_acquire_s"];
        return all.without("article").compare("let in", &metrics);
    }
    all.compare(
        "let in",
        &["most_in_a_period", "overtaken", "ideal_per_actual"],
    )
}

fn measure(variant: &One<Measure>, arguments: &Arguments) -> Result<()> {
    outcome::raise_open_files();
    let &Arguments {
        alone,
        requests,
        callers,
        ..
    } = arguments;
    let threads = match variant.name {
        "threads" => Threads::of(requests.unwrap_or(callers)),
        _ => Threads::of_a_runtime(),
    };
    let expected = alone.map(|times| times.get().into()).or(requests);
    let expected = expected.unwrap_or_else(|| arguments.crowd().expected());
    let asked = Asked {
        variant: variant.name,
        arguments,
    };
    variant.guard(expected, threads, || (variant.run)(asked))
}
