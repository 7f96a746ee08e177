//! D1 to D3: ten thousand downloads at once, judged by mass-download.

use super::Verdict::HoldsBut;
use super::decide::{about, all, any, bytes, figure, grade, is_more, ratio, row_at, row_of, times};
use super::{All, Claim, DOWNLOADS, Judged};
use crate::series::{address_space, resident, whole_time};
use crate::units::whole;

/// Every download is in flight when the first is answered.
pub(super) const HELD: &str = "10000-held-3-s";
const MANY: u64 = 10_000;
/// So many of them in flight together are all; a few may be answered before the last has begun.
const ALL: f64 = 9_900.0;

pub(super) const CLAIMS: [Claim; 3] = [
    Claim {
        id: "D1",
        says: "10,000 downloads with a thread each take about 80 GB of virtual memory",
        experiments: &[DOWNLOADS],
        threshold: "the peak of the virtual memory of threads where 10,000 downloads are held for 3 s: \
            holds if about 80 GB (40 to 160, a factor of two either way), else fails; unsettled where an \
            interval lies on both sides, there are fewer than 5 runs, or fewer than 9,900 were in flight together \
            in one of them, by the origin's count",
        judge: d1,
    },
    Claim {
        id: "D2",
        says: "10,000 downloads with a coroutine each take about 50 MB in all",
        experiments: &[DOWNLOADS],
        threshold: "the resident memory of tokio, hyper, smol and async_std where 10,000 downloads are \
            held for 3 s: holds if each takes about 50 MB (25 to 100, a factor of two either way), \
            holds-but if some do, fails if none does; unsettled where an interval lies on both sides or \
            there are fewer than 5 runs",
        judge: d2,
    },
    Claim {
        id: "D3",
        says: "So async is the fix for many downloads at once",
        experiments: &[DOWNLOADS],
        threshold: "10,000 downloads, answered after 100 ms and held for 3 s, the whole time and the resident memory of \
            threads (ureq) divided by those of tokio (reqwest), four ratios: holds if tokio takes less in each, by \
            more than no difference, holds-but if in some, fails if in none; a ratio whose interval lies on both sides, \
            or of fewer than 5 runs, is open, and unsettled is what it leaves so",
        judge: d3,
    },
];

fn d1(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let held = row_of(downloads, HELD, "threads")?;
    let reserved = figure(held, address_space)?;
    let together = held.figures(&["witness", "peak_in_flight"]).into_iter().fold(f64::INFINITY, f64::min);
    let is_so = about(&reserved, 80e9).filter(|_| together >= ALL);
    let mut evidence = format!("threads {} virtual", bytes(&reserved));
    if let Ok(taken) = figure(held, resident) {
        evidence += &format!(" and {} resident", bytes(&taken));
    }
    if let Ok(row) = row_at(downloads, MANY, "threads")
        && let (Ok(reserved), Ok(taken)) = (figure(row, address_space), figure(row, resident))
    {
        evidence += &format!("; answered after 100 ms, {} and {}", bytes(&reserved), bytes(&taken));
    }
    if together < ALL {
        evidence += &format!("; in one run no more than {} were in flight together", whole(together));
    }
    Ok((grade(is_so, is_so), evidence))
}

fn d2(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let mut decided = Vec::new();
    let mut evidence = Vec::new();
    let mut as_claimed = Vec::new();
    for variant in ["tokio", "hyper", "smol", "async_std"] {
        let taken = figure(row_of(downloads, HELD, variant)?, resident)?;
        let is_so = about(&taken, 50e6);
        decided.push(is_so);
        evidence.push(format!("{variant} {}", bytes(&taken)));
        as_claimed.extend((is_so == Some(true)).then_some(variant));
    }
    let verdict = grade(all(decided.iter().copied()), any(decided));
    let condition = if verdict == HoldsBut {
        format!("; about 50 MB with {} only", as_claimed.join(", "))
    } else {
        String::new()
    };
    Ok((verdict, format!("{} resident{condition}", evidence.join(", "))))
}

fn d3(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let both =
        |variant| Ok::<_, String>([row_of(downloads, HELD, variant)?, row_at(downloads, MANY, variant)?]);
    let (threads, tokio) = (both("threads")?, both("tokio")?);
    let mut decided = Vec::new();
    let mut evidence = Vec::new();
    let mut elsewhere = Vec::new();
    for (at, case) in ["held for 3 s", "answered after 100 ms"].into_iter().enumerate() {
        for (name, figure) in [("whole time", whole_time as _), ("resident memory", resident as _)] {
            let ratio = ratio(threads[at], tokio[at], figure)?;
            let is_better = is_more(&ratio);
            decided.push(is_better);
            evidence.push(format!("{} times the {name}, {case}", times(&ratio)));
            elsewhere.extend((is_better != Some(true)).then(|| format!("{name}, {case}")));
        }
    }
    let verdict = grade(all(decided.iter().copied()), any(decided));
    let mut evidence = format!("threads against tokio: {}", evidence.join("; "));
    if let Ok(small) = row_of(downloads, HELD, "threads_small_buffers")
        && let Ok(ratio) = ratio(small, threads[0], resident)
    {
        evidence += &format!(
            "; threads_small_buffers take {} times the resident memory of threads, held for 3 s",
            times(&ratio)
        );
    }
    if verdict == HoldsBut {
        evidence += &format!("; async is not surely better in {}", elsewhere.join(" and in "));
    }
    Ok((verdict, evidence))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::decide::tests::judge;
    use super::*;
    use crate::data::{Data, Row};
    use crate::series::synthetic::{self, Cost, refused, row};

    const AFTER: &str = "10000-after-100-ms";

    fn rows(case: &str, costs: &[(&str, Cost)]) -> Vec<Row> {
        costs.iter().map(|&(variant, cost)| row(case, variant, 5, |_| cost)).collect()
    }

    /// Five runs of each variant in one case.
    pub(in super::super) fn downloads(case: &str, costs: &[(&str, Cost)]) -> Data {
        synthetic::data(DOWNLOADS, rows(case, costs))
    }

    /// Everything measured, so that no claim has a reason not to be judged.
    pub(in super::super) fn full() -> Data {
        let cost = Cost { seconds: 1.0, resident: 1e6, address_space: 1e6, ..Cost::default() };
        let variants = ["threads", "tokio", "hyper", "smol", "async_std"].map(|variant| (variant, cost));
        let after = [1, 10, 30, 100, 300, 1_000, MANY].map(|n| format!("{n}-after-100-ms"));
        let cases = after.iter().map(String::as_str).chain([HELD]);
        synthetic::data(DOWNLOADS, cases.flat_map(|case| rows(case, &variants)).collect())
    }

    fn taking(seconds: f64, resident: f64) -> Cost {
        Cost { seconds, resident, ..Cost::default() }
    }

    #[test]
    fn d1_holds_within_a_factor_of_two() {
        let judged = |address_space, runs| {
            let threads = row(HELD, "threads", runs, |_| Cost { address_space, ..Cost::default() });
            judge(&CLAIMS, "D1", &[&synthetic::data(DOWNLOADS, vec![threads])]).unwrap().0
        };
        assert_eq!((judged(41e9, 5), judged(159e9, 5)), (Holds, Holds));
        assert_eq!((judged(39e9, 5), judged(161e9, 5)), (Fails, Fails));
        assert_eq!(judged(80e9, 4), Unsettled);
    }

    #[test]
    fn d1_is_open_where_they_were_not_all_there_together() {
        let judged = |peaks: [u64; 5]| {
            let mut threads = row(HELD, "threads", 5, |_| Cost { address_space: 80e9, ..Cost::default() });
            for (outcome, peak) in threads.outcomes.iter_mut().zip(peaks) {
                outcome["witness"] = serde_json::json!({"peak_in_flight": peak});
            }
            judge(&CLAIMS, "D1", &[&synthetic::data(DOWNLOADS, vec![threads])]).unwrap()
        };
        assert_eq!(judged([9_900; 5]).0, Holds);
        let (verdict, evidence) = judged([10_000, 10_000, 9_899, 10_000, 10_000]);
        assert_eq!(verdict, Unsettled);
        assert!(evidence.ends_with("no more than 9,899 were in flight together"), "{evidence}");
    }

    #[test]
    fn d1_is_not_measured_where_threads_were_refused() {
        let data = synthetic::data(DOWNLOADS, vec![refused(HELD, "threads")]);
        assert_eq!(
            judge(&CLAIMS, "D1", &[&data]).unwrap_err(),
            "threads: refused at 16,368: vm.max_map_count"
        );
    }

    #[test]
    fn d2_names_who_takes_as_little() {
        let judged = |tokio, others| {
            let costs = [("tokio", tokio), ("hyper", others), ("smol", others), ("async_std", others)];
            let data = downloads(HELD, &costs.map(|(variant, resident)| (variant, taking(1.0, resident))));
            judge(&CLAIMS, "D2", &[&data]).unwrap()
        };
        assert_eq!(judged(26e6, 99e6).0, Holds);
        assert_eq!(judged(24e6, 101e6).0, Fails);
        let (verdict, evidence) = judged(50e6, 200e6);
        assert_eq!(verdict, HoldsBut);
        assert!(evidence.ends_with("; about 50 MB with tokio only"), "{evidence}");
    }

    /// What threads take where tokio takes 1 s and 1 MB: held, and answered after 100 ms.
    fn d3(held: Cost, after: Cost) -> (Verdict, String) {
        let tokio = ("tokio", taking(1.0, 1e6));
        let mut all = rows(HELD, &[("threads", held), tokio, ("threads_small_buffers", taking(1.0, 1e6))]);
        all.extend(rows(AFTER, &[("threads", after), tokio]));
        judge(&CLAIMS, "D3", &[&synthetic::data(DOWNLOADS, all)]).unwrap()
    }

    #[test]
    fn d3_takes_four_better_figures_and_names_the_others() {
        assert_eq!(d3(taking(1.1, 1.1e6), taking(1.1, 1.1e6)).0, Holds);
        assert_eq!(d3(taking(1.04, 1.04e6), taking(1.04, 0.5e6)).0, Fails);
        let (verdict, evidence) = d3(taking(2.0, 2e6), taking(0.9, 2e6));
        assert_eq!(verdict, HoldsBut);
        assert!(
            evidence.ends_with("; async is not surely better in whole time, answered after 100 ms"),
            "{evidence}"
        );
        assert!(evidence.contains("threads_small_buffers take 0.50 [0.50, 0.50] times"), "{evidence}");
    }

    #[test]
    fn d3_is_open_where_a_ratio_is() {
        let tokio = ("tokio", taking(1.0, 1e6));
        let mut all = rows(HELD, &[("threads", taking(2.0, 2e6)), tokio]);
        all.extend(rows(AFTER, &[("threads", taking(2.0, 2e6)), tokio]));
        all[0].times_s = vec![0.5, 1.5, 0.5, 1.5, 1.2];
        assert_eq!(judge(&CLAIMS, "D3", &[&synthetic::data(DOWNLOADS, all)]).unwrap().0, Unsettled);
    }
}
