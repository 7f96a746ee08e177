//! S1 to S3: where a worker is switched out, judged by what was noted in a critical section (switch-points) and by what
//! got lost between a read and a write (lost-updates).

use std::collections::BTreeSet;

use super::Verdict::{Fails, Holds, HoldsBut, Unsettled};
use super::decide::row_of;
use super::races::{CASE as UPDATING, RUNS_TO_SEE_NONE};
use super::{All, Claim, Counts, Judged, SWITCHES, UPDATES, span};
use crate::data::Row;
use crate::series::Series;
use crate::statistics::{ENOUGH_RUNS, is_most};
use crate::units::whole;

pub(super) const CLAIMS: [Claim; 3] = [
    Claim {
        id: "S1",
        says: "A thread can be switched out at any instruction, inside one counter += 1 too",
        experiments: &[SWITCHES, UPDATES],
        threshold: "threads in a critical section without a lock (switch-points), and threads_unsynchronized between the \
            read and the write of one addition (lost-updates), at least 5 runs of each: holds if surely most runs (by \
            Wilson's 95 % interval) show a switch there, of both; holds-but if of one; fails if none of at least 20 \
            runs of either does, on at least 2 cores; else unsettled",
        judge: s1,
    },
    Claim {
        id: "S2",
        says: "A coroutine can be switched out at an await and nowhere else",
        experiments: &[SWITCHES],
        threshold: "tokio, smol and async_std, and the same with an await inside (tokio also with a yield of its own), on one \
            thread, at least 5 runs of each: \
            fails if any run shows a switch where there is no await, or if one with an await inside shows none there; \
            else holds-but if any run of tokio_multi_thread, the same tasks on several threads, shows one without an \
            await, holds if none of at least 20 does, on at least 2 cores; else unsettled",
        judge: s2,
    },
    Claim {
        id: "S3",
        says: "A race between threads is unpredictable, what coroutines do is predictable",
        experiments: &[SWITCHES, UPDATES],
        threshold: "at least 5 runs of each: predictable if tokio_await_inside loses as much in every run (lost-updates), and \
            tokio_await_inside, tokio_yield_inside, smol_await_inside and async_std_await_inside are switched as often in \
            every run (switch-points), else fails; unpredictable if the runs of threads_unsynchronized do not all lose alike: \
            holds-but if those of tokio_multi_thread do not either, holds if they do; else unsettled",
        judge: s3,
    },
];

pub(super) const CASE: &str = "4-workers-5-sections";
const WITHOUT: [&str; 3] = ["tokio", "smol", "async_std"];
const INSIDE: [&str; 4] =
    ["tokio_await_inside", "tokio_yield_inside", "smol_await_inside", "async_std_await_inside"];

pub(super) fn at_awaits(row: &Row) -> Vec<f64> {
    row.figures(&["metrics", "at_awaits"])
}

pub(super) fn elsewhere(row: &Row) -> Vec<f64> {
    row.figures(&["metrics", "elsewhere"])
}

/// What each of these runs showed; an error if they do not tell.
pub(super) fn shown(
    series: &Series,
    variant: &str,
    figure: fn(&Row) -> Vec<f64>,
) -> Result<Vec<f64>, String> {
    let shown = figure(row_of(series, CASE, variant)?);
    if shown.is_empty() { Err(format!("{variant} does not tell its switches")) } else { Ok(shown) }
}

fn all_shown(
    series: &Series,
    variants: &[&str],
    figure: fn(&Row) -> Vec<f64>,
) -> Result<Vec<Vec<f64>>, String> {
    variants.iter().map(|variant| shown(series, variant, figure)).collect()
}

pub(super) fn switched(runs: &[f64]) -> usize {
    runs.iter().filter(|switches| **switches > 0.0).count()
}

pub(super) fn are_few(rows: &[Vec<f64>]) -> bool {
    rows.iter().any(|runs| runs.len() < ENOUGH_RUNS)
}

pub(super) fn are_alike(runs: &[f64]) -> bool {
    runs.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq())
}

/// In words, how many each of [`INSIDE`] showed.
fn inside_in_words(shown: &[Vec<f64>]) -> String {
    let words = INSIDE.iter().zip(shown).map(|(name, runs)| format!("{name} {}", span(runs.iter().copied())));
    words.collect::<Vec<_>>().join(", ")
}

fn s1(data: &All) -> Judged {
    anywhere(data, "threads", "threads_unsynchronized")
}

/// Whether threads are switched in a section, and within an addition.
pub(super) fn anywhere(data: &All, threads: &str, adding: &'static str) -> Judged {
    let sections = data.get(SWITCHES)?;
    let threads = shown(sections, threads, elsewhere)?;
    let additions = Counts::of(data.get(UPDATES)?.data, UPDATING, adding)?;
    let places = [(switched(&threads), threads.len()), (additions.losing_runs(), additions.runs())];
    let had_their_chance =
        places.iter().all(|(_, runs)| *runs >= RUNS_TO_SEE_NONE) && sections.data.machine.cores > 1;
    let shows = places.map(|(some, all)| is_most(some, all));
    let (verdict, condition) = if places.iter().any(|(_, runs)| *runs < ENOUGH_RUNS) {
        (Unsettled, "")
    } else {
        match shows {
            [true, true] => (Holds, ""),
            [true, false] => (HoldsBut, "; surely in most runs of the section alone"),
            [false, true] => (HoldsBut, "; surely in most runs of the additions alone"),
            _ if had_their_chance && places.iter().all(|(some, _)| *some == 0) => (Fails, ""),
            _ => (Unsettled, ""),
        }
    };
    let evidence = format!(
        "of 20 sections threads were switched inside {} ({} of {} runs); within an addition {}{condition}",
        span(threads.iter().copied()),
        places[0].0,
        places[0].1,
        additions.losses()
    );
    Ok((verdict, evidence))
}

fn s2(data: &All) -> Judged {
    let sections = data.get(SWITCHES)?;
    let on_one_thread = all_shown(sections, &[&WITHOUT[..], &INSIDE].concat(), elsewhere)?;
    let at_awaits = all_shown(sections, &INSIDE, at_awaits)?;
    let several = shown(sections, "tokio_multi_thread", elsewhere)?;
    let is_elsewhere = on_one_thread.iter().any(|runs| switched(runs) > 0);
    let is_at_awaits = at_awaits.iter().all(|runs| switched(runs) == runs.len());
    let (verdict, condition) = if is_elsewhere || !is_at_awaits {
        (Fails, "")
    } else if are_few(&on_one_thread) || several.len() < ENOUGH_RUNS {
        (Unsettled, "")
    } else if switched(&several) > 0 {
        (HoldsBut, "; it takes a runtime of one thread")
    } else if several.len() >= RUNS_TO_SEE_NONE && sections.data.machine.cores > 1 {
        (Holds, "")
    } else {
        (Unsettled, "")
    };
    let elsewhere: f64 = on_one_thread.iter().flatten().sum();
    let evidence = format!(
        "on one thread, of 20 awaits, switches at {}; where there is no await, {} in all runs of {}; on several threads \
         tokio_multi_thread {}{condition}",
        inside_in_words(&at_awaits),
        whole(elsewhere),
        [&WITHOUT[..], &INSIDE].concat().join(", "),
        span(several.iter().copied())
    );
    Ok((verdict, evidence))
}

fn s3(data: &All) -> Judged {
    let (sections, updates) = (data.get(SWITCHES)?, data.get(UPDATES)?.data);
    let counts = |variant| Counts::of(updates, UPDATING, variant);
    let threads = counts("threads_unsynchronized")?;
    let several = counts("tokio_multi_thread")?;
    let coroutines = counts("tokio_await_inside")?;
    let at_awaits = all_shown(sections, &INSIDE, at_awaits)?;
    let is_few = [&threads, &several, &coroutines].iter().any(|counts| counts.runs() < ENOUGH_RUNS);
    let different = |counts: &Counts| BTreeSet::from_iter(counts.lost()).len();
    let is_predictable = different(&coroutines) == 1 && at_awaits.iter().all(|runs| are_alike(runs));
    let (verdict, condition) = if !is_predictable {
        (Fails, "")
    } else if is_few || are_few(&at_awaits) || different(&threads) == 1 {
        (Unsettled, "")
    } else if different(&several) > 1 {
        (HoldsBut, "; of coroutines on one thread only")
    } else {
        (Holds, "")
    };
    let in_words = |counts: &Counts| {
        let losses = match different(counts) {
            1 => "the same loss".to_owned(),
            several => format!("{several} different losses"),
        };
        format!("{} {losses} in {}", counts.variant, counts.runs())
    };
    let evidence = format!(
        "additions: {} runs, {}, {}; switches at 20 awaits: {}{condition}",
        in_words(&threads),
        in_words(&coroutines),
        in_words(&several),
        inside_in_words(&at_awaits)
    );
    Ok((verdict, evidence))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict;
    use super::super::decide::tests::{judge, rests_on};
    use super::super::races;
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    /// Everything measured, five times: threads are switched in the section, tasks at each await of theirs.
    pub(in super::super) fn full() -> Data {
        let switched = |variant: &str, at_awaits: f64, elsewhere: f64| {
            let mut row = row(CASE, variant, 5, |_| Cost::default());
            set(&mut row, "metrics.at_awaits", |_| at_awaits);
            set(&mut row, "metrics.elsewhere", |_| elsewhere);
            row
        };
        let without = WITHOUT.map(|variant| switched(variant, 0.0, 0.0));
        let inside = INSIDE.map(|variant| switched(variant, 20.0, 0.0));
        let several = ["threads", "tokio_multi_thread"].map(|variant| switched(variant, 0.0, 9.0));
        synthetic::data(SWITCHES, without.into_iter().chain(inside).chain(several).collect())
    }

    const LOST: [u64; 5] = [1, 2, 3, 4, 5];

    fn updates(several: &[u64]) -> Data {
        let counted: [(&str, &[u64]); 3] = [
            ("threads_unsynchronized", &LOST),
            ("tokio_multi_thread", several),
            ("tokio_await_inside", &[1; 5]),
        ];
        races::tests::data(&counted)
    }

    /// The verdict if a figure is another in the first run of a row.
    fn judged(id: &str, updates: &Data, changes: &[(&str, &str, f64)]) -> Verdict {
        let mut data = full();
        for (variant, name, figure) in changes {
            let row = row_in(&mut data, CASE, variant);
            let before = row.figures(&name.split('.').collect::<Vec<_>>());
            set(row, name, |run| if run == 0 { *figure } else { before[run] });
        }
        judge(&CLAIMS, id, &[&data, updates]).unwrap().0
    }

    #[test]
    fn s1_asks_the_section_and_the_addition() {
        assert_eq!(judged("S1", &updates(&LOST), &[]), Holds);
        let one_run_without = [("threads", "metrics.elsewhere", 0.0)];
        assert_eq!(judged("S1", &updates(&LOST), &one_run_without), HoldsBut);
        assert_eq!(judged("S1", &races::tests::data(&[]), &[]), HoldsBut);
        assert_eq!(judged("S1", &races::tests::data(&[]), &one_run_without), Unsettled);
        let four = races::tests::data(&[("threads_unsynchronized", &LOST[..4])]);
        assert_eq!(judged("S1", &four, &[]), Unsettled);
    }

    #[test]
    fn s1_takes_twenty_runs_without_a_switch_to_fail() {
        let verdict = |runs: usize| {
            let mut data = full();
            let threads = row_in(&mut data, CASE, "threads");
            *threads = row(CASE, "threads", runs, |_| Cost::default());
            set(threads, "metrics.elsewhere", |_| 0.0);
            let exact = vec![4_000_000; runs];
            let updates = races::tests::data(&[("threads_unsynchronized", &exact)]);
            judge(&CLAIMS, "S1", &[&data, &updates]).unwrap().0
        };
        assert_eq!((verdict(19), verdict(20)), (Unsettled, Fails));
    }

    #[test]
    fn s2_fails_by_one_switch_without_an_await_and_by_an_await_without_one() {
        assert_eq!(judged("S2", &updates(&LOST), &[]), HoldsBut);
        for variant in [&WITHOUT[..], &INSIDE].concat() {
            assert_eq!(
                judged("S2", &updates(&LOST), &[(variant, "metrics.elsewhere", 1.0)]),
                Fails,
                "{variant}"
            );
        }
        for variant in INSIDE {
            assert_eq!(
                judged("S2", &updates(&LOST), &[(variant, "metrics.at_awaits", 0.0)]),
                Fails,
                "{variant}"
            );
        }
    }

    #[test]
    fn s2_holds_if_several_threads_are_never_switched_in_twenty_runs() {
        let verdict = |runs: usize| {
            let mut data = full();
            let several = row_in(&mut data, CASE, "tokio_multi_thread");
            *several = row(CASE, "tokio_multi_thread", runs, |_| Cost::default());
            set(several, "metrics.elsewhere", |_| 0.0);
            judge(&CLAIMS, "S2", &[&data]).unwrap().0
        };
        assert_eq!((verdict(19), verdict(20)), (Unsettled, Holds));
    }

    #[test]
    fn s2_rests_on_its_own_rows() {
        let rows = [&WITHOUT[..], &INSIDE, &["tokio_multi_thread"]].concat();
        rests_on(&CLAIMS, "S2", full, &[(CASE, &rows)]);
    }

    #[test]
    fn s3_asks_whether_the_runs_are_alike() {
        assert_eq!(judged("S3", &updates(&LOST), &[]), HoldsBut);
        assert_eq!(judged("S3", &updates(&[3; 5]), &[]), Holds);
        assert_eq!(judged("S3", &updates(&LOST), &[("smol_await_inside", "metrics.at_awaits", 19.0)]), Fails);
        let luck = races::tests::data(&[("tokio_await_inside", &LOST)]);
        assert_eq!(judged("S3", &luck, &[]), Fails);
        let alike =
            races::tests::data(&[("threads_unsynchronized", &[3; 5]), ("tokio_await_inside", &[1; 5])]);
        assert_eq!(judged("S3", &alike, &[]), Unsettled);
        assert_eq!(judged("S3", &updates(&LOST[..4]), &[]), Unsettled);
    }
}
