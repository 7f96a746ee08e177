//! Numbers as a reader takes them in.

/// Durations in the unit that suits the first: `71 ms`, or `71 [64, 73] ms`.
pub(crate) fn seconds(value: f64, interval: Option<(f64, f64)>) -> String {
    let (unit, scale, digits) = match value {
        1.0.. => ("s", 1.0, 2),
        0.01.. => ("ms", 1e3, 0),
        _ => ("ms", 1e3, 1),
    };
    let shown = |value: f64| format!("{:.digits$}", value * scale);
    let interval = interval.map(|(low, high)| format!(" [{}, {}]", shown(low), shown(high)));
    format!("{}{} {unit}", shown(value), interval.unwrap_or_default())
}

/// A size in the unit that suits it.
pub(crate) fn bytes(value: u64) -> String {
    let value = value as f64;
    if value >= 1e9 {
        format!("{:.1} GB", value / 1e9)
    } else if value >= 1e6 {
        format!("{:.1} MB", value / 1e6)
    } else {
        format!("{:.0} kB", value / 1e3)
    }
}

/// A count or a size that statistics have made a fraction.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and sizes are never negative"
)]
pub(crate) fn round(value: f64) -> u64 {
    value.round() as u64
}

/// The same, as it is shown.
pub(crate) fn whole(value: f64) -> String {
    thousands(round(value))
}

/// 4000000 as 4,000,000.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 4_000_000].map(thousands), ["0", "999", "1,000", "4,000,000"]);
    }

    #[test]
    fn the_unit_suits_the_size() {
        let alone = |value| seconds(value, None);
        assert_eq!([0.0004, 0.0094, 0.25, 2.5].map(alone), ["0.4 ms", "9.4 ms", "250 ms", "2.50 s"]);
        assert_eq!(seconds(0.071, Some((0.064, 1.5))), "71 [64, 1500] ms");
        assert_eq!([3_000, 3_600_000, 81_000_000_000].map(bytes), ["3 kB", "3.6 MB", "81.0 GB"]);
    }
}
