//! All variants give the same results for the same work, never do more of it at once than they were told, and stop when they
//! are dropped.

use std::convert::identity;
use std::iter::from_fn;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use bounded_pool::{async_std, buffer_unordered, rayon, smol, threads, tokio};
use futures_util::StreamExt;
use futures_util::future::pending;

use ::rayon::iter::{IntoParallelIterator, ParallelIterator};
use ::smol::future::yield_now;
use ::tokio::runtime::Runtime;

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time for what must not happen. Too short on a busy machine, it would go unseen, and never be seen where it is not.
const A_WHILE: Duration = Duration::from_millis(50);

/// Numbers in, and their squares out: async, so that it suits all. On threads each piece is driven by the thread that has it.
type Work = Arc<dyn Fn(u64) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;
type Answer = Result<u64, String>;

type Inputs = Box<dyn Iterator<Item = u64> + Send>;
type Results = Box<dyn Iterator<Item = (usize, Result<u64, Why>)>>;

/// What each variant calls its `Failure`.
#[derive(Debug, PartialEq, Eq)]
enum Why {
    Failed(String),
    Panicked(String),
}

#[derive(Clone, Copy)]
struct Variant {
    name: &'static str,
    map: fn(Inputs, NonZeroUsize, Work) -> Vec<Result<u64, Why>>,
    stream: fn(Inputs, NonZeroUsize, Work) -> Results,
    /// The sum of so many sums of so many, with a pool of one in a pool of one.
    nested: fn(u64) -> u64,
}

static TOKIO: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

fn on_tokio<F: Future>(future: F) -> F::Output {
    TOKIO.block_on(future)
}

macro_rules! failures_of {
    ($($variant:ident),*) => { $(
        impl From<$variant::Failure<String>> for Why {
            fn from(failure: $variant::Failure<String>) -> Self {
                match failure {
                    $variant::Failure::Failed(error) => Self::Failed(error),
                    $variant::Failure::Panicked(message) => Self::Panicked(message),
                }
            }
        }
    )* };
}

failures_of!(threads, tokio, smol, async_std, buffer_unordered, rayon);

macro_rules! blocking {
    ($variant:ident) => {
        Variant {
            name: stringify!($variant),
            map: |inputs, limit, work| {
                let results =
                    $variant::map(inputs, limit, move |input| ::smol::block_on(work(input)));
                results
                    .into_iter()
                    .map(|result| result.map_err(Why::from))
                    .collect()
            },
            stream: |inputs, limit, work| {
                let results =
                    $variant::stream(inputs, limit, move |input| ::smol::block_on(work(input)));
                Box::new(results.map(|(index, result)| (index, result.map_err(Why::from))))
            },
            nested: |many| {
                let inner = move |_| Ok::<_, ()>($variant::map(0..many, limit(1), Ok::<_, ()>));
                let sums = $variant::map(0..many, limit(1), inner);
                sums.into_iter()
                    .flat_map(Result::unwrap)
                    .map(Result::unwrap)
                    .sum()
            },
        }
    };
}

macro_rules! asynchronous {
    ($variant:ident, $block_on:path, $to_poll:path) => {
        Variant {
            name: stringify!($variant),
            map: |inputs, limit, work| {
                let results = $block_on($variant::map(inputs, limit, move |input| work(input)));
                results
                    .into_iter()
                    .map(|result| result.map_err(Why::from))
                    .collect()
            },
            stream: |inputs, limit, work| {
                let begun = async { $variant::stream(inputs, limit, move |input| work(input)) };
                let mut results = $to_poll($block_on(begun));
                Box::new(from_fn(move || {
                    let (index, result) = $block_on(results.next())?;
                    Some((index, result.map_err(Why::from)))
                }))
            },
            nested: |many| {
                let echo = |input| async move { Ok::<_, ()>(input) };
                let inner = move |_| async move {
                    Ok::<_, ()>($variant::map(0..many, limit(1), echo).await)
                };
                let sums = $block_on($variant::map(0..many, limit(1), inner));
                sums.into_iter()
                    .flat_map(Result::unwrap)
                    .map(Result::unwrap)
                    .sum()
            },
        }
    };
}

const THREADS: Variant = blocking!(threads);
const TOKIO_TASKS: Variant = asynchronous!(tokio, on_tokio, identity);
const SMOL: Variant = asynchronous!(smol, ::smol::block_on, identity);
const ASYNC_STD: Variant = asynchronous!(async_std, ::async_std::task::block_on, identity);
const BUFFER_UNORDERED: Variant = asynchronous!(buffer_unordered, on_tokio, Box::pin);
const RAYON: Variant = blocking!(rayon);

const RIGHT: [Variant; 4] = [THREADS, TOKIO_TASKS, SMOL, ASYNC_STD];
const ALL: [Variant; 6] = [
    THREADS,
    TOKIO_TASKS,
    SMOL,
    ASYNC_STD,
    BUFFER_UNORDERED,
    RAYON,
];

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

fn work<F: Future<Output = Answer> + Send + 'static>(
    work: impl Fn(u64) -> F + Send + Sync + 'static,
) -> Work {
    Arc::new(move |input| Box::pin(work(input)))
}

/// Some take longer than others, so that results do not come in the order of their inputs.
fn squares() -> Work {
    work(|input| async move {
        for _ in 0..input * 7 % 5 {
            yield_now().await;
        }
        Ok(input * input)
    })
}

/// The same inputs, without a word on how many there are.
fn unknown(inputs: u64) -> Inputs {
    let mut inputs = 0..inputs;
    Box::new(from_fn(move || inputs.next()))
}

fn wait_until(name: &str, what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{name}: {what}");
        sleep(Duration::from_millis(1));
    }
}

/// One more while it lives.
struct Counted(Arc<AtomicU64>);

impl Counted {
    fn new(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[test]
fn each_input_has_its_result_in_its_place() {
    for Variant {
        name, map, stream, ..
    } in ALL
    {
        for inputs in [0, 1, 2, 7, 100] {
            let expected: Vec<_> = (0..inputs).map(|input| Ok(input * input)).collect();
            for many in [1, 2, 7, 128] {
                for all in [Box::new(0..inputs), unknown(inputs)] {
                    assert_eq!(
                        map(all, limit(many), squares()),
                        expected,
                        "{name}: {inputs} by {many}"
                    );
                }
                for all in [Box::new(0..inputs), unknown(inputs)] {
                    let mut results: Vec<_> = stream(all, limit(many), squares()).collect();
                    results.sort_by_key(|(index, _)| *index);
                    let places: Vec<_> = results.iter().map(|(index, _)| *index as u64).collect();
                    assert_eq!(
                        places,
                        (0..inputs).collect::<Vec<_>>(),
                        "{name}: {inputs} by {many}"
                    );
                    let results: Vec<_> = results.into_iter().map(|(_, result)| result).collect();
                    assert_eq!(results, expected, "{name}: {inputs} by {many}");
                }
            }
        }
    }
}

#[test]
fn as_many_as_the_limit_are_worked_on_at_once_and_no_more() {
    for Variant { name, map, .. } in ALL {
        for many in [1, 3, 8] {
            let (inside, peak) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
            let (seen, started) = (Arc::clone(&peak), Instant::now());
            let gather = work(move |input| {
                let (inside, seen) = (Counted::new(&inside), Arc::clone(&seen));
                async move {
                    seen.fetch_max(inside.0.load(SeqCst), SeqCst);
                    // All wait until the limit was reached, and leave some time for one too many.
                    while seen.load(SeqCst) < many {
                        assert!(
                            started.elapsed() < PATIENCE,
                            "{name}: the limit is not reached"
                        );
                        yield_now().await;
                    }
                    for _ in 0..100 {
                        yield_now().await;
                    }
                    Ok(input)
                }
            });
            let results = map(
                Box::new(0..10 * many),
                limit(usize::try_from(many).unwrap()),
                gather,
            );
            assert!(results.into_iter().eq((0..10 * many).map(Ok)), "{name}");
            assert_eq!(peak.load(SeqCst), many, "{name}");
        }
    }
}

#[test]
fn an_error_and_a_panic_are_those_of_their_inputs() {
    let risky = work(|input| {
        // Before there is a future, and in it.
        assert!(input % 7 != 3, "{input} before");
        async move {
            yield_now().await;
            match input % 7 {
                1 => Err(format!("{input} failed")),
                2 => panic!("in it"),
                4 => panic_any(input),
                _ => Ok(input),
            }
        }
    });
    for Variant { name, map, .. } in ALL {
        let results = map(Box::new(0..100), limit(4), Arc::clone(&risky));
        assert_eq!(results.len(), 100, "{name}");
        for (result, input) in results.into_iter().zip(0..) {
            let expected = match input % 7 {
                1 => Err(Why::Failed(format!("{input} failed"))),
                2 => Err(Why::Panicked("in it".to_owned())),
                3 => Err(Why::Panicked(format!("{input} before"))),
                4 => Err(Why::Panicked("no message".to_owned())),
                _ => Ok(input),
            };
            assert_eq!(result, expected, "{name}");
        }
    }
}

#[test]
fn inputs_that_panic_are_no_result() {
    let broken =
        || -> Inputs { Box::new((0..10).inspect(|input| assert!(*input < 3, "no more inputs"))) };
    for Variant { name, map, .. } in ALL {
        assert!(
            catch_unwind(|| map(broken(), limit(2), squares())).is_err(),
            "{name}"
        );
    }
    for Variant { name, stream, .. } in RIGHT {
        let mut results = stream(broken(), limit(2), squares());
        let mut before: Vec<_> = results.by_ref().take(3).map(|(index, _)| index).collect();
        before.sort_unstable();
        assert_eq!(before, [0, 1, 2], "{name}");
        assert!(
            catch_unwind(AssertUnwindSafe(|| results.next())).is_err(),
            "{name}"
        );
    }
}

#[test]
fn a_slow_taker_slows_the_work_down() {
    const LIMIT: u64 = 4;
    for Variant { name, stream, .. } in ALL {
        let begun = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&begun);
        let counted = work(move |input| {
            count.fetch_add(1, SeqCst);
            async move { Ok(input) }
        });
        let most = |taken| taken + 2 * LIMIT;
        let mut results = stream(unknown(1000), limit(4), counted);
        if name != "buffer_unordered" {
            wait_until(name, "it begins by itself", || {
                begun.load(SeqCst) >= most(0)
            });
        }
        sleep(A_WHILE);
        assert!(begun.load(SeqCst) <= most(0), "{name}");
        let mut taken = 0;
        while results.next().is_some() {
            taken += 1;
            assert!(begun.load(SeqCst) <= most(taken), "{name}: after {taken}");
        }
        assert_eq!((taken, begun.load(SeqCst)), (1000, 1000), "{name}");
    }
}

/// Takes a few of endlessly many and drops the rest. `stay` is what becomes of the work from the fifth on.
fn take_five<F: Future<Output = ()> + Send + 'static>(
    Variant { name, stream, .. }: Variant,
    stay: impl Fn() -> F + Send + Sync + 'static,
) {
    let (running, begun) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counts, count) = (Arc::clone(&running), Arc::clone(&begun));
    let endless = work(move |input| {
        count.fetch_add(1, SeqCst);
        let running = Counted::new(&counts);
        let stays = (input >= 5).then(&stay);
        async move {
            let _running = running;
            if let Some(stays) = stays {
                stays.await;
            }
            Ok(input * input)
        }
    });
    let held = Counted::new(&running);
    let inputs = (0..).inspect(move |_| assert!(held.0.load(SeqCst) > 0));
    let mut results = stream(Box::new(inputs), limit(5), endless);
    for (index, result) in results.by_ref().take(5) {
        assert_eq!(result, Ok((index * index) as u64), "{name}");
    }
    drop(results);
    if name == "threads" {
        assert_eq!(running.load(SeqCst), 0, "{name}: its drop waits for all");
    }
    wait_until(name, "nothing is left, of the inputs neither", || {
        running.load(SeqCst) == 0
    });
    let before = begun.load(SeqCst);
    sleep(A_WHILE);
    assert_eq!(begun.load(SeqCst), before, "{name}: no more is begun");
}

#[test]
fn a_few_of_endlessly_many_are_taken_and_no_more_is_begun() {
    for variant in ALL {
        take_five(variant, yield_now);
    }
}

#[test]
fn a_task_that_waits_for_ever_ends_with_the_stream() {
    for variant in [TOKIO_TASKS, SMOL, ASYNC_STD, BUFFER_UNORDERED] {
        take_five(variant, pending);
    }
}

#[test]
fn a_thread_that_works_is_waited_for() {
    take_five(THREADS, || async { sleep(A_WHILE) });
}

#[test]
fn a_pool_works_in_a_pool() {
    for Variant { name, nested, .. } in ALL {
        assert_eq!(nested(10), 10 * 45, "{name}");
    }
}

/// Yields the numbers below so many, whatever it says of how many there are.
struct Hinting {
    inputs: Range<u64>,
    hint: (usize, Option<usize>),
}

impl Iterator for Hinting {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.inputs.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.hint
    }
}

/// `size_hint` is safe code, so it may say anything: too little, too much, and a least above a most.
const HINTS: [(usize, Option<usize>); 7] = [
    (0, Some(0)),
    (0, Some(1)),
    (1, Some(1)),
    (3, Some(2)),
    (9, Some(3)),
    (usize::MAX, None),
    (usize::MAX, Some(usize::MAX)),
];

#[test]
fn a_hint_that_is_wrong_changes_no_result_and_the_limit_is_reached() {
    for Variant {
        name, map, stream, ..
    } in ALL
    {
        for hint in HINTS {
            let inputs = || {
                Box::new(Hinting {
                    inputs: 0..20,
                    hint,
                })
            };
            let squared: Vec<_> = (0..20).map(|input| Ok(input * input)).collect();
            for many in [1, 3, 30].map(limit) {
                let results = map(inputs(), many, squares());
                assert_eq!(results, squared, "{name}: {hint:?} by {many}");
                let results = stream(inputs(), many, squares());
                assert_eq!(results.count(), 20, "{name}: {hint:?} by {many}");
            }
            // Each waits for all others.
            let (arrived, started) = (Arc::new(AtomicU64::new(0)), Instant::now());
            let gather = work(move |input| {
                let arrived = Arc::clone(&arrived);
                async move {
                    arrived.fetch_add(1, SeqCst);
                    while arrived.load(SeqCst) < 8 {
                        assert!(
                            started.elapsed() < PATIENCE,
                            "{name}: {hint:?}: it works alone"
                        );
                        yield_now().await;
                    }
                    Ok(input)
                }
            });
            let results = map(Box::new(Hinting { inputs: 0..8, hint }), limit(8), gather);
            assert!(results.into_iter().eq((0..8).map(Ok)), "{name}: {hint:?}");
        }
    }
}

#[test]
fn the_largest_limit_works() {
    for Variant {
        name, map, stream, ..
    } in ALL
    {
        let squared = [Ok(0), Ok(1), Ok(4)];
        assert_eq!(
            map(Box::new(0..3), NonZeroUsize::MAX, squares()),
            squared,
            "{name}"
        );
        assert_eq!(
            map(unknown(3), NonZeroUsize::MAX, squares()),
            squared,
            "{name}"
        );
        assert_eq!(map(unknown(0), NonZeroUsize::MAX, squares()), [], "{name}");
        let known = stream(Box::new(0..3), NonZeroUsize::MAX, squares());
        assert_eq!(known.count(), 3, "{name}");
        let endless = stream(Box::new(0..), NonZeroUsize::MAX, squares());
        assert_eq!(endless.take(5).count(), 5, "{name}");
    }
}

#[test]
fn for_few_inputs_rayon_starts_few_threads() {
    let many = |inputs, limit| {
        let threads = rayon::map(inputs, limit, |_: u64| {
            Ok::<_, ()>(::rayon::current_num_threads())
        });
        threads.into_iter().map(Result::unwrap).max().unwrap()
    };
    assert_eq!(many(0..3, limit(500)), 8);
    assert_eq!(many(0..3, limit(2)), 2);
    assert_eq!(many(0..20, limit(500)), 20);
    assert_eq!(many(0..20, limit(7)), 7);
}

/// Panics when it is dropped, with another that does.
struct Again(u8);

impl Drop for Again {
    fn drop(&mut self) {
        if self.0 > 0 && !thread::panicking() {
            panic_any(Again(self.0 - 1));
        }
    }
}

#[test]
fn a_panic_that_panics_when_it_is_dropped_is_that_of_its_input_alone() {
    let risky = work(|input| {
        if input % 5 == 1 {
            panic_any(Again(1));
        }
        async move {
            yield_now().await;
            if input % 5 == 2 {
                panic_any(Again(3));
            }
            Ok(input)
        }
    });
    for Variant {
        name, map, stream, ..
    } in ALL
    {
        for inputs in [3, 40] {
            for many in [1, 4] {
                let results = map(Box::new(0..inputs), limit(many), Arc::clone(&risky));
                let streamed = stream(Box::new(0..inputs), limit(many), Arc::clone(&risky));
                let mut streamed: Vec<_> = streamed.collect();
                streamed.sort_by_key(|(index, _)| *index);
                let streamed: Vec<_> = streamed.into_iter().map(|(_, result)| result).collect();
                assert_eq!(results, streamed, "{name}: {many}");
                assert_eq!(results.len() as u64, inputs, "{name}: {many}");
                for (result, input) in results.into_iter().zip(0..) {
                    let expected = match input % 5 {
                        1 | 2 => Err(Why::Panicked("no message".to_owned())),
                        _ => Ok(input),
                    };
                    assert_eq!(result, expected, "{name}: {input} by {many}");
                }
            }
        }
    }
}

/// Four pieces of work, each of which does `first` and then waits until all four have.
fn gather_four(name: &'static str, first: impl Fn()) -> impl Fn(u64) -> Result<u64, ()> {
    let (arrived, started) = (AtomicU64::new(0), Instant::now());
    move |input| {
        first();
        arrived.fetch_add(1, SeqCst);
        while arrived.load(SeqCst) < 4 {
            assert!(
                started.elapsed() < PATIENCE,
                "{name}: it works on one at a time"
            );
            sleep(Duration::from_millis(1));
        }
        Ok(input)
    }
}

#[test]
fn a_pool_whose_work_waits_for_another_works_on_as_many_as_it_may() {
    let inner = || drop(threads::map(0..3_u64, limit(2), Ok::<_, ()>));
    let results = threads::map(0..4, limit(4), gather_four("threads", inner));
    assert!(results.into_iter().map(Result::unwrap).eq(0..4));
    for many in [1, 2, 9] {
        let inner = move || drop(rayon::map(0..3_u64, limit(many), Ok::<_, ()>));
        let results = rayon::map(0..4, limit(4), gather_four("rayon", inner));
        assert!(results.into_iter().map(Result::unwrap).eq(0..4));
        let streamed = rayon::stream(0..4, limit(4), gather_four("rayon", inner));
        assert_eq!(streamed.filter(|(_, result)| result.is_ok()).count(), 4);
    }
    // Neither does it with rayon's own iterators and joins.
    let compute = || {
        let sum: u64 = (0..1_000_u64)
            .into_par_iter()
            .map(|number| number % 7)
            .sum();
        ::rayon::join(|| assert_eq!(sum, 2_997), || ());
    };
    let results = rayon::map(0..4, limit(4), gather_four("rayon, computing", compute));
    assert!(results.into_iter().map(Result::unwrap).eq(0..4));
}

#[test]
fn a_drop_of_threads_waits_for_an_input_that_is_being_read() {
    let (sender, inputs) = channel();
    let (reads, is_read) = channel();
    let inputs = from_fn(move || {
        reads.send(()).unwrap();
        inputs.recv().ok()
    });
    sender.send(1).unwrap();
    let mut results = threads::stream(inputs, limit(2), Ok::<u64, ()>);
    assert_eq!(results.next(), Some((0, Ok(1))));
    // A drop before the second read would have nothing to wait for.
    is_read.iter().take(2).for_each(drop);
    let dropped = thread::spawn(|| drop(results));
    sleep(A_WHILE);
    assert!(!dropped.is_finished(), "the documentation warns of nothing");
    drop(sender);
    dropped.join().unwrap();
}

#[test]
fn it_is_no_matter_how_many_pools_there_are() {
    for Variant { name, map, .. } in ALL {
        let runs: Vec<_> = (0..8)
            .map(|_| thread::spawn(move || map(unknown(50), limit(3), squares())))
            .collect();
        for run in runs {
            assert!(
                run.join()
                    .unwrap()
                    .into_iter()
                    .eq((0..50).map(|input| Ok(input * input))),
                "{name}"
            );
        }
    }
}
