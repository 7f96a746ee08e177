//! D1 to D3: ten thousand downloads at once, judged by mass-download.

use super::Verdict::HoldsBut;
use super::decide::{about, all, any, bytes, figure, grade, is_more, ratio, row_at, row_of, times};
use super::{All, Claim, DOWNLOADS, Judged};
use crate::series::{Figure, address_space, memory, resident, whole_time};
use crate::units::whole;

/// Every download is in flight when the first is answered.
pub(super) const HELD: &str = "10000-held-3-s";
pub(super) const MANY: u64 = 10_000;

pub(super) const CLAIMS: [Claim; 3] = [
    Claim {
        id: "D1",
        says: "10,000 downloads with a thread each take about 80 GB of virtual memory",
        experiments: &[DOWNLOADS],
        threshold: "the peak of the virtual memory of threads where 10,000 downloads are held for 3 s: \
            holds if about 80 GB (40 to 160, a factor of two either way), else fails; unsettled where an \
            interval lies on both sides or there are fewer than 5 runs",
        judge: d1,
    },
    Claim {
        id: "D2",
        says: "10,000 downloads with a coroutine each take about 50 MB in all",
        experiments: &[DOWNLOADS],
        threshold: "the resident memory, page tables and kernel stacks together of tokio (reqwest), hyper, smol \
            and async_std where 10,000 downloads are held for 3 s: holds if each takes about 50 MB (25 to 100, a \
            factor of two either way), holds-but if some do, fails if none does; unsettled where an interval lies \
            on both sides or there are fewer than 5 runs",
        judge: |all| d2(all, HELD, &["tokio", "hyper", "smol", "async_std"]),
    },
    Claim {
        id: "D3",
        says: "So async is the fix for many downloads at once",
        experiments: &[DOWNLOADS],
        threshold: "10,000 downloads, answered after 100 ms and held for 3 s, the whole time and the memory (resident, \
            page tables and kernel stacks together) of threads (ureq with its buffers of 128 KiB each way) and of \
            threads_small_buffers (ureq with buffers of 4 KiB), each divided by those of tokio (reqwest), eight \
            ratios: holds if tokio takes less in each, by more than no difference, holds-but if in some, fails if in \
            none; a ratio whose interval lies on both sides, or of fewer than 5 runs, is open, and unsettled is what \
            it leaves so",
        judge: d3,
    },
];

fn d1(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let held = row_of(downloads, HELD, "threads")?;
    let reserved = figure(held, address_space)?;
    let is_so = about(&reserved, 80e9);
    let mut evidence = format!("threads {} virtual", bytes(&reserved));
    if let Ok(taken) = figure(held, resident) {
        evidence += &format!(" and {} resident", bytes(&taken));
    }
    if let Ok(row) = row_at(downloads, MANY, "threads")
        && let (Ok(reserved), Ok(taken)) = (figure(row, address_space), figure(row, resident))
    {
        evidence += &format!("; answered after 100 ms, {} and {}", bytes(&reserved), bytes(&taken));
    }
    let small = row_of(downloads, HELD, "threads_small_buffers").and_then(|row| figure(row, address_space));
    if let Ok(small) = small {
        evidence += &format!("; threads_small_buffers {} virtual", bytes(&small));
    }
    if let Some(least) = held.figures(&["witness", "peak_in_flight"]).into_iter().reduce(f64::min) {
        evidence += &format!("; of threads at least {} were in flight together in every run", whole(least));
    }
    Ok((grade(is_so, is_so), evidence))
}

/// What all downloads take in a case, with each of these.
pub(super) fn d2(data: &All, case: &str, variants: &[&'static str]) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let mut decided = Vec::new();
    let mut evidence = Vec::new();
    let mut as_claimed = Vec::new();
    for &variant in variants {
        let taken = figure(row_of(downloads, case, variant)?, memory)?;
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
    let evidence = evidence.join(", ");
    Ok((verdict, format!("{evidence}, resident, page tables and kernel stacks together{condition}")))
}

fn d3(data: &All) -> Judged {
    let downloads = data.get(DOWNLOADS)?;
    let both =
        |variant| Ok::<_, String>([row_of(downloads, HELD, variant)?, row_at(downloads, MANY, variant)?]);
    let tokio = both("tokio")?;
    let figures: [(&str, Figure); 2] = [("whole time", whole_time), ("memory", memory)];
    let mut decided = Vec::new();
    let mut evidence = Vec::new();
    let mut elsewhere = Vec::new();
    for variant in ["threads", "threads_small_buffers"] {
        let threads = both(variant)?;
        let mut against = Vec::new();
        for (at, case) in ["held for 3 s", "answered after 100 ms"].into_iter().enumerate() {
            for (name, figure) in figures {
                let ratio = ratio(threads[at], tokio[at], figure)?;
                let is_better = is_more(&ratio);
                decided.push(is_better);
                against.push(format!("{} times the {name}, {case}", times(&ratio)));
                let place = || format!("{name} against {variant}, {case}");
                elsewhere.extend((is_better != Some(true)).then(place));
            }
        }
        evidence.push(format!("{variant} against tokio: {}", against.join("; ")));
    }
    let verdict = grade(all(decided.iter().copied()), any(decided));
    let mut evidence = evidence.join("; ");
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
        let variants = ["threads", "threads_small_buffers", "tokio", "hyper", "smol", "async_std"];
        let variants = variants.map(|variant| (variant, cost));
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
    fn d1_tells_how_many_were_in_flight_and_what_smaller_buffers_take() {
        let mut data = full();
        let threads = data.rows.iter_mut().find(|row| row.case == HELD && row.variant == "threads").unwrap();
        for (outcome, peak) in threads.outcomes.iter_mut().zip([10_000, 10_000, 9_899, 10_000, 10_000]) {
            outcome["witness"] = serde_json::json!({"peak_in_flight": peak});
            outcome["memory"]["peak_virtual_bytes"] = 80e9.into();
        }
        let (verdict, evidence) = judge(&CLAIMS, "D1", &[&data]).unwrap();
        assert_eq!(verdict, Holds);
        let asked = "; threads_small_buffers 1.00 MB virtual; of threads at least 9,899 were in flight together in \
             every run";
        assert!(evidence.ends_with(asked), "{evidence}");
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

    #[test]
    fn d2_counts_page_tables_and_kernel_stacks() {
        let judged = |kernel_stacks| {
            let cost = Cost { page_tables: 1e6, kernel_stacks, ..taking(1.0, 20e6) };
            let variants = ["tokio", "hyper", "smol", "async_std"].map(|variant| (variant, cost));
            judge(&CLAIMS, "D2", &[&downloads(HELD, &variants)]).unwrap().0
        };
        assert_eq!((judged(3.9e6), judged(4.1e6)), (Fails, Holds));
    }

    /// What threads, and those with small buffers, take where tokio takes 1 s and 1 MB: held, and answered after
    /// 100 ms.
    fn d3_data(threads: [Cost; 2], small: [Cost; 2]) -> Data {
        let of = |case, at: usize| {
            let small = ("threads_small_buffers", small[at]);
            rows(case, &[("threads", threads[at]), small, ("tokio", taking(1.0, 1e6))])
        };
        synthetic::data(DOWNLOADS, of(HELD, 0).into_iter().chain(of(AFTER, 1)).collect())
    }

    fn d3(threads: [Cost; 2], small: [Cost; 2]) -> (Verdict, String) {
        judge(&CLAIMS, "D3", &[&d3_data(threads, small)]).unwrap()
    }

    #[test]
    fn d3_takes_eight_better_figures_and_names_the_others() {
        let (more, level) = ([taking(1.1, 1.1e6); 2], [taking(1.04, 1.04e6), taking(1.04, 0.5e6)]);
        assert_eq!(d3(more, more).0, Holds);
        assert_eq!(d3(level, level).0, Fails);
        assert_eq!((d3(more, level).0, d3(level, more).0), (HoldsBut, HoldsBut));
        let (verdict, evidence) = d3(more, [taking(2.0, 2e6), taking(0.9, 2e6)]);
        assert_eq!(verdict, HoldsBut);
        let asked =
            "; async is not surely better in whole time against threads_small_buffers, answered after 100 ms";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn d3_counts_page_tables_and_kernel_stacks() {
        let cost = |kernel_stacks| Cost { page_tables: 0.04e6, kernel_stacks, ..taking(1.1, 1e6) };
        assert_eq!(d3([cost(0.02e6); 2], [taking(1.1, 1.1e6); 2]).0, Holds);
        assert_eq!(d3([cost(0.0); 2], [taking(1.1, 1.1e6); 2]).0, HoldsBut);
    }

    #[test]
    fn d3_is_open_where_a_ratio_is() {
        let mut data = d3_data([taking(2.0, 2e6); 2], [taking(2.0, 2e6); 2]);
        data.rows[1].times_s = vec![0.5, 1.5, 0.5, 1.5, 1.2];
        assert_eq!(judge(&CLAIMS, "D3", &[&data]).unwrap().0, Unsettled);
    }
}
