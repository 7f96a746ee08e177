//! What an interval decides, and what several such decisions come to.

use crate::series::Measured;

/// Yes, no, or undecided: neither side of the threshold is proven.
pub(super) type Decided = Option<bool>;

/// What a figure has to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    AtLeast(f64),
    AtMost(f64),
    Above(f64),
    Below(f64),
    Between(f64, f64),
    /// Within a factor of two of one of these.
    About(Vec<f64>),
}

impl Bound {
    pub(super) fn met(&self, figure: &Measured) -> Decided {
        match self {
            Self::AtLeast(least) => within(figure, *least, f64::INFINITY),
            Self::AtMost(most) => within(figure, f64::NEG_INFINITY, *most),
            Self::Between(least, most) => within(figure, *least, *most),
            Self::Above(most) => not(Self::AtMost(*most).met(figure)),
            Self::Below(least) => not(Self::AtLeast(*least).met(figure)),
            Self::About(claimed) => any(claimed.iter().map(|value| within(figure, value / 2.0, value * 2.0))),
        }
    }

    /// Whether a single run meets it.
    pub(super) fn is_met(&self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= *least,
            Self::AtMost(most) => value <= *most,
            Self::Between(least, most) => (*least..=*most).contains(&value),
            Self::Above(most) => value > *most,
            Self::Below(least) => value < *least,
            Self::About(claimed) => claimed.iter().any(|of| (of / 2.0..=of * 2.0).contains(&value)),
        }
    }

    /// Whether it asks for nothing but zero, or for more.
    pub(super) fn is_about_zero(&self) -> bool {
        matches!(self, Self::AtMost(number) | Self::Above(number) if *number <= 0.0)
    }
}

fn within(figure: &Measured, least: f64, most: f64) -> Decided {
    let (low, high) = figure.proven;
    // Of two bounds either may be wrongly missed, so it takes the interval to say so.
    let (lowest, highest) = if least.is_finite() && most.is_finite() {
        figure.interval.bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY))
    } else {
        figure.proven
    };
    if low >= least && high <= most {
        Some(true)
    } else if highest < least || lowest > most {
        Some(false)
    } else {
        None
    }
}

pub(super) fn not(decided: Decided) -> Decided {
    decided.map(|decided| !decided)
}

/// One no is enough for a no; a yes takes them all.
pub(super) fn all(decided: impl IntoIterator<Item = Decided>) -> Decided {
    let next = |so_far, next| match (so_far, next) {
        (_, Some(false)) => Err(()),
        (Some(true), Some(true)) => Ok(Some(true)),
        _ => Ok(None),
    };
    decided.into_iter().try_fold(Some(true), next).unwrap_or(Some(false))
}

/// One yes is enough for a yes; a no takes them all.
pub(super) fn any(decided: impl IntoIterator<Item = Decided>) -> Decided {
    not(all(decided.into_iter().map(not)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Interval;

    fn figure(low: f64, high: f64) -> Measured {
        let interval = Interval { median: f64::midpoint(low, high), bounds: Some((low, high)) };
        Measured { interval, proven: (low, high), disturbed: 0 }
    }

    #[test]
    fn a_bound_is_met_missed_or_undecided() {
        let (yes, no, open) = (Some(true), Some(false), None);
        for (bound, low, high, met) in [
            (Bound::AtLeast(2.0), 2.0, 3.0, yes),
            (Bound::AtLeast(2.0), 1.0, 1.9, no),
            (Bound::AtLeast(2.0), 1.9, 2.1, open),
            (Bound::AtMost(2.0), 1.0, 2.0, yes),
            (Bound::AtMost(2.0), 2.1, 3.0, no),
            (Bound::Above(1.05), 1.0, 1.05, no),
            (Bound::Above(1.05), 1.06, 2.0, yes),
            (Bound::Above(1.05), 1.02, 1.2, open),
            (Bound::Below(0.95), 0.8, 0.94, yes),
            (Bound::Below(0.95), 0.95, 2.0, no),
            (Bound::Between(1.0, 10.0), 1.0, 10.0, yes),
            (Bound::Between(1.0, 10.0), 0.5, 2.0, open),
            (Bound::Between(1.0, 10.0), 11.0, 12.0, no),
            (Bound::About(vec![8.0]), 4.0, 16.0, yes),
            (Bound::About(vec![8.0]), 16.1, 17.0, no),
            (Bound::About(vec![8.0]), 15.0, 17.0, open),
            (Bound::About(vec![80.0, 8.0]), 15.0, 16.0, yes),
            (Bound::About(vec![80.0, 8.0]), 17.0, 39.0, no),
        ] {
            assert_eq!(bound.met(&figure(low, high)), met, "{bound:?} {low} {high}");
            assert_eq!(bound.met(&figure(f64::NEG_INFINITY, f64::INFINITY)), None);
        }
    }

    #[test]
    fn one_side_of_two_bounds_is_missed_by_the_interval_only() {
        let interval = Interval { median: 20.0, bounds: None };
        let five = Measured { interval, proven: (17.0, 30.0), disturbed: 0 };
        assert_eq!(Bound::About(vec![8.0]).met(&five), None);
        assert_eq!(Bound::AtMost(16.0).met(&five), Some(false));
    }

    #[test]
    fn one_no_decides_all_and_one_yes_any() {
        let (yes, no) = (Some(true), Some(false));
        assert_eq!([all([yes, None]), all([no, None]), all([yes, yes])], [None, no, yes]);
        assert_eq!([any([yes, None]), any([no, None]), any([no, no])], [yes, None, no]);
    }
}
