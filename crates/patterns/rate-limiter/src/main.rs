//! Runs one variant, or all of them: `cargo run --release -p rate-limiter -- [VARIANT] [--amount N] [--per-ms MS] [--burst N]`, and
//! - many callers at once: `[--callers N] [--each N] [--for-ms MS] [--half-give-up]`,
//! - a caller who never has to wait: `--alone N`,
//! - requests of the origin, which counts them: `--requests N [--origin URL]`.
//!
//! `--runtime-threads N` gives the runtimes so many threads.

mod load;

use std::num::{NonZeroU32, NonZeroUsize};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;
use demo::fetch::OriginFlag;
use demo::{All, One};
use outcome::Threads;
use rate_limiter::{article, async_std, governor, leaky_bucket, smol, threads, tokio};

use load::crowd::{self, Crowd};
use load::runtime::{ASYNC_STD, Runtime, SMOL, TOKIO};
use load::seen::Rate;
use load::{alone, requests};

type Measure = fn(Asked) -> Result<()>;

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
    #[command(flatten)]
    origin: OriginFlag,
    /// How many threads the runtime has; one for each core if left out
    #[arg(long, value_name = "N")]
    runtime_threads: Option<NonZeroUsize>,
}

/// What the command line has asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    variant: &'a str,
    arguments: &'a Arguments,
}

impl Arguments {
    fn rate(&self) -> Rate {
        Rate {
            amount: self.amount,
            per: Duration::from_millis(self.per_ms),
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
    demo::main(&VARIANTS, compare, measure)
}

fn compare(all: All<Measure>, arguments: &Arguments) -> Result<()> {
    outcome::raise_open_files();
    if arguments.alone.is_some() {
        let metrics = ["acquire_s", "try_acquire_s"];
        return all.without("article").compare("let in", &metrics);
    }
    all.compare(
        "let in",
        &["most_in_a_period", "overtaken", "ideal_per_actual"],
    )
}

fn measure(variant: &One<Measure>, arguments: &Arguments) -> Result<()> {
    outcome::raise_open_files();
    let &Arguments {
        alone,
        requests,
        callers,
        ..
    } = arguments;
    let threads = match variant.name {
        "threads" => Threads::of(requests.unwrap_or(callers)),
        _ => Threads::of_a_runtime(),
    };
    let expected = alone.map(|times| times.get().into()).or(requests);
    let expected = expected.unwrap_or_else(|| arguments.crowd().expected());
    let asked = Asked {
        variant: variant.name,
        arguments,
    };
    variant.guard(expected, threads, || (variant.run)(asked))
}

fn on_threads(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(threads::Limiter::new);
    let arguments = asked.arguments;
    if let Some(times) = arguments.alone {
        alone::of_threads(times, || limiter.acquire(), || limiter.try_acquire())
    } else if arguments.requests.is_some() {
        requests::of_threads(asked, || limiter.acquire())
    } else {
        let acquire_within = |patience| limiter.acquire_within(patience);
        crowd::of_threads(&arguments.crowd(), acquire_within)
    }
}

fn on_tokio(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(tokio::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(TOKIO, || limiter.acquire(), Some(&try_acquire))
}

fn on_smol(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(smol::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(SMOL, || limiter.acquire(), Some(&try_acquire))
}

fn on_async_std(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(async_std::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(ASYNC_STD, || limiter.acquire(), Some(&try_acquire))
}

fn as_in_the_article(asked: Asked) -> Result<()> {
    let is_alone = asked.arguments.alone.is_some();
    ensure!(
        !is_alone,
        "article knows no burst, so each but the first has to wait"
    );
    let limiter = asked.limiter(article::Limiter::new);
    asked.of_tasks(TOKIO, || limiter.acquire(), None)
}

fn by_governor(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(governor::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(TOKIO, || limiter.acquire(), Some(&try_acquire))
}

fn by_leaky_bucket(asked: Asked) -> Result<()> {
    let limiter = asked.limiter(leaky_bucket::Limiter::new);
    let try_acquire = || limiter.try_acquire();
    asked.of_tasks(TOKIO, || limiter.acquire(), Some(&try_acquire))
}

impl Asked<'_> {
    /// Tasks need it for as long as they may run, and this program ends with them. Alone, a caller finds all that it will ask for.
    fn limiter<L>(self, new: impl FnOnce(NonZeroU32, Duration, NonZeroU32) -> L) -> &'static L {
        let Rate { amount, per, burst } = self.arguments.rate();
        let burst = self.arguments.alone.unwrap_or(burst);
        Box::leak(Box::new(new(amount, per, burst)))
    }

    fn of_tasks<F: Future<Output = ()> + Send + 'static>(
        self,
        runtime: Runtime,
        acquire: impl Fn() -> F + Copy + Send + Sync + 'static,
        try_acquire: Option<&dyn Fn() -> bool>,
    ) -> Result<()> {
        let Self { variant, arguments } = self;
        if let Some(times) = arguments.alone {
            alone::of_tasks(variant, times, runtime, acquire, try_acquire)
        } else if arguments.requests.is_some() {
            requests::of_tasks(self, runtime, acquire)
        } else {
            crowd::of_tasks(variant, &arguments.crowd(), runtime, acquire)
        }
    }
}
