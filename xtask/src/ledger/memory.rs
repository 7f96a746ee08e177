//! M1 to M8: what a waiting thread, task or process takes, judged by waiting-tasks.

use super::Verdict::{Fails, HoldsBut};
use super::decide::{
    Decided, about, all, any, around, at_least, bytes, figure, grade, off, ratio, row_at, row_of, times,
    within,
};
use super::downloads::HELD;
use super::{All, Claim, DOWNLOADS, Judged, WAITING};
use crate::experiment::Model;
use crate::series::{
    Figure, Measured, Series, address_space, memory, proportional, resident, scale, whole_time,
};
use crate::units::thousands;

pub(super) const CLAIMS: [Claim; 8] = [
    Claim {
        id: "M1",
        says: "A thread costs about 8 MB, because of its stack",
        experiments: &[WAITING],
        threshold: "what each further one of threads takes, by the slope over n: holds if resident memory, \
            page tables and kernel stacks together are about 8 MB (4 to 16, a factor of two either way), \
            holds-but if only the virtual memory is, fails if neither is; unsettled where an interval lies \
            on both sides or there are fewer than 5 runs",
        judge: |all| m1(all, "threads"),
    },
    Claim {
        id: "M2",
        says: "A coroutine costs a few KB",
        experiments: &[WAITING],
        threshold: "the resident memory that each further task of tokio, smol and async_std takes, by the \
            slope over n: a few KB are 1 to 10 kB; holds if it is so with each, holds-but if with some, \
            fails if with none; unsettled where an interval lies on both sides or there are fewer than 5 \
            runs",
        judge: |all| m2(all, &["tokio", "smol", "async_std"]),
    },
    Claim {
        id: "M3",
        says: "100 tasks take about 800 MB with threads, 5 MB with coroutines",
        experiments: &[WAITING],
        threshold: "at 100 tasks, about being a factor of two either way: holds if the resident memory of \
            threads is about 800 MB (400 MB to 1.6 GB) and that of tokio about 5 MB (2.5 to 10); holds-but \
            if only the virtual memory of threads is, and the resident memory of tokio; fails if tokio's \
            figure is off, or both of threads', even if the other variant was not measured; unsettled \
            where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| at(all, BOTH, 100, 800e6, &[5e6]),
    },
    Claim {
        id: "M4",
        says: "1,000 tasks take about 8 GB with threads, 50 MB with coroutines",
        experiments: &[WAITING],
        threshold: "at 1,000 tasks, about being a factor of two either way: holds if the resident memory \
            of threads is about 8 GB (4 to 16) and that of tokio about 50 MB (25 to 100); holds-but if \
            only the virtual memory of threads is, and the resident memory of tokio; fails if tokio's \
            figure is off, or both of threads', even if the other variant was not measured; unsettled \
            where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| at(all, BOTH, 1_000, 8e9, &[50e6]),
    },
    Claim {
        id: "M5",
        says: "10,000 tasks take about 80 GB with threads, 500 MB (elsewhere in the same article: 50 MB) with \
            coroutines",
        experiments: &[WAITING],
        threshold: "at 10,000 tasks, about being a factor of two either way: holds if the resident memory \
            of threads is about 80 GB (40 to 160) and that of tokio about 500 MB (250 MB to 1 GB) or 50 MB \
            (25 to 100); holds-but if only the virtual memory of threads is, and the resident memory of \
            tokio; fails if tokio's figure is off, or both of threads', even if the other variant was not \
            measured; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| at(all, BOTH, 10_000, 80e9, &[500e6, 50e6]),
    },
    Claim {
        id: "M6",
        says: "100,000 tasks take about 800 GB with threads, 5 GB with coroutines",
        experiments: &[WAITING],
        threshold: "at 100,000 tasks, about being a factor of two either way: holds if the resident memory \
            of threads is about 800 GB (400 GB to 1.6 TB) and that of tokio about 5 GB (2.5 to 10); \
            holds-but if only the virtual memory of threads is, and the resident memory of tokio; fails if \
            tokio's figure is off, or both of threads', even if the other variant was not measured; \
            unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: |all| at(all, BOTH, 100_000, 800e9, &[5e9]),
    },
    Claim {
        id: "M7",
        says: "The ratio is 160 to 1 at every size, so the two are not interchangeable at 10,000 connections",
        experiments: &[WAITING, DOWNLOADS],
        threshold: "the resident memory, page tables and kernel stacks of threads together, divided by \
            those of tokio, in waiting-tasks: holds if about 160 (80 to 320, a factor of two either way) \
            at 100, at 1,000 and at 10,000; else holds-but if 10,000 downloads held for 3 s take \
            threads_small_buffers (ureq with buffers of 4 KiB, not its own of 128 KiB each way) at least twice \
            the whole time, or at least twice the memory by the same account, of tokio (reqwest), and fails if \
            neither; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: m7,
    },
    Claim {
        id: "M8",
        says: "A process costs megabytes",
        experiments: &[WAITING],
        threshold: "the resident memory that each further one of processes takes, by the slope over n: \
            holds if it is at least 1 MB even where a page that several share is counted once, holds-but \
            if only where it is counted again in each, fails if in neither; unsettled where an interval \
            lies on both sides or there are fewer than 5 runs",
        judge: |all| m8(all, "processes"),
    },
];

/// Threads, and the tasks that they are held against.
type Both = [&'static str; 2];

const BOTH: Both = ["threads", "tokio"];

/// What one more of a variant takes, as the page tells it too.
fn slope(series: &Series, variant: &str, figure: Figure) -> Result<Measured, String> {
    let model = if variant.ends_with("processes") { Model::Processes } else { Model::Threads };
    let slope = series.slope(variant, figure, scale(model)).map(|(slope, _)| slope);
    slope.ok_or_else(|| format!("{variant}: no slope, since it was not measured at enough n"))
}

/// Where there is a variant with a smaller stack, what that takes stands beside it.
pub(super) fn m1(data: &All, threads: &str) -> Judged {
    let waiting = data.get(WAITING)?;
    let taken = slope(waiting, threads, memory)?;
    let reserved = slope(waiting, threads, address_space)?;
    let verdict = grade(about(&taken, 8e6), about(&reserved, 8e6));
    let mut evidence =
        format!("a thread takes {} of memory and {} of virtual memory", bytes(&taken), bytes(&reserved));
    if let Ok(small) = slope(waiting, &small_stack(threads), address_space) {
        evidence += &format!("; with a smaller stack {} of virtual memory", bytes(&small));
    }
    if verdict == HoldsBut {
        evidence += "; what is that large is address space, reserved and not used";
    }
    Ok((verdict, evidence))
}

fn small_stack(threads: &str) -> String {
    format!("{threads}_small_stack")
}

const A_FEW_KB: (f64, f64) = (1e3, 10e3);

pub(super) fn m2(data: &All, variants: &[&'static str]) -> Judged {
    let waiting = data.get(WAITING)?;
    let mut decided = Vec::new();
    let mut evidence = Vec::new();
    let mut few = Vec::new();
    for &variant in variants {
        let slope = slope(waiting, variant, resident)?;
        let (least, most) = A_FEW_KB;
        let is_few = within(&slope, least, most);
        decided.push(is_few);
        let direction = off(&slope, &[A_FEW_KB]).map(|off| format!(" ({off})")).unwrap_or_default();
        evidence.push(format!("{variant} {}{direction}", bytes(&slope)));
        few.extend((is_few == Some(true)).then_some(variant));
    }
    let verdict = grade(all(decided.iter().copied()), any(decided));
    let condition =
        if verdict == HoldsBut { format!("; a few KB with {} only", few.join(", ")) } else { String::new() };
    Ok((verdict, format!("a task takes {}{condition}", evidence.join(", "))))
}

/// What n of them take, one figure for threads and one or more for coroutines. A half that was not measured
/// is open; the other may still refute the claim.
pub(super) fn at(data: &All, both: Both, n: u64, with_threads: f64, with_tasks: &[f64]) -> Judged {
    let waiting = data.get(WAITING)?;
    let [threads, tasks] = both;
    let of_threads =
        row_at(waiting, n, threads).and_then(|row| Ok([figure(row, resident)?, figure(row, address_space)?]));
    let of_tasks = row_at(waiting, n, tasks).and_then(|row| figure(row, resident));
    let [taken, reserved] =
        of_threads.as_ref().map_or([None; 2], |both| both.map(|one| about(&one, with_threads)));
    let as_claimed = |tasks| any(with_tasks.iter().map(|&claimed| about(tasks, claimed)));
    let light = of_tasks.as_ref().map_or(None, as_claimed);
    let verdict = grade(all([taken, light]), all([reserved, light]));

    let measured = of_threads.is_ok() && of_tasks.is_ok();
    let in_words = |[taken, reserved]: [Measured; 2]| {
        let claimed = [with_threads];
        let taken = beside_one(waiting, threads, resident, &taken, &claimed);
        let reserved = beside_one(waiting, threads, address_space, &reserved, &claimed);
        format!("{threads} {taken} resident and {reserved} virtual")
    };
    let mut evidence = of_threads.map_or_else(|reason| reason, in_words);
    let small_stack = small_stack(threads);
    let small = row_at(waiting, n, &small_stack).and_then(|row| figure(row, address_space));
    if let Ok(small) = small {
        evidence += &format!("; {small_stack} {} virtual", bytes(&small));
    }
    let in_words =
        |taken| format!("; {tasks} {} resident", beside_one(waiting, tasks, resident, &taken, with_tasks));
    evidence += &of_tasks.map_or_else(|reason| format!("; {reason}"), in_words);
    if verdict == HoldsBut {
        evidence += "; of threads it is address space, of which the allocator's arenas are a part";
    }
    if measured || verdict == Fails { Ok((verdict, evidence)) } else { Err(evidence) }
}

/// What n of them take, with how it is off, and with what one takes: the process itself is in that too.
fn beside_one(waiting: &Series, variant: &str, of: Figure, taken: &Measured, claimed: &[f64]) -> String {
    let ranges: Vec<_> = claimed.iter().map(|&claimed| around(claimed)).collect();
    let one = row_at(waiting, 1, variant).and_then(|row| figure(row, of));
    let one = one.ok().map(|one| format!("at one task {}", bytes(&one)));
    let notes: Vec<_> = off(taken, &ranges).map(str::to_owned).into_iter().chain(one).collect();
    let taken = bytes(taken);
    if notes.is_empty() { taken } else { format!("{taken} ({})", notes.join("; ")) }
}

/// Whether threads take about 160 times the memory of tasks at every size, with the ratios in words.
pub(super) fn is_160_to_1(waiting: &Series, [threads, tasks]: Both) -> Result<(Decided, String), String> {
    let mut decided = Vec::new();
    let mut ratios = Vec::new();
    for n in [100, 1_000, 10_000] {
        let ratio = ratio(row_at(waiting, n, threads)?, row_at(waiting, n, tasks)?, memory)?;
        decided.push(about(&ratio, 160.0));
        ratios.push(format!("{} at {}", times(&ratio), thousands(n)));
    }
    let told = format!("{threads} take so many times the memory of {tasks}: {}", ratios.join(", "));
    Ok((all(decided), told))
}

fn m7(data: &All) -> Judged {
    let (is_so, ratios) = is_160_to_1(data.get(WAITING)?, BOTH)?;
    let downloads = data.get(DOWNLOADS)?;
    let against_tokio = |variant| {
        let (threads, tokio) = (row_of(downloads, HELD, variant)?, row_of(downloads, HELD, "tokio")?);
        Ok::<_, String>([ratio(threads, tokio, whole_time)?, ratio(threads, tokio, memory)?])
    };
    let held = against_tokio("threads_small_buffers")?;
    let verdict = grade(is_so, any(held.iter().map(|ratio| at_least(ratio, 2.0))));
    let mut evidence = format!(
        "{ratios}; for 10,000 downloads held for 3 s, \
         threads_small_buffers take {} times the whole time and {} times the memory",
        times(&held[0]),
        times(&held[1])
    );
    if let Ok([time, held]) = against_tokio("threads") {
        evidence += &format!(", and threads, with ureq's own buffers, {} and {}", times(&time), times(&held));
    }
    if verdict == HoldsBut {
        evidence += "; not interchangeable, but by another ratio";
    }
    Ok((verdict, evidence))
}

pub(super) fn m8(data: &All, processes: &str) -> Judged {
    let waiting = data.get(WAITING)?;
    let once = slope(waiting, processes, proportional)?;
    let again = slope(waiting, processes, resident)?;
    let verdict = grade(at_least(&once, 1e6), at_least(&again, 1e6));
    let condition = if verdict == HoldsBut { "; megabytes only by what they share" } else { "" };
    let evidence = format!(
        "a process takes {}, its shared pages counted once, and {}, counted again in each{condition}",
        bytes(&once),
        bytes(&again)
    );
    Ok((verdict, evidence))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict::{self, Holds, Unsettled};
    use super::super::decide::tests::judge;
    use super::super::downloads::tests::{downloads, full as full_downloads};
    use super::*;
    use crate::data::{Data, Row};
    use crate::series::synthetic::{self, Cost, refused, row};

    const SIZES: [u64; 6] = [1, 10, 100, 1_000, 10_000, 100_000];

    /// Five runs at each n of what `each` costs, on top of what the process does.
    fn rows(variant: &str, sizes: &[u64], each: Cost) -> Vec<Row> {
        let of = |n: u64| Cost {
            seconds: 1.0,
            resident: 2e6 + n as f64 * each.resident,
            page_tables: n as f64 * each.page_tables,
            kernel_stacks: n as f64 * each.kernel_stacks,
            address_space: 5e6 + n as f64 * each.address_space,
            proportional: 2e6 + n as f64 * each.proportional,
        };
        sizes.iter().map(|&n| row(&format!("{n}-tasks"), variant, 5, |_| of(n))).collect()
    }

    fn taking(resident: f64, address_space: f64) -> Cost {
        Cost { resident, address_space, ..Cost::default() }
    }

    /// Everything measured, so that no claim has a reason not to be judged.
    pub(in super::super) fn full() -> Data {
        let mut all = rows("threads", &SIZES, taking(10e3, 2e6));
        for variant in ["tokio", "smol", "async_std"] {
            all.extend(rows(variant, &SIZES, taking(500.0, 500.0)));
        }
        all.extend(rows("threads_small_stack", &SIZES, taking(10e3, 64e3)));
        all.extend(rows("processes", &[1, 10, 100], taking(2e6, 3e6)));
        synthetic::data(WAITING, all)
    }

    /// The full data, with these rows instead of those of the same variant.
    fn with(rows: Vec<Row>) -> Data {
        let mut data = full();
        data.rows.retain(|row| rows.iter().all(|new| new.variant != row.variant));
        data.rows.extend(rows);
        data
    }

    fn verdict(id: &str, data: &Data) -> Verdict {
        judge(&CLAIMS, id, &[data, &full_downloads()]).unwrap().0
    }

    /// Every second run takes the half of the others.
    fn spread(data: &mut Data, variant: &str) {
        for row in data.rows.iter_mut().filter(|row| row.variant == variant) {
            for outcome in row.outcomes.iter_mut().step_by(2) {
                for name in ["hwm_bytes", "peak_virtual_bytes"] {
                    let value = outcome["memory"][name].as_f64().unwrap();
                    outcome["memory"][name] = (value / 2.0).into();
                }
            }
        }
    }

    #[test]
    fn m1_asks_for_memory_first_and_for_address_space_then() {
        let threads = |each| verdict("M1", &with(rows("threads", &SIZES, each)));
        assert_eq!(threads(taking(4.1e6, 2e6)), Holds);
        assert_eq!(threads(taking(3.9e6, 2e6)), Fails);
        assert_eq!(threads(Cost { page_tables: 0.1e6, kernel_stacks: 0.1e6, ..taking(3.9e6, 2e6) }), Holds);
        assert_eq!(threads(taking(10e3, 8.4e6)), HoldsBut);
        assert_eq!(threads(taking(17e6, 17e6)), Fails);
        let mut open = with(rows("threads", &SIZES, taking(5e6, 5e6)));
        spread(&mut open, "threads");
        assert_eq!(verdict("M1", &open), Unsettled);
    }

    #[test]
    fn m2_names_whose_tasks_take_a_few_kb() {
        let tokio = |each| judge(&CLAIMS, "M2", &[&with(rows("tokio", &SIZES, taking(each, 0.0)))]).unwrap();
        assert_eq!(verdict("M2", &full()), Fails);
        let (verdict, evidence) = tokio(1_100.0);
        assert_eq!(verdict, HoldsBut);
        let asked = "tokio 1.10 kB, smol 500 B (less than claimed), async_std 500 B (less than claimed); \
             a few KB with tokio only";
        assert!(evidence.ends_with(asked), "{evidence}");
        let mut all = Vec::new();
        for variant in ["tokio", "smol", "async_std"] {
            all.extend(rows(variant, &SIZES, taking(9_900.0, 0.0)));
        }
        assert_eq!(self::verdict("M2", &with(all)), Holds);
    }

    /// What threads take resident and reserved, and what tokio takes, at one n.
    fn at_n(id: &str, n: u64, threads: [f64; 2], tokio: f64) -> Verdict {
        let cost = |resident, address_space| move |_| Cost { resident, address_space, ..Cost::default() };
        let case = format!("{n}-tasks");
        let threads = row(&case, "threads", 5, cost(threads[0], threads[1]));
        verdict(id, &with(vec![threads, row(&case, "tokio", 5, cost(tokio, 0.0))]))
    }

    #[test]
    fn m3_to_m6_take_both_figures() {
        for (id, n, threads, tokio) in [
            ("M3", 100, 800e6, 5e6),
            ("M4", 1_000, 8e9, 50e6),
            ("M5", 10_000, 80e9, 500e6),
            ("M6", 100_000, 800e9, 5e9),
        ] {
            let verdict = |taken: f64, reserved: f64, light: f64| {
                at_n(id, n, [taken * threads, reserved * threads], light * tokio)
            };
            assert_eq!((verdict(1.9, 9.0, 0.6), verdict(0.6, 9.0, 1.9)), (Holds, Holds));
            assert_eq!((verdict(0.4, 0.6, 1.9), verdict(2.1, 1.9, 0.6)), (HoldsBut, HoldsBut));
            assert_eq!(verdict(0.4, 2.1, 1.0), Fails);
            assert_eq!((verdict(1.0, 1.0, 2.1), verdict(1.0, 1.0, 0.4)), (Fails, Fails));
        }
    }

    #[test]
    fn m5_takes_either_figure_of_the_article_for_coroutines_and_none_between() {
        let verdict = |tokio| at_n("M5", 10_000, [80e9, 80e9], tokio);
        assert_eq!([26e6, 99e6, 260e6, 990e6].map(verdict), [Holds; 4]);
        assert_eq!([24e6, 110e6, 240e6, 1.1e9].map(verdict), [Fails; 4]);
    }

    #[test]
    fn m3_to_m6_tell_what_one_takes_and_how_a_figure_is_off() {
        let (verdict, evidence) = judge(&CLAIMS, "M4", &[&full()]).unwrap();
        assert_eq!(verdict, Fails);
        let asked = "threads 12.0 MB (less than claimed; at one task 2.01 MB) resident and 2.00 GB (less than \
             claimed; at one task 7.00 MB) virtual; threads_small_stack 69.0 MB virtual; \
             tokio 2.50 MB (less than claimed; at one task 2.00 MB) resident";
        assert_eq!(evidence, asked);
        let mut all = rows("threads", &SIZES, taking(10e3, 8e6));
        all.extend(rows("tokio", &SIZES, taking(50e3, 0.0)));
        let (verdict, evidence) = judge(&CLAIMS, "M4", &[&with(all)]).unwrap();
        assert_eq!(verdict, HoldsBut);
        assert!(evidence.contains(" and 8.01 GB (at one task 13.0 MB) virtual; "), "{evidence}");
        let asked = "; of threads it is address space, of which the allocator's arenas are a part";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn m6_without_threads_can_only_fail() {
        let cost = |resident| move |_| Cost { resident, ..Cost::default() };
        let judged = |light, runs| {
            let both =
                vec![refused("100000-tasks", "threads"), row("100000-tasks", "tokio", runs, cost(light))];
            judge(&CLAIMS, "M6", &[&with(both)])
        };
        let (verdict, evidence) = judged(50e6, 5).unwrap();
        assert_eq!(verdict, Fails);
        assert!(evidence.contains("refused at 16,368: vm.max_map_count"), "{evidence}");
        assert!(judged(5e9, 5).unwrap_err().contains("refused at 16,368: vm.max_map_count"));
        assert!(judged(50e6, 4).is_err());
    }

    #[test]
    fn m7_holds_by_its_ratio_and_else_by_any_that_matters() {
        let sizes = [100, 1_000, 10_000];
        let judged = |threads: f64, held: &Data| {
            let base = |resident| move |_| Cost { resident, ..Cost::default() };
            let mut both = Vec::new();
            for n in sizes {
                let case = format!("{n}-tasks");
                both.push(row(&case, "threads", 5, base(threads * 1e6)));
                both.push(row(&case, "tokio", 5, base(1e6)));
            }
            judge(&CLAIMS, "M7", &[&with(both), held]).unwrap().0
        };
        let held = |seconds, page_tables| {
            let cost = |seconds, page_tables| Cost { seconds, page_tables, ..taking(0.5e6, 0.0) };
            let small = cost(seconds, page_tables - 0.5e6);
            let (threads, tokio) = (cost(9.0, 9e6), cost(1.0, 0.5e6));
            downloads(HELD, &[("threads", threads), ("threads_small_buffers", small), ("tokio", tokio)])
        };
        assert_eq!(judged(310.0, &held(1.0, 1e6)), Holds);
        assert_eq!(judged(330.0, &held(1.9, 1.9e6)), Fails);
        assert_eq!(judged(10.0, &held(2.1, 1e6)), HoldsBut);
        assert_eq!(judged(10.0, &held(1.0, 2.1e6)), HoldsBut);
        let (_, evidence) = judge(&CLAIMS, "M7", &[&full(), &held(1.0, 1e6)]).unwrap();
        let asked = "threads_small_buffers take 1.00 [1.00, 1.00] times the whole time and 1.00 [1.00, 1.00] times \
             the memory, and threads, with ureq's own buffers, 9.00 [9.00, 9.00] and 9.50 [9.50, 9.50]";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn m8_counts_shared_pages_once_and_then_again() {
        let processes = |once, again| {
            verdict(
                "M8",
                &with(rows("processes", &[1, 10, 100], Cost { proportional: once, ..taking(again, 0.0) })),
            )
        };
        assert_eq!(processes(1.1e6, 3e6), Holds);
        assert_eq!(processes(0.9e6, 3e6), HoldsBut);
        assert_eq!(processes(0.3e6, 0.9e6), Fails);
    }

    #[test]
    fn without_sizes_enough_there_is_no_slope_to_judge() {
        let data = with(rows("threads", &SIZES[..3], taking(8e6, 8e6)));
        assert!(judge(&CLAIMS, "M1", &[&data]).unwrap_err().starts_with("threads: no slope"));
    }
}
