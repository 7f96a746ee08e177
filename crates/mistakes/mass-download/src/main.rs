//! Runs one variant, or all of them: `cargo run --release -p mass-download -- [VARIANT] [--requests N] [--bytes B]
//! [--delay-ms MS] [--together] [--origin URL]`; or fetches a list: `... -- [VARIANT] --urls FILE`

mod list;

use std::io::{Write, stdout};
use std::iter::zip;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use mass_download::page::Page;
use mass_download::{async_std, floor, hyper, smol, threads, threads_small_buffers, tokio};
use origin::Origin;
use outcome::{Failure, Run, Threads, Work, causes, tell};

/// URLs in, what became of each out.
type Download = fn(Vec<String>) -> Vec<Result<Page, Failure>>;

const VARIANTS: [(&str, Download); 7] = [
    ("threads", threads::run),
    ("threads_small_buffers", threads_small_buffers::run),
    ("tokio", tokio::run),
    ("hyper", hyper::run),
    ("smol", smol::run),
    ("async_std", async_std::run),
    ("floor", floor::run),
];

/// Those whose client has TLS, once it is compiled in.
const HTTPS: [&str; 3] = ["threads", "threads_small_buffers", "tokio"];

/// Downloads, all started at once: what does a thread for each cost, and what does a task?
#[derive(Parser)]
struct Arguments {
    /// The variant to run; all of them if left out, and tokio for --urls
    #[arg(value_parser = PossibleValuesParser::new(VARIANTS.map(|(name, _)| name)))]
    variant: Option<String>,
    /// How many downloads
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    requests: u64,
    /// How long each body is
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    bytes: u64,
    /// How long the origin waits before each answer
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(0..=600_000))]
    delay_ms: u64,
    /// The origin answers none before all of them are in flight together
    #[arg(long)]
    together: bool,
    /// An origin that runs already, instead of one of our own
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Fetches the URLs in this file, one a line, and prints what became of each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["requests", "bytes", "delay_ms", "together", "origin"])]
    urls: Option<PathBuf>,
}

fn main() -> ExitCode {
    origin::serve_if_child();
    outcome::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<()> {
    outcome::raise_open_files();
    match (&arguments.variant, &arguments.urls) {
        (variant, Some(file)) => fetch(variant.as_deref().unwrap_or("tokio"), file),
        (Some(variant), None) => {
            let threads = if variant.starts_with("threads") {
                Threads { count: arguments.requests, stack_bytes: None }
            } else {
                Threads::of_a_runtime()
            };
            outcome::guard("mass-download", variant, arguments.requests, threads, || {
                measure(variant, arguments)
            })
        }
        (None, None) => outcome::compare(&VARIANTS.map(|(name, _)| name), "fetched", &[]),
    }
}

fn download(variant: &str) -> Result<Download> {
    let (_, download) = VARIANTS.into_iter().find(|(name, _)| *name == variant).context("not a variant")?;
    Ok(download)
}

fn measure(variant: &str, arguments: &Arguments) -> Result<()> {
    let &Arguments { requests, bytes, delay_ms, together, .. } = arguments;
    let download = download(variant)?;
    let origin = arguments.origin.as_deref().map_or_else(Origin::start, Origin::at)?;
    let mut url = format!("{}/bytes/{bytes}?delay_ms={delay_ms}", origin.url());
    if together {
        url += &format!("&together={requests}");
    }
    let urls = vec![url; usize::try_from(requests)?];
    let run = Run::start("mass-download", variant)?;
    let pages = download(urls);
    let failed: Vec<Failure> = pages.into_iter().filter_map(|page| check(page, bytes).err()).collect();
    let done = requests - failed.len() as u64;
    run.finish(Work { expected: requests, done }).report_failures(&failed, "downloads")
}

/// Is it the page that was asked for?
fn check(page: Result<Page, Failure>, asked: u64) -> Result<(), Failure> {
    match page? {
        Page { status: 200, bytes } if bytes == asked => Ok(()),
        Page { status: 200, bytes } => Err(format!("a body of {bytes} bytes").into()),
        Page { status, .. } => Err(format!("status {status}").into()),
    }
}

fn fetch(variant: &str, file: &Path) -> Result<()> {
    let urls = list::read(file, cfg!(feature = "tls") && HTTPS.contains(&variant))?;
    let started = Instant::now();
    let pages = download(variant)?(urls.clone());
    let elapsed = started.elapsed();
    let mut failed = Vec::new();
    let mut stdout = stdout().lock();
    for (url, page) in zip(&urls, pages) {
        match page {
            Ok(Page { status, bytes }) => writeln!(stdout, "{status:>6} {bytes:>12} {url}")?,
            Err(failure) => {
                let said: Vec<_> = causes(&failure).map(ToString::to_string).collect();
                writeln!(stdout, "{:>6} {:>12} {url}: {}", "failed", "-", said.join(": "))?;
                failed.push(failure);
            }
        }
    }
    eprintln!("{variant}: {} of {} in {:.3} s", urls.len() - failed.len(), urls.len(), elapsed.as_secs_f64());
    tell(&failed, urls.len() as u64, "downloads")
}
