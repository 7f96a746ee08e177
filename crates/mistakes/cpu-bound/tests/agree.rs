//! Every variant comes to the same answers, and the wrong one is wrong in that it has one thread to compute on. Each runs
//! in a process of its own, since the pool of processes and the account of threads are a whole program's.

use std::thread::available_parallelism;

use assert_cmd::Command;
use cpu_bound::kernel;
use outcome::Outcome;

const ALL: [&str; 9] = [
    "serial",
    "threads",
    "rayon",
    "tokio_yielding",
    "tokio_multi_thread",
    "smol",
    "async_std",
    "processes",
    "serial_processes",
];

fn run(variant: &str, jobs: u64, steps: u64) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outcome.json");
    let mut command = Command::cargo_bin("cpu-bound").unwrap();
    command.args([variant, "--jobs", &jobs.to_string(), "--steps", &steps.to_string()]);
    command.env("OUTCOME_FILE", &file).assert().success();
    Outcome::read(&file).unwrap()
}

fn agree(jobs: u64, steps: u64, answer: u32) {
    for variant in ALL {
        let outcome = run(variant, jobs, steps);
        assert_eq!((outcome.work.expected, outcome.work.done), (jobs, jobs), "{variant}");
        let found = outcome.metrics["answer"];
        assert!((found - f64::from(answer)).abs() < 0.5, "{variant}: {found} and not {answer}");
    }
}

#[test]
fn one_computation() {
    // Computed by another program.
    agree(1, 10_000, 2_301_086_359);
}

#[test]
fn two_computations_of_no_step() {
    agree(2, 0, kernel::compute(0));
}

#[test]
fn more_than_cores_whose_last_piece_is_shorter() {
    let cores = available_parallelism().unwrap().get() as u64;
    agree((2 * cores + 1).min(256), 250_001, kernel::compute(250_001));
}

#[test]
fn pieces_that_end_with_the_last_step() {
    agree(2, 200_000, kernel::compute(200_000));
}

#[test]
fn one_after_the_other_leaves_the_heart_a_moment_after_each() {
    // Much longer than a period, so a heart beside them would have come far more often.
    let outcome = run("serial", 3, 20_000_000);
    assert!(outcome.metrics["wakes"] < 3.5, "{:?}", outcome.metrics);
}

#[test]
fn the_start_of_the_pool_is_part_of_its_run() {
    let outcome = run("processes", 2, 1_000);
    let (start, job) = (outcome.metrics["pool_start_s"], outcome.metrics["job_s"]);
    assert!(0.0 < job && job < outcome.elapsed_s && 0.0 < start && start < outcome.elapsed_s);
}

/// Long enough for threads to be seen, which the account counts every millisecond.
#[cfg(target_os = "linux")]
fn threads(variant: &str) -> u64 {
    run(variant, 4, 5_000_000).threads_peak.unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn tasks_that_yield_have_no_more_threads_to_compute_on_than_serial() {
    // The one that starts them is also the one that computes them all.
    assert_eq!(threads("tokio_yielding"), 1);
    assert_eq!(threads("serial"), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn all_others_have_threads_beside_the_one_that_starts_them() {
    for variant in ["threads", "rayon", "tokio_multi_thread", "smol", "async_std"] {
        assert!(threads(variant) > 1, "{variant}");
    }
}
