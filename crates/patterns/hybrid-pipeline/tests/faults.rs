//! Each variant with a real client, where one URL in ten goes wrong: what is computed on the others is right and in its place, each
//! fault is told as what it is, all of it ends, and nothing is left running.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use bounded_pool::clients::{Time, reqwest, smol, ureq};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hybrid_pipeline::{
    procspawn, smol_unblock, threads, tokio_processes, tokio_rayon, tokio_spawn_blocking,
};
use origin::{Counts, Origin};
use tokio::runtime::Runtime;
use trials::Trial;

const URLS: usize = 100;
const FETCHES: NonZeroUsize = NonZeroUsize::new(20).unwrap();
const JOBS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a byte comes each second, which takes a quarter of an hour. Elsewhere a page may take as long as a loaded machine needs.
const TIMEOUT: Duration = Duration::from_secs(5);
const DRIPS: &str = "a byte a second";

/// What goes wrong, at which page of the origin or elsewhere, and how it is told.
const FAULTS: [(&str, &str, &str); 5] = [
    ("reset", "/reset-after/100", "connection reset"),
    ("truncated", "/truncated/1000", "the answer broke off"),
    ("500", "/status/500", "status 500"),
    (DRIPS, "/drip/1000?bytes_per_s=1", "timed out"),
    ("refused", "http://127.0.0.1:1/", "connection refused"),
];

/// URLs in, what was computed on each out, in their order, or what went wrong in words: they can come from another process.
type Variant = fn(Vec<String>, Time) -> Vec<Result<Sums, String>>;

const VARIANTS: [(&str, Variant); 6] = [
    ("threads", with_threads),
    ("tokio_rayon", |urls, time| {
        told(TOKIO.block_on(tokio_rayon::map(
            urls,
            FETCHES,
            JOBS,
            with_reqwest(time),
            sums,
        )))
    }),
    ("tokio_spawn_blocking", |urls, time| {
        told(TOKIO.block_on(tokio_spawn_blocking::map(
            urls,
            FETCHES,
            JOBS,
            with_reqwest(time),
            sums,
        )))
    }),
    ("tokio_processes", |urls, time| {
        let pool = Arc::new(tokio_processes::Pool::new(&SUMS, JOBS));
        told(TOKIO.block_on(tokio_processes::map(
            urls,
            FETCHES,
            pool,
            with_reqwest(time),
        )))
    }),
    ("procspawn", |urls, time| {
        let pool = Arc::new(::procspawn::Pool::new(JOBS.get()).unwrap());
        told(TOKIO.block_on(procspawn::map(
            urls,
            FETCHES,
            &pool,
            with_reqwest(time),
            sums,
        )))
    }),
    ("smol_unblock", with_smol),
];

static SUMS: tokio_processes::Work<Vec<u8>, Sums, String> = tokio_processes::Work("sums", sums);

static TOKIO: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// How long a page is, and what its bytes sum up to, each times its place.
type Sums = (usize, u64);

#[allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "a pipeline gives it away"
)]
fn sums(page: Vec<u8>) -> Result<Sums, String> {
    Ok((
        page.len(),
        page.iter()
            .zip(1..)
            .map(|(byte, place)| u64::from(*byte) * place)
            .sum(),
    ))
}

fn told(results: Vec<Result<Sums, impl Display>>) -> Vec<Result<Sums, String>> {
    results
        .into_iter()
        .map(|result| result.map_err(|failure| failure.to_string()))
        .collect()
}

fn with_threads(urls: Vec<String>, time: Time) -> Vec<Result<Sums, String>> {
    let client = ureq::Client::new(FETCHES, time);
    let fetch = move |url: String| client.fetch(&url).map_err(|error| error.to_string());
    told(threads::map(urls, FETCHES, JOBS, fetch, sums))
}

fn with_reqwest(time: Time) -> impl Fn(String) -> BoxFuture<'static, Result<Vec<u8>, String>> {
    let client = Arc::new(reqwest::Client::new(FETCHES, time));
    move |url| {
        let client = Arc::clone(&client);
        async move { client.fetch(&url).await.map_err(|error| error.to_string()) }.boxed()
    }
}

fn with_smol(urls: Vec<String>, time: Time) -> Vec<Result<Sums, String>> {
    let client = Arc::new(smol::Client::new(FETCHES, time));
    let fetch = move |url: String| {
        let client = Arc::clone(&client);
        async move { client.fetch(&url).await.map_err(|error| error.to_string()) }
    };
    told(::smol::block_on(smol_unblock::map(
        urls, FETCHES, JOBS, fetch, sums,
    )))
}

fn page(origin: &Origin, path: &str) -> String {
    format!("{}{path}", origin.url())
}

/// Other than all others, and every seventh longer than any buffer.
fn bytes_of(place: usize) -> u64 {
    place as u64
        + if place.is_multiple_of(7) {
            100_000
        } else {
            1000
        }
}

fn is_faulty(place: usize) -> bool {
    place % 10 == 3
}

/// What `variant` makes of `urls`, in bounded time.
fn run(variant: Variant, urls: Vec<String>, each: Duration) -> Vec<Result<Sums, String>> {
    let (sender, results) = channel();
    let time = Time {
        each,
        until: Instant::now() + PATIENCE,
    };
    spawn(move || sender.send(variant(urls, time)));
    results.recv_timeout(PATIENCE).expect("it comes to an end")
}

/// What the origin has seen, once nothing is under way any more and nobody is connected.
fn counts_at_rest(origin: &Origin) -> Counts {
    let started = Instant::now();
    loop {
        let time = Time {
            each: PATIENCE,
            until: started + PATIENCE,
        };
        let answer = ureq::Client::new(JOBS, time)
            .fetch(&page(origin, "/counters"))
            .unwrap();
        let counts: Counts = serde_json::from_slice(&answer).unwrap();
        if counts.in_flight == 0 && counts.connections_open == 0 {
            return counts;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "something is left running: {counts:?}"
        );
        sleep(Duration::from_millis(10));
    }
}

fn survives(variant: Variant, (name, at, message): (&str, &str, &str)) {
    let origin = Origin::in_thread().unwrap();
    let faulty = if at.starts_with('/') {
        page(&origin, at)
    } else {
        at.to_owned()
    };
    let good = |place| page(&origin, &format!("/bytes/{}", bytes_of(place)));
    let urls = (0..URLS).map(|place| {
        if is_faulty(place) {
            faulty.clone()
        } else {
            good(place)
        }
    });
    let results = run(
        variant,
        urls.collect(),
        if name == DRIPS { TIMEOUT } else { PATIENCE },
    );
    let expected = |place| {
        let page = || (0..bytes_of(place)).map(origin::byte).collect();
        if is_faulty(place) {
            Err(message.to_owned())
        } else {
            sums(page())
        }
    };
    assert_eq!(results, (0..URLS).map(expected).collect::<Vec<_>>());
    let counts = counts_at_rest(&origin);
    assert!(counts.peak_in_flight <= FETCHES.get() as u64, "{counts:?}");
    for place in (0..URLS).filter(|place| !is_faulty(*place)) {
        let path = format!("/bytes/{}", bytes_of(place));
        assert_eq!(counts.by_path[&path], 1, "nothing is asked for twice");
    }
}

fn main() -> ExitCode {
    TOKIO.block_on(tokio_processes::work_if_child(&SUMS));
    procspawn::work_if_child();
    let cases = VARIANTS
        .into_iter()
        .flat_map(|variant| FAULTS.map(|fault| (variant, fault)));
    let trials = cases.map(|((name, variant), fault)| {
        Trial::test(format!("{name}: {}", fault.0), move || {
            survives(variant, fault);
            Ok(())
        })
    });
    trials::run(trials.collect())
}
