//! N3 to N5: what the article advises for computations, and for libraries that block, judged by cpu-bound, by
//! hybrid-pipeline and by blocking-client.

use std::fmt::{self, Display, Formatter};

use super::Verdict::{self, HoldsBut};
use super::blocking::{AT_ONCE, REQUESTS};
use super::computing::CASE as COMPUTATIONS;
use super::decide::{
    Decided, all, any, at_most, bytes, duration, figure, from_which_on, grade, is_less, not, pays, ratio,
    row_at, row_of, settled, times,
};
use super::pipeline::COMPUTED;
use super::{All, CLIENT, CPU, Claim, Judged, PIPELINE};
use crate::data::Row;
use crate::series::{Figure, Measured, Series, memory, whole_time};

pub(super) const CLAIMS: [Claim; 3] = [
    Claim {
        id: "N3",
        says: "CPU-bound work belongs in processes",
        experiments: &[CPU, PIPELINE],
        threshold: "the whole time of processes divided by that of threads and by that of rayon, for 4 computations, and that \
            of tokio_processes divided by that of tokio_rayon, for 200 pages of which nothing is fetched: holds if less than 1 \
            with all three, by more than no difference, fails if not less with one; unsettled where an interval lies on both \
            sides or there are fewer than 5 runs",
        judge: n3,
    },
    Claim {
        id: "N4",
        says: "No async library at hand: above 100 tasks async with an executor, below 100 threads",
        experiments: &[CLIENT],
        threshold: "whole time and memory (resident, page tables and kernel stacks together) of threads divided by \
            those of tokio_spawn_blocking. Above: of 400 requests at once, which is fewer than tokio's pool has \
            threads, and of 600, which is more, tokio_spawn_blocking takes less time or less memory, by more than no \
            difference, and not more of the other; below: of 100 requests, 10 at once, threads \
            take no more than 1.1 times the time and no more than 1.1 times the memory: holds if both are so, holds-but \
            if one is, fails if neither; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: n4,
    },
    Claim {
        id: "N5",
        says: "Blocking libraries, synchronous code bases, simple scripts: threads",
        experiments: &[CLIENT],
        threshold: "one request from a cold start: the time to the answer, the resident memory and the size of the \
            binary of tokio, smol and async_std, each divided by that of threads: holds if none is less than 1, by more \
            than no difference, holds-but if some are, fails if all three are with one of them; unsettled where an \
            interval lies on both sides or there are fewer than 5 runs",
        judge: n5,
    },
];

fn n3(data: &All) -> Judged {
    let computed = data.get(CPU)?;
    let processes = row_of(computed, COMPUTATIONS, "processes")?;
    let mut taken = Vec::new();
    let mut told = Vec::new();
    for variant in ["threads", "rayon"] {
        let row = row_of(computed, COMPUTATIONS, variant)?;
        let time = ratio(processes, row, whole_time)?;
        let memory = ratio(processes, row, memory);
        let memory =
            memory.map_or(String::new(), |memory| format!(" and {} times the memory", times(&memory)));
        told.push(format!("{} times the whole time{memory} of {variant}", times(&time)));
        taken.push(time);
    }
    let pages = data.get(PIPELINE)?;
    let [of, to] = ["tokio_processes", "tokio_rayon"].map(|variant| row_of(pages, COMPUTED, variant));
    let of_pages = ratio(of?, to?, whole_time)?;
    taken.push(of_pages);
    let less_than_all = all(taken.iter().map(is_less));
    let verdict = settled(grade(less_than_all, less_than_all), &taken);
    let of_pages = times(&of_pages);
    let mut evidence = format!("tokio_processes take {of_pages} times the whole time of tokio_rayon");
    evidence += &format!("; processes take {}", told.join(", "));
    if figure(processes, memory).is_ok() {
        evidence += "; the pages that they share are counted in each";
    }
    if let Ok(start) = figure(processes, |row| row.figures(&["metrics", "pool_start_s"])) {
        evidence += &format!("; their pool takes {} to start", duration(&start));
    }
    let faster = faster_than_serial(computed);
    if !faster.is_empty() {
        let sizes = from_which_on(&faster, " steps").unwrap_or("at no size that was measured".to_owned());
        evidence += &format!("; they surely take less time than serial {sizes}");
    }
    Ok((verdict, evidence))
}

/// By the size of a computation, whether processes surely take less whole time; sizes with too few runs are passed
/// over.
fn faster_than_serial(series: &Series) -> Vec<(u64, Decided)> {
    let against = series.sizes.iter().filter_map(|&(n, _)| {
        let rows = [row_at(series, n, "processes").ok()?, row_at(series, n, "serial").ok()?];
        let ratio = ratio(rows[0], rows[1], whole_time).ok()?;
        ratio.decides.then(|| (n, is_less(&ratio)))
    });
    against.collect()
}

/// As many at once as tokio's pool of 512 threads takes.
pub(super) const WITHIN_THE_POOL: &str = "400-at-once";
/// Threads, and the pool of tokio that calls are handed to.
pub(super) const EXECUTOR: [&str; 2] = ["threads", "tokio_spawn_blocking"];

fn n4(data: &All) -> Judged {
    let client = data.get(CLIENT)?;
    let both = |case| Taken::of(client, case, EXECUTOR);
    let [within, past, few] = [both(WITHIN_THE_POOL)?, both(AT_ONCE)?, both(REQUESTS)?];
    let (verdict, condition) = executor_or_threads(&within, &past, &few);
    let evidence = format!(
        "threads against tokio_spawn_blocking, whole time and memory: {within} with 400 at once, {past} with 600, {few} with \
         10{condition}"
    );
    Ok((verdict, evidence))
}

/// Whole time and memory of one, threads say, divided by those of another, a pool that calls are handed to say.
pub(super) struct Taken([Measured; 2]);

impl Taken {
    pub(super) fn of(client: &Series, case: &str, variants: [&str; 2]) -> Result<Self, String> {
        Self::of_rows(row_of(client, case, variants[0])?, row_of(client, case, variants[1])?)
    }

    pub(super) fn of_rows(one: &Row, other: &Row) -> Result<Self, String> {
        Ok(Self([ratio(one, other, whole_time)?, ratio(one, other, memory)?]))
    }

    /// Whether the other takes less of one, and not more of the other.
    pub(super) fn pays(&self) -> Decided {
        pays(&self.0)
    }

    /// Whether it is no more than a tenth more, of each.
    pub(super) fn is_no_more(&self) -> Decided {
        all(self.0.iter().map(|ratio| at_most(ratio, 1.1)))
    }
}

impl Display for Taken {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self([time, memory]) = self;
        write!(f, "{} and {} times", times(time), times(memory))
    }
}

/// Whether the pool pays with many calls, within its size and past it, and threads take no more with few; and of which it is so
/// if not of both.
pub(super) fn executor_or_threads(within: &Taken, past: &Taken, few: &Taken) -> (Verdict, &'static str) {
    let (above, below) = (all([within.pays(), past.pays()]), few.is_no_more());
    let verdict = grade(all([above, below]), any([above, below]));
    let verdict = settled(verdict, [within, past, few].into_iter().flat_map(|taken| &taken.0));
    let condition = match verdict {
        HoldsBut if above == Some(true) => "; so only above 100 tasks",
        HoldsBut => "; so only below 100 tasks",
        _ => "",
    };
    (verdict, condition)
}

type InWords = fn(&Measured) -> String;

/// What a cold start takes.
pub(super) const COLD: [(&str, Figure, InWords); 3] = [
    ("time", |row| row.figures(&["metrics", "cold_s"]), duration),
    ("memory", |row| row.figures(&["metrics", "cold_hwm_bytes"]), bytes),
    ("binary", |row| row.figures(&["metrics", "binary_bytes"]), bytes),
];

fn n5(data: &All) -> Judged {
    let others = [("tokio", "reqwest"), ("smol", "bare hyper"), ("async_std", "bare hyper")];
    cold_starts(data.get(CLIENT)?, &COLD, ("threads", "ureq"), &others)
}

/// Whether none of the others takes less of any of these for a request from a cold start; each variant has its client beside it.
pub(super) fn cold_starts(
    client: &Series,
    figures: &[(&str, Figure, InWords)],
    threads: (&str, &str),
    others: &[(&str, &str)],
) -> Judged {
    let cold = |variant| row_of(client, "1-request-cold", variant);
    let (variant, client) = threads;
    let threads = cold(variant)?;
    let mut told = Vec::new();
    for (name, of, in_words) in figures {
        told.push(format!("{name} {}", in_words(&figure(threads, *of)?)));
    }
    let mut evidence = format!("{variant}, with {client}: {}", told.join(", "));
    let mut taken = Vec::new();
    for (variant, client) in others {
        let row = cold(variant)?;
        let ratios: Vec<_> =
            figures.iter().map(|(_, of, _)| ratio(row, threads, *of)).collect::<Result<_, _>>()?;
        let in_words: Vec<_> = ratios.iter().map(times).collect();
        evidence += &format!("; {variant}, with {client}, {} times", in_words.join(", "));
        taken.push((variant, ratios));
    }
    let some_less = any(taken.iter().flat_map(|(_, ratios)| ratios.iter().map(is_less)));
    let all_less = any(taken.iter().map(|(_, ratios)| all(ratios.iter().map(is_less))));
    let ratios = taken.iter().flat_map(|(_, ratios)| ratios);
    let verdict = settled(grade(not(some_less), not(all_less)), ratios);
    if verdict == HoldsBut {
        let less = taken.iter().flat_map(|(variant, ratios)| {
            let less = figures.iter().zip(ratios).filter(|(_, ratio)| is_less(ratio) == Some(true));
            less.map(move |((name, ..), _)| format!("the {name} of {variant}"))
        });
        evidence += &format!("; less: {}", less.collect::<Vec<_>>().join(", "));
    }
    Ok((verdict, evidence))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::decide::tests::{judge, rests_on};
    use super::super::{blocking, computing, pipeline};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{row_in, set};

    const TIMES: [f64; 5] = [1.0, 1.2, 1.0, 1.2, 1.1];

    fn judged(id: &str, data: &Data) -> (Verdict, String) {
        judge(&CLAIMS, id, &[data]).unwrap()
    }

    /// Processes take a second; what threads and rayon take, and `tokio_rayon` with the pages.
    fn n3_data(threads: f64, rayon: f64, pages: f64) -> [Data; 2] {
        let mut data = [computing::tests::full(), pipeline::tests::full()];
        row_in(&mut data[0], COMPUTATIONS, "threads").times_s = vec![threads; 5];
        row_in(&mut data[0], COMPUTATIONS, "rayon").times_s = vec![rayon; 5];
        row_in(&mut data[1], COMPUTED, "tokio_rayon").times_s = vec![pages; 5];
        data
    }

    fn n3_of([computations, pages]: &[Data; 2]) -> Judged {
        judge(&CLAIMS, "N3", &[computations, pages])
    }

    /// The rows that N3 rests on, and in which of the data they are.
    const N3_ROWS: [(usize, &str, &str); 5] = [
        (0, COMPUTATIONS, "processes"),
        (0, COMPUTATIONS, "threads"),
        (0, COMPUTATIONS, "rayon"),
        (1, COMPUTED, "tokio_processes"),
        (1, COMPUTED, "tokio_rayon"),
    ];

    #[test]
    fn n3_takes_less_time_than_threads_and_rayon_and_with_pages() {
        let verdict = |threads, rayon, pages| n3_of(&n3_data(threads, rayon, pages)).unwrap().0;
        assert_eq!(verdict(1.06, 1.06, 1.06), Holds);
        assert_eq!((verdict(1.04, 2.0, 2.0), verdict(2.0, 1.04, 2.0)), (Fails, Fails));
        assert_eq!(verdict(2.0, 2.0, 1.04), Fails);
    }

    #[test]
    fn n3_is_open_where_one_interval_or_number_of_runs_is() {
        for (at, case, variant) in N3_ROWS {
            let mut open = n3_data(2.0, 2.0, 2.0);
            let is_processes = variant.ends_with("processes");
            let times = if is_processes { [1.8, 2.2, 1.8, 2.2, 2.0] } else { TIMES };
            row_in(&mut open[at], case, variant).times_s = times.to_vec();
            assert_eq!(n3_of(&open).unwrap().0, Unsettled, "{variant}");
            let mut few = n3_data(2.0, 2.0, 2.0);
            row_in(&mut few[at], case, variant).times_s.pop();
            assert_eq!(n3_of(&few).unwrap().0, Unsettled, "{variant}");
        }
    }

    #[test]
    fn n3_rests_on_its_own_rows() {
        for (at, case, variant) in N3_ROWS {
            let mut without = n3_data(2.0, 2.0, 2.0);
            without[at].rows.retain(|row| row.case != case || row.variant != variant);
            assert_eq!(n3_of(&without).unwrap_err(), format!("{variant} was not run in {case}"));
        }
        let mut own = n3_data(2.0, 2.0, 2.0);
        for (at, data) in own.iter_mut().enumerate() {
            data.rows.retain(|row| N3_ROWS.contains(&(at, &row.case, &row.variant)));
        }
        assert_eq!(n3_of(&own).unwrap().0, Holds);
    }

    #[test]
    fn n3_tells_from_which_size_on_processes_pay() {
        let mut data = n3_data(2.0, 4.0, 0.5);
        set(row_in(&mut data[0], COMPUTATIONS, "processes"), "metrics.pool_start_s", |_| 0.012);
        let at = |data: &[Data; 2]| n3_of(data).unwrap().1.rsplit("; ").next().unwrap().to_owned();
        assert_eq!(at(&data), "they surely take less time than serial at no size that was measured");
        row_in(&mut data[0], "4-of-1000000-steps", "processes").times_s = vec![0.5; 5];
        let (_, evidence) = n3_of(&data).unwrap();
        let asked = "tokio_processes take 2.00 [2.00, 2.00] times the whole time of tokio_rayon; processes take 0.50 [0.50, 0.50] times the whole time and 1.00 [1.00, 1.00] times the memory of \
             threads, 0.25 [0.25, 0.25] times the whole time and 1.00 [1.00, 1.00] times the memory of rayon; the \
             pages that they share are counted in each; their pool takes 12.0 ms to start; they surely take less time \
             than serial from 1,000,000 steps on";
        assert_eq!(evidence, asked);
        row_in(&mut data[0], "4-of-10000-steps", "processes").times_s = vec![0.5; 5];
        assert_eq!(at(&data), "they surely take less time than serial at 10,000, 1,000,000 steps");
    }

    /// What threads take, in seconds and MB, where `tokio_spawn_blocking` takes 1 of both: with 400 and 600 at once, with 10.
    fn n4_data(above: (f64, f64), below: (f64, f64)) -> Data {
        let mut data = blocking::tests::full_client();
        for (case, (seconds, megabytes)) in [(WITHIN_THE_POOL, above), (AT_ONCE, above), (REQUESTS, below)] {
            let row = row_in(&mut data, case, "threads");
            row.times_s = vec![seconds; 5];
            set(row, "memory.hwm_bytes", |_| megabytes * 1e6);
        }
        data
    }

    #[test]
    fn n4_asks_above_for_less_of_one_and_no_more_of_the_other() {
        let verdict = |seconds, megabytes| judged("N4", &n4_data((seconds, megabytes), (1.0, 1.0))).0;
        assert_eq!((verdict(1.06, 1.0), verdict(0.96, 1.06)), (Holds, Holds));
        assert_eq!(
            (verdict(1.04, 1.04), verdict(0.9, 9.0), verdict(9.0, 0.9)),
            (HoldsBut, HoldsBut, HoldsBut)
        );
    }

    #[test]
    fn n4_asks_it_within_the_pool_and_past_it() {
        for case in [WITHIN_THE_POOL, AT_ONCE] {
            let mut data = n4_data((2.0, 2.0), (1.0, 1.0));
            row_in(&mut data, case, "threads").times_s = vec![0.9; 5];
            assert_eq!(judged("N4", &data).0, HoldsBut, "{case}");
        }
    }

    #[test]
    fn n4_asks_below_for_no_more_than_a_tenth_more_of_either() {
        let verdict = |seconds, megabytes| judged("N4", &n4_data((2.0, 2.0), (seconds, megabytes))).0;
        assert_eq!(verdict(1.1, 1.1), Holds);
        assert_eq!((verdict(1.11, 0.5), verdict(0.5, 1.11)), (HoldsBut, HoldsBut));
    }

    #[test]
    fn n4_says_which_of_both_is_so() {
        let condition = |above, below| {
            let (verdict, evidence) = judged("N4", &n4_data(above, below));
            assert_eq!(verdict, HoldsBut);
            evidence.rsplit("; ").next().unwrap().to_owned()
        };
        assert_eq!(condition((2.0, 2.0), (2.0, 2.0)), "so only above 100 tasks");
        assert_eq!(condition((1.0, 1.0), (1.0, 1.0)), "so only below 100 tasks");
        let (verdict, evidence) = judged("N4", &n4_data((1.0, 1.0), (2.0, 1.0)));
        assert_eq!(verdict, Fails);
        let asked = "threads against tokio_spawn_blocking, whole time and memory: 1.00 [1.00, 1.00] and 1.00 [1.00, \
             1.00] times with 400 at once, 1.00 [1.00, 1.00] and 1.00 [1.00, 1.00] times with 600, 2.00 [2.00, 2.00] and 1.00 [1.00, 1.00] times with 10";
        assert_eq!(evidence, asked);
    }

    #[test]
    fn n4_is_open_where_either_is() {
        for case in [WITHIN_THE_POOL, AT_ONCE, REQUESTS] {
            let mut data = n4_data((2.0, 2.0), (1.0, 1.0));
            row_in(&mut data, case, "threads").times_s = vec![0.9, 1.3, 0.9, 1.3, 1.1];
            assert_eq!(judged("N4", &data).0, Unsettled, "{case}");
        }
    }

    /// What these take of time, memory and binary from a cold start, where all others take 1.
    fn n5_data(taken: &[(&str, [f64; 3])]) -> Data {
        let mut data = blocking::tests::full_client();
        for (variant, taken) in taken {
            let names = ["metrics.cold_s", "metrics.cold_hwm_bytes", "metrics.binary_bytes"];
            for (name, taken) in names.into_iter().zip(taken) {
                set(row_in(&mut data, "1-request-cold", variant), name, |_| *taken);
            }
        }
        data
    }

    #[test]
    fn n5_holds_until_an_async_one_takes_less_and_fails_where_it_takes_less_of_all() {
        let verdict = |taken: &[_]| judged("N5", &n5_data(taken)).0;
        assert_eq!((verdict(&[]), verdict(&[("smol", [0.96; 3])])), (Holds, Holds));
        assert_eq!(verdict(&[("tokio", [0.94, 1.0, 1.0])]), HoldsBut);
        assert_eq!(verdict(&[("async_std", [0.94, 0.94, 0.96])]), HoldsBut);
        assert_eq!(verdict(&[("async_std", [0.94; 3])]), Fails);
        let apart = [("tokio", [0.5, 1.0, 1.0]), ("smol", [1.0, 0.5, 0.5])];
        let (verdict, evidence) = judged("N5", &n5_data(&apart));
        assert_eq!(verdict, HoldsBut);
        let asked = "; less: the time of tokio, the memory of smol, the binary of smol";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn n5_is_open_where_a_figure_may_be_less() {
        let mut data = n5_data(&[]);
        set(row_in(&mut data, "1-request-cold", "smol"), "metrics.cold_s", |run| 2.0 - TIMES[run]);
        assert_eq!(judged("N5", &data).0, Unsettled);
        let (_, evidence) = judged("N5", &n5_data(&[("threads", [0.002, 3e6, 9e5])]));
        assert!(
            evidence.starts_with(
                "threads, with ureq: time 2.00 ms, memory 3.00 MB, binary 900 kB; tokio, with reqwest, 500 "
            ),
            "{evidence}"
        );
    }

    #[test]
    fn each_rests_on_its_own_rows() {
        let both = ["threads", "tokio_spawn_blocking"];
        rests_on(
            &CLAIMS,
            "N4",
            blocking::tests::full_client,
            &[(WITHIN_THE_POOL, &both), (AT_ONCE, &both), (REQUESTS, &both)],
        );
        let cold = ["threads", "tokio", "smol", "async_std"];
        rests_on(&CLAIMS, "N5", blocking::tests::full_client, &[("1-request-cold", &cold)]);
    }
}
