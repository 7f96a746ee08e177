//! On the system's own clock, whatever it does meanwhile: nothing here depends on how fast the machine is.

use std::num::{NonZeroU32, NonZeroUsize};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::spawn;
use std::time::{Duration, Instant};

use bounded_pool::buffer_unordered;
use rate_limiter::{article, async_std, governor, leaky_bucket, smol, threads, tokio};

use ::smol::stream::StreamExt;

/// So long that no test sees its end.
const HOUR: Duration = Duration::from_secs(3_600);

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Done in a runtime of tokio, as the crates need one for their timers.
fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    let runtime = ::tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

fn is_let_through_now(future: impl Future<Output = ()>) -> bool {
    let at_once = Duration::ZERO;
    on_tokio(async { ::tokio::time::timeout(at_once, future).await.is_ok() })
}

#[test]
fn the_burst_is_let_through_at_once_and_no_more() {
    for burst in [1, 2, 7] {
        let let_through =
            |try_acquire: &dyn Fn() -> bool| (0..burst + 3).filter(|_| try_acquire()).count();
        let (amount, burst) = (number(1), number(burst));
        let limiter = threads::Limiter::new(amount, HOUR, burst);
        assert_eq!(
            let_through(&|| limiter.try_acquire()),
            burst.get() as usize,
            "threads"
        );
        let limiter = tokio::Limiter::new(amount, HOUR, burst);
        assert_eq!(
            let_through(&|| limiter.try_acquire()),
            burst.get() as usize,
            "tokio"
        );
        let limiter = smol::Limiter::new(amount, HOUR, burst);
        assert_eq!(
            let_through(&|| limiter.try_acquire()),
            burst.get() as usize,
            "smol"
        );
        let limiter = async_std::Limiter::new(amount, HOUR, burst);
        assert_eq!(
            let_through(&|| limiter.try_acquire()),
            burst.get() as usize,
            "async_std"
        );
        let limiter = governor::Limiter::new(amount, HOUR, burst);
        assert_eq!(
            let_through(&|| limiter.try_acquire()),
            burst.get() as usize,
            "governor"
        );
        on_tokio(async {
            let limiter = leaky_bucket::Limiter::new(amount, HOUR, burst);
            assert_eq!(
                let_through(&|| limiter.try_acquire()),
                burst.get() as usize,
                "leaky_bucket"
            );
        });
    }
}

#[test]
fn who_acquires_takes_of_the_same_burst() {
    let (amount, burst) = (number(1), number(2));
    let limiter = threads::Limiter::new(amount, HOUR, burst);
    limiter.acquire();
    assert_eq!(
        [limiter.try_acquire(), limiter.try_acquire()],
        [true, false],
        "threads"
    );
    assert!(!limiter.acquire_within(Duration::from_millis(5)), "threads");
    let limiter = tokio::Limiter::new(amount, HOUR, burst);
    assert!(is_let_through_now(limiter.acquire()), "tokio");
    assert_eq!(
        [limiter.try_acquire(), limiter.try_acquire()],
        [true, false],
        "tokio"
    );
    assert!(!is_let_through_now(limiter.acquire()), "tokio");
    let limiter = smol::Limiter::new(amount, HOUR, burst);
    assert!(is_let_through_now(limiter.acquire()), "smol");
    assert_eq!(
        [limiter.try_acquire(), limiter.try_acquire()],
        [true, false],
        "smol"
    );
    assert!(!is_let_through_now(limiter.acquire()), "smol");
    let limiter = async_std::Limiter::new(amount, HOUR, burst);
    assert!(is_let_through_now(limiter.acquire()), "async_std");
    assert_eq!(
        [limiter.try_acquire(), limiter.try_acquire()],
        [true, false],
        "async_std"
    );
    assert!(!is_let_through_now(limiter.acquire()), "async_std");
}

#[test]
fn no_rate_is_too_low_or_too_high() {
    let amounts = [1, 7, 1_001, 999_999_999, u32::MAX].map(number);
    let nanosecond = Duration::from_nanos(1);
    let second = Duration::from_secs(1);
    let pers = [Duration::ZERO, nanosecond, second, HOUR, Duration::MAX];
    for (amount, per) in amounts
        .iter()
        .flat_map(|&amount| pers.map(|per| (amount, per)))
    {
        for burst in [1, 2, 1_000, u32::MAX].map(number) {
            // One, and another before a second one may be.
            let check = |name: &str, try_acquire: &dyn Fn() -> bool| {
                let rate = format!("{name}: {amount} in {per:?}, {burst} at once");
                assert!(try_acquire(), "{rate}");
                let is_second_let_through = try_acquire();
                if burst.get() == 1 && amount.get() <= 7 && per >= HOUR {
                    assert!(!is_second_let_through, "{rate}");
                }
            };
            let limiter = threads::Limiter::new(amount, per, burst);
            check("threads", &|| limiter.try_acquire());
            let limiter = tokio::Limiter::new(amount, per, burst);
            check("tokio", &|| limiter.try_acquire());
            let limiter = smol::Limiter::new(amount, per, burst);
            check("smol", &|| limiter.try_acquire());
            let limiter = async_std::Limiter::new(amount, per, burst);
            check("async_std", &|| limiter.try_acquire());
            let limiter = governor::Limiter::new(amount, per, burst);
            check("governor", &|| limiter.try_acquire());
            let limiters = governor::Limiters::new(amount, per, burst);
            check("governor, with keys", &|| limiters.try_acquire(&"key"));
            on_tokio(async {
                let limiter = leaky_bucket::Limiter::new(amount, per, burst);
                check("leaky_bucket", &|| limiter.try_acquire());
            });
        }
    }
    for (amount, per) in [
        (1, Duration::MAX),
        (u32::MAX, nanosecond),
        (7, Duration::ZERO),
    ] {
        for burst in [1, u32::MAX] {
            let limiter = threads::Limiter::new(number(amount), per, number(burst));
            assert!(
                limiter.try_acquire(),
                "{amount} in {per:?}, {burst} at once"
            );
            let is_second_let_through = limiter.acquire_within(Duration::from_millis(2));
            let may = burst > 1 || per < HOUR;
            assert_eq!(
                is_second_let_through, may,
                "{amount} in {per:?}, {burst} at once"
            );
        }
    }
}

#[test]
fn governors_interval_is_rounded_up() {
    for (amount, per, interval) in [
        (3, Duration::from_secs(1), "333.333334ms"),
        (600_000_000, Duration::from_secs(1), "2ns"),
        (1_000, Duration::from_secs(1), "1ms"),
        (u32::MAX, Duration::from_nanos(1), "1ns"),
    ] {
        let limiter = governor::Limiter::new(number(amount), per, number(1));
        let told = format!("{limiter:?}");
        assert!(told.contains(&format!(" t: Nanos({interval})")), "{told}");
    }
}

/// On tokio's own simulated clock, on which only timers take time.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = ::tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}

#[test]
fn a_leaky_bucket_lets_through_what_its_rate_says_and_never_more() {
    let rates = [
        (1_001, 1),
        (1_001, 100),
        (600, 5),
        (150, 10),
        (190, 3),
        (7, 3),
        (3, 1),
        (999, 2),
    ];
    for ((amount, burst), late_ms) in rates
        .into_iter()
        .flat_map(|rate| [1, 3, 17].map(|ms| (rate, ms)))
    {
        let step = Duration::from_millis(late_ms);
        let admitted = paused(async {
            let limiter =
                leaky_bucket::Limiter::new(number(amount), Duration::from_secs(1), number(burst));
            let mut admitted = Vec::new();
            for _ in 0..5_000 / late_ms {
                admitted.push((0..9 * burst).take_while(|_| limiter.try_acquire()).count());
                ::tokio::time::advance(step).await;
            }
            admitted
        });
        let drop = (f64::from(amount) / 100.0).ceil().min(f64::from(burst));
        let rate = format!("{amount} a second, {burst} at once, looked at every {late_ms} ms");
        for from in 0..admitted.len() {
            let mut count = 0;
            for (to, many) in admitted.iter().enumerate().skip(from) {
                count += many;
                let within = step.as_secs_f64() * (to - from) as f64;
                let most = f64::from(burst) + f64::from(amount) * within + drop;
                assert!(count as f64 <= most, "{rate}: {count} within {within} s");
            }
        }
        // If it is asked often enough for its burst, it loses less than a tenth and its lateness.
        if f64::from(burst) > 2.0 * drop && late_ms == 1 {
            let count: usize = admitted.iter().sum();
            assert!(
                count as f64 >= f64::from(amount) * 5.0 * 0.85,
                "{rate}: {count} in 5 s"
            );
        }
    }
}

#[test]
fn a_leaky_bucket_lets_several_through_at_once() {
    paused(async {
        let limiter = leaky_bucket::Limiter::new(number(10), Duration::from_secs(1), number(10));
        let started = ::tokio::time::Instant::now();
        limiter.acquire_many(10).await;
        assert_eq!(started.elapsed(), Duration::ZERO, "the burst");
        limiter.acquire_many(5).await;
        assert!(
            (500..=510).contains(&started.elapsed().as_millis()),
            "five intervals"
        );
        // More than the bucket can hold, so it is waited for in parts.
        limiter.acquire_many(25).await;
        assert!(
            (3_000..=3_030).contains(&started.elapsed().as_millis()),
            "thirty intervals"
        );
        limiter.acquire_many(0).await;
    });
}

#[test]
fn each_key_has_a_rate_of_its_own_and_is_forgotten_when_it_is_idle() {
    let limiters = governor::Limiters::new(number(1), HOUR, number(2));
    for key in ["one", "other"] {
        let let_through = (0..5).filter(|_| limiters.try_acquire(&key)).count();
        assert_eq!(let_through, 2, "{key}");
    }
    assert!(!is_let_through_now(limiters.acquire(&"one")));
    assert!(is_let_through_now(limiters.acquire(&"third")));
    limiters.forget_idle();
    assert!(
        !limiters.try_acquire(&"one"),
        "one that is not idle is not forgotten"
    );

    let limiters = governor::Limiters::new(number(1_000), Duration::from_millis(1), number(1));
    for key in 0..1_000 {
        assert!(limiters.try_acquire(&key));
    }
    let told = format!("{limiters:?}");
    std::thread::sleep(Duration::from_millis(5));
    limiters.forget_idle();
    let told_after = format!("{limiters:?}");
    assert!(told_after.len() < told.len() / 10, "{told_after}");
}

#[test]
fn one_that_never_has_to_wait_lets_others_run() {
    async fn others_run<F: Future<Output = ()>>(name: &str, acquire: impl Fn() -> F) {
        let is_run = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&is_run);
        let other = ::tokio::spawn(async move { shared.store(true, SeqCst) });
        for _ in 0..1_000 {
            acquire().await;
        }
        assert!(is_run.load(SeqCst), "{name}");
        other.await.unwrap();
    }

    let (amount, burst) = (number(1), number(2_000));
    on_tokio(async {
        let limiter = tokio::Limiter::new(amount, HOUR, burst);
        others_run("tokio", || limiter.acquire()).await;
        let limiter = smol::Limiter::new(amount, HOUR, burst);
        others_run("smol", || limiter.acquire()).await;
        let limiter = async_std::Limiter::new(amount, HOUR, burst);
        others_run("async_std", || limiter.acquire()).await;
        let limiter = governor::Limiter::new(amount, HOUR, burst);
        others_run("governor", || limiter.acquire()).await;
        let limiters = governor::Limiters::new(amount, HOUR, burst);
        others_run("governor, with keys", || limiters.acquire(&"key")).await;
        let limiter = leaky_bucket::Limiter::new(amount, HOUR, burst);
        others_run("leaky_bucket", || limiter.acquire()).await;
        let limiter = leaky_bucket::Limiter::new(amount, HOUR, burst);
        others_run("leaky_bucket, several", || limiter.acquire_many(2)).await;
    });
}

/// What the documentation of `acquire` warns of: what is polled only where its results are taken has the first place, and who
/// takes them waits behind it. The clock is simulated, so a minute that nobody uses is over at once.
#[test]
fn neither_continues_if_the_work_of_buffer_unordered_and_its_taker_acquire() {
    const MINUTE: Duration = Duration::from_secs(60);
    const TEN: std::ops::Range<u32> = 0..10;

    async fn ends(taken: impl Future<Output = usize>) -> bool {
        ::tokio::time::timeout(MINUTE, taken)
            .await
            .is_ok_and(|taken| taken == 10)
    }

    let (amount, per, burst) = (number(10), Duration::from_secs(1), number(1));
    let at_once = NonZeroUsize::new(3).unwrap();
    let new = || Arc::new(tokio::Limiter::new(amount, per, burst));
    let acquires = |limiter: &Arc<tokio::Limiter>| {
        let limiter = Arc::clone(limiter);
        move |input| {
            let limiter = Arc::clone(&limiter);
            async move {
                limiter.acquire().await;
                Ok::<_, ()>(input)
            }
        }
    };
    let both = async {
        let limiter = new();
        let mut taken = 0;
        let mut results = pin!(buffer_unordered::stream(TEN, at_once, acquires(&limiter)));
        while results.next().await.is_some() {
            limiter.acquire().await;
            taken += 1;
        }
        taken
    };
    assert!(
        !paused(ends(both)),
        "it ends: the documentation warns of nothing"
    );
    let only_the_work = async {
        let limiter = new();
        buffer_unordered::stream(TEN, at_once, acquires(&limiter))
            .count()
            .await
    };
    assert!(paused(ends(only_the_work)));
    let work_in_tasks = async {
        let limiter = new();
        let mut taken = 0;
        let mut results = bounded_pool::tokio::stream(TEN, at_once, acquires(&limiter));
        while results.next().await.is_some() {
            limiter.acquire().await;
            taken += 1;
        }
        taken
    };
    assert!(paused(ends(work_in_tasks)));
    let taker_in_a_task = async {
        let limiter = new();
        let (sender, mut receiver) = ::tokio::sync::mpsc::unbounded_channel();
        let work = acquires(&limiter);
        let taker = ::tokio::spawn(async move {
            let mut taken = 0;
            while receiver.recv().await.is_some() {
                limiter.acquire().await;
                taken += 1;
            }
            taken
        });
        let mut results = pin!(buffer_unordered::stream(TEN, at_once, work));
        while let Some(result) = results.next().await {
            sender.send(result).unwrap();
        }
        drop(sender);
        taker.await.unwrap()
    };
    assert!(paused(ends(taker_in_a_task)));
    // Without an order there is no first whom nobody polls. Its timers are the system's.
    let without_order = async {
        let limiter = governor::Limiter::new(number(1_000), per, burst);
        let mut taken = 0;
        let work = async |input| {
            limiter.acquire().await;
            Ok::<_, ()>(input)
        };
        let mut results = pin!(buffer_unordered::stream(TEN, at_once, work));
        while results.next().await.is_some() {
            limiter.acquire().await;
            taken += 1;
        }
        taken
    };
    assert!(on_tokio(ends(without_order)));
}

#[test]
fn all_get_through_and_not_before_their_time() {
    const CALLERS: u32 = 40;
    let (amount, per, burst) = (number(1_000), Duration::from_secs(1), number(4));
    let earliest = per * (CALLERS - burst.get()) / amount.get();

    let started = Instant::now();
    let limiter = Arc::new(threads::Limiter::new(amount, per, burst));
    let callers = (0..CALLERS)
        .map(|_| Arc::clone(&limiter))
        .map(|limiter| spawn(move || limiter.acquire()));
    callers
        .collect::<Vec<_>>()
        .into_iter()
        .for_each(|caller| caller.join().unwrap());
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
        let callers =
            callers.map(|limiter| ::async_std::task::spawn(async move { limiter.acquire().await }));
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
    assert!(
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .all(|is_let_through| !is_let_through)
    );
}

/// On tokio's own simulated clock, on which only timers take time.
#[test]
fn the_articles_lets_all_through_after_one_interval() {
    let runtime = ::tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let times = runtime.unwrap().block_on(async {
        let limiter = Arc::new(article::Limiter::new(
            number(10),
            Duration::from_secs(1),
            number(1),
        ));
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
    assert!(
        times[1..]
            .iter()
            .all(|time| (100..=101).contains(&time.as_millis()))
    );
}
