//! Runs one variant, or all of them: `cargo run --release -p bounded-pool -- [VARIANT] [--requests N] [--limit N] [--bytes B]
//! [--delay-ms MS] [--timeout-ms MS] [--deadline-ms MS] [--hyper] [--runtime-threads N] [--origin URL]`; fetches a list: `... -- [VARIANT] --urls FILE`; or
//! measures the pool alone, with work that does nothing: `... -- [VARIANT] --inputs N [--stream]`

mod alone;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bounded_pool::clients::{self, Download, FetchError, Time};
use clap::Parser;
use demo::fetch::{self, OriginFlag};
use demo::{All, One};
use outcome::{Failure, Threads, Work};

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

impl Arguments {
    fn limit(&self) -> NonZeroUsize {
        let limit = usize::try_from(self.limit).ok();
        limit
            .and_then(NonZeroUsize::new)
            .unwrap_or(NonZeroUsize::MIN)
    }

    /// Begins now.
    fn download(
        &self,
        (usual, with_hyper, _): Pool,
        urls: Vec<String>,
    ) -> Vec<Result<Vec<u8>, FetchError>> {
        let until = Instant::now() + Duration::from_millis(self.deadline_ms);
        let time = Time {
            each: Duration::from_millis(self.timeout_ms),
            until,
        };
        let download = if self.hyper { with_hyper } else { usual };
        download(urls, self.limit(), time)
    }
}

fn main() -> ExitCode {
    origin::serve_if_child();
    demo::main(&VARIANTS, compare, measure)
}

fn compare(all: All<Pool>, arguments: &Arguments) -> Result<()> {
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
        return fetch_list(variant, file, arguments);
    }
    let is_threads = ["threads", "rayon"].contains(&variant.name);
    let threads = if is_threads {
        Threads::of(arguments.limit)
    } else {
        Threads::of_a_runtime()
    };
    let expected = arguments.inputs.unwrap_or(arguments.requests);
    variant.guard(expected, threads, || match arguments.inputs {
        Some(inputs) => measure_alone(variant, inputs, arguments),
        None => measure_requests(variant, arguments),
    })
}

fn measure_alone(variant: &One<Pool>, inputs: u64, arguments: &Arguments) -> Result<()> {
    let (.., pool) = variant.run;
    let run = variant.start()?;
    let done = pool(inputs, arguments.limit(), arguments.stream);
    let mut outcome = run.finish(Work {
        expected: inputs,
        done,
    });
    outcome.add([("input_s", outcome.elapsed_s / inputs as f64)]);
    outcome.report()
}

fn measure_requests(variant: &One<Pool>, arguments: &Arguments) -> Result<()> {
    let &Arguments {
        requests,
        bytes,
        delay_ms,
        ..
    } = arguments;
    let origin = arguments.origin.start()?;
    let url = format!("{}/bytes/{bytes}?delay_ms={delay_ms}", origin.url());
    let urls = vec![url; usize::try_from(requests)?];
    let asked: Vec<u8> = (0..bytes).map(origin::byte).collect();
    let run = variant.start()?;
    let started = Instant::now();
    let pages = arguments.download(variant.run, urls);
    // What follows, the look at each page, is none of the fetching.
    let fetching = started.elapsed().as_secs_f64();
    let failed = pages
        .into_iter()
        .filter_map(|page| check(page, &asked).err());
    let failed: Vec<Failure> = failed.collect();
    let done = requests - failed.len() as u64;
    let mut outcome = run.finish(Work {
        expected: requests,
        done,
    });
    outcome.add([("requests_per_s", done as f64 / fetching)]);
    outcome.report_failures(&failed, "requests")
}

/// Is it the page that was asked for?
fn check(page: Result<Vec<u8>, FetchError>, asked: &[u8]) -> Result<(), Failure> {
    match page? {
        page if page == asked => Ok(()),
        page => Err(format!("another body, of {} bytes", page.len()).into()),
    }
}

fn fetch_list(variant: &One<Pool>, file: &Path, arguments: &Arguments) -> Result<()> {
    let with_hyper = arguments.hyper || ["smol", "async_std"].contains(&variant.name);
    let check = |url: &str| {
        if url.starts_with("https:") && (with_hyper || !cfg!(feature = "tls")) {
            bail!("{url} is https, which takes `--features tls`, and ureq or reqwest");
        }
        Ok(())
    };
    let told = |page: Result<Vec<u8>, FetchError>| Ok(format!("{:>12}", page?.len()));
    let download = |urls| {
        arguments
            .download(variant.run, urls)
            .into_iter()
            .map(told)
            .collect()
    };
    fetch::list(
        variant.name,
        file,
        check,
        download,
        ("      failed", "requests"),
    )
}
