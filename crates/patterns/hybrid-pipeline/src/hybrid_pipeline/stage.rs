//! One stage of a pipeline: threads that work on what they are given, with room for a result each.

use std::iter::Fuse;
use std::mem;
use std::num::NonZeroUsize;
use std::panic;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

/// What comes of the inputs of a stage.
pub(super) struct Stage<I, T> {
    inputs: Arc<Mutex<Option<Fuse<I>>>>,
    /// Set once nobody takes results any more. All stages share it: while a thread of the second
    /// waits for the first, it keeps the lock, and nobody could tell the first in any other way.
    ended: Arc<OnceLock<()>>,
    receiver: Receiver<T>,
    workers: Vec<JoinHandle<()>>,
}

/// Begins to do `work` on each of `inputs`, in as many threads as there are to be `workers`.
pub(super) fn stage<I, T>(
    inputs: I,
    workers: NonZeroUsize,
    ended: &Arc<OnceLock<()>>,
    work: impl Fn(I::Item) -> T + Send + Sync + 'static,
) -> Stage<I, T>
where
    I: Iterator + Send + 'static,
    T: Send + 'static,
{
    let (sender, receiver) = mpsc::sync_channel(workers.get());
    // It fails if nobody takes results any more, and then there are no more inputs either.
    let step = Arc::new(move |input| drop(sender.send(work(input))));
    let mut stage = Stage {
        inputs: Arc::new(Mutex::new(Some(inputs.fuse()))),
        ended: Arc::clone(ended),
        receiver,
        workers: Vec::new(),
    };
    for _ in 0..workers.get() {
        let (inputs, ended) = (Arc::clone(&stage.inputs), Arc::clone(ended));
        let step = Arc::clone(&step);
        stage.workers.push(thread::spawn(move || {
            while let Some(input) = take(&inputs, &ended) {
                step(input);
            }
        }));
    }
    stage
}

/// The next input. None if there are no more, or `inputs` has panicked in another thread, or nobody
/// takes results any more.
fn take<I: Iterator>(inputs: &Mutex<Option<I>>, ended: &OnceLock<()>) -> Option<I::Item> {
    let mut inputs = inputs.lock().ok()?;
    if ended.get().is_some() {
        return None;
    }
    inputs.as_mut()?.next()
}

impl<I, T> Iterator for Stage<I, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if let Ok(result) = self.receiver.recv() {
            return Some(result);
        }
        // All threads have ended, one of them perhaps by a panic of `inputs`.
        while let Some(worker) = self.workers.pop() {
            let ended = worker.join();
            ended.unwrap_or_else(|panic| panic::resume_unwind(panic));
        }
        None
    }
}

impl<I, T> Drop for Stage<I, T> {
    fn drop(&mut self) {
        self.ended.set(()).ok();
        // A thread that waits to hand over a result waits no longer, and ends.
        self.receiver = mpsc::sync_channel(0).1;
        *self.inputs.lock().unwrap_or_else(PoisonError::into_inner) = None;
        for worker in self.workers.drain(..) {
            // A panic that nobody asks for any more: its drop could panic again.
            mem::forget(worker.join());
        }
    }
}
