//! On the system's own clock, whatever it does meanwhile: nothing here depends on how fast the machine is.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread::spawn;
use std::time::{Duration, Instant};

use rate_limiter::{article, async_std, governor, leaky_bucket, smol, threads, tokio};

/// So long that no test sees its end.
const HOUR: Duration = Duration::from_secs(3_600);

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Done in a runtime of tokio, as the crates need one for their timers.
fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(future)
}

fn is_let_through_now(future: impl Future<Output = ()>) -> bool {
    let at_once = Duration::ZERO;
    on_tokio(async { ::tokio::time::timeout(at_once, future).await.is_ok() })
}

#[test]
fn the_burst_is_let_through_at_once_and_no_more() {
    for burst in [1, 2, 7] {
        let let_through = |try_acquire: &dyn Fn() -> bool| (0..burst + 3).filter(|_| try_acquire()).count();
        let (amount, burst) = (number(1), number(burst));
        let limiter = threads::Limiter::new(amount, HOUR, burst);
        assert_eq!(let_through(&|| limiter.try_acquire()), burst.get() as usize, "threads");
        let limiter = tokio::Limiter::new(amount, HOUR, burst);
        assert_eq!(let_through(&|| limiter.try_acquire()), burst.get() as usize, "tokio");
        let limiter = smol::Limiter::new(amount, HOUR, burst);
        assert_eq!(let_through(&|| limiter.try_acquire()), burst.get() as usize, "smol");
        let limiter = async_std::Limiter::new(amount, HOUR, burst);
        assert_eq!(let_through(&|| limiter.try_acquire()), burst.get() as usize, "async_std");
        let limiter = governor::Limiter::new(amount, HOUR, burst);
        assert_eq!(let_through(&|| limiter.try_acquire()), burst.get() as usize, "governor");
        on_tokio(async {
            let limiter = leaky_bucket::Limiter::new(amount, HOUR, burst);
            assert_eq!(let_through(&|| limiter.try_acquire()), burst.get() as usize, "leaky_bucket");
        });
    }
}

#[test]
fn who_acquires_takes_of_the_same_burst() {
    let (amount, burst) = (number(1), number(2));
    let limiter = threads::Limiter::new(amount, HOUR, burst);
    limiter.acquire();
    assert_eq!([limiter.try_acquire(), limiter.try_acquire()], [true, false], "threads");
    assert!(!limiter.acquire_within(Duration::from_millis(5)), "threads");
    let limiter = tokio::Limiter::new(amount, HOUR, burst);
    assert!(is_let_through_now(limiter.acquire()), "tokio");
    assert_eq!([limiter.try_acquire(), limiter.try_acquire()], [true, false], "tokio");
    assert!(!is_let_through_now(limiter.acquire()), "tokio");
    let limiter = smol::Limiter::new(amount, HOUR, burst);
    assert!(is_let_through_now(limiter.acquire()), "smol");
    assert_eq!([limiter.try_acquire(), limiter.try_acquire()], [true, false], "smol");
    assert!(!is_let_through_now(limiter.acquire()), "smol");
    let limiter = async_std::Limiter::new(amount, HOUR, burst);
    assert!(is_let_through_now(limiter.acquire()), "async_std");
    assert_eq!([limiter.try_acquire(), limiter.try_acquire()], [true, false], "async_std");
    assert!(!is_let_through_now(limiter.acquire()), "async_std");
}

#[test]
fn no_rate_is_too_low_or_too_high() {
    for (amount, per) in [
        (1, Duration::MAX),
        (u32::MAX, Duration::from_nanos(1)),
        (u32::MAX, Duration::MAX),
        (7, Duration::ZERO),
    ] {
        for burst in [1, u32::MAX] {
            let limiter = threads::Limiter::new(number(amount), per, number(burst));
            assert!(limiter.try_acquire(), "{amount} in {per:?}, {burst} at once");
            let is_second_let_through = limiter.acquire_within(Duration::from_millis(2));
            assert_eq!(
                is_second_let_through,
                burst > 1 || per < HOUR,
                "{amount} in {per:?}, {burst} at once"
            );
        }
    }
}

#[test]
fn all_get_through_and_not_before_their_time() {
    const CALLERS: u32 = 40;
    let (amount, per, burst) = (number(1_000), Duration::from_secs(1), number(4));
    let earliest = per * (CALLERS - burst.get()) / amount.get();

    let started = Instant::now();
    let limiter = Arc::new(threads::Limiter::new(amount, per, burst));
    let callers = (0..CALLERS).map(|_| Arc::clone(&limiter)).map(|limiter| spawn(move || limiter.acquire()));
    callers.collect::<Vec<_>>().into_iter().for_each(|caller| caller.join().unwrap());
    assert!(started.elapsed() >= earliest, "threads");

    let started = Instant::now();
    let limiter = Arc::new(tokio::Limiter::new(amount, per, burst));
    ::tokio::runtime::Runtime::new().unwrap().block_on(async {
        let callers = (0..CALLERS).map(|_| Arc::clone(&limiter));
        let callers = callers.map(|limiter| ::tokio::spawn(async move { limiter.acquire().await }));
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
    });
    assert!(started.elapsed() >= earliest, "tokio");

    let started = Instant::now();
    let limiter = Arc::new(smol::Limiter::new(amount, per, burst));
    ::smol::block_on(async {
        let callers = (0..CALLERS).map(|_| Arc::clone(&limiter));
        let callers = callers.map(|limiter| ::smol::spawn(async move { limiter.acquire().await }));
        for caller in callers.collect::<Vec<_>>() {
            caller.await;
        }
    });
    assert!(started.elapsed() >= earliest, "smol");

    let started = Instant::now();
    let limiter = Arc::new(async_std::Limiter::new(amount, per, burst));
    ::async_std::task::block_on(async {
        let callers = (0..CALLERS).map(|_| Arc::clone(&limiter));
        let callers = callers.map(|limiter| ::async_std::task::spawn(async move { limiter.acquire().await }));
        for caller in callers.collect::<Vec<_>>() {
            caller.await;
        }
    });
    assert!(started.elapsed() >= earliest, "async_std");
}

#[test]
fn a_thread_that_runs_out_of_patience_is_not_waited_for() {
    let limiter = Arc::new(threads::Limiter::new(number(1), HOUR, number(1)));
    limiter.acquire();
    let callers: Vec<_> = (1..=8)
        .map(|patience| {
            let limiter = Arc::clone(&limiter);
            spawn(move || limiter.acquire_within(Duration::from_millis(patience)))
        })
        .collect();
    assert!(callers.into_iter().map(|caller| caller.join().unwrap()).all(|is_let_through| !is_let_through));
}

/// On tokio's own simulated clock, on which only timers take time.
#[test]
fn the_articles_lets_all_through_after_one_interval() {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let times = runtime.unwrap().block_on(async {
        let limiter = Arc::new(article::Limiter::new(number(10), Duration::from_secs(1), number(1)));
        let started = ::tokio::time::Instant::now();
        let callers = (0..1_000).map(|_| Arc::clone(&limiter)).map(|limiter| {
            ::tokio::spawn(async move {
                limiter.acquire().await;
                started.elapsed()
            })
        });
        let mut times = Vec::new();
        for caller in callers.collect::<Vec<_>>() {
            times.push(caller.await.unwrap());
        }
        times
    });
    assert_eq!(times[0], Duration::ZERO);
    // The timer of tokio tells milliseconds apart.
    assert!(times[1..].iter().all(|time| (100..=101).contains(&time.as_millis())));
}
