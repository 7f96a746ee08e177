//! M1 to M8 in CPython, by waiting-tasks.

use super::super::Verdict::HoldsBut;
use super::super::crossover::in_words;
use super::super::decide::{any, at_least, grade, ratio, row_at, times};
use super::super::downloads::MANY;
use super::super::memory::{at, is_160_to_1, m1, m2, m8};
use super::super::{All, DOWNLOADS, Judged, WAITING};
use super::Rule;
use super::downloads::{THREADS, UNLIMITED};
use crate::series::{memory, start_time, whole_time};

pub(super) const RULES: [Rule; 8] = [
    Rule {
        id: "M1",
        experiments: &[WAITING],
        threshold: "what each further one of python_threads takes, by the slope over n: holds if resident memory, page tables and \
            kernel stacks together are about 8 MB (4 to 16, a factor of two either way), holds-but if only the virtual memory is, \
            fails if neither is; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| told(all, m1(all, THREADS)),
    },
    Rule {
        id: "M2",
        experiments: &[WAITING],
        threshold: "the resident memory that each further task of python_asyncio takes, by the slope over n: holds if it is a few KB, \
            1 to 10 kB, else fails; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| told(all, m2(all, &[TASKS])),
    },
    Rule {
        id: "M3",
        experiments: &[WAITING],
        threshold: "at 100 tasks, about being a factor of two either way: holds if the resident memory of python_threads is about \
            800 MB (400 MB to 1.6 GB) and that of python_asyncio about 5 MB (2.5 to 10), the interpreter's own included; holds-but if \
            only the virtual memory of python_threads is, and the resident memory of python_asyncio; fails if python_asyncio's figure \
            is off, or both of python_threads', even if the other variant was not measured; unsettled where an interval lies on both \
            sides or there are fewer than 5 runs",
        judge: |all| told(all, at(all, BOTH, 100, 800e6, &[5e6])),
    },
    Rule {
        id: "M4",
        experiments: &[WAITING],
        threshold: "at 1,000 tasks, about being a factor of two either way: holds if the resident memory of python_threads is about \
            8 GB (4 to 16) and that of python_asyncio about 50 MB (25 to 100), the interpreter's own included; holds-but if only the \
            virtual memory of python_threads is, and the resident memory of python_asyncio; fails if python_asyncio's figure is off, \
            or both of python_threads', even if the other variant was not measured; unsettled where an interval lies on both sides or \
            there are fewer than 5 runs",
        judge: |all| told(all, at(all, BOTH, 1_000, 8e9, &[50e6])),
    },
    Rule {
        id: "M5",
        experiments: &[WAITING],
        threshold: "at 10,000 tasks, about being a factor of two either way: holds if the resident memory of python_threads is about \
            80 GB (40 to 160) and that of python_asyncio about 500 MB (250 MB to 1 GB) or 50 MB (25 to 100), the interpreter's own \
            included; holds-but if only the virtual memory of python_threads is, and the resident memory of python_asyncio; fails if \
            python_asyncio's figure is off, or both of python_threads', even if the other variant was not measured; unsettled where \
            an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| told(all, at(all, BOTH, 10_000, 80e9, &[500e6, 50e6])),
    },
    Rule {
        id: "M6",
        experiments: &[WAITING],
        threshold: "at 100,000 tasks, about being a factor of two either way: holds if the resident memory of python_threads is about \
            800 GB (400 GB to 1.6 TB) and that of python_asyncio about 5 GB (2.5 to 10), the interpreter's own included; holds-but if \
            only the virtual memory of python_threads is, and the resident memory of python_asyncio; fails if python_asyncio's figure \
            is off, or both of python_threads', even if the other variant was not measured; unsettled where an interval lies on both \
            sides or there are fewer than 5 runs",
        judge: |all| told(all, at(all, BOTH, 100_000, 800e9, &[5e9])),
    },
    Rule {
        id: "M7",
        experiments: &[WAITING, DOWNLOADS],
        threshold: "the resident memory, page tables and kernel stacks of python_threads together, divided by those of \
            python_asyncio, in waiting-tasks: holds if about 160 (80 to 320, a factor of two either way) at 100, at 1,000 and at \
            10,000; else holds-but if the 10,000 take python_threads at least twice the time to start, or at least twice the memory \
            by the same account, and fails if neither; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: m7,
    },
    Rule {
        id: "M8",
        experiments: &[WAITING],
        threshold: "the resident memory that each further one of python_processes takes, by the slope over n: holds if it is at \
            least 1 MB even where a page that several share is counted once, holds-but if only where it is counted again in each, \
            fails if in neither; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| told(all, m8(all, "python_processes")),
    },
];

/// Waiting at the loop.
pub(super) const TASKS: &str = "python_asyncio";
const BOTH: [&str; 2] = [THREADS, TASKS];

fn told(all: &All, judged: Judged) -> Judged {
    super::told(all.get(WAITING)?.data, judged)
}

fn m7(all: &All) -> Judged {
    let waiting = all.get(WAITING)?;
    let (is_so, ratios) = is_160_to_1(waiting, BOTH)?;
    let [threads, tasks] = [row_at(waiting, MANY, THREADS)?, row_at(waiting, MANY, TASKS)?];
    let [start, taken] = [ratio(threads, tasks, start_time)?, ratio(threads, tasks, memory)?];
    let verdict = grade(is_so, any([start, taken].iter().map(|ratio| at_least(ratio, 2.0))));
    let mut evidence = format!("{ratios}; the 10,000 take {} times as long to start", times(&start));
    let downloads = in_words(all.get(DOWNLOADS)?, &[MANY], [THREADS, UNLIMITED], whole_time);
    if !downloads.is_empty() {
        evidence += &format!(
            "; of downloads, each answered after 100 ms, whole time and memory: {THREADS} {downloads}, against {UNLIMITED}"
        );
    }
    if verdict == HoldsBut {
        evidence += "; not interchangeable, but by another ratio";
    }
    told(all, Ok((verdict, evidence)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::downloads::tests::after_100_ms;
    use super::super::tests::judge;
    use super::*;
    use crate::data::{Data, Row};
    use crate::series::synthetic::{self, Cost, refused, row, set};

    const SIZES: [u64; 6] = [1, 10, 100, 1_000, 10_000, 100_000];

    /// What the interpreter takes, and on top of it so much for each.
    fn rows(variant: &str, sizes: &[u64], first: f64, each: Cost) -> Vec<Row> {
        let of = |n: u64| Cost {
            seconds: 1.0,
            resident: first + n as f64 * each.resident,
            page_tables: n as f64 * each.page_tables,
            kernel_stacks: n as f64 * each.kernel_stacks,
            address_space: first + n as f64 * each.address_space,
            proportional: first + n as f64 * each.proportional,
        };
        let interpreted = |n: &u64| Row {
            interpreter: Some("CPython 3.11.7".into()),
            ..row(&format!("{n}-tasks"), variant, 5, |_| of(*n))
        };
        sizes.iter().map(interpreted).collect()
    }

    fn taking(resident: f64, address_space: f64) -> Cost {
        Cost { resident, address_space, ..Cost::default() }
    }

    /// Threads of 16 kB and 8 MB of address space, tasks of 1.6 kB, and processes of 15 MB of which they share most.
    pub(in super::super) fn full() -> Data {
        let mut all = rows(THREADS, &SIZES, 1e6, taking(16e3, 8e6));
        all.extend(rows(TASKS, &SIZES, 1e6, taking(1.6e3, 0.0)));
        let process = Cost { proportional: 2e6, ..taking(15e6, 30e6) };
        all.extend(rows("python_processes", &[1, 10, 100], 1e6, process));
        synthetic::data(WAITING, all)
    }

    /// The full data, with these rows instead of those of the same variant.
    fn with(rows: Vec<Row>) -> Data {
        let mut data = full();
        data.rows.retain(|row| rows.iter().all(|new| new.variant != row.variant));
        data.rows.extend(rows);
        data
    }

    fn verdict(id: &str, rows: Vec<Row>) -> Verdict {
        judge(&RULES, id, &[&with(rows), &after_100_ms()]).unwrap().0
    }

    #[test]
    fn m1_tells_what_is_taken_from_what_is_reserved() {
        let of = |taken, reserved| verdict("M1", rows(THREADS, &SIZES, 1e6, taking(taken, reserved)));
        assert_eq!((of(4.1e6, 4.1e6), of(15.9e6, 15.9e6)), (Holds, Holds));
        assert_eq!((of(16e3, 4.1e6), of(16e3, 15.9e6)), (HoldsBut, HoldsBut));
        assert_eq!((of(16e3, 3.9e6), of(16e3, 16.1e6)), (Fails, Fails));
        let (_, evidence) = judge(&RULES, "M1", &[&full()]).unwrap();
        let asked = "CPython 3.11.7: a thread takes 16.0 kB of memory and 8.00 MB of virtual memory; what is";
        assert!(evidence.starts_with(asked), "{evidence}");
    }

    #[test]
    fn m2_takes_a_few_kilobytes_for_one_to_ten() {
        let of = |each| verdict("M2", rows(TASKS, &SIZES, 24e6, taking(each, 0.0)));
        assert_eq!((of(1.1e3), of(9.9e3)), (Holds, Holds));
        assert_eq!((of(0.9e3), of(10.1e3)), (Fails, Fails));
    }

    /// What n of each take, without an interpreter.
    fn at_n(id: &str, n: u64, threads: (f64, f64), tasks: f64) -> Verdict {
        let n_of_it = |(resident, reserved): (f64, f64)| taking(resident / n as f64, reserved / n as f64);
        let mut both = rows(THREADS, &[n], 0.0, n_of_it(threads));
        both.extend(rows(TASKS, &[n], 0.0, n_of_it((tasks, 0.0))));
        verdict(id, both)
    }

    #[test]
    fn m3_to_m6_are_wrong_by_more_than_a_factor_of_two() {
        let claimed = [
            ("M3", 100, 800e6, 5e6),
            ("M4", 1_000, 8e9, 50e6),
            ("M5", 10_000, 80e9, 500e6),
            ("M6", 100_000, 800e9, 5e9),
        ];
        for (id, n, threads, tasks) in claimed {
            for factor in [0.51, 1.99] {
                assert_eq!(at_n(id, n, (threads * factor, 0.0), tasks * factor), Holds, "{id}");
                assert_eq!(at_n(id, n, (1e6, threads * factor), tasks * factor), HoldsBut, "{id}");
            }
            for factor in [0.49, 2.01] {
                assert_eq!(at_n(id, n, (threads * factor, threads * factor), tasks), Fails, "{id}");
                assert_eq!(at_n(id, n, (threads, threads), tasks * factor), Fails, "{id}");
            }
        }
        assert_eq!(
            (at_n("M5", 10_000, (80e9, 0.0), 26e6), at_n("M5", 10_000, (80e9, 0.0), 24e6)),
            (Holds, Fails)
        );
    }

    #[test]
    fn m6_without_threads_can_only_fail() {
        let judged = |each| {
            let mut both = rows(TASKS, &SIZES, 24e6, taking(each, 0.0));
            both.push(refused("100000-tasks", THREADS));
            judge(&RULES, "M6", &[&with(both)])
        };
        let (verdict, evidence) = judged(1.5e3).unwrap();
        assert_eq!(verdict, Fails);
        assert!(
            evidence.starts_with("CPython 3.11.7: python_threads: refused at 16,368: vm.max_map_count; "),
            "{evidence}"
        );
        assert!(judged(50e3).unwrap_err().contains("refused at 16,368"));
    }

    #[test]
    fn m7_holds_by_its_ratio_and_else_by_any_that_matters() {
        let judged = |small: f64, large: f64, start: f64| {
            let mut both = rows(TASKS, &SIZES, 1e6, Cost::default());
            both.extend(rows(THREADS, &SIZES[..4], small * 1e6, Cost::default()));
            both.extend(rows(THREADS, &SIZES[4..], large * 1e6, Cost::default()));
            for row in both.iter_mut().filter(|row| row.variant == THREADS) {
                set(row, "metrics.start_s", |_| start);
            }
            judge(&RULES, "M7", &[&with(both), &after_100_ms()]).unwrap()
        };
        assert_eq!((judged(81.0, 319.0, 1.0).0, judged(319.0, 81.0, 1.0).0), (Holds, Holds));
        for off in [79.0, 321.0] {
            assert_eq!((judged(off, 1.9, 1.9).0, judged(160.0, off, 1.0).0), (Fails, HoldsBut));
            assert_eq!((judged(off, 2.1, 1.0).0, judged(off, 1.0, 2.1).0), (HoldsBut, HoldsBut));
        }
        let (_, evidence) = judged(10.0, 10.0, 2.1);
        let asked = "; the 10,000 take 2.10 [2.10, 2.10] times as long to start; of downloads, each answered after 100 ms, whole \
             time and memory: python_threads 0.50 [0.50, 0.50] and 0.25 [0.25, 0.25] times at 10,000, against \
             python_aiohttp_unlimited; not interchangeable, but by another ratio";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn m8_counts_shared_pages_once_and_then_again() {
        let of = |once, again| {
            let process = Cost { proportional: once, ..taking(again, 0.0) };
            verdict("M8", rows("python_processes", &[1, 10, 100], 1e6, process))
        };
        assert_eq!((of(1.1e6, 3e6), of(0.9e6, 3e6), of(0.3e6, 0.9e6)), (Holds, HoldsBut, Fails));
    }

    #[test]
    fn few_runs_decide_nothing() {
        let mut data = full();
        for row in &mut data.rows {
            row.outcomes.pop();
            row.times_s.pop();
        }
        for id in ["M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8"] {
            assert_eq!(judge(&RULES, id, &[&data, &after_100_ms()]).unwrap().0, Unsettled, "{id}");
        }
    }
}
