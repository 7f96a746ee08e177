//! shuttle searches the interleavings of the unmodified pipelines on tokio, with two or three inputs, at random.
//!
//! `extern crate self as ...` gives them what is below where they say `tokio_util` and `rayon`, and `tokio` is shuttle's stand-in.
//! What it calls `spawn_blocking` is a task that runs to its end once it is polled, and aborted before, it never does: as tokio's.
//! `buffer_unordered` is the real one: what goes on inside it, between its own atomics, shuttle does not see.

#![allow(unreachable_pub, reason = "the files are public where they live")]

extern crate self as rayon;
extern crate self as tokio_util;

use std::future::pending;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
// Outside shuttle's sight: nobody comes between what they see and what it is seen of.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool as Flag, AtomicUsize as Count, Ordering::SeqCst};

use futures_lite::future::poll_once;
use futures_util::StreamExt;
use futures_util::stream::LocalBoxStream;
use shuttle::future::{block_on, yield_now};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize};
use tokio::sync::mpsc;

// They are formatted where they live.
#[rustfmt::skip]
#[path = "../../../patterns/hybrid-pipeline/src/tokio_rayon.rs"]
mod tokio_rayon;
#[rustfmt::skip]
#[path = "../../../patterns/hybrid-pipeline/src/tokio_spawn_blocking.rs"]
mod tokio_spawn_blocking;

pub fn spawn(run: impl FnOnce() + Send + 'static) {
    shuttle::thread::spawn(run);
}

mod task {
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::task::{JoinError, JoinHandle};

    pub struct AbortOnDropHandle<T>(JoinHandle<T>);

    impl<T> AbortOnDropHandle<T> {
        pub fn new(task: JoinHandle<T>) -> Self {
            Self(task)
        }
    }

    impl<T> Drop for AbortOnDropHandle<T> {
        fn drop(&mut self) {
            self.0.abort();
        }
    }

    impl<T> Future for AbortOnDropHandle<T> {
        type Output = Result<T, JoinError>;

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
            Pin::new(&mut self.0).poll(context)
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

#[derive(Clone, Copy)]
enum Pipeline {
    Rayon,
    SpawnBlocking,
}

impl Pipeline {
    /// Begins the one or the other, and has each failure say what it is.
    fn begin<I, T, F>(
        self,
        inputs: I,
        [fetches, jobs]: [usize; 2],
        fetch: impl Fn(I::Item) -> F + Send + Sync + 'static,
        compute: impl Fn(T) -> Result<T, &'static str> + Send + Sync + 'static,
    ) -> LocalBoxStream<'static, (usize, Result<T, String>)>
    where
        I: Iterator<Item: Send> + 'static,
        T: Send + 'static,
        F: Future<Output = Result<T, &'static str>> + Send + 'static,
    {
        let [fetches, jobs] = [fetches, jobs].map(|limit| NonZeroUsize::new(limit).unwrap());
        match self {
            Self::Rayon => tokio_rayon::pipeline(inputs, fetches, jobs, fetch, compute)
                .map(|(index, result)| (index, result.map_err(|failure| failure.to_string())))
                .boxed_local(),
            Self::SpawnBlocking => tokio_spawn_blocking::pipeline(inputs, fetches, jobs, fetch, compute)
                .map(|(index, result)| (index, result.map_err(|failure| failure.to_string())))
                .boxed_local(),
        }
    }
}

/// A deadlock or a panic in one of the runs fails the test.
fn search<F: Future<Output = ()>>(model: impl Fn(Pipeline) -> F + Clone + Send + Sync + 'static) {
    for pipeline in [Pipeline::Rayon, Pipeline::SpawnBlocking] {
        let model = model.clone();
        shuttle::check_random(move || block_on(model(pipeline)), INTERLEAVINGS);
    }
}

#[test]
fn as_many_are_fetched_and_computed_at_once_as_may_and_never_more() {
    // For each pipeline, how many were fetched and how many computed.
    static MOST: [[Count; 2]; 2] = [const { [const { Count::new(0) }; 2] }; 2];
    for limits in [[2, 1], [1, 2]] {
        for most in MOST.as_flattened() {
            most.store(0, SeqCst);
        }
        search(move |pipeline| async move {
            let under_way = Arc::new([const { 0 }; 2].map(AtomicUsize::new));
            let begin = move |stage: usize, under_way: &[AtomicUsize; 2]| {
                MOST[pipeline as usize][stage].fetch_max(under_way[stage].fetch_add(1, SeqCst) + 1, SeqCst);
            };
            let fetch = {
                let under_way = Arc::clone(&under_way);
                move |()| {
                    let under_way = Arc::clone(&under_way);
                    async move {
                        begin(0, &under_way);
                        yield_now().await;
                        under_way[0].fetch_sub(1, SeqCst);
                        Ok(())
                    }
                }
            };
            let compute = move |()| {
                begin(1, &under_way);
                under_way[1].fetch_sub(1, SeqCst);
                Ok(())
            };
            assert_eq!(pipeline.begin([(); 3].into_iter(), limits, fetch, compute).count().await, 3);
        });
        let most = MOST.each_ref().map(|most| most.each_ref().map(|most| most.load(SeqCst)));
        assert_eq!(most, [limits; 2]);
    }
}

#[test]
fn one_is_fetched_while_another_is_computed() {
    static IS_SEEN: [Flag; 2] = [const { Flag::new(false) }; 2];
    search(|pipeline| async move {
        let is_fetched = Arc::new(AtomicBool::new(false));
        let fetch = {
            let is_fetched = Arc::clone(&is_fetched);
            move |()| {
                let is_fetched = Arc::clone(&is_fetched);
                async move {
                    is_fetched.store(true, SeqCst);
                    yield_now().await;
                    is_fetched.store(false, SeqCst);
                    Ok(())
                }
            }
        };
        let compute = move |()| {
            IS_SEEN[pipeline as usize].fetch_or(is_fetched.load(SeqCst), SeqCst);
            Ok(())
        };
        assert_eq!(pipeline.begin([(); 2].into_iter(), [2, 1], fetch, compute).count().await, 2);
    });
    assert!(IS_SEEN.iter().all(|is_seen| is_seen.load(SeqCst)), "never both at once");
}

#[test]
fn what_is_fetched_goes_on_while_nobody_takes_results() {
    search(|pipeline| async move {
        let (sender, mut fetched) = mpsc::channel(2);
        let fetch = move |()| {
            let sender = sender.clone();
            async move {
                yield_now().await;
                sender.send(()).await.unwrap();
                Ok(())
            }
        };
        let mut results = pipeline.begin([(); 2].into_iter(), [2, 1], fetch, Ok);
        let taken = usize::from(poll_once(results.next()).await.is_some());
        // Or else this is a deadlock.
        assert_eq!([fetched.recv().await, fetched.recv().await], [Some(()); 2]);
        assert_eq!(taken + results.count().await, 2);
    });
}

#[test]
fn each_input_is_fetched_and_computed_once_and_has_its_result_in_its_place() {
    for failing in 0..2 {
        search(move |pipeline| async move {
            let alive = Arc::new(Count::new(0));
            let times = Arc::new([const { Count::new(0) }; 8]);
            // Of the first three one fails and two panic, in the stage that fails; then comes one that is well.
            let settle = {
                let times = Arc::clone(&times);
                move |stage: usize, input: Counted| {
                    times[4 * stage + input.value].fetch_add(1, SeqCst);
                    match input.value {
                        0 if stage == failing => Err("failed"),
                        1 | 2 if stage == failing => resume_unwind(Box::new("panicked")),
                        _ => Ok(input),
                    }
                }
            };
            let fetch = {
                let settle = settle.clone();
                move |input: Counted| {
                    // Before its first await.
                    let settled = (input.value == 2).then(|| settle(0, Counted::new(2, &input.alive)));
                    let settle = settle.clone();
                    async move {
                        yield_now().await;
                        settled.unwrap_or_else(|| settle(0, input))
                    }
                }
            };
            let results = pipeline.begin(counted(4, &alive), [2, 2], fetch, move |page| settle(1, page));
            let mut results: Vec<_> =
                results.map(|(index, result)| (index, result.map(|page| page.value))).collect().await;
            results.sort_unstable_by_key(|(index, _)| *index);
            let panicked = || Err("it panicked: panicked".to_owned());
            let expected = [(0, Err("failed".to_owned())), (1, panicked()), (2, panicked()), (3, Ok(3))];
            assert_eq!(results, expected);
            let times = times.each_ref().map(|times| times.load(SeqCst));
            assert_eq!(times, [1, 1, 1, 1, failing, failing, failing, 1]);
        });
    }
}

#[test]
fn nothing_begins_once_the_results_are_dropped_and_what_is_fetched_is_dropped_soon() {
    for taken in 0..=1 {
        search(move |pipeline| drop_after(pipeline, taken));
    }
}

async fn drop_after(pipeline: Pipeline, taken: usize) {
    // A panic would be lost with the task.
    static LATE: Count = Count::new(0);
    let (alive, is_dropped) = (Arc::new(Count::new(0)), Arc::new(Flag::new(false)));
    let note = {
        let is_dropped = Arc::clone(&is_dropped);
        move || _ = LATE.fetch_add(usize::from(is_dropped.load(SeqCst)), SeqCst)
    };
    // All that runs holds a sender.
    let (running, mut ended) = mpsc::channel::<()>(1);
    let inputs = counted(6, &alive).inspect({
        let note = note.clone();
        move |_| note()
    });
    let fetch = {
        let (note, running) = (note.clone(), running.clone());
        move |input: Counted| {
            note();
            let running = running.clone();
            async move {
                yield_now().await;
                if input.value > 2 {
                    pending::<()>().await;
                }
                drop(running);
                Ok(input)
            }
        }
    };
    let compute = move |page| {
        note();
        let _running = &running;
        Ok(page)
    };
    let mut results = pipeline.begin(inputs, [2, 2], fetch, compute);
    for _ in 0..taken {
        assert!(matches!(results.next().await, Some((_, Ok(_)))));
    }
    for _ in 0..4 {
        poll_once(results.next()).await;
        yield_now().await;
    }
    drop(results);
    is_dropped.store(true, SeqCst);
    assert_eq!(ended.recv().await, None);
    assert_eq!(LATE.load(SeqCst), 0, "it begins after the drop");
    // What was computed may be on its way to nobody. An input or a result that is kept makes this endless, and a failure.
    while alive.load(SeqCst) > 0 {
        yield_now().await;
    }
}
