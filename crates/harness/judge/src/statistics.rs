//! Medians, ratios and slopes, with intervals and decisions that stay right however often they are looked at.
//!
//! All of it is one test, the sequential sign test: each round lies above a value or below it, and where the median were that value,
//! each side would be as likely as the other. Nothing is assumed of the noise but that rounds are alike and do not depend on each other.
//! What a comparison counts is one figure for each round, so that drift, which hits both runs of a round, leaves it alone.
//!
//! The proof that a side is the likelier is a bet that starts with 1 and is fair if it is not: no such bet reaches 20 in more than
//! one case of 20, however long it goes on (Ville, *Étude critique de la notion de collectif*, 1939). Half of the stake is bet on
//! all rounds lying on this side, half on all shares above a half, spread evenly (a mixture, as by Robbins, *Statistical methods
//! related to the law of the iterated logarithm*, 1970). Five rounds on one side decide; with one on the other side it takes twelve.

use std::fmt;
use std::iter::zip;

/// A bet that reached this is a proof with 95 % confidence.
const PROOF: f64 = 20.0;
/// The same where the error may be on either side.
const PROOF_OF_TWO: f64 = 2.0 * PROOF;
/// Fewer rounds than this decide nothing: the least with which a bet proves anything.
pub const RUNS_TO_DECIDE: usize = 5;
/// Fewer runs than this have no interval: the least with which a bet reaches it on both sides.
pub const RUNS_FOR_INTERVAL: usize = 6;
/// A ratio this close to 1 is no difference that matters.
pub(crate) const SAME: f64 = 0.05;
/// The modified z-score of Iglewicz and Hoaglin from which they call a value an outlier.
const OUTLIER: f64 = 3.5;

/// A median and where it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The median of the runs, or of a ratio or a slope in each round.
    pub median: f64,
    /// Both ends of the 95 % interval; none of fewer than [`RUNS_FOR_INTERVAL`] runs.
    pub bounds: Option<(f64, f64)>,
}

impl Interval {
    /// Of a ratio: whether it holds 1 or lies close to it.
    fn is_no_difference(&self) -> bool {
        self.bounds.is_none_or(|(low, high)| {
            (low <= 1.0 && high >= 1.0) || (low >= 1.0 - SAME && high <= 1.0 + SAME)
        })
    }

    /// Of a ratio: whether it is above 1 by more than no difference; none where it may be either, so that no small change turns a yes
    /// into a no.
    pub fn is_more(&self) -> Option<bool> {
        let (low, high) = self.bounds?;
        if low > 1.0 + SAME { Some(true) } else { (high <= 1.0 + SAME).then_some(false) }
    }

    /// The same below 1.
    pub fn is_less(&self) -> Option<bool> {
        let (low, high) = self.bounds?;
        if high < 1.0 - SAME { Some(true) } else { (low >= 1.0 - SAME).then_some(false) }
    }

    /// Both ends as they are drawn: without an interval, the median.
    pub fn ends(&self) -> [f64; 2] {
        self.bounds.map_or([self.median; 2], |(low, high)| [low, high])
    }

    /// A ratio in words.
    pub fn compared(&self) -> String {
        match self.bounds {
            None => "too few runs".to_owned(),
            _ if self.is_no_difference() => format!("no difference, {self}"),
            _ => format!("{self} times"),
        }
    }
}

/// How many digits a ratio is shown with: two that count, however small it is.
fn digits(ratio: f64) -> usize {
    match ratio {
        10.0.. => 0,
        0.1.. => 2,
        0.01.. => 3,
        _ => 4,
    }
}

/// A ratio without its interval.
pub(crate) fn brief(ratio: f64) -> String {
    format!("{ratio:.0$}", digits(ratio))
}

/// A ratio as a reader takes it in, `1.82 [1.71, 1.90]`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = digits(self.median);
        write!(f, "{:.digits$}", self.median)?;
        self.bounds.map_or(Ok(()), |(low, high)| write!(f, " [{low:.digits$}, {high:.digits$}]"))
    }
}

/// The median; of no values, not a number.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// The median of `values` with its interval.
pub fn interval(values: &[f64]) -> Interval {
    let (low, high) = bounds(values, PROOF_OF_TWO);
    Interval { median: median(values), bounds: low.is_finite().then_some((low, high)) }
}

/// The ratio in each round, with its interval; what one has run more often than the other is left out.
pub fn ratio(of: &[f64], to: &[f64]) -> Interval {
    interval(&ratios(of, to))
}

/// The ratio in each round.
pub(crate) fn ratios(of: &[f64], to: &[f64]) -> Vec<f64> {
    zip(of, to).map(|(of, to)| of / to).collect()
}

/// The ratio of the medians of two runs that have no round in common: from the least that the proven ends of both leave possible to the
/// most. Both ends would have to be wrong for it to be so, hence it takes [`RUNS_TO_DECIDE`] runs only.
pub fn unpaired_ratio(of: &[f64], to: &[f64]) -> Interval {
    let ((least, most), (low, high)) = (bounds(of, PROOF), bounds(to, PROOF));
    let bounds = (least.is_finite() && low.is_finite()).then_some((least / high, most / low));
    Interval { median: median(of) / median(to), bounds }
}

/// The slope of the straight line through the figures of each round at each n, by least squares. The largest n weigh most, as they
/// should for what one more costs at scale; to weigh the small ones as much would fit what comes before the first. A round that lacks a
/// figure has no slope.
///
/// Its spread is that of the rounds; of a bend in the line it says nothing. Of fewer than two n, not a number.
pub(crate) fn slopes(points: &[(f64, Vec<Option<f64>>)]) -> Vec<f64> {
    let mean = points.iter().map(|(n, _)| n).sum::<f64>() / points.len() as f64;
    let square: f64 = points.iter().map(|(n, _)| (n - mean).powi(2)).sum();
    let rounds = points.iter().map(|(_, values)| values.len()).min().unwrap_or_default();
    let slope = |round: usize| {
        let parts = points.iter().map(|(n, values)| Some((n - mean) * values[round]?));
        Some(parts.sum::<Option<f64>>()? / square)
    };
    (0..rounds).filter_map(slope).collect()
}

/// Between which values the median is proven to lie, each end with 95 % confidence. What the first rounds have proven stands, however
/// the later ones turn out: that is what lets a run stop, and what keeps a verdict.
pub(crate) fn proven(values: &[f64]) -> (f64, f64) {
    let mut proven = (f64::NEG_INFINITY, f64::INFINITY);
    for rounds in RUNS_TO_DECIDE..=values.len() {
        let (low, high) = bounds(&values[..rounds], PROOF);
        let next = (low.max(proven.0), high.min(proven.1));
        if next.0 > next.1 {
            // The machine has changed in between.
            break;
        }
        proven = next;
    }
    proven
}

/// Whether these rounds have proven that more than half of all do so, or that fewer do; by the first that prove either.
pub(crate) fn is_most(rounds: &[bool]) -> Option<bool> {
    (1..=rounds.len()).find_map(|all| {
        let some = rounds[..all].iter().filter(|does| **does).count();
        match (bet(all, some) >= PROOF, bet(all, all - some) >= PROOF) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    })
}

/// The outermost values that are still left when as many are taken away at each end as a bet that reaches `proof` allows on its other
/// side; no bounds if it allows none.
fn bounds(values: &[f64], proof: f64) -> (f64, f64) {
    let n = values.len();
    let Some(away) = (0..n.div_ceil(2)).take_while(|&away| bet(n, n - away) >= proof).last() else {
        return (f64::NEG_INFINITY, f64::INFINITY);
    };
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    (values[away], values[n - 1 - away])
}

/// What a stake of 1 has become after `all` rounds of which `some` lie on one side.
///
/// The half that is spread evenly is 2^(n+1) times the integral of p^k (1-p)^(n-k) over p from 1/2 to 1, which is the sum of the
/// first k+1 binomial coefficients of n+1, divided by (n+1) times that of n and k.
fn bet(all: usize, some: usize) -> f64 {
    let (mut coefficient, mut sum) = (1.0, 0.0);
    for index in 0..=some {
        sum += coefficient;
        coefficient *= (all + 1 - index) as f64 / (index + 1) as f64;
    }
    let of_all = (0..some).fold(1.0, |product, index| product * (all - index) as f64 / (some - index) as f64);
    let spread = sum / ((all + 1) as f64 * of_all);
    let at_once = if some == all { 2_f64.powi(i32::try_from(all).unwrap_or(i32::MAX)) } else { 0.0 };
    f64::midpoint(at_once, spread)
}

/// How many values lie so far from the median that something else must have been at work.
pub fn outliers(values: &[f64]) -> usize {
    let middle = median(values);
    let deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let typical = median(&deviations) / 0.6745;
    deviations.iter().filter(|&&deviation| deviation > OUTLIER * typical).count()
}

#[cfg(test)]
mod simulation;

#[cfg(test)]
mod tests {
    use super::*;

    fn between(low: f64, high: f64) -> Interval {
        Interval { median: f64::midpoint(low, high), bounds: Some((low, high)) }
    }

    #[test]
    fn a_bet_is_worth_what_the_integral_says() {
        // By hand: 2^5 and 63/6; 2^7 and 255/8; 2^6 times the integral of p^4 (1-p).
        for (all, some, worth) in [
            (5, 5, f64::midpoint(32.0, 63.0 / 6.0)),
            (7, 7, f64::midpoint(128.0, 255.0 / 8.0)),
            (5, 4, 57.0 / 30.0 / 2.0),
            (4, 0, 1.0 / 5.0 / 2.0),
        ] {
            assert!((bet(all, some) - worth).abs() < 1e-12, "{all} {some}: {}", bet(all, some));
        }
    }

    #[test]
    fn a_bet_is_fair() {
        // Over all that can happen in n rounds it is worth its stake, if either side is as likely.
        for n in 1_i32..=20 {
            let all = usize::try_from(n).unwrap();
            let (mut ways, mut worth) = (1.0, 0.0);
            for some in 0..=all {
                worth += ways * bet(all, some) / 2_f64.powi(n);
                ways *= (all - some) as f64 / (some + 1) as f64;
            }
            assert!((worth - 1.0).abs() < 1e-9, "{n}: {worth}");
        }
    }

    #[test]
    fn five_rounds_decide_and_six_have_an_interval() {
        let values = [3.0, 1.0, 2.0, 5.0, 4.0, 6.0];
        assert_eq!(proven(&values[..4]), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!(proven(&values[..5]), (1.0, 5.0));
        assert_eq!(interval(&values[..5]), Interval { median: 3.0, bounds: None });
        assert_eq!(interval(&values), Interval { median: 3.5, bounds: Some((1.0, 6.0)) });
    }

    #[test]
    fn one_round_far_off_takes_twelve() {
        let mut values = vec![2.0; 12];
        values[3] = 100.0;
        assert_eq!((proven(&values[..11]).1, proven(&values).1), (100.0, 2.0));
    }

    #[test]
    fn what_was_proven_stands() {
        let mut values = vec![2.0; 5];
        values.extend([1.0, 9.0, 1.0, 9.0]);
        assert_eq!(proven(&values), (2.0, 2.0));
        assert_eq!(interval(&values).bounds, Some((1.0, 9.0)));
        // Nor does a machine that has changed prove the contrary of it.
        assert_eq!(proven(&[[2.0; 5], [9.0; 5]].concat()), (2.0, 2.0));
    }

    #[test]
    fn most_is_proven_either_way_or_not_at_all() {
        assert_eq!(is_most(&[true; 5]), Some(true));
        assert_eq!(is_most(&[false; 5]), Some(false));
        assert_eq!((is_most(&[true; 4]), is_most(&[true, false, true, false, true])), (None, None));
    }

    #[test]
    fn drift_that_hits_both_alike_leaves_the_ratio_sharp() {
        let slow: Vec<f64> = (1..=10).map(|round| 2.0 * f64::from(round)).collect();
        let fast: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(ratio(&slow, &fast), Interval { median: 2.0, bounds: Some((2.0, 2.0)) });
    }

    #[test]
    fn an_interval_that_holds_1_or_lies_close_to_it_is_no_difference() {
        assert!(between(0.7, 1.1).is_no_difference());
        assert!(between(1.01, 1.05).is_no_difference());
        assert!(!between(1.01, 1.06).is_no_difference());
        assert!(!between(0.5, 0.9).is_no_difference());
    }

    #[test]
    fn more_and_less_are_certain_or_open() {
        let of = |low, high| (between(low, high).is_more(), between(low, high).is_less());
        assert_eq!(of(1.06, 1.2), (Some(true), Some(false)));
        assert_eq!(of(0.8, 0.94), (Some(false), Some(true)));
        assert_eq!(of(1.02, 1.2), (None, Some(false)));
        assert_eq!(of(0.8, 0.98), (Some(false), None));
        assert_eq!(of(0.96, 1.04), (Some(false), Some(false)));
        assert_eq!(of(0.5, 2.0), (None, None));
        assert_eq!(Interval { median: 2.0, bounds: None }.is_more(), None);
    }

    #[test]
    fn a_round_has_the_slope_of_its_own_line() {
        let line = |base: f64, slope: f64| [1.0, 100.0, 1e4].map(|n| base + slope * n);
        let (one, other) = (line(4e6, 512.0), line(5e6, 600.0));
        let points = [1.0, 100.0, 1e4]
            .into_iter()
            .zip(0..)
            .map(|(n, at)| (n, vec![Some(one[at]), None, Some(other[at])]));
        let slopes = slopes(&points.collect::<Vec<_>>());
        assert!((slopes[0] - 512.0).abs() < 1e-6 && (slopes[1] - 600.0).abs() < 1e-6, "{slopes:?}");
    }

    #[test]
    fn a_small_ratio_keeps_its_digits() {
        let ratio = |median| Interval { median, bounds: Some((median / 2.0, median * 2.0)) }.to_string();
        assert_eq!(ratio(0.0042), "0.0042 [0.0021, 0.0084]");
        assert_eq!(ratio(40.0), "40 [20, 80]");
    }

    #[test]
    fn one_value_far_off_is_an_outlier() {
        assert_eq!(outliers(&[1.0, 1.1, 0.9, 1.05, 9.0]), 1);
        assert_eq!(outliers(&[1.0, 1.1, 0.9, 1.05, 0.95]), 0);
    }
}
