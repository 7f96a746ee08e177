//! G1 to G3 in CPython, whose lock it is, by gil.

use super::super::Verdict::{self, HoldsBut, Unsettled};
use super::super::decide::{
    all, at_least, at_most, duration, figure, grade, is_more, not, ratio, row_of, settled, takes_two_cores,
    times,
};
use super::super::gil::{FIFTY_WAITING, FOUR_WAITING, ONE_WAITING, waiting};
use super::super::{All, GIL, Judged};
use super::{Rule, judged_by, version};
use crate::data::Status;
use crate::series::{Measured, Series, work_time};

pub(super) const RULES: [Rule; 3] = [
    Rule {
        id: "G1",
        experiments: &[GIL],
        threshold: "4 computations on at least 2 cores, the time of the work of python_serial divided by that of python_threads, in \
            each build by itself: fails if more than 1.2; else holds-but if more than 1 by more than no difference, holds if \
            not; unsettled where an interval lies on both sides, there are fewer than 5 runs, or python_serial_processes, which \
            have a GIL each, do not surely reach 1.2. The verdict is that of the first version; that of the other build stands \
            beside it",
        judge: g1,
    },
    Rule {
        id: "G2",
        experiments: &[GIL],
        threshold: "on at least 2 cores, the time of the work of 50 python_threads that wait divided by that of one: fails if more \
            than 1.2; else holds-but if 3 that wait beside one that computes take longer than 3 that wait alone, by \
            more than no difference, holds if not; unsettled where an interval lies on both sides or there are fewer \
            than 5 runs",
        judge: g2,
    },
    Rule {
        id: "G3",
        experiments: &[GIL],
        threshold: "on at least 2 cores: fails if 4 coroutines of python_asyncio that compute take longer than python_serial, by more \
            than no difference, or 4 that wait more than 1.2 times as long as one; else holds-but if 3 that wait beside \
            one that computes in a thread (python_asyncio_to_thread) take longer than 3 that wait alone (python_asyncio), \
            by more than no difference, holds if not; unsettled where an interval lies on both sides or there are fewer \
            than 5 runs. CPython does not tell who waits for its lock, so time is judged",
        judge: g3,
    },
];

const COMPUTING: &str = "4-compute-500000-steps";
const THREE_WAITING: &str = "3-wait";
const BESIDE: &str = "3-wait-1-computes-1000000-steps";

/// What ran, where there are cores enough that a computation beside it takes none away.
fn measured<'a>(data: &'a All) -> Result<&'a Series<'a>, String> {
    let gil = data.get(GIL)?;
    takes_two_cores(gil)?;
    Ok(gil)
}

fn g1(data: &All) -> Judged {
    let gil = measured(data)?;
    let row = |variant| row_of(gil, COMPUTING, variant);
    let (serial, threads) = (row("python_serial")?, row("python_threads")?);
    // The floor is measured in the first version alone.
    let processes = ratio(serial, row("python_serial_processes")?, work_time)?;
    let told = gil.data.rows_of(COMPUTING, "python_threads").filter_map(|threads| {
        // What a version did not come to the end of decides nothing; of the first it was an error above.
        let mut serials = gil.data.rows_of(COMPUTING, "python_serial").filter(|row| row.status == Status::Ok);
        let serial = serials.find(|row| row.interpreter == threads.interpreter)?;
        let gained = ratio(serial, threads, work_time).ok().filter(|_| threads.status == Status::Ok)?;
        let verdict = gains_nothing(&gained, &processes);
        Some(format!("{} {}: {}", version(threads), verdict.words(), times(&gained)))
    });
    let evidence = format!(
        "speed-up of python_threads over python_serial: {}; python_serial_processes reach {}",
        told.collect::<Vec<_>>().join("; "),
        times(&processes)
    );
    Ok((gains_nothing(&ratio(serial, threads, work_time)?, &processes), evidence))
}

fn gains_nothing(gained: &Measured, processes: &Measured) -> Verdict {
    match at_least(processes, 1.2) {
        Some(true) => settled(grade(not(is_more(gained)), at_most(gained, 1.2)), [gained, processes]),
        _ => Unsettled,
    }
}

fn g2(data: &All) -> Judged {
    let gil = measured(data)?;
    let threads = |case| row_of(gil, case, "python_threads");
    let overlap = ratio(threads(FIFTY_WAITING)?, threads(ONE_WAITING)?, work_time)?;
    let beside = ratio(threads(BESIDE)?, threads(THREE_WAITING)?, waiting)?;
    let overlaps = at_most(&overlap, 1.2);
    let verdict = grade(all([overlaps, not(is_more(&beside))]), overlaps);
    let verdict = settled(verdict, [&overlap, &beside]);
    let condition = if verdict == HoldsBut {
        "; as long as no thread computes, for that keeps the GIL for 5 ms once another asks"
    } else {
        ""
    };
    let evidence = format!(
        "50 python_threads that wait take {} times as long as one; 3 take {} times as long beside one that computes as alone\
         {condition}",
        times(&overlap),
        times(&beside)
    );
    Ok((verdict, judged_by(gil.data, &evidence)))
}

fn g3(data: &All) -> Judged {
    let gil = measured(data)?;
    let of_loop = |case| row_of(gil, case, "python_asyncio");
    let computing = ratio(of_loop(COMPUTING)?, row_of(gil, COMPUTING, "python_serial")?, work_time)?;
    let overlap = ratio(of_loop(FOUR_WAITING)?, of_loop(ONE_WAITING)?, work_time)?;
    let in_thread = row_of(gil, BESIDE, "python_asyncio_to_thread")?;
    let alone = of_loop(THREE_WAITING)?;
    let beside = ratio(in_thread, alone, waiting)?;
    let costs_nothing = all([not(is_more(&computing)), at_most(&overlap, 1.2)]);
    let verdict = grade(all([costs_nothing, not(is_more(&beside))]), costs_nothing);
    let verdict = settled(verdict, [&computing, &overlap, &beside]);
    let evidence = format!(
        "4 coroutines that compute take {} times as long as python_serial, 4 that wait {} times as long as one; 3 that wait \
         take {} beside one that computes in a thread, {} alone{}",
        times(&computing),
        times(&overlap),
        duration(&figure(in_thread, waiting)?),
        duration(&figure(alone, waiting)?),
        condition(verdict)
    );
    Ok((verdict, judged_by(gil.data, &evidence)))
}

fn condition(verdict: Verdict) -> &'static str {
    if verdict == HoldsBut { "; as long as no other thread computes, an executor's say" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict::{Fails, Holds};
    use super::super::tests::{judge, rests_on};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    /// Everything measured, five times, in one version: a second each, but processes are twice as fast.
    fn full() -> Data {
        let told = |case: &str, variant: &str, seconds: f64| {
            let mut row = row(case, variant, 5, |_| Cost { seconds, ..Cost::default() });
            row.interpreter = Some("CPython 3.11.7".into());
            set(&mut row, "metrics.waiting_s", |_| seconds);
            row
        };
        let rows = [
            told(COMPUTING, "python_serial", 1.0),
            told(COMPUTING, "python_threads", 1.0),
            told(COMPUTING, "python_asyncio", 1.0),
            told(COMPUTING, "python_serial_processes", 0.5),
            told(ONE_WAITING, "python_threads", 1.0),
            told(FIFTY_WAITING, "python_threads", 1.0),
            told(THREE_WAITING, "python_threads", 1.0),
            told(BESIDE, "python_threads", 1.0),
            told(ONE_WAITING, "python_asyncio", 1.0),
            told(FOUR_WAITING, "python_asyncio", 1.0),
            told(THREE_WAITING, "python_asyncio", 1.0),
            told(BESIDE, "python_asyncio_to_thread", 1.0),
        ];
        synthetic::data(GIL, rows.into())
    }

    /// The verdict if a figure of a row is another in all its runs.
    fn judged(id: &str, case: &str, variant: &str, figure: &str, value: f64) -> Verdict {
        let mut data = full();
        set(row_in(&mut data, case, variant), figure, |_| value);
        judge(&RULES, id, &[&data]).unwrap().0
    }

    #[test]
    fn g1_asks_what_threads_gain() {
        let verdict = |gained: f64| judged("G1", COMPUTING, "python_threads", "elapsed_s", 1.0 / gained);
        assert_eq!((verdict(0.5), verdict(1.04)), (Holds, Holds));
        assert_eq!((verdict(1.1), verdict(1.19)), (HoldsBut, HoldsBut));
        assert_eq!((verdict(1.21), verdict(2.0)), (Fails, Fails));
    }

    #[test]
    fn g1_is_open_where_processes_gain_nothing_either() {
        let verdict =
            |gained: f64| judged("G1", COMPUTING, "python_serial_processes", "elapsed_s", 1.0 / gained);
        assert_eq!((verdict(1.19), verdict(1.21)), (Unsettled, Holds));
    }

    #[test]
    fn g1_is_judged_in_each_build_and_told_of_both() {
        let mut data = full();
        for (variant, seconds) in [("python_serial", 1.5), ("python_threads", 0.75)] {
            let mut row = row(COMPUTING, variant, 5, |_| Cost { seconds, ..Cost::default() });
            row.interpreter = Some("CPython 3.14.0 free-threaded".into());
            data.rows.push(row);
        }
        let asked = "speed-up of python_threads over python_serial: CPython 3.11.7 holds: 1.00 [1.00, 1.00]; CPython 3.14.0 \
             free-threaded fails: 2.00 [2.00, 2.00]; python_serial_processes reach 2.00 [2.00, 2.00]";
        assert_eq!(judge(&RULES, "G1", &[&data]).unwrap(), (Holds, asked.to_owned()));
    }

    #[test]
    fn g2_asks_whether_waits_overlap_and_then_what_one_that_computes_costs_them() {
        let overlap = |times| judged("G2", FIFTY_WAITING, "python_threads", "elapsed_s", times);
        assert_eq!((overlap(1.0), overlap(1.19), overlap(1.21)), (Holds, Holds, Fails));
        let beside = |times| judged("G2", BESIDE, "python_threads", "metrics.waiting_s", times);
        assert_eq!((beside(0.5), beside(1.04), beside(1.1)), (Holds, Holds, HoldsBut));
    }

    #[test]
    fn g3_asks_what_coroutines_cost_and_then_what_a_thread_beside_the_loop_costs_them() {
        let computing = |times| judged("G3", COMPUTING, "python_asyncio", "elapsed_s", times);
        assert_eq!((computing(0.9), computing(1.04), computing(1.06)), (Holds, Holds, Fails));
        let waiting = |times| judged("G3", FOUR_WAITING, "python_asyncio", "elapsed_s", times);
        assert_eq!((waiting(1.0), waiting(1.19), waiting(1.21)), (Holds, Holds, Fails));
        let beside = |times| judged("G3", BESIDE, "python_asyncio_to_thread", "metrics.waiting_s", times);
        assert_eq!((beside(0.5), beside(1.04), beside(1.1)), (Holds, Holds, HoldsBut));
    }

    #[test]
    fn each_is_open_on_both_sides() {
        for (id, case, variant, figure) in [
            ("G1", COMPUTING, "python_threads", "elapsed_s"),
            ("G2", FIFTY_WAITING, "python_threads", "elapsed_s"),
            ("G2", BESIDE, "python_threads", "metrics.waiting_s"),
            ("G3", COMPUTING, "python_asyncio", "elapsed_s"),
            ("G3", FOUR_WAITING, "python_asyncio", "elapsed_s"),
            ("G3", BESIDE, "python_asyncio_to_thread", "metrics.waiting_s"),
        ] {
            let mut data = full();
            set(row_in(&mut data, case, variant), figure, |run| [0.8, 1.5][run % 2]);
            assert_eq!(judge(&RULES, id, &[&data]).unwrap().0, Unsettled, "{id} {case}");
        }
    }

    #[test]
    fn each_rests_on_its_own_rows() {
        let computing = (COMPUTING, &["python_serial", "python_threads", "python_serial_processes"][..]);
        rests_on(&RULES, "G1", full, &[computing]);
        let cases = [ONE_WAITING, FIFTY_WAITING, THREE_WAITING, BESIDE];
        rests_on(&RULES, "G2", full, &cases.map(|case| (case, &["python_threads"][..])));
        let cases = [ONE_WAITING, FOUR_WAITING, THREE_WAITING].map(|case| (case, &["python_asyncio"][..]));
        let others = [
            (COMPUTING, &["python_serial", "python_asyncio"][..]),
            (BESIDE, &["python_asyncio_to_thread"][..]),
        ];
        rests_on(&RULES, "G3", full, &[&cases[..], &others].concat());
    }

    #[test]
    fn on_one_core_nothing_is_measured() {
        let mut data = full();
        data.machine.cores = 1;
        for id in ["G1", "G2", "G3"] {
            assert_eq!(judge(&RULES, id, &[&data]).unwrap_err(), "one core: nothing runs in parallel");
        }
    }
}
