//! B1 in CPython, by blocked-loop.

use super::super::Verdict::{Fails, Unsettled};
use super::super::blocking::Pair;
use super::super::decide::{at_most, duration, figure, grade, row_of, settled};
use super::super::{All, Judged, LOOP};
use super::{Rule, judged_by};
use crate::series::lateness;

pub(super) const RULES: [Rule; 1] = [Rule {
    id: "B1",
    experiments: &[LOOP],
    threshold: "2 clients, p99 of the lateness of a 5 ms heartbeat, of each run: holds if that beside python_asyncio_inline is at least \
        20 times that beside python_asyncio_processes, fails if not; unsettled where the interval lies on both sides, a row \
        has fewer than 5 runs or fewer than 1,000 beats in all, or it is not so but the machine was too busy to tell: \
        beside python_asyncio_processes too it is not surely within one period, 5 ms",
    judge: b1,
}];

const CASE: &str = "2-clients";
const PERIOD_S: f64 = 0.005;

fn b1(data: &All) -> Judged {
    let blocked = data.get(LOOP)?;
    let pair = Pair::of(blocked, CASE, ["python_asyncio_inline", "python_asyncio_processes"])?;
    let mut verdict = settled(grade(pair.is_stopped(), pair.is_stopped()), [&pair.ratio]);
    let late = |variant| figure(row_of(blocked, CASE, variant)?, lateness);
    let is_on_time = at_most(&late("python_asyncio_processes")?, PERIOD_S);
    let is_too_busy = verdict == Fails && is_on_time != Some(true);
    if is_too_busy {
        verdict = Unsettled;
    }
    let mut evidence = format!("p99 of the lateness: {}", pair.words);
    // Half a way out, which everybody tries first.
    if let Ok(late) = late("python_asyncio_executor") {
        evidence += &format!("; python_asyncio_executor, a thread under the same GIL, {}", duration(&late));
    }
    if is_too_busy {
        evidence += "; the machine was too busy to tell";
    }
    Ok((verdict, judged_by(blocked.data, &evidence)))
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict::{self, Holds};
    use super::super::tests::{judge, rests_on};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    /// Five runs of each: in the loop 400 ms late, in processes 1 ms, in threads 20 ms.
    fn full() -> Data {
        let late = |variant: &str, late: f64| {
            let mut row = row(CASE, variant, 5, |_| Cost { seconds: 1.0, ..Cost::default() });
            set(&mut row, "metrics.late_p99_s", |_| late);
            set(&mut row, "metrics.beats", |_| 210.0);
            row
        };
        let rows = [
            late("python_asyncio_inline", 0.4),
            late("python_asyncio_processes", 0.001),
            late("python_asyncio_executor", 0.02),
        ];
        synthetic::data(LOOP, rows.into())
    }

    fn judged(inline: [f64; 2], processes: f64) -> Verdict {
        let mut data = full();
        set(row_in(&mut data, CASE, "python_asyncio_inline"), "metrics.late_p99_s", |run| inline[run % 2]);
        set(row_in(&mut data, CASE, "python_asyncio_processes"), "metrics.late_p99_s", |_| processes);
        judge(&RULES, "B1", &[&data]).unwrap().0
    }

    #[test]
    fn b1_asks_for_twenty_times_as_late() {
        assert_eq!((judged([0.041; 2], 0.002), judged([0.039; 2], 0.002)), (Holds, Fails));
        assert_eq!(judged([0.03, 0.05], 0.002), Unsettled);
        let (_, evidence) = judge(&RULES, "B1", &[&full()]).unwrap();
        assert!(
            evidence.starts_with("CPython: p99 of the lateness: python_asyncio_inline 400"),
            "{evidence}"
        );
        assert!(
            evidence.contains("; python_asyncio_executor, a thread under the same GIL, 20"),
            "{evidence}"
        );
    }

    #[test]
    fn b1_is_open_where_the_machine_was_too_busy() {
        assert_eq!((judged([0.05; 2], 0.0049), judged([0.05; 2], 0.0051)), (Fails, Unsettled));
        assert_eq!(judged([0.4; 2], 0.01), Holds);
    }

    #[test]
    fn b1_takes_a_thousand_beats() {
        for variant in ["python_asyncio_inline", "python_asyncio_processes"] {
            let verdict = |beats: f64| {
                let mut data = full();
                set(row_in(&mut data, CASE, variant), "metrics.beats", |_| beats);
                judge(&RULES, "B1", &[&data]).unwrap().0
            };
            assert_eq!((verdict(200.0), verdict(199.0)), (Holds, Unsettled));
        }
    }

    #[test]
    fn b1_rests_on_its_own_rows() {
        rests_on(&RULES, "B1", full, &[(CASE, &["python_asyncio_inline", "python_asyncio_processes"])]);
    }
}
