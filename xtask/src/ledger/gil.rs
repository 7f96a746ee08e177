//! G1 to G3: what a global interpreter lock does to threads and to coroutines, judged on a lock that models it.

use super::Verdict::{self, Fails, Holds, HoldsBut, Unsettled};
use super::decide::{
    all, at_least, at_most, duration, figure, grade, is_more, not, ratio, row_of, settled, takes_two_cores,
    times,
};
use super::races::RUNS_TO_SEE_NONE;
use super::{All, Claim, GIL, Judged};
use crate::data::Row;
use crate::series::{Figure, work_time};
use crate::statistics::{ENOUGH_RUNS, is_most};

pub(super) const CLAIMS: [Claim; 3] = [
    Claim {
        id: "G1",
        says: "Threads on CPU-bound work under the GIL: no speed-up, only overhead",
        experiments: &[GIL],
        threshold: "a lock that models the GIL, 4 computations on at least 2 cores, the time of the work of serial divided \
            by that of threads: fails if more than 1.2; else holds-but if more than 1 by more than no difference, holds \
            if not; unsettled where an interval lies on both sides, there are fewer than 5 runs, or threads_without, the \
            same without the lock, do not surely reach 1.2",
        judge: g1,
    },
    Claim {
        id: "G2",
        says: "Threads on I/O-bound work under the GIL: real concurrency, because I/O releases it",
        experiments: &[GIL],
        threshold: "a lock that models the GIL, the time of the work of 50 threads that wait divided by that of one: fails \
            if more than 1.2; else holds-but if beside one that computes 3 that wait take longer under the lock than \
            without it, by more than no difference, holds if not; unsettled where an interval lies on both sides or \
            there are fewer than 5 runs",
        judge: g2,
    },
    Claim {
        id: "G3",
        says: "asyncio has no GIL contention, since there is only one thread",
        experiments: &[GIL],
        threshold: "a lock that models the GIL, at least 5 runs of each: fails if tokio, on one thread, waits for the lock in \
            any run in which 4 tasks compute, 4 wait, or 1 computes and 3 wait; else holds-but if tokio_spawn_blocking, \
            where the one computes in a thread beside the loop, the loop surely waits for it in most runs (by Wilson's \
            95 % interval), holds if in none of at least 20; else unsettled",
        judge: g3,
    },
];

const COMPUTING: &str = "4-compute";
pub(super) const ONE_WAITING: &str = "1-waits";
pub(super) const FOUR_WAITING: &str = "4-wait";
pub(super) const FIFTY_WAITING: &str = "50-wait";
const BESIDE: &str = "3-wait-1-computes";

/// How long it took until the last of those that wait had waited for all.
pub(super) fn waiting(row: &Row) -> Vec<f64> {
    row.figures(&["metrics", "waiting_s"])
}

/// How long workers waited for the lock, all of them together.
fn asking(row: &Row) -> Vec<f64> {
    row.figures(&["metrics", "asks_s"])
}

/// The same of the loop alone.
fn loop_asking(row: &Row) -> Vec<f64> {
    row.figures(&["metrics", "loop_asks_s"])
}

fn g1(data: &All) -> Judged {
    let gil = data.get(GIL)?;
    takes_two_cores(gil)?;
    let serial = row_of(gil, COMPUTING, "serial")?;
    let gained = |variant| ratio(serial, row_of(gil, COMPUTING, variant)?, work_time);
    let (with, without) = (gained("threads")?, gained("threads_without")?);
    let verdict = match at_least(&without, 1.2) {
        Some(true) => settled(grade(not(is_more(&with)), at_most(&with, 1.2)), [&with, &without]),
        _ => Unsettled,
    };
    let evidence = format!(
        "on a model of the lock: speed-up over serial: threads {}, threads_without {}; threads waited {} for the lock, all \
         together",
        times(&with),
        times(&without),
        duration(&figure(row_of(gil, COMPUTING, "threads")?, asking)?)
    );
    Ok((verdict, evidence))
}

fn g2(data: &All) -> Judged {
    let gil = data.get(GIL)?;
    let overlap =
        ratio(row_of(gil, FIFTY_WAITING, "threads")?, row_of(gil, ONE_WAITING, "threads")?, work_time)?;
    let beside = ratio(row_of(gil, BESIDE, "threads")?, row_of(gil, BESIDE, "threads_without")?, waiting)?;
    let overlaps = at_most(&overlap, 1.2);
    let verdict = grade(all([overlaps, not(is_more(&beside))]), overlaps);
    let verdict = settled(verdict, [&overlap, &beside]);
    let condition = if verdict == HoldsBut { "; as long as no thread computes" } else { "" };
    let evidence = format!(
        "on a model of the lock: 50 threads that wait take {} times as long as one; beside one that computes, 3 take {} \
         times as long as without the lock{condition}",
        times(&overlap),
        times(&beside)
    );
    Ok((verdict, evidence))
}

fn g3(data: &All) -> Judged {
    let gil = data.get(GIL)?;
    let asked = |case, variant, asking: Figure| {
        let row = row_of(gil, case, variant)?;
        figure(row, asking).map(|_| asking(row))
    };
    let loops = [COMPUTING, FOUR_WAITING, BESIDE].map(|case| asked(case, "tokio", asking));
    let loops = loops.into_iter().collect::<Result<Vec<_>, _>>()?;
    let executor = asked(BESIDE, "tokio_spawn_blocking", loop_asking)?;
    let waited = |runs: &[f64]| runs.iter().filter(|seconds| **seconds > 0.0).count();
    let (in_loops, in_executor) = (loops.iter().map(|runs| waited(runs)).sum::<usize>(), waited(&executor));
    let is_few = loops.iter().chain([&executor]).any(|runs| runs.len() < ENOUGH_RUNS);
    let verdict = g3_verdict(in_loops, is_few, in_executor, executor.len());
    let condition = if verdict == HoldsBut { "; as long as no other thread computes" } else { "" };
    let evidence = format!(
        "on a model of the lock: tokio waited for it in {in_loops} of {} runs, the loop of tokio_spawn_blocking in \
         {in_executor} of {} for {} in all{condition}",
        loops.iter().map(Vec::len).sum::<usize>(),
        executor.len(),
        duration(&figure(row_of(gil, BESIDE, "tokio_spawn_blocking")?, loop_asking)?)
    );
    Ok((verdict, evidence))
}

fn g3_verdict(in_loops: usize, is_few: bool, in_executor: usize, of: usize) -> Verdict {
    if is_few {
        Unsettled
    } else if in_loops > 0 {
        Fails
    } else if is_most(in_executor, of) {
        HoldsBut
    } else if in_executor == 0 && of >= RUNS_TO_SEE_NONE {
        Holds
    } else {
        Unsettled
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::decide::tests::{judge, rests_on};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    /// Everything measured, five times: the article is right but for the executor, and without the lock all is twice as
    /// fast.
    pub(in super::super) fn full() -> Data {
        let told = |case: &str, variant: &str, seconds: f64, asks: f64| {
            let mut row = row(case, variant, 5, |_| Cost { seconds, ..Cost::default() });
            set(&mut row, "metrics.waiting_s", |_| seconds);
            set(&mut row, "metrics.asks_s", |_| asks);
            set(&mut row, "metrics.loop_asks_s", |_| asks);
            row
        };
        let rows = [
            told(COMPUTING, "serial", 1.0, 0.0),
            told(COMPUTING, "threads", 1.0, 3.0),
            told(COMPUTING, "threads_without", 0.5, 0.0),
            told(COMPUTING, "tokio", 1.0, 0.0),
            told(ONE_WAITING, "threads", 1.0, 0.0),
            told(FOUR_WAITING, "tokio", 1.0, 0.0),
            told(FIFTY_WAITING, "threads", 1.0, 0.0),
            told(BESIDE, "threads", 1.0, 0.5),
            told(BESIDE, "threads_without", 1.0, 0.0),
            told(BESIDE, "tokio", 1.0, 0.0),
            told(BESIDE, "tokio_spawn_blocking", 1.0, 0.1),
        ];
        synthetic::data(GIL, rows.into())
    }

    /// The verdict if a figure of a row is another in all its runs.
    fn judged(id: &str, case: &str, variant: &str, figure: &str, value: f64) -> Verdict {
        let mut data = full();
        set(row_in(&mut data, case, variant), figure, |_| value);
        judge(&CLAIMS, id, &[&data]).unwrap().0
    }

    #[test]
    fn g1_asks_what_threads_gain_under_the_lock() {
        let verdict = |gained: f64| judged("G1", COMPUTING, "threads", "elapsed_s", 1.0 / gained);
        assert_eq!((verdict(0.5), verdict(1.04)), (Holds, Holds));
        assert_eq!((verdict(1.1), verdict(1.19)), (HoldsBut, HoldsBut));
        assert_eq!((verdict(1.21), verdict(2.0)), (Fails, Fails));
    }

    #[test]
    fn g1_is_open_where_nothing_is_gained_without_the_lock_either() {
        let verdict = |gained: f64| judged("G1", COMPUTING, "threads_without", "elapsed_s", 1.0 / gained);
        assert_eq!((verdict(1.19), verdict(1.21)), (Unsettled, Holds));
    }

    #[test]
    fn g1_takes_two_cores() {
        let mut data = full();
        data.machine.cores = 1;
        let reason = judge(&CLAIMS, "G1", &[&data]).unwrap_err();
        assert_eq!(reason, "one core: nothing runs in parallel");
    }

    #[test]
    fn g2_asks_whether_waits_overlap_and_then_what_one_that_computes_costs_them() {
        let overlap = |times| judged("G2", FIFTY_WAITING, "threads", "elapsed_s", times);
        assert_eq!((overlap(1.0), overlap(1.19), overlap(1.21)), (Holds, Holds, Fails));
        let beside = |times| judged("G2", BESIDE, "threads", "metrics.waiting_s", times);
        assert_eq!((beside(0.5), beside(1.04), beside(1.1)), (Holds, Holds, HoldsBut));
    }

    #[test]
    fn g2_is_open_on_both_sides_of_either() {
        for (case, figure) in [(FIFTY_WAITING, "elapsed_s"), (BESIDE, "metrics.waiting_s")] {
            let mut data = full();
            set(row_in(&mut data, case, "threads"), figure, |run| [1.0, 1.5][run % 2]);
            assert_eq!(judge(&CLAIMS, "G2", &[&data]).unwrap().0, Unsettled, "{case}");
        }
    }

    #[test]
    fn g3_fails_by_one_wait_of_the_loop() {
        for case in [COMPUTING, FOUR_WAITING, BESIDE] {
            let mut data = full();
            set(row_in(&mut data, case, "tokio"), "metrics.asks_s", |run| f64::from(u8::from(run == 3)));
            assert_eq!(judge(&CLAIMS, "G3", &[&data]).unwrap().0, Fails, "{case}");
        }
    }

    #[test]
    fn g3_asks_the_executor_too() {
        assert_eq!(judge(&CLAIMS, "G3", &[&full()]).unwrap().0, HoldsBut);
        let verdict = |runs: usize, waiting: usize| {
            let mut data = full();
            let executor = row_in(&mut data, BESIDE, "tokio_spawn_blocking");
            *executor = row(BESIDE, "tokio_spawn_blocking", runs, |_| Cost::default());
            set(executor, "metrics.loop_asks_s", |run| f64::from(u8::from(run < waiting)));
            judge(&CLAIMS, "G3", &[&data]).unwrap().0
        };
        assert_eq!((verdict(5, 4), verdict(19, 0), verdict(20, 0)), (Unsettled, Unsettled, Holds));
        assert_eq!((verdict(20, 10), verdict(20, 15)), (Unsettled, HoldsBut));
    }

    #[test]
    fn each_rests_on_its_own_rows() {
        let computing = (COMPUTING, &["serial", "threads", "threads_without"][..]);
        rests_on(&CLAIMS, "G1", full, &[computing]);
        let threads = &["threads"][..];
        let beside = (BESIDE, &["threads", "threads_without"][..]);
        rests_on(&CLAIMS, "G2", full, &[(ONE_WAITING, threads), (FIFTY_WAITING, threads), beside]);
        let tokio = &["tokio"][..];
        let beside = (BESIDE, &["tokio", "tokio_spawn_blocking"][..]);
        rests_on(&CLAIMS, "G3", full, &[(COMPUTING, tokio), (FOUR_WAITING, tokio), beside]);
    }
}
