//! P3 in CPython, by hybrid-pipeline.

use super::super::pipeline::{Cases, judged};
use super::super::{Judged, PIPELINE};
use super::{Rule, judged_by};
use crate::data::{Data, Row};
use crate::series::Series;

pub(super) const RULES: [Rule; 1] = [Rule {
    id: "P3",
    experiments: &[PIPELINE],
    threshold: "40 pages on at least 2 cores: the longer of fetching alone and computing alone, divided by both together, is at \
        least 0.9, and the p99 of the heart's lateness at most a twentieth of that with python_inline: holds if so of \
        python_pool_per_call; holds-but if so of python_asyncio_processes, whose pool is made once, and not of that; else fails; \
        unsettled where an interval lies on both sides or there are fewer than 5 runs; in how many runs python_pool_per_call stopped \
        the heart for longer than python_inline did is told, and the same of full runs that compute a fifth as long, and decides \
        nothing",
    judge: |all| p3(all.get(PIPELINE)?),
}];

const CASES: Cases =
    Cases { both: BOTH, fetched: "python-40-items-io-only", computed: COMPUTED, inline: INLINE };

const BOTH: &str = "python-40-items";
/// With a fifth of the computing.
const SHORT: &str = "python-40-short-items";
pub(super) const COMPUTED: &str = "python-40-items-cpu-only";
pub(super) const INLINE: &str = "python_inline";
pub(super) const PROCESSES: &str = "python_asyncio_processes";
const PER_CALL: &str = "python_pool_per_call";

fn p3(series: &Series) -> Judged {
    let (verdict, mut evidence) = judged(series, &CASES, PER_CALL, PROCESSES)?;
    if let Some((longer, runs)) = stopped_for_longer(series.data, BOTH) {
        evidence += &format!(
            "; leaving the block of a pool waits on the loop's own thread: {PER_CALL} stopped the heart for longer than {INLINE} in \
             {longer} of {runs} runs"
        );
    }
    if let Some((longer, runs)) = stopped_for_longer(series.data, SHORT) {
        evidence += &format!("; where there is a fifth to compute, in {longer} of {runs}");
    }
    Ok((verdict, judged_by(series.data, &evidence)))
}

/// In how many of the runs the heart was later with a pool for each call than where all is computed in place in the same round.
fn stopped_for_longer(data: &Data, case: &str) -> Option<(usize, usize)> {
    let latest = |row: &Row| row.figures(&["metrics", "late_max_s"]);
    let (each, inline) = (latest(data.row(case, PER_CALL)?), latest(data.row(case, INLINE)?));
    let runs = each.len().min(inline.len());
    let longer = each.iter().zip(&inline).filter(|(each, inline)| each > inline).count();
    (runs > 0).then_some((longer, runs))
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict::{self, Fails, Holds, HoldsBut, Unsettled};
    use super::super::super::decide::tests::series;
    use super::*;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    const LATE_S: &str = "metrics.late_p99_s";
    const VARIANTS: [&str; 3] = [INLINE, PER_CALL, PROCESSES];

    /// The whole takes as long as its longer part, and nobody is late but who computes in place.
    fn data() -> Data {
        let of = |case: &'static str, seconds| {
            let cost = move |_| Cost { seconds, ..Cost::default() };
            VARIANTS.map(|variant| row(case, variant, 5, cost)).into_iter()
        };
        let rows = of(BOTH, 1.0).chain(of(CASES.fetched, 0.5)).chain(of(COMPUTED, 1.0)).collect();
        let mut data = synthetic::data(PIPELINE, rows);
        for (variant, late) in VARIANTS.into_iter().zip([0.1, 0.001, 0.001]) {
            let row = row_in(&mut data, BOTH, variant);
            set(row, LATE_S, |_| late);
            set(row, "metrics.late_max_s", |_| 2.0 * late);
            row.interpreter = Some("CPython 3.11.7".into());
        }
        data
    }

    fn of(data: &Data) -> Judged {
        p3(&series(data))
    }

    /// Where these took other times, or came late by others.
    fn verdict(changes: &[(&str, &str, &str, f64)]) -> Verdict {
        let mut data = data();
        for (case, variant, figure, value) in changes {
            set(row_in(&mut data, case, variant), figure, |_| *value);
        }
        of(&data).unwrap().0
    }

    #[test]
    fn p3_asks_whether_the_whole_takes_as_long_as_its_longer_part() {
        let whole = |variant, seconds| verdict(&[(BOTH, variant, "elapsed_s", seconds)]);
        assert_eq!((whole(PER_CALL, 1.11), whole(PER_CALL, 1.12)), (Holds, HoldsBut));
        let both = |seconds| {
            verdict(&[(BOTH, PER_CALL, "elapsed_s", 1.12), (BOTH, PROCESSES, "elapsed_s", seconds)])
        };
        assert_eq!((both(1.11), both(1.12)), (HoldsBut, Fails));
    }

    #[test]
    fn p3_asks_whether_the_loop_stays_free() {
        let late = |each, once| verdict(&[(BOTH, PER_CALL, LATE_S, each), (BOTH, PROCESSES, LATE_S, once)]);
        assert_eq!((late(0.0049, 1.0), late(0.0051, 0.0049)), (Holds, HoldsBut));
        assert_eq!(late(0.0051, 0.0051), Fails);
    }

    #[test]
    fn p3_is_open_with_too_few_runs_or_an_interval_on_both_sides() {
        let mut open = data();
        set(row_in(&mut open, BOTH, PER_CALL), "elapsed_s", |run| [1.0, 1.3][run % 2]);
        assert_eq!(of(&open).unwrap().0, Unsettled);
        let mut few = data();
        row_in(&mut few, BOTH, PROCESSES).outcomes.pop();
        assert_eq!(of(&few).unwrap().0, Unsettled);
    }

    #[test]
    fn p3_tells_who_stopped_the_heart_for_longer() {
        let mut data = data();
        set(row_in(&mut data, BOTH, PER_CALL), "metrics.late_max_s", |run| [0.2, 0.21][run % 2]);
        let (_, evidence) = of(&data).unwrap();
        assert!(evidence.starts_with("CPython 3.11.7: python_pool_per_call: overlap 1.00 "), "{evidence}");
        assert!(
            evidence.ends_with("stopped the heart for longer than python_inline in 2 of 5 runs"),
            "{evidence}"
        );
        for (variant, late) in [(INLINE, 0.1), (PER_CALL, 0.2)] {
            let mut row = row(SHORT, variant, 5, |_| Cost::default());
            set(&mut row, "metrics.late_max_s", |_| late);
            data.rows.push(row);
        }
        let (_, evidence) = of(&data).unwrap();
        assert!(
            evidence.ends_with(" in 2 of 5 runs; where there is a fifth to compute, in 5 of 5"),
            "{evidence}"
        );
    }

    #[test]
    fn p3_takes_two_cores_and_all_of_its_rows() {
        let mut one = data();
        one.machine.cores = 1;
        assert_eq!(of(&one).unwrap_err(), "one core: nothing runs in parallel");
        let mut without = data();
        without.rows.retain(|row| row.variant != INLINE);
        assert_eq!(of(&without).unwrap_err(), "python_inline was not run in python-40-items");
    }
}
