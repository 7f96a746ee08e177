//! D1 to D3 in CPython, by mass-download.

use std::iter::zip;

use super::super::decide::{about, all, any, bytes, figure, grade, is_more, ratio, row_at, row_of, times};
use super::super::downloads::{HELD, MANY, d2};
use super::super::{All, DOWNLOADS, Judged, WAITING};
use super::Rule;
use crate::data::Row;
use crate::series::{address_space, memory, resident, whole_time};
use crate::units::whole;

pub(super) const RULES: [Rule; 3] = [
    Rule {
        id: "D1",
        experiments: &[DOWNLOADS, WAITING],
        threshold: "the peak of the virtual memory of python_threads where 10,000 downloads are answered after 100 ms, and, since not all of \
            those need to be there at once, where 10,000 threads wait in waiting-tasks: holds if both are about 80 GB (40 to 160, a \
            factor of two either way), holds-but if one is, fails if neither; unsettled where an interval lies on both sides or there \
            are fewer than 5 runs",
        judge: d1,
    },
    Rule {
        id: "D2",
        experiments: &[DOWNLOADS],
        threshold: "the resident memory, page tables and kernel stacks together of python_aiohttp, the article's way, and of \
            python_aiohttp_unlimited where 10,000 downloads are answered after 100 ms: holds if each takes about 50 MB (25 to 100, a \
            factor of two either way), holds-but if one does, fails if none does; unsettled where an interval lies on both sides or \
            there are fewer than 5 runs",
        judge: d2_in_python,
    },
    Rule {
        id: "D3",
        experiments: &[DOWNLOADS],
        threshold: "10,000 downloads, answered after 100 ms, the whole time and the memory (resident, page tables and kernel stacks \
            together) of python_threads, each divided by that of python_aiohttp, the article's way: holds if python_aiohttp takes \
            less of both, by more than no difference, holds-but if of one, fails if of none; a ratio whose interval lies on both \
            sides, or of fewer than 5 runs, is open, and unsettled is what it leaves so",
        judge: d3,
    },
];

pub(super) const THREADS: &str = "python_threads";
/// As the article writes it: one session, whose connector allows 100 connections.
pub(super) const AIOHTTP: &str = "python_aiohttp";
pub(super) const UNLIMITED: &str = "python_aiohttp_unlimited";
const AFTER: &str = "10000-after-100-ms";

fn told(all: &All, judged: Judged) -> Judged {
    super::told(all.get(DOWNLOADS)?.data, judged)
}

fn d1(data: &All) -> Judged {
    let fetching = row_at(data.get(DOWNLOADS)?, MANY, THREADS)?;
    let reserved = figure(fetching, address_space)?;
    let reserved_by_waiting = figure(row_at(data.get(WAITING)?, MANY, THREADS)?, address_space)?;
    let are_so = [&reserved, &reserved_by_waiting].map(|reserved| about(reserved, 80e9));
    let mut evidence = format!("{THREADS} {} virtual", bytes(&reserved));
    if let Ok(taken) = figure(fetching, resident) {
        evidence += &format!(" and {} resident", bytes(&taken));
    }
    let at_once = fetching.figures(&["witness", "peak_in_flight"]);
    if let Some(most) = at_once.into_iter().reduce(f64::max) {
        evidence += &format!(", with {} in flight at most", whole(most));
    }
    evidence += &format!("; where all of them wait at once, {} virtual", bytes(&reserved_by_waiting));
    told(data, Ok((grade(all(are_so), any(are_so)), evidence)))
}

fn d2_in_python(data: &All) -> Judged {
    let (verdict, mut evidence) = d2(data, AFTER, &[AIOHTTP, UNLIMITED])?;
    let held = row_of(data.get(DOWNLOADS)?, HELD, UNLIMITED).and_then(|row| figure(row, memory));
    if let Ok(held) = held {
        evidence += &format!("; held for 3 s, {UNLIMITED} {}", bytes(&held));
    }
    told(data, Ok((verdict, evidence)))
}

fn d3(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let (threads, aiohttp) = (row_at(downloads, MANY, THREADS)?, row_at(downloads, MANY, AIOHTTP)?);
    let against =
        |tasks: &Row| Ok::<_, String>([ratio(threads, tasks, whole_time)?, ratio(threads, tasks, memory)?]);
    let ratios = against(aiohttp)?;
    let decided = ratios.each_ref().map(is_more);
    let [time, taken] = ratios.map(|ratio| times(&ratio));
    let pairs = zip(&threads.times_s, &aiohttp.times_s);
    let faster = pairs.clone().filter(|(threads, aiohttp)| threads < aiohttp).count();
    let runs = pairs.count();
    let mut evidence = format!(
        "{THREADS} take {time} times the whole time of {AIOHTTP}, faster in {faster} of {runs} runs, and {taken} times its memory"
    );
    if let Some(most) = aiohttp.figures(&["witness", "peak_in_flight"]).into_iter().reduce(f64::max) {
        evidence += &format!(
            "; {AIOHTTP} had {} in flight at most: its connector allows 100 connections",
            whole(most)
        );
    }
    if let Ok([time, taken]) = row_at(downloads, MANY, UNLIMITED).and_then(against) {
        let [time, taken] = [time, taken].map(|ratio| times(&ratio));
        evidence +=
            &format!("; against {UNLIMITED}, {time} times the whole time and {taken} times the memory");
    }
    told(data, Ok((grade(all(decided), any(decided)), evidence)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::Verdict::{Fails, Holds, HoldsBut, Unsettled};
    use super::super::tests::judge;
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, refused, row, set};

    fn rows(case: &str, costs: &[(&str, Cost)]) -> Vec<Row> {
        let interpreted = |&(variant, cost): &(&str, Cost)| Row {
            interpreter: Some("CPython 3.11.7".into()),
            ..row(case, variant, 5, |_| cost)
        };
        costs.iter().map(interpreted).collect()
    }

    fn taking(seconds: f64, resident: f64) -> Cost {
        Cost { seconds, resident, ..Cost::default() }
    }

    fn after(threads: Cost, aiohttp: Cost, unlimited: Cost) -> Data {
        synthetic::data(
            DOWNLOADS,
            rows(AFTER, &[(THREADS, threads), (AIOHTTP, aiohttp), (UNLIMITED, unlimited)]),
        )
    }

    /// What threads take is a half and a quarter of what aiohttp does.
    pub(in super::super) fn after_100_ms() -> Data {
        after(taking(0.5, 0.25e6), taking(1.0, 1e6), taking(1.0, 1e6))
    }

    #[test]
    fn d1_asks_of_downloads_and_of_threads_that_wait() {
        let judged = |fetching, waiting, runs| {
            let reserving = |case, address_space| {
                let cost = Cost { address_space, resident: 1e6, ..Cost::default() };
                let mut rows = rows(case, &[(THREADS, cost)]);
                rows[0].outcomes.truncate(runs);
                rows
            };
            let mut fetched = reserving(AFTER, fetching);
            set(&mut fetched[0], "witness.peak_in_flight", |run| 400.0 + run as f64);
            let waited = synthetic::data(WAITING, reserving("10000-tasks", waiting));
            judge(&RULES, "D1", &[&synthetic::data(DOWNLOADS, fetched), &waited]).unwrap()
        };
        assert_eq!((judged(41e9, 159e9, 5).0, judged(159e9, 41e9, 5).0), (Holds, Holds));
        assert_eq!(
            (judged(39e9, 80e9, 5).0, judged(161e9, 80e9, 5).0, judged(80e9, 39e9, 5).0),
            (HoldsBut, HoldsBut, HoldsBut)
        );
        assert_eq!(
            (judged(39e9, 39e9, 5).0, judged(161e9, 161e9, 5).0, judged(80e9, 80e9, 4).0),
            (Fails, Fails, Unsettled)
        );
        let asked = "CPython 3.11.7: python_threads 4.00 GB virtual and 1.00 MB resident, with 404 in flight at most; where all of \
             them wait at once, 80.0 GB virtual";
        assert_eq!(judged(4e9, 80e9, 5).1, asked);
    }

    #[test]
    fn d1_is_not_measured_where_threads_were_refused() {
        let [fetched, waited] =
            [DOWNLOADS, WAITING].map(|experiment| synthetic::data(experiment, vec![refused(AFTER, THREADS)]));
        let reason = judge(&RULES, "D1", &[&fetched, &waited]).unwrap_err();
        assert_eq!(reason, "python_threads: refused at 16,368: vm.max_map_count");
    }

    #[test]
    fn d2_names_who_takes_as_little() {
        let judged = |aiohttp, unlimited| {
            let data = after(taking(1.0, 1.0), taking(1.0, aiohttp), taking(1.0, unlimited));
            judge(&RULES, "D2", &[&data]).unwrap()
        };
        assert_eq!((judged(26e6, 99e6).0, judged(24e6, 101e6).0), (Holds, Fails));
        let (verdict, evidence) = judged(99e6, 101e6);
        assert_eq!(verdict, HoldsBut);
        assert!(evidence.ends_with("; about 50 MB with python_aiohttp only"), "{evidence}");
        assert_eq!(judged(101e6, 99e6).0, HoldsBut);
    }

    #[test]
    fn d2_tells_what_held_ones_take() {
        let mut data = after(taking(1.0, 1.0), taking(1.0, 26e6), taking(1.0, 26e6));
        data.rows.extend(rows(HELD, &[(UNLIMITED, taking(1.0, 1e6))]));
        let (_, evidence) = judge(&RULES, "D2", &[&data]).unwrap();
        assert!(evidence.ends_with("; held for 3 s, python_aiohttp_unlimited 1.00 MB"), "{evidence}");
    }

    #[test]
    fn d3_asks_for_less_of_both() {
        let judged = |seconds, resident| {
            let data = after(taking(seconds, resident), taking(1.0, 1e6), taking(0.1, 1e5));
            judge(&RULES, "D3", &[&data]).unwrap().0
        };
        assert_eq!(judged(1.1, 1.1e6), Holds);
        assert_eq!((judged(1.04, 1.1e6), judged(1.1, 1.04e6)), (HoldsBut, HoldsBut));
        assert_eq!((judged(1.04, 1.04e6), judged(0.5, 0.5e6)), (Fails, Fails));
    }

    #[test]
    fn d3_says_which_is_faster_and_why() {
        let mut data = after(taking(0.5, 0.5e6), taking(1.0, 1e6), taking(2.0, 2e6));
        data.rows[0].times_s[4] = 1.5;
        set(&mut data.rows[1], "witness.peak_in_flight", |run| 96.0 + run as f64);
        let (_, evidence) = judge(&RULES, "D3", &[&data]).unwrap();
        for asked in [
            ", faster in 4 of 5 runs, and 0.50 [0.50, 0.50] times its memory; ",
            "; python_aiohttp had 100 in flight at most: its connector allows 100 connections; ",
            "; against python_aiohttp_unlimited, 0.25 [",
            " and 0.25 [0.25, 0.25] times the memory",
        ] {
            assert!(evidence.contains(asked), "{evidence}");
        }
    }

    #[test]
    fn d3_is_open_where_a_ratio_is_or_runs_are_few() {
        let mut data = after(taking(2.0, 2e6), taking(1.0, 1e6), taking(1.0, 1e6));
        data.rows[0].times_s = vec![0.5, 1.5, 0.5, 1.5, 1.2];
        assert_eq!(judge(&RULES, "D3", &[&data]).unwrap().0, Unsettled);
        data.rows[0].times_s = vec![2.0; 4];
        assert_eq!(judge(&RULES, "D3", &[&data]).unwrap().0, Unsettled);
    }
}
