//! What stands between us and each program that we start: ourselves once more, in a group of its own.
//!
//! It becomes the parent of every process that its program leaves behind, whatever session or group that has put itself
//! into, so that it can find them all. They end when the program ends, and when the line to us does: when we say so, or are gone,
//! by whatever signal. It sleeps in between, and is nowhere near what is timed.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write, stdin};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};
use signal_hook::consts::SIGCHLD;
use signal_hook::low_level::pipe;

use super::litter;

/// The first argument of a keeper; the others are the program and its arguments.
pub(super) const KEEP: &str = "__keep";
/// The same, with a stdin that ends when the keeper does.
pub(super) const KEEP_WITH_STDIN: &str = "__keep-with-stdin";

/// What a keeper says takes so many bytes: what it is about, and a number.
pub(super) const WORD: usize = 5;
/// The program runs; the number is that of its process.
pub(super) const STARTED: u8 = b'S';
/// It could not be started; the number is the system's error.
const FAILED: u8 = b'F';
/// It has ended; the number is its status as `wait` tells it.
const ENDED: u8 = b'E';

/// What cannot be killed within this is another's.
const TO_GO: Duration = Duration::from_secs(4);

/// Whether this program's `main` has asked for its [role].
static KNOWS_ROLES: AtomicBool = AtomicBool::new(false);

/// How this program ends if it was started as a keeper; none if it was not. It is the first thing that `main` asks.
pub fn role() -> Option<ExitCode> {
    KNOWS_ROLES.store(true, Ordering::Relaxed);
    let mut arguments = env::args_os().skip(1);
    let role = arguments.next()?;
    let done = match role.to_str()? {
        KEEP => keep(arguments, Stdio::null()),
        KEEP_WITH_STDIN => keep(arguments, Stdio::piped()),
        litter::SWEEP => litter::sweep(),
        _ => return None,
    };
    Some(if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Refuses to start another process in a program that never asks for its [role]: each copy would start a further one, without end.
pub(super) fn check() -> io::Result<()> {
    if KNOWS_ROLES.load(Ordering::Relaxed) {
        return Ok(());
    }
    Err(io::Error::other(
        "this program starts no others: its `main` must begin with `bench::process::keeper::role()`",
    ))
}

pub(super) fn read(said: [u8; WORD]) -> (u8, i32) {
    let [what, number @ ..] = said;
    (what, i32::from_le_bytes(number))
}

fn say(mut line: &UnixStream, what: u8, number: i32) {
    let mut word = [what; WORD];
    word[1..].copy_from_slice(&number.to_le_bytes());
    // Nobody may be there any more, which we see elsewhere.
    line.write_all(&word).ok();
}

#[allow(clippy::disallowed_methods, reason = "what all programs are started by")]
fn keep(mut arguments: impl Iterator<Item = OsString>, input: Stdio) -> io::Result<()> {
    adopt_orphans();
    let line = UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
    let (mut woken, wake) = UnixStream::pair()?;
    woken.set_nonblocking(true)?;
    pipe::register(SIGCHLD, wake)?;

    let mut program = Command::new(arguments.next().unwrap_or_default());
    let child = match program.args(arguments).stdin(input).spawn() {
        Ok(child) => child,
        Err(error) => {
            say(&line, FAILED, error.raw_os_error().unwrap_or(Errno::EINVAL as i32));
            return Err(error);
        }
    };
    let program = Pid::from_raw(child.id().cast_signed());
    say(&line, STARTED, program.as_raw());
    let mut ending: Option<Instant> = None;
    loop {
        let reaped = reap(program);
        if let Some(status) = reaped.status {
            say(&line, ENDED, status);
            ending.get_or_insert_with(Instant::now);
        }
        if !reaped.leaves_any {
            return Ok(());
        }
        if let Some(since) = ending {
            if since.elapsed() > TO_GO {
                return Ok(());
            }
            kill_descendants();
        }
        let mut sources = [woken.as_fd(), line.as_fd()].map(|one| PollFd::new(one, PollFlags::POLLIN));
        // Once its end has begun, the line has nothing more to say.
        let (sources, patience) = match ending {
            Some(_) => (&mut sources[..1], PollTimeout::from(2_u8)),
            None => (&mut sources[..], PollTimeout::NONE),
        };
        poll(sources, patience).ok();
        let is_over = sources.get(1).and_then(PollFd::any).unwrap_or_default();
        if is_over {
            ending = Some(Instant::now());
        }
        while woken.read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
    }
}

struct Reaped {
    /// How the program ended, if that was now.
    status: Option<i32>,
    /// Whether any process is left.
    leaves_any: bool,
}

/// Takes note of all that have ended.
fn reap(program: Pid) -> Reaped {
    let mut status = None;
    loop {
        let (pid, ended) = match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => (pid, (code & 0xff) << 8),
            Ok(WaitStatus::Signaled(pid, signal, core)) => (pid, signal as i32 | i32::from(core) << 7),
            Ok(WaitStatus::StillAlive) => return Reaped { status, leaves_any: true },
            Err(Errno::ECHILD) => return Reaped { status, leaves_any: false },
            Ok(_) | Err(_) => continue,
        };
        if pid == program {
            status = Some(ended);
        }
    }
}

#[cfg(target_os = "linux")]
fn adopt_orphans() {
    nix::sys::prctl::set_child_subreaper(true).ok();
    nix::sys::prctl::set_name(c"xtask-keeper").ok();
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() {}

/// All that came of us: our children, theirs, and so on. Each that goes leaves us its children, so that a second look finds who
/// was started during the first.
fn kill_descendants() {
    let ours = getpid().as_raw();
    let parents = parents();
    if parents.is_empty() {
        // Where there is no /proc: at least those that have stayed in our group.
        nix::sys::signal::killpg(getpid(), Signal::SIGKILL).ok();
    }
    for &pid in parents.keys() {
        let mut above = pid;
        // No chain is longer than there are processes, not even one that changed while it was read.
        for _ in 0..parents.len() {
            match parents.get(&above) {
                Some(&parent) if parent == ours => {
                    kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
                    break;
                }
                Some(&parent) => above = parent,
                None => break,
            }
        }
    }
}

/// Each process and its parent.
fn parents() -> BTreeMap<i32, i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: i32| {
        let status = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let parent = after_name(&status)?.nth(1)?.parse().ok()?;
        Some((pid, parent))
    })
    .collect()
}

/// What a process's `stat` says after its name. That may hold anything, so the last bracket ends it.
pub(crate) fn after_name(stat: &[u8]) -> Option<impl Iterator<Item = &str>> {
    let after = stat.iter().rposition(|&byte| byte == b')')? + 1;
    Some(str::from_utf8(&stat[after..]).ok()?.split_whitespace())
}
