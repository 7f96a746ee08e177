//! Numbers as a reader takes them in.

use outcome::YEAR_S;

/// Durations in the unit that suits the first: `71 ms`, or `71 [64, 73] ms`.
pub fn seconds(value: f64, interval: Option<(f64, f64)>) -> String {
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
pub fn bytes(value: u64) -> String {
    let value = value as f64;
    if value >= 1e9 {
        format!("{:.1} GB", value / 1e9)
    } else if value >= 1e6 {
        format!("{:.1} MB", value / 1e6)
    } else {
        format!("{:.0} kB", value / 1e3)
    }
}

/// A part of a byte or some gigabytes, to three digits that count: `458 B`, or `458 [455, 461] B`.
pub fn size(value: f64, interval: Option<(f64, f64)>) -> String {
    scaled(value, interval, &[("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0)])
}

/// What a single task takes of a time in seconds, likewise: `12.3 µs`.
pub fn moment(value: f64, interval: Option<(f64, f64)>) -> String {
    scaled(value, interval, &[("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)])
}

/// In the largest of the units that the value fills; in the smallest where it fills none. An interval that
/// these digits do not tell from the value is left out.
fn scaled(value: f64, interval: Option<(f64, f64)>, units: &[(&str, f64)]) -> String {
    let filled = units.iter().find(|(_, scale)| value.abs() >= *scale);
    let (unit, scale) = *filled.or(units.last()).expect("a list of units holds one");
    let digits = match value.abs() / scale {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    let shown = |value: f64| {
        let text = format!("{:.digits$}", value / scale);
        let is_zero = !text.contains(|c: char| ('1'..='9').contains(&c));
        if is_zero { "0".to_owned() } else { text }
    };
    format!("{} {unit}", bracketed(value, interval, shown))
}

/// How many there are: `240`, or `1,240 [1,200, 1,280]`.
fn count(value: f64, interval: Option<(f64, f64)>) -> String {
    bracketed(value, interval, whole)
}

/// How many there are in a second: `1,240.5 /s`.
fn rate(value: f64, interval: Option<(f64, f64)>) -> String {
    let shown = |value: f64| {
        let tenths = round(value * 10.0);
        format!("{}.{}", thousands(tenths / 10), tenths % 10)
    };
    format!("{} /s", bracketed(value, interval, shown))
}

/// How many there are to one of something else: `1.78`, or `1.78 [1.70, 1.85]`.
pub fn quotient(value: f64, interval: Option<(f64, f64)>) -> String {
    bracketed(value, interval, |value| format!("{value:.2}"))
}

/// With its interval, unless that reads as the value itself does.
fn bracketed(value: f64, interval: Option<(f64, f64)>, shown: impl Fn(f64) -> String) -> String {
    let value = shown(value);
    let interval = interval.map(|(low, high)| (shown(low), shown(high)));
    match interval.filter(|(low, high)| *low != value || *high != value) {
        Some((low, high)) => format!("{value} [{low}, {high}]"),
        None => value,
    }
}

/// A count or a size that statistics have made a fraction.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and sizes are never negative"
)]
pub fn round(value: f64) -> u64 {
    value.round() as u64
}

/// The same, as it is shown.
pub fn whole(value: f64) -> String {
    thousands(round(value))
}

/// 4000000 as 4,000,000.
pub fn thousands(number: u64) -> String {
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

/// A time that something may take.
pub(crate) fn is_time(seconds: f64) -> bool {
    seconds.is_finite() && (0.0..YEAR_S).contains(&seconds)
}

/// The unit that the end of a figure's name tells.
pub fn unit(path: &str) -> fn(f64, Option<(f64, f64)>) -> String {
    // A rate ends as a time does.
    if path.ends_with("_per_s") {
        rate
    } else if path.ends_with("_s") {
        moment
    } else if path.ends_with("_bytes") {
        size
    } else if path.contains("_per_") {
        quotient
    } else {
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 4_000_000].map(thousands), ["0", "999", "1,000", "4,000,000"]);
    }

    #[test]
    fn what_one_task_takes_has_three_digits_that_count() {
        assert_eq!(size(458.2, Some((455.0, 461.4))), "458 [455, 461] B");
        assert_eq!(size(9_412.0, Some((9_300.0, 10_100.0))), "9.41 [9.30, 10.10] kB");
        assert_eq!([2.1e6, 81.0e9, 0.98].map(|value| size(value, None)), ["2.10 MB", "81.0 GB", "0.98 B"]);
        assert_eq!(size(-0.001, Some((-3.0, 2.0))), "0 [-3.00, 2.00] B");
        assert_eq!(size(458.2, Some((458.1, 458.3))), "458 B");
        assert_eq!(moment(12.34e-6, Some((12.0e-6, 13.0e-6))), "12.3 [12.0, 13.0] µs");
        assert_eq!(moment(93.4e-9, Some((90.0e-9, 1.5e-6))), "93.4 [90.0, 1500.0] ns");
        assert_eq!([0.0012, 2.5, 3e-10].map(|value| moment(value, None)), ["1.20 ms", "2.50 s", "0.30 ns"]);
    }

    #[test]
    fn counts_are_whole_rates_have_a_digit_and_quotients_two() {
        assert_eq!(count(1_240.0, Some((1_199.6, 1_280.0))), "1,240 [1,200, 1,280]");
        assert_eq!(count(240.0, Some((240.0, 240.0))), "240");
        assert_eq!(rate(9.96, Some((9.5, 1_240.55))), "10.0 [9.5, 1,240.6] /s");
        assert_eq!(rate(0.0, None), "0.0 /s");
        assert_eq!(quotient(1.784, Some((1.7, 1.85))), "1.78 [1.70, 1.85]");
        assert_eq!(quotient(0.000_08, Some((0.0, 0.001))), "0.00");
    }

    #[test]
    fn the_unit_suits_the_size() {
        let alone = |value| seconds(value, None);
        assert_eq!([0.0004, 0.0094, 0.25, 2.5].map(alone), ["0.4 ms", "9.4 ms", "250 ms", "2.50 s"]);
        assert_eq!(seconds(0.071, Some((0.064, 1.5))), "71 [64, 1500] ms");
        assert_eq!([3_000, 3_600_000, 81_000_000_000].map(bytes), ["3 kB", "3.6 MB", "81.0 GB"]);
    }
}
