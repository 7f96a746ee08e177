//! P1: whether a pool keeps to its limit, by what the origin saw of it (bounded-pool).

use super::Verdict::{Fails, Holds, Unsettled};
use super::{All, Claim, Judged, POOL, span};
use crate::data::{Data, Row, Status};
use crate::statistics::ENOUGH_RUNS;
use crate::units::{thousands, whole};

pub(super) const CLAIMS: [Claim; 1] = [Claim {
    id: "P1",
    says: "A pool of 50 threads fetches 1,000 URLs with no more than 50 in flight",
    experiments: &[POOL],
    threshold: "1,000 URLs, 50 at a time, by threads, as the origin saw it, fails if in any run more than 50 requests were in \
        flight at once or not all 1,000 were finished; holds if in none of at least 5; else unsettled; how near the pool comes \
        to its limit is not asked",
    judge: p1,
}];

const CASE: &str = "1000-urls-50-at-once";
const URLS: f64 = 1_000.0;
const LIMIT: f64 = 50.0;

/// What the origin counted in each run. One whose figures were refused counts too, since to break the limit is an answer.
fn seen(row: &Row, figure: &str) -> Vec<f64> {
    row.figures(&["witness", figure])
}

fn p1(data: &All) -> Judged {
    keeps_to_its_limit(data.get(POOL)?.data, "threads")
}

/// Whether the pool of threads, as `variant` is one, has fetched all and had no more in flight than it may.
pub(super) fn keeps_to_its_limit(data: &Data, variant: &str) -> Judged {
    let row = data.row(CASE, variant).ok_or_else(|| format!("{variant} was not run in {CASE}"))?;
    let (in_flight, finished) = (seen(row, "peak_in_flight"), seen(row, "finished"));
    if in_flight.is_empty() || in_flight.len() != finished.len() {
        return Err(format!("{variant}: {}", row.reason_or("no origin was asked")));
    }
    let breaks = in_flight.iter().any(|peak| *peak > LIMIT) || finished.iter().any(|urls| *urls < URLS);
    let verdict = if breaks {
        Fails
    } else if row.status == Status::Ok && in_flight.len() >= ENOUGH_RUNS {
        Holds
    } else {
        Unsettled
    };
    let evidence = format!(
        "the origin finished {} of {} and saw at most {} in flight at once, in {} runs",
        span(finished.iter().copied()),
        whole(URLS),
        span(in_flight.iter().copied()),
        thousands(in_flight.len() as u64)
    );
    Ok((verdict, evidence))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict;
    use super::super::decide::tests::judge;
    use super::*;
    use crate::series::synthetic::{self, Cost, refused, row, row_in};

    /// Measured five times, and as the article says.
    pub(in super::super) fn full() -> Data {
        of(5, LIMIT, URLS)
    }

    /// So many runs, of which the last saw this.
    fn of(runs: usize, in_flight: f64, finished: f64) -> Data {
        let mut row = row(CASE, "threads", runs, |_| Cost::default());
        for (run, outcome) in row.outcomes.iter_mut().enumerate() {
            let is_last = run + 1 == runs;
            let [peak, done] = if is_last { [in_flight, finished] } else { [LIMIT, URLS] };
            outcome["witness"] = serde_json::json!({"peak_in_flight": peak, "finished": done});
        }
        synthetic::data(POOL, vec![row])
    }

    fn verdict(data: &Data) -> Verdict {
        judge(&CLAIMS, "P1", &[data]).unwrap().0
    }

    #[test]
    fn p1_fails_by_one_request_too_many_and_by_one_too_few() {
        assert_eq!((verdict(&of(5, 50.0, 1_000.0)), verdict(&of(5, 1.0, 1_000.0))), (Holds, Holds));
        assert_eq!((verdict(&of(5, 51.0, 1_000.0)), verdict(&of(5, 50.0, 999.0))), (Fails, Fails));
        assert_eq!((verdict(&of(4, 50.0, 1_000.0)), verdict(&of(4, 51.0, 1_000.0))), (Unsettled, Fails));
    }

    #[test]
    fn p1_counts_a_run_whose_figures_were_refused() {
        let mut data = of(3, 51.0, 1_000.0);
        let row = row_in(&mut data, CASE, "threads");
        row.status = Status::Failed;
        row.times_s.pop();
        assert_eq!(verdict(&data), Fails);
        let mut data = of(5, 50.0, 1_000.0);
        row_in(&mut data, CASE, "threads").status = Status::Failed;
        assert_eq!(verdict(&data), Unsettled);
    }

    #[test]
    fn p1_is_not_measured_where_the_origin_saw_nothing() {
        let reason = |data: Data| judge(&CLAIMS, "P1", &[&data]).unwrap_err();
        assert_eq!(reason(synthetic::data(POOL, Vec::new())), "threads was not run in 1000-urls-50-at-once");
        let refused = synthetic::data(POOL, vec![refused(CASE, "threads")]);
        assert_eq!(reason(refused), "threads: refused at 16,368: vm.max_map_count");
    }
}
