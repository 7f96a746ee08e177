//! Where a count is, upwards.

use super::{FOOT, TOP};
use crate::plot::powers::Powers;
use crate::plot::{place, ticks};

/// From nothing on, or by powers of ten from one.
pub(super) enum Scale {
    Even { most: f64 },
    Powers(Powers),
}

impl Scale {
    /// One that holds the largest of all counts, and suits those that the lines end with.
    pub(super) fn over(most: f64, lasts: &[f64]) -> Option<Self> {
        /// Beside what has so many times as much nothing of a line can be seen.
        const TOO_MANY: f64 = 20.0;
        let least = lasts.iter().copied().fold(f64::INFINITY, f64::min);
        if lasts.iter().any(|last| *last > TOO_MANY * least) {
            Powers::over([1.0, most].into_iter()).map(Self::Powers)
        } else {
            Some(Self::Even { most })
        }
    }

    pub(super) fn ticks(&self) -> Vec<f64> {
        match self {
            // Nobody counts halves.
            Self::Even { most } => {
                ticks(*most).into_iter().map(|(tick, _)| tick).filter(|tick| tick.fract() == 0.0).collect()
            }
            Self::Powers(powers) => powers.ticks(),
        }
    }

    /// What is less has no place.
    pub(super) fn least(&self) -> f64 {
        match self {
            Self::Even { .. } => 0.0,
            Self::Powers(_) => 1.0,
        }
    }

    pub(super) fn y(&self, count: f64) -> f64 {
        let share = match self {
            Self::Even { most } => count / most,
            Self::Powers(powers) => powers.share(count),
        };
        place(FOOT - (FOOT - TOP) * share)
    }
}
