//! Runs one variant, or all of them: `cargo run --release -p blocked-loop -- --help` lists the arguments.

use std::sync::Arc;
use std::time::{Duration, Instant};

use blocked_loop::Heartbeat;
use blocked_loop::load::Load;
use demo::prelude::*;

/// Clients to serve, and the heartbeat beside them, in; all answers out.
type Serve = fn(Load, &Arc<Heartbeat>) -> Vec<u32>;

const VARIANTS: [(&str, Serve); 12] = demo::variants![
    blocked_loop:
    threads, tokio_inline, tokio_multi_thread_inline, tokio_yielding, tokio_spawn_blocking,
    tokio_block_in_place, tokio_rayon, tokio_second_runtime, smol_inline, smol_unblock, async_std_inline,
    async_std_spawn_blocking,
];

demo::arguments! {
    /// Handlers that compute, and a heartbeat beside them: how late do its beats come?
    struct Arguments {
        /// How many clients send one request after the other
        clients: u64 = 2 in 1..=1_000,
        /// For how many beats they send requests; what was sent is still answered
        beats: u32 = 240 in 1..=1_000_000,
        /// How long it is from one beat to the next, in milliseconds
        period_ms: u64 = 5 in 1..=60_000,
        /// How many steps a handler computes; the default takes about 70 ms
        steps: u64 = 40_000_000 in 1..=100_000_000_000,
    }
}

fn main() -> ExitCode {
    let metrics = ["late_p50_s", "late_p99_s", "late_max_s", "handlers_per_s"];
    demo::main(&VARIANTS, |all, _| all.compare("answered", &metrics), measure)
}

fn measure(variant: &One<Serve>, &Arguments { clients, beats, period_ms, steps }: &Arguments) -> Result<()> {
    // At most: a thread for each client, and one for the heartbeat.
    variant.guard(clients, Threads::of(clients + 1), || {
        let run = variant.start()?;
        let period = Duration::from_millis(period_ms);
        let heartbeat = Arc::new(Heartbeat::every(period));
        let load = Load { clients, steps, until: Instant::now() + period * beats };
        let answers = (variant.run)(load, &heartbeat);
        let (answer, done) = demo::agreed(&answers)?;
        // Clients ask for as long as the beats last, so what was asked for is what was answered.
        let mut outcome = run.finish(Work { expected: answers.len() as u64, done });
        demo::add_lateness(&mut outcome, heartbeat.lateness());
        outcome.add([("handlers_per_s", done as f64 / outcome.elapsed_s), ("answer", f64::from(answer))]);
        outcome.report()
    })
}
