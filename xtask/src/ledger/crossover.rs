//! N1 and N2: up to how many threads serve well, and from how many on async pays, judged by mass-download;
//! what waiting-tasks measured stands beside it.

use super::Verdict::HoldsBut;
use super::decide::{Decided, all, any, at_most, grade, is_less, is_more, not, ratio, row_at, times};
use super::{All, Claim, DOWNLOADS, Judged, WAITING};
use crate::series::{Figure, Measured, Series, resident, start_time, whole_time};
use crate::units::thousands;

const FEW: [u64; 3] = [1, 10, 30];
const MANY: [u64; 3] = [300, 1_000, 10_000];

pub(super) const CLAIMS: [Claim; 2] = [
    Claim {
        id: "N1",
        says: "Threads serve well below 100 concurrent I/O operations",
        experiments: &[DOWNLOADS, WAITING],
        threshold: "at 1, 10 and 30 downloads, the whole time of threads divided by that of tokio: holds if no more than \
            1.1 at each, fails if more at any; unsettled where an interval lies on both sides or there are fewer than 5 \
            runs",
        judge: n1,
    },
    Claim {
        id: "N2",
        says: "Async pays above 100 concurrent I/O operations",
        experiments: &[DOWNLOADS, WAITING],
        threshold: "at 300, 1,000 and 10,000 downloads, async pays where tokio takes less whole time or less resident \
            memory than threads, by more than no difference, and not more of the other: holds if at each, holds-but if \
            at some, fails if at none; a ratio whose interval lies on both sides, or of fewer than 5 runs, is open, and \
            unsettled is what it leaves so",
        judge: n2,
    },
];

/// What threads take divided by what tokio takes: time, and resident memory.
fn ratios(series: &Series, n: u64, time: Figure) -> Result<[Measured; 2], String> {
    let (threads, tokio) = (row_at(series, n, "threads")?, row_at(series, n, "tokio")?);
    Ok([ratio(threads, tokio, time)?, ratio(threads, tokio, resident)?])
}

/// The ratios at several n in words; an n that was not measured is passed over.
fn in_words(series: &Series, sizes: &[u64], time: Figure) -> String {
    let words = sizes.iter().filter_map(|&n| {
        let [time, memory] = ratios(series, n, time).ok()?;
        Some(format!("{} and {} times at {}", times(&time), times(&memory), thousands(n)))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn evidence(data: &All, downloads: &[u64], waiting: &[u64]) -> Result<String, String> {
    let mut text = format!(
        "threads against tokio, whole time and resident memory: {}",
        in_words(data.get(DOWNLOADS)?, downloads, whole_time)
    );
    // There the whole time is mostly the wait, which is the same for both.
    let beside = in_words(data.get(WAITING)?, waiting, start_time);
    if !beside.is_empty() {
        text += &format!("; of tasks that only wait, time to start and resident memory: {beside}");
    }
    Ok(text)
}

fn n1(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let mut decided = Vec::new();
    for n in FEW {
        let [time, _] = ratios(downloads, n, whole_time)?;
        decided.push(at_most(&time, 1.1));
    }
    let serve_well = all(decided);
    Ok((grade(serve_well, serve_well), evidence(data, &FEW, &[1, 10])?))
}

fn n2(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let mut decided = Vec::new();
    for n in MANY {
        let ratios = ratios(downloads, n, whole_time)?;
        let less_of_one = any(ratios.iter().map(is_more));
        let not_more = all(ratios.iter().map(|ratio| not(is_less(ratio))));
        decided.push(all([less_of_one, not_more]));
    }
    let verdict = grade(all(decided.iter().copied()), any(decided.iter().copied()));
    let mut evidence = evidence(data, &MANY, &[1_000, 10_000])?;
    if verdict == HoldsBut {
        evidence += &format!("; it pays only {}", where_it_pays(&decided));
    }
    Ok((verdict, evidence))
}

/// From which n on; or at which, where that is not all from one on.
fn where_it_pays(decided: &[Decided]) -> String {
    let paying: Vec<_> = MANY.into_iter().zip(decided).filter(|(_, pays)| **pays == Some(true)).collect();
    let sizes: Vec<_> = paying.iter().map(|(n, _)| thousands(*n)).collect();
    let is_from_one_on = decided[decided.len() - sizes.len()..].iter().all(|pays| *pays == Some(true));
    if is_from_one_on { format!("from {} on", sizes[0]) } else { format!("at {}", sizes.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::decide::tests::judge;
    use super::super::memory;
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row};

    /// What threads take in seconds and MB at each n, where tokio takes 1 of both.
    fn downloads(sizes: &[u64], threads: &[(f64, f64)]) -> Data {
        let rows = sizes.iter().zip(threads).flat_map(|(n, &(seconds, megabytes))| {
            let cost = |seconds, megabytes| Cost { seconds, resident: megabytes * 1e6, ..Cost::default() };
            let case = format!("{n}-after-100-ms");
            [
                row(&case, "threads", 5, |_| cost(seconds, megabytes)),
                row(&case, "tokio", 5, |_| cost(1.0, 1.0)),
            ]
        });
        synthetic::data(DOWNLOADS, rows.collect())
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
        assert!(evidence.contains("time to start and resident memory: 1.00 [1.00, 1.00] and "), "{evidence}");
    }

    #[test]
    fn an_n_that_was_not_run_is_the_reason() {
        let data = downloads(&FEW[..2], &[(1.0, 1.0); 2]);
        let reason = judge(&CLAIMS, "N1", &[&data, &memory::tests::full()]).unwrap_err();
        assert_eq!(reason, "threads was not run at 30");
    }
}
