//! P2: whether the article's limiter keeps to its rate, by what the origin saw of it (rate-limiter).

use super::Verdict::{Fails, Holds, Unsettled};
use super::{All, Claim, Judged, LIMITER, span};
use crate::data::{Data, Status};
use crate::statistics::ENOUGH_RUNS;

pub(super) const CLAIMS: [Claim; 1] = [Claim {
    id: "P2",
    says: "A limiter that keeps the time of the last call and sleeps the rest of the interval holds 10 requests a second, for \
        any number of coroutines",
    experiments: &[LIMITER],
    threshold: "the most that article let through within a second: of 1,000 callers at 10 a second, and of 500 requests at 250 a \
        second as the origin saw them; fails if in any run of either it is more than twice the rate; holds if in at least 5 runs \
        of both it is at most the rate and a tenth, and one more; else unsettled; what a single caller is let through, and how \
        often, is told and decides nothing",
    judge: p2,
}];

pub(super) const CALLERS: Asked = Asked {
    case: "1000-callers-10-a-second",
    figure: ["metrics", "most_in_a_period"],
    rate: 10.0,
    told: "of 1,000 callers at 10 a second",
};

const REQUESTS: Asked = Asked {
    case: "500-requests-250-a-second",
    figure: ["witness", "most_in_one_second"],
    rate: 250.0,
    told: "of 500 requests at 250 a second, as the origin saw them,",
};

pub(super) const SINGLE: Asked = Asked {
    case: "1-caller-10-a-second",
    figure: ["metrics", "most_in_a_period"],
    rate: 10.0,
    told: "a single caller at 10 a second",
};

/// A case, and what is looked at in it.
pub(super) struct Asked {
    pub(super) case: &'static str,
    pub(super) figure: [&'static str; 2],
    rate: f64,
    told: &'static str,
}

impl Asked {
    /// The most within a second, in each run; nothing where it was not run. One whose figures were refused counts too, since to break
    /// the bound is an answer.
    fn most(&self, data: &Data, variant: &str) -> Option<(Vec<f64>, bool)> {
        let row = data.row(self.case, variant)?;
        let most = row.figures(&self.figure);
        (!most.is_empty()).then_some((most, row.status == Status::Ok))
    }
}

fn p2(data: &All) -> Judged {
    judged(data.get(LIMITER)?.data, "article", "tokio", &[CALLERS, REQUESTS])
}

/// Whether the article's keeps to its rate in these cases, told beside what a right one let through.
pub(super) fn judged(data: &Data, article: &str, right: &str, cases: &[Asked]) -> Judged {
    let many: Vec<_> = cases.iter().filter_map(|asked| Some((asked.most(data, article)?, asked))).collect();
    if many.is_empty() {
        let names: Vec<_> = cases.iter().map(|asked| asked.case).collect();
        let reason = names.iter().find_map(|case| data.row(case, article)?.reason.as_ref());
        return Err(match reason {
            Some(reason) => format!("{article}: {}", reason.plain()),
            None => format!("{article} was not run in {}", names.join(" or ")),
        });
    }
    let is_broken = |most: &[f64], asked: &Asked| most.iter().any(|most| *most > 2.0 * asked.rate);
    let is_kept = |most: &[f64], asked: &Asked| most.iter().all(|most| *most <= 1.1 * asked.rate + 1.0);
    let verdict = if many.iter().any(|((most, _), asked)| is_broken(most, asked)) {
        Fails
    } else if many.len() == cases.len()
        && many
            .iter()
            .all(|((most, is_ok), asked)| *is_ok && most.len() >= ENOUGH_RUNS && is_kept(most, asked))
    {
        Holds
    } else {
        Unsettled
    };
    let mut told: Vec<_> = many
        .iter()
        .map(|((most, _), asked)| {
            let beside = asked.most(data, right);
            let beside = beside.map_or(String::new(), |(most, _)| format!(", {right} {}", of(&most)));
            format!("{} {article} let {} through within a second{beside}", asked.told, of(most))
        })
        .collect();
    if let Some((most, _)) = SINGLE.most(data, article) {
        told.push(format!("{} {}", SINGLE.told, of(&most)));
    }
    Ok((verdict, told.join("; ")))
}

fn of(most: &[f64]) -> String {
    span(most.iter().copied())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict;
    use super::super::decide::tests::judge;
    use super::*;
    use crate::series::synthetic::{self, Cost, row, row_in, set};

    /// Measured five times, and not as the article says.
    pub(in super::super) fn full() -> Data {
        of(5, 1_000.0, 500.0)
    }

    /// So many runs, of which the last let so many through within a second, and the others as many as they should.
    fn of(runs: usize, callers: f64, requests: f64) -> Data {
        let rows = [(CALLERS, callers), (REQUESTS, requests), (SINGLE, 20.0)].map(|(asked, last)| {
            let mut row = row(asked.case, "article", runs, |_| Cost::default());
            set(&mut row, &asked.figure.join("."), |run| if run + 1 == runs { last } else { asked.rate });
            row
        });
        synthetic::data(LIMITER, rows.into())
    }

    fn p2_of(data: &Data) -> (Verdict, String) {
        judge(&CLAIMS, "P2", &[data]).unwrap()
    }

    fn verdict(data: &Data) -> Verdict {
        p2_of(data).0
    }

    #[test]
    fn p2_fails_by_one_run_above_twice_the_rate_and_holds_if_none_is_above_a_tenth_more() {
        assert_eq!(verdict(&of(5, 12.0, 276.0)), Holds);
        assert_eq!((verdict(&of(5, 13.0, 276.0)), verdict(&of(5, 12.0, 277.0))), (Unsettled, Unsettled));
        assert_eq!((verdict(&of(5, 20.0, 276.0)), verdict(&of(5, 12.0, 500.0))), (Unsettled, Unsettled));
        assert_eq!((verdict(&of(5, 21.0, 276.0)), verdict(&of(5, 12.0, 501.0))), (Fails, Fails));
        assert_eq!((verdict(&of(4, 12.0, 276.0)), verdict(&of(1, 21.0, 276.0))), (Unsettled, Fails));
    }

    #[test]
    fn p2_takes_both_cases_to_hold_and_one_to_fail() {
        let mut data = of(5, 12.0, 276.0);
        row_in(&mut data, REQUESTS.case, "article").status = Status::Failed;
        assert_eq!(verdict(&data), Unsettled);
        data.rows.retain(|row| row.case != REQUESTS.case);
        assert_eq!(verdict(&data), Unsettled);
        let mut data = of(5, 21.0, 276.0);
        data.rows.retain(|row| row.case != REQUESTS.case);
        assert_eq!(verdict(&data), Fails);
        assert!(judge(&CLAIMS, "P2", &[&synthetic::data(LIMITER, Vec::new())]).is_err());
    }

    #[test]
    fn p2_tells_what_each_saw() {
        let told = p2_of(&of(5, 1_000.0, 500.0)).1;
        for part in
            ["10 to 1,000 through", "as the origin saw them, article let 250 to 500", "a second 10 to 20"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}
