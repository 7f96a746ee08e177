//! R1 to R6: what a race costs and what fixes it, judged by lost-updates.

use std::collections::{BTreeMap, BTreeSet};

use super::Verdict::{self, Fails, Holds, HoldsBut, Unsettled};
use super::{Claim, Counts, Judged, UPDATES};
use crate::data::Data;
use crate::statistics::{ENOUGH_RUNS, is_most, ratio};

pub(super) const CASE: &str = "4-workers-1000000-each";
/// Races are a matter of luck; one that has not shown in so many runs is not one that a reader will see.
pub(super) const RUNS_TO_SEE_NONE: usize = 20;

pub(super) const CLAIMS: [Claim; 6] = [
    Claim {
        id: "R1",
        says: "Four threads that add to a shared counter without a lock lose updates, other numbers each run",
        experiments: &[UPDATES],
        threshold: "threads_unsynchronized on at least 2 cores; of at least 5 runs: holds if surely most lose (by \
            Wilson's 95 % interval) and not all alike, holds-but if fewer do or all lose alike; of at least 20: fails \
            if none loses; else unsettled",
        judge: |all| r1(all.get(UPDATES)?.data),
    },
    Claim {
        id: "R2",
        says: "So the GIL (here: the borrow checker) does not prevent race conditions",
        experiments: &[UPDATES],
        threshold: "holds if any run of threads_unsynchronized, tokio_multi_thread or tokio_await_inside, all \
            without unsafe code, loses an update, one being enough; else unsettled, since a race not seen is not a \
            race prevented",
        judge: |all| r2(all.get(UPDATES)?.data),
    },
    Claim {
        id: "R3",
        says: "With a lock around each addition the result is exact",
        experiments: &[UPDATES],
        threshold: "threads_mutex: fails if any run is not exact, holds if at least 5 runs are, else unsettled",
        judge: |all| r3(all.get(UPDATES)?.data),
    },
    Claim {
        id: "R4",
        says: "Four coroutines with no lock, yielding after every 100,000th addition, give the exact result",
        experiments: &[UPDATES],
        threshold: "fails if any run of tokio, smol or async_std, on one thread each, is not exact; of at least 5 \
            exact runs of each: holds-but if tokio_multi_thread, the same tasks on several threads, loses an \
            update, holds if it does not in at least 20 runs on at least 2 cores; else unsettled",
        judge: |all| r4(all.get(UPDATES)?.data),
    },
    Claim {
        id: "R5",
        says: "With async, locks are often not needed",
        experiments: &[UPDATES],
        threshold: "tokio, smol, async_std, tokio_await_inside and tokio_multi_thread, which take no lock: holds-but \
            if one of them is exact in at least 5 runs and another loses an update (tokio_await_inside is bound \
            to), fails if each loses one, else unsettled; how often is not measured",
        judge: |all| r5(all.get(UPDATES)?.data),
    },
    Claim {
        id: "R6",
        says: "With threads, locks are required",
        experiments: &[UPDATES],
        threshold: "fails if threads_atomic, threads_local_sums or rayon, which take no lock, is exact in at least 5 \
            runs and inexact in none, one counter-example being enough; holds if each is inexact; else unsettled",
        judge: |all| r6(all.get(UPDATES)?.data),
    },
];

fn counts<const N: usize>(data: &Data, variants: [&'static str; N]) -> Result<Vec<Counts>, String> {
    variants.into_iter().map(|variant| Counts::of(data, CASE, variant)).collect()
}

/// In words, the variants that were exact in every run, and what the others lost.
pub(super) fn summary(counts: &[Counts]) -> String {
    let mut exact: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for counts in counts.iter().filter(|counts| counts.is_exact()) {
        exact.entry(counts.runs()).or_default().push(counts.variant);
    }
    let exact =
        exact.iter().map(|(runs, names)| format!("{} exact in {runs} of {runs} runs", names.join(", ")));
    let losses = counts.iter().filter(|counts| !counts.is_exact()).map(Counts::losses);
    exact.chain(losses).collect::<Vec<_>>().join("; ")
}

pub(super) fn is_surely_exact(counts: &Counts) -> bool {
    counts.is_exact() && counts.runs() >= ENOUGH_RUNS
}

/// Whether a race that was not seen would have had its chance.
fn race_had_its_chance(data: &Data, counts: &Counts) -> bool {
    counts.runs() >= RUNS_TO_SEE_NONE && data.machine.cores > 1
}

fn r1(data: &Data) -> Judged {
    if data.machine.cores < 2 {
        return Err("one core: the threads take turns, and a race shows by luck alone".to_owned());
    }
    let counts = Counts::of(data, CASE, "threads_unsynchronized")?;
    let (runs, losing) = (counts.runs(), counts.losing_runs());
    let sums: BTreeSet<_> = counts.done.iter().collect();
    let (verdict, condition) = match losing {
        0 if race_had_its_chance(data, &counts) => (Fails, ""),
        0 => (Unsettled, ""),
        _ if runs < ENOUGH_RUNS => (Unsettled, ""),
        _ if sums.len() == 1 => (HoldsBut, "; every run lost as much as the others"),
        _ if !is_most(losing, runs) => (HoldsBut, "; not in most runs: it takes threads that overlap"),
        _ => (Holds, ""),
    };
    Ok((verdict, counts.losses() + condition))
}

fn r2(data: &Data) -> Judged {
    let counts = counts(data, ["threads_unsynchronized", "tokio_multi_thread", "tokio_await_inside"])?;
    let losing = counts.iter().any(|counts| counts.losing_runs() > 0);
    Ok((if losing { Holds } else { Unsettled }, format!("with no unsafe code, {}", summary(&counts))))
}

fn r3(data: &Data) -> Judged {
    let counts = Counts::of(data, CASE, "threads_mutex")?;
    Ok((is_exact(&counts), summary(&[counts])))
}

/// Fails at one inexact run, and holds by enough exact ones.
pub(super) fn is_exact(counts: &Counts) -> Verdict {
    if !counts.is_exact() {
        Fails
    } else if is_surely_exact(counts) {
        Holds
    } else {
        Unsettled
    }
}

fn r4(data: &Data) -> Judged {
    let on_one_thread = counts(data, ["tokio", "smol", "async_std"])?;
    let on_several = Counts::of(data, CASE, "tokio_multi_thread")?;
    let (verdict, condition) = if !on_one_thread.iter().all(Counts::is_exact) {
        (Fails, "")
    } else if !on_one_thread.iter().all(is_surely_exact) {
        (Unsettled, "")
    } else if on_several.losing_runs() > 0 {
        (HoldsBut, "; it takes a runtime of one thread")
    } else if race_had_its_chance(data, &on_several) {
        (Holds, "")
    } else {
        (Unsettled, "")
    };
    let evidence =
        format!("on one thread {}; on several {}", summary(&on_one_thread), summary(&[on_several]));
    Ok((verdict, evidence + condition))
}

fn r5(data: &Data) -> Judged {
    let lock_free = counts(data, ["tokio", "smol", "async_std", "tokio_await_inside", "tokio_multi_thread"])?;
    let some_exact = lock_free.iter().any(is_surely_exact);
    let some_lose = lock_free.iter().any(|counts| counts.losing_runs() > 0);
    let (verdict, condition) = if some_exact && some_lose {
        (HoldsBut, "; it takes one thread, and no await between the read and the write")
    } else if lock_free.iter().all(|counts| counts.losing_runs() > 0) {
        (Fails, "")
    } else {
        (Unsettled, "")
    };
    Ok((verdict, summary(&lock_free) + condition))
}

fn r6(data: &Data) -> Judged {
    let lock_free = counts(data, ["threads_atomic", "threads_local_sums", "rayon"])?;
    let verdict = if lock_free.iter().any(is_surely_exact) {
        Fails
    } else if lock_free.iter().any(Counts::is_exact) {
        Unsettled
    } else {
        Holds
    };
    let mut evidence = format!("without a lock, {}", summary(&lock_free));
    let times = |variant| data.row(CASE, variant).map(|row| row.times_s.as_slice()).unwrap_or_default();
    if lock_free.iter().all(is_surely_exact) && times("threads_mutex").len() >= ENOUGH_RUNS {
        let ratios = ["threads_atomic", "threads_local_sums"].map(|variant| {
            format!("{variant}: {}", ratio(times(variant), times("threads_mutex")).compared())
        });
        evidence += &format!("; the whole time against threads_mutex, {}", ratios.join(", "));
    }
    Ok((verdict, evidence))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::series::synthetic::{self, Cost, row};

    const EXACT: u64 = 4_000_000;

    /// A run on two cores in which the named variants counted so, and all others exactly, five times.
    pub(in super::super) fn data(counted: &[(&str, &[u64])]) -> Data {
        let variants = [
            "threads_unsynchronized",
            "threads_mutex",
            "threads_atomic",
            "threads_local_sums",
            "rayon",
            "tokio",
            "tokio_await_inside",
            "tokio_multi_thread",
            "smol",
            "async_std",
        ];
        let row = |variant| {
            let done =
                counted.iter().find(|(name, _)| *name == variant).map_or(&[EXACT; 5][..], |(_, done)| done);
            let mut row = row(CASE, variant, done.len(), |_| Cost { seconds: 1.0, ..Cost::default() });
            row.outcomes = done
                .iter()
                .map(|done| serde_json::json!({"work": {"expected": EXACT, "done": done}}))
                .collect();
            row
        };
        synthetic::data(UPDATES, variants.into_iter().map(row).collect())
    }

    fn verdict(rule: fn(&Data) -> Judged, counted: &[(&str, &[u64])]) -> Verdict {
        rule(&data(counted)).unwrap().0
    }

    #[test]
    fn r1_holds_only_if_most_runs_lose_and_not_all_alike() {
        let verdict = |counted: &[u64]| verdict(r1, &[("threads_unsynchronized", counted)]);
        assert_eq!(verdict(&[3, 4, 5, 6, 7]), Holds);
        assert_eq!(verdict(&[3, 4, 5, 6, 7, 8, 9, EXACT]), Holds);
        assert_eq!(verdict(&[3, 4, 5, 6, EXACT]), HoldsBut);
        assert_eq!(verdict(&[3; 5]), HoldsBut);
        assert_eq!(verdict(&[3, 4, 5, 6]), Unsettled);
    }

    #[test]
    fn r1_takes_twenty_runs_to_fail() {
        let verdict = |counted: &[u64]| verdict(r1, &[("threads_unsynchronized", counted)]);
        assert_eq!(verdict(&[EXACT; 19]), Unsettled);
        assert_eq!(verdict(&[EXACT; 20]), Fails);
    }

    #[test]
    fn r1_is_not_measured_on_one_core() {
        let mut data = data(&[]);
        data.machine.cores = 1;
        assert!(r1(&data).is_err());
    }

    #[test]
    fn r2_takes_one_lost_update_and_never_fails() {
        assert_eq!(verdict(r2, &[("tokio_await_inside", &[3])]), Holds);
        assert_eq!(verdict(r2, &[]), Unsettled);
    }

    #[test]
    fn r3_fails_at_one_inexact_run_and_wants_five_exact_ones() {
        assert_eq!(verdict(r3, &[]), Holds);
        assert_eq!(verdict(r3, &[("threads_mutex", &[EXACT, EXACT, 3])]), Fails);
        assert_eq!(verdict(r3, &[("threads_mutex", &[EXACT; 4])]), Unsettled);
    }

    #[test]
    fn r4_holds_on_one_thread_but_not_on_several() {
        let on_several = |counted| verdict(r4, &[("tokio_multi_thread", counted)]);
        assert_eq!(on_several(&[EXACT, 3]), HoldsBut);
        assert_eq!(on_several(&[EXACT; 19]), Unsettled);
        assert_eq!(on_several(&[EXACT; 20]), Holds);
        assert_eq!(verdict(r4, &[("smol", &[EXACT, 3])]), Fails);
        assert_eq!(verdict(r4, &[("smol", &[EXACT; 4]), ("tokio_multi_thread", &[3])]), Unsettled);
    }

    #[test]
    fn r5_holds_but_where_some_async_variants_lose() {
        let all: Vec<(&str, &[u64])> =
            ["tokio", "smol", "async_std", "tokio_await_inside", "tokio_multi_thread"]
                .map(|variant| (variant, &[3; 5][..]))
                .to_vec();
        assert_eq!(verdict(r5, &all[3..4]), HoldsBut);
        assert_eq!(verdict(r5, &all), Fails);
        assert_eq!(verdict(r5, &[]), Unsettled);
    }

    #[test]
    fn r6_fails_if_one_variant_is_exact_without_a_lock() {
        let all: Vec<(&str, &[u64])> =
            ["threads_atomic", "threads_local_sums", "rayon"].map(|variant| (variant, &[3; 5][..])).to_vec();
        assert_eq!(verdict(r6, &[]), Fails);
        assert_eq!(verdict(r6, &all[..2]), Fails);
        assert_eq!(verdict(r6, &all), Holds);
        let few = [("rayon", &[EXACT; 4][..]), all[0], all[1]];
        assert_eq!(verdict(r6, &few), Unsettled);
    }

    #[test]
    fn a_row_that_failed_is_no_evidence_unless_it_gave_a_wrong_answer() {
        let mut data = data(&[("threads_mutex", &[EXACT, EXACT, EXACT, EXACT, EXACT, 3])]);
        let row = data.rows.iter_mut().find(|row| row.variant == "threads_mutex").unwrap();
        row.status = crate::data::Status::Failed;
        row.times_s.pop();
        assert_eq!(r3(&data).unwrap().0, Fails);

        let row = data.rows.iter_mut().find(|row| row.variant == "threads_mutex").unwrap();
        row.outcomes.pop();
        row.reason = Some("killed after 60 s".into());
        assert_eq!(r3(&data).unwrap_err(), "threads_mutex: killed after 60 s");
    }

    #[test]
    fn a_variant_without_a_run_is_not_measured() {
        assert!(r3(&data(&[("threads_mutex", &[])])).is_err());
    }
}
