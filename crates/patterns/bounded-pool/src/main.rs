//! Runs one variant, or all of them: `cargo run --release -p bounded-pool -- [VARIANT] [--requests N] [--limit N] [--bytes B]
//! [--delay-ms MS] [--timeout-ms MS] [--deadline-ms MS] [--hyper] [--runtime-threads N] [--origin URL]`; fetches a list: `... -- [VARIANT] --urls FILE`; or
//! measures the pool alone, with work that does nothing: `... -- [VARIANT] --inputs N [--stream]`

mod alone;
mod load;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use bounded_pool::clients::{self, Download};
use clap::Parser;
use demo::fetch::OriginFlag;
use demo::{All, One};
use outcome::Threads;

/// What fetches, the same with hyper alone where it would with reqwest, and the pool alone.
type Pool = (Download, Download, alone::Pool);

const VARIANTS: [(&str, Pool); 6] = [
    (
        "threads",
        (clients::threads, clients::threads, alone::threads),
    ),
    (
        "tokio",
        (clients::tokio, clients::tokio_hyper, alone::tokio),
    ),
    ("smol", (clients::smol, clients::smol, alone::smol)),
    (
        "async_std",
        (clients::async_std, clients::async_std, alone::async_std),
    ),
    (
        "buffer_unordered",
        (
            clients::buffer_unordered,
            clients::buffer_unordered_hyper,
            alone::buffer_unordered,
        ),
    ),
    ("rayon", (clients::rayon, clients::rayon, alone::rayon)),
];

/// Many inputs, at most so many at once: what does each model take for it?
#[derive(Parser)]
struct Arguments {
    /// How many requests
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    requests: u64,
    /// How many are worked on at once
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    limit: u64,
    /// How long each body is
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    bytes: u64,
    /// How long the origin waits before each answer
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=600_000))]
    delay_ms: u64,
    /// How long a request may take
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    timeout_ms: u64,
    /// How long all of it may take
    #[arg(long, default_value_t = 600_000, value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    deadline_ms: u64,
    /// Fetches with hyper alone where it would with reqwest
    #[arg(long)]
    hyper: bool,
    /// How many threads the runtime has; one for each core if left out
    #[arg(long, value_name = "N")]
    runtime_threads: Option<NonZeroUsize>,
    #[command(flatten)]
    origin: OriginFlag,
    /// Fetches the URLs in this file, one a line, and prints what became of each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["requests", "bytes", "delay_ms", "origin"])]
    urls: Option<PathBuf>,
    /// Measures the pool alone, with so many inputs and work that does nothing
    #[arg(long, value_name = "N", conflicts_with_all = ["requests", "bytes", "delay_ms", "timeout_ms", "deadline_ms", "hyper", "urls"])]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    inputs: Option<u64>,
    /// Takes the results as they come, and keeps none
    #[arg(long, requires = "inputs")]
    stream: bool,
}

fn main() -> ExitCode {
    origin::serve_if_child();
    demo::main(&VARIANTS, compare, measure)
}

fn compare(all: &All<Pool>, arguments: &Arguments) -> Result<()> {
    outcome::raise_open_files();
    let metric = if arguments.inputs.is_some() {
        "input_s"
    } else {
        "requests_per_s"
    };
    all.compare("done", &[metric])
}

fn measure(variant: &One<Pool>, arguments: &Arguments) -> Result<()> {
    outcome::raise_open_files();
    if let Some(file) = &arguments.urls {
        return load::list(variant, file, arguments);
    }
    let is_threads = ["threads", "rayon"].contains(&variant.name);
    let threads = if is_threads {
        Threads::of(arguments.limit)
    } else {
        Threads::of_a_runtime()
    };
    let expected = arguments.inputs.unwrap_or(arguments.requests);
    variant.guard(expected, threads, || match arguments.inputs {
        Some(inputs) => load::alone(variant, inputs, arguments),
        None => load::requests(variant, arguments),
    })
}
