//! Runs one variant, or all of them: `cargo run --release -p rate-limiter -- [VARIANT] [--amount N] [--per-ms MS] [--burst N]`, and
//! - many callers at once: `[--callers N] [--each N] [--for-ms MS] [--half-give-up]`,
//! - a caller who never has to wait: `--alone N`,
//! - requests of the origin, which counts them: `--requests N [--origin URL]`.
//!
//! `--runtime-threads N` gives the runtimes so many threads.

mod demo;

use std::num::{NonZeroU32, NonZeroUsize};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use outcome::Threads;
use rate_limiter::{article, async_std, governor, leaky_bucket, smol, threads, tokio};

use demo::crowd::{self, Crowd};
use demo::runtime::{ASYNC_STD, Runtime, SMOL, TOKIO};
use demo::seen::Rate;
use demo::{alone, requests};

type Measure = fn(&Arguments) -> anyhow::Result<()>;

const VARIANTS: [(&str, Measure); 7] = [
    ("threads", on_threads),
    ("tokio", on_tokio),
    ("smol", on_smol),
    ("async_std", on_async_std),
    ("article", as_in_the_article),
    ("governor", by_governor),
    ("leaky_bucket", by_leaky_bucket),
];

/// Callers who may go on at a rate only: who keeps to it, in what order, and at what cost?
#[derive(Parser)]
struct Arguments {
    /// The variant to run; all of them if left out
    #[arg(value_parser = PossibleValuesParser::new(VARIANTS.map(|(name, _)| name)))]
    variant: Option<String>,
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
    /// An origin that runs already, instead of one of our own
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// How many threads the runtime has; one for each core if left out
    #[arg(long, value_name = "N")]
    runtime_threads: Option<NonZeroUsize>,
}

impl Arguments {
    fn per(&self) -> Duration {
        Duration::from_millis(self.per_ms)
    }

    /// Alone, a caller finds all that it will ask for.
    fn burst(&self) -> NonZeroU32 {
        self.alone.unwrap_or(self.burst)
    }

    fn variant(&self) -> &str {
        self.variant.as_deref().unwrap_or_default()
    }

    fn rate(&self) -> Rate {
        Rate {
            amount: self.amount,
            per: self.per(),
            burst: self.burst,
        }
    }

    fn crowd(&self) -> Crowd {
        Crowd {
            callers: self.callers,
            each: self.each,
            gives_up_after: self.for_ms.map(Duration::from_millis),
            half_give_up: self.half_give_up,
            rate: self.rate(),
        }
    }
}

fn main() -> ExitCode {
    origin::serve_if_child();
    let arguments = Arguments::parse();
    outcome::give_runtimes_their_threads(arguments.runtime_threads);
    outcome::exit(run(&arguments))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    outcome::raise_open_files();
    let Some(variant) = &arguments.variant else {
        let metrics: &[_] = match arguments {
            Arguments { alone: Some(_), .. } => &["acquire_s", "try_acquire_s"],
            _ => &["most_in_a_period", "overtaken", "ideal_per_actual"],
        };
        let variants: Vec<_> = VARIANTS.iter().map(|(name, _)| *name).collect();
        let can = |name: &&str| arguments.alone.is_none() || *name != "article";
        return outcome::compare(
            &variants.into_iter().filter(can).collect::<Vec<_>>(),
            "let in",
            metrics,
        );
    };
    let (_, measure) = VARIANTS
        .into_iter()
        .find(|(name, _)| name == variant)
        .context("not a variant")?;
    let threads = if variant == "threads" {
        Threads {
            count: arguments.requests.unwrap_or(arguments.callers),
            stack_bytes: None,
        }
    } else {
        Threads::of_a_runtime()
    };
    let expected = arguments
        .alone
        .map(|times| times.get().into())
        .or(arguments.requests);
    let expected = expected.unwrap_or_else(|| arguments.crowd().expected());
    outcome::guard("rate-limiter", variant, expected, threads, || {
        measure(arguments)
    })
}

fn on_threads(arguments: &Arguments) -> anyhow::Result<()> {
    let limiter = forever(threads::Limiter::new(
        arguments.amount,
        arguments.per(),
        arguments.burst(),
    ));
    if let Some(times) = arguments.alone {
        alone::of_threads(times, || limiter.acquire(), || limiter.try_acquire())
    } else if arguments.requests.is_some() {
        requests::of_threads(arguments, || limiter.acquire())
    } else {
        crowd::of_threads(&arguments.crowd(), |patience| {
            limiter.acquire_within(patience)
        })
    }
}

fn on_tokio(arguments: &Arguments) -> anyhow::Result<()> {
    let limiter = forever(tokio::Limiter::new(
        arguments.amount,
        arguments.per(),
        arguments.burst(),
    ));
    of_tasks(
        arguments,
        TOKIO,
        || limiter.acquire(),
        Some(&|| limiter.try_acquire()),
    )
}

fn on_smol(arguments: &Arguments) -> anyhow::Result<()> {
    let limiter = forever(smol::Limiter::new(
        arguments.amount,
        arguments.per(),
        arguments.burst(),
    ));
    of_tasks(
        arguments,
        SMOL,
        || limiter.acquire(),
        Some(&|| limiter.try_acquire()),
    )
}

fn on_async_std(arguments: &Arguments) -> anyhow::Result<()> {
    let limiter = forever(async_std::Limiter::new(
        arguments.amount,
        arguments.per(),
        arguments.burst(),
    ));
    of_tasks(
        arguments,
        ASYNC_STD,
        || limiter.acquire(),
        Some(&|| limiter.try_acquire()),
    )
}

fn as_in_the_article(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(
        arguments.alone.is_none(),
        "article knows no burst, so each but the first has to wait"
    );
    let limiter = forever(article::Limiter::new(
        arguments.amount,
        arguments.per(),
        arguments.burst(),
    ));
    of_tasks(arguments, TOKIO, || limiter.acquire(), None)
}

fn by_governor(arguments: &Arguments) -> anyhow::Result<()> {
    let limiter = forever(governor::Limiter::new(
        arguments.amount,
        arguments.per(),
        arguments.burst(),
    ));
    of_tasks(
        arguments,
        TOKIO,
        || limiter.acquire(),
        Some(&|| limiter.try_acquire()),
    )
}

fn by_leaky_bucket(arguments: &Arguments) -> anyhow::Result<()> {
    let limiter = forever(leaky_bucket::Limiter::new(
        arguments.amount,
        arguments.per(),
        arguments.burst(),
    ));
    of_tasks(
        arguments,
        TOKIO,
        || limiter.acquire(),
        Some(&|| limiter.try_acquire()),
    )
}

/// Tasks need what they share for as long as they may run, and this program ends with them.
fn forever<L>(limiter: L) -> &'static L {
    Box::leak(Box::new(limiter))
}

fn of_tasks<F: Future<Output = ()> + Send + 'static>(
    arguments: &Arguments,
    runtime: Runtime,
    acquire: impl Fn() -> F + Copy + Send + Sync + 'static,
    try_acquire: Option<&dyn Fn() -> bool>,
) -> anyhow::Result<()> {
    let variant = arguments.variant();
    if let Some(times) = arguments.alone {
        alone::of_tasks(variant, times, runtime, acquire, try_acquire)
    } else if arguments.requests.is_some() {
        requests::of_tasks(arguments, runtime, acquire)
    } else {
        crowd::of_tasks(variant, &arguments.crowd(), runtime, acquire)
    }
}
