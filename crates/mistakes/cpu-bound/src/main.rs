//! Runs one variant, or all of them: `cargo run --release -p cpu-bound -- [VARIANT] [--jobs N] [--steps N]
//! [--period-ms MS]`

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use cpu_bound::{
    Heartbeat, async_std, processes, rayon, serial, serial_processes, smol, threads, tokio_multi_thread,
    tokio_yielding,
};
use outcome::{Run, Work};

/// How many computations, of how many steps, in; the answers, and further figures by name, out.
type Compute = fn(u64, u64, &Arc<Heartbeat>) -> Result<(Vec<u32>, Vec<(&'static str, Duration)>)>;

const VARIANTS: [(&str, Compute); 9] = [
    ("serial", |jobs, steps, heartbeat| Ok((serial::run(jobs, steps, heartbeat), vec![]))),
    ("threads", |jobs, steps, heartbeat| Ok((threads::run(jobs, steps, heartbeat), vec![]))),
    ("rayon", |jobs, steps, heartbeat| Ok((rayon::run(jobs, steps, heartbeat), vec![]))),
    ("tokio_yielding", |jobs, steps, heartbeat| Ok((tokio_yielding::run(jobs, steps, heartbeat), vec![]))),
    ("tokio_multi_thread", |jobs, steps, heartbeat| {
        Ok((tokio_multi_thread::run(jobs, steps, heartbeat), vec![]))
    }),
    ("smol", |jobs, steps, heartbeat| Ok((smol::run(jobs, steps, heartbeat), vec![]))),
    ("async_std", |jobs, steps, heartbeat| Ok((async_std::run(jobs, steps, heartbeat), vec![]))),
    ("processes", |jobs, steps, heartbeat| {
        let done = processes::run(jobs, steps, heartbeat)?;
        Ok((done.answers, vec![("pool_start_s", done.pool_start), ("job_s", done.job)]))
    }),
    ("serial_processes", |jobs, steps, heartbeat| {
        Ok((serial_processes::run(jobs, steps, heartbeat)?, vec![]))
    }),
];

/// Equal computations, more than one core: which model has them done in parallel?
#[derive(Parser)]
struct Arguments {
    /// The variant to run; all of them if left out
    #[arg(value_parser = PossibleValuesParser::new(VARIANTS.map(|(name, _)| name)))]
    variant: Option<String>,
    /// How many computations
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=256))]
    jobs: u64,
    /// How many steps each of them has, of about two nanoseconds
    #[arg(long, default_value_t = 100_000_000)]
    steps: u64,
    /// How long it is from one beat to the next, in milliseconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    period_ms: u64,
}

fn main() -> ExitCode {
    processes::work_if_child();
    serial_processes::compute_if_child();
    outcome::exit(measure(Arguments::parse()))
}

fn measure(Arguments { variant, jobs, steps, period_ms }: Arguments) -> Result<()> {
    let Some(variant) = variant else {
        let names = VARIANTS.map(|(name, _)| name);
        return outcome::compare(&names, "answered", &["late_p99_s", "late_max_s"]);
    };
    let (_, compute) = VARIANTS.into_iter().find(|(name, _)| *name == variant).context("not a variant")?;
    let run = Run::start("cpu-bound", &variant)?;
    let heartbeat = Arc::new(Heartbeat::every(Duration::from_millis(period_ms)));
    let (answers, times) = compute(jobs, steps, &heartbeat)?;
    let answer = answers.first().copied().context("there is no answer")?;
    // Whether it is the right one is not for the program to say that has computed it: each case expects a number.
    let done = answers.iter().filter(|other| **other == answer).count() as u64;
    let mut outcome = run.finish(Work { expected: jobs, done });
    let lateness = heartbeat.lateness();
    outcome.metrics.extend(lateness.metrics());
    outcome.metrics.extend(times.into_iter().map(|(name, time)| (name.to_owned(), time.as_secs_f64())));
    outcome.metrics.insert("answer".to_owned(), f64::from(answer));
    outcome.series.insert("late_s".to_owned(), lateness.histogram);
    outcome.report()
}
