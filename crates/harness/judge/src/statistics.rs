//! Medians with a bootstrapped 95 % interval, and ratios and slopes with theirs.

use bench::data::{Data, Status};
pub use bench::measure::ENOUGH_RUNS;
use std::fmt;

use fastrand::Rng;

const RESAMPLES: usize = 2_000;
/// Fixed, so that the same data give the same page.
const SEED: u64 = 1;
/// A median is sharp if it is known this well.
const SHARP: f64 = 0.05;
/// A ratio this close to 1 is no difference that matters.
const SAME: f64 = 0.05;
/// The modified z-score of Iglewicz and Hoaglin from which they call a value an outlier.
const OUTLIER: f64 = 3.5;

/// A median and where it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The median, the ratio of two medians, or the slope through several.
    pub median: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end of the 95 % interval.
    pub high: f64,
}

impl Interval {
    /// Half the interval's width, as a share of the median.
    fn uncertainty(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.median
    }

    /// Of a ratio: whether it holds 1 or lies close to it.
    fn is_no_difference(&self) -> bool {
        (self.low <= 1.0 && self.high >= 1.0) || (self.low >= 1.0 - SAME && self.high <= 1.0 + SAME)
    }

    /// Of a ratio: whether it is above 1 by more than no difference; none where it may be either, so that no small change turns a yes
    /// into a no.
    pub fn is_more(&self) -> Option<bool> {
        if self.low > 1.0 + SAME {
            Some(true)
        } else if self.high <= 1.0 + SAME {
            Some(false)
        } else {
            None
        }
    }

    /// The same below 1.
    pub fn is_less(&self) -> Option<bool> {
        if self.high < 1.0 - SAME {
            Some(true)
        } else if self.low >= 1.0 - SAME {
            Some(false)
        } else {
            None
        }
    }

    /// A ratio in words.
    pub fn compared(&self) -> String {
        if self.is_no_difference() { format!("no difference, {self}") } else { format!("{self} times") }
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
        write!(f, "{:.digits$} [{:.digits$}, {:.digits$}]", self.median, self.low, self.high)
    }
}

/// The median; of no values, not a number.
pub fn median(values: &[f64]) -> f64 {
    median_of(&mut values.to_vec())
}

/// The same of values whose order need not be kept.
fn median_of(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// The median of `values` with its interval.
pub fn interval(values: &[f64]) -> Interval {
    let mut rng = Rng::with_seed(SEED);
    bootstrap(median(values), || median_of(&mut resample(values, &mut rng)))
}

/// The ratio of two medians with its interval. Runs of the same round are drawn together, since the
/// machine's drift has hit both alike.
pub fn ratio(of: &[f64], to: &[f64]) -> Interval {
    let mut rng = Rng::with_seed(SEED);
    bootstrap(median(of) / median(to), || {
        if of.len() == to.len() {
            let rounds: Vec<usize> = of.iter().map(|_| rng.usize(..of.len())).collect();
            let drawn = |values: &[f64]| rounds.iter().map(|&round| values[round]).collect::<Vec<_>>();
            median_of(&mut drawn(of)) / median_of(&mut drawn(to))
        } else {
            median_of(&mut resample(of, &mut rng)) / median_of(&mut resample(to, &mut rng))
        }
    })
}

/// The ratio of the medians of two runs that have no round in common, with its interval.
pub fn unpaired_ratio(of: &[f64], to: &[f64]) -> Interval {
    let mut rng = Rng::with_seed(SEED);
    bootstrap(median(of) / median(to), || {
        median_of(&mut resample(of, &mut rng)) / median_of(&mut resample(to, &mut rng))
    })
}

/// The slope of the straight line through the medians at each n, by least squares, with its interval: the
/// runs of each n are drawn again. The largest n weigh most, as they should for what one more costs at scale;
/// to weigh the small ones as much would fit what comes before the first.
///
/// The interval is that of the runs; of a bend in the line it says nothing. Of fewer than two n, not a number.
pub(crate) fn slope(points: &[(f64, Vec<f64>)]) -> Interval {
    let mean = points.iter().map(|(n, _)| n).sum::<f64>() / points.len() as f64;
    let square: f64 = points.iter().map(|(n, _)| (n - mean).powi(2)).sum();
    let line = |height: &mut dyn FnMut(&[f64]) -> f64| {
        points.iter().map(|(n, values)| (n - mean) * height(values)).sum::<f64>() / square
    };
    let mut rng = Rng::with_seed(SEED);
    bootstrap(line(&mut median), || line(&mut |values| median_of(&mut resample(values, &mut rng))))
}

/// Whether more than half of all runs would do what `some` of these `all` did, with 95 % confidence: the lower
/// end of Wilson's interval for a share.
pub(crate) fn is_most(some: usize, all: usize) -> bool {
    const Z: f64 = 1.96;
    let (some, all) = (some as f64, all as f64);
    let share = some / all;
    let spread = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    (share + Z * Z / (2.0 * all) - spread) / (1.0 + Z * Z / all) > 0.5
}

/// How many values lie so far from the median that something else must have been at work.
pub fn outliers(values: &[f64]) -> usize {
    let middle = median(values);
    let deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let typical = median(&deviations) / 0.6745;
    deviations.iter().filter(|&&deviation| deviation > OUTLIER * typical).count()
}

fn resample(values: &[f64], rng: &mut Rng) -> Vec<f64> {
    values.iter().map(|_| values[rng.usize(..values.len())]).collect()
}

fn bootstrap(median: f64, mut draw: impl FnMut() -> f64) -> Interval {
    let mut draws: Vec<f64> = (0..RESAMPLES).map(|_| draw()).collect();
    draws.sort_unstable_by(f64::total_cmp);
    Interval { median, low: draws[RESAMPLES * 25 / 1000], high: draws[RESAMPLES * 975 / 1000] }
}

/// Whether every median is known well, so that more rounds would add little.
pub fn is_sharp(data: &Data) -> bool {
    let timed = data.rows.iter().filter(|row| row.status == Status::Ok && !row.times_s.is_empty());
    timed.map(|row| interval(&row.times_s).uncertainty()).all(|uncertainty| uncertainty <= SHARP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_median_and_narrows_with_more_runs() {
        let few = [1.0, 2.0, 3.0, 4.0, 5.0];
        let many: Vec<f64> = few.iter().cycle().take(100).copied().collect();
        let (few, many) = (interval(&few), interval(&many));
        assert!(few.low <= few.median && few.median <= few.high);
        assert!(many.uncertainty() < few.uncertainty());
    }

    #[test]
    fn drift_that_hits_both_alike_leaves_the_ratio_sharp() {
        let slow: Vec<f64> = (1..=10).map(|round| 2.0 * f64::from(round)).collect();
        let fast: Vec<f64> = (1..=10).map(f64::from).collect();
        let ratio = ratio(&slow, &fast);
        assert_eq!(ratio, Interval { median: 2.0, low: 2.0, high: 2.0 });
    }

    #[test]
    fn an_interval_that_holds_1_or_lies_close_to_it_is_no_difference() {
        let interval = |low, high| Interval { median: f64::midpoint(low, high), low, high };
        assert!(interval(0.7, 1.1).is_no_difference());
        assert!(interval(1.01, 1.05).is_no_difference());
        assert!(!interval(1.01, 1.06).is_no_difference());
        assert!(!interval(0.5, 0.9).is_no_difference());
    }

    #[test]
    fn more_and_less_are_certain_or_open() {
        let of = |low, high| {
            let ratio = Interval { median: f64::midpoint(low, high), low, high };
            (ratio.is_more(), ratio.is_less())
        };
        assert_eq!(of(1.06, 1.2), (Some(true), Some(false)));
        assert_eq!(of(0.8, 0.94), (Some(false), Some(true)));
        assert_eq!(of(1.02, 1.2), (None, Some(false)));
        assert_eq!(of(0.8, 0.98), (Some(false), None));
        assert_eq!(of(0.96, 1.04), (Some(false), Some(false)));
        assert_eq!(of(0.96, 1.2), (None, Some(false)));
        assert_eq!(of(0.8, 1.04), (Some(false), None));
        assert_eq!(of(0.5, 2.0), (None, None));
    }

    /// Ten runs at each n of a line with this base and slope, each off by a share drawn from `noise`.
    fn line(base: f64, slope: f64, noise: f64) -> Vec<(f64, Vec<f64>)> {
        let mut rng = Rng::with_seed(7);
        let mut run = |n: f64| (base + slope * n) * (1.0 + noise * (rng.f64() - 0.5));
        [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6]
            .map(|n| (n, std::iter::repeat_with(|| run(n)).take(10).collect()))
            .to_vec()
    }

    #[test]
    fn an_exact_line_has_its_slope_and_no_width() {
        let Interval { median, low, high } = slope(&line(4e6, 512.0, 0.0));
        assert!(
            (median - 512.0).abs() < 1e-6 && low.total_cmp(&high).is_eq() && low.total_cmp(&median).is_eq()
        );
    }

    #[test]
    fn the_interval_of_a_noisy_line_holds_its_slope() {
        let Interval { median, low, high } = slope(&line(4e6, 512.0, 0.1));
        assert!(low < 512.0 && 512.0 < high, "[{low}, {high}]");
        assert!(low <= median && median <= high && high - low < 0.1 * 512.0, "[{low}, {high}]");
    }

    #[test]
    fn one_run_far_off_moves_no_slope_far() {
        let mut points = line(4e6, 512.0, 0.01);
        points[6].1[0] *= 100.0;
        assert!((slope(&points).median / 512.0 - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_figure_that_does_not_grow_has_no_slope() {
        let Interval { low, high, .. } = slope(&line(4e6, 0.0, 0.001));
        assert!(low < 0.0 && 0.0 < high, "[{low}, {high}]");
    }

    #[test]
    fn a_few_exceptions_leave_a_majority_sure() {
        assert!(is_most(5, 5) && is_most(11, 12) && is_most(16, 20));
        assert!(!is_most(3, 3) && !is_most(4, 5) && !is_most(10, 20));
    }

    #[test]
    fn a_small_ratio_keeps_its_digits() {
        let ratio = |median| Interval { median, low: median / 2.0, high: median * 2.0 }.to_string();
        assert_eq!(ratio(0.0042), "0.0042 [0.0021, 0.0084]");
        assert_eq!(ratio(40.0), "40 [20, 80]");
    }

    #[test]
    fn one_value_far_off_is_an_outlier() {
        assert_eq!(outliers(&[1.0, 1.1, 0.9, 1.05, 9.0]), 1);
        assert_eq!(outliers(&[1.0, 1.1, 0.9, 1.05, 0.95]), 0);
    }
}
