//! N3 in CPython, by cpu-bound and hybrid-pipeline.

use super::super::decide::{all, grade, is_less, ratio, row_of, settled, times};
use super::super::{All, CPU, Judged, PIPELINE};
use super::computing::CASES;
use super::pipeline::{COMPUTED, INLINE, PROCESSES};
use super::{Rule, judged_by};
use crate::series::whole_time;

pub(super) const RULES: [Rule; 1] = [Rule {
    id: "N3",
    experiments: &[CPU, PIPELINE],
    threshold: "the whole time of python_processes divided by that of python_threads, for 4 computations of 10,000,000 steps each, \
        or of 1,000,000 where those were not run, and that of python_asyncio_processes divided by that of python_inline, for 40 pages \
        of which nothing is fetched: holds if less than 1 with both, by more than no difference, fails if not less with one; \
        unsettled where an interval lies on both sides or there are fewer than 5 runs",
    judge: n3,
}];

/// The longer one is run by full runs only.
const LONG: &str = CASES[0];
const SHORT: &str = CASES[1];

fn n3(data: &All) -> Judged {
    let (computed, pages) = (data.get(CPU)?, data.get(PIPELINE)?);
    let case = if computed.data.row(LONG, "python_processes").is_some() { LONG } else { SHORT };
    let comparisons =
        [(computed, case, "python_processes", "python_threads"), (pages, COMPUTED, PROCESSES, INLINE)];
    let (mut taken, mut told) = (Vec::new(), Vec::new());
    for (series, case, processes, other) in comparisons {
        let time = ratio(row_of(series, case, processes)?, row_of(series, case, other)?, whole_time)?;
        told.push(format!("{processes} take {} times the whole time of {other} in {case}", times(&time)));
        taken.push(time);
    }
    let less_than_both = all(taken.iter().map(is_less));
    let verdict = settled(grade(less_than_both, less_than_both), &taken);
    Ok((verdict, judged_by(computed.data, &told.join("; "))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::super::Verdict::{Fails, Holds, Unsettled};
    use super::super::super::decide::tests::series;
    use super::*;
    use crate::data::Data;
    use crate::series::synthetic::{self, Cost, row, row_in};

    /// Processes take a second; what threads take, and who computes pages in place.
    fn data(case: &str, threads: f64, inline: f64) -> [Data; 2] {
        let of = |case, variant, seconds| {
            let mut row = row(case, variant, 5, |_| Cost { seconds, ..Cost::default() });
            row.interpreter = Some("CPython 3.11.7".into());
            row
        };
        let computed = vec![of(case, "python_processes", 1.0), of(case, "python_threads", threads)];
        let pages = vec![of(COMPUTED, PROCESSES, 1.0), of(COMPUTED, INLINE, inline)];
        [synthetic::data(CPU, computed), synthetic::data(PIPELINE, pages)]
    }

    fn of(data: &[Data; 2]) -> Judged {
        let all = data.iter().map(|data| (data.experiment.as_str(), series(data)));
        n3(&All(all.collect::<BTreeMap<_, _>>()))
    }

    #[test]
    fn n3_takes_less_time_than_threads_and_than_in_place() {
        for case in [SHORT, LONG] {
            let verdict = |threads, inline| of(&data(case, threads, inline)).unwrap().0;
            assert_eq!(verdict(1.06, 1.06), Holds, "{case}");
            assert_eq!((verdict(1.04, 2.0), verdict(2.0, 1.04)), (Fails, Fails), "{case}");
        }
    }

    #[test]
    fn n3_takes_the_longer_computations_where_they_were_run() {
        let [mut computed, pages] = data(SHORT, 2.0, 2.0);
        let [long, _] = data(LONG, 0.5, 2.0);
        computed.rows.extend(long.rows);
        let (verdict, evidence) = of(&[computed, pages]).unwrap();
        let asked = "CPython 3.11.7: python_processes take 2.00 [2.00, 2.00] times the whole time of python_threads in \
             4-of-10000000-steps; python_asyncio_processes take 0.50 [0.50, 0.50] times the whole time of python_inline in \
             python-40-items-cpu-only";
        assert_eq!((verdict, evidence.as_str()), (Fails, asked));
    }

    #[test]
    fn n3_is_open_with_too_few_runs_or_an_interval_on_both_sides() {
        let rows = [(0, SHORT, "python_threads"), (1, COMPUTED, INLINE)];
        for (at, case, variant) in rows {
            let mut open = data(SHORT, 2.0, 2.0);
            row_in(&mut open[at], case, variant).times_s = vec![1.0, 1.2, 1.0, 1.2, 1.1];
            assert_eq!(of(&open).unwrap().0, Unsettled, "{variant}");
            let mut few = data(SHORT, 2.0, 2.0);
            row_in(&mut few[at], case, variant).times_s.pop();
            assert_eq!(of(&few).unwrap().0, Unsettled, "{variant}");
            let mut without = data(SHORT, 2.0, 2.0);
            without[at].rows.retain(|row| row.variant != variant);
            assert_eq!(of(&without).unwrap_err(), format!("{variant} was not run in {case}"));
        }
    }
}
