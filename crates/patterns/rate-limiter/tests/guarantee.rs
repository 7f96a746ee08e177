//! What the limiter promises, on a simulated clock, whatever its callers do.
//!
//! The unmodified files get that clock where they say `std`, `tokio`, `smol` or `async_std`. Callers are polled by hand, on one
//! thread: proptest makes up who comes, is polled or gives up, when, and how late each timer fires. That says nothing of two at the
//! same time.

#![allow(unreachable_pub, reason = "the files are public where they live")]

extern crate self as async_std;
extern crate self as smol;
extern crate self as std;
extern crate self as tokio;
extern crate std as real_std;
pub use real_std::{collections, num, sync};
pub use time::Timer;

#[path = "../src/article.rs"]
mod article;
#[path = "../src/async_std.rs"]
mod on_async_std;
#[path = "../src/smol.rs"]
mod on_smol;
#[path = "../src/tokio.rs"]
mod on_tokio;
#[path = "guarantee/simulation.rs"]
mod simulation;
#[path = "guarantee/time.rs"]
pub mod time;

pub mod future {
    pub use crate::time::yield_now;
    pub use real_std::future::*;
}

pub mod task {
    pub use crate::time::{sleep, yield_now};
    pub use real_std::task::{Context, Poll, Waker};
}

use core::num::NonZeroU32;
use core::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use simulation::{Form, Simulation, form};
use time::{CLOCK, Instant, pass};

#[derive(Clone, Debug)]
struct Script {
    rate: Rate,
    /// How much of the burst there is to begin with, at most.
    left: usize,
    /// How late the timers fire, one after the other, in thousandths of the most.
    lateness: Vec<u32>,
    events: Vec<Event>,
}

#[derive(Clone, Copy, Debug)]
struct Rate {
    amount: NonZeroU32,
    per: Duration,
    burst: NonZeroU32,
}

#[derive(Clone, Debug)]
enum Event {
    Come(usize),
    TryAcquire,
    /// One of those who wait gives up.
    Cancel(usize),
    /// One of those who were woken is polled.
    Run(usize),
    /// One of those who wait is polled, woken or not, as `select!` does.
    Poll(usize),
    /// Thousandths of an interval pass, less some nanoseconds.
    Pass(u32, u64),
}

fn scripts() -> impl Strategy<Value = Script> {
    let amount = prop_oneof![1..=10_u32, 1..=1_000_u32, Just(100_000)];
    let interval = prop_oneof![
        10_000..100_000_u64,
        100_000..100_000_000_u64,
        100_000_000..=60_000_000_000_u64
    ];
    let burst = prop_oneof![3 => 1..=5_u32, 2 => 6..=50_u32, 1 => 51..=1_000_u32];
    let rate =
        (amount, interval, any::<u32>(), burst).prop_map(|(amount, interval, more, burst)| Rate {
            amount: NonZeroU32::new(amount).unwrap(),
            // Mostly the amount does not divide it.
            per: Duration::from_nanos(u64::from(amount) * interval + u64::from(more % amount)),
            burst: NonZeroU32::new(burst).unwrap(),
        });
    let part = prop_oneof![
        0..=3_000_u32,
        (0..=8_u32).prop_map(|intervals| intervals * 1_000)
    ];
    let event = prop_oneof![
        3 => prop_oneof![4 => Just(1), 1 => 2..=30_usize].prop_map(Event::Come),
        2 => Just(Event::TryAcquire),
        2 => (0..64_usize).prop_map(Event::Cancel),
        6 => (0..64_usize).prop_map(Event::Run),
        1 => (0..64_usize).prop_map(Event::Poll),
        6 => (part, 0..=1_u64).prop_map(|(part, less)| Event::Pass(part, less)),
    ];
    let lateness = vec(prop_oneof![Just(0), Just(1_000), 0..=1_000_u32], 1..8);
    (rate, 0..=3_usize, lateness, vec(event, 0..100)).prop_map(|(rate, left, lateness, events)| {
        Script {
            rate,
            left,
            lateness,
            events,
        }
    })
}

impl Script {
    fn lateness(&self, most: Duration) -> Vec<Duration> {
        self.lateness
            .iter()
            .map(|part| most * *part / 1_000)
            .collect()
    }
}

impl Rate {
    /// In how much time so many are let through on average, up to the next nanosecond.
    fn time_for(self, many: usize) -> Duration {
        let nanos = (many as u128 * self.per.as_nanos()).div_ceil(self.amount.get().into());
        Duration::from_nanos(nanos.try_into().unwrap())
    }

    /// How many may be let through from the beginning of a window to its end.
    fn most_within(self, window: Duration) -> u128 {
        u128::from(self.burst.get())
            + window.as_nanos() * u128::from(self.amount.get()) / self.per.as_nanos()
    }

    fn burst(self) -> usize {
        self.burst.get() as usize
    }
}

fn right_forms() -> [(&'static str, Form); 3] {
    use {on_async_std::Limiter as AsyncStd, on_smol::Limiter as Smol, on_tokio::Limiter as Tokio};
    [
        (
            "tokio",
            form(Tokio::new, Tokio::acquire, Tokio::try_acquire),
        ),
        ("smol", form(Smol::new, Smol::acquire, Smol::try_acquire)),
        (
            "async_std",
            form(AsyncStd::new, AsyncStd::acquire, AsyncStd::try_acquire),
        ),
    ]
}

fn for_each_form(check: impl Fn(&Form, &Script)) {
    for (name, form) in right_forms() {
        let config = Config {
            failure_persistence: None,
            ..Config::default()
        };
        let result = TestRunner::new(config).run(&scripts(), |script| {
            check(&form, &script);
            Ok(())
        });
        result.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}

#[test]
fn in_no_window_are_more_let_through_than_may() {
    for_each_form(|form, script| {
        let admitted = Simulation::play(form, script).admitted;
        for (i, first) in admitted.iter().enumerate() {
            for (j, last) in admitted.iter().enumerate().skip(i + 1) {
                let (count, window) = ((j - i + 1) as u128, last.at - first.at);
                assert!(
                    count <= script.rate.most_within(window),
                    "{count} within {window:?}"
                );
            }
        }
    });
}

#[test]
fn nobody_overtakes() {
    for_each_form(|form, script| {
        let admitted = Simulation::play(form, script).admitted;
        assert!(admitted.iter().all(|admission| admission.overtaken == 0));
    });
}

#[test]
fn after_a_pause_the_whole_burst_is_let_through_at_once() {
    for_each_form(|form, script| {
        let mut simulation = Simulation::play(form, script);
        pass(script.rate.time_for(1) * script.rate.burst.get());
        for _ in 0..script.rate.burst() {
            // One that yields is let through when it is polled again.
            simulation.come();
            simulation.settle();
            assert!(simulation.waiting.is_empty(), "one has to wait");
        }
        simulation.come();
        simulation.settle();
        assert!(!simulation.waiting.is_empty(), "one too many");
    });
}

#[test]
fn one_that_never_has_to_wait_yields_now_and_then_and_has_its_place_meanwhile() {
    const BURST: u32 = 1_000;
    for (name, form) in right_forms() {
        let burst = NonZeroU32::new(BURST).unwrap();
        let (amount, per) = (NonZeroU32::MIN, Duration::from_secs(1));
        let rate = Rate { amount, per, burst };
        let mut simulation = Simulation::new(&form, rate, vec![Duration::ZERO]);
        let (mut in_a_row, mut yields) = (0, 0);
        while simulation.admitted.len() < BURST as usize - 1 {
            if simulation.come() {
                in_a_row += 1;
                assert!(in_a_row < 100, "{name}: the others of its thread never run");
                continue;
            }
            (in_a_row, yields) = (0, yields + 1);
            assert!(!simulation.try_acquire(), "{name}: it is overtaken");
            assert!(!simulation.come(), "{name}: it is overtaken");
            if yields % 2 == 0 {
                // Who gives up then has used nothing up.
                simulation.step(&Event::Cancel(0));
            }
            simulation.settle();
            assert!(simulation.waiting.is_empty(), "{name}: it waits for time");
        }
        assert!(yields > 0, "{name}");
        let timers = CLOCK.with_borrow(|clock| clock.timers_set);
        assert_eq!(timers, 0, "{name}: it waits for a timer");
        let overtaken = |admission: &simulation::Admission| admission.overtaken > 0;
        assert!(!simulation.admitted.iter().any(overtaken), "{name}");
        while simulation.admitted.len() < BURST as usize {
            simulation.come();
            simulation.settle();
            assert!(simulation.waiting.is_empty(), "{name}: one was used up");
        }
        simulation.come();
        simulation.settle();
        assert!(!simulation.waiting.is_empty(), "{name}: one too many");
    }
}

#[test]
fn at_the_slowest_rate_there_is_no_more_than_the_burst_is_let_through() {
    for (name, form) in right_forms() {
        for burst in [1, 2, 1_000] {
            let burst = NonZeroU32::new(burst).unwrap();
            let rate = Rate {
                amount: NonZeroU32::MIN,
                per: Duration::MAX,
                burst,
            };
            let mut simulation = Simulation::new(&form, rate, vec![Duration::ZERO]);
            simulation.spend_burst(0);
            assert!(!simulation.come(), "{name}: more than {burst}");
        }
    }
}

#[test]
fn whoever_does_not_give_up_is_let_through() {
    for_each_form(|form, script| assert!(Simulation::play(form, script).waiting.is_empty()));
}

#[test]
fn the_rate_is_kept_where_the_burst_makes_up_for_late_timers() {
    for_each_form(|form, script| {
        let rate = script.rate;
        // The most for which `burst >= 1 + rate × lateness`.
        let lateness = script.lateness(rate.per * (rate.burst.get() - 1) / rate.amount.get());
        let latest = *lateness.iter().max().unwrap();
        let mut simulation = Simulation::new(form, rate, lateness);
        let begun = Instant::now();
        simulation.spend_burst(0);
        simulation.step(&Event::Come(20));
        for event in &script.events {
            // No time passes while somebody who was woken could go on, nor while nobody waits.
            if matches!(event, Event::Pass(..)) {
                simulation.settle();
            }
            if simulation.waiting.is_empty() {
                break;
            }
            simulation.step(event);
        }
        simulation.finish();
        for (before, admission) in simulation.admitted[rate.burst()..].iter().enumerate() {
            let rounded = Duration::from_nanos(before as u64 + 1);
            let most = rate.time_for(before + 1) + rounded + latest;
            assert!(admission.at - begun <= most, "late after {before} others");
        }
        assert!(simulation.waiting.is_empty(), "somebody waits for ever");
    });
}

#[test]
fn one_timer_is_set_and_nobody_is_woken_in_vain() {
    for_each_form(|form, script| {
        let queued = Simulation::play(form, script).queued;
        CLOCK.with_borrow(|clock| {
            assert!(
                clock.most_timers <= 1,
                "{} timers at a time",
                clock.most_timers
            );
            assert!(
                clock.timers_set <= queued,
                "{} timers for {queued}",
                clock.timers_set
            );
            assert!(
                clock.wake_ups <= queued + clock.timers_fired,
                "{} wake-ups",
                clock.wake_ups
            );
        });
    });
}

/// When it lets callers through, at one a second.
fn by_the_article(call: impl Fn(&mut Simulation)) -> Vec<Duration> {
    use article::Limiter as Article;
    let form = form(Article::new, Article::acquire, |_| {
        unreachable!("the article has none")
    });
    let rate = Rate {
        amount: NonZeroU32::MIN,
        per: Duration::from_secs(1),
        burst: NonZeroU32::MIN,
    };
    let mut simulation = Simulation::new(&form, rate, vec![Duration::ZERO]);
    let begun = Instant::now();
    call(&mut simulation);
    simulation.finish();
    simulation
        .admitted
        .iter()
        .map(|admission| admission.at - begun)
        .collect()
}

#[test]
fn the_article_lets_a_thousand_through_in_one_interval() {
    let admitted = by_the_article(|simulation| simulation.step(&Event::Come(1_000)));
    assert_eq!(admitted[0], Duration::ZERO);
    assert_eq!(admitted[1..], [Duration::from_secs(1); 999]);
}

#[test]
fn the_article_lets_one_alone_through_twice_in_each_interval() {
    let admitted = by_the_article(|simulation| {
        for _ in 0..1_000 {
            simulation.come();
            simulation.finish();
        }
    });
    let expected: Vec<_> = (0..1_000_u64)
        .map(|call| Duration::from_secs(call.div_ceil(2)))
        .collect();
    assert_eq!(admitted, expected);
}
