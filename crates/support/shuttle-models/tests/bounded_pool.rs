//! shuttle searches the interleavings of two workers of the unmodified pool of tasks, at random.
//!
//! `extern crate self as ...` gives it what is below where it says `std` and `tokio`: shuttle's locks, the stand-in's channel,
//! and tasks of which one may panic, as tokio's may. With shuttle's own that would be the end of the whole run.

#![allow(unreachable_pub, reason = "the file is public where it lives")]

extern crate self as std;
extern crate self as tokio;
extern crate std as real_std;
extern crate tokio as shuttle_tokio;
pub use core::{any, error, fmt, future, iter, mem, num, pin};
pub use real_std::panic;

use core::future::{Future, pending};
use core::num::NonZeroUsize;
use core::sync::atomic::AtomicUsize as Count;
use core::sync::atomic::Ordering::SeqCst;
use real_std::panic::{AssertUnwindSafe, resume_unwind};
use real_std::sync::Arc;

use futures_lite::FutureExt;
use futures_lite::future::poll_once;
use shuttle::future::{block_on, yield_now};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize};

#[rustfmt::skip]
#[path = "../../../patterns/bounded-pool/src/tokio.rs"]
mod on_tokio;

use on_tokio::{Failure, map, stream};

mod sync {
    pub use shuttle::sync::{Arc, Mutex, PoisonError};
    pub use shuttle_tokio::sync::mpsc;
}

mod task {
    use core::any::Any;
    use core::future::Future;
    pub use core::task::Poll;
    use real_std::panic::AssertUnwindSafe;

    use futures_lite::FutureExt;
    use shuttle::future::yield_now;

    type Joined<T> = Result<T, JoinError>;

    #[derive(Debug)]
    pub struct JoinSet<T>(shuttle_tokio::task::JoinSet<Joined<T>>);

    #[derive(Debug)]
    pub struct JoinError(Box<dyn Any + Send>);

    impl JoinError {
        pub fn into_panic(self) -> Box<dyn Any + Send> {
            self.0
        }
    }

    impl<T: Send + 'static> JoinSet<T> {
        pub fn new() -> Self {
            Self(shuttle_tokio::task::JoinSet::new())
        }

        pub fn spawn(&mut self, task: impl Future<Output = T> + Send + 'static) {
            let task = AssertUnwindSafe(task).catch_unwind();
            self.0.spawn(async {
                let joined = task.await.map_err(JoinError);
                // All that it held is gone for a while before its end is known.
                yield_now().await;
                joined
            });
        }

        pub async fn join_next(&mut self) -> Option<Joined<T>> {
            // None is aborted while there is somebody to ask.
            Some(self.0.join_next().await?.unwrap())
        }
    }
}

const INTERLEAVINGS: usize = 10_000;

/// A value that counts how many of its kind there are.
struct Counted {
    value: usize,
    alive: Arc<Count>,
}

impl Counted {
    fn new(value: usize, alive: &Arc<Count>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self { value, alive: Arc::clone(alive) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, SeqCst);
    }
}

fn counted(inputs: usize, alive: &Arc<Count>) -> impl Iterator<Item = Counted> + Send + 'static {
    let alive = Arc::clone(alive);
    (0..inputs).map(move |value| Counted::new(value, &alive))
}

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

/// A deadlock or a panic in one of the runs fails the test.
fn search<F: Future<Output = ()>>(model: impl Fn() -> F + Send + Sync + 'static) {
    shuttle::check_random(move || block_on(model()), INTERLEAVINGS);
}

#[test]
fn as_many_work_at_once_as_may_and_never_more() {
    // Outside shuttle's sight.
    static MOST: Count = Count::new(0);
    search(|| async {
        let working = Arc::new(AtomicUsize::new(0));
        let results = map(0..4, limit(2), move |_| {
            let working = Arc::clone(&working);
            async move {
                let now = working.fetch_add(1, SeqCst) + 1;
                MOST.fetch_max(now, SeqCst);
                yield_now().await;
                working.fetch_sub(1, SeqCst);
                Ok::<_, ()>(())
            }
        });
        assert_eq!(results.await, [const { Ok(()) }; 4]);
        assert!(MOST.load(SeqCst) <= 2, "more at once than may");
    });
    assert_eq!(MOST.load(SeqCst), 2, "never as many as may");
}

#[test]
fn each_input_is_worked_on_once_and_has_its_result_in_its_place() {
    search(|| async {
        let alive = Arc::new(Count::new(0));
        let times = Arc::new([const { Count::new(0) }; 4]);
        let work = {
            let times = Arc::clone(&times);
            move |input: Counted| {
                times[input.value].fetch_add(1, SeqCst);
                if input.value == 2 {
                    resume_unwind(Box::new("before its first await"));
                }
                async move {
                    yield_now().await;
                    match input.value {
                        0 => Err("failed"),
                        1 => resume_unwind(Box::new("panicked")),
                        _ => Ok(input),
                    }
                }
            }
        };
        let results = map(counted(4, &alive), limit(2), work).await;
        assert_eq!(times.each_ref().map(|times| times.load(SeqCst)), [1; 4]);
        let results: Vec<_> = results.into_iter().map(|result| result.map(|input| input.value)).collect();
        assert_eq!(
            results,
            [
                Err(Failure::Failed("failed")),
                Err(Failure::Panicked("panicked".to_owned())),
                Err(Failure::Panicked("before its first await".to_owned())),
                Ok(3),
            ]
        );
        assert_eq!(alive.load(SeqCst), 0);
    });
}

#[test]
fn no_input_is_read_once_the_results_are_dropped_and_all_is_dropped_soon() {
    for taken in 0..=2 {
        search(move || drop_after(taken));
    }
}

async fn drop_after(taken: usize) {
    // A panic would be lost with the worker.
    static LATE: Count = Count::new(0);
    let (alive, is_dropped) = (Arc::new(Count::new(0)), Arc::new(AtomicBool::new(false)));
    let inputs = counted(6, &alive).inspect({
        let is_dropped = Arc::clone(&is_dropped);
        move |_| _ = LATE.fetch_add(usize::from(is_dropped.load(SeqCst)), SeqCst)
    });
    // The workers hold the work, which holds the sender.
    let (running, mut ended) = shuttle_tokio::sync::mpsc::channel::<()>(1);
    let mut results = stream(inputs, limit(2), move |input: Counted| {
        let running = running.clone();
        async move {
            if input.value > 2 {
                pending::<()>().await;
            }
            drop(running);
            Ok::<_, ()>(input)
        }
    });
    for _ in 0..taken {
        assert!(matches!(results.next().await, Some((_, Ok(_)))));
    }
    drop(results);
    is_dropped.store(true, SeqCst);
    assert_eq!(ended.recv().await, None);
    assert_eq!(LATE.load(SeqCst), 0, "it is read after the drop");
    assert_eq!(alive.load(SeqCst), 0, "an input or a result is kept");
}

#[test]
fn while_nobody_takes_results_the_work_stands_still() {
    // Outside shuttle's sight.
    static MOST: Count = Count::new(0);
    search(|| async {
        let begun = Arc::new(Count::new(0));
        let work = {
            let begun = Arc::clone(&begun);
            move |_| {
                let begun = Arc::clone(&begun);
                async move {
                    MOST.fetch_max(begun.fetch_add(1, SeqCst) + 1, SeqCst);
                    Ok::<_, ()>(())
                }
            }
        };
        let results = stream(0..8, limit(2), work);
        for _ in 0..8 {
            yield_now().await;
        }
        drop(results);
        assert!(MOST.load(SeqCst) <= 4, "more than there is room for");
    });
    assert_eq!(MOST.load(SeqCst), 4, "two wait in the channel, and two to get there");
}

#[test]
fn a_wait_that_is_dropped_takes_no_result_and_no_panic() {
    // Outside shuttle's sight.
    static DROPPED: Count = Count::new(0);
    search(|| async {
        let inputs = (0..).inspect(|index| match index {
            0..3 => {}
            3 => resume_unwind(Box::new("no more")),
            _ => unreachable!("it is asked again"),
        });
        let mut results = stream(inputs, limit(2), |input| async move {
            yield_now().await;
            Ok::<_, ()>(input)
        });
        let mut indices = Vec::new();
        let panic = loop {
            match poll_once(AssertUnwindSafe(results.next()).catch_unwind()).await {
                Some(Ok(Some((index, _)))) => indices.push(index),
                Some(Ok(None)) => panic!("the panic is lost"),
                Some(Err(panic)) => break panic,
                None => {
                    DROPPED.fetch_add(1, SeqCst);
                    yield_now().await;
                }
            }
        };
        assert_eq!(panic.downcast_ref(), Some(&"no more"));
        indices.sort_unstable();
        assert_eq!(indices, [0, 1, 2]);
        assert!(results.next().await.is_none(), "it comes once");
    });
    assert!(DROPPED.load(SeqCst) > 0);
}

#[test]
fn inputs_that_have_ended_are_not_asked_again() {
    search(|| async {
        let mut asked = 0;
        let inputs = iter::from_fn(move || {
            asked += 1;
            assert!(asked <= 2, "it is asked again");
            (asked == 1).then_some(asked)
        });
        assert_eq!(map(inputs, limit(2), |input| async move { Ok::<_, ()>(input) }).await, [Ok(1)]);
    });
}

/// Yields two values, whatever it says of how many there are.
struct Hinting(usize, (usize, Option<usize>));

impl Iterator for Hinting {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.0 += 1;
        (self.0 <= 2).then_some(self.0)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.1
    }
}

#[test]
fn a_hint_that_is_wrong_changes_no_result() {
    for hint in [(0, Some(0)), (0, Some(1)), (usize::MAX, None)] {
        search(move || async move {
            let work = |input| async move { Ok::<_, ()>(input) };
            assert_eq!(map(Hinting(0, hint), limit(2), work).await, [Ok(1), Ok(2)]);
        });
    }
}

#[test]
fn the_largest_limit_works() {
    // A few times: so many tasks take long to search.
    let run = || {
        block_on(async {
            for inputs in 0..2 {
                let work = |input| async move { Ok::<_, ()>(input) };
                let results = map(0..inputs, NonZeroUsize::MAX, work).await;
                assert_eq!(results, (0..inputs).map(Ok).collect::<Vec<_>>());
            }
        });
    };
    shuttle::check_random(run, 10);
}

/// Panics again when it is dropped.
struct Twice;

impl Drop for Twice {
    fn drop(&mut self) {
        resume_unwind(Box::new("again"));
    }
}

#[test]
fn a_panic_that_panics_when_it_is_dropped_is_that_of_its_input_alone() {
    search(|| async {
        let work = |input| async move {
            yield_now().await;
            match input {
                0 => resume_unwind(Box::new(Twice)),
                input => Ok::<_, ()>(input),
            }
        };
        let panicked = Failure::Panicked("no message".to_owned());
        assert_eq!(map(0..3, limit(2), work).await, [Err(panicked), Ok(1), Ok(2)]);
    });
}
