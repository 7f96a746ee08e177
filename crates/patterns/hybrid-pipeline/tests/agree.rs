//! All variants give the same results for the same work, never do more of it at once than they were told, and stop when they
//! are dropped.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "a pipeline gives pages away"
)]

use std::fmt::Debug;
use std::fs::File;
use std::future::ready;
use std::iter::from_fn;
use std::num::NonZeroUsize;
use std::panic::{panic_any, resume_unwind};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::{self, ExitCode};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, LazyLock};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, pending};
use futures_util::{FutureExt, Stream, StreamExt};
use hybrid_pipeline::{
    inline, pool_per_call, procspawn, smol_unblock, threads, tokio_processes, tokio_rayon,
    tokio_spawn_blocking,
};
use rayon::ThreadPoolBuilder;
use serde::{Deserialize, Serialize};
use smol::future::yield_now;
use tokio::runtime::{Builder, Runtime};
use trials::{Failed, Trial};

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time for what must not happen. Too short on a busy machine, it would go unseen, and never be seen where it is not.
const A_WHILE: Duration = Duration::from_millis(50);

/// What is fetched, and goes to another process where that computes.
#[derive(Clone, Serialize, Deserialize)]
struct Page {
    number: usize,
    /// Nothing is computed before there is this file.
    gate: Option<PathBuf>,
}

type Inputs = Box<dyn Iterator<Item = usize> + Send>;
type Fetch = Arc<dyn Fn(usize) -> BoxFuture<'static, Result<Page, String>> + Send + Sync>;

/// A function alone goes to another process. What it counts in this one stands in statics.
type Compute = fn(Page) -> Result<usize, String>;

/// What a variant's `Failure` says in Debug, with the name of its kind.
type Told = Result<usize, String>;
type Results = Box<dyn Iterator<Item = (usize, Told)>>;

/// Async, so that it suits all. On threads each fetch is driven by the thread that has it.
struct Work {
    inputs: Inputs,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: Fetch,
    compute: Compute,
}

#[derive(Clone, Copy)]
struct Variant {
    name: &'static str,
    map: fn(Work) -> Vec<Told>,
    pipeline: fn(Work) -> Results,
}

static TOKIO: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// As many threads as may be needed at once, on a machine of one core too.
const RAYON_THREADS: usize = 8;

const THREADS: Variant = Variant {
    name: "threads",
    map: |Work {
              inputs,
              fetches,
              jobs,
              fetch,
              compute,
          }| {
        told(threads::map(
            inputs,
            fetches,
            jobs,
            move |input| smol::block_on(fetch(input)),
            compute,
        ))
    },
    pipeline: |Work {
                   inputs,
                   fetches,
                   jobs,
                   fetch,
                   compute,
               }| {
        let fetch = move |input| smol::block_on(fetch(input));
        let results = threads::pipeline(inputs, fetches, jobs, fetch, compute);
        Box::new(results.map(|(index, result)| (index, told_of(result))))
    },
};

const TOKIO_RAYON: Variant = Variant {
    name: "tokio_rayon",
    map: |Work {
              inputs,
              fetches,
              jobs,
              fetch,
              compute,
          }| {
        told(TOKIO.block_on(tokio_rayon::map(
            inputs,
            fetches,
            jobs,
            move |input| fetch(input),
            compute,
        )))
    },
    pipeline: |Work {
                   inputs,
                   fetches,
                   jobs,
                   fetch,
                   compute,
               }| {
        on_tokio(tokio_rayon::pipeline(
            inputs,
            fetches,
            jobs,
            move |input| fetch(input),
            compute,
        ))
    },
};

const TOKIO_SPAWN_BLOCKING: Variant = Variant {
    name: "tokio_spawn_blocking",
    map: |Work {
              inputs,
              fetches,
              jobs,
              fetch,
              compute,
          }| {
        let fetch = move |input| fetch(input);
        told(TOKIO.block_on(tokio_spawn_blocking::map(
            inputs, fetches, jobs, fetch, compute,
        )))
    },
    pipeline: |Work {
                   inputs,
                   fetches,
                   jobs,
                   fetch,
                   compute,
               }| {
        on_tokio(tokio_spawn_blocking::pipeline(
            inputs,
            fetches,
            jobs,
            move |input| fetch(input),
            compute,
        ))
    },
};

const TOKIO_PROCESSES: Variant = Variant {
    name: "tokio_processes",
    map: |Work {
              inputs,
              fetches,
              jobs,
              fetch,
              compute,
          }| {
        let (pool, fetch) = (pool_for(compute, jobs), move |input| fetch(input));
        told(TOKIO.block_on(tokio_processes::map(inputs, fetches, pool, fetch)))
    },
    pipeline: |Work {
                   inputs,
                   fetches,
                   jobs,
                   fetch,
                   compute,
               }| {
        let pool = pool_for(compute, jobs);
        on_tokio(tokio_processes::pipeline(
            inputs,
            fetches,
            pool,
            move |input| fetch(input),
        ))
    },
};

const PROCSPAWN: Variant = Variant {
    name: "procspawn",
    map: |Work {
              inputs,
              fetches,
              jobs,
              fetch,
              compute,
          }| {
        let (pool, fetch) = (pool(jobs), move |input| fetch(input));
        told(TOKIO.block_on(procspawn::map(inputs, fetches, &pool, fetch, compute)))
    },
    pipeline: |Work {
                   inputs,
                   fetches,
                   jobs,
                   fetch,
                   compute,
               }| {
        on_tokio(procspawn::pipeline(
            inputs,
            fetches,
            &pool(jobs),
            move |input| fetch(input),
            compute,
        ))
    },
};

const SMOL_UNBLOCK: Variant = Variant {
    name: "smol_unblock",
    map: |Work {
              inputs,
              fetches,
              jobs,
              fetch,
              compute,
          }| {
        told(smol::block_on(smol_unblock::map(
            inputs,
            fetches,
            jobs,
            move |input| fetch(input),
            compute,
        )))
    },
    pipeline: |Work {
                   inputs,
                   fetches,
                   jobs,
                   fetch,
                   compute,
               }| {
        let results =
            smol_unblock::pipeline(inputs, fetches, jobs, move |input| fetch(input), compute);
        taken(results, |next| smol::block_on(next))
    },
};

const INLINE: Variant = Variant {
    name: "inline",
    map: |Work {
              inputs,
              fetches,
              jobs,
              fetch,
              compute,
          }| {
        told(TOKIO.block_on(inline::map(
            inputs,
            fetches,
            jobs,
            move |input| fetch(input),
            compute,
        )))
    },
    pipeline: |Work {
                   inputs,
                   fetches,
                   jobs,
                   fetch,
                   compute,
               }| {
        on_tokio(inline::pipeline(
            inputs,
            fetches,
            jobs,
            move |input| fetch(input),
            compute,
        ))
    },
};

const POOL_PER_CALL: Variant = Variant {
    name: "pool_per_call",
    map: |Work {
              inputs,
              fetches,
              jobs,
              fetch,
              compute,
          }| {
        told(TOKIO.block_on(pool_per_call::map(
            inputs,
            fetches,
            jobs,
            move |input| fetch(input),
            compute,
        )))
    },
    pipeline: |Work {
                   inputs,
                   fetches,
                   jobs,
                   fetch,
                   compute,
               }| {
        on_tokio(pool_per_call::pipeline(
            inputs,
            fetches,
            jobs,
            move |input| fetch(input),
            compute,
        ))
    },
};

const ALL: [Variant; 8] = [
    THREADS,
    TOKIO_RAYON,
    TOKIO_SPAWN_BLOCKING,
    TOKIO_PROCESSES,
    PROCSPAWN,
    SMOL_UNBLOCK,
    INLINE,
    POOL_PER_CALL,
];

/// What these compute is computed in this process, and elsewhere than where it is awaited.
const IN_THREADS: [Variant; 4] = [THREADS, TOKIO_RAYON, TOKIO_SPAWN_BLOCKING, SMOL_UNBLOCK];

fn told_of(result: Result<usize, impl Debug>) -> Told {
    result.map_err(|failure| format!("{failure:?}"))
}

fn told(results: Vec<Result<usize, impl Debug>>) -> Vec<Told> {
    results.into_iter().map(told_of).collect()
}

fn pool(jobs: NonZeroUsize) -> Arc<::procspawn::Pool> {
    Arc::new(::procspawn::Pool::new(jobs.get()).unwrap())
}

type Named = tokio_processes::Work<Page, usize, String>;

/// All that a process of ours is asked for.
static NAMED: [Named; 5] = [
    tokio_processes::Work("square", square),
    tokio_processes::Work("process", process),
    tokio_processes::Work("risky", risky),
    tokio_processes::Work("slow", slow),
    tokio_processes::Work("explode", explode),
];

fn pool_for(
    compute: Compute,
    jobs: NonZeroUsize,
) -> Arc<tokio_processes::Pool<Page, usize, String>> {
    let is_it = |named: &&Named| std::ptr::fn_addr_eq(named.1, compute);
    Arc::new(tokio_processes::Pool::new(
        NAMED.iter().find(is_it).expect("it has a name"),
        jobs,
    ))
}

fn on_tokio<E: Debug>(results: impl Stream<Item = (usize, Result<usize, E>)> + 'static) -> Results {
    taken(results, |next| TOKIO.block_on(next))
}

type Next<'a, T> = Pin<&'a mut dyn Future<Output = Option<T>>>;

fn taken<E: Debug, S: Stream<Item = (usize, Result<usize, E>)> + 'static>(
    results: S,
    block_on: impl Fn(Next<S::Item>) -> Option<S::Item> + 'static,
) -> Results {
    let mut results = Box::pin(results);
    Box::new(from_fn(move || {
        let (index, result) = block_on(pin!(results.next()))?;
        Some((index, told_of(result)))
    }))
}

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

fn fetch<F: Future<Output = Result<Page, String>> + Send + 'static>(
    fetch: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Fetch {
    Arc::new(move |input| fetch(input).boxed())
}

fn page(number: usize) -> Page {
    Page { number, gate: None }
}

/// Some take longer than others, so that results do not come in the order of their inputs.
fn fetched() -> Fetch {
    fetch(|input| async move {
        for _ in 0..input * 7 % 5 {
            yield_now().await;
        }
        Ok(page(input))
    })
}

fn square(page: Page) -> Result<usize, String> {
    if let Some(gate) = page.gate {
        wait_until("there is the file", || gate.exists());
    }
    Ok(page.number * page.number)
}

/// The same inputs, without a word on how many there are.
fn unknown(inputs: usize) -> Inputs {
    let mut inputs = 0..inputs;
    Box::new(from_fn(move || inputs.next()))
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(1));
    }
}

/// One more while it lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn each_input_has_its_result_in_its_place() {
    for Variant {
        name,
        map,
        pipeline,
    } in ALL
    {
        // Several processes for each input.
        let many = if name == "pool_per_call" { 3 } else { 30 };
        for inputs in [0, 1, 2, many] {
            let expected: Vec<_> = (0..inputs).map(|input| Ok(input * input)).collect();
            for (fetches, jobs) in [(1, 1), (2, 4), (7, 2)] {
                let what = format!("{name}: {inputs} by {fetches} and {jobs}");
                let work = |inputs| Work {
                    inputs,
                    fetches: limit(fetches),
                    jobs: limit(jobs),
                    fetch: fetched(),
                    compute: square,
                };
                assert_eq!(map(work(Box::new(0..inputs))), expected, "{what}");
                let mut results: Vec<_> = pipeline(work(unknown(inputs))).collect();
                results.sort_unstable_by_key(|(index, _)| *index);
                assert_eq!(
                    results,
                    expected.iter().cloned().enumerate().collect::<Vec<_>>(),
                    "{what}"
                );
            }
        }
    }
}

fn as_many_as_may_are_fetched_at_once_and_no_more() {
    for Variant { name, map, .. } in ALL {
        let inputs = if name == "pool_per_call" { 4 } else { 20 };
        for fetches in [1, 3] {
            let (inside, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let (seen, started) = (Arc::clone(&peak), Instant::now());
            let gather = fetch(move |input| {
                let (inside, seen) = (Counted::new(&inside), Arc::clone(&seen));
                async move {
                    seen.fetch_max(inside.0.load(SeqCst), SeqCst);
                    // All wait until the limit was reached, and leave some time for one too many.
                    while seen.load(SeqCst) < fetches {
                        assert!(
                            started.elapsed() < PATIENCE,
                            "{name}: the limit is not reached"
                        );
                        yield_now().await;
                    }
                    for _ in 0..100 {
                        yield_now().await;
                    }
                    Ok(page(input))
                }
            });
            let (inputs_of, fetches) = (Box::new(0..inputs), limit(fetches));
            let results = map(Work {
                inputs: inputs_of,
                fetches,
                jobs: limit(2),
                fetch: gather,
                compute: square,
            });
            assert!(
                results
                    .into_iter()
                    .eq((0..inputs).map(|input| Ok(input * input))),
                "{name}"
            );
            assert_eq!(peak.load(SeqCst), fetches.get(), "{name}");
        }
    }
}

static JOBS: AtomicUsize = AtomicUsize::new(0);
static COMPUTING: AtomicUsize = AtomicUsize::new(0);
static MOST_COMPUTING: AtomicUsize = AtomicUsize::new(0);

fn gather(page: Page) -> Result<usize, String> {
    MOST_COMPUTING.fetch_max(COMPUTING.fetch_add(1, SeqCst) + 1, SeqCst);
    wait_until("as many compute as may", || {
        MOST_COMPUTING.load(SeqCst) >= JOBS.load(SeqCst)
    });
    sleep(Duration::from_millis(5));
    COMPUTING.fetch_sub(1, SeqCst);
    Ok(page.number)
}

fn as_many_as_may_are_computed_at_once_and_no_more() {
    // On the loop, it is one whatever is asked for.
    let cases = IN_THREADS
        .map(|variant| (variant, [1, 3]))
        .into_iter()
        .chain([(INLINE, [1, 1])]);
    for (Variant { name, map, .. }, many) in cases {
        for jobs in many {
            JOBS.store(jobs, SeqCst);
            MOST_COMPUTING.store(0, SeqCst);
            let jobs = if name == "inline" { 3 } else { jobs };
            let (inputs, fetch) = (Box::new(0..20), fetched());
            let results = map(Work {
                inputs,
                fetches: limit(4),
                jobs: limit(jobs),
                fetch,
                compute: gather,
            });
            assert!(results.into_iter().eq((0..20).map(Ok)), "{name}");
            assert_eq!(MOST_COMPUTING.load(SeqCst), JOBS.load(SeqCst), "{name}");
        }
    }
}

fn process(_: Page) -> Result<usize, String> {
    Ok(process::id() as usize)
}

fn processes_compute_and_no_more_than_there_are() {
    let compute: Compute = process;
    let (fetches, jobs) = (limit(4), limit(3));
    let work = |inputs| Work {
        inputs: Box::new(0..inputs),
        fetches,
        jobs,
        fetch: fetched(),
        compute,
    };
    let processes_of = |variant: Variant, inputs| {
        let mut processes = told((variant.map)(work(inputs)));
        processes.sort_unstable();
        processes.dedup();
        assert!(
            !processes.contains(&Ok(process::id() as usize)),
            "{}: in this one",
            variant.name
        );
        processes.len()
    };
    for variant in [TOKIO_PROCESSES, PROCSPAWN] {
        let many = processes_of(variant, 30);
        assert!((1..=3).contains(&many), "{}: {many}", variant.name);
    }
    assert_eq!(processes_of(POOL_PER_CALL, 3), 3, "one for each");
}

fn a_slow_taker_slows_the_work_down() {
    const FETCHES: usize = 3;
    const JOBS: usize = 2;
    for Variant { name, pipeline, .. } in ALL {
        let inputs = if name == "pool_per_call" { 9 } else { 30 };
        let folder = tempfile::tempdir().unwrap();
        // Those on the loop cannot be kept waiting by it.
        let gate = ["threads", "inline"]
            .iter()
            .all(|free| *free != name)
            .then(|| folder.path().join("gate"));
        // On threads, each stage has room for as many results as it has threads. Else one whose result is taken makes room for the
        // next to be read only when the next result is asked for.
        let most = if name == "threads" {
            2 * (FETCHES + JOBS)
        } else {
            FETCHES + JOBS - 1
        };
        let read = Arc::new(AtomicUsize::new(0));
        let inputs_of = Box::new((0..inputs).inspect({
            let read = Arc::clone(&read);
            move |_| _ = read.fetch_add(1, SeqCst)
        }));
        let fetch = fetch({
            let gate = gate.clone();
            move |number| {
                ready(Ok(Page {
                    number,
                    gate: gate.clone(),
                }))
            }
        });
        let (fetches, jobs) = (limit(FETCHES), limit(JOBS));
        let mut results = pipeline(Work {
            inputs: inputs_of,
            fetches,
            jobs,
            fetch,
            compute: square,
        });
        let opener = if let Some(gate) = gate {
            assert_eq!(read.load(SeqCst), 0, "{name}: it begins when it is asked");
            let read = Arc::clone(&read);
            Some(thread::spawn(move || {
                wait_until("as many are read as may", || read.load(SeqCst) >= most);
                sleep(A_WHILE);
                let before = read.load(SeqCst);
                File::create(gate).unwrap();
                before
            }))
        } else {
            if name == "threads" {
                wait_until("it begins by itself", || read.load(SeqCst) >= most);
            }
            sleep(A_WHILE);
            assert!(read.load(SeqCst) <= most, "{name}");
            None
        };
        let mut taken = 0;
        while results.next().is_some() {
            taken += 1;
            assert!(read.load(SeqCst) <= most + taken, "{name}: after {taken}");
        }
        assert_eq!((taken, read.load(SeqCst)), (inputs, inputs), "{name}");
        assert!(
            opener.is_none_or(|opener| opener.join().unwrap() == most),
            "{name}"
        );
    }
}

fn risky(page: Page) -> Result<usize, String> {
    match page.number % 7 {
        4 => Err(format!("{} is bad", page.number)),
        5 => panic!("{} panics", page.number),
        _ => Ok(page.number),
    }
}

fn an_error_and_a_panic_are_those_of_their_inputs() {
    let risky_fetch = fetch(|input| {
        // Before there is a future, and in it.
        assert!(input % 7 != 3, "{input} before");
        async move {
            yield_now().await;
            match input % 7 {
                1 => Err(format!("{input} failed")),
                2 => panic!("in it"),
                _ => Ok(page(input)),
            }
        }
    });
    let compute: Compute = risky;
    for Variant { name, map, .. } in ALL {
        let inputs = if name == "pool_per_call" { 7 } else { 35 };
        let (inputs_of, fetch) = (Box::new(0..inputs), Arc::clone(&risky_fetch));
        let results = map(Work {
            inputs: inputs_of,
            fetches: limit(4),
            jobs: limit(2),
            fetch,
            compute,
        });
        // The pool ends a process that panics, often before it has said so.
        let is_lost = |input: usize| {
            name == "pool_per_call"
                && results[input]
                    .as_ref()
                    .is_err_and(|told| told.starts_with("Lost("))
        };
        let expected = |input| match input % 7 {
            5 if is_lost(input) => results[input].clone(),
            1 => Err(format!("Failed(\"{input} failed\")")),
            2 => Err("Panicked(\"in it\")".to_owned()),
            3 => Err(format!("Panicked(\"{input} before\")")),
            4 => Err(format!("Failed(\"{input} is bad\")")),
            5 => Err(format!("Panicked(\"{input} panics\")")),
            _ => Ok(input),
        };
        assert_eq!(
            results,
            (0..inputs).map(expected).collect::<Vec<_>>(),
            "{name}"
        );
    }
}

/// Two of them dropped are one panic too many for any process.
struct Explosive;

impl Drop for Explosive {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

fn explode(page: Page) -> Result<usize, String> {
    if page.number % 4 == 2 {
        panic_any([Explosive, Explosive])
    } else {
        Ok(page.number)
    }
}

fn a_panic_that_panics_when_it_is_dropped_is_that_of_its_input() {
    let explosive_fetch = fetch(|input| async move {
        yield_now().await;
        // One alone: tokio drops the panic of a task that nobody asks for, and survives one more.
        if input % 4 == 1 {
            panic_any(Explosive)
        } else {
            Ok(page(input))
        }
    });
    let compute: Compute = explode;
    for Variant {
        name,
        map,
        pipeline,
    } in ALL
    {
        let inputs = if name == "pool_per_call" { 4 } else { 20 };
        let work = |inputs| Work {
            inputs,
            fetches: limit(3),
            jobs: limit(2),
            fetch: Arc::clone(&explosive_fetch),
            compute,
        };
        let results = map(work(Box::new(0..inputs)));
        // procspawn drops it in its process, which ends by that.
        let in_another = ["procspawn", "pool_per_call"].contains(&name);
        for (input, result) in results.iter().enumerate() {
            match result {
                Err(told) if in_another && input % 4 == 2 => {
                    assert!(told.starts_with("Lost("), "{name}: {told}");
                }
                Err(told) => assert!(
                    told == "Panicked(\"no message\")" && [1, 2].contains(&(input % 4)),
                    "{name}: {told}"
                ),
                Ok(number) => assert!(
                    *number == input && [0, 3].contains(&(input % 4)),
                    "{name}: {number}"
                ),
            }
        }
        assert_eq!(results.len(), inputs, "{name}");
        // What nobody takes is dropped, with all that it has panicked with.
        let mut results = pipeline(work(Box::new(0..)));
        assert!(results.next().is_some(), "{name}");
        sleep(A_WHILE);
        drop(results);
    }
    // Of the inputs, and nobody has asked for more.
    let inputs = (0..).map(|input| {
        if input < 9 {
            input
        } else {
            panic_any([Explosive, Explosive])
        }
    });
    let (inputs, fetch) = (Box::new(inputs), fetched());
    let work = Work {
        inputs,
        fetches: limit(3),
        jobs: limit(2),
        fetch,
        compute: square,
    };
    let results = (THREADS.pipeline)(work);
    sleep(A_WHILE);
    drop(results);
}

/// What the documentation shows: a client for each call, and an `await` after another.
fn a_fetch_with_a_client_of_its_own_awaits_twice() {
    #[derive(Clone)]
    struct Client(Arc<str>);

    impl Client {
        async fn get(&self, number: usize) -> Result<String, String> {
            yield_now().await;
            Ok(format!("{}{number}", self.0))
        }

        async fn text(&self, page: String) -> Result<String, String> {
            yield_now().await;
            Ok(page + &self.0)
        }
    }

    let client = Client("x".into());
    let fetch = move |number: usize| {
        let client = client.clone();
        async move {
            let page = client.get(number).await?;
            client.text(page).await
        }
    };
    let lengths = |page: String| Ok::<_, String>(page.len());
    let expected = vec![3, 3, 3];
    let values = |results: Vec<Result<usize, _>>| {
        results.into_iter().map(Result::unwrap).collect::<Vec<_>>()
    };
    let fetches = fetch.clone();
    assert_eq!(
        values(TOKIO.block_on(tokio_rayon::map(0..3, limit(2), limit(2), fetches, lengths))),
        expected
    );
    assert_eq!(
        TOKIO
            .block_on(tokio_spawn_blocking::map(
                0..3,
                limit(2),
                limit(2),
                fetch.clone(),
                lengths
            ))
            .len(),
        3
    );
    assert_eq!(
        smol::block_on(smol_unblock::map(0..3, limit(2), limit(2), fetch, lengths)).len(),
        3
    );
}

static COMPUTED_ON: AtomicUsize = AtomicUsize::new(0);

fn slow(page: Page) -> Result<usize, String> {
    COMPUTED_ON.fetch_add(1, SeqCst);
    sleep(Duration::from_millis(20));
    COMPUTED_ON.fetch_sub(1, SeqCst);
    Ok(page.number * page.number)
}

/// Takes three of endlessly many and drops the rest. `stay` is what becomes of the fetch from the fourth on.
fn take_three<F: Future<Output = ()> + Send + 'static>(
    Variant { name, pipeline, .. }: Variant,
    stay: impl Fn() -> F + Send + Sync + 'static,
) {
    let (running, read) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = Arc::clone(&running);
    let fetch = fetch(move |input| {
        let running = Counted::new(&counts);
        let stays = (input >= 3).then(&stay);
        async move {
            let _running = running;
            if let Some(stays) = stays {
                stays.await;
            }
            Ok(page(input))
        }
    });
    let (held, count, alive) = (
        Counted::new(&running),
        Arc::clone(&read),
        Arc::clone(&fetch),
    );
    let inputs = Box::new((0..).inspect(move |_| {
        assert!(held.0.load(SeqCst) > 0);
        count.fetch_add(1, SeqCst);
    }));
    let compute: Compute = slow;
    let mut results = pipeline(Work {
        inputs,
        fetches: limit(3),
        jobs: limit(2),
        fetch,
        compute,
    });
    for (index, result) in results.by_ref().take(3) {
        assert_eq!(result, Ok(index * index), "{name}");
    }
    assert!(
        read.load(SeqCst) <= 3 + 2 * (3 + 2),
        "{name}: inputs are read one at a time"
    );
    drop(results);
    let is_idle = || running.load(SeqCst) == 0 && COMPUTED_ON.load(SeqCst) == 0;
    if name == "threads" {
        assert!(is_idle(), "{name}: its drop waits for all");
        assert_eq!(
            Arc::strong_count(&alive),
            1,
            "{name}: its threads have ended"
        );
    }
    wait_until(
        &format!("{name}: nothing is left, of the inputs neither"),
        || is_idle() && Arc::strong_count(&alive) == 1,
    );
    let before = read.load(SeqCst);
    sleep(A_WHILE);
    assert_eq!(read.load(SeqCst), before, "{name}: no more is read");
}

/// All in one, since they count in the same place.
fn a_few_of_endlessly_many_are_taken() {
    for variant in ALL {
        take_three(variant, yield_now);
        if variant.name == "threads" {
            take_three(variant, || async { sleep(A_WHILE) });
        } else {
            take_three(variant, pending);
        }
    }
}

static BEGUN_LATE: AtomicUsize = AtomicUsize::new(0);

fn count_late(_: Page) -> Result<usize, String> {
    Ok(BEGUN_LATE.fetch_add(1, SeqCst))
}

/// Polls, while whoever computes is busy, until something is handed over to be computed, and drops the rest.
fn drop_unbegun<S: Stream>(pipeline: impl FnOnce(Inputs, Fetch) -> S) {
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    let inputs = Box::new((0..).inspect(move |_| _ = count.fetch_add(1, SeqCst)));
    let mut results = Box::pin(pipeline(inputs, fetched()));
    // With two fetched at once, there is room for the third when the first is handed over.
    wait_until("something is handed over", || {
        assert!(
            results.next().now_or_never().is_none(),
            "nobody is there to compute"
        );
        read.load(SeqCst) >= 3
    });
}

fn what_was_not_begun_never_is() {
    let rayon = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    rayon.install(|| {
        let _on_tokio = TOKIO.enter();
        drop_unbegun(|inputs, fetch| {
            tokio_rayon::pipeline(
                inputs,
                limit(2),
                limit(2),
                move |input| fetch(input),
                count_late,
            )
        });
    });
    // It does its own first.
    rayon.install(|| ());
    sleep(A_WHILE);
    assert_eq!(BEGUN_LATE.load(SeqCst), 0, "tokio_rayon");

    let tokio = Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let (let_go, held) = channel::<()>();
    let _on_tokio = tokio.enter();
    tokio.spawn_blocking(move || held.recv().ok());
    drop_unbegun(|inputs, fetch| {
        tokio_spawn_blocking::pipeline(
            inputs,
            limit(2),
            limit(2),
            move |input| fetch(input),
            count_late,
        )
    });
    drop(let_go);
    tokio.block_on(tokio.spawn_blocking(|| ())).unwrap();
    sleep(A_WHILE);
    assert_eq!(BEGUN_LATE.load(SeqCst), 0, "tokio_spawn_blocking");
}

/// A thread that is not waited for cannot keep it from ending.
fn in_time(test: fn()) -> Result<(), Failed> {
    let (ending, ended) = channel::<()>();
    let testing = thread::spawn(move || {
        let _ending = ending;
        test();
    });
    if ended.recv_timeout(3 * PATIENCE) == Err(RecvTimeoutError::Timeout) {
        return Err("it hangs".into());
    }
    testing.join().unwrap_or_else(|panic| resume_unwind(panic));
    Ok(())
}

fn main() -> ExitCode {
    for work in &NAMED {
        TOKIO.block_on(tokio_processes::work_if_child(work));
    }
    procspawn::work_if_child();
    ThreadPoolBuilder::new()
        .num_threads(RAYON_THREADS)
        .build_global()
        .unwrap();
    let tests: [(&str, fn()); 10] = [
        (
            "each_input_has_its_result_in_its_place",
            each_input_has_its_result_in_its_place,
        ),
        (
            "as_many_as_may_are_fetched_at_once_and_no_more",
            as_many_as_may_are_fetched_at_once_and_no_more,
        ),
        (
            "as_many_as_may_are_computed_at_once_and_no_more",
            as_many_as_may_are_computed_at_once_and_no_more,
        ),
        (
            "processes_compute_and_no_more_than_there_are",
            processes_compute_and_no_more_than_there_are,
        ),
        (
            "a_slow_taker_slows_the_work_down",
            a_slow_taker_slows_the_work_down,
        ),
        (
            "an_error_and_a_panic_are_those_of_their_inputs",
            an_error_and_a_panic_are_those_of_their_inputs,
        ),
        (
            "a_panic_that_panics_when_it_is_dropped_is_that_of_its_input",
            a_panic_that_panics_when_it_is_dropped_is_that_of_its_input,
        ),
        (
            "a_fetch_with_a_client_of_its_own_awaits_twice",
            a_fetch_with_a_client_of_its_own_awaits_twice,
        ),
        (
            "a_few_of_endlessly_many_are_taken",
            a_few_of_endlessly_many_are_taken,
        ),
        ("what_was_not_begun_never_is", what_was_not_begun_never_is),
    ];
    let trials = tests.map(|(name, test)| Trial::test(name, move || in_time(test)));
    trials::run(trials.into())
}
