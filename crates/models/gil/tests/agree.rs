//! Every variant does all jobs and comes to the same answers. Under the lock one runs at a time, which is certain; without it
//! several may, which is luck.

use std::time::Duration;

use gil::jobs::Jobs;
use gil::lane::{Doing, Lane};
use gil::{kernel, serial, threads, threads_without, tokio, tokio_spawn_blocking};

type Demo = fn(Jobs) -> (Vec<u64>, Vec<Lane>);

/// Those under the lock; the processes are in `command.toml`, since they are this program once more.
const LOCKED: [(&str, Demo); 4] = [
    ("serial", serial::run),
    ("threads", threads::run),
    ("tokio", tokio::run),
    ("tokio_spawn_blocking", tokio_spawn_blocking::run),
];

/// Long enough for some hand-overs where several compute, and not a whole number of pieces.
const STEPS: u64 = 10_000_001;
const WAITS: u64 = 3;

fn jobs(computing: u64, waiting: u64) -> Jobs {
    Jobs { computing, waiting, steps: STEPS, waits: WAITS, each: Duration::from_millis(2) }
}

/// None and one of each kind, and both, more than there are cores.
fn shapes() -> [Jobs; 6] {
    [jobs(0, 0), jobs(1, 0), jobs(0, 1), jobs(1, 1), jobs(3, 2), jobs(0, 20)]
}

#[test]
fn all_jobs_are_done_and_all_answers_agree() {
    let answer = kernel::compute(STEPS).into();
    for jobs in shapes() {
        let computed = (0..jobs.computing).map(|_| answer);
        let expected: Vec<u64> = computed.chain((0..jobs.waiting).map(|_| WAITS)).collect();
        for (name, run) in LOCKED.into_iter().chain([("threads_without", threads_without::run as Demo)]) {
            let (answers, lanes) = run(jobs);
            assert_eq!(answers, expected, "{name}, {jobs:?}");
            for lane in &lanes[..expected.len()] {
                assert!(!lane.spans(Doing::Runs).is_empty(), "{name}, {jobs:?}");
            }
        }
    }
}

#[test]
fn under_the_lock_one_runs_at_a_time() {
    for jobs in shapes() {
        for (name, run) in LOCKED {
            let (_, lanes) = run(jobs);
            let mut runs: Vec<_> = lanes.iter().flat_map(|lane| lane.spans(Doing::Runs)).collect();
            runs.sort_by(|one, other| one[0].total_cmp(&other[0]));
            for pair in runs.windows(2) {
                assert!(pair[0][1] <= pair[1][0], "{name}, {jobs:?}: {pair:?}");
            }
        }
    }
}

#[test]
fn where_there_is_one_thread_nobody_asks() {
    let alone = [("serial", serial::run as Demo), ("tokio", tokio::run)];
    for jobs in shapes() {
        for (name, run) in alone {
            let (_, lanes) = run(jobs);
            assert!(lanes.iter().all(|lane| lane.spans(Doing::Asks).is_empty()), "{name}, {jobs:?}");
        }
    }
}

#[test]
fn a_loop_has_a_lane_of_its_own() {
    for (name, run) in [("tokio", tokio::run as Demo), ("tokio_spawn_blocking", tokio_spawn_blocking::run)] {
        let (answers, lanes) = run(jobs(1, 2));
        assert_eq!(lanes.len(), answers.len() + 1, "{name}");
    }
}
