//! Runs one variant, or all of them: `cargo run --release -p rate-limiter -- --help` lists the arguments.

mod load;

use std::num::{NonZeroU32, NonZeroUsize};

use demo::prelude::*;

use load::limiters::{self, Asked};

type Measure = fn(Asked) -> Result<()>;

const VARIANTS: [(&str, Measure); 7] = demo::variants![
    in limiters: threads, tokio, smol, async_std, article, governor, leaky_bucket
];

demo::arguments! {
    /// Callers who may go on at a rate only: who keeps to it, in what order, and at what cost?
    struct Arguments {
        /// How many are let through in each period
        #[arg(long, default_value = "10")]
        amount: NonZeroU32,
        /// How long the period is
        per_ms: u64 = 1_000 in 1..=3_600_000,
        /// How many are let through at once after a pause
        #[arg(long, default_value = "1")]
        burst: NonZeroU32,
        /// How many ask at once
        callers: u64 = 1_000 in 1..=1_000_000,
        /// How often each of them does, one time after the other
        each: u64 = 1 in 1..=1_000_000,
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
}

fn main() -> ExitCode {
    origin::serve_if_child();
    outcome::raise_open_files();
    demo::main(&VARIANTS, compare, measure)
}

fn compare(all: &All<Measure>, arguments: &Arguments) -> Result<()> {
    if arguments.alone.is_some() {
        let metrics = ["acquire_s", "try_acquire_s"];
        return all.without("article").compare("let in", &metrics);
    }
    let metrics = ["most_in_a_period", "overtaken", "ideal_per_actual"];
    all.compare("let in", &metrics)
}

fn measure(variant: &One<Measure>, arguments: &Arguments) -> Result<()> {
    let requests = arguments.requests;
    let threads = variant.threads(requests.unwrap_or(arguments.callers));
    let expected = arguments.alone.map(|times| times.get().into()).or(requests);
    let expected = expected.unwrap_or_else(|| arguments.crowd().expected());
    let asked = Asked {
        variant: variant.name,
        arguments,
    };
    variant.guard(expected, threads, || (variant.run)(asked))
}
