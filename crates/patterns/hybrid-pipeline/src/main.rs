//! Runs one variant, or all of them: `cargo run --release -p hybrid-pipeline -- [VARIANT] [--items N] [--fetches N] [--jobs N]
//! [--delay-ms MS] [--steps N] [--no-fetch] [--period-ms MS] [--on-ctrl-c drop|drain] [--origin URL]`

mod load;

use std::num::NonZeroUsize;
use std::process::{ExitCode, exit};
use std::thread::available_parallelism;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use demo::One;
use demo::fetch::OriginFlag;
use hybrid_pipeline::{procspawn, tokio_processes};
use outcome::{Threads, Work};
use tokio::runtime::Builder;

use load::pipelines;
use load::work::{self, Asked, Tally};

type Pipeline = fn(&Asked) -> anyhow::Result<Tally>;

const VARIANTS: [(&str, Pipeline); 8] = [
    ("threads", |asked| Ok(pipelines::threads(asked))),
    ("tokio_rayon", pipelines::tokio_rayon),
    ("tokio_spawn_blocking", pipelines::tokio_spawn_blocking),
    ("tokio_processes", pipelines::tokio_processes),
    ("procspawn", pipelines::procspawn),
    ("smol_unblock", |asked| Ok(pipelines::smol_unblock(asked))),
    ("inline", pipelines::inline),
    ("pool_per_call", pipelines::pool_per_call),
];

/// Pages that are fetched and computed on, and a heart that beats beside: how long does all of it take, and how late are the beats?
#[derive(Parser)]
struct Arguments {
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
    #[command(flatten)]
    origin: OriginFlag,
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
    runtime.block_on(tokio_processes::work_if_child(&pipelines::WORK));
    procspawn::work_if_child();
    origin::serve_if_child();
    let metrics = ["item_s", "late_p99_s", "late_max_s"];
    demo::main(&VARIANTS, |all, _| all.compare("done", &metrics), measure)
}

fn measure(variant: &One<Pipeline>, arguments: &Arguments) -> anyhow::Result<()> {
    let &Arguments {
        items,
        fetches,
        delay_ms,
        steps,
        no_fetch,
        ..
    } = arguments;
    // One more than there are cores, so that none waits for the loop to hand it the next.
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let jobs = arguments.jobs.unwrap_or(cores.saturating_add(1));
    let is_threads = variant.name == "threads";
    let threads = fetches.saturating_add(jobs.get()).get() as u64;
    let threads = if is_threads {
        Threads::of(threads)
    } else {
        Threads::of_a_runtime()
    };
    variant.guard(items, threads, || {
        // One that is given and not asked has to be a URL all the same.
        let is_given = arguments.origin.origin.is_some();
        let origin = (is_given || !no_fetch)
            .then(|| arguments.origin.start())
            .transpose()?;
        let asked = Asked {
            items,
            steps,
            url: origin
                .as_ref()
                .filter(|_| !no_fetch)
                .map(|origin| work::url(origin, delay_ms).into()),
            fetches,
            jobs,
            period: Duration::from_millis(arguments.period_ms),
            is_stopped: work::stop_on_ctrl_c(arguments.on_ctrl_c == OnCtrlC::Drain)?,
        };
        let run = variant.start()?;
        let tally = (variant.run)(&asked)?;
        let mut outcome = run.finish(Work {
            expected: items,
            done: tally.done,
        });
        if let Some(lateness) = tally.lateness {
            outcome.metrics.extend(lateness.metrics());
            outcome
                .series
                .insert("late_s".to_owned(), lateness.histogram);
        }
        let answer = f64::from(tally.answer.unwrap_or_default());
        outcome.add([
            ("item_s", outcome.elapsed_s / items as f64),
            ("answer", answer),
        ]);
        outcome.report_failures(&tally.failed, "items")?;
        if asked.is_stopped() {
            eprintln!(
                "interrupted: {} of {items} done, and none left half-way",
                tally.done
            );
            exit(outcome::INTERRUPTED);
        }
        Ok(())
    })
}
