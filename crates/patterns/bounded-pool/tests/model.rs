//! loom runs the unmodified threads, two of them with two or three inputs, and lets each go on wherever another could.
//!
//! `extern crate self as std` gives them loom's threads and locks where they say `std`, and `stand_ins` what loom has not.

#![allow(unreachable_pub, reason = "the file is public where it lives")]

extern crate self as std;
extern crate std as real_std;
pub use core::{any, error, fmt, iter, marker, mem, num};
pub use stand_ins::{panic, sync, thread};

use core::num::NonZeroUsize;
use core::sync::atomic::AtomicUsize as Count;
use core::sync::atomic::Ordering::SeqCst;
use real_std::sync::Arc;

use loom::sync::atomic::{AtomicBool, AtomicUsize};

#[path = "model/stand_ins.rs"]
mod stand_ins;
#[path = "../src/threads.rs"]
mod threads;

use panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use stand_ins::{Counted, counted, explore};
use threads::{Failure, map, stream};

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
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
        let results: Vec<_> = results
            .into_iter()
            .map(|result| result.map(|input| input.value))
            .collect();
        assert_eq!(
            results,
            [
                Err(Failure::Failed("failed")),
                Err(Failure::Panicked("panicked".to_owned())),
                Ok(2),
            ]
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
            assert!(
                MOST.load(SeqCst) <= 2 * workers,
                "more than there is room for"
            );
        });
        assert_eq!(
            MOST.load(SeqCst),
            2 * workers,
            "so many wait in the channel, and so many to get there"
        );
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
                2 => resume_unwind(Box::new("no more")),
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
fn there_is_at_most_one_more_worker_than_inputs_and_no_more_than_the_limit() {
    explore(None, || {
        for inputs in 0..=1 {
            thread::LEFT.set(inputs + 1);
            let results = map(0..inputs, NonZeroUsize::MAX, Ok::<_, ()>);
            assert_eq!(results, (0..inputs).map(Ok).collect::<Vec<_>>());
        }
    });
    explore(Some(2), || {
        thread::LEFT.set(2);
        assert_eq!(map(0..3, limit(2), Ok::<_, ()>), [Ok(0), Ok(1), Ok(2)]);
    });
}

#[test]
fn a_hint_that_is_wrong_changes_no_result() {
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

    for hint in [(0, Some(0)), (0, Some(1)), (usize::MAX, None)] {
        explore(Some(2), move || {
            let results = map(Hinting(0, hint), limit(2), Ok::<_, ()>);
            assert_eq!(results, [Ok(1), Ok(2)]);
        });
    }
}

#[test]
fn a_panic_that_panics_when_it_is_dropped_is_that_of_its_input_alone() {
    struct Twice;

    impl Drop for Twice {
        fn drop(&mut self) {
            resume_unwind(Box::new("again"));
        }
    }

    explore(Some(2), || {
        let work = |input| match input {
            0 => resume_unwind(Box::new(Twice)),
            input => Ok::<_, ()>(input),
        };
        let results = map(0..3, limit(2), work);
        let panicked = Failure::Panicked("no message".to_owned());
        assert_eq!(results, [Err(panicked), Ok(1), Ok(2)]);
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
        let mut results = stream(0..3, limit(2), work);
        let panic = catch_unwind(AssertUnwindSafe(|| results.next().is_none())).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"refused"));
        assert!(results.next().is_none(), "it comes once");
        assert_eq!(Arc::strong_count(&begun), 1, "a worker goes on");
    });
}
