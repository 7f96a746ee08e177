//! Runs one variant, or all of them: `cargo run --release -p cpu-bound -- --help` lists the arguments.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cpu_bound::{Heartbeat, processes, serial_processes};
use demo::prelude::*;
use procspawn::SpawnError;

/// How many computations, of how many steps, in; the answers out, or else an error or further figures, too.
#[derive(Clone, Copy)]
enum Compute {
    Here(fn(u64, u64, &Arc<Heartbeat>) -> Vec<u32>),
    InPool(fn(u64, u64, &Arc<Heartbeat>) -> Result<processes::Done, SpawnError>),
    InProcesses(fn(u64, u64, &Arc<Heartbeat>) -> io::Result<Vec<u32>>),
}
use Compute::{Here, InPool, InProcesses};

const VARIANTS: [(&str, Compute); 9] = demo::variants![
    cpu_bound:
    Here(serial, threads, rayon, tokio_yielding, tokio_multi_thread, smol, async_std),
    InPool(processes),
    InProcesses(serial_processes),
];

demo::arguments! {
    /// Equal computations, more than one core: which model has them done in parallel?
    struct Arguments {
        /// How many computations
        jobs: u64 = 4 in 1..=256,
        /// How many steps each of them has, of about two nanoseconds
        steps: u64 = 60_000_000 in 0..,
        /// How long it is from one beat to the next, in milliseconds
        period_ms: u64 = 2 in 1..=60_000,
    }
}

fn main() -> ExitCode {
    processes::work_if_child();
    serial_processes::compute_if_child();
    demo::main(&VARIANTS, |all, _| all.compare("answered", &["late_p99_s", "late_max_s"]), measure)
}

fn measure(variant: &One<Compute>, &Arguments { jobs, steps, period_ms }: &Arguments) -> Result<()> {
    let run = variant.start()?;
    let heartbeat = Arc::new(Heartbeat::every(Duration::from_millis(period_ms)));
    let mut times = None;
    let answers = match variant.run {
        Here(compute) => compute(jobs, steps, &heartbeat),
        InProcesses(compute) => compute(jobs, steps, &heartbeat)?,
        InPool(compute) => {
            let done = compute(jobs, steps, &heartbeat)?;
            times = Some([("pool_start_s", done.pool_start), ("job_s", done.job)]);
            done.answers
        }
    };
    let (answer, done) = demo::agreed(&answers)?;
    let mut outcome = run.finish(Work { expected: jobs, done });
    demo::add_lateness(&mut outcome, heartbeat.lateness());
    outcome.add(times.into_iter().flatten().map(|(name, time)| (name, time.as_secs_f64())));
    outcome.add([("answer", f64::from(answer))]);
    outcome.report()
}
