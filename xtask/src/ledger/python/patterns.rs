//! P1 in CPython, by bounded-pool.

use super::super::patterns::keeps_to_its_limit;
use super::super::{Judged, POOL};
use super::{Rule, judged_by};
use crate::data::Data;

pub(super) const RULES: [Rule; 1] = [Rule {
    id: "P1",
    experiments: &[POOL],
    threshold: "1,000 URLs, 50 at a time, by python_threads, as the origin saw it: fails if in any run more than 50 requests were in \
        flight at once or not all 1,000 were finished; holds if in none of at least 5; else unsettled; how near the pool comes to \
        its limit is not asked",
    judge: |all| p1(all.get(POOL)?.data),
}];

fn p1(data: &Data) -> Judged {
    let (verdict, evidence) = keeps_to_its_limit(data, "python_threads")?;
    Ok((verdict, judged_by(data, &evidence)))
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict::{Fails, Holds, Unsettled};
    use super::*;
    use crate::data::Status;
    use crate::series::synthetic::{self, Cost, row};

    /// So many runs, of which the last saw this.
    fn of(runs: usize, in_flight: f64, finished: f64) -> Data {
        let mut row = row("1000-urls-50-at-once", "python_threads", runs, |_| Cost::default());
        row.interpreter = Some("CPython 3.11.7".into());
        for (run, outcome) in row.outcomes.iter_mut().enumerate() {
            let [peak, done] = if run + 1 == runs { [in_flight, finished] } else { [50.0, 1_000.0] };
            outcome["witness"] = serde_json::json!({"peak_in_flight": peak, "finished": done});
        }
        synthetic::data(POOL, vec![row])
    }

    #[test]
    fn p1_fails_by_one_request_too_many_and_by_one_too_few() {
        let verdict = |runs, in_flight, finished| p1(&of(runs, in_flight, finished)).unwrap().0;
        assert_eq!((verdict(5, 50.0, 1_000.0), verdict(5, 1.0, 1_000.0)), (Holds, Holds));
        assert_eq!((verdict(5, 51.0, 1_000.0), verdict(5, 50.0, 999.0)), (Fails, Fails));
        assert_eq!((verdict(4, 50.0, 1_000.0), verdict(4, 51.0, 1_000.0)), (Unsettled, Fails));
        let asked = "CPython 3.11.7: the origin finished 1,000 of 1,000 and saw at most 50 in flight at once, in 5 runs";
        assert_eq!(p1(&of(5, 50.0, 1_000.0)).unwrap().1, asked);
    }

    #[test]
    fn p1_is_not_measured_without_the_row_or_where_it_was_skipped() {
        let nothing = synthetic::data(POOL, Vec::new());
        assert_eq!(p1(&nothing).unwrap_err(), "python_threads was not run in 1000-urls-50-at-once");
        let mut skipped = of(0, 0.0, 0.0);
        skipped.rows[0].status = Status::Skipped;
        skipped.rows[0].reason = Some("no CPython on this machine".into());
        assert_eq!(p1(&skipped).unwrap_err(), "python_threads: no CPython on this machine");
    }
}
