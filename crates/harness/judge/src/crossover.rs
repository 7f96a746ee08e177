//! From which n on one variant takes less than another.

use super::decide::{Bound, Decided};
use super::figures::Unit;
use crate::series::{Measured, Series};
use crate::statistics::SAME;
use bench::data::{Row, Status};
use bench::units::thousands;

/// What threads take divided by what tasks take, by n; none if the machine refused the threads.
pub(super) type Points = Vec<(u64, Option<Measured>)>;

/// The n from which on tasks surely take less than threads do, if there is one.
pub fn from_which_on(
    series: &Series,
    [threads, tasks]: [&str; 2],
    figure: impl Fn(&Row) -> Vec<f64> + Copy,
) -> Option<u64> {
    crossing(&points(series, threads, tasks, figure))?.0
}

/// At each n where both were tried.
pub(super) fn points(
    series: &Series,
    threads: &str,
    tasks: &str,
    figure: impl Fn(&Row) -> Vec<f64> + Copy,
) -> Points {
    let mut points = Vec::new();
    for (n, row) in series.rows(tasks).filter(|(_, row)| row.status == Status::Ok) {
        match series.row(n, threads) {
            Some(other) if other.status == Status::Refused => points.push((n, None)),
            Some(other) if other.status == Status::Ok => {
                points.extend(Measured::ratio(other, row, figure).map(|ratio| (n, Some(ratio))));
            }
            _ => {}
        }
    }
    points
}

/// The n from which on tasks surely take less, and in words how it is there and just before; none without points.
pub(super) fn crossing(points: &[(u64, Option<Measured>)]) -> Option<(Option<u64>, String)> {
    let wins = |point: &Option<Measured>| -> Decided {
        point.as_ref().map_or(Some(true), |ratio| Bound::Above(1.0 + SAME).met(ratio))
    };
    let told = |(n, point): &(u64, Option<Measured>)| match point {
        Some(ratio) => format!("{} at {}", Unit::Ratio.measured(ratio), thousands(*n)),
        None => format!("refused at {}", thousands(*n)),
    };
    let winning = points.iter().rev().take_while(|(_, point)| wins(point) == Some(true)).count();
    let (before, after) = points.split_at(points.len() - winning);
    let last = points.last()?;
    let Some(first) = after.first() else {
        let what = if wins(&last.1) == Some(false) { "not up to" } else { "undecided at" };
        return Some((None, format!("{what} {}: {}", thousands(last.0), told(last))));
    };
    let words = match before.last() {
        None => format!("from {} on, the least that was measured: {}", thousands(first.0), told(first)),
        Some(other) => format!("from {} on: {}, {}", thousands(first.0), told(first), told(other)),
    };
    Some((Some(first.0), words))
}
