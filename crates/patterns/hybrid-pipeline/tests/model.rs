//! loom runs the unmodified threads, one or two a stage with two or three inputs, and lets each go on wherever another could.
//!
//! `extern crate self as std` gives them loom's threads and locks where they say `std`, and `stand_ins` what loom has not.

#![allow(unreachable_pub, reason = "the file is public where it lives")]

extern crate self as std;
extern crate std as real_std;
pub use core::{any, error, fmt, iter, marker, mem, num};
pub use real_std::collections;
pub use stand_ins::{panic, sync, thread};

use core::num::NonZeroUsize;
use core::sync::atomic::Ordering::SeqCst;
use core::sync::atomic::{AtomicBool as Flag, AtomicUsize as Count};
use real_std::sync::Arc;

use loom::sync::atomic::{AtomicBool, AtomicUsize};

// It is formatted where it lives.
#[rustfmt::skip]
#[path = "../../bounded-pool/tests/model/stand_ins.rs"]
mod stand_ins;
#[path = "../src/threads.rs"]
mod threads;

use panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use stand_ins::{Counted, counted, explore};
use threads::{Failure, map, pipeline};

/// How many fetch, and how many compute.
fn limits(fetches: usize, jobs: usize) -> [NonZeroUsize; 2] {
    [fetches, jobs].map(|limit| NonZeroUsize::new(limit).unwrap())
}

#[test]
fn as_many_are_fetched_and_computed_at_once_as_may_and_never_more() {
    // Outside the model, where loom does not reset them between the interleavings.
    static MOST: [Count; 2] = [const { Count::new(0) }; 2];
    for (fetches, jobs) in [(1, 1), (2, 1), (1, 2)] {
        for most in &MOST {
            most.store(0, SeqCst);
        }
        explore(Some(1), move || {
            let [fetches, jobs] = limits(fetches, jobs);
            let [fetching, computing] = [0, 1].map(|stage| {
                let under_way = AtomicUsize::new(0);
                move |()| {
                    MOST[stage].fetch_max(under_way.fetch_add(1, SeqCst) + 1, SeqCst);
                    loom::thread::yield_now();
                    under_way.fetch_sub(1, SeqCst);
                    Ok::<_, ()>(())
                }
            });
            let results = map([(); 2], fetches, jobs, fetching, computing);
            assert_eq!(results, [const { Ok(()) }; 2]);
        });
        assert_eq!(
            MOST.each_ref().map(|most| most.load(SeqCst)),
            [fetches, jobs]
        );
    }
}

#[test]
fn one_is_fetched_while_another_is_computed() {
    static IS_SEEN: [Flag; 2] = [const { Flag::new(false) }; 2];
    explore(Some(2), || {
        let is_under_way = Arc::new([const { false }; 2].map(AtomicBool::new));
        // Either sees the other.
        let [fetching, computing] = [0, 1].map(|stage| {
            let is_under_way = Arc::clone(&is_under_way);
            move |()| {
                is_under_way[stage].store(true, SeqCst);
                IS_SEEN[stage].fetch_or(is_under_way[1 - stage].load(SeqCst), SeqCst);
                is_under_way[stage].store(false, SeqCst);
                Ok::<_, ()>(())
            }
        });
        let [fetches, jobs] = limits(1, 1);
        assert_eq!(
            map([(); 2], fetches, jobs, fetching, computing),
            [const { Ok(()) }; 2]
        );
    });
    assert!(
        IS_SEEN.iter().all(|is_seen| is_seen.load(SeqCst)),
        "never both at once"
    );
}

#[test]
fn each_input_is_fetched_and_computed_once_and_has_its_result_in_its_place() {
    for (fetches, jobs, preemptions) in [(1, 1, 2), (2, 1, 0), (1, 2, 0)] {
        for failing in 0..2 {
            explore(Some(preemptions), move || {
                let [fetches, jobs] = limits(fetches, jobs);
                let alive = Arc::new(Count::new(0));
                let times = Arc::new([const { Count::new(0) }; 6]);
                // One of the first two fails and the other panics, in the stage that fails; then comes one that is well.
                let [fetch, compute] = [0, 1].map(|stage| {
                    let times = Arc::clone(&times);
                    move |input: Counted| {
                        times[3 * stage + input.value].fetch_add(1, SeqCst);
                        match input.value {
                            0 if stage == failing => Err("failed"),
                            1 if stage == failing => resume_unwind(Box::new("panicked")),
                            _ => Ok(input),
                        }
                    }
                });
                let results = map(counted(3, &alive), fetches, jobs, fetch, compute);
                let computed = failing;
                assert_eq!(
                    times.each_ref().map(|times| times.load(SeqCst)),
                    [1, 1, 1, computed, computed, 1],
                );
                let results: Vec<_> = results
                    .into_iter()
                    .map(|result| result.map(|input| input.value))
                    .collect();
                let panicked = Failure::Panicked("panicked".to_owned());
                assert_eq!(
                    results,
                    [Err(Failure::Failed("failed")), Err(panicked), Ok(2)]
                );
                assert_eq!(alive.load(SeqCst), 0);
            });
        }
    }
}

#[test]
fn nothing_begins_or_runs_once_the_results_are_dropped() {
    for (fetches, jobs, preemptions) in [(1, 1, 2), (2, 1, 1), (1, 2, 1)] {
        for taken in 0..=1 {
            explore(Some(preemptions), move || {
                drop_after(taken, limits(fetches, jobs));
            });
        }
    }
}

fn drop_after(taken: usize, [fetches, jobs]: [NonZeroUsize; 2]) {
    // Outside the model, where loom does not reset it: what goes on after the drop may do so after this function.
    static LATE: Count = Count::new(0);
    let (alive, is_dropped) = (Arc::new(Count::new(0)), Arc::new(AtomicBool::new(false)));
    let [fetch, compute] = [0, 1].map(|_| {
        let is_dropped = Arc::clone(&is_dropped);
        move |input| {
            LATE.fetch_add(usize::from(is_dropped.load(SeqCst)), SeqCst);
            Ok::<_, ()>(input)
        }
    });
    let mut results = pipeline(counted(2, &alive), fetches, jobs, fetch, compute);
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
fn the_drop_lets_go_of_the_inputs_before_it_waits_for_what_is_computed() {
    explore(Some(3), || {
        let (held, let_go) = sync::mpsc::sync_channel::<()>(1);
        let inputs = (0..2).inspect(move |_| _ = &held);
        let [fetches, jobs] = limits(1, 1);
        drop(pipeline(inputs, fetches, jobs, Ok::<_, ()>, move |page| {
            assert!(let_go.recv().is_err());
            Ok::<_, ()>(page)
        }));
    });
}

#[test]
fn while_nobody_takes_results_all_stands_still_and_the_drop_begins_no_more() {
    static MOST: Count = Count::new(0);
    explore(Some(1), || {
        let [fetches, jobs] = limits(1, 1);
        let begun = Count::new(0);
        let fetch = move |_| {
            MOST.fetch_max(begun.fetch_add(1, SeqCst) + 1, SeqCst);
            Ok::<_, ()>(())
        };
        let results = pipeline(0..6, fetches, jobs, fetch, Ok);
        loom::thread::yield_now();
        drop(results);
    });
    assert_eq!(
        MOST.load(SeqCst),
        4,
        "one waits in each channel, and one to get there"
    );
}

#[test]
fn a_panic_of_the_inputs_comes_after_all_results_of_those_before() {
    for (fetches, jobs) in [(1, 1), (2, 1), (1, 2)] {
        explore(Some(1), move || {
            let [fetches, jobs] = limits(fetches, jobs);
            let (alive, held) = (Arc::new(Count::new(0)), Arc::new(()));
            let inputs = (0..).map({
                let alive = Arc::clone(&alive);
                move |value| match value {
                    0 => Counted::new(value, &alive),
                    1 => resume_unwind(Box::new("no more")),
                    _ => unreachable!("it is asked again"),
                }
            });
            let [fetch, compute] = [0, 1].map(|_| {
                let held = Arc::clone(&held);
                move |input| Ok::<_, ()>((Arc::clone(&held), input).1)
            });
            let mut results = pipeline(inputs, fetches, jobs, fetch, compute);
            assert!(matches!(results.next(), Some((0, Ok(_)))));
            let panic = catch_unwind(AssertUnwindSafe(|| results.next().is_none())).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"no more"));
            assert!(results.next().is_none(), "it comes once");
            drop(results);
            assert_eq!(Arc::strong_count(&held), 1, "a worker goes on");
            assert_eq!(alive.load(SeqCst), 0);
        });
    }
}

#[test]
fn inputs_that_have_ended_are_not_asked_again() {
    explore(Some(2), || {
        let mut asked = 0;
        let inputs = iter::from_fn(move || {
            asked += 1;
            assert!(asked <= 2, "it is asked again");
            (asked == 1).then_some(asked)
        });
        let [fetches, jobs] = limits(2, 1);
        assert_eq!(map(inputs, fetches, jobs, Ok::<_, ()>, Ok), [Ok(1)]);
    });
}

#[test]
fn a_thread_that_is_refused_leaves_nothing_running() {
    for (fetches, jobs) in [(2, 1), (1, 2)] {
        for given in 0..3 {
            explore(Some(2), move || {
                let [fetches, jobs] = limits(fetches, jobs);
                thread::LEFT.set(given);
                let (alive, held) = (Arc::new(Count::new(0)), Arc::new(()));
                let [fetch, compute] = [0, 1].map(|_| {
                    let held = Arc::clone(&held);
                    move |input| Ok::<_, ()>((Arc::clone(&held), input).1)
                });
                let begin = || pipeline(counted(3, &alive), fetches, jobs, fetch, compute);
                let panic = catch_unwind(AssertUnwindSafe(begin)).err().unwrap();
                assert_eq!(panic.downcast_ref(), Some(&"refused"));
                assert_eq!(Arc::strong_count(&held), 1, "a worker goes on");
                assert_eq!(alive.load(SeqCst), 0);
            });
        }
    }
}
