//! What neither loom nor shuttle can run: loom knows no tasks, and shuttle stands in for tokio alone.
//!
//! smol's executor is driven by hand here, on one thread: each time either its next task runs to its next await, or whoever waits
//! for results is asked, and every order of the first ten such steps has its turn. That says nothing of two at the same time.
//! async-std keeps its executor to itself.

#![allow(unreachable_pub, reason = "the file is public where it lives")]

extern crate self as smol;
extern crate smol as real_smol;
pub use real_smol::{Task, channel, future};

use std::future::pending;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Waker};

use futures_util::FutureExt;
use real_smol::Executor;
use real_smol::future::{block_on, poll_once, yield_now};

#[path = "../src/smol.rs"]
mod on_smol;

use on_smol::{Failure, map, stream};

thread_local! {
    /// Each test's own.
    static EXECUTOR: &'static Executor<'static> = Box::leak(Box::default());
}

pub fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> Task<T> {
    let task = AssertUnwindSafe(task).catch_unwind();
    let task = async {
        let ended = task.await;
        // All that it held is gone for a while before its end is known.
        yield_now().await;
        ended.unwrap_or_else(|panic| resume_unwind(panic))
    };
    EXECUTOR.with(|executor| executor.spawn(task))
}

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

/// Fails the test if one of all does not end, or leaves a task.
fn in_every_order<F: Future<Output = ()>>(test: impl Fn() -> F) {
    for order in 0..1 << 10 {
        let mut test = pin!(test());
        for step in 0.. {
            assert!(step < 1_000, "it stands still");
            let is_asked = if step < 10 {
                order >> step & 1 == 1
            } else {
                step % 2 == 0
            };
            if is_asked {
                if test
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_ready()
                {
                    break;
                }
            } else {
                EXECUTOR.with(|executor| executor.try_tick());
            }
        }
        EXECUTOR.with(|executor| {
            while executor.try_tick() {}
            assert!(executor.is_empty(), "a task is left");
        });
    }
}

#[test]
fn smol_works_on_each_input_once_and_never_on_more_than_may() {
    let most = Arc::new(AtomicUsize::new(0));
    in_every_order(|| {
        let (working, most) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&most));
        let times = Arc::new([const { AtomicUsize::new(0) }; 4]);
        let work = {
            let times = Arc::clone(&times);
            move |input: usize| {
                let (working, most, times) =
                    (Arc::clone(&working), Arc::clone(&most), Arc::clone(&times));
                async move {
                    times[input].fetch_add(1, SeqCst);
                    most.fetch_max(working.fetch_add(1, SeqCst) + 1, SeqCst);
                    yield_now().await;
                    working.fetch_sub(1, SeqCst);
                    match input {
                        0 => Err("failed"),
                        1 => resume_unwind(Box::new("panicked")),
                        _ => Ok(input),
                    }
                }
            }
        };
        async move {
            let panicked = Failure::Panicked("panicked".to_owned());
            let expected = [Err(Failure::Failed("failed")), Err(panicked), Ok(2), Ok(3)];
            assert_eq!(map(0..4, limit(2), work).await, expected);
            assert_eq!(times.each_ref().map(|times| times.load(SeqCst)), [1; 4]);
        }
    });
    assert_eq!(most.load(SeqCst), 2, "as many as may");
}

#[test]
fn smol_reads_no_input_once_the_results_are_dropped() {
    // A panic would be lost with the worker.
    static LATE: AtomicUsize = AtomicUsize::new(0);
    for taken in 0..=2 {
        in_every_order(|| async move {
            let is_dropped = Arc::new(AtomicBool::new(false));
            let inputs = (0..6).inspect({
                let is_dropped = Arc::clone(&is_dropped);
                move |_| _ = LATE.fetch_add(usize::from(is_dropped.load(SeqCst)), SeqCst)
            });
            let mut results = stream(inputs, limit(2), |input| async move {
                if input > 2 {
                    pending::<()>().await;
                }
                Ok::<_, ()>(input)
            });
            for _ in 0..taken {
                assert!(matches!(results.next().await, Some((_, Ok(_)))));
            }
            yield_now().await;
            drop(results);
            is_dropped.store(true, SeqCst);
        });
    }
    assert_eq!(LATE.load(SeqCst), 0, "it is read after the drop");
}

#[test]
fn smol_stands_still_while_nobody_takes_results() {
    let most = Arc::new(AtomicUsize::new(0));
    in_every_order(|| async {
        let (begun, most) = (AtomicUsize::new(0), Arc::clone(&most));
        let results = stream(0..8, limit(2), move |_| {
            most.fetch_max(begun.fetch_add(1, SeqCst) + 1, SeqCst);
            async { Ok::<_, ()>(()) }
        });
        for _ in 0..16 {
            yield_now().await;
        }
        drop(results);
    });
    assert_eq!(
        most.load(SeqCst),
        4,
        "two wait in the channel, and two to get there"
    );
}

#[test]
fn smol_loses_no_result_and_no_panic_when_a_wait_is_dropped() {
    in_every_order(|| async {
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
                None => yield_now().await,
            }
        };
        assert_eq!(panic.downcast_ref(), Some(&"no more"));
        indices.sort_unstable();
        assert_eq!(indices, [0, 1, 2]);
        assert!(results.next().await.is_none(), "it comes once");
    });
}

#[test]
fn a_runtime_of_tokio_that_is_gone_is_not_the_end_of_the_results() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let work = |_| pending::<Result<(), ()>>();
    let mut results = runtime.block_on(async { bounded_pool::tokio::stream(0..3, limit(2), work) });
    drop(runtime);
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(results.next()))).is_err());
}

#[test]
fn no_inputs_have_no_results() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let work = |input: usize| async move { Ok::<_, ()>(input) };
    assert_eq!(
        runtime.block_on(bounded_pool::tokio::map(0..0, limit(1), work)),
        []
    );
    assert_eq!(block_on(bounded_pool::smol::map(0..0, limit(1), work)), []);
    assert_eq!(
        block_on(bounded_pool::async_std::map(0..0, limit(1), work)),
        []
    );
}

#[test]
fn another_thread_can_take_the_results() {
    fn is_send<T: Send>(_: T) {}

    is_send(bounded_pool::threads::stream(0..1, limit(1), Ok::<_, ()>));
    let work = |input: usize| async move { Ok::<_, ()>(input) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _context = runtime.enter();
    is_send(bounded_pool::tokio::map(0..1, limit(1), work));
    is_send(bounded_pool::tokio::stream(0..1, limit(1), work).next());
    is_send(bounded_pool::smol::map(0..1, limit(1), work));
    is_send(bounded_pool::smol::stream(0..1, limit(1), work).next());
    is_send(bounded_pool::async_std::map(0..1, limit(1), work));
    is_send(bounded_pool::async_std::stream(0..1, limit(1), work).next());
}
