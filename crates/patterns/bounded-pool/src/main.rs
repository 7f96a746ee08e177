//! Runs one variant, or all of them: `cargo run --release -p bounded-pool -- --help` lists the arguments.

mod alone;
mod load;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use bounded_pool::clients::{self, Download};
use demo::prelude::*;

/// What fetches, the same with hyper alone where it would with reqwest, and the pool alone.
type Pool = (Download, Download, alone::Pool);

#[rustfmt::skip] // It is a table.
const VARIANTS: [(&str, Pool); 6] = [
    ("threads", (clients::threads, clients::threads, alone::threads)),
    ("tokio", (clients::tokio, clients::tokio_hyper, alone::tokio)),
    ("smol", (clients::smol, clients::smol, alone::smol)),
    ("async_std", (clients::async_std, clients::async_std, alone::async_std)),
    ("buffer_unordered", (clients::buffer_unordered, clients::buffer_unordered_hyper, alone::buffer_unordered)),
    ("rayon", (clients::rayon, clients::rayon, alone::rayon)),
];

demo::arguments! {
    /// Many inputs, at most so many at once: what does each model take for it?
    struct Arguments {
        /// How many requests
        requests: u64 = 1000 in 1..=1_000_000,
        /// How many are worked on at once
        limit: u64 = 50 in 1..=100_000,
        /// How long each body is
        bytes: u64 = 1024 in 0..=1_000_000_000,
        /// How long the origin waits before each answer
        delay_ms: u64 = 20 in 0..=600_000,
        /// How long a request may take
        timeout_ms: u64 = 30_000 in 1..=600_000,
        /// How long all of it may take
        deadline_ms: u64 = 600_000 in 1..=86_400_000,
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
}

fn main() -> ExitCode {
    origin::serve_if_child();
    outcome::raise_open_files();
    demo::main(&VARIANTS, compare, measure)
}

fn compare(all: &All<Pool>, arguments: &Arguments) -> Result<()> {
    let metric = arguments.inputs.map_or("requests_per_s", |_| "input_s");
    all.compare("done", &[metric])
}

fn measure(variant: &One<Pool>, arguments: &Arguments) -> Result<()> {
    if let Some(file) = &arguments.urls {
        return load::list(variant, file, arguments);
    }
    let threads = match variant.name {
        "rayon" => Threads::of(arguments.limit),
        _ => variant.threads(arguments.limit),
    };
    let expected = arguments.inputs.unwrap_or(arguments.requests);
    variant.guard(expected, threads, || match arguments.inputs {
        Some(inputs) => load::alone(variant, inputs, arguments),
        None => load::requests(variant, arguments),
    })
}
