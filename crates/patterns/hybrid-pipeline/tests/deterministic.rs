//! What neither loom nor shuttle can run: loom knows no tasks, and shuttle stands in for tokio alone.
//!
//! smol's executor is driven by hand here, on one thread: each time either its next task runs to its next await, or whoever waits
//! for results is asked, and every order of the first ten such steps has its turn. What is computed is such a task too, which
//! is dropped, as one of smol's pool, if nobody wants it before it is begun. That says nothing of two at the same time.

#![allow(unreachable_pub, reason = "the file is public where it lives")]

extern crate self as smol;
extern crate smol as real_smol;

use std::future::pending;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Waker};

use futures_util::StreamExt;
use real_smol::future::{poll_once, yield_now};
use real_smol::{Executor, Task};

#[path = "../src/smol_unblock.rs"]
mod smol_unblock;

use smol_unblock::{Failure, map, pipeline};

thread_local! {
    /// Each test's own.
    static EXECUTOR: &'static Executor<'static> = Box::leak(Box::default());
}

pub fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> Task<T> {
    EXECUTOR.with(|executor| executor.spawn(task))
}

pub fn unblock<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Task<T> {
    spawn(async { run() })
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
fn each_input_is_fetched_and_computed_once_and_never_more_at_once_than_may() {
    for failing in 0..2 {
        let most = Arc::new(AtomicUsize::new(0));
        in_every_order(|| {
            let (fetching, most) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&most));
            let times = Arc::new([const { AtomicUsize::new(0) }; 6]);
            // One of the first two fails and the other panics, in the stage that fails; then comes one that is well.
            let settle = {
                let times = Arc::clone(&times);
                move |stage: usize, input: usize| {
                    times[3 * stage + input].fetch_add(1, SeqCst);
                    match input {
                        0 if stage == failing => Err("failed"),
                        1 if stage == failing => resume_unwind(Box::new("panicked")),
                        _ => Ok(input),
                    }
                }
            };
            let fetch = {
                let settle = settle.clone();
                move |input| {
                    let (settle, fetching, most) =
                        (settle.clone(), Arc::clone(&fetching), Arc::clone(&most));
                    async move {
                        most.fetch_max(fetching.fetch_add(1, SeqCst) + 1, SeqCst);
                        yield_now().await;
                        fetching.fetch_sub(1, SeqCst);
                        settle(0, input)
                    }
                }
            };
            async move {
                let panicked = Failure::Panicked("panicked".to_owned());
                let expected = [Err(Failure::Failed("failed")), Err(panicked), Ok(2)];
                let compute = move |page| settle(1, page);
                assert_eq!(
                    map(0..3, limit(2), limit(1), fetch, compute).await,
                    expected
                );
                let times = times.each_ref().map(|times| times.load(SeqCst));
                assert_eq!(times, [1, 1, 1, failing, failing, 1]);
            }
        });
        assert_eq!(most.load(SeqCst), 2, "as many as may");
    }
}

#[test]
fn nothing_begins_once_the_results_are_dropped() {
    // A panic would be lost with the task.
    static LATE: AtomicUsize = AtomicUsize::new(0);
    for taken in 0..=1 {
        in_every_order(|| async move {
            let is_dropped = Arc::new(AtomicBool::new(false));
            let note = {
                let is_dropped = Arc::clone(&is_dropped);
                move || _ = LATE.fetch_add(usize::from(is_dropped.load(SeqCst)), SeqCst)
            };
            let fetch = {
                let note = note.clone();
                move |input| {
                    note();
                    async move {
                        if input > 2 {
                            pending::<()>().await;
                        }
                        Ok::<_, ()>(input)
                    }
                }
            };
            let compute = move |page| {
                note();
                Ok(page)
            };
            let mut results = Box::pin(pipeline(0..6, limit(2), limit(2), fetch, compute));
            for _ in 0..taken {
                assert!(matches!(results.next().await, Some((_, Ok(_)))));
            }
            for _ in 0..4 {
                poll_once(results.next()).await;
                yield_now().await;
            }
            drop(results);
            is_dropped.store(true, SeqCst);
        });
    }
    assert_eq!(LATE.load(SeqCst), 0, "it begins after the drop");
}

#[test]
fn what_is_fetched_goes_on_while_nobody_takes_results() {
    in_every_order(|| async {
        let fetched = Arc::new(AtomicUsize::new(0));
        let fetch = {
            let fetched = Arc::clone(&fetched);
            move |input| {
                let fetched = Arc::clone(&fetched);
                async move {
                    yield_now().await;
                    fetched.fetch_add(1, SeqCst);
                    Ok::<_, ()>(input)
                }
            }
        };
        let mut results = Box::pin(pipeline(0..2, limit(2), limit(1), fetch, Ok));
        let taken = usize::from(poll_once(results.next()).await.is_some());
        // Or else it stands still.
        while fetched.load(SeqCst) < 2 {
            yield_now().await;
        }
        assert_eq!(taken + results.count().await, 2);
    });
}
