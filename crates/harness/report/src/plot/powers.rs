//! A scale on which each step is ten times as much as the one before.

/// From one power of ten to another.
pub(super) struct Powers {
    first: i32,
    last: i32,
}

impl Powers {
    /// One that holds all of these; none if there are none.
    #[allow(clippy::cast_possible_truncation, reason = "a float has no larger exponent")]
    pub(super) fn over(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (low, high) = values
            .fold((f64::INFINITY, 0.0), |(low, high), value| (f64::min(low, value), f64::max(high, value)));
        if low > high {
            return None;
        }
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        Some(Self { first, last: last.max(first + 1) })
    }

    pub(super) fn ticks(&self) -> Vec<f64> {
        (self.first..=self.last).map(|power| 10_f64.powi(power)).collect()
    }

    /// How far up the scale a value is: 0 at its beginning, 1 at its end.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first)
    }
}
