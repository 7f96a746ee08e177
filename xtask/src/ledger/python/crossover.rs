//! N1 and N2 in CPython, by mass-download; what waiting-tasks measured stands beside it.

use super::super::Verdict::HoldsBut;
use super::super::crossover::{FEW, MANY, async_pays, in_words, serve_well, waiting_beside};
use super::super::decide::{all, any, from_which_on, grade};
use super::super::{All, DOWNLOADS, Judged, WAITING};
use super::downloads::{AIOHTTP, THREADS, UNLIMITED};
use super::memory::TASKS;
use super::{Rule, judged_by};
use crate::series::whole_time;

pub(super) const RULES: [Rule; 2] = [
    Rule {
        id: "N1",
        experiments: &[DOWNLOADS, WAITING],
        threshold: "at 1, 10 and 30 downloads, the whole time of python_threads divided by that of python_aiohttp; 100 ms of each time are \
            the wait itself, and the import of aiohttp is in it: holds if no more than 1.1 at each, fails if more at any; unsettled \
            where an interval lies on both sides or there are fewer than 5 runs",
        judge: n1,
    },
    Rule {
        id: "N2",
        experiments: &[DOWNLOADS, WAITING],
        threshold: "at 300, 1,000 and 10,000 downloads, async pays with python_aiohttp, the article's way, or with \
            python_aiohttp_unlimited, where that takes less whole time or less memory (resident, page tables and kernel stacks \
            together) than python_threads, by more than no difference, and not more of the other: holds if with both at each, \
            holds-but if with one or at some, fails if with none at any; a ratio whose interval lies on both sides, or of fewer \
            than 5 runs, is open, and unsettled is what it leaves so",
        judge: n2,
    },
];

fn evidence(data: &All, tasks: &[&str], downloads: &[u64], waiting: &[u64]) -> Result<String, String> {
    let series = data.get(DOWNLOADS)?;
    let against =
        |tasks: &&str| format!("{tasks} {}", in_words(series, downloads, [THREADS, tasks], whole_time));
    let against: Vec<_> = tasks.iter().map(against).collect();
    let beside = waiting_beside(data, waiting, [THREADS, TASKS])?;
    let told = format!("{THREADS}, whole time and memory, against {}{beside}", against.join("; against "));
    Ok(judged_by(series.data, &told))
}

fn n1(data: &All) -> Judged {
    let serve_well = serve_well(data.get(DOWNLOADS)?, [THREADS, AIOHTTP])?;
    Ok((grade(serve_well, serve_well), evidence(data, &[AIOHTTP], &FEW, &[1, 10])?))
}

fn n2(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let mut decided = Vec::new();
    let mut places = Vec::new();
    for tasks in [AIOHTTP, UNLIMITED] {
        let mut by_size = Vec::new();
        for n in MANY {
            by_size.push((n, async_pays(downloads, n, [THREADS, tasks])?));
        }
        places.extend(from_which_on(&by_size, "").map(|sizes| format!("with {tasks} {sizes}")));
        decided.extend(by_size.into_iter().map(|(_, pays)| pays));
    }
    let verdict = grade(all(decided.iter().copied()), any(decided));
    let mut evidence = evidence(data, &[AIOHTTP, UNLIMITED], &MANY, &[1_000, 10_000])?;
    if verdict == HoldsBut {
        evidence += &format!("; it pays only {}", places.join(" and "));
    }
    Ok((verdict, evidence))
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::memory::tests::full as waiting;
    use super::super::tests::judge;
    use super::*;
    use crate::data::{Data, Row};
    use crate::series::synthetic::{self, Cost, row};

    /// Seconds and MB at each n.
    type Costs = [(f64, f64); 3];

    const ONE: Costs = [(1.0, 1.0); 3];

    fn data(sizes: [u64; 3], threads: Costs, aiohttp: Costs, unlimited: Costs) -> Data {
        let mut rows = Vec::new();
        for (variant, costs) in [(THREADS, threads), (AIOHTTP, aiohttp), (UNLIMITED, unlimited)] {
            for (n, (seconds, megabytes)) in sizes.into_iter().zip(costs) {
                let cost = Cost { seconds, resident: megabytes * 1e6, ..Cost::default() };
                let row = row(&format!("{n}-after-100-ms"), variant, 5, |_| cost);
                rows.push(Row { interpreter: Some("CPython 3.11.7".into()), ..row });
            }
        }
        synthetic::data(DOWNLOADS, rows)
    }

    fn judged(id: &str, data: &Data) -> (Verdict, String) {
        judge(&RULES, id, &[data, &waiting()]).unwrap()
    }

    #[test]
    fn n1_fails_at_one_n_where_threads_take_more_than_a_tenth_more() {
        let few = |time| data(FEW, [(0.5, 1.0), (1.0, 9.0), (time, 1.0)], ONE, ONE);
        assert_eq!((judged("N1", &few(1.09)).0, judged("N1", &few(1.11)).0), (Holds, Fails));
        let mut open = few(1.0);
        open.rows[0].times_s.pop();
        assert_eq!(judged("N1", &open).0, Unsettled);
        let (_, evidence) = judged("N1", &few(1.0));
        let asked = "CPython 3.11.7: python_threads, whole time and memory, against python_aiohttp 0.50 [0.50, 0.50] and ";
        assert!(evidence.starts_with(asked), "{evidence}");
        assert!(
            evidence.contains("; of tasks that only wait, time to start and memory: python_threads 1.00 "),
            "{evidence}"
        );
    }

    #[test]
    fn n1_tells_of_tasks_that_wait_what_a_default_run_measures() {
        let downloads = data(FEW, ONE, ONE, ONE);
        let mut waiting = waiting();
        let beside = |waiting: &Data| {
            let (verdict, evidence) = judge(&RULES, "N1", &[&downloads, waiting]).unwrap();
            assert_eq!(verdict, Holds);
            evidence.split_once("; of tasks that only wait").map(|(_, told)| told.to_owned())
        };
        let told = beside(&waiting).unwrap();
        assert!(told.contains(" times at 1, ") && told.ends_with(" times at 10"), "{told}");
        waiting.rows.retain(|row| row.case != "10-tasks");
        let told = beside(&waiting).unwrap();
        assert!(told.ends_with(" times at 1"), "{told}");
        waiting.rows.clear();
        assert_eq!(beside(&waiting), None);
    }

    #[test]
    fn n2_holds_with_both_at_each_and_fails_with_none_at_any() {
        let verdict = |threads, aiohttp, unlimited| judged("N2", &data(MANY, threads, aiohttp, unlimited)).0;
        let more = [(1.1, 1.0), (1.0, 1.1), (2.0, 2.0)];
        assert_eq!(verdict(more, ONE, ONE), Holds);
        assert_eq!(verdict(ONE, ONE, ONE), Fails);
        assert_eq!(verdict([(0.9, 9.0), (9.0, 0.9), (1.04, 1.04)], ONE, ONE), Fails);
        assert_eq!((verdict(more, more, ONE), verdict(more, ONE, more)), (HoldsBut, HoldsBut));
        assert_eq!(verdict([(1.0, 1.0), (1.0, 1.0), (1.1, 1.0)], ONE, ONE), HoldsBut);
    }

    #[test]
    fn n2_names_with_which_and_where_it_pays() {
        let data = data(MANY, [(1.0, 1.0), (2.0, 1.0), (2.0, 1.0)], [(9.0, 9.0); 3], ONE);
        let (_, evidence) = judged("N2", &data);
        let asked = "; it pays only with python_aiohttp_unlimited from 1,000 on";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn n2_is_open_where_runs_are_few_and_not_measured_where_there_are_none() {
        let mut data = data(MANY, ONE, ONE, ONE);
        data.rows[8].outcomes.pop();
        assert_eq!(judged("N2", &data).0, Unsettled);
        data.rows.pop();
        let reason = judge(&RULES, "N2", &[&data, &waiting()]).unwrap_err();
        assert_eq!(reason, "python_aiohttp_unlimited was not run at 10,000");
    }
}
