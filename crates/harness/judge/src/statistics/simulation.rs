//! Whether 95 % is 95 %: the intervals and the decisions, put to noise whose median is known.
//!
//! Seeds are fixed, so the shares are the same each time. A right method may fall short of 95 % by chance: by less than 1.1 points
//! in all but one of a thousand simulations of this length.

use fastrand::Rng;

use super::*;

const TIMES: usize = 4_000;
const LEAST: f64 = 0.95 - 0.011;
const MOST_ROUNDS: usize = 20;

/// A kind of noise: a positive figure whose median is 1.
type Noise = fn(&mut Rng) -> f64;

const NOISES: [(&str, Noise); 3] =
    [("log-normal", log_normal), ("spiky", spiky), ("in two places", in_two_places)];

fn log_normal(rng: &mut Rng) -> f64 {
    // Box and Muller's normal deviate.
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    (0.3 * radius * (std::f64::consts::TAU * rng.f64()).cos()).exp()
}

/// One run in ten takes five times as long, and one in ten a fifth.
fn spiky(rng: &mut Rng) -> f64 {
    let spike = [5.0, 0.2].get(rng.usize(..10)).copied().unwrap_or(1.0);
    spike * (1.0 + 0.02 * (rng.f64() - 0.5))
}

/// Half of the runs are on a fast core, half on a slow one.
fn in_two_places(rng: &mut Rng) -> f64 {
    let place = if rng.bool() { 0.8 } else { 1.2 };
    place + 0.4 * (rng.f64() - 0.5)
}

fn draw(noise: Noise, count: usize, rng: &mut Rng) -> Vec<f64> {
    std::iter::repeat_with(|| noise(rng)).take(count).collect()
}

/// In which share of all simulations it is so.
fn share(mut is_so: impl FnMut(&mut Rng) -> bool) -> f64 {
    let mut rng = Rng::with_seed(24);
    (0..TIMES).filter(|_| is_so(&mut rng)).count() as f64 / TIMES as f64
}

fn holds(interval: Interval, truth: f64) -> bool {
    interval.bounds.is_none_or(|(low, high)| low <= truth && truth <= high)
}

/// The least share over all noises and numbers of runs in which `method` gives an interval with the true median in it.
fn coverage(method: impl Fn(&[f64]) -> Interval) -> f64 {
    let runs = [6, 7, 8, 10, 12, 15, 20].into_iter();
    let each = runs.flat_map(|runs| NOISES.map(|(_, noise)| (runs, noise)));
    each.map(|(runs, noise)| share(|rng| holds(method(&draw(noise, runs, rng)), 1.0))).fold(1.0, f64::min)
}

/// The percentile bootstrap of the median, which this project had until 2026.
fn bootstrap(values: &[f64]) -> Interval {
    let mut rng = Rng::with_seed(1);
    let resample = |_| median(&values.iter().map(|_| values[rng.usize(..values.len())]).collect::<Vec<_>>());
    let mut medians: Vec<f64> = (0..400).map(resample).collect();
    medians.sort_unstable_by(f64::total_cmp);
    Interval { median: median(values), bounds: Some((medians[10], medians[389])) }
}

#[test]
fn an_interval_holds_the_median_at_every_number_of_runs() {
    let least = coverage(interval);
    assert!(least >= LEAST, "{least}");
}

#[test]
fn a_bootstrapped_interval_does_not() {
    let least = coverage(bootstrap);
    assert!(least < 0.93, "{least}");
}

#[test]
fn an_interval_holds_the_median_at_every_look() {
    for (name, noise) in NOISES {
        let share = share(|rng| {
            let values = draw(noise, MOST_ROUNDS, rng);
            (1..=MOST_ROUNDS).all(|rounds| holds(interval(&values[..rounds]), 1.0))
        });
        assert!(share >= LEAST, "{name}: {share}");
    }
}

#[test]
fn a_bootstrapped_interval_at_every_look_does_far_worse() {
    let share = share(|rng| {
        let values = draw(log_normal, MOST_ROUNDS, rng);
        (RUNS_TO_DECIDE..=MOST_ROUNDS).all(|rounds| holds(bootstrap(&values[..rounds]), 1.0))
    });
    assert!(share < 0.85, "{share}");
}

/// The worst that there is: the median lies as close to the bound as it can, on the other side of what is decided.
#[test]
fn a_decision_is_right_though_it_stops_as_soon_as_it_can() {
    for (name, noise) in NOISES {
        for (side, wrong) in [("above", 1.0 + 1e-9), ("below", 1.0 - 1e-9)] {
            let share = share(|rng| {
                let (low, high) = proven(&draw(noise, MOST_ROUNDS, rng));
                if wrong > 1.0 { low < wrong } else { high > wrong }
            });
            assert!(share >= LEAST, "{name}, {side}: {share}");
        }
    }
}

#[test]
fn most_is_right_though_it_stops_as_soon_as_it_can() {
    let share = share(|rng| {
        let rounds: Vec<bool> = std::iter::repeat_with(|| rng.bool()).take(MOST_ROUNDS).collect();
        is_most(&rounds) != Some(true)
    });
    assert!(share >= LEAST, "{share}");
}

#[test]
fn a_decision_is_made_where_there_is_something_to_decide() {
    let share = share(|rng| proven(&draw(log_normal, 12, rng)).1 < 2.0);
    assert!(share > 0.95, "{share}");
}

/// The machine slows down by a half over the rounds, and takes both runs of each with it.
#[test]
fn a_ratio_of_rounds_is_right_while_the_machine_drifts() {
    for (name, noise) in NOISES {
        let share = share(|rng| {
            let drifting = |rng: &mut Rng| -> Vec<f64> {
                (0..10).map(|round| noise(rng) * (1.0 + 0.05 * f64::from(round))).collect()
            };
            let (of, to) = (drifting(rng), drifting(rng));
            holds(ratio(&of, &to), 1.0)
        });
        assert!(share >= LEAST, "{name}: {share}");
    }
}

#[test]
fn a_ratio_of_two_runs_is_right() {
    for runs in [5, 6, 8, 12, 16, 20] {
        for (name, noise) in NOISES {
            let share =
                share(|rng| holds(unpaired_ratio(&draw(noise, runs, rng), &draw(noise, runs, rng)), 1.0));
            assert!(share >= LEAST, "{name}, {runs} runs: {share}");
        }
    }
}

#[test]
fn a_slope_is_right() {
    for (name, noise) in NOISES {
        let share = share(|rng| {
            let points =
                [1.0, 100.0, 1e4].map(|n| (n, draw(noise, 8, rng).iter().map(|one| Some(n * one)).collect()));
            holds(interval(&slopes(&points)), 1.0)
        });
        assert!(share >= LEAST - 0.01, "{name}: {share}");
    }
}
