//! Runs one variant, or all of them: `cargo run --release -p mass-download -- --help` lists the arguments.

use std::path::{Path, PathBuf};

use ::hyper::Uri;
use anyhow::{Context, bail};
use demo::prelude::*;
use mass_download::page::{Page, check};

/// URLs in, what became of each out.
type Download = fn(Vec<String>) -> Vec<Result<Page, Failure>>;

const VARIANTS: [(&str, Download); 7] = demo::variants![
    mass_download:
    threads, threads_small_buffers, tokio, hyper, smol, async_std, floor,
];

/// Those whose client has TLS, once it is compiled in.
const HTTPS: [&str; 3] = ["threads", "threads_small_buffers", "tokio"];

demo::arguments! {
    /// Downloads, all started at once: what does a thread for each cost, and what does a task?
    struct Arguments {
        /// How many downloads
        requests: u64 = 10_000 in 1..=1_000_000,
        /// How long each body is
        bytes: u64 = 1024 in 0..=1_000_000_000,
        /// How long the origin waits before each answer
        delay_ms: u64 = 100 in 0..=600_000,
        /// The origin answers none before all of them are in flight together
        #[arg(long)]
        together: bool,
        #[command(flatten)]
        origin: OriginFlag,
        /// Fetches the URLs in this file, one a line, and prints what became of each
        #[arg(long, value_name = "FILE", conflicts_with_all = ["requests", "bytes", "delay_ms", "together", "origin"])]
        urls: Option<PathBuf>,
    }
}

fn main() -> ExitCode {
    origin::serve_if_child();
    outcome::raise_open_files();
    demo::main(&VARIANTS, |all, _| all.compare("fetched", &[]), measure)
}

fn measure(variant: &One<Download>, arguments: &Arguments) -> Result<()> {
    if let Some(file) = &arguments.urls {
        return fetch_list(variant, file);
    }
    let &Arguments { requests, bytes, delay_ms, together, .. } = arguments;
    variant.guard(requests, variant.threads(requests), || {
        let origin = arguments.origin.start()?;
        let together = if together { format!("&together={requests}") } else { String::new() };
        let url = format!("{}/bytes/{bytes}?delay_ms={delay_ms}{together}", origin.url());
        let urls = vec![url; usize::try_from(requests)?];
        let run = variant.start()?;
        let pages = (variant.run)(urls);
        let failed: Vec<Failure> = pages.into_iter().filter_map(|page| check(page, bytes).err()).collect();
        let done = requests - failed.len() as u64;
        run.finish(Work { expected: requests, done }).report_failures(&failed, "downloads")
    })
}

fn fetch_list(variant: &One<Download>, file: &Path) -> Result<()> {
    let knows_https = cfg!(feature = "tls") && HTTPS.contains(&variant.name);
    let check = |url: &str| {
        let uri: Uri = url.parse().with_context(|| format!("`{url}` is not a URL"))?;
        match uri.scheme_str() {
            Some("http") => Ok(()),
            Some("https") if knows_https => Ok(()),
            Some("https") => bail!(
                "{url} is https, which takes `--features tls` and the variant threads, threads_small_buffers or tokio"
            ),
            _ => bail!("`{url}` does not begin with http://"),
        }
    };
    let told = |Page { status, bytes }| format!("{status:>6} {bytes:>12}");
    let download = |urls| (variant.run)(urls).into_iter().map(|page| page.map(told)).collect();
    let failed = format!("{:>6} {:>12}", "failed", "-");
    fetch::list(variant.name, file, check, download, &failed, "downloads")
}
