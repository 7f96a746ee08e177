//! C1 and C2 in CPython, by cpu-bound.

use super::super::computing::{against, pool};
use super::super::decide::{at_most, grade, row_of, settled, times};
use super::super::{All, CPU, Judged};
use super::{Rule, judged_by};
use crate::series::Series;

pub(super) const RULES: [Rule; 2] = [
    Rule {
        id: "C1",
        experiments: &[CPU],
        threshold: "4 computations of 10,000,000 steps, or of 1,000,000 where no more was measured, on at least 2 cores, the time of \
            the work of python_serial divided by that of python_asyncio_yielding, which yields every 100,000 steps: \
            holds if at most 1.05, fails if more; unsettled where the interval lies on both sides or there are fewer \
            than 5 runs",
        judge: c1,
    },
    Rule {
        id: "C2",
        experiments: &[CPU],
        threshold: "4 computations of 10,000,000 steps, or of 1,000,000 where no more was measured, on at least 2 cores, the time of \
            the work of python_serial_processes (independent ones, all at once) divided by that of python_processes (a pool): \
            holds if at least 0.9; if less, holds-but if python_processes take less than python_serial, by more than \
            no difference, else fails; unsettled where an interval lies on both sides or there are fewer than 5 runs",
        judge: c2,
    },
];

/// The article's ten million, and what a run has time for that is not a full one.
pub(super) const CASES: [&str; 2] = ["4-of-10000000-steps", "4-of-1000000-steps"];

/// The largest case that all of these came to the end of.
fn largest(series: &Series, variants: &[&str]) -> &'static str {
    let is_whole = |case: &&str| variants.iter().all(|variant| row_of(series, case, variant).is_ok());
    CASES.into_iter().find(is_whole).unwrap_or(CASES[1])
}

fn c1(data: &All) -> Judged {
    let computed = data.get(CPU)?;
    let case = largest(computed, &["python_serial", "python_asyncio_yielding"]);
    let gained = against(computed, case, "python_serial", "python_asyncio_yielding")?;
    let gains_nothing = at_most(&gained, 1.05);
    let verdict = settled(grade(gains_nothing, gains_nothing), [&gained]);
    let mut evidence =
        format!("{case}: speed-up over python_serial: python_asyncio_yielding {}", times(&gained));
    // Not what is judged, but what everybody asks next.
    if let Ok(threads) = against(computed, case, "python_serial", "python_threads") {
        evidence += &format!(", python_threads {}", times(&threads));
    }
    if gains_nothing == Some(true) {
        evidence += "; a loop has one thread";
    }
    Ok((verdict, judged_by(computed.data, &evidence)))
}

fn c2(data: &All) -> Judged {
    let computed = data.get(CPU)?;
    let variants = ["python_serial", "python_serial_processes", "python_processes"];
    let case = largest(computed, &variants);
    let (verdict, evidence) = pool(computed, case, variants)?;
    Ok((verdict, judged_by(computed.data, &format!("{case}: {evidence}"))))
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict::{self, Fails, Holds, HoldsBut, Unsettled};
    use super::super::tests::{judge, rests_on};
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    const VARIANTS: [&str; 5] = [
        "python_serial",
        "python_threads",
        "python_asyncio_yielding",
        "python_processes",
        "python_serial_processes",
    ];

    /// One second for all, in the smaller case.
    fn full() -> Data {
        let cost = Cost { seconds: 1.0, ..Cost::default() };
        synthetic::data(CPU, VARIANTS.map(|variant| row(CASES[1], variant, 5, |_| cost)).into())
    }

    fn judged(id: &str, seconds: &[(&str, [f64; 2])]) -> Verdict {
        let mut data = full();
        for (variant, seconds) in seconds {
            set(row_in(&mut data, CASES[1], variant), "elapsed_s", |run| seconds[run % 2]);
        }
        judge(&RULES, id, &[&data]).unwrap().0
    }

    #[test]
    fn c1_fails_where_yielding_gains() {
        let verdict = |of: f64, to: f64| judged("C1", &[("python_asyncio_yielding", [1.0 / of, 1.0 / to])]);
        assert_eq!((verdict(0.5, 0.5), verdict(1.049, 1.049)), (Holds, Holds));
        assert_eq!((verdict(1.051, 1.051), verdict(1.0, 1.1)), (Fails, Unsettled));
        let (_, evidence) = judge(&RULES, "C1", &[&full()]).unwrap();
        let asked = "CPython: 4-of-1000000-steps: speed-up over python_serial: python_asyncio_yielding 1.00 [1.00, 1.00], \
             python_threads 1.00 [1.00, 1.00]; a loop has one thread";
        assert_eq!(evidence, asked);
    }

    #[test]
    fn c2_asks_for_nine_tenths_of_the_floor_and_then_for_less_than_serial() {
        let verdict = |of: f64, to: f64| {
            judged("C2", &[("python_processes", [of, to]), ("python_serial_processes", [0.5; 2])])
        };
        assert_eq!(
            (verdict(0.55, 0.55), verdict(0.56, 0.56), verdict(0.94, 0.94)),
            (Holds, HoldsBut, HoldsBut)
        );
        assert_eq!(
            (verdict(0.96, 0.96), verdict(0.5, 0.6), verdict(0.9, 1.1)),
            (Fails, Unsettled, Unsettled)
        );
    }

    #[test]
    fn the_larger_case_is_judged_where_all_came_to_its_end() {
        let mut data = full();
        for variant in VARIANTS {
            let seconds = if variant == "python_asyncio_yielding" { 0.5 } else { 1.0 };
            data.rows.push(row(CASES[0], variant, 5, |_| Cost { seconds, ..Cost::default() }));
        }
        assert_eq!(judge(&RULES, "C1", &[&data]).unwrap().0, Fails);
        row_in(&mut data, CASES[0], "python_serial").status = crate::data::Status::Failed;
        assert_eq!(judge(&RULES, "C1", &[&data]).unwrap().0, Holds);
    }

    #[test]
    fn each_rests_on_its_own_rows() {
        rests_on(&RULES, "C1", full, &[(CASES[1], &["python_serial", "python_asyncio_yielding"])]);
        let pool = ["python_serial", "python_processes", "python_serial_processes"];
        rests_on(&RULES, "C2", full, &[(CASES[1], &pool)]);
    }

    #[test]
    fn on_one_core_nothing_is_measured() {
        let mut data = full();
        data.machine.cores = 1;
        for id in ["C1", "C2"] {
            assert_eq!(judge(&RULES, id, &[&data]).unwrap_err(), "one core: nothing runs in parallel");
        }
    }
}
