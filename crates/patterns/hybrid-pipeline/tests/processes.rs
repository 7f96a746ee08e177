//! Processes that are ended, at any moment: each job is answered, the pool goes on, and none outlives its parent.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::fs::{self, OpenOptions, Permissions, read_to_string};
use std::hint::black_box;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::panic::{catch_unwind, panic_any};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitCode, Stdio};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, LazyLock};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};
use std::{env, iter};

use fastrand::Rng;
use futures_util::StreamExt;
use hybrid_pipeline::tokio_processes::{self, Failure, Pool, Sent, Work, work_if_child};
use nix::sys::signal::Signal::{SIGINT, SIGKILL, SIGSTOP};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use trials::{alone, test};

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(180);

/// For what nobody can be asked about: that a process has come to where it stays. Too short, another moment is tested.
const A_WHILE: Duration = Duration::from_millis(100);

/// More than any buffer of the kernel.
const MANY_BYTES: usize = 2_000_000;

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
    /// Needs more stack than there is.
    Recurse,
    /// Panics with what panics when it is dropped.
    Explode,
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
            fs::File::from(socket)
                .write_all(b"what nobody has asked for")
                .unwrap();
            stay()
        }
        Ask::Orphan(log) => {
            // Longer than anybody here is patient.
            let orphan = Command::new("sleep").arg("600").spawn().unwrap();
            note(&log, orphan.id());
            process::abort()
        }
        Ask::Recurse => Ok(Number(recurse(1 << 20).into())),
        Ask::Explode => panic_any([Explosive, Explosive]),
    }
}

/// So many frames of more than a hundred bytes.
fn recurse(frames: u32) -> u32 {
    let frame = black_box([1; 32]);
    if frames == 0 {
        0
    } else {
        black_box(recurse(frames - 1)) + frame[7]
    }
}

/// Two of them dropped are one panic too many for any process.
struct Explosive;

impl Drop for Explosive {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

type Our = Pooled<Ask, Answer>;

/// What comes of `pages`, in bounded time.
fn run(pool: &Our, pages: impl IntoIterator<Item = Ask>) -> Results<Answer> {
    let fetch = |page| async { Ok(page) };
    let results = tokio_processes::map(pages, NonZeroUsize::MIN, Arc::clone(pool), fetch);
    TOKIO
        .block_on(async { tokio::time::timeout(PATIENCE, results).await })
        .expect("each job is answered")
}

fn squares(pool: &Our) {
    let results = run(pool, (0..20).map(Ask::Square));
    assert_eq!(
        results,
        (0..20)
            .map(|number| Ok(Number(number * number)))
            .collect::<Results<_>>()
    );
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
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
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
    assert_eq!(
        results,
        [Ok(Number(MANY_BYTES as u64))],
        "it is tried once more"
    );
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
    assert_eq!(
        (results, begun(&log).len()),
        (vec![Ok(Number(0))], 2),
        "it is tried once more"
    );
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
    let ask = |number| {
        if number == 7 {
            Ask::Abort(log.clone())
        } else {
            Ask::Square(number)
        }
    };
    let results = run(&pool, (0..20).map(ask));
    for (result, number) in results.into_iter().zip(0..) {
        match result {
            Err(Failure::Lost(told)) if number == 7 => assert!(told.contains("SIGABRT"), "{told}"),
            result => assert!(
                number != 7 && result == Ok(Number(number * number)),
                "{number}: {result:?}"
            ),
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
    let mut bytes = vec![0; 5 * MANY_BYTES];
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
    let (pages, fetch) = (vec![Ask::Stay(log.clone()); jobs], |page| async {
        Ok(page)
    });
    let mut results = Box::pin(tokio_processes::pipeline(
        pages,
        NonZeroUsize::MIN,
        Arc::clone(pool),
        fetch,
    ));
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
    wait_until("they have ended", || {
        !processes.iter().any(|process| is_alive(*process))
    });
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
        assert!(
            matches!(result, Ok(Number(9)) | Err(Failure::Lost(_))),
            "{result:?}"
        );
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
        (Ask::Recurse, "SIGABRT"),
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
        tokio_processes::map(
            jobs(),
            NonZeroUsize::new(3).unwrap(),
            Arc::clone(&pool),
            |page| async { Ok(page) },
        )
    };
    let (one, other) = TOKIO.block_on(async { tokio::join!(map(), map()) });
    let expected: Results<_> = (0..40).map(|number| Ok(Number(number))).collect();
    assert!(one == expected && other == expected);
    let mut processes = begun(&log);
    processes.sort_unstable();
    processes.dedup();
    assert!((1..=2).contains(&processes.len()), "{processes:?}");
}

/// The process that computes has no other panic than that of the input.
fn a_panic_that_panics_when_it_is_dropped_is_told_and_ends_nothing() {
    let pool = pool(&ANSWER, 1);
    let before = process_of(&pool);
    let results = run(&pool, [Ask::Square(2), Ask::Explode, Ask::Square(3)]);
    let panicked = Failure::Panicked("no message".to_owned());
    assert_eq!(results, [Ok(Number(4)), Err(panicked), Ok(Number(9))]);
    assert_eq!(process_of(&pool), before);
}

/// `main` does not know it.
static FORGOTTEN: Work<u64, u64, String> = Work("forgotten", Ok);

fn refused<P: Sent, T: Sent>(work: &'static Work<P, T, String>) -> String {
    // Names another place of the program than that of the test, so that nobody takes it for a failure.
    let panic = catch_unwind(|| drop(pool(work, 1))).expect_err("it is refused");
    *panic.downcast().expect("it says why")
}

fn a_pool_whose_workers_would_not_know_themselves_is_refused() {
    let told = refused(&FORGOTTEN);
    assert!(
        told.contains("work_if_child") && told.contains("`forgotten`"),
        "{told}"
    );
}

/// `main` knows the other by then, which starts one of its own.
static NESTED: Work<u64, String, String> = Work("nested", |_| Ok(refused(&ANSWER)));

fn a_pool_in_a_worker_is_refused() {
    let told = round_trip(&NESTED, [0]).remove(0).unwrap();
    assert!(told.contains("this is a worker"), "{told}");
}

/// Started as a worker and called by no name that `main` knows, it is none: it makes no pool and starts nothing.
fn one_that_was_started_as_a_worker_of_nobody_makes_no_pool() {
    let mut stranger = Command::new(env::current_exe().unwrap());
    stranger
        .arg0("worker of hybrid-pipeline")
        .arg("nobody")
        .env(ROLE, "stranger");
    let output = stranger.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("this is a worker"),
        "{}: {said}",
        output.status
    );
}

/// What the program is started for, if not for its tests.
const ROLE: &str = "ROLE_IN_PROCESSES";

fn the_image_that_runs_is_started_and_not_what_has_replaced_it() {
    let image = env::current_exe().unwrap();
    // A copy would be a file that is written, which cannot be run while another test starts a process.
    let folder = tempfile::tempdir_in(image.parent().unwrap()).unwrap();
    let path = folder.path().join("program");
    fs::hard_link(image, &path).unwrap();
    let output = Command::new(&path).env(ROLE, "replaced").output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// As by a deploy, in the middle of its work.
fn replace_own_image() {
    let path = env::current_exe().unwrap();
    let pool = pool(&ANSWER, 2);
    squares(&pool);
    let next = path.with_extension("next");
    fs::write(&next, "#!/bin/sh\nexit 3\n").unwrap();
    fs::set_permissions(&next, Permissions::from_mode(0o755)).unwrap();
    fs::rename(next, path).unwrap();
    send(SIGKILL, process_of(&pool));
    squares(&pool);
}

/// What comes back of `pages`, and in the processes of one pool.
fn round_trip<P: Sent, T: Sent, E: Sent>(
    work: &'static Work<P, T, E>,
    pages: impl IntoIterator<Item = P>,
) -> Vec<Result<T, Failure<E>>> {
    let pool = Arc::new(Pool::new(work, NonZeroUsize::MIN));
    let fetch = |page| async { Ok(page) };
    let pages = pages.into_iter().collect::<Vec<_>>();
    let results = tokio_processes::map(pages, NonZeroUsize::MIN, pool, fetch);
    TOKIO
        .block_on(async { tokio::time::timeout(PATIENCE, results).await })
        .expect("each job is answered")
}

/// One field less where there is nothing: what comes next is read in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    code: u8,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    detail: Option<u8>,
}

/// Read back from the same bytes is `{ marks: [1], words: [] }` for `{ marks: [], words: [[0]] }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Page {
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    marks: Vec<u8>,
    words: Vec<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Word { text: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    rest: HashMap<String, u64>,
}

/// Written as a number and read as anything.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Lenient(u64);

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Lenient;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Lenient, E> {
                Ok(Lenient(number))
            }
        }

        deserializer.deserialize_any(Number)
    }
}

/// Read in another case than it was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Lowered(String);

impl<'de> Deserialize<'de> for Lowered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.to_lowercase()))
    }
}

/// Nobody can read it.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Unreadable(u64);

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("it cannot be read")
    }
}

/// Something that cannot be sent in each of the three places, for each of its kinds. The name of a computation has to be its own.
macro_rules! unsendable {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(mod $name {
            use super::*;

            pub(super) static PAGE: Work<$type, u64, String> = Work(concat!(stringify!($name), " page"), |_| Ok(0));
            pub(super) static ANSWER: Work<u64, $type, String> =
                Work(concat!(stringify!($name), " answer"), |page| if page == 1 { Ok($value) } else { Err(String::new()) });
            pub(super) static ERROR: Work<u64, u64, $type> =
                Work(concat!(stringify!($name), " error"), |page| if page == 1 { Err($value) } else { Ok(page) });
        })*

        async fn work_if_unsendable() {
            $(
                work_if_child(&$name::PAGE).await;
                work_if_child(&$name::ANSWER).await;
                work_if_child(&$name::ERROR).await;
            )*
        }

        fn what_cannot_be_read_as_it_was_written_is_told_with_its_type() {
            $(
                let value: $type = $value;
                is_told::<$type>(stringify!($name), &round_trip(&$name::PAGE, [value])[0]);
                let results = round_trip(&$name::ANSWER, [0, 1, 2]);
                assert!(results[0] == Err(Failure::Failed(String::new())) && results[2] == results[0], "{results:?}");
                is_told::<$type>(stringify!($name), &results[1]);
                let results = round_trip(&$name::ERROR, [0, 1, 2]);
                assert!(results[0] == Ok(0) && results[2] == Ok(2), "{results:?}");
                is_told::<$type>(stringify!($name), &results[1]);
            )*
        }
    };
}

unsendable! {
    lines: Vec<Line> = vec![Line { code: 0, detail: None }, Line { code: 0, detail: Some(0) }];
    line: Line = Line { code: 7, detail: None };
    page: Page = Page { marks: vec![], words: vec![vec![0]] };
    many: Vec<Line> = iter::repeat_n(Line { code: 0, detail: None }, 400_000).chain(iter::repeat_n(Line { code: 0, detail: Some(0) }, 400_000)).collect();
    tagged: Tagged = Tagged::Word { text: "a".to_owned() };
    untagged: Untagged = Untagged::Number(7);
    flat: Flat = Flat { rest: HashMap::from([("a".to_owned(), 1)]) };
    value: Value = json!({ "n": 7 });
    lenient: Lenient = Lenient(7);
    lowered: Lowered = Lowered("A".to_owned());
    unreadable: Unreadable = Unreadable(7);
}

fn is_told<T>(name: &str, result: &Result<impl Debug, Failure<impl Debug>>) {
    let Err(Failure::Panicked(told)) = result else {
        panic!("{name}: {result:?}")
    };
    let is_named = told.contains(std::any::type_name::<T>()) || told == "it cannot be read";
    assert!(is_named, "{name}: {told}");
}

/// All that serde knows, and some that other formats lose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    map: HashMap<(u32, String), Option<Vec<u8>>>,
    #[allow(
        clippy::option_option,
        reason = "other formats lose the one in the other"
    )]
    nested: [Option<Option<()>>; 3],
    numbers: (u128, i128, f32, f64, char, bool, ()),
    results: Vec<Result<Box<str>, BTreeSet<i8>>>,
    #[serde(skip)]
    skipped: (),
    #[serde(rename = "other", default)]
    renamed: Duration,
}

static EVERYTHING: Work<Everything, Everything, Box<Everything>> = Work("everything", |page| {
    if page.renamed.is_zero() {
        Err(page.into())
    } else {
        Ok(page)
    }
});

fn what_can_be_read_comes_back_as_it_was() {
    let everything = |renamed| Everything {
        map: (0..100)
            .map(|n| ((n, n.to_string()), (n % 3 > 0).then(|| vec![7; n as usize])))
            .collect(),
        nested: [None, Some(None), Some(Some(()))],
        numbers: (
            u128::MAX,
            i128::MIN,
            f32::MIN_POSITIVE,
            f64::NEG_INFINITY,
            '\u{10ffff}',
            true,
            (),
        ),
        results: vec![Ok("a\0".into()), Err(BTreeSet::from([-128, 0]))],
        skipped: (),
        renamed,
    };
    let [zero, some] = [Duration::ZERO, Duration::from_nanos(1)].map(everything);
    let results = round_trip(&EVERYTHING, [zero.clone(), some.clone()]);
    assert_eq!(results, [Err(Failure::Failed(zero.into())), Ok(some)]);
    // Larger than what is shown, where an order may be another too.
    let large: Large = (0..300).map(|n| (n, vec![7; 10_000])).collect();
    assert_eq!(round_trip(&LARGE, [large.clone()]), [Ok(large)]);
}

type Large = HashMap<u32, Vec<u8>>;

static LARGE: Work<Large, Large, String> = Work("large", Ok);

fn children() -> Vec<u32> {
    children_of(process::id())
}

/// The processes that any of its threads has started, and that were not waited for yet.
fn children_of(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let lists = threads.filter_map(|thread| read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .map(|child| child.parse().unwrap())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn below(process: u32) -> Vec<u32> {
    let children = children_of(process);
    children
        .iter()
        .copied()
        .chain(children.iter().flat_map(|child| below(*child)))
        .collect()
}

/// Whether it runs: one that has ended and is not waited for yet does not.
fn is_alive(process: u32) -> bool {
    let stat = read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
}

/// The demo, in a group of processes of its own, as a shell starts it.
struct Demo(Child);

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let mut demo = Command::new(env!("CARGO_BIN_EXE_hybrid-pipeline"));
        demo.args(arguments)
            .env_remove("OUTCOME_FILE")
            .env_remove("OUTCOME_CASE")
            .process_group(0);
        Self(
            demo.stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        )
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
                    children_of(parent)
                        .into_iter()
                        .filter(|child| ticks(*child) >= 5)
                        .collect::<Vec<_>>(),
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
    let user = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.split(' ').nth(11)?.parse().ok());
    user.unwrap_or(0)
}

fn assert_gone(processes: &[u32]) {
    let started = Instant::now();
    wait_until("none is left", || {
        !processes.iter().any(|process| is_alive(*process))
    });
    let took = started.elapsed();
    eprintln!(
        "the last of {} processes ended {took:?} later",
        processes.len()
    );
    // Two seconds where nothing else runs.
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// Each computation takes minutes.
const LONG: [&str; 8] = [
    "tokio_processes",
    "--items",
    "100",
    "--steps",
    "100000000000",
    "--jobs",
    "2",
    "--no-fetch",
];

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
    assert!(
        workers.iter().all(|worker| is_alive(*worker)),
        "they compute on"
    );
    // Who asks twice does not want to wait.
    let all = below(demo.0.id());
    killpg(demo.group(), SIGINT).unwrap();
    let (code, printed, said) = demo.end();
    assert_eq!((code, printed.as_str(), said.as_str()), (Some(130), "", ""));
    assert_gone(&all);
}

fn ctrl_c_drains_what_was_begun() {
    let short = [
        "--items",
        "10000000",
        "--steps",
        "100000",
        "--jobs",
        "2",
        "--on-ctrl-c",
        "drain",
    ];
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
            wait_until("it computes", || {
                below(demo.0.id())
                    .iter()
                    .any(|process| ticks(*process) >= 5)
            });
        }
        let all = below(demo.0.id());
        killpg(demo.group(), SIGINT).unwrap();
        let (code, printed, said) = demo.end();
        assert_eq!(code, Some(130), "{variant}: {said}");
        let done = printed
            .strip_prefix(&format!("{variant}: "))
            .and_then(|line| line.split(' ').next());
        let done = done.unwrap_or_else(|| panic!("{variant}: it prints {printed}"));
        assert!(done.parse::<u64>().unwrap() > 0, "{printed}");
        // An item that was begun and not done would be told as failed.
        assert_eq!(
            said,
            format!("interrupted: {done} of 10000000 done, and none left half-way\n")
        );
        assert_gone(&all);
    }
}

macro_rules! tests {
    ($($run:ident $name:ident,)*) => { vec![$($run(stringify!($name), $name)),*] };
}

fn main() -> ExitCode {
    TOKIO.block_on(async {
        work_if_child(&ANSWER).await;
        work_if_child(&NESTED).await;
        work_if_child(&EVERYTHING).await;
        work_if_child(&LARGE).await;
        work_if_unsendable().await;
    });
    match env::var(ROLE).as_deref() {
        Ok("replaced") => replace_own_image(),
        Ok("stranger") => drop(pool(&ANSWER, 1)),
        _ => {
            return trials::run(tests![
                test one_that_is_killed_while_it_is_idle,
                test all_are_killed_while_they_are_idle,
                test killed_while_it_reads_a_large_job,
                test killed_while_it_computes,
                test killed_while_it_writes_a_large_answer,
                test one_that_always_ends_its_process_is_tried_twice_and_told,
                test a_panic_is_told_with_its_message,
                test a_panic_that_panics_when_it_is_dropped_is_told_and_ends_nothing,
                test many_megabytes_come_through_as_they_are,
                test twenty_are_killed_at_random_moments,
                test what_is_dropped_is_computed_no_more_and_the_pool_goes_on,
                test one_that_is_stopped_is_ended_where_it_is_dropped,
                // It kills every child of its process.
                alone killed_right_after_they_are_started,
                test what_ends_or_writes_nonsense_is_lost_and_told,
                test two_pipelines_keep_to_the_size_of_their_pool_and_to_its_processes,
                test a_pool_whose_workers_would_not_know_themselves_is_refused,
                test a_pool_in_a_worker_is_refused,
                test one_that_was_started_as_a_worker_of_nobody_makes_no_pool,
                test the_image_that_runs_is_started_and_not_what_has_replaced_it,
                test what_cannot_be_read_as_it_was_written_is_told_with_its_type,
                test what_can_be_read_comes_back_as_it_was,
                test none_outlives_its_parent,
                test ctrl_c_drops_all,
                test ctrl_c_is_for_the_parent_to_act_on,
                test ctrl_c_drains_what_was_begun,
            ]);
        }
    }
    ExitCode::SUCCESS
}
