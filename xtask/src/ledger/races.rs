//! R1 to R6: what a race costs and what fixes it, judged by lost-updates.

use std::collections::BTreeSet;

use super::Verdict::{Fails, Holds, HoldsBut, Unsettled};
use super::{Claim, Counts, Judged};
use crate::data::Data;
use crate::statistics::{ENOUGH_RUNS, ratio};

const CASE: &str = "4-workers-1000000-each";

pub(super) const CLAIMS: [Claim; 6] = [
    Claim {
        id: "R1",
        says: "Four threads that add to a shared counter without a lock lose updates, other numbers each run",
        experiment: "lost-updates",
        threshold: "at least 5 runs of threads_unsynchronized on at least 2 cores; holds if all lose and not all \
            alike, holds-but if some do not lose or all lose alike, fails if none loses, else unsettled",
        judge: r1,
    },
    Claim {
        id: "R2",
        says: "So the GIL (here: the borrow checker) does not prevent race conditions",
        experiment: "lost-updates",
        threshold: "holds if any run of threads_unsynchronized, tokio_multi_thread or tokio_await_inside, all \
            without unsafe code, loses an update; else unsettled, since a race not seen is not a race prevented",
        judge: r2,
    },
    Claim {
        id: "R3",
        says: "With a lock around each addition the result is exact",
        experiment: "lost-updates",
        threshold: "at least 5 runs of threads_mutex; holds if all are exact, fails if one is not, else unsettled",
        judge: r3,
    },
    Claim {
        id: "R4",
        says: "Four coroutines with no lock, yielding after every 100,000th addition, give the exact result",
        experiment: "lost-updates",
        threshold: "at least 5 runs of tokio, smol, async_std and tokio_multi_thread; fails if one of the first \
            three is not exact, holds-but if only tokio_multi_thread is not, holds if all are, else unsettled",
        judge: r4,
    },
    Claim {
        id: "R5",
        says: "With async, locks are often not needed",
        experiment: "lost-updates",
        threshold: "at least 5 runs of each async variant without a lock; holds if all are exact, holds-but if \
            some are, fails if none is, else unsettled",
        judge: r5,
    },
    Claim {
        id: "R6",
        says: "With threads, locks are required",
        experiment: "lost-updates",
        threshold: "at least 5 runs of threads_atomic, threads_local_sums and rayon, which take no lock; fails if \
            one of them is exact in every run, holds if none is, else unsettled",
        judge: r6,
    },
];

fn counts<const N: usize>(data: &Data, variants: [&'static str; N]) -> Result<Vec<Counts>, String> {
    variants.into_iter().map(|variant| Counts::of(data, CASE, variant)).collect()
}

/// In words: the variants that were exact in every run, and what the others lost.
fn told(counts: &[Counts]) -> String {
    let (exact, inexact): (Vec<_>, Vec<_>) = counts.iter().partition(|counts| counts.is_exact());
    let mut parts = Vec::new();
    if let Some(runs) = exact.iter().map(|counts| counts.runs()).min() {
        let names: Vec<_> = exact.iter().map(|counts| counts.variant).collect();
        parts.push(format!("{} exact in {runs} of {runs} runs", names.join(", ")));
    }
    parts.extend(inexact.into_iter().map(Counts::told));
    parts.join("; ")
}

fn enough(counts: &[Counts]) -> bool {
    counts.iter().all(|counts| counts.runs() >= ENOUGH_RUNS)
}

fn r1(data: &Data) -> Judged {
    if data.machine.cores < 2 {
        return Err("one core: the threads take turns, and a race shows by luck alone".to_owned());
    }
    let counts = Counts::of(data, CASE, "threads_unsynchronized")?;
    let (runs, losing) = (counts.runs(), counts.losing_runs());
    let sums: BTreeSet<_> = counts.done.iter().collect();
    let (verdict, condition) = match losing {
        _ if runs < ENOUGH_RUNS => (Unsettled, ""),
        0 => (Fails, ""),
        _ if sums.len() == 1 => (HoldsBut, "; every run lost as much as the others"),
        _ if losing < runs => (HoldsBut, "; when the threads happen not to overlap, nothing is lost"),
        _ => (Holds, ""),
    };
    Ok((verdict, counts.told() + condition))
}

fn r2(data: &Data) -> Judged {
    let counts = counts(data, ["threads_unsynchronized", "tokio_multi_thread", "tokio_await_inside"])?;
    let losing = counts.iter().any(|counts| counts.losing_runs() > 0);
    Ok((if losing { Holds } else { Unsettled }, format!("with no unsafe code, {}", told(&counts))))
}

fn r3(data: &Data) -> Judged {
    let counts = counts(data, ["threads_mutex"])?;
    let exact = counts.iter().all(Counts::is_exact);
    let verdict = match exact {
        false => Fails,
        true if enough(&counts) => Holds,
        true => Unsettled,
    };
    Ok((verdict, told(&counts)))
}

fn r4(data: &Data) -> Judged {
    let on_one_thread = counts(data, ["tokio", "smol", "async_std"])?;
    let on_several = counts(data, ["tokio_multi_thread"])?;
    let verdict = if !on_one_thread.iter().all(Counts::is_exact) {
        Fails
    } else if !enough(&on_one_thread) || !enough(&on_several) {
        Unsettled
    } else if on_several.iter().all(Counts::is_exact) {
        Holds
    } else {
        HoldsBut
    };
    Ok((verdict, format!("on one thread, {}; on several, {}", told(&on_one_thread), told(&on_several))))
}

fn r5(data: &Data) -> Judged {
    let lock_free = counts(data, ["tokio", "smol", "async_std", "tokio_await_inside", "tokio_multi_thread"])?;
    let exact = lock_free.iter().filter(|counts| counts.is_exact()).count();
    let (verdict, condition) = match exact {
        _ if !enough(&lock_free) => (Unsettled, ""),
        0 => (Fails, ""),
        all if all == lock_free.len() => (Holds, ""),
        _ => (HoldsBut, "; it takes one thread, and no await between the read and the write"),
    };
    Ok((verdict, told(&lock_free) + condition))
}

fn r6(data: &Data) -> Judged {
    let lock_free = counts(data, ["threads_atomic", "threads_local_sums", "rayon"])?;
    let verdict = match lock_free.iter().any(Counts::is_exact) {
        _ if !enough(&lock_free) => Unsettled,
        true => Fails,
        false => Holds,
    };
    let times = |variant| data.row(CASE, variant).map(|row| row.times_s.as_slice()).unwrap_or_default();
    let mut told = format!("without a lock, {}", told(&lock_free));
    if enough(&lock_free) && times("threads_mutex").len() >= ENOUGH_RUNS {
        let ratios = ["threads_atomic", "threads_local_sums"]
            .map(|variant| format!("{variant} in {}", ratio(times(variant), times("threads_mutex"))));
        told += &format!("; {} of the time of threads_mutex", ratios.join(", "));
    }
    Ok((verdict, told))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    const EXACT: u64 = 4_000_000;

    /// A run on two cores in which the named variants counted so, and all others exactly, five times.
    fn data(counted: &[(&str, &[u64])]) -> Data {
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
        let rows = variants.map(|variant| {
            let done =
                counted.iter().find(|(name, _)| *name == variant).map_or(&[EXACT; 5][..], |(_, done)| done);
            let outcomes: Vec<_> = done
                .iter()
                .map(|done| serde_json::json!({"work": {"expected": EXACT, "done": done}}))
                .collect();
            serde_json::json!({"case": CASE, "args": [], "variant": variant, "status": "ok", "reason": null,
                "times_s": vec![1.0; done.len()], "outcomes": outcomes})
        });
        let machine = serde_json::json!({"label": "a", "processor": "a", "cores": 2, "memory_bytes": null, "system": ""});
        let data = serde_json::json!({"schema": 1, "experiment": "lost-updates", "machine": machine, "toolchain": "",
            "hyperfine": "", "commit": null, "dirty": false, "started": "", "size": "default", "complete": true,
            "measuring_s": 0.0, "rows": rows});
        serde_json::from_value(data).unwrap()
    }

    fn verdict(rule: fn(&Data) -> Judged, counted: &[(&str, &[u64])]) -> Verdict {
        rule(&data(counted)).unwrap().0
    }

    #[test]
    fn r1_holds_only_if_every_run_loses_and_not_all_alike() {
        let verdict = |counted: &[u64]| verdict(r1, &[("threads_unsynchronized", counted)]);
        assert_eq!(verdict(&[3, 4, 5, 6, 7]), Holds);
        assert_eq!(verdict(&[3, 4, 5, 6, EXACT]), HoldsBut);
        assert_eq!(verdict(&[3; 5]), HoldsBut);
        assert_eq!(verdict(&[EXACT; 5]), Fails);
        assert_eq!(verdict(&[3, 4, 5, 6]), Unsettled);
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
        assert_eq!(verdict(r4, &[]), Holds);
        assert_eq!(verdict(r4, &[("tokio_multi_thread", &[EXACT, EXACT, EXACT, EXACT, 3])]), HoldsBut);
        assert_eq!(verdict(r4, &[("smol", &[EXACT, 3])]), Fails);
        assert_eq!(verdict(r4, &[("tokio_multi_thread", &[3])]), Unsettled);
    }

    #[test]
    fn r5_holds_but_where_some_async_variants_lose() {
        let all: Vec<(&str, &[u64])> =
            ["tokio", "smol", "async_std", "tokio_await_inside", "tokio_multi_thread"]
                .map(|variant| (variant, &[3; 5][..]))
                .to_vec();
        assert_eq!(verdict(r5, &[]), Holds);
        assert_eq!(verdict(r5, &all[3..4]), HoldsBut);
        assert_eq!(verdict(r5, &all), Fails);
        assert_eq!(verdict(r5, &[("tokio", &[EXACT; 4])]), Unsettled);
    }

    #[test]
    fn r6_fails_if_one_variant_is_exact_without_a_lock() {
        let all: Vec<(&str, &[u64])> =
            ["threads_atomic", "threads_local_sums", "rayon"].map(|variant| (variant, &[3; 5][..])).to_vec();
        assert_eq!(verdict(r6, &[]), Fails);
        assert_eq!(verdict(r6, &all[..2]), Fails);
        assert_eq!(verdict(r6, &all), Holds);
        assert_eq!(verdict(r6, &[("rayon", &[EXACT; 4])]), Unsettled);
    }

    #[test]
    fn a_variant_without_a_run_is_not_measured() {
        assert!(r3(&data(&[("threads_mutex", &[])])).is_err());
    }
}
