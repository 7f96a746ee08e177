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
