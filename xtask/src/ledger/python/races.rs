//! R1 to R6 in CPython, by lost-updates.

use super::super::Verdict::{self, Fails, Holds, HoldsBut, Unsettled};
use super::super::races::{CASE, is_exact, is_surely_exact, summary};
use super::super::{Counts, Judged, UPDATES};
use super::{Rule, judged_by, version};
use crate::data::Data;
use crate::statistics::{ENOUGH_RUNS, is_most};

pub(super) const RULES: [Rule; 6] = [
    Rule {
        id: "R1",
        experiments: &[UPDATES],
        threshold: "python_threads_unsynchronized in each version by itself, of at least 5 runs: holds if surely most lose (by Wilson's \
            95 % interval) and not all alike, fails if surely most do not, holds-but if all that lose do so alike; else unsettled. The \
            verdict is that of the first version; the others stand beside it",
        judge: |all| r1(all.get(UPDATES)?.data),
    },
    Rule {
        id: "R2",
        experiments: &[UPDATES],
        threshold: "holds if any run of python_threads_unsynchronized, python_threads_call_inside or python_asyncio_await_inside \
            (with a tenth of the additions) loses an update, in any version that has a GIL; else unsettled, since a race not \
            seen is not a race prevented",
        judge: |all| r2(all.get(UPDATES)?.data),
    },
    Rule {
        id: "R3",
        experiments: &[UPDATES],
        threshold: "python_threads_lock: fails if any run is not exact, holds if at least 5 runs are, else unsettled",
        judge: |all| exact(all.get(UPDATES)?.data, "python_threads_lock"),
    },
    Rule {
        id: "R4",
        experiments: &[UPDATES],
        threshold: "python_asyncio: fails if any run is not exact, holds if at least 5 runs are, else unsettled",
        judge: |all| exact(all.get(UPDATES)?.data, "python_asyncio"),
    },
    Rule {
        id: "R5",
        experiments: &[UPDATES],
        threshold: "python_asyncio and python_asyncio_await_inside (with a tenth of the additions), which take no lock: holds-but if \
            one is exact in at least 5 runs and the other loses an update, which it is bound to; fails if both lose one; else \
            unsettled",
        judge: |all| r5(all.get(UPDATES)?.data),
    },
    Rule {
        id: "R6",
        experiments: &[UPDATES],
        threshold: "fails if python_threads_local_sums, which takes no lock, is exact in at least 5 runs and inexact in none, one \
            counter-example being enough; else unsettled",
        judge: |all| r6(all.get(UPDATES)?.data),
    },
];

const UNSYNCHRONIZED: &str = "python_threads_unsynchronized";
const CALL: &str = "python_threads_call_inside";
const AWAIT: &str = "python_asyncio_await_inside";

/// Where each was run. An await costs a turn of the loop, so with one inside there are a tenth of the additions.
fn case_of(variant: &str) -> &'static str {
    if variant == AWAIT { "4-workers-100000-each" } else { CASE }
}

pub(super) fn counts(data: &Data, variant: &'static str) -> Result<Counts, String> {
    Counts::of(data, case_of(variant), variant)
}

/// What a variant counted in each version that ran it.
fn by_version<'a>(data: &'a Data, variant: &'static str) -> Result<Vec<(&'a str, Counts)>, String> {
    let rows: Vec<_> = data.rows_of(case_of(variant), variant).collect();
    if rows.is_empty() {
        return Err(format!("{variant} was not run"));
    }
    rows.into_iter().map(|row| Ok((version(row), Counts::of_row(row, variant)?))).collect()
}

fn loses(counts: &Counts) -> Verdict {
    let (runs, losing) = (counts.runs(), counts.losing_runs());
    let alike = counts.done.windows(2).all(|pair| pair[0] == pair[1]);
    match losing {
        _ if runs < ENOUGH_RUNS => Unsettled,
        _ if is_most(runs - losing, runs) => Fails,
        _ if !is_most(losing, runs) => Unsettled,
        _ if alike => HoldsBut,
        _ => Holds,
    }
}

fn r1(data: &Data) -> Judged {
    let versions = by_version(data, UNSYNCHRONIZED)?;
    let told = versions.iter().map(|(version, counts)| {
        let (verdict, exact) = (loses(counts), counts.runs() - counts.losing_runs());
        let runs = counts.runs();
        let what = if exact == runs { format!("exact in {runs} of {runs} runs") } else { counts.losses() };
        format!("{version} {}: {what}", verdict.words())
    });
    Ok((
        loses(&versions[0].1),
        told.collect::<Vec<_>>().join("; ").replace(&format!("{UNSYNCHRONIZED} "), ""),
    ))
}

fn r2(data: &Data) -> Judged {
    let mut told = Vec::new();
    for variant in [UNSYNCHRONIZED, CALL, AWAIT] {
        for (version, counts) in by_version(data, variant)? {
            if counts.losing_runs() > 0 && !version.ends_with("free-threaded") {
                told.push(format!("{version}: {}", counts.losses()));
            }
        }
    }
    let verdict = if told.is_empty() { Unsettled } else { Holds };
    Ok((verdict, if told.is_empty() { "none lost an update".to_owned() } else { told.join("; ") }))
}

fn exact(data: &Data, variant: &'static str) -> Judged {
    let counts = counts(data, variant)?;
    Ok((is_exact(&counts), judged_by(data, &summary(&[counts]))))
}

fn r5(data: &Data) -> Judged {
    let counts = [counts(data, "python_asyncio")?, counts(data, AWAIT)?];
    let some_lose = counts.iter().any(|counts| counts.losing_runs() > 0);
    let (verdict, condition) = if counts.iter().all(|counts| counts.losing_runs() > 0) {
        (Fails, "")
    } else if counts.iter().any(is_surely_exact) && some_lose {
        (HoldsBut, "; it takes no await between the read and the write")
    } else {
        (Unsettled, "")
    };
    Ok((verdict, judged_by(data, &summary(&counts)) + condition))
}

fn r6(data: &Data) -> Judged {
    let counts = counts(data, "python_threads_local_sums")?;
    let verdict = if is_surely_exact(&counts) { Fails } else { Unsettled };
    Ok((verdict, judged_by(data, &format!("without a lock, {}", summary(&[counts])))))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::series::synthetic::{self, Cost, row};

    pub(in super::super) const EXACT: u64 = 4_000_000;

    /// Five exact runs of each, but for those that are named with a version and what they counted.
    pub(in super::super) fn data(counted: &[(&str, &str, &[u64])]) -> Data {
        let mut rows = Vec::new();
        let others = ["python_threads_lock", "python_threads_local_sums", "python_asyncio"];
        for variant in [UNSYNCHRONIZED, CALL, AWAIT].into_iter().chain(others) {
            let own: Vec<_> = counted.iter().filter(|(name, ..)| *name == variant).collect();
            let (case, expected) =
                if variant == AWAIT { ("4-workers-100000-each", EXACT / 10) } else { (CASE, EXACT) };
            let exact: (&str, &str, &[u64]) = (variant, NEW, &[expected; 5]);
            let all = if own.is_empty() { vec![&exact] } else { own };
            for (_, version, done) in all {
                let mut row = row(case, variant, done.len(), |_| Cost { seconds: 1.0, ..Cost::default() });
                row.interpreter = Some((*version).into());
                let outcome = |done| serde_json::json!({"work": {"expected": expected, "done": done}});
                row.outcomes = done.iter().map(outcome).collect();
                rows.push(row);
            }
        }
        synthetic::data(UPDATES, rows)
    }

    const OLD: &str = "CPython 3.9.18";
    pub(in super::super) const NEW: &str = "CPython 3.11.7";

    #[test]
    fn r1_is_judged_in_each_version_and_told_of_all() {
        let old: (&str, &str, &[u64]) = (UNSYNCHRONIZED, OLD, &[1, 2, 3, 4, 5]);
        let new: (&str, &str, &[u64]) = (UNSYNCHRONIZED, NEW, &[EXACT; 5]);
        let asked = "CPython 3.11.7 fails: exact in 5 of 5 runs; CPython 3.9.18 holds: lost 3,999,995 to 3,999,999 of \
             4,000,000 (5 of 5 runs lost)";
        assert_eq!(r1(&data(&[new, old])).unwrap(), (Fails, asked.to_owned()));
        assert_eq!(r1(&data(&[old, new])).unwrap().0, Holds);
    }

    #[test]
    fn r1_takes_most_of_five_runs_either_way() {
        let verdict = |done: &[u64]| r1(&data(&[(UNSYNCHRONIZED, NEW, done)])).unwrap().0;
        assert_eq!(verdict(&[1, 2, 3, 4]), Unsettled);
        assert_eq!(verdict(&[EXACT; 4]), Unsettled);
        assert_eq!(verdict(&[1, 2, 3, EXACT, EXACT]), Unsettled);
        assert_eq!(verdict(&[1; 5]), HoldsBut);
        assert_eq!((verdict(&[1, 2, 3, 4, 5]), verdict(&[EXACT; 5])), (Holds, Fails));
    }

    #[test]
    fn r2_takes_one_lost_update_in_a_version_with_a_gil() {
        let verdict = |version| r2(&data(&[(CALL, version, &[EXACT, 1])])).unwrap().0;
        assert_eq!((verdict(NEW), verdict("CPython 3.14.0 free-threaded")), (Holds, Unsettled));
        let (_, evidence) = r2(&data(&[(AWAIT, NEW, &[100_000; 5])])).unwrap();
        let asked = "CPython 3.11.7: python_asyncio_await_inside lost 300,000 of 400,000 (5 of 5 runs lost)";
        assert_eq!(evidence, asked);
    }

    #[test]
    fn r3_and_r4_fail_at_one_inexact_run_and_want_five() {
        for variant in ["python_threads_lock", "python_asyncio"] {
            let verdict = |done: &[u64]| exact(&data(&[(variant, NEW, done)]), variant).unwrap().0;
            assert_eq!(verdict(&[EXACT; 5]), Holds);
            assert_eq!((verdict(&[EXACT; 4]), verdict(&[EXACT, 1])), (Unsettled, Fails));
        }
    }

    #[test]
    fn r5_holds_but_for_an_await_inside() {
        let verdict = |counted: &[_]| r5(&data(counted)).unwrap().0;
        assert_eq!(verdict(&[(AWAIT, NEW, &[1; 5])]), HoldsBut);
        assert_eq!(verdict(&[(AWAIT, NEW, &[1; 5]), ("python_asyncio", NEW, &[1; 5])]), Fails);
        assert_eq!(verdict(&[]), Unsettled);
    }

    #[test]
    fn r6_fails_by_one_that_is_exact_without_a_lock() {
        let verdict = |done: &[u64]| r6(&data(&[("python_threads_local_sums", NEW, done)])).unwrap().0;
        assert_eq!(verdict(&[EXACT; 5]), Fails);
        assert_eq!((verdict(&[EXACT; 4]), verdict(&[1; 5])), (Unsettled, Unsettled));
    }

    #[test]
    fn what_no_python_ran_is_not_measured_and_says_why() {
        let mut data = data(&[]);
        for row in &mut data.rows {
            row.status = crate::data::Status::Skipped;
            row.reason = Some("no CPython on this machine".into());
            (row.times_s, row.outcomes) = (Vec::new(), Vec::new());
        }
        assert_eq!(r1(&data).unwrap_err(), "python_threads_unsynchronized: no CPython on this machine");
        assert!(r5(&data).is_err());
    }
}
