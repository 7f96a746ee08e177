//! P2 in CPython, by rate-limiter.

use super::super::Verdict::Fails;
use super::super::limiter::{CALLERS, judged};
use super::super::{Judged, LIMITER};
use super::{Rule, judged_by};
use crate::data::Data;

pub(super) const RULES: [Rule; 1] = [Rule {
    id: "P2",
    experiments: &[LIMITER],
    threshold: "the most that python_article let through within a second, of 1,000 callers at 10 a second: fails if in any run it is \
        more than twice the rate; holds if in at least 5 runs it is at most the rate and a tenth, and one more; else unsettled; what a \
        single caller is let through, which full runs measure, is told and decides nothing",
    judge: |all| p2(all.get(LIMITER)?.data),
}];

fn p2(data: &Data) -> Judged {
    let (verdict, mut evidence) = judged(data, "python_article", "python_asyncio", &[CALLERS])?;
    if verdict == Fails {
        evidence += "; all who ask while it sleeps read the same last time, and wake together";
    }
    Ok((verdict, judged_by(data, &evidence)))
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict::{self, Fails, Holds, Unsettled};
    use super::super::super::limiter::SINGLE;
    use super::*;
    use crate::data::Status;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    /// So many runs, of which the last let so many through within a second, and the others as many as they should.
    fn data(runs: usize, last: f64) -> Data {
        let rows = [(CALLERS, last), (SINGLE, 20.0)].map(|(asked, last)| {
            let mut row = row(asked.case, "python_article", runs, |_| Cost::default());
            set(&mut row, &asked.figure.join("."), |run| if run + 1 == runs { last } else { 10.0 });
            row.interpreter = Some("CPython 3.11.7".into());
            row
        });
        synthetic::data(LIMITER, rows.into())
    }

    fn verdict(data: &Data) -> Verdict {
        p2(data).unwrap().0
    }

    #[test]
    fn p2_fails_by_one_run_above_twice_the_rate_and_holds_if_none_is_above_a_tenth_more() {
        let of = |runs, last| verdict(&data(runs, last));
        assert_eq!((of(5, 12.0), of(5, 13.0), of(5, 20.0)), (Holds, Unsettled, Unsettled));
        assert_eq!((of(5, 21.0), of(1, 21.0), of(4, 12.0)), (Fails, Fails, Unsettled));
        let mut data = data(5, 12.0);
        row_in(&mut data, CALLERS.case, "python_article").status = Status::Failed;
        assert_eq!(verdict(&data), Unsettled);
    }

    #[test]
    fn p2_tells_what_was_let_through_and_why() {
        let asked = "CPython 3.11.7: of 1,000 callers at 10 a second python_article let 10 to 1,000 through within a second; a single \
             caller at 10 a second 10 to 20; all who ask while it sleeps read the same last time, and wake together";
        let mut data = data(5, 1_000.0);
        assert_eq!(p2(&data).unwrap().1, asked);
        data.rows.retain(|row| row.case != SINGLE.case);
        let without = asked.replace(" a single caller at 10 a second 10 to 20;", "");
        assert_eq!(p2(&data).unwrap(), (Fails, without));
    }

    #[test]
    fn p2_says_why_it_was_not_measured() {
        let mut data = data(5, 12.0);
        let row = row_in(&mut data, CALLERS.case, "python_article");
        (row.status, row.reason) = (Status::Skipped, Some("no CPython on this machine".into()));
        row.outcomes.clear();
        assert_eq!(p2(&data).unwrap_err(), "python_article: no CPython on this machine");
        data.rows.retain(|row| row.case != CALLERS.case);
        assert_eq!(p2(&data).unwrap_err(), "python_article was not run in 1000-callers-10-a-second");
    }
}
