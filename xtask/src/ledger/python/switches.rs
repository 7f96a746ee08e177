//! S1 to S3 in CPython, by switch-points and lost-updates.

use super::super::Verdict::{Fails, Holds, HoldsBut, Unsettled};
use super::super::switches::{anywhere, are_alike, are_few, at_awaits, elsewhere, shown, switched};
use super::super::{All, Counts, Judged, SWITCHES, UPDATES, span};
use super::races::counts;
use super::{Rule, judged_by};
use crate::statistics::ENOUGH_RUNS;
use crate::units::whole;

pub(super) const RULES: [Rule; 3] = [
    Rule {
        id: "S1",
        experiments: &[SWITCHES, UPDATES],
        threshold: "python_threads in a critical section without a lock (switch-points), and python_threads_unsynchronized between the \
            read and the write of one addition (lost-updates), in the first version, at least 5 runs of each: holds if surely \
            most runs (by Wilson's 95 % interval) show a switch there, of both; holds-but if of one; fails if none of at \
            least 20 runs of either does, on at least 2 cores; else unsettled",
        judge: s1,
    },
    Rule {
        id: "S2",
        experiments: &[SWITCHES],
        threshold: "python_asyncio and python_asyncio_await_inside, at least 5 runs of each: fails if any run shows a switch where \
            there is no await, or if one with an await inside shows none there; else holds; with fewer runs unsettled",
        judge: s2,
    },
    Rule {
        id: "S3",
        experiments: &[SWITCHES, UPDATES],
        threshold: "at least 5 runs of each: predictable if python_asyncio_await_inside loses as much in every run (lost-updates, a \
            tenth of the additions) and is switched as often in every run (switch-points), else fails; unpredictable if the runs of \
            python_threads_call_inside do not all lose alike: then holds; else unsettled",
        judge: s3,
    },
];

const ADDING: &str = "python_threads_unsynchronized";
const CALL: &str = "python_threads_call_inside";
const AWAIT: &str = "python_asyncio_await_inside";

fn s1(data: &All) -> Judged {
    let (verdict, mut evidence) = anywhere(data, "python_threads", ADDING)?;
    let updates = data.get(UPDATES)?.data;
    if verdict == HoldsBut && counts(updates, ADDING)?.is_exact() {
        evidence += ": from 3.10 on the interpreter lets others have their turn at calls and at the end of a loop's body only";
    }
    Ok((verdict, judged_by(updates, &evidence)))
}

fn s2(data: &All) -> Judged {
    let sections = data.get(SWITCHES)?;
    let without = [shown(sections, "python_asyncio", elsewhere)?, shown(sections, AWAIT, elsewhere)?];
    let inside = shown(sections, AWAIT, at_awaits)?;
    let is_elsewhere = without.iter().any(|runs| switched(runs) > 0);
    let verdict = if is_elsewhere || switched(&inside) < inside.len() {
        Fails
    } else if are_few(&without) {
        Unsettled
    } else {
        Holds
    };
    let evidence = format!(
        "of 20 awaits, switches at {AWAIT} {}; where there is no await, {} in all runs of python_asyncio, {AWAIT}",
        span(inside.iter().copied()),
        whole(without.iter().flatten().sum())
    );
    Ok((verdict, judged_by(sections.data, &evidence)))
}

fn s3(data: &All) -> Judged {
    let (sections, updates) = (data.get(SWITCHES)?, data.get(UPDATES)?.data);
    let [threads, coroutines] = [CALL, AWAIT].map(|variant| counts(updates, variant));
    let (threads, coroutines) = (threads?, coroutines?);
    let inside = shown(sections, AWAIT, at_awaits)?;
    let is_few = [threads.runs(), coroutines.runs(), inside.len()].into_iter().min() < Some(ENOUGH_RUNS);
    let are_all_alike = |counts: &Counts| counts.done.windows(2).all(|pair| pair[0] == pair[1]);
    let verdict = if !are_all_alike(&coroutines) || !are_alike(&inside) {
        Fails
    } else if is_few || are_all_alike(&threads) {
        Unsettled
    } else {
        Holds
    };
    let evidence = format!(
        "{}; {}; switches at 20 awaits: {AWAIT} {}",
        threads.losses(),
        coroutines.losses(),
        span(inside.iter().copied())
    );
    Ok((verdict, judged_by(updates, &evidence)))
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict;
    use super::super::super::switches::CASE;
    use super::super::races::tests::{EXACT, NEW, data as updates};
    use super::super::tests::{judge, rests_on};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    /// Five runs of each: threads are switched in the section, coroutines at each await of theirs.
    fn full() -> Data {
        let switched = |variant: &str, at_awaits: f64, elsewhere: f64| {
            let mut row = row(CASE, variant, 5, |_| Cost::default());
            set(&mut row, "metrics.at_awaits", |_| at_awaits);
            set(&mut row, "metrics.elsewhere", |_| elsewhere);
            row
        };
        let rows = [
            switched("python_threads", 0.0, 9.0),
            switched("python_asyncio", 0.0, 0.0),
            switched(AWAIT, 20.0, 0.0),
        ];
        synthetic::data(SWITCHES, rows.into())
    }

    const LOST: [u64; 5] = [1, 2, 3, 4, 5];

    /// The verdict if a figure is another in the first run of a row.
    fn judged(id: &str, updates: &Data, change: Option<(&str, &str, f64)>) -> Verdict {
        let mut data = full();
        if let Some((variant, name, figure)) = change {
            let row = row_in(&mut data, CASE, variant);
            let before = row.figures(&name.split('.').collect::<Vec<_>>());
            set(row, name, |run| if run == 0 { figure } else { before[run] });
        }
        judge(&RULES, id, &[&data, updates]).unwrap().0
    }

    #[test]
    fn s1_asks_the_section_and_the_addition() {
        let (losing, exact) = (updates(&[(ADDING, NEW, &LOST)]), updates(&[]));
        assert_eq!((judged("S1", &losing, None), judged("S1", &exact, None)), (Holds, HoldsBut));
        let one_run_without = Some(("python_threads", "metrics.elsewhere", 0.0));
        assert_eq!(judged("S1", &losing, one_run_without), HoldsBut);
        assert_eq!(judged("S1", &exact, one_run_without), Unsettled);
        assert_eq!(judged("S1", &updates(&[(ADDING, NEW, &LOST[..4])]), None), Unsettled);
        let (_, evidence) = judge(&RULES, "S1", &[&full(), &exact]).unwrap();
        let asked = "; surely in most runs of the section alone: from 3.10 on the interpreter lets others have their turn at \
             calls and at the end of a loop's body only";
        assert!(evidence.ends_with(asked), "{evidence}");
    }

    #[test]
    fn s1_takes_twenty_runs_without_a_switch_to_fail() {
        let verdict = |runs: usize| {
            let mut data = full();
            let threads = row_in(&mut data, CASE, "python_threads");
            *threads = row(CASE, "python_threads", runs, |_| Cost::default());
            set(threads, "metrics.elsewhere", |_| 0.0);
            judge(&RULES, "S1", &[&data, &updates(&[(ADDING, NEW, &vec![EXACT; runs])])]).unwrap().0
        };
        assert_eq!((verdict(19), verdict(20)), (Unsettled, Fails));
    }

    #[test]
    fn s2_fails_by_one_switch_without_an_await_and_by_an_await_without_one() {
        let verdict = |change| judged("S2", &updates(&[]), change);
        assert_eq!(verdict(None), Holds);
        assert_eq!(verdict(Some(("python_asyncio", "metrics.elsewhere", 1.0))), Fails);
        assert_eq!(verdict(Some((AWAIT, "metrics.elsewhere", 1.0))), Fails);
        assert_eq!(verdict(Some((AWAIT, "metrics.at_awaits", 0.0))), Fails);
    }

    #[test]
    fn s2_rests_on_its_own_rows() {
        rests_on(&RULES, "S2", full, &[(CASE, &["python_asyncio", AWAIT])]);
    }

    #[test]
    fn s3_asks_threads_to_differ_and_coroutines_not_to() {
        let counted = |threads: &[u64], coroutines: &[u64]| {
            judged("S3", &updates(&[(CALL, NEW, threads), (AWAIT, NEW, coroutines)]), None)
        };
        assert_eq!(counted(&LOST, &[1; 5]), Holds);
        assert_eq!(counted(&LOST, &[1, 1, 1, 1, 2]), Fails);
        assert_eq!(counted(&[1; 5], &[1; 5]), Unsettled);
        assert_eq!(counted(&LOST[..4], &[1; 5]), Unsettled);
        let alike = updates(&[(CALL, NEW, &LOST), (AWAIT, NEW, &[1; 5])]);
        assert_eq!(judged("S3", &alike, Some((AWAIT, "metrics.at_awaits", 19.0))), Fails);
    }
}
