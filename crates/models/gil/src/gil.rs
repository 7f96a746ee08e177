//! A model of Python's global interpreter lock, after `take_gil` and `drop_gil` in `Python/ceval_gil.c` of its source.
//!
//! A thread holds it while it runs, and gives it away around anything that waits. Whoever wants it meanwhile waits for 5 ms
//! and then sets a request. The holder looks at the request between two instructions; if it is set, it gives the lock away,
//! and does not ask for it again before another thread has it.
//!
//! It leaves out signals, pending calls, subinterpreters and the end of the interpreter. A thread that panics while it
//! holds the lock leaves the others waiting.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread::{ThreadId, current};
use std::time::Duration;

/// How long a thread waits before it sets a request, as in `sys.getswitchinterval()`.
pub const INTERVAL: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
pub struct Gil {
    state: Mutex<State>,
    is_free: Condvar,
    is_taken: Condvar,
    request: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    is_held: bool,
    last_holder: Option<ThreadId>,
    /// How often another thread than the last holder took it.
    switches: u64,
}

/// Is told what becomes of a thread that takes the lock.
pub trait Observer {
    /// Another has the lock: it begins to wait for it.
    fn asks(&mut self);
    /// It has the lock.
    fn runs(&mut self);
}

impl Gil {
    /// Waits for the lock: at the start of a thread, and after anything that it has waited for.
    pub fn take(&self, observer: &mut impl Observer) {
        let mut state = self.locked();
        if state.is_held {
            observer.asks();
        }
        while state.is_held {
            let switches = state.switches;
            let (woken, wait) = self.is_free.wait_timeout(state, INTERVAL).expect("no holder panics");
            state = woken;
            // Another that was switched to meanwhile has its 5 ms before it.
            if wait.timed_out() && state.is_held && state.switches == switches {
                self.request.store(true, Relaxed);
            }
        }
        state.is_held = true;
        if state.last_holder != Some(current().id()) {
            state.last_holder = Some(current().id());
            state.switches += 1;
        }
        self.request.store(false, Relaxed);
        self.is_taken.notify_one();
        observer.runs();
    }

    /// Gives it away: before anything that is waited for, and at the end of a thread.
    pub fn give(&self) {
        let mut state = self.locked();
        state.is_held = false;
        self.is_free.notify_one();
        // Else a thread on another core would find it taken again before it has woken up.
        while self.request.load(Relaxed) && state.last_holder == Some(current().id()) {
            state = self.is_taken.wait(state).expect("no holder panics");
        }
    }

    /// Between two instructions: gives it away if another has requested it, and asks for it again.
    pub fn check(&self, observer: &mut impl Observer) {
        if self.request.load(Relaxed) {
            observer.asks();
            self.give();
            self.take(observer);
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}
