//! A run in a child process, since the system may end it where nothing can be caught: std aborts when a new thread
//! cannot be set up (rust-lang/rust#78497). What stopped it is then found out by doing it again, up to that point.

use std::io::{BufRead, BufReader, Read, Write, stderr, stdout};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use std::{env, process, thread};

use crate::limits::{self, Usage};
use crate::{INTERRUPTED, Outcome, Refused};
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use signal_hook::consts::SIGINT;

/// Set in a child: `run`, or how many threads to hold and with which stacks.
const CHILD: &str = "OUTCOME_CHILD";

/// How long a child that was refused a thread may take to end by itself.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The limit is read off while this many threads fewer than were reached are held, so that there is room to look.
const MARGIN: u64 = 16;

/// How many threads a run starts at once, and with which stacks.
#[derive(Debug, Clone, Copy)]
pub struct Threads {
    /// How many.
    pub count: u64,
    /// The stack of each in bytes; none for std's default.
    pub stack_bytes: Option<usize>,
}

impl Threads {
    /// So many, with std's default stack.
    pub fn of(count: u64) -> Self {
        Self { count, stack_bytes: None }
    }

    /// Those of a runtime: one for each core, and one or two more.
    pub fn of_a_runtime() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from) as u64;
        Self::of(cores + 2)
    }
}

/// The limit that is used up, with its figures in words.
type Found = Option<(String, String)>;

/// Does `run` in a child process, which is this program with the same arguments, and whose `main` must come here
/// again. Where the system refuses the child its `threads`, the outcome is that refusal, with the limit that stopped
/// it; `expected` is the work that was asked for. On Ctrl-C this process waits for the child, and exits with 130 unless all was done.
///
/// # Errors
/// When the run fails and no limit on threads is to blame; the message is the child's own.
pub fn guard(
    experiment: &str,
    variant: &str,
    expected: u64,
    threads: Threads,
    run: impl FnOnce() -> Result<()>,
) -> Result<()> {
    match env::var(CHILD).ok() {
        None => watch(experiment, variant, expected, threads),
        Some(role) if role == "run" => run(),
        Some(number) => hold(number.parse()?, threads.stack_bytes),
    }
}

fn watch(experiment: &str, variant: &str, expected: u64, threads: Threads) -> Result<()> {
    let started = Instant::now();
    // A terminal's Ctrl-C goes to the child too, which may have something to bring to its end.
    let is_interrupted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, Arc::clone(&is_interrupted)).context("cannot catch Ctrl-C")?;
    let mut child =
        child("run")?.stderr(Stdio::piped()).spawn().context("cannot start a process for the run")?;
    let said = hear_out(&mut child)?;
    let status = child.wait()?;
    if status.success() {
        return Ok(stderr().write_all(&said)?);
    }
    if is_interrupted.load(Ordering::Relaxed) {
        stderr().write_all(&said)?;
        process::exit(INTERRUPTED);
    }
    let elapsed = started.elapsed();
    let said = String::from_utf8_lossy(&said);
    // Asked only then: a run that failed of something else may be one that could not have had its threads either.
    let refused = if wants_for_threads(&said) { refusal(threads, reason(&said))? } else { None };
    match refused {
        Some(refused) => Outcome::of_refusal(experiment, variant, expected, elapsed, refused).report(),
        None => bail!(failure(&said, status)),
    }
}

/// What a child says until it ends. One that was refused a thread may hang while it panics, and is ended.
fn hear_out(child: &mut Child) -> Result<Vec<u8>> {
    let mut stderr = child.stderr.take().context("its stderr is a pipe")?;
    let (mut said, mut piece) = (Vec::new(), [0; 4096]);
    let mut is_ended = false;
    loop {
        let length = stderr.read(&mut piece)?;
        if length == 0 {
            return Ok(said);
        }
        said.extend_from_slice(&piece[..length]);
        if !is_ended && wants_for_threads(&String::from_utf8_lossy(&said)) {
            thread::sleep(LAST_WORDS);
            child.kill().ok();
            is_ended = true;
        }
    }
}

/// Whether it is told that a thread or its memory was refused, as std, the libraries and glibc print that.
fn wants_for_threads(said: &str) -> bool {
    // glibc knows no numbers: it ends the process where a new thread gets no memory for what is its own.
    const WORDS: [&str; 4] =
        ["memory allocation of", "out of memory", "annot allocate", "Resource temporarily unavailable"];
    let errors = [Errno::EAGAIN, Errno::ENOMEM].map(|errno| errno as i32);
    let is_told = |errno: &i32| {
        said.contains(&format!("(os error {errno})")) || said.contains(&format!("code: {errno},"))
    };
    WORDS.iter().any(|words| said.contains(words)) || errors.iter().any(is_told)
}

fn child(role: &str) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(env::args_os().skip(1)).env(CHILD, role).stdin(Stdio::null());
    // A backtrace takes memory and locks, which a process that is refused threads may not get.
    command.env("RUST_BACKTRACE", "0");
    Ok(command)
}

/// Whether the system refuses that many threads, at which, and for which limit.
fn refusal(threads: Threads, said: &str) -> Result<Option<Refused>> {
    let (at, _) = held(threads.count)?;
    if at >= threads.count {
        return Ok(None);
    }
    let (limit, usage) = used_up_near(at, held)?
        .unwrap_or(("not identified".to_owned(), "no limit that is known here was near".to_owned()));
    Ok(Some(Refused { at, limit, detail: format!("{said}; {usage}") }))
}

/// Now that `at` threads are known to be had, holds nearly as many and looks which limit is used up.
fn used_up_near(mut at: u64, held: impl Fn(u64) -> Result<(u64, Found)>) -> Result<Found> {
    loop {
        let count = at.saturating_sub(MARGIN);
        let (reached, found) = held(count)?;
        if reached == count {
            return Ok(found);
        }
        // Another process has not as much room: one more arena of glibc's allocator is the stacks of 32 threads. Whoever is
        // refused cannot look, so look in one that holds fewer.
        at = reached;
    }
}

/// Has a child hold `count` threads: how many it could, and which limit is used up then, with its figures.
fn held(count: u64) -> Result<(u64, Found)> {
    let mut child = child(&count.to_string())?.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (mut reached, mut found) = (0, None);
    for line in BufReader::new(child.stdout.take().context("its stdout is a pipe")?).lines() {
        let line = line?;
        match line.split_once('\t') {
            Some((limit, usage)) => found = Some((limit.to_owned(), usage.to_owned())),
            None => reached = line.parse()?,
        }
    }
    child.wait()?;
    Ok((reached, found))
}

/// The child of [`held`]: starts one thread after the other, tells each that really runs, and which limit has no room
/// for as many more as the margin. It never returns, since returning would wait for nothing and end them all the same.
fn hold(count: u64, stack_bytes: Option<usize>) -> Result<()> {
    let before = Usage::now(stack_bytes);
    let (arrived, arrivals) = channel();
    for number in 1..=count {
        let arrived = arrived.clone();
        let mut builder = thread::Builder::new();
        if let Some(bytes) = stack_bytes {
            builder = builder.stack_size(bytes);
        }
        builder.spawn(move || {
            arrived.send(()).ok();
            loop {
                thread::park();
            }
        })?;
        arrivals.recv()?;
        writeln!(stdout(), "{number}")?;
    }
    if let Some((limit, usage)) = limits::used_up(&before, &Usage::now(stack_bytes), count, MARGIN) {
        writeln!(stdout(), "{limit}\t{usage}")?;
    }
    process::exit(0)
}

/// The line in which a child tells why it ended: that of its error, else the first, and for a panic the message below it.
fn reason(said: &str) -> &str {
    // Others may have said something before it, an origin say.
    if let Some(error) = said.lines().rev().find_map(|line| line.strip_prefix("error: ")) {
        return error;
    }
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    match lines.next() {
        Some(first) if first.contains("panicked at") => lines.next().unwrap_or(first),
        first => first.unwrap_or("it said nothing"),
    }
}

fn failure(said: &str, status: ExitStatus) -> String {
    if status.code() == Some(1) {
        reason(said).to_owned()
    } else {
        format!("the run ended with {status}: {}", reason(said))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::{MARGIN, reason, used_up_near, wants_for_threads};

    #[test]
    fn a_process_with_less_room_than_the_first_is_followed_by_one_that_holds_fewer() {
        let asked = RefCell::new(Vec::new());
        let held = |count: u64| {
            asked.borrow_mut().push(count);
            let told = |count| Some(("RLIMIT_AS".to_owned(), format!("with {count} threads")));
            Ok(if count <= 32 { (count, told(count)) } else { (32, None) })
        };
        assert_eq!(used_up_near(63, held).unwrap().unwrap().1, "with 16 threads");
        assert_eq!(asked.take(), [63 - MARGIN, 32 - MARGIN]);
        assert!(used_up_near(40, |_| Ok((0, None))).unwrap().is_none(), "it comes to an end");
    }

    #[test]
    fn threads_are_asked_after_only_where_one_may_have_been_refused() {
        assert!(wants_for_threads(
            "failed to set up alternative stack: Cannot allocate memory (os error 12)"
        ));
        assert!(wants_for_threads(
            "failed to spawn thread: Os { code: 11, kind: WouldBlock, message: \"..\" }"
        ));
        assert!(wants_for_threads("Fatal glibc error: failed to register TLS destructor: out of memory"));
        assert!(wants_for_threads("cannot allocate memory in static TLS block"));
        assert!(!wants_for_threads(
            "error: 9 of 9 downloads failed, most of them with: refused (os error 111)"
        ));
        assert!(!wants_for_threads(""));
    }

    #[test]
    fn the_reason_is_the_error_or_the_panic_whoever_spoke_before() {
        assert_eq!(reason("origin: cannot accept\nerror: no luck\n"), "no luck");
        assert_eq!(
            reason("\nthread 'a' (7) panicked at src/a.rs:1:1:\nno luck\nnote: run with\n"),
            "no luck"
        );
        assert_eq!(reason("Killed\n"), "Killed");
        assert_eq!(reason("\n"), "it said nothing");
    }
}
