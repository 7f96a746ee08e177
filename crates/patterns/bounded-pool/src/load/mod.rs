//! What is done with a pool, whichever it is.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bounded_pool::clients::{FetchError, Time};
use demo::One;
use demo::fetch;
use outcome::{Failure, Work};

use crate::{Arguments, Pool};

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

pub(crate) fn alone(variant: &One<Pool>, inputs: u64, arguments: &Arguments) -> Result<()> {
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

pub(crate) fn requests(variant: &One<Pool>, arguments: &Arguments) -> Result<()> {
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

pub(crate) fn list(variant: &One<Pool>, file: &Path, arguments: &Arguments) -> Result<()> {
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
        "      failed",
        "requests",
    )
}
