//! Runs one variant, or all of them: `cargo run --release -p lost-updates -- --help` lists the arguments.

use demo::prelude::*;

/// Workers and additions of each in, the sum that was counted out.
type Add = fn(u64, u64) -> u64;

const VARIANTS: [(&str, Add); 12] = demo::variants![
    lost_updates:
    threads_unsynchronized, threads_mutex, threads_atomic, threads_local_sums, rayon, tokio,
    tokio_await_inside, tokio_multi_thread, tokio_multi_thread_mutex, tokio_mutex, smol, async_std,
];

demo::arguments! {
    /// Workers add 1 to one counter: who loses updates, and what does it cost not to?
    struct Arguments {
        /// How many threads or tasks add
        workers: u64 = 4 in 1..=1_000,
        /// How many times each of them adds
        additions: u64 = 1_000_000 in 1..=1_000_000_000,
    }
}

fn main() -> ExitCode {
    demo::main(&VARIANTS, |all, _| all.compare("counted", &[]), measure)
}

fn measure(variant: &One<Add>, &Arguments { workers, additions }: &Arguments) -> Result<()> {
    let run = variant.start()?;
    let (expected, done) = (workers * additions, (variant.run)(workers, additions));
    let mut outcome = run.finish(Work { expected, done });
    outcome.add([("lost", expected as f64 - done as f64)]);
    outcome.report()
}
