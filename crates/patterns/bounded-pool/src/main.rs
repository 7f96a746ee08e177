//! Runs one variant, or all of them: `cargo run --release -p bounded-pool -- [VARIANT] [--requests N] [--limit N] [--bytes B]
//! [--delay-ms MS] [--timeout-ms MS] [--deadline-ms MS] [--hyper] [--runtime-threads N] [--origin URL]`; fetches a list: `... -- [VARIANT] --urls FILE`; or
//! measures the pool alone, with work that does nothing: `... -- [VARIANT] --inputs N [--stream]`

mod alone;

use std::fs;
use std::io::{Write, stdout};
use std::iter::zip;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bounded_pool::clients::{self, Download, FetchError, Time};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use origin::Origin;
use outcome::{Failure, Run, Threads, Work, causes, tell};

const VARIANTS: [(&str, Download, alone::Pool); 6] = [
    ("threads", clients::threads, alone::threads),
    ("tokio", clients::tokio, alone::tokio),
    ("smol", clients::smol, alone::smol),
    ("async_std", clients::async_std, alone::async_std),
    (
        "buffer_unordered",
        clients::buffer_unordered,
        alone::buffer_unordered,
    ),
    ("rayon", clients::rayon, alone::rayon),
];

/// Many inputs, at most so many at once: what does each model take for it?
#[derive(Parser)]
struct Arguments {
    /// The variant to run; all of them if left out, and tokio for --urls
    #[arg(value_parser = PossibleValuesParser::new(VARIANTS.map(|(name, ..)| name)))]
    variant: Option<String>,
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
    /// An origin that runs already, instead of one of our own
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
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
    let arguments = Arguments::parse();
    outcome::give_runtimes_their_threads(arguments.runtime_threads);
    outcome::exit(run(&arguments))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    outcome::raise_open_files();
    match (&arguments.variant, &arguments.urls) {
        (variant, Some(file)) => fetch(variant.as_deref().unwrap_or("tokio"), file, arguments),
        (None, None) => {
            let metric = if arguments.inputs.is_some() {
                "input_s"
            } else {
                "requests_per_s"
            };
            outcome::compare(&VARIANTS.map(|(name, ..)| name), "done", &[metric])
        }
        (Some(variant), None) => {
            let threads = if ["threads", "rayon"].contains(&&**variant) {
                Threads {
                    count: arguments.limit,
                    stack_bytes: None,
                }
            } else {
                Threads::of_a_runtime()
            };
            let expected = arguments.inputs.unwrap_or(arguments.requests);
            outcome::guard("bounded-pool", variant, expected, threads, || {
                measure(variant, arguments)
            })
        }
    }
}

impl Arguments {
    fn limit(&self) -> NonZeroUsize {
        usize::try_from(self.limit)
            .ok()
            .and_then(NonZeroUsize::new)
            .unwrap_or(NonZeroUsize::MIN)
    }

    /// From now on.
    fn time(&self) -> Time {
        let until = Instant::now() + Duration::from_millis(self.deadline_ms);
        Time {
            each: Duration::from_millis(self.timeout_ms),
            until,
        }
    }
}

fn find(variant: &str, hyper: bool) -> anyhow::Result<(Download, alone::Pool)> {
    let found = VARIANTS.into_iter().find(|(name, ..)| *name == variant);
    let (_, download, pool) = found.context("not a variant")?;
    let download = match variant {
        "tokio" if hyper => clients::tokio_hyper,
        "buffer_unordered" if hyper => clients::buffer_unordered_hyper,
        _ => download,
    };
    Ok((download, pool))
}

fn measure(variant: &str, arguments: &Arguments) -> anyhow::Result<()> {
    let (download, pool) = find(variant, arguments.hyper)?;
    let Some(inputs) = arguments.inputs else {
        return measure_requests(variant, download, arguments);
    };
    let run = Run::start("bounded-pool", variant)?;
    let done = pool(inputs, arguments.limit(), arguments.stream);
    let mut outcome = run.finish(Work {
        expected: inputs,
        done,
    });
    outcome
        .metrics
        .insert("input_s".to_owned(), outcome.elapsed_s / inputs as f64);
    outcome.report()
}

fn measure_requests(
    variant: &str,
    download: Download,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let &Arguments {
        requests,
        bytes,
        delay_ms,
        ..
    } = arguments;
    let origin = arguments
        .origin
        .as_deref()
        .map_or_else(Origin::start, Origin::at)?;
    let urls = vec![
        format!("{}/bytes/{bytes}?delay_ms={delay_ms}", origin.url());
        usize::try_from(requests)?
    ];
    let asked: Vec<u8> = (0..bytes).map(origin::byte).collect();
    let run = Run::start("bounded-pool", variant)?;
    let started = Instant::now();
    let pages = download(urls, arguments.limit(), arguments.time());
    // What follows, the look at each page, is none of the fetching.
    let fetching = started.elapsed().as_secs_f64();
    let failed: Vec<Failure> = pages
        .into_iter()
        .filter_map(|page| check(page, &asked).err())
        .collect();
    let done = requests - failed.len() as u64;
    let mut outcome = run.finish(Work {
        expected: requests,
        done,
    });
    outcome
        .metrics
        .insert("requests_per_s".to_owned(), done as f64 / fetching);
    outcome.report_failures(&failed, "requests")
}

/// Is it the page that was asked for?
fn check(page: Result<Vec<u8>, FetchError>, asked: &[u8]) -> Result<(), Failure> {
    let page = page?;
    if page == asked {
        Ok(())
    } else {
        Err(format!("another body, of {} bytes", page.len()).into())
    }
}

/// The URLs in `file`: one a line; blank lines and those that begin with `#` are skipped.
fn list(file: &Path, with_hyper: bool) -> anyhow::Result<Vec<String>> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    let lines = text.lines().map(str::trim).zip(1..);
    let urls: Vec<_> = lines
        .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
        .collect();
    ensure!(!urls.is_empty(), "{shown}: there is no URL in it");
    let https = urls.iter().find(|(url, _)| url.starts_with("https:"));
    if let Some((url, line)) = https.filter(|_| with_hyper || !cfg!(feature = "tls")) {
        bail!("{shown}:{line}: {url} is https, which takes `--features tls`, and ureq or reqwest");
    }
    Ok(urls.into_iter().map(|(url, _)| url.to_owned()).collect())
}

fn fetch(variant: &str, file: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let urls = list(
        file,
        arguments.hyper || ["smol", "async_std"].contains(&variant),
    )?;
    let started = Instant::now();
    let (download, _) = find(variant, arguments.hyper)?;
    let pages = download(urls.clone(), arguments.limit(), arguments.time());
    let elapsed = started.elapsed();
    let (mut failed, mut stdout) = (Vec::new(), stdout().lock());
    for (url, page) in zip(&urls, pages) {
        match page {
            Ok(page) => writeln!(stdout, "{:>12} {url}", page.len())?,
            Err(error) => {
                let failure = Failure::from(error);
                let said: Vec<_> = causes(&failure).map(ToString::to_string).collect();
                writeln!(stdout, "{:>12} {url}: {}", "failed", said.join(": "))?;
                failed.push(failure);
            }
        }
    }
    eprintln!(
        "{variant}: {} of {} in {:.3} s",
        urls.len() - failed.len(),
        urls.len(),
        elapsed.as_secs_f64()
    );
    tell(&failed, urls.len() as u64, "requests")
}
