//! A caller who never has to wait: what does it cost to be let through?

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use outcome::{Run, Work};

use super::runtime::Runtime;

pub(crate) fn of_threads(
    times: NonZeroU32,
    acquire: impl Fn(),
    try_acquire: impl Fn() -> bool,
) -> anyhow::Result<()> {
    let run = Run::start("rate-limiter", "threads")?;
    let started = Instant::now();
    for _ in 0..half(times) {
        acquire();
    }
    let acquiring = started.elapsed();
    report(run, times, acquiring, Some(&try_acquire))
}

pub(crate) fn of_tasks<F: Future<Output = ()> + Send + 'static>(
    variant: &str,
    times: NonZeroU32,
    runtime: Runtime,
    acquire: impl Fn() -> F + Send + 'static,
    try_acquire: Option<&dyn Fn() -> bool>,
) -> anyhow::Result<()> {
    let run = Run::start("rate-limiter", variant)?;
    let acquiring = Arc::new(Mutex::new(Duration::ZERO));
    let told = Arc::clone(&acquiring);
    (runtime.run)(Box::pin(async move {
        let started = Instant::now();
        for _ in 0..half(times) {
            acquire().await;
        }
        *told.lock().expect("no task panics with it") = started.elapsed();
    }));
    let acquiring = *acquiring.lock().expect("no task panics with it");
    report(run, times, acquiring, try_acquire)
}

/// One half asks the one way, one the other.
fn half(times: NonZeroU32) -> u32 {
    times.get().div_ceil(2)
}

/// With what `try_acquire` costs, which some have not.
fn report(
    run: Run,
    times: NonZeroU32,
    acquiring: Duration,
    try_acquire: Option<&dyn Fn() -> bool>,
) -> anyhow::Result<()> {
    let asked = times.get() - half(times);
    let started = Instant::now();
    let let_in = try_acquire.map(|try_acquire| (0..asked).filter(|_| try_acquire()).count());
    let trying = started.elapsed();
    let expected = u64::from(half(times)) + let_in.map_or(0, |_| u64::from(asked));
    let done = u64::from(half(times)) + let_in.unwrap_or(0) as u64;
    let mut outcome = run.finish(Work { expected, done });
    outcome.metrics.insert(
        "acquire_s".to_owned(),
        acquiring.as_secs_f64() / f64::from(half(times)),
    );
    if let_in.is_some() {
        outcome.metrics.insert(
            "try_acquire_s".to_owned(),
            trying.as_secs_f64() / f64::from(asked.max(1)),
        );
    }
    outcome.report()
}
