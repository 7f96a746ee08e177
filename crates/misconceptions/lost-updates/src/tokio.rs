//! Tasks on one thread add to one counter, with no lock and no await between the read and the write.
//!
//! Expect the exact sum: a task is switched at an await and nowhere else. `Rc` and `Cell` have the compiler
//! prove that the tasks stay on one thread. Reach for it when tasks share what they change in passing.

use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;

use tokio::task::{self, LocalSet, yield_now};

const YIELD_EVERY: u64 = 100_000;

/// Lets `workers` tasks add 1 `additions` times each; returns the counter.
#[tokio::main(flavor = "current_thread")]
pub async fn run(workers: u64, additions: u64) -> u64 {
    let executor = LocalSet::new();
    let all_added = executor.run_until(async {
        let counter = Rc::new(Cell::new(0));
        let handles: Vec<_> = (0..workers)
            .map(|_| {
                let counter = Rc::clone(&counter);
                task::spawn_local(async move { add(&counter, additions).await })
            })
            .collect();
        for handle in handles {
            handle.await.expect("a worker panicked");
        }
        counter.get()
    });
    all_added.await
}

async fn add(counter: &Cell<u64>, additions: u64) {
    for addition in 1..=additions {
        // Right: no await between the read and the write, so no other task can come between them.
        // The black box keeps the compiler from turning the loop into a single addition.
        counter.set(black_box(counter.get() + 1));
        if addition % YIELD_EVERY == 0 {
            yield_now().await;
        }
    }
}
