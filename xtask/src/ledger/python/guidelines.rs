//! N4 and N5 in CPython, by blocking-client.

use super::super::guidelines::{COLD, Taken, cold_starts, executor_or_threads};
use super::super::{CLIENT, Judged};
use super::blocking::{AT_ONCE, DEFAULT, FEW, OWN, THREADS};
use super::{Rule, judged_by, told};
use crate::series::Series;

pub(super) const RULES: [Rule; 2] = [
    Rule {
        id: "N4",
        experiments: &[CLIENT],
        threshold: "whole time and memory (resident, page tables and kernel stacks together) of python_threads divided by those of an \
            executor. Above: of 128 requests at once, python_asyncio_executor_of_its_own, which has a thread for each, and \
            python_asyncio_to_thread, which has min(32, cores + 4), each takes less time or less memory, by more than no \
            difference, and not more of the other; below: of 20 requests, 4 at once, python_threads takes no more than 1.1 times \
            the time and no more than 1.1 times the memory of python_asyncio_to_thread: holds if both are so, holds-but if one is, \
            fails if neither; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| n4(all.get(CLIENT)?),
    },
    Rule {
        id: "N5",
        experiments: &[CLIENT],
        threshold: "one request from a cold start: the time to the answer and the resident memory of python_aiohttp, each divided by that \
            of python_threads, whose client is http.client: holds if none is less than 1, by more than no difference, holds-but \
            if one is, fails if both are; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| n5(all.get(CLIENT)?),
    },
];

fn n4(client: &Series) -> Judged {
    let both = |case, executor| Taken::of(client, case, [THREADS, executor]);
    let [within, past, few] = [both(AT_ONCE, OWN)?, both(AT_ONCE, DEFAULT)?, both(FEW, DEFAULT)?];
    let (verdict, condition) = executor_or_threads(&within, &past, &few);
    let evidence = format!(
        "{THREADS}, whole time and memory: {within} those of {OWN} with 128 at once, {past} those of {DEFAULT} with 128, {few} with \
         4{condition}"
    );
    Ok((verdict, judged_by(client.data, &evidence)))
}

fn n5(client: &Series) -> Judged {
    // What CPython starts is no binary of its own.
    let [time, memory, _] = COLD;
    let others = [("python_aiohttp", "aiohttp")];
    told(client.data, cold_starts(client, &[time, memory], (THREADS, "http.client"), &others))
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict::{self, Fails, Holds, HoldsBut, Unsettled};
    use super::super::super::decide::tests::series;
    use super::super::blocking::tests::full;
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{row_in, set};

    /// Seconds and MB.
    type Costs = (f64, f64);

    /// What the executors take with 128 at once, the one within its size and the one past it, and what threads take with 4; all
    /// others take 1 of both.
    fn n4_data(within: Costs, past: Costs, few: Costs) -> Data {
        let mut data = full();
        for (case, variant, (seconds, megabytes)) in
            [(AT_ONCE, OWN, within), (AT_ONCE, DEFAULT, past), (FEW, THREADS, few)]
        {
            let row = row_in(&mut data, case, variant);
            row.times_s = vec![seconds; 5];
            set(row, "memory.hwm_bytes", |_| megabytes * 1e6);
        }
        data
    }

    fn n4_of(within: Costs, past: Costs, few: Costs) -> (Verdict, String) {
        n4(&series(&n4_data(within, past, few))).unwrap()
    }

    const SAME: Costs = (1.0, 1.0);
    const LESS: Costs = (0.9, 1.0);

    #[test]
    fn n4_asks_above_for_less_of_one_and_no_more_of_the_other_by_both_executors() {
        let verdict = |within, past| n4_of(within, past, SAME).0;
        assert_eq!((verdict(LESS, (1.0, 0.9)), verdict((1.04, 0.9), LESS)), (Holds, Holds));
        for no_less in [SAME, (0.96, 0.96), (0.5, 1.06), (1.06, 0.5)] {
            assert_eq!((verdict(no_less, LESS), verdict(LESS, no_less)), (HoldsBut, HoldsBut), "{no_less:?}");
        }
    }

    #[test]
    fn n4_asks_below_for_no_more_than_a_tenth_more_of_either() {
        let verdict = |few| n4_of(LESS, LESS, few).0;
        assert_eq!(verdict((1.1, 1.1)), Holds);
        assert_eq!((verdict((1.11, 0.5)), verdict((0.5, 1.11))), (HoldsBut, HoldsBut));
    }

    #[test]
    fn n4_says_which_of_both_is_so() {
        assert!(n4_of(LESS, LESS, (2.0, 2.0)).1.ends_with("; so only above 100 tasks"));
        let (verdict, evidence) = n4_of(SAME, (4.0, 0.5), SAME);
        assert_eq!(verdict, HoldsBut);
        let asked = "CPython 3.11.7: python_threads, whole time and memory: 1.00 [1.00, 1.00] and 1.00 [1.00, 1.00] times those of \
             python_asyncio_executor_of_its_own with 128 at once, 0.25 [0.25, 0.25] and 2.00 [2.00, 2.00] times those of \
             python_asyncio_to_thread with 128, 1.00 [1.00, 1.00] and 1.00 [1.00, 1.00] times with 4; so only below 100 tasks";
        assert_eq!(evidence, asked);
        assert_eq!(n4_of(SAME, LESS, (2.0, 1.0)).0, Fails);
    }

    #[test]
    fn n4_is_open_where_either_is_or_runs_are_few() {
        for (case, variant) in [(AT_ONCE, OWN), (AT_ONCE, DEFAULT), (FEW, THREADS)] {
            let mut data = n4_data(LESS, LESS, SAME);
            row_in(&mut data, case, variant).times_s = vec![0.8, 1.4, 0.8, 1.4, 1.1];
            assert_eq!(n4(&series(&data)).unwrap().0, Unsettled, "{variant}");
            row_in(&mut data, case, variant).times_s = vec![0.9; 4];
            assert_eq!(n4(&series(&data)).unwrap().0, Unsettled, "{variant}");
            data.rows.retain(|row| row.case != case || row.variant != variant);
            assert!(n4(&series(&data)).is_err(), "{variant}");
        }
    }

    /// What aiohttp takes of time and memory from a cold start, where http.client takes a second and 10 MB.
    fn n5_of(seconds: f64, megabytes: f64) -> (Verdict, String) {
        let mut data = full();
        let row = row_in(&mut data, "1-request-cold", "python_aiohttp");
        set(row, "metrics.cold_s", |_| seconds);
        set(row, "metrics.cold_hwm_bytes", |_| megabytes * 1e6);
        n5(&series(&data)).unwrap()
    }

    #[test]
    fn n5_holds_until_aiohttp_takes_less_and_fails_where_it_takes_less_of_both() {
        let verdict = |seconds, megabytes| n5_of(seconds, megabytes).0;
        assert_eq!((verdict(1.0, 10.0), verdict(0.96, 9.6)), (Holds, Holds));
        assert_eq!((verdict(0.94, 10.0), verdict(1.0, 9.4)), (HoldsBut, HoldsBut));
        assert_eq!(verdict(0.94, 9.4), Fails);
        let asked = "CPython 3.11.7: python_threads, with http.client: time 1.00 s, memory 10.0 MB; \
             python_aiohttp, with aiohttp, 4.00 [4.00, 4.00], 2.00 [2.00, 2.00] times";
        assert_eq!(n5_of(4.0, 20.0).1, asked);
    }

    #[test]
    fn n5_is_open_where_a_figure_may_be_less_and_not_measured_in_a_run_without_the_case() {
        let mut data = full();
        set(row_in(&mut data, "1-request-cold", "python_aiohttp"), "metrics.cold_s", |run| {
            0.8 + 0.2 * (run % 2) as f64
        });
        assert_eq!(n5(&series(&data)).unwrap().0, Unsettled);
        data.rows.retain(|row| row.case != "1-request-cold");
        assert_eq!(n5(&series(&data)).unwrap_err(), "python_threads was not run in 1-request-cold");
    }
}
