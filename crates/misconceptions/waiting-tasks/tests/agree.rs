//! Every variant lets as many wait at once as it was asked to, in a process of its own, since the gauge counts one run.

use std::backtrace::Backtrace;
use std::thread::Builder;

use assert_cmd::Command;
use outcome::Outcome;
use waiting_tasks::threads_small_stack::STACK_BYTES;

const TASKS: u64 = 20;

/// What a run reports in which all have begun to wait before the first has waited enough. On a busy machine they take longer
/// to begin, so all wait longer where not all of them met.
fn run(variant: &str) -> Outcome {
    let waits_ms = [300, 3_000, 30_000];
    let runs = waits_ms.iter().map(|wait_ms| run_once(variant, *wait_ms));
    let outcome = runs.into_iter().find(|outcome| waiting_at_once(outcome) > TASKS as f64 - 0.5);
    let outcome = outcome.unwrap_or_else(|| panic!("{variant}: not all wait at once"));
    let at_once = waiting_at_once(&outcome);
    assert!((at_once - TASKS as f64).abs() < 0.5, "{variant}: {at_once} waited at once");
    outcome
}

fn waiting_at_once(outcome: &Outcome) -> f64 {
    outcome.metrics["waiting_at_once"]
}

fn run_once(variant: &str, wait_ms: u64) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcome.json");
    let mut command = Command::cargo_bin("waiting-tasks").unwrap();
    command
        .args([variant, "--tasks", &TASKS.to_string(), "--wait-ms", &wait_ms.to_string()])
        .env("OUTCOME_FILE", &file);
    command.assert().success();
    let outcome = Outcome::read(&file).unwrap();
    assert_eq!(outcome.work.expected, TASKS);
    assert_eq!(outcome.work.done, TASKS);
    assert!(outcome.metrics["start_s"] < outcome.elapsed_s);
    outcome
}

/// The kernel's own count of threads, which is none of the variant's.
fn threads(outcome: &Outcome) -> u64 {
    outcome.threads_peak.unwrap_or(u64::MAX)
}

#[test]
fn threads_wait_in_a_thread_each() {
    assert!(threads(&run("threads")) > TASKS);
}

#[test]
fn threads_with_a_small_stack_wait_in_a_thread_each() {
    assert!(threads(&run("threads_small_stack")) > TASKS);
}

#[test]
#[cfg(target_os = "linux")]
fn processes_wait_in_a_process_each() {
    let outcome = run("processes");
    assert!(threads(&outcome) > TASKS);
    // Together they take more than one of them, and what they share is counted once.
    let proportional = outcome.metrics["proportional_bytes"];
    assert!(proportional < outcome.memory.hwm_bytes.unwrap() as f64);
}

#[test]
fn tasks_wait_without_a_thread_each() {
    for variant in ["tokio", "tokio_joined", "smol", "async_std"] {
        let outcome = run(variant);
        let most = 2 * std::thread::available_parallelism().unwrap().get() as u64 + 4;
        assert!(outcome.threads_peak.is_none_or(|threads| threads <= most), "{variant}: {outcome:?}");
    }
}

#[test]
fn a_small_stack_has_room_for_a_panic_and_its_backtrace() {
    let panics = || {
        let trace = Backtrace::force_capture().to_string();
        panic!("with {} bytes of backtrace", trace.len());
    };
    // Too small a stack would end this whole process.
    let thread = Builder::new().stack_size(STACK_BYTES).spawn(panics).unwrap();
    let panic = thread.join().unwrap_err();
    assert!(panic.downcast::<String>().unwrap().starts_with("with "));
}
