//! Processes that are ended, at any moment: each job is answered, the pool goes on, and none outlives its parent.

use std::fs::{self, OpenOptions, read_to_string};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, LazyLock};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use fastrand::Rng;
use futures_util::StreamExt;
use hybrid_pipeline::tokio_processes::{self, Failure, Pool, Sent, Work, work_if_child};
use libtest_mimic::{Arguments, Trial};
use nix::sys::signal::Signal::{SIGINT, SIGKILL, SIGSTOP};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// For what nobody can be asked about: that a process has come to where it stays. Too short, another moment is tested.
const A_WHILE: Duration = Duration::from_millis(100);

/// More than any buffer of the kernel.
const MANY_BYTES: usize = 10_000_000;

static TOKIO: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

type Results<T> = Vec<Result<T, Failure<String>>>;

type Pooled<P, T> = Arc<Pool<P, T, String>>;

fn pool<P: Sent, T: Sent>(work: &'static Work<P, T, String>, processes: usize) -> Pooled<P, T> {
    Arc::new(Pool::new(work, NonZeroUsize::new(processes).unwrap()))
}

/// What a process is asked for where a test wants several things of the same one.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Ask {
    Square(u64),
    Process,
    Length(Vec<u8>),
    /// The first that begins stays.
    StayOnce(PathBuf),
    /// For ever.
    Stay(PathBuf),
    /// Ends its process after so many milliseconds, the first time; a large answer.
    Large(PathBuf, u64),
    Abort(PathBuf),
    Fail(u64),
    Negate(Vec<u8>),
    Job(u64, PathBuf),
    Exit,
    Garbage,
    /// Leaves something of its own that keeps the socket open when it has ended.
    Orphan(PathBuf),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Answer {
    Number(u64),
    Bytes(Vec<u8>),
}

use Answer::{Bytes, Number};

static ANSWER: Work<Ask, Answer, String> = Work("answer", answer);

fn answer(ask: Ask) -> Result<Answer, String> {
    match ask {
        Ask::Square(number) => Ok(Number(number * number)),
        Ask::Process => Ok(Number(process::id().into())),
        Ask::Length(bytes) => Ok(Number(bytes.len() as u64)),
        Ask::StayOnce(log) => {
            if begin(&log) == 1 {
                stay()
            } else {
                Ok(Number(0))
            }
        }
        Ask::Stay(log) => {
            begin(&log);
            stay()
        }
        Ask::Large(log, delay_ms) => {
            if begin(&log) == 1 {
                thread::spawn(move || {
                    sleep(Duration::from_millis(delay_ms));
                    send(SIGKILL, process::id());
                });
            }
            Ok(Bytes(vec![7; MANY_BYTES]))
        }
        // Whoever tries for ever is found out, and stopped.
        Ask::Abort(log) => {
            if begin(&log) < 10 {
                process::abort()
            } else {
                Ok(Number(0))
            }
        }
        Ask::Fail(number) if number % 2 == 1 => panic!("no {number}"),
        Ask::Fail(number) => Err(format!("not {number}")),
        Ask::Negate(bytes) => Ok(Bytes(negated(&bytes))),
        Ask::Job(number, log) => {
            begin(&log);
            sleep(Duration::from_millis(number % 8));
            Ok(Number(number))
        }
        Ask::Exit => process::exit(0),
        Ask::Garbage => {
            let socket = io::stdin().as_fd().try_clone_to_owned().unwrap();
            fs::File::from(socket).write_all(b"what nobody has asked for").unwrap();
            stay()
        }
        Ask::Orphan(log) => {
            // Longer than anybody here is patient.
            let orphan = Command::new("sleep").arg("600").spawn().unwrap();
            note(&log, orphan.id());
            process::abort()
        }
    }
}

type Our = Pooled<Ask, Answer>;

/// What comes of `pages`, in bounded time.
fn run(pool: &Our, pages: impl IntoIterator<Item = Ask>) -> Results<Answer> {
    let fetch = |page| async { Ok(page) };
    let results = tokio_processes::map(pages, NonZeroUsize::MIN, Arc::clone(pool), fetch);
    TOKIO.block_on(async { tokio::time::timeout(PATIENCE, results).await }).expect("each job is answered")
}

fn squares(pool: &Our) {
    let results = run(pool, (0..20).map(Ask::Square));
    assert_eq!(results, (0..20).map(|number| Ok(Number(number * number))).collect::<Results<_>>());
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(1));
    }
}

fn send(signal: Signal, process: u32) {
    kill(Pid::from_raw(process.try_into().unwrap()), signal).unwrap();
}

/// A process is one of the pool's once it has computed something; one that only starts is not known here.
fn process_of(pool: &Our) -> u32 {
    match run(pool, [Ask::Process])[..] {
        [Ok(Number(process))] => process.try_into().unwrap(),
        _ => panic!("it has a number"),
    }
}

/// What a job leaves behind: one line for each time that it was begun, with the process.
fn begin(log: &Path) -> usize {
    note(log, process::id());
    begun(log).len()
}

fn note(log: &Path, process: u32) {
    let mut file = OpenOptions::new().create(true).append(true).open(log).unwrap();
    file.write_all(format!("{process}\n").as_bytes()).unwrap();
}

fn begun(log: &Path) -> Vec<u32> {
    let lines = read_to_string(log).unwrap_or_default();
    lines.lines().filter_map(|line| line.parse().ok()).collect()
}

fn stay() -> ! {
    loop {
        thread::park();
    }
}

fn one_that_is_killed_while_it_is_idle() {
    let pool = pool(&ANSWER, 2);
    squares(&pool);
    send(SIGKILL, process_of(&pool));
    squares(&pool);
}

fn all_are_killed_while_they_are_idle() {
    let pool = pool(&ANSWER, 1);
    for _ in 0..3 {
        send(SIGKILL, process_of(&pool));
        squares(&pool);
    }
}

fn killed_while_it_reads_a_large_job() {
    let pool = pool(&ANSWER, 1);
    let process = process_of(&pool);
    // It reads no more, and what is sent to it stays half-way.
    send(SIGSTOP, process);
    let killer = thread::spawn(move || {
        sleep(A_WHILE);
        send(SIGKILL, process);
    });
    let results = run(&pool, [Ask::Length(vec![7; MANY_BYTES])]);
    assert_eq!(results, [Ok(Number(MANY_BYTES as u64))], "it is tried once more");
    killer.join().unwrap();
    squares(&pool);
}

fn killed_while_it_computes() {
    let (pool, folder) = (pool(&ANSWER, 2), tempfile::tempdir().unwrap());
    let log = folder.path().join("log");
    let killer = thread::spawn({
        let log = log.clone();
        move || {
            wait_until("it is begun", || !begun(&log).is_empty());
            send(SIGKILL, begun(&log)[0]);
        }
    });
    let results = run(&pool, [Ask::StayOnce(log.clone())]);
    assert_eq!((results, begun(&log).len()), (vec![Ok(Number(0))], 2), "it is tried once more");
    killer.join().unwrap();
    squares(&pool);
}

/// Ends the process somewhere between the end of its computation and that of its answer, if not before or after.
fn killed_while_it_writes_a_large_answer() {
    let pool = pool(&ANSWER, 1);
    for delay_ms in [0, 1, 5, 10, 20, 40, 60, 80, 100, 150] {
        let folder = tempfile::tempdir().unwrap();
        let results = run(&pool, [Ask::Large(folder.path().join("log"), delay_ms)]);
        assert!(
            matches!(&results[..], [Ok(Bytes(bytes))] if bytes.len() == MANY_BYTES),
            "after {delay_ms} ms"
        );
        squares(&pool);
    }
}

fn one_that_always_ends_its_process_is_tried_twice_and_told() {
    let (pool, folder) = (pool(&ANSWER, 2), tempfile::tempdir().unwrap());
    let log = folder.path().join("log");
    let ask = |number| if number == 7 { Ask::Abort(log.clone()) } else { Ask::Square(number) };
    let results = run(&pool, (0..20).map(ask));
    for (result, number) in results.into_iter().zip(0..) {
        match result {
            Err(Failure::Lost(told)) if number == 7 => assert!(told.contains("SIGABRT"), "{told}"),
            result => assert!(number != 7 && result == Ok(Number(number * number)), "{number}: {result:?}"),
        }
    }
    assert_eq!(begun(&log).len(), 2);
    squares(&pool);
}

/// Many, since it is a matter of luck who is first: the process that says what it panicked with, or the pool that ends it.
fn a_panic_is_told_with_its_message() {
    let pool = pool(&ANSWER, 2);
    let results = run(&pool, (0..20).map(Ask::Fail));
    for (result, number) in results.into_iter().zip(0..) {
        let expected = match number % 2 {
            1 => Failure::Panicked(format!("no {number}")),
            _ => Failure::Failed(format!("not {number}")),
        };
        assert_eq!(result, Err(expected));
    }
    squares(&pool);
}

fn negated(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

fn many_megabytes_come_through_as_they_are() {
    let mut bytes = vec![0; 3 * MANY_BYTES];
    Rng::with_seed(1).fill(&mut bytes);
    let results = run(&pool(&ANSWER, 1), [Ask::Negate(bytes.clone())]);
    // Not assert_eq: nobody wants to read it.
    assert!(results == [Ok(Bytes(negated(&bytes)))]);
}

fn twenty_are_killed_at_random_moments() {
    const KILLS: usize = 20;
    let (pool, folder) = (pool(&ANSWER, 4), tempfile::tempdir().unwrap());
    let log = folder.path().join("log");
    let kills = Arc::new(AtomicUsize::new(0));
    let killer = thread::spawn({
        let (log, kills) = (log.clone(), Arc::clone(&kills));
        move || {
            let mut random = Rng::with_seed(20);
            wait_until("all are killed", || {
                sleep(Duration::from_micros(random.u64(..30_000)));
                // Those that have begun something of late, and that were not killed since.
                let processes = begun(&log);
                let last = processes.iter().rev().take(8).copied();
                let living: Vec<_> = last.filter(|process| is_alive(*process)).collect();
                if let Some(process) = random.choice(living) {
                    send(SIGKILL, process);
                    kills.fetch_add(1, SeqCst);
                }
                kills.load(SeqCst) == KILLS
            });
        }
    });
    let jobs = (0..).take_while(|_| kills.load(SeqCst) < KILLS && !killer.is_finished());
    let results = run(&pool, jobs.map(|number| Ask::Job(number, log.clone())));
    killer.join().unwrap();
    for (result, number) in results.into_iter().zip(0..) {
        assert!(
            matches!(&result, Err(Failure::Lost(_))) || result == Ok(Number(number)),
            "{number}: {result:?}"
        );
    }
    squares(&pool);
}

/// Drops a pipeline of as many jobs as `pool` has processes, once all of them compute; these are the processes.
fn drop_at_work(pool: &Our, jobs: usize, before: impl Fn(u32)) -> Vec<u32> {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let (pages, fetch) = (vec![Ask::Stay(log.clone()); jobs], |page| async { Ok(page) });
    let mut results = Box::pin(tokio_processes::pipeline(pages, NonZeroUsize::MIN, Arc::clone(pool), fetch));
    TOKIO.block_on(async {
        tokio::select! {
            _ = results.next() => panic!("there is no result"),
            () = async {
                while begun(&log).len() < jobs {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            } => {}
        }
    });
    let processes = begun(&log);
    processes.iter().copied().for_each(before);
    processes
}

fn what_is_dropped_is_computed_no_more_and_the_pool_goes_on() {
    let pool = pool(&ANSWER, 2);
    let processes = drop_at_work(&pool, 2, |_| ());
    wait_until("they have ended", || !processes.iter().any(|process| is_alive(*process)));
    squares(&pool);
    let idle = process_of(&pool);
    drop(pool);
    wait_until("it has ended", || !is_alive(idle));
}

/// Whoever is stopped does not see that its socket is closed.
fn one_that_is_stopped_is_ended_where_it_is_dropped() {
    let pool = pool(&ANSWER, 1);
    let processes = drop_at_work(&pool, 1, |process| send(SIGSTOP, process));
    wait_until("it has ended", || !is_alive(processes[0]));
    let idle = process_of(&pool);
    send(SIGSTOP, idle);
    drop(pool);
    wait_until("it has ended too", || !is_alive(idle));
}

/// Each job of the first is answered, though every process is killed as soon as it is there.
fn killed_right_after_they_are_started() {
    const KILLS: usize = 20;
    let pool = pool(&ANSWER, 1);
    let before = children();
    let killer = thread::spawn(move || {
        let mut killed = Vec::new();
        wait_until("all are killed", || {
            for child in children() {
                if !before.contains(&child) && !killed.contains(&child) && killed.len() < KILLS {
                    send(SIGKILL, child);
                    killed.push(child);
                }
            }
            killed.len() >= KILLS
        });
    });
    while !killer.is_finished() {
        let result = &run(&pool, [Ask::Square(3)])[0];
        assert!(matches!(result, Ok(Number(9)) | Err(Failure::Lost(_))), "{result:?}");
    }
    killer.join().unwrap();
    squares(&pool);
}

fn what_ends_or_writes_nonsense_is_lost_and_told() {
    let (pool, folder) = (pool(&ANSWER, 2), tempfile::tempdir().unwrap());
    let orphans = folder.path().join("orphans");
    let lost = [
        (Ask::Exit, "exit status: 0"),
        (Ask::Garbage, "exit status: 0"),
        (Ask::Orphan(orphans.clone()), "SIGABRT"),
    ];
    for (ask, told) in lost {
        match &run(&pool, [ask.clone()])[..] {
            [Err(Failure::Lost(said))] => assert!(said.contains(told), "{ask:?}: {said}"),
            results => panic!("{ask:?}: {results:?}"),
        }
        squares(&pool);
    }
    for orphan in begun(&orphans) {
        send(SIGKILL, orphan);
    }
}

fn two_pipelines_keep_to_the_size_of_their_pool_and_to_its_processes() {
    let (pool, folder) = (pool(&ANSWER, 2), tempfile::tempdir().unwrap());
    let log = folder.path().join("log");
    let jobs = || (0..40).map(|number| Ask::Job(number, log.clone()));
    let map = || {
        tokio_processes::map(jobs(), NonZeroUsize::new(3).unwrap(), Arc::clone(&pool), |page| async {
            Ok(page)
        })
    };
    let (one, other) = TOKIO.block_on(async { tokio::join!(map(), map()) });
    let expected: Results<_> = (0..40).map(|number| Ok(Number(number))).collect();
    assert!(one == expected && other == expected);
    let mut processes = begun(&log);
    processes.sort_unstable();
    processes.dedup();
    assert!((1..=2).contains(&processes.len()), "{processes:?}");
}

fn children() -> Vec<u32> {
    children_of(process::id())
}

/// The processes that any of its threads has started, and that were not waited for yet.
fn children_of(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().map(|child| child.parse().unwrap()).collect::<Vec<_>>())
        .collect()
}

fn below(process: u32) -> Vec<u32> {
    let children = children_of(process);
    children.iter().copied().chain(children.iter().flat_map(|child| below(*child))).collect()
}

/// Whether it runs: one that has ended and is not waited for yet does not.
fn is_alive(process: u32) -> bool {
    let stat = read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
}

/// The demo, in a group of processes of its own, as a shell starts it.
struct Demo(Child);

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let mut demo = Command::new(env!("CARGO_BIN_EXE_hybrid-pipeline"));
        demo.args(arguments).env_remove("OUTCOME_FILE").env_remove("OUTCOME_CASE").process_group(0);
        Self(demo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // All of it, where a test has failed.
        killpg(self.group(), SIGKILL).ok();
        self.0.wait().ok();
    }
}

impl Demo {
    fn group(&self) -> Pid {
        Pid::from_raw(self.0.id().try_into().unwrap())
    }

    /// The process that fetches, and those that compute for it, once all of them do.
    fn at_work(&self, jobs: usize) -> (u32, Vec<u32>) {
        let mut found = None;
        wait_until("all compute", || {
            let trees = children_of(self.0.id()).into_iter().map(|parent| {
                (
                    parent,
                    children_of(parent).into_iter().filter(|child| ticks(*child) >= 5).collect::<Vec<_>>(),
                )
            });
            found = trees.into_iter().find(|(_, workers)| workers.len() >= jobs);
            found.is_some()
        });
        found.unwrap()
    }

    /// The exit code, what it printed and what it said, once it has ended.
    fn end(&mut self) -> (Option<i32>, String, String) {
        let mut status = None;
        wait_until("the demo ends", || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        let printed = io::read_to_string(self.0.stdout.take().unwrap()).unwrap();
        let said = io::read_to_string(self.0.stderr.take().unwrap()).unwrap();
        (status.unwrap().code(), printed, said)
    }
}

/// How long it has computed, in hundredths of a second.
fn ticks(process: u32) -> u64 {
    let stat = read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let user = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(11)?.parse().ok());
    user.unwrap_or(0)
}

fn assert_gone(processes: &[u32]) {
    let started = Instant::now();
    wait_until("none is left", || !processes.iter().any(|process| is_alive(*process)));
    let took = started.elapsed();
    eprintln!("the last of {} processes ended {took:?} later", processes.len());
    // Two seconds where nothing else runs.
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// Each computation takes minutes.
const LONG: [&str; 8] =
    ["tokio_processes", "--items", "100", "--steps", "100000000000", "--jobs", "2", "--no-fetch"];

fn none_outlives_its_parent() {
    let demo = Demo::start(&LONG);
    let (parent, workers) = demo.at_work(2);
    send(SIGKILL, parent);
    assert_gone(&workers);
}

fn ctrl_c_drops_all() {
    for fetches in [true, false] {
        let mut demo = Demo::start(&LONG[..if fetches { 7 } else { 8 }]);
        demo.at_work(2);
        let all = below(demo.0.id());
        assert!(all.len() >= 3 + usize::from(fetches), "{all:?}");
        killpg(demo.group(), SIGINT).unwrap();
        let (code, printed, said) = demo.end();
        assert_eq!((code, printed.as_str(), said.as_str()), (Some(130), "", ""));
        assert_gone(&all);
    }
}

fn ctrl_c_is_for_the_parent_to_act_on() {
    let mut demo = Demo::start(&[&LONG[..], &["--on-ctrl-c", "drain"]].concat());
    let (_, workers) = demo.at_work(2);
    killpg(demo.group(), SIGINT).unwrap();
    sleep(A_WHILE);
    assert!(workers.iter().all(|worker| is_alive(*worker)), "they compute on");
    // Who asks twice does not want to wait.
    let all = below(demo.0.id());
    killpg(demo.group(), SIGINT).unwrap();
    let (code, printed, said) = demo.end();
    assert_eq!((code, printed.as_str(), said.as_str()), (Some(130), "", ""));
    assert_gone(&all);
}

fn ctrl_c_drains_what_was_begun() {
    let short = ["--items", "10000000", "--steps", "100000", "--jobs", "2", "--on-ctrl-c", "drain"];
    for (variant, more) in [
        ("tokio_processes", &["--no-fetch"][..]),
        ("tokio_processes", &["--delay-ms", "1"]),
        ("tokio_rayon", &["--delay-ms", "1"]),
        ("threads", &["--delay-ms", "1"]),
    ] {
        let mut demo = Demo::start(&[&[variant], &short[..], more].concat());
        if variant == "tokio_processes" {
            demo.at_work(2);
        } else {
            wait_until("it computes", || below(demo.0.id()).iter().any(|process| ticks(*process) >= 5));
        }
        let all = below(demo.0.id());
        killpg(demo.group(), SIGINT).unwrap();
        let (code, printed, said) = demo.end();
        assert_eq!(code, Some(130), "{variant}: {said}");
        let done = printed.strip_prefix(&format!("{variant}: ")).and_then(|line| line.split(' ').next());
        let done = done.unwrap_or_else(|| panic!("{variant}: it prints {printed}"));
        assert!(done.parse::<u64>().unwrap() > 0, "{printed}");
        // An item that was begun and not done would be told as failed.
        assert_eq!(said, format!("interrupted: {done} of 10000000 done, and none left half-way\n"));
        assert_gone(&all);
    }
}

fn main() {
    TOKIO.block_on(work_if_child(&ANSWER));
    let tests: [(&str, fn()); 18] = [
        ("one_that_is_killed_while_it_is_idle", one_that_is_killed_while_it_is_idle),
        ("all_are_killed_while_they_are_idle", all_are_killed_while_they_are_idle),
        ("killed_while_it_reads_a_large_job", killed_while_it_reads_a_large_job),
        ("killed_while_it_computes", killed_while_it_computes),
        ("killed_while_it_writes_a_large_answer", killed_while_it_writes_a_large_answer),
        (
            "one_that_always_ends_its_process_is_tried_twice_and_told",
            one_that_always_ends_its_process_is_tried_twice_and_told,
        ),
        ("a_panic_is_told_with_its_message", a_panic_is_told_with_its_message),
        ("many_megabytes_come_through_as_they_are", many_megabytes_come_through_as_they_are),
        ("twenty_are_killed_at_random_moments", twenty_are_killed_at_random_moments),
        (
            "what_is_dropped_is_computed_no_more_and_the_pool_goes_on",
            what_is_dropped_is_computed_no_more_and_the_pool_goes_on,
        ),
        (
            "one_that_is_stopped_is_ended_where_it_is_dropped",
            one_that_is_stopped_is_ended_where_it_is_dropped,
        ),
        ("killed_right_after_they_are_started", killed_right_after_they_are_started),
        ("what_ends_or_writes_nonsense_is_lost_and_told", what_ends_or_writes_nonsense_is_lost_and_told),
        (
            "two_pipelines_keep_to_the_size_of_their_pool_and_to_its_processes",
            two_pipelines_keep_to_the_size_of_their_pool_and_to_its_processes,
        ),
        ("none_outlives_its_parent", none_outlives_its_parent),
        ("ctrl_c_drops_all", ctrl_c_drops_all),
        ("ctrl_c_is_for_the_parent_to_act_on", ctrl_c_is_for_the_parent_to_act_on),
        ("ctrl_c_drains_what_was_begun", ctrl_c_drains_what_was_begun),
    ];
    let trials = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit();
}
