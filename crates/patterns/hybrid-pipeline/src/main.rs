//! Runs one variant, or all of them: `cargo run --release -p hybrid-pipeline -- --help` lists the arguments.

mod load;

use std::num::NonZeroUsize;
use std::process::exit;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::ValueEnum;
use demo::prelude::*;
use hybrid_pipeline::{procspawn, tokio_processes};
use tokio::runtime::Builder;

use load::pipelines;
use load::work::{self, Asked, Tally};

type Pipeline = fn(&Asked) -> Result<Tally>;

const VARIANTS: [(&str, Pipeline); 8] = demo::variants![
    in pipelines:
    threads, tokio_rayon, tokio_spawn_blocking, tokio_processes, procspawn, smol_unblock, inline, pool_per_call,
];

demo::arguments! {
    /// Pages that are fetched and computed on, and a heartbeat beside: how long does all of it take, and how late are the beats?
    struct Arguments {
        /// How many pages
        items: u64 = 200 in 1..=10_000_000,
        /// How many are fetched at once
        #[arg(long, default_value = "12")]
        fetches: NonZeroUsize,
        /// How many are computed on at once; one for each core and one more if left out
        #[arg(long)]
        jobs: Option<NonZeroUsize>,
        /// How long the origin waits before each answer
        delay_ms: u64 = 50 in 0..=600_000,
        /// How many steps are computed on each page; the default takes some four milliseconds
        steps: u64 = 2_000_000 in 0..=100_000_000_000,
        /// Fetches nothing: the pages are there already
        #[arg(long)]
        no_fetch: bool,
        /// How long it is from one beat to the next
        period_ms: u64 = 2 in 1..=60_000,
        /// What becomes of the pages in flight on Ctrl-C
        #[arg(long, value_enum, default_value_t = OnCtrlC::Drop)]
        on_ctrl_c: OnCtrlC,
        #[command(flatten)]
        origin: OriginFlag,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnCtrlC {
    /// They are dropped, with all that computes on them
    Drop,
    /// They are done, and no more are begun
    Drain,
}

fn main() -> ExitCode {
    let runtime = Builder::new_current_thread().enable_io().build();
    let runtime = runtime.expect("a loop can be made");
    runtime.block_on(tokio_processes::work_if_child(&pipelines::WORK));
    procspawn::work_if_child();
    origin::serve_if_child();
    let metrics = ["item_s", "late_p99_s", "late_max_s"];
    demo::main(&VARIANTS, |all, _| all.compare("done", &metrics), measure)
}

fn measure(variant: &One<Pipeline>, arguments: &Arguments) -> Result<()> {
    // One more than there are cores, so that none waits for the loop to hand it the next.
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let jobs = arguments.jobs.unwrap_or(cores.saturating_add(1));
    let (expected, fetches) = (arguments.items, arguments.fetches);
    let threads = variant.threads(fetches.saturating_add(jobs.get()).get() as u64);
    variant.guard(expected, threads, || {
        // One that is given and not asked has to be a URL all the same.
        let is_started = !arguments.no_fetch || arguments.origin.origin.is_some();
        let origin = is_started.then(|| arguments.origin.start()).transpose()?;
        let fetched_from = origin.as_ref().filter(|_| !arguments.no_fetch);
        let asked = Asked {
            items: expected,
            steps: arguments.steps,
            url: fetched_from.map(|origin| work::url(origin, arguments.delay_ms).into()),
            fetches,
            jobs,
            period: Duration::from_millis(arguments.period_ms),
            is_stopped: work::stop_on_ctrl_c(arguments.on_ctrl_c == OnCtrlC::Drain)?,
        };
        let run = variant.start()?;
        let tally = (variant.run)(&asked)?;
        let done = tally.done;
        let mut outcome = run.finish(Work { expected, done });
        if let Some(lateness) = tally.lateness {
            demo::add_lateness(&mut outcome, lateness);
        }
        outcome.add([
            ("item_s", outcome.elapsed_s / expected as f64),
            ("answer", f64::from(tally.answer.unwrap_or_default())),
        ]);
        outcome.report_failures(&tally.failed, "items")?;
        if asked.is_stopped() {
            eprintln!("interrupted: {done} of {expected} done, and none left half-way");
            exit(outcome::INTERRUPTED);
        }
        Ok(())
    })
}
