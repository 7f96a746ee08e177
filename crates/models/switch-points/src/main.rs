//! Runs one variant, or all of them: `cargo run --release -p switch-points -- --help` lists the arguments.

use std::sync::Arc;

use demo::prelude::*;
use switch_points::log::{Log, Switches, awaiting, inside};

/// How many workers, how many sections for each and how many steps in these, in; what they did is on the log.
type Pass = fn(&Arc<Log>, usize, usize, u64);

const VARIANTS: [(&str, Pass); 11] = demo::variants![
    switch_points:
    threads, threads_mutex, tokio, tokio_await_inside, tokio_yield_inside, tokio_multi_thread, tokio_mutex,
    smol, smol_await_inside, async_std, async_std_await_inside,
];

/// What the series tell of each worker.
const KINDS: Kinds = &[("inside", "in the section"), ("awaiting", "in it, at an await")];

demo::arguments! {
    /// Workers in a critical section: who is switched out inside, and where?
    struct Arguments {
        /// How many workers
        workers: u16 = 4 in 2..=256,
        /// How often each of them passes through the section
        sections: u16 = 5 in 1..=10_000,
        /// How many steps a worker computes before and after the middle of the section, of about two nanoseconds
        steps: u64 = 600_000 in 0..,
    }
}

fn main() -> ExitCode {
    let metrics = ["awaits", "at_awaits", "elsewhere"];
    demo::main(&VARIANTS, |all, _| all.draw("sections", &metrics, KINDS), measure)
}

fn measure(variant: &One<Pass>, &Arguments { workers, sections, steps }: &Arguments) -> Result<()> {
    let (workers, sections) = (usize::from(workers), usize::from(sections));
    // A section has four entries at most.
    let log = Arc::new(Log::with_room_for(4 * workers * sections));
    let run = variant.start()?;
    (variant.run)(&log, workers, sections, steps);
    let entries = log.entries();
    let seen = Switches::seen_in(&entries);
    let mut outcome = run.finish(Work { expected: (workers * sections) as u64, done: seen.sections });
    let metrics = [("awaits", seen.awaits), ("at_awaits", seen.at_awaits), ("elsewhere", seen.elsewhere)];
    outcome.add(metrics.map(|(name, count)| (name, count as f64)));
    for (kind, spans) in [("inside", inside(&entries, workers)), ("awaiting", awaiting(&entries, workers))] {
        let named = spans.into_iter().enumerate().map(|(worker, spans)| (format!("{kind}_{worker}"), spans));
        outcome.series.extend(named.filter(|(_, spans)| !spans.is_empty()));
    }
    demo::report_drawn(outcome, KINDS)
}
