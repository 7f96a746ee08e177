//! N1 and N2: up to how many threads serve well, and from how many on async pays, judged by mass-download;
//! what waiting-tasks measured stands beside it.

use super::Verdict::HoldsBut;
use super::decide::{Decided, all, any, at_most, from_which_on, grade, pays, ratio, row_at, times};
use super::{All, Claim, DOWNLOADS, Judged, WAITING};
use crate::series::{Figure, Measured, Series, memory, start_time, whole_time};
use crate::units::thousands;

pub(super) const FEW: [u64; 3] = [1, 10, 30];
pub(super) const MANY: [u64; 3] = [300, 1_000, 10_000];

pub(super) const CLAIMS: [Claim; 2] = [
    Claim {
        id: "N1",
        says: "Threads serve well below 100 concurrent I/O operations",
        experiments: &[DOWNLOADS, WAITING],
        threshold: "at 1, 10 and 30 downloads, the whole time of threads (ureq) divided by that of tokio \
            (reqwest); 100 ms of each time are the wait itself: holds if no more than 1.1 at each, fails if more \
            at any; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: n1,
    },
    Claim {
        id: "N2",
        says: "Async pays above 100 concurrent I/O operations",
        experiments: &[DOWNLOADS, WAITING],
        threshold: "at 300, 1,000 and 10,000 downloads, async pays where tokio (reqwest) takes less whole time or less \
            memory (resident, page tables and kernel stacks together), by more than no difference, and not more of the \
            other, both than threads (ureq with its buffers of 128 KiB each way) and than threads_small_buffers (ureq \
            with buffers of 4 KiB): holds if at each, holds-but if at some, fails if at none; a ratio whose interval \
            lies on both sides, or of fewer than 5 runs, is open, and unsettled is what it leaves so",
        judge: n2,
    },
];

const THREADS: [&str; 2] = ["threads", "threads_small_buffers"];

/// Threads, and the tasks that they are held against.
pub(super) type Both<'a> = [&'a str; 2];

/// What a variant with threads takes divided by what one with tasks takes.
pub(super) fn against(
    series: &Series,
    n: u64,
    [threads, tasks]: Both,
    figure: Figure,
) -> Result<Measured, String> {
    ratio(row_at(series, n, threads)?, row_at(series, n, tasks)?, figure)
}

/// The ratios of time and memory at several n in words; an n that was not measured is passed over, and so is
/// memory that the system does not tell.
pub(super) fn in_words(series: &Series, sizes: &[u64], both: Both, time: Figure) -> String {
    let words = sizes.iter().filter_map(|&n| {
        let time = against(series, n, both, time).ok()?;
        let memory = against(series, n, both, memory);
        let memory = memory.map_or(String::new(), |memory| format!(" and {}", times(&memory)));
        Some(format!("{}{memory} times at {}", times(&time), thousands(n)))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn evidence(data: &All, downloads: &[u64], waiting: &[u64]) -> Result<String, String> {
    let series = data.get(DOWNLOADS)?;
    let against =
        THREADS.map(|variant| (variant, in_words(series, downloads, [variant, "tokio"], whole_time)));
    let told = against.iter().filter(|(_, words)| !words.is_empty());
    let told: Vec<_> = told.map(|(variant, words)| format!("{variant} {words}")).collect();
    let mut text = format!("against tokio, whole time and memory: {}", told.join("; "));
    text += &waiting_beside(data, waiting, ["threads", "tokio"])?;
    Ok(text)
}

/// What tasks that only wait take, to stand beside; nothing where that was not measured.
pub(super) fn waiting_beside(data: &All, sizes: &[u64], both: Both) -> Result<String, String> {
    // There the whole time is mostly the wait, which is the same for both.
    let beside = in_words(data.get(WAITING)?, sizes, both, start_time);
    let [threads, _] = both;
    let told = format!("; of tasks that only wait, time to start and memory: {threads} {beside}");
    Ok(if beside.is_empty() { beside } else { told })
}

/// Whether threads serve few downloads as well as tasks do.
pub(super) fn serve_well(downloads: &Series, both: Both) -> Result<Decided, String> {
    let mut decided = Vec::new();
    for n in FEW {
        decided.push(at_most(&against(downloads, n, both, whole_time)?, 1.1));
    }
    Ok(all(decided))
}

fn n1(data: &All) -> Judged {
    let serve_well = serve_well(data.get(DOWNLOADS)?, ["threads", "tokio"])?;
    Ok((grade(serve_well, serve_well), evidence(data, &FEW, &[1, 10])?))
}

pub(super) fn async_pays(downloads: &Series, n: u64, both: Both) -> Result<Decided, String> {
    let of = |figure| against(downloads, n, both, figure);
    Ok(pays(&[of(whole_time)?, of(memory)?]))
}

fn n2(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let mut decided = Vec::new();
    for n in MANY {
        let mut both = Vec::new();
        for variant in THREADS {
            both.push(async_pays(downloads, n, [variant, "tokio"])?);
        }
        decided.push((n, all(both)));
    }
    let at_each = decided.iter().map(|(_, pays)| *pays);
    let verdict = grade(all(at_each.clone()), any(at_each));
    let mut evidence = evidence(data, &MANY, &[1_000, 10_000])?;
    if let Some(sizes) = from_which_on(&decided, "").filter(|_| verdict == HoldsBut) {
        evidence += &format!("; it pays only {sizes}");
    }
    Ok((verdict, evidence))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::decide::tests::judge;
    use super::super::memory;
    use super::*;
    use crate::data::{Data, Row};
    use crate::series::synthetic::{self, Cost, row};

    /// What a variant takes in seconds and MB at each n, half of these in page tables.
    fn rows(variant: &str, sizes: &[u64], costs: &[(f64, f64)]) -> Vec<Row> {
        let rows = sizes.iter().zip(costs).map(|(n, &(seconds, megabytes))| {
            let half = megabytes * 0.5e6;
            let cost = Cost { seconds, resident: half, page_tables: half, ..Cost::default() };
            row(&format!("{n}-after-100-ms"), variant, 5, |_| cost)
        });
        rows.collect()
    }

    /// What threads, and those with small buffers, take where tokio takes 1 of both.
    fn two(sizes: &[u64], threads: &[(f64, f64)], small: &[(f64, f64)]) -> Data {
        let tokio = vec![(1.0, 1.0); sizes.len()];
        let costs = [("threads", threads), ("threads_small_buffers", small), ("tokio", &tokio)];
        synthetic::data(
            DOWNLOADS,
            costs.iter().flat_map(|(variant, costs)| rows(variant, sizes, costs)).collect(),
        )
    }

    /// The same for both.
    fn downloads(sizes: &[u64], threads: &[(f64, f64)]) -> Data {
        two(sizes, threads, threads)
    }

    fn judged(id: &str, data: &Data) -> (Verdict, String) {
        judge(&CLAIMS, id, &[data, &memory::tests::full()]).unwrap()
    }

    #[test]
    fn n1_fails_at_one_n_where_threads_take_more_than_a_tenth_more() {
        let verdict = |times: [f64; 3]| judged("N1", &downloads(&FEW, &times.map(|time| (time, 1.0)))).0;
        assert_eq!(verdict([0.5, 1.0, 1.09]), Holds);
        assert_eq!(verdict([0.5, 1.0, 1.11]), Fails);
        let mut open = downloads(&FEW, &[(1.0, 1.0); 3]);
        open.rows[0].times_s = vec![1.0, 1.2, 1.0, 1.2, 1.1];
        assert_eq!(judged("N1", &open).0, Unsettled);
        let mut few = downloads(&FEW, &[(1.0, 1.0); 3]);
        few.rows[0].times_s.pop();
        assert_eq!(judged("N1", &few).0, Unsettled);
    }

    #[test]
    fn n2_takes_less_of_one_and_no_more_of_the_other() {
        let verdict = |threads: [(f64, f64); 3]| judged("N2", &downloads(&MANY, &threads)).0;
        assert_eq!(verdict([(1.1, 1.0), (1.0, 1.1), (2.0, 2.0)]), Holds);
        assert_eq!(verdict([(1.0, 1.0), (0.9, 9.0), (9.0, 0.9)]), Fails);
    }

    #[test]
    fn n2_asks_it_against_both_kinds_of_threads() {
        let (level, more) = ([(1.0, 1.0); 3], [(1.0, 1.1); 3]);
        let verdict = |threads, small| judged("N2", &two(&MANY, threads, small)).0;
        assert_eq!((verdict(&level, &more), verdict(&more, &level)), (Fails, Fails));
        assert_eq!(verdict(&more, &[(1.0, 1.0), (1.1, 1.0), (1.0, 1.0)]), HoldsBut);
        assert_eq!(verdict(&more, &[(1.1, 1.0); 3]), Holds);
    }

    #[test]
    fn n1_asks_neither_of_small_buffers_nor_of_memory() {
        let mut data = two(&FEW, &[(1.0, 1.0); 3], &[(2.0, 1.0); 3]);
        data.rows[0].outcomes.iter_mut().for_each(|outcome| outcome["memory"] = serde_json::Value::Null);
        let (verdict, evidence) = judged("N1", &data);
        assert_eq!(verdict, Holds);
        let asked =
            "threads 1.00 [1.00, 1.00] times at 1, 1.00 [1.00, 1.00] and 1.00 [1.00, 1.00] times at 10, ";
        assert!(evidence.contains(asked), "{evidence}");
        assert!(evidence.contains("; threads_small_buffers 2.00 [2.00, 2.00] and "), "{evidence}");
    }

    #[test]
    fn n2_names_where_it_pays() {
        let said = |threads: [(f64, f64); 3]| {
            let (verdict, evidence) = judged("N2", &downloads(&MANY, &threads));
            assert_eq!(verdict, HoldsBut);
            evidence.rsplit("; ").next().unwrap().to_owned()
        };
        assert_eq!(said([(1.0, 1.0), (2.0, 1.0), (2.0, 1.0)]), "it pays only from 1,000 on");
        assert_eq!(said([(2.0, 1.0), (1.0, 1.0), (2.0, 1.0)]), "it pays only at 300, 10,000");
        assert_eq!(said([(2.0, 1.0), (1.0, 1.0), (1.0, 1.0)]), "it pays only at 300");
    }

    #[test]
    fn what_waiting_takes_stands_beside_it() {
        let (_, evidence) = judged("N1", &downloads(&FEW, &[(1.0, 1.0); 3]));
        assert!(evidence.contains("time to start and memory: threads 1.00 [1.00, 1.00] and "), "{evidence}");
    }

    #[test]
    fn an_n_that_was_not_run_is_the_reason() {
        let data = downloads(&FEW[..2], &[(1.0, 1.0); 2]);
        let reason = judge(&CLAIMS, "N1", &[&data, &memory::tests::full()]).unwrap_err();
        assert_eq!(reason, "threads was not run at 30");
    }
}
