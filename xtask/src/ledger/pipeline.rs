//! P3: whether fetching in coroutines and computing in a pool of processes gives both concurrency and parallelism
//! (hybrid-pipeline).

use super::Verdict::HoldsBut;
use super::decide::{Decided, all, at_least, grade, ratio, row_of, settled, takes_two_cores, times};
use super::{All, Claim, Judged, PIPELINE};
use crate::series::{Measured, Series, lateness, work_time};

pub(super) const CLAIMS: [Claim; 1] = [Claim {
    id: "P3",
    says: "Fetching in coroutines and computing in a process pool gives both concurrency and parallelism (the article makes a pool in \
        each call)",
    experiments: &[PIPELINE],
    threshold: "200 pages on at least 2 cores: the longer of fetching alone and computing alone, divided by both together, is at \
        least 0.9, and the p99 of the heart's lateness at most a twentieth of that with inline: holds if so of pool_per_call; \
        holds-but if so of procspawn, the same pool made once, and not of that; else fails; unsettled where an interval lies on \
        both sides or there are fewer than 5 runs",
    judge: p3,
}];

const BOTH: &str = "200-items";
const FETCHED: &str = "200-items-io-only";
pub(super) const COMPUTED: &str = "200-items-cpu-only";

/// The same pages fetched and computed on, only fetched, and only computed on; and who computes in place.
pub(super) struct Cases {
    pub(super) both: &'static str,
    pub(super) fetched: &'static str,
    pub(super) computed: &'static str,
    pub(super) inline: &'static str,
}

const CASES: Cases = Cases { both: BOTH, fetched: FETCHED, computed: COMPUTED, inline: "inline" };

/// What was measured of a variant.
struct Kept {
    /// The longer part against the whole, and the shorter.
    overlap: Measured,
    beside: Measured,
    /// How many times later the heart beats with inline.
    later: Measured,
    told: String,
}

impl Kept {
    fn of(series: &Series, cases: &Cases, variant: &str) -> Result<Self, String> {
        let both = row_of(series, cases.both, variant)?;
        let alone = [cases.fetched, cases.computed]
            .map(|case| ratio(row_of(series, case, variant)?, both, work_time));
        let [fetched, computed] = alone;
        let (fetched, computed) = (fetched?, computed?);
        let is_longer = fetched.interval.median > computed.interval.median;
        let (overlap, beside) = if is_longer { (fetched, computed) } else { (computed, fetched) };
        let Cases { inline, .. } = cases;
        let later = ratio(row_of(series, cases.both, inline)?, both, lateness)?;
        let told =
            format!("{variant}: overlap {}, {} times as late with {inline}", times(&overlap), times(&later));
        Ok(Self { overlap, beside, later, told })
    }

    fn is_kept(&self) -> Decided {
        all([at_least(&self.overlap, 0.9), at_least(&self.later, 20.0)])
    }
}

fn p3(data: &All) -> Judged {
    judged(data.get(PIPELINE)?, &CASES, "pool_per_call", "procspawn")
}

/// Whether both parts go on at once where the pool is made in each call, or else where it is made once.
pub(super) fn judged(measured: &Series, cases: &Cases, each: &str, once: &str) -> Judged {
    takes_two_cores(measured)?;
    let [each, once] = [each, once].map(|variant| Kept::of(measured, cases, variant));
    let (each, once) = (each?, once?);
    let verdict = grade(each.is_kept(), once.is_kept());
    let figures = [&each, &once].into_iter().flat_map(|kept| [&kept.overlap, &kept.beside, &kept.later]);
    let verdict = settled(verdict, figures);
    let condition = if verdict == HoldsBut { "; with one pool for all calls" } else { "" };
    Ok((verdict, format!("{}; {}{condition}", each.told, once.told)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::decide::tests::{judge, rests_on};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    const LATE_S: &str = "metrics.late_p99_s";
    const VARIANTS: [&str; 3] = ["inline", "pool_per_call", "procspawn"];

    /// Everything measured: the whole takes as long as its longer part, and nobody is late but inline.
    pub(in super::super) fn full() -> Data {
        let cost = |seconds| Cost { seconds, ..Cost::default() };
        let of = |case: &'static str, seconds| {
            VARIANTS.map(|variant| row(case, variant, 5, |_| cost(seconds))).into_iter()
        };
        let rows = of(BOTH, 1.0).chain(of(FETCHED, 0.5)).chain(of(COMPUTED, 1.0));
        // For N3.
        let others =
            ["tokio_rayon", "tokio_processes"].map(|variant| row(COMPUTED, variant, 5, |_| cost(1.0)));
        let mut data = synthetic::data(PIPELINE, rows.chain(others).collect());
        for (variant, late) in VARIANTS.into_iter().zip([0.1, 0.001, 0.001]) {
            set(row_in(&mut data, BOTH, variant), LATE_S, |_| late);
        }
        data
    }

    /// Where these took other times, or came late by others.
    fn verdict(changes: &[(&str, &str, &str, f64)]) -> Verdict {
        let mut data = full();
        for (case, variant, figure, value) in changes {
            set(row_in(&mut data, case, variant), figure, |_| *value);
        }
        judge(&CLAIMS, "P3", &[&data]).unwrap().0
    }

    #[test]
    fn p3_asks_whether_the_whole_takes_as_long_as_its_longer_part() {
        let whole = |seconds| verdict(&[(BOTH, "pool_per_call", "elapsed_s", seconds)]);
        assert_eq!((whole(1.0), whole(1.11), whole(1.12)), (Holds, Holds, HoldsBut));
        let fetched = |seconds| {
            verdict(&[
                (BOTH, "pool_per_call", "elapsed_s", 2.0),
                (FETCHED, "pool_per_call", "elapsed_s", seconds),
            ])
        };
        assert_eq!((fetched(1.81), fetched(1.79)), (Holds, HoldsBut));
    }

    #[test]
    fn p3_asks_whether_the_loop_stays_free() {
        let late =
            |each, once| verdict(&[(BOTH, "pool_per_call", LATE_S, each), (BOTH, "procspawn", LATE_S, once)]);
        assert_eq!((late(0.0049, 1.0), late(0.0051, 0.0049)), (Holds, HoldsBut));
        assert_eq!(late(0.0051, 0.0051), Fails);
    }

    #[test]
    fn p3_is_open_where_an_interval_lies_on_both_sides() {
        let mut data = full();
        set(row_in(&mut data, BOTH, "pool_per_call"), "elapsed_s", |run| [1.0, 1.3][run % 2]);
        assert_eq!(judge(&CLAIMS, "P3", &[&data]).unwrap().0, Unsettled);
    }

    #[test]
    fn p3_rests_on_its_own_rows_and_on_two_cores() {
        let parts = ["pool_per_call", "procspawn"];
        rests_on(&CLAIMS, "P3", full, &[(BOTH, &VARIANTS), (FETCHED, &parts), (COMPUTED, &parts)]);
        let mut data = full();
        data.machine.cores = 1;
        assert_eq!(judge(&CLAIMS, "P3", &[&data]).unwrap_err(), "one core: nothing runs in parallel");
    }
}
