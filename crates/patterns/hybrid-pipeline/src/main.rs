//! Runs one variant, or all of them: `cargo run --release -p hybrid-pipeline -- [VARIANT] [--items N] [--fetches N] [--jobs N]
//! [--delay-ms MS] [--steps N] [--no-fetch] [--period-ms MS] [--on-ctrl-c drop|drain] [--origin URL]`

mod demo;

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::process::{ExitCode, exit};
use std::sync::Arc;
use std::thread::{self, available_parallelism, park_timeout};
use std::time::{Duration, Instant};

use anyhow::Context;
use bounded_pool::clients::{self, FetchError};
use clap::builder::PossibleValuesParser;
use clap::{Parser, ValueEnum};
use futures_util::{FutureExt, Stream, StreamExt};
use hybrid_pipeline::{
    inline, pool_per_call, procspawn, smol_unblock, threads, tokio_processes, tokio_rayon,
    tokio_spawn_blocking,
};
use origin::Origin;
use outcome::{Run, Threads, Work};
use tokio::runtime::Builder;

use demo::work::{self, Asked, Fetch, Item, Page, Tally, compute};

type Pipeline = fn(&Asked) -> anyhow::Result<Tally>;

const VARIANTS: [(&str, Pipeline); 8] = [
    ("threads", |asked| Ok(on_threads(asked))),
    ("tokio_rayon", with_rayon),
    ("tokio_spawn_blocking", with_spawn_blocking),
    ("tokio_processes", with_processes),
    ("procspawn", with_procspawn),
    ("smol_unblock", |asked| Ok(on_smol(asked))),
    ("inline", on_the_loop),
    ("pool_per_call", with_a_pool_per_call),
];

static WORK: tokio_processes::Work<Page, u32, String> = tokio_processes::Work("compute", compute);

/// Pages that are fetched and computed on, and a heart that beats beside: how long does all of it take, and how late are the beats?
#[derive(Parser)]
struct Arguments {
    /// The variant to run; all of them if left out
    #[arg(value_parser = PossibleValuesParser::new(VARIANTS.map(|(name, _)| name)))]
    variant: Option<String>,
    /// How many pages
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    items: u64,
    /// How many are fetched at once
    #[arg(long, default_value = "12")]
    fetches: NonZeroUsize,
    /// How many are computed on at once; one for each core and one more if left out
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// How long the origin waits before each answer
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=600_000))]
    delay_ms: u64,
    /// How many steps are computed on each page; the default takes some four milliseconds
    #[arg(long, default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(0..=100_000_000_000))]
    steps: u64,
    /// Fetches nothing: the pages are there already
    #[arg(long)]
    no_fetch: bool,
    /// How long it is from one beat to the next
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    period_ms: u64,
    /// What becomes of the pages under way on Ctrl-C
    #[arg(long, value_enum, default_value_t = OnCtrlC::Drop)]
    on_ctrl_c: OnCtrlC,
    /// An origin that runs already, instead of one of our own
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnCtrlC {
    /// They are dropped, with all that computes on them
    Drop,
    /// They are done, and no more are begun
    Drain,
}

fn main() -> ExitCode {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a loop can be made");
    runtime.block_on(tokio_processes::work_if_child(&WORK));
    procspawn::work_if_child();
    origin::serve_if_child();
    outcome::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Some(variant) = &arguments.variant else {
        return outcome::compare(
            &VARIANTS.map(|(name, _)| name),
            "done",
            &["item_s", "late_p99_s", "late_max_s"],
        );
    };
    let (_, pipeline) = VARIANTS
        .into_iter()
        .find(|(name, _)| name == variant)
        .context("not a variant")?;
    let jobs = arguments.jobs();
    let threads = if variant == "threads" {
        Threads {
            count: arguments.fetches.saturating_add(jobs.get()).get() as u64,
            stack_bytes: None,
        }
    } else {
        Threads::of_a_runtime()
    };
    outcome::guard("hybrid-pipeline", variant, arguments.items, threads, || {
        measure(variant, pipeline, arguments)
    })
}

impl Arguments {
    /// One more than there are cores, so that none waits for the loop to hand it the next.
    fn jobs(&self) -> NonZeroUsize {
        let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.unwrap_or(cores.saturating_add(1))
    }
}

fn measure(variant: &str, pipeline: Pipeline, arguments: &Arguments) -> anyhow::Result<()> {
    let &Arguments {
        items,
        fetches,
        delay_ms,
        steps,
        no_fetch,
        ..
    } = arguments;
    let origin = match arguments.origin.as_deref().map(Origin::at).transpose()? {
        None if !no_fetch => Some(Origin::start()?),
        given => given,
    };
    let asked = Asked {
        items,
        steps,
        url: origin
            .as_ref()
            .filter(|_| !no_fetch)
            .map(|origin| work::url(origin, delay_ms).into()),
        fetches,
        jobs: arguments.jobs(),
        period: Duration::from_millis(arguments.period_ms),
        is_stopped: work::stop_on_ctrl_c(arguments.on_ctrl_c == OnCtrlC::Drain)?,
    };
    let run = Run::start("hybrid-pipeline", variant)?;
    let tally = pipeline(&asked)?;
    let mut outcome = run.finish(Work {
        expected: items,
        done: tally.done,
    });
    if let Some(lateness) = &tally.lateness {
        outcome.metrics.extend(lateness.metrics());
        outcome
            .series
            .insert("late_s".to_owned(), lateness.histogram.clone());
    }
    outcome
        .metrics
        .insert("item_s".to_owned(), outcome.elapsed_s / items as f64);
    outcome.metrics.insert(
        "answer".to_owned(),
        f64::from(tally.answer.unwrap_or_default()),
    );
    outcome.report_failures(&tally.failed, "items")?;
    if asked.is_stopped() {
        eprintln!(
            "interrupted: {} of {items} done, and none left half-way",
            tally.done
        );
        exit(outcome::INTERRUPTED);
    }
    Ok(())
}

fn on_threads(asked: &Asked) -> Tally {
    let client = clients::ureq::Client::new(asked.fetches, work::time());
    let fetch = move |item: Item| {
        let body = item
            .url
            .map_or_else(|| Ok(work::body()), |url| client.fetch(&url));
        body.map(|body| Page {
            body,
            steps: item.steps,
        })
        .map_err(|error| error.to_string())
    };
    let heartbeat = asked.heartbeat();
    let heart = thread::spawn({
        let heartbeat = Arc::clone(&heartbeat);
        move || {
            while let Some(due) = heartbeat.next() {
                park_timeout(due.saturating_duration_since(Instant::now()));
                heartbeat.beat();
            }
        }
    });
    let mut tally = Tally::default();
    threads::pipeline(asked.inputs(), asked.fetches, asked.jobs, fetch, compute)
        .for_each(|(_, result)| tally.add(result));
    heartbeat.stop();
    heart.thread().unpark();
    heart.join().expect("the heart does not panic");
    tally.with(&heartbeat)
}

fn with_rayon(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    on_tokio(asked, |fetch| {
        tokio_rayon::pipeline(asked.inputs(), fetches, jobs, fetch, compute)
    })
}

fn with_spawn_blocking(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    on_tokio(asked, |fetch| {
        tokio_spawn_blocking::pipeline(asked.inputs(), fetches, jobs, fetch, compute)
    })
}

fn with_processes(asked: &Asked) -> anyhow::Result<Tally> {
    let pool = Arc::new(tokio_processes::Pool::new(&WORK, asked.jobs));
    on_tokio(asked, |fetch| {
        tokio_processes::pipeline(asked.inputs(), asked.fetches, pool, fetch)
    })
}

fn with_procspawn(asked: &Asked) -> anyhow::Result<Tally> {
    let pool = Arc::new(::procspawn::Pool::new(asked.jobs.get())?);
    on_tokio(asked, |fetch| {
        procspawn::pipeline(asked.inputs(), asked.fetches, &pool, fetch, compute)
    })
}

fn on_the_loop(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    on_tokio(asked, |fetch| {
        inline::pipeline(asked.inputs(), fetches, jobs, fetch, compute)
    })
}

fn with_a_pool_per_call(asked: &Asked) -> anyhow::Result<Tally> {
    let Asked { fetches, jobs, .. } = *asked;
    on_tokio(asked, |fetch| {
        pool_per_call::pipeline(asked.inputs(), fetches, jobs, fetch, compute)
    })
}

/// On one thread, which is the loop: what keeps it busy keeps the heart from beating.
fn on_tokio<S: Stream<Item = (usize, Result<u32, impl Display>)>>(
    asked: &Asked,
    pipeline: impl FnOnce(Fetch) -> S,
) -> anyhow::Result<Tally> {
    let heartbeat = asked.heartbeat();
    Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let heart = tokio::spawn({
                let heartbeat = Arc::clone(&heartbeat);
                async move {
                    while let Some(due) = heartbeat.next() {
                        tokio::time::sleep_until(due.into()).await;
                        heartbeat.beat();
                    }
                }
            });
            let client = Arc::new(clients::reqwest::Client::new(asked.fetches, work::time()));
            let fetch: Fetch = Box::new(move |item| {
                let client = Arc::clone(&client);
                async move { page(&item, async |url| client.fetch(url).await).await }.boxed()
            });
            let tally = collect(pipeline(fetch)).await;
            heartbeat.stop();
            heart.await.expect("the heart does not panic");
            Ok(tally.with(&heartbeat))
        })
}

/// On smol's global executor, which has one thread.
fn on_smol(asked: &Asked) -> Tally {
    let Asked { fetches, jobs, .. } = *asked;
    let heartbeat = asked.heartbeat();
    let heart = smol::spawn({
        let heartbeat = Arc::clone(&heartbeat);
        async move {
            while let Some(due) = heartbeat.next() {
                smol::Timer::at(due).await;
                heartbeat.beat();
            }
        }
    });
    let client = Arc::new(clients::smol::Client::new(fetches, work::time()));
    let fetch: Fetch = Box::new(move |item| {
        let client = Arc::clone(&client);
        async move { page(&item, async |url| client.fetch(url).await).await }.boxed()
    });
    let pages = smol_unblock::pipeline(asked.inputs(), fetches, jobs, fetch, compute);
    let tally = smol::block_on(smol::spawn(async { collect(pages).await }));
    heartbeat.stop();
    smol::block_on(heart);
    tally.with(&heartbeat)
}

async fn collect(results: impl Stream<Item = (usize, Result<u32, impl Display>)>) -> Tally {
    let (mut tally, mut results) = (Tally::default(), pin!(results));
    while let Some((_, result)) = results.next().await {
        tally.add(result);
    }
    tally
}

async fn page(
    item: &Item,
    fetch: impl AsyncFnOnce(&str) -> Result<Vec<u8>, FetchError>,
) -> Result<Page, String> {
    let body = match &item.url {
        Some(url) => fetch(url).await.map_err(|error| error.to_string())?,
        None => work::body(),
    };
    Ok(Page {
        body,
        steps: item.steps,
    })
}
