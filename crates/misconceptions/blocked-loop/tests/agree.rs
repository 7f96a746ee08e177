//! Every variant gives the same answers; the wrong ones stop the heart meanwhile, and the right ones do not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use blocked_loop::load::Load;
use blocked_loop::{
    Heartbeat, async_std_inline, async_std_spawn_blocking, kernel, smol_inline, smol_unblock, threads,
    tokio_block_in_place, tokio_inline, tokio_multi_thread_inline, tokio_rayon, tokio_second_runtime,
    tokio_spawn_blocking, tokio_yielding,
};
use workload::Lateness;

type Serve = fn(Load, &Arc<Heartbeat>) -> Vec<u32>;

const RIGHT: [(&str, Serve); 8] = [
    ("threads", threads::run),
    ("tokio_yielding", tokio_yielding::run),
    ("tokio_spawn_blocking", tokio_spawn_blocking::run),
    ("tokio_block_in_place", tokio_block_in_place::run),
    ("tokio_rayon", tokio_rayon::run),
    ("tokio_second_runtime", tokio_second_runtime::run),
    ("smol_unblock", smol_unblock::run),
    ("async_std_spawn_blocking", async_std_spawn_blocking::run),
];

const WRONG: [(&str, Serve); 4] = [
    ("tokio_inline", tokio_inline::run),
    ("tokio_multi_thread_inline", tokio_multi_thread_inline::run),
    ("smol_inline", smol_inline::run),
    ("async_std_inline", async_std_inline::run),
];

/// Many times the millisecond from beat to beat, on the fastest machine.
const STEPS: u64 = 50_000_000;

/// Lets each of two clients send requests for `time`, with a heart that is to beat every millisecond.
fn serve(run: Serve, steps: u64, time: Duration) -> (Vec<u32>, Lateness) {
    let heartbeat = Arc::new(Heartbeat::every(Duration::from_millis(1)));
    let answers = run(Load { clients: 2, steps, until: Instant::now() + time }, &heartbeat);
    (answers, heartbeat.lateness())
}

/// Long enough for a request of each client, however slowly they are started.
const A_WHILE: Duration = Duration::from_millis(100);

/// A handler by itself, at its fastest.
fn alone() -> Duration {
    let once = |_| {
        let begin = Instant::now();
        assert_ne!(kernel::compute(STEPS), 0);
        begin.elapsed()
    };
    (0..3).map(once).min().unwrap()
}

#[test]
fn all_give_the_same_answer_to_every_request() {
    for (name, run) in RIGHT.into_iter().chain(WRONG) {
        for steps in [1, 49_999, 50_000, 50_001, 1_000_000] {
            let (answers, _) = serve(run, steps, Duration::from_millis(20));
            assert!(answers.len() >= 2, "{name}: each client sends at least one request");
            let answer = kernel::compute(steps);
            assert!(answers.iter().all(|other| *other == answer), "{name}, {steps} steps: {answers:?}");
        }
    }
}

#[test]
fn the_wrong_ones_stop_the_heart_for_as_long_as_a_handler_computes() {
    // The shortest of several: other work on the machine makes a computation longer, and may be over before the handlers compute.
    let handler = (0..3).map(|_| alone().as_secs_f64()).fold(f64::INFINITY, f64::min);
    for (name, run) in WRONG {
        let (_, late) = serve(run, STEPS, A_WHILE);
        assert!(late.max_s >= handler / 2.0, "{name}: {} s late, a handler takes {handler} s", late.max_s);
    }
}

#[test]
fn the_right_ones_let_the_heart_beat_while_handlers_compute() {
    for (name, run) in RIGHT {
        let (answers, late) = serve(run, STEPS, A_WHILE);
        assert!(answers.len() >= 2, "{name}: each client sends at least one request");
        // Where a handler stops the heart it wakes a few times: before, between and after them.
        assert!(late.wakes > 25, "{name}: the heart woke {} times for {} beats", late.wakes, late.beats);
    }
}
