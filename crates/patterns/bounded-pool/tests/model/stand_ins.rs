//! What loom has not and the models of threads need: it has no `sync_channel` and no lock that a panic poisons, and its threads share
//! one of the system, where `panicking` is true for all while one of them unwinds. So what stands in for them here is made of a lock
//! that is never held where another thread could go on. `Arc` is std's own: nothing depends on when its count changes.
//!
//! A model takes it in by `#[path]`, as it does the file that it is about, and calls it `stand_ins`.

#![allow(dead_code, reason = "no model needs all of it")]
#![allow(
    clippy::missing_errors_doc,
    clippy::result_unit_err,
    reason = "they are those of std"
)]

use core::cell::Cell;
use core::sync::atomic::AtomicUsize as Count;
use core::sync::atomic::Ordering::SeqCst;
use real_std::sync::Arc;

use loom::model::Builder;

/// What one thread changes at a time, and others wait for.
#[derive(Debug, Default)]
pub struct Shared<S> {
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

pub mod sync {
    use core::cell::Cell;
    use core::marker::PhantomData;
    use core::ops::{Deref, DerefMut};
    use real_std::sync::LockResult;
    pub use real_std::sync::{Arc, PoisonError};

    use super::{IS_UNWINDING, SeqCst, Shared};
    use loom::sync::atomic::AtomicBool;

    /// One that holds nothing but whether it is set.
    #[derive(Default)]
    pub struct OnceLock<T>(AtomicBool, PhantomData<T>);

    impl OnceLock<()> {
        pub fn set(&self, (): ()) -> Result<(), ()> {
            if self.0.swap(true, SeqCst) {
                Err(())
            } else {
                Ok(())
            }
        }

        pub fn get(&self) -> Option<&()> {
            self.0.load(SeqCst).then_some(&())
        }
    }

    #[derive(Debug)]
    pub struct Mutex<T> {
        state: Shared<Lock>,
        data: real_std::sync::Mutex<T>,
    }

    #[derive(Debug, Default)]
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
            Self {
                state: Shared::default(),
                data: real_std::sync::Mutex::new(data),
            }
        }

        pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            let is_poisoned = self.state.change(|lock| {
                let is_free = !lock.is_held;
                lock.is_held = true;
                is_free.then_some(lock.is_poisoned)
            });
            // Whether the lock beneath is poisoned says nothing: any thread's panic may have done that.
            let data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
            let guard = MutexGuard {
                state: &self.state,
                data: Some(data),
            };
            if is_poisoned {
                Err(PoisonError::new(guard))
            } else {
                Ok(guard)
            }
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

        use crate::stand_ins::Shared;

        pub struct Sender<T>(Arc<Shared<Channel<T>>>);

        #[derive(Debug)]
        pub struct Receiver<T>(Arc<Shared<Channel<T>>>);

        #[derive(Debug)]
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
            let channel = Channel {
                queue: VecDeque::new(),
                capacity,
                is_sent: true,
                is_received: true,
            };
            let shared = Shared {
                state: loom::sync::Mutex::new((channel, 0)),
                changed: <_>::default(),
            };
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
                core::iter::from_fn(|| self.0.change(|channel| Some(channel.queue.pop_front())))
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

pub mod panic {
    pub use real_std::panic::AssertUnwindSafe;
    use real_std::panic::{self, UnwindSafe};
    use real_std::thread::Result;

    use core::any::Any;

    use super::IS_UNWINDING;

    /// Ends in a panic, as `inputs` or the work may. The hook is not called, which would print it for each interleaving.
    pub fn resume_unwind(panic: Box<dyn Any + Send>) -> ! {
        IS_UNWINDING.with(|is_unwinding| is_unwinding.set(true));
        panic::resume_unwind(panic)
    }

    pub fn catch_unwind<T>(run: impl FnOnce() -> T + UnwindSafe) -> Result<T> {
        let ended = panic::catch_unwind(run);
        IS_UNWINDING.with(|is_unwinding| is_unwinding.set(false));
        ended
    }
}

pub mod thread {
    use core::cell::Cell;
    pub use real_std::thread::Result;

    use super::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    real_std::thread_local! {
        /// How many more threads the system gives to this test.
        pub static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
        /// How many that it has given nobody has waited for.
        pub static UNJOINED: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Debug)]
    pub struct JoinHandle<T>(loom::thread::JoinHandle<Result<T>>);

    impl<T> JoinHandle<T> {
        pub fn join(self) -> Result<T> {
            UNJOINED.set(UNJOINED.get() - 1);
            self.0.join()?
        }
    }

    pub fn spawn<T: 'static>(run: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
        let left = LEFT
            .get()
            .checked_sub(1)
            .unwrap_or_else(|| resume_unwind(Box::new("refused")));
        LEFT.set(left);
        UNJOINED.set(UNJOINED.get() + 1);
        JoinHandle(loom::thread::spawn(|| catch_unwind(AssertUnwindSafe(run))))
    }
}

loom::thread_local! {
    /// Whether this thread unwinds. The panics in these tests all pass through `resume_unwind`.
    static IS_UNWINDING: Cell<bool> = Cell::new(false);
}

/// A value that counts how many of its kind there are.
pub struct Counted {
    pub value: usize,
    alive: Arc<Count>,
}

impl Counted {
    pub fn new(value: usize, alive: &Arc<Count>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self {
            value,
            alive: Arc::clone(alive),
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, SeqCst);
    }
}

pub fn counted(
    inputs: usize,
    alive: &Arc<Count>,
) -> impl Iterator<Item = Counted> + Send + 'static {
    let alive = Arc::clone(alive);
    (0..inputs).map(move |value| Counted::new(value, &alive))
}

/// A deadlock or a panic in one of all runs fails the test. Without a bound, all interleavings are run; with one, those in which
/// no more threads than that are stopped where they could have gone on.
pub fn explore(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        model();
        assert_eq!(thread::UNJOINED.get(), 0, "a thread is let go of");
    });
}
