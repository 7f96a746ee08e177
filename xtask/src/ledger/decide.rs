//! What an interval decides, and which verdict several such decisions come to.

use super::Verdict::{self, Fails, Holds, HoldsBut, Unsettled};
use crate::data::{Row, Status};
use crate::series::{Figure, Measured, Series};
use crate::units::{moment, size, thousands};

/// Yes, no, or open: where the interval lies on both sides, or comes from too few runs.
pub(super) type Decided = Option<bool>;

/// Whether a figure lies between the two.
pub(super) fn within(figure: &Measured, least: f64, most: f64) -> Decided {
    let Measured { interval, decides } = figure;
    if !decides {
        None
    } else if interval.low >= least && interval.high <= most {
        Some(true)
    } else if interval.high < least || interval.low > most {
        Some(false)
    } else {
        None
    }
}

/// "About" is a factor of two either way, in every claim.
pub(super) fn about(figure: &Measured, claimed: f64) -> Decided {
    let (least, most) = around(claimed);
    within(figure, least, most)
}

pub(super) fn around(claimed: f64) -> (f64, f64) {
    (claimed / 2.0, claimed * 2.0)
}

/// Where a figure lies that is surely in none of these ranges; nothing where it is in one, or may be.
pub(super) fn off(figure: &Measured, ranges: &[(f64, f64)]) -> Option<&'static str> {
    let is_off = |&(least, most): &(f64, f64)| within(figure, least, most) == Some(false);
    let Measured { interval, .. } = figure;
    if !ranges.iter().all(is_off) {
        None
    } else if ranges.iter().all(|(least, _)| interval.high < *least) {
        Some("less than claimed")
    } else if ranges.iter().all(|(_, most)| interval.low > *most) {
        Some("more than claimed")
    } else {
        Some("between the figures claimed")
    }
}

pub(super) fn at_least(figure: &Measured, least: f64) -> Decided {
    within(figure, least, f64::INFINITY)
}

pub(super) fn at_most(figure: &Measured, most: f64) -> Decided {
    within(figure, f64::NEG_INFINITY, most)
}

/// Whether a ratio is above 1 by more than no difference.
pub(super) fn is_more(ratio: &Measured) -> Decided {
    ratio.interval.is_more().filter(|_| ratio.decides)
}

/// Whether it is below 1 by more than no difference.
pub(super) fn is_less(ratio: &Measured) -> Decided {
    ratio.interval.is_less().filter(|_| ratio.decides)
}

pub(super) fn not(decided: Decided) -> Decided {
    decided.map(|decided| !decided)
}

/// One no is enough for a no; a yes takes them all.
pub(super) fn all(decided: impl IntoIterator<Item = Decided>) -> Decided {
    let open_or_yes = |so_far, next| match (so_far, next) {
        (_, Some(false)) => Err(()),
        (Some(true), Some(true)) => Ok(Some(true)),
        _ => Ok(None),
    };
    decided.into_iter().try_fold(Some(true), open_or_yes).unwrap_or(Some(false))
}

/// One yes is enough for a yes; a no takes them all.
pub(super) fn any(decided: impl IntoIterator<Item = Decided>) -> Decided {
    not(all(decided.into_iter().map(not)))
}

/// Holds if the claim is met wholly, holds-but if only partly, fails if not even that.
pub(super) fn grade(wholly: Decided, partly: Decided) -> Verdict {
    match (wholly, partly) {
        (Some(true), _) => Holds,
        (Some(false), Some(true)) => HoldsBut,
        (Some(false), Some(false)) => Fails,
        _ => Unsettled,
    }
}

/// The verdict, unless one of the figures that it rests on comes from too few runs.
pub(super) fn settled<'a>(verdict: Verdict, figures: impl IntoIterator<Item = &'a Measured>) -> Verdict {
    if figures.into_iter().all(|figure| figure.decides) { verdict } else { Unsettled }
}

/// Whether something takes less of one thing and not more of another: the ratios are what its rival takes of each,
/// divided by what it takes itself.
pub(super) fn pays(ratios: &[Measured; 2]) -> Decided {
    let less_of_one = any(ratios.iter().map(is_more));
    let not_more = all(ratios.iter().map(|ratio| not(is_less(ratio))));
    all([less_of_one, not_more])
}

/// From which n on something is so; or at which, where that is not all from one on.
pub(super) fn from_which_on(decided: &[(u64, Decided)], unit: &str) -> Option<String> {
    let sizes = decided.iter().filter(|(_, is_so)| *is_so == Some(true));
    let sizes: Vec<_> = sizes.map(|(n, _)| thousands(*n)).collect();
    let is_from_one_on = decided[decided.len() - sizes.len()..].iter().all(|(_, is_so)| *is_so == Some(true));
    let first = sizes.first()?;
    Some(if is_from_one_on {
        format!("from {first}{unit} on")
    } else {
        format!("at {}{unit}", sizes.join(", "))
    })
}

/// What is claimed of things in parallel is judged where there can be any.
pub(super) fn takes_two_cores(series: &Series) -> Result<(), String> {
    let cores = series.data.machine.cores;
    if cores < 2 { Err("one core: nothing runs in parallel".to_owned()) } else { Ok(()) }
}

/// The row of a variant at some n, if it came to its end there.
pub(super) fn row_at<'a>(series: &Series<'a>, n: u64, variant: &str) -> Result<&'a Row, String> {
    let row = series.row(n, variant).ok_or_else(|| format!("{variant} was not run at {}", thousands(n)))?;
    finished(row)
}

/// The same of a case by its name.
pub(super) fn row_of<'a>(series: &Series<'a>, case: &str, variant: &str) -> Result<&'a Row, String> {
    let row = series.data.row(case, variant).ok_or_else(|| format!("{variant} was not run in {case}"))?;
    finished(row)
}

fn finished(row: &Row) -> Result<&Row, String> {
    match row.status {
        Status::Ok => Ok(row),
        _ => Err(format!("{}: {}", row.variant, row.reason_or("not run to its end"))),
    }
}

pub(super) fn figure(row: &Row, figure: Figure) -> Result<Measured, String> {
    Measured::of(row, figure).ok_or_else(|| not_told(row))
}

/// A figure of one row divided by that of the other.
pub(super) fn ratio(of: &Row, to: &Row, figure: Figure) -> Result<Measured, String> {
    Measured::ratio(of, to, figure).ok_or_else(|| not_told(if figure(of).is_empty() { of } else { to }))
}

fn not_told(row: &Row) -> String {
    format!("{}: this system does not tell the figure", row.variant)
}

/// A size as evidence.
pub(super) fn bytes(figure: &Measured) -> String {
    size(figure.interval.median, bounds(figure))
}

/// A duration as evidence.
pub(super) fn duration(figure: &Measured) -> String {
    moment(figure.interval.median, bounds(figure))
}

fn bounds(figure: &Measured) -> Option<(f64, f64)> {
    figure.decides.then_some((figure.interval.low, figure.interval.high))
}

/// A ratio as evidence.
pub(super) fn times(ratio: &Measured) -> String {
    if ratio.decides { ratio.interval.to_string() } else { format!("{:.2}", ratio.interval.median) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{All, Claim, Judged};
    use super::*;
    use crate::data::Data;
    use crate::statistics::Interval;

    /// The cases are called `10-tasks` or `10-after-100-ms` or `4-of-10-steps`; those that are held have no n.
    pub(in super::super) fn series(data: &Data) -> Series<'_> {
        let size = |row: &'_ Row| {
            let case = row.case.strip_prefix("4-of-").unwrap_or(&row.case);
            case.split_once('-').filter(|(_, rest)| !rest.starts_with("held"))?.0.parse().ok()
        };
        let mut sizes: Vec<(u64, &str)> =
            data.rows.iter().filter_map(|row| Some((size(row)?, row.case.as_str()))).collect();
        sizes.dedup();
        Series::new(data, sizes)
    }

    /// How a claim is judged, in Rust or in CPython.
    pub(in super::super) type Judge = fn(&All) -> Judged;

    /// What it says of these data.
    pub(in super::super) fn judged(judge: Judge, data: &[&Data]) -> Judged {
        judge(&All(data.iter().map(|data| (data.experiment.as_str(), series(data))).collect()))
    }

    /// What the claim of this number says of these data.
    pub(in super::super) fn judge(claims: &[Claim], id: &str, data: &[&Data]) -> Judged {
        judged(of(claims, id), data)
    }

    fn of(claims: &[Claim], id: &str) -> Judge {
        claims.iter().find(|claim| claim.id == id).unwrap().judge
    }

    /// A claim is judged by these rows and no others, see [`judged_rests_on`].
    pub(in super::super) fn rests_on(
        claims: &[Claim],
        id: &str,
        data: fn() -> Data,
        rows: &[(&str, &[&str])],
    ) {
        judged_rests_on(of(claims, id), id, data, rows);
    }

    /// Without one of these rows it is not measured, and by fewer than five runs of it unsettled, whatever others say.
    pub(in super::super) fn judged_rests_on(
        judge: Judge,
        id: &str,
        data: fn() -> Data,
        rows: &[(&str, &[&str])],
    ) {
        let its_own = || {
            let mut data = data();
            let is_its_own = |row: &Row| {
                rows.iter()
                    .any(|(case, variants)| row.case == *case && variants.contains(&row.variant.as_str()))
            };
            data.rows.retain(is_its_own);
            data
        };
        let verdict = |data| judged(judge, &[&data]).map(|(verdict, _)| verdict);
        assert_eq!(verdict(its_own()), verdict(data()), "{id}");
        assert_ne!(verdict(its_own()), Ok(Unsettled), "{id}");
        for at in 0..its_own().rows.len() {
            let mut without = its_own();
            let Row { case, variant, .. } = without.rows.remove(at);
            assert_eq!(verdict(without), Err(format!("{variant} was not run in {case}")), "{id}");
            let mut few = its_own();
            few.rows[at].times_s.truncate(4);
            few.rows[at].outcomes.truncate(4);
            assert_eq!(verdict(few), Ok(Unsettled), "{id}: {variant} in {case}");
        }
    }

    fn measured(low: f64, high: f64) -> Measured {
        Measured { interval: Interval { median: f64::midpoint(low, high), low, high }, decides: true }
    }

    #[test]
    fn an_interval_decides_only_where_it_lies_on_one_side() {
        assert_eq!(about(&measured(4.0, 16.0), 8.0), Some(true));
        assert_eq!(about(&measured(3.9, 8.0), 8.0), None);
        assert_eq!(about(&measured(8.0, 16.1), 8.0), None);
        assert_eq!(about(&measured(1.0, 3.9), 8.0), Some(false));
        assert_eq!(about(&measured(16.1, 20.0), 8.0), Some(false));
        assert_eq!(at_least(&measured(2.0, 3.0), 2.0), Some(true));
        assert_eq!(at_most(&measured(2.0, 3.0), 2.0), None);
        assert_eq!(at_most(&Measured { decides: false, ..measured(1.0, 1.0) }, 2.0), None);
        assert_eq!(is_more(&Measured { decides: false, ..measured(2.0, 2.0) }), None);
    }

    #[test]
    fn a_figure_is_off_only_where_it_is_surely_in_no_range() {
        let ranges = [around(4.0), around(32.0)];
        let said = |low, high| off(&measured(low, high), &ranges);
        assert_eq!([said(2.0, 8.0), said(1.9, 2.0), said(60.0, 65.0)], [None; 3]);
        assert_eq!(
            (said(1.0, 1.9), said(65.0, 66.0)),
            (Some("less than claimed"), Some("more than claimed"))
        );
        assert_eq!(said(8.1, 15.9), Some("between the figures claimed"));
        assert_eq!(off(&Measured { decides: false, ..measured(1.0, 1.0) }, &ranges), None);
    }

    #[test]
    fn one_figure_of_too_few_runs_settles_nothing() {
        let few = Measured { decides: false, ..measured(1.0, 1.0) };
        assert_eq!(settled(Fails, &[measured(1.0, 1.0)]), Fails);
        assert_eq!(settled(Fails, &[measured(1.0, 1.0), few]), Unsettled);
    }

    #[test]
    fn what_is_open_stays_open_unless_the_others_decide() {
        let (yes, no, open) = (Some(true), Some(false), None);
        assert_eq!((all([yes, yes]), all([yes, open]), all([open, no, yes])), (yes, open, no));
        assert_eq!((any([no, no]), any([no, open]), any([open, yes, no])), (no, open, yes));
        assert_eq!((grade(yes, open), grade(no, yes), grade(no, no)), (Holds, HoldsBut, Fails));
        assert_eq!((grade(open, yes), grade(no, open)), (Unsettled, Unsettled));
    }
}
