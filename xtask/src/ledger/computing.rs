//! C1 and C2: what coroutines and processes gain on computations, judged by cpu-bound.

use super::Verdict::HoldsBut;
use super::decide::{
    all, at_least, at_most, grade, is_more, not, ratio, row_of, settled, takes_two_cores, times,
};
use super::{All, CPU, Claim, Judged};
use crate::series::{Measured, Series, work_time};

/// Four equal ones.
pub(super) const CASE: &str = "4-computations";

pub(super) const CLAIMS: [Claim; 2] = [
    Claim {
        id: "C1",
        says: "CPU-bound work in coroutines gains nothing, even when it yields",
        experiments: &[CPU],
        threshold: "4 computations on at least 2 cores, the time of the work of serial divided by that of \
            tokio_yielding and by that of tokio_multi_thread: fails if more than 1.05 with the first; else holds-but if \
            at least 1.2 with the second, holds if less; unsettled where an interval lies on both sides or there are \
            fewer than 5 runs",
        judge: c1,
    },
    Claim {
        id: "C2",
        says: "Four worker processes run four such computations in parallel",
        experiments: &[CPU],
        threshold: "4 computations on at least 2 cores, the time of the work of serial_processes (independent ones, \
            all at once) divided by that of processes (a pool): holds if at least 0.9; if less, holds-but if processes \
            take less than serial, by more than no difference, else fails; unsettled where an interval lies on both \
            sides or there are fewer than 5 runs",
        judge: c2,
    },
];

/// The time of the work of one variant divided by that of another; on one core nothing runs beside anything.
pub(super) fn against(series: &Series, case: &str, of: &str, to: &str) -> Result<Measured, String> {
    takes_two_cores(series)?;
    ratio(row_of(series, case, of)?, row_of(series, case, to)?, work_time)
}

fn c1(data: &All) -> Judged {
    let computed = data.get(CPU)?;
    let on_one = against(computed, CASE, "serial", "tokio_yielding")?;
    let on_several = against(computed, CASE, "serial", "tokio_multi_thread")?;
    let gains_nothing = at_most(&on_one, 1.05);
    let verdict = grade(all([gains_nothing, not(at_least(&on_several, 1.2))]), gains_nothing);
    let verdict = settled(verdict, [&on_one, &on_several]);
    let [on_one, on_several] = [times(&on_one), times(&on_several)];
    let condition = if verdict == HoldsBut { "; on a runtime of one thread, but not on several" } else { "" };
    let evidence = format!("speed-up over serial: tokio_yielding {on_one}, tokio_multi_thread {on_several}");
    Ok((verdict, evidence + condition))
}

fn c2(data: &All) -> Judged {
    pool(data.get(CPU)?, CASE, ["serial", "serial_processes", "processes"])
}

/// Whether a pool of processes comes near to independent ones, or at least gains on one computation after the other.
pub(super) fn pool(computed: &Series, case: &str, [serial, floor, pool]: [&str; 3]) -> Judged {
    let of_floor = against(computed, case, floor, pool)?;
    let gained = against(computed, case, serial, pool)?;
    let verdict = settled(grade(at_least(&of_floor, 0.9), is_more(&gained)), [&of_floor, &gained]);
    let condition = if verdict == HoldsBut { "; in parallel, but slower than independent ones" } else { "" };
    let evidence = format!(
        "{pool} reach {} of the speed of {floor}, and {} times that of {serial}{condition}",
        times(&of_floor),
        times(&gained)
    );
    Ok((verdict, evidence))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::decide::tests::{judge, rests_on};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    /// Everything measured, so that no claim has a reason not to be judged: one second for all.
    pub(in super::super) fn full() -> Data {
        let cost = Cost { seconds: 1.0, resident: 1e6, ..Cost::default() };
        let four = ["serial", "threads", "rayon", "tokio_yielding", "tokio_multi_thread", "processes"];
        let mut rows: Vec<_> = four.map(|variant| row(CASE, variant, 5, |_| cost)).into();
        rows.push(row(CASE, "serial_processes", 5, |_| cost));
        for case in [10_000, 100_000, 1_000_000].map(|steps| format!("4-of-{steps}-steps")) {
            rows.extend(["serial", "processes"].map(|variant| row(&case, variant, 5, |_| cost)));
        }
        synthetic::data(CPU, rows)
    }

    /// What these variants took, where all others took a second.
    fn judged(id: &str, seconds: &[(&str, f64)]) -> (Verdict, String) {
        let mut data = full();
        for (variant, seconds) in seconds {
            set(row_in(&mut data, CASE, variant), "elapsed_s", |_| *seconds);
        }
        judge(&CLAIMS, id, &[&data]).unwrap()
    }

    #[test]
    fn c1_fails_where_one_thread_gains_and_asks_then_of_several() {
        let verdict = |one, several| {
            judged("C1", &[("tokio_yielding", 1.0 / one), ("tokio_multi_thread", 1.0 / several)]).0
        };
        assert_eq!((verdict(0.5, 1.0), verdict(1.049, 1.19)), (Holds, Holds));
        assert_eq!((verdict(1.051, 1.0), verdict(1.051, 2.0)), (Fails, Fails));
        assert_eq!(verdict(1.0, 1.21), HoldsBut);
        let (_, evidence) = judged("C1", &[("tokio_multi_thread", 0.5)]);
        let asked = "speed-up over serial: tokio_yielding 1.00 [1.00, 1.00], tokio_multi_thread 2.00 [2.00, 2.00]; on \
             a runtime of one thread, but not on several";
        assert_eq!(evidence, asked);
    }

    #[test]
    fn c1_is_open_where_either_is() {
        for (variant, seconds) in [("tokio_yielding", [1.0, 0.9]), ("tokio_multi_thread", [0.9, 0.7])] {
            let mut data = full();
            set(row_in(&mut data, CASE, variant), "elapsed_s", |run| seconds[run % 2]);
            assert_eq!(judge(&CLAIMS, "C1", &[&data]).unwrap().0, Unsettled, "{variant}");
        }
    }

    #[test]
    fn c2_asks_for_nine_tenths_of_the_floor_and_then_for_less_than_serial() {
        let verdict = |processes| judged("C2", &[("processes", processes), ("serial_processes", 0.5)]).0;
        assert_eq!(verdict(0.55), Holds);
        assert_eq!((verdict(0.56), verdict(0.94)), (HoldsBut, HoldsBut));
        assert_eq!((verdict(0.96), verdict(2.0)), (Fails, Fails));
        let (_, evidence) = judged("C2", &[("processes", 0.8), ("serial_processes", 0.5)]);
        let asked = "processes reach 0.62 [0.62, 0.62] of the speed of serial_processes, and 1.25 [1.25, 1.25] times \
             that of serial; in parallel, but slower than independent ones";
        assert_eq!(evidence, asked);
    }

    #[test]
    fn c2_is_open_on_both_sides_of_either() {
        let open = |floor: f64, processes: [f64; 2]| {
            let mut data = full();
            set(row_in(&mut data, CASE, "serial_processes"), "elapsed_s", |_| floor);
            set(row_in(&mut data, CASE, "processes"), "elapsed_s", |run| processes[run % 2]);
            judge(&CLAIMS, "C2", &[&data]).unwrap().0
        };
        assert_eq!((open(0.5, [0.5, 0.6]), open(0.5, [0.9, 1.1])), (Unsettled, Unsettled));
    }

    #[test]
    fn each_rests_on_its_own_rows() {
        rests_on(&CLAIMS, "C1", full, &[(CASE, &["serial", "tokio_yielding", "tokio_multi_thread"])]);
        rests_on(&CLAIMS, "C2", full, &[(CASE, &["serial", "serial_processes", "processes"])]);
    }

    #[test]
    fn on_one_core_nothing_is_measured() {
        let mut data = full();
        data.machine.cores = 1;
        for id in ["C1", "C2"] {
            let reason = judge(&CLAIMS, id, &[&data]).unwrap_err();
            assert_eq!(reason, "one core: nothing runs in parallel");
        }
    }
}
