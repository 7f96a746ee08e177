//! loom runs the unmodified threads, two of them with two or three inputs, and lets each go on wherever another could.
//!
//! `extern crate self as std` gives them loom's threads and locks where they say `std`. loom has no `sync_channel` and no lock
//! that a panic poisons, and its threads share one of the system, where `panicking` is true for all while one of them unwinds:
//! so what stands in for them here is made of a lock that is never held where another thread could go on. `Arc` is std's own:
//! nothing depends on when its count changes.

#![allow(unreachable_pub, reason = "the file is public where it lives")]

extern crate self as std;
extern crate std as real_std;
pub use core::{any, error, fmt, iter, marker, num};
pub use real_std::panic;

use core::cell::Cell;
use core::num::NonZeroUsize;
use core::sync::atomic::AtomicUsize as Count;
use core::sync::atomic::Ordering::SeqCst;
use real_std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use real_std::sync::Arc;

use loom::model::Builder;
use loom::sync::atomic::{AtomicBool, AtomicUsize};

#[path = "../src/threads.rs"]
mod threads;

use threads::{Failure, map, stream};

/// What one thread changes at a time, and others wait for.
#[derive(Default)]
struct Shared<S> {
    /// With how many wait.
    state: loom::sync::Mutex<(S, usize)>,
    changed: loom::sync::Condvar,
}

impl<S> Shared<S> {
    /// Waits until there is something that `change` returns; then the others look again.
    fn change<R>(&self, mut change: impl FnMut(&mut S) -> Option<R>) -> R {
        let mut state = self.state.lock().unwrap();
        loop {
            if let Some(result) = change(&mut state.0) {
                let is_awaited = state.1 > 0;
                drop(state);
                if is_awaited {
                    self.changed.notify_all();
                }
                return result;
            }
            state.1 += 1;
            state = self.changed.wait(state).unwrap();
            state.1 -= 1;
        }
    }
}

mod sync {
    use core::cell::Cell;
    use core::ops::{Deref, DerefMut};
    use real_std::sync::LockResult;
    pub use real_std::sync::{Arc, PoisonError};

    use super::{IS_UNWINDING, Shared};

    pub struct Mutex<T> {
        state: Shared<Lock>,
        data: real_std::sync::Mutex<T>,
    }

    #[derive(Default)]
    struct Lock {
        is_held: bool,
        is_poisoned: bool,
    }

    pub struct MutexGuard<'a, T> {
        state: &'a Shared<Lock>,
        data: Option<real_std::sync::MutexGuard<'a, T>>,
    }

    impl<T> Mutex<T> {
        pub fn new(data: T) -> Self {
            Self { state: Shared::default(), data: real_std::sync::Mutex::new(data) }
        }

        pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            let is_poisoned = self.state.change(|lock| {
                let is_free = !lock.is_held;
                lock.is_held = true;
                is_free.then_some(lock.is_poisoned)
            });
            // Whether the lock beneath is poisoned says nothing: any thread's panic may have done that.
            let data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
            let guard = MutexGuard { state: &self.state, data: Some(data) };
            if is_poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.data.as_ref().unwrap()
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.data.as_mut().unwrap()
        }
    }

    impl<T> Drop for MutexGuard<'_, T> {
        fn drop(&mut self) {
            self.data = None;
            self.state.change(|lock| {
                lock.is_held = false;
                lock.is_poisoned |= IS_UNWINDING.with(Cell::get);
                Some(())
            });
        }
    }

    /// As std's: a full channel keeps a sender waiting, and what has lost its other side ends.
    pub mod mpsc {
        use real_std::collections::VecDeque;
        use real_std::sync::Arc;
        use real_std::sync::mpsc::{RecvError, SendError};

        use crate::{Shared, iter};

        pub struct Sender<T>(Arc<Shared<Channel<T>>>);
        pub struct Receiver<T>(Arc<Shared<Channel<T>>>);

        struct Channel<T> {
            queue: VecDeque<T>,
            capacity: usize,
            is_sent: bool,
            is_received: bool,
        }

        pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
            sync_channel(usize::MAX)
        }

        pub fn sync_channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
            let channel = Channel { queue: VecDeque::new(), capacity, is_sent: true, is_received: true };
            let shared = Shared { state: loom::sync::Mutex::new((channel, 0)), changed: <_>::default() };
            let shared = Arc::new(shared);
            (Sender(Arc::clone(&shared)), Receiver(shared))
        }

        impl<T> Sender<T> {
            pub fn send(&self, value: T) -> Result<(), SendError<T>> {
                let mut value = Some(value);
                self.0.change(|channel| {
                    if !channel.is_received {
                        return value.take().map(|value| Err(SendError(value)));
                    }
                    let has_room = channel.queue.len() < channel.capacity;
                    has_room.then(|| channel.queue.extend(value.take())).map(Ok)
                })
            }
        }

        impl<T> Drop for Sender<T> {
            fn drop(&mut self) {
                self.0.change(|channel| {
                    channel.is_sent = false;
                    Some(())
                });
            }
        }

        impl<T> Receiver<T> {
            pub fn recv(&self) -> Result<T, RecvError> {
                self.0.change(|channel| {
                    let value = channel.queue.pop_front().map(Ok);
                    value.or_else(|| (!channel.is_sent).then_some(Err(RecvError)))
                })
            }

            pub fn try_iter(&self) -> impl Iterator<Item = T> {
                iter::from_fn(|| self.0.change(|channel| Some(channel.queue.pop_front())))
            }
        }

        impl<T> Drop for Receiver<T> {
            fn drop(&mut self) {
                let left = self.0.change(|channel| {
                    channel.is_received = false;
                    Some(core::mem::take(&mut channel.queue))
                });
                drop(left);
            }
        }
    }
}

mod thread {
    use core::cell::Cell;
    use real_std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use real_std::thread::Result;

    real_std::thread_local! {
        /// How many more threads the system gives to this test.
        pub static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
        /// How many that it has given nobody has waited for.
        pub static UNJOINED: Cell<usize> = const { Cell::new(0) };
    }

    pub struct JoinHandle<T>(loom::thread::JoinHandle<Result<T>>);

    impl<T> JoinHandle<T> {
        pub fn join(self) -> Result<T> {
            UNJOINED.set(UNJOINED.get() - 1);
            self.0.join()?
        }
    }

    pub fn spawn<T: 'static>(run: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
        let left = LEFT.get().checked_sub(1).unwrap_or_else(|| resume_unwind(Box::new("refused")));
        LEFT.set(left);
        UNJOINED.set(UNJOINED.get() + 1);
        JoinHandle(loom::thread::spawn(|| catch_unwind(AssertUnwindSafe(run))))
    }
}

loom::thread_local! {
    /// Whether this thread unwinds from a panic of `inputs`.
    static IS_UNWINDING: Cell<bool> = Cell::new(false);
}

/// Ends in a panic, as `inputs` may. The hook is not called, which would print it for each interleaving.
fn panic_in_inputs(message: &'static str) -> ! {
    IS_UNWINDING.with(|is_unwinding| is_unwinding.set(true));
    resume_unwind(Box::new(message))
}

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

/// A deadlock or a panic in one of all runs fails the test. Without a bound, all interleavings are run; with one, those in which
/// no more threads than that are stopped where they could have gone on.
fn explore(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        model();
        assert_eq!(thread::UNJOINED.get(), 0, "a thread is let go of");
    });
}

#[test]
fn as_many_work_at_once_as_may_and_never_more() {
    // Outside the model, where loom does not reset it between the interleavings.
    static MOST: Count = Count::new(0);
    explore(Some(2), || {
        let working = AtomicUsize::new(0);
        let results = map(0..3, limit(2), move |_| {
            let now = working.fetch_add(1, SeqCst) + 1;
            MOST.fetch_max(now, SeqCst);
            working.fetch_sub(1, SeqCst);
            Ok::<_, ()>(())
        });
        assert_eq!(results, [const { Ok(()) }; 3]);
        assert!(MOST.load(SeqCst) <= 2, "more at once than may");
    });
    assert_eq!(MOST.load(SeqCst), 2, "never as many as may");
}

#[test]
fn each_input_is_worked_on_once_and_has_its_result_in_its_place() {
    explore(Some(2), || {
        let alive = Arc::new(Count::new(0));
        let times = Arc::new([const { Count::new(0) }; 3]);
        let inputs = counted(3, &alive);
        let work = {
            let times = Arc::clone(&times);
            move |input: Counted| {
                times[input.value].fetch_add(1, SeqCst);
                match input.value {
                    0 => Err("failed"),
                    1 => resume_unwind(Box::new("panicked")),
                    _ => Ok(input),
                }
            }
        };
        let results = map(inputs, limit(2), work);
        assert_eq!(times.each_ref().map(|times| times.load(SeqCst)), [1; 3]);
        let results: Vec<_> = results.into_iter().map(|result| result.map(|input| input.value)).collect();
        assert_eq!(
            results,
            [Err(Failure::Failed("failed")), Err(Failure::Panicked("panicked".to_owned())), Ok(2),]
        );
        assert_eq!(alive.load(SeqCst), 0);
    });
}

#[test]
fn nothing_begins_or_runs_once_the_results_are_dropped() {
    for (workers, preemptions) in [(1, None), (2, Some(2))] {
        for taken in 0..=2 {
            explore(preemptions, move || drop_after(taken, limit(workers)));
        }
    }
}

fn drop_after(taken: usize, limit: NonZeroUsize) {
    // Outside the model, where loom does not reset it: what goes on after the drop may do so after this function.
    static LATE: Count = Count::new(0);
    let (alive, is_dropped) = (Arc::new(Count::new(0)), Arc::new(AtomicBool::new(false)));
    let inputs = counted(limit.get() + 1, &alive);
    let work = {
        let is_dropped = Arc::clone(&is_dropped);
        move |input| {
            LATE.fetch_add(usize::from(is_dropped.load(SeqCst)), SeqCst);
            Ok::<_, ()>(input)
        }
    };
    let mut results = stream(inputs, limit, work);
    for _ in 0..taken {
        assert!(matches!(results.next(), Some((_, Ok(_)))));
    }
    drop(results);
    is_dropped.store(true, SeqCst);
    assert_eq!(LATE.load(SeqCst), 0, "it begins after the drop");
    assert_eq!(Arc::strong_count(&is_dropped), 1, "a worker goes on");
    assert_eq!(alive.load(SeqCst), 0, "an input or a result is kept");
}

#[test]
fn the_drop_lets_go_of_the_inputs_before_it_waits_for_the_work() {
    explore(None, || {
        let (held, let_go) = sync::mpsc::sync_channel::<()>(1);
        let inputs = (0..2).inspect(move |_| _ = &held);
        drop(stream(inputs, limit(1), move |input| {
            assert!(let_go.recv().is_err());
            Ok::<_, ()>(input)
        }));
    });
}

#[test]
fn while_nobody_takes_results_the_work_stands_still() {
    static MOST: Count = Count::new(0);
    for (workers, preemptions) in [(1, None), (2, Some(3))] {
        MOST.store(0, SeqCst);
        explore(preemptions, move || {
            let begun = Count::new(0);
            let results = stream(0..6, limit(workers), move |_| {
                MOST.fetch_max(begun.fetch_add(1, SeqCst) + 1, SeqCst);
                Ok::<_, ()>(())
            });
            drop(results);
            assert!(MOST.load(SeqCst) <= 2 * workers, "more than there is room for");
        });
        assert_eq!(MOST.load(SeqCst), 2 * workers, "so many wait in the channel, and so many to get there");
    }
}

#[test]
fn a_panic_of_the_inputs_comes_after_all_results_of_those_before() {
    explore(Some(3), || {
        let alive = Arc::new(Count::new(0));
        let begun = Arc::new(Count::new(0));
        let inputs = (0..).map({
            let alive = Arc::clone(&alive);
            move |value| match value {
                0..2 => Counted::new(value, &alive),
                2 => panic_in_inputs("no more"),
                _ => unreachable!("it is asked again"),
            }
        });
        let work = {
            let begun = Arc::clone(&begun);
            move |input| {
                begun.fetch_add(1, SeqCst);
                Ok::<_, ()>(input)
            }
        };
        let mut results = stream(inputs, limit(2), work);
        let mut indices = [0, 1].map(|_| results.next().unwrap().0);
        indices.sort_unstable();
        assert_eq!(indices, [0, 1]);
        let panic = catch_unwind(AssertUnwindSafe(|| results.next().is_none())).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"no more"));
        assert!(results.next().is_none(), "it comes once");
        drop(results);
        assert_eq!(Arc::strong_count(&begun), 1, "a worker goes on");
        assert_eq!(alive.load(SeqCst), 0);
    });
}

#[test]
fn inputs_that_have_ended_are_not_asked_again() {
    explore(Some(3), || {
        let mut asked = 0;
        let inputs = iter::from_fn(move || {
            asked += 1;
            assert!(asked <= 2, "it is asked again");
            (asked == 1).then_some(asked)
        });
        assert_eq!(map(inputs, limit(2), Ok::<_, ()>), [Ok(1)]);
    });
}

#[test]
fn there_are_no_more_workers_than_inputs() {
    explore(None, || {
        thread::LEFT.set(0);
        assert_eq!(map(0..0, NonZeroUsize::MAX, Ok::<_, ()>), []);
        thread::LEFT.set(1);
        assert_eq!(map(0..1, NonZeroUsize::MAX, Ok::<_, ()>), [Ok(0)]);
    });
}

#[test]
fn a_thread_that_is_refused_leaves_nothing_running() {
    explore(None, || {
        thread::LEFT.set(1);
        let begun = Arc::new(Count::new(0));
        let work = {
            let begun = Arc::clone(&begun);
            move |input| {
                begun.fetch_add(1, SeqCst);
                Ok::<_, ()>(input)
            }
        };
        let panic = catch_unwind(AssertUnwindSafe(|| stream(0..3, limit(2), work))).err().unwrap();
        assert_eq!(panic.downcast_ref(), Some(&"refused"));
        assert_eq!(Arc::strong_count(&begun), 1, "a worker goes on");
    });
}
