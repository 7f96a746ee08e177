//! Programs that never outlive their time, an interrupt, their own end, or us: the one place that starts any.
//!
//! Each is started by a [keeper], which is ourselves once more; it ends the program and all that came of it when the program
//! ends, when we say so, and when we are gone, whatever took us.

pub mod keeper;
mod limits;
pub mod litter;
mod output;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

pub use crate::interrupt::{Interrupted, carefully, check_interrupt, watch_for_interrupts};
pub(crate) use limits::in_force;
pub use limits::{check_room, has_room_for_threads, in_words};
pub use output::never_answered;
pub(crate) use output::{NoAnswer, Output, Pending, output, run_shown, said_by};

/// A signal may reach another thread of ours; then this long passes before it is heeded.
const TICK: Duration = Duration::from_millis(50);
/// What is killed may take this long to go: the system may be busy with it.
const TO_GO: Duration = Duration::from_secs(5);

/// A program to be started by [`run`], and within this crate by `Group::start` or `output`; by nothing else. Its stdin is empty.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    kept(keeper::KEEP, program.as_ref())
}

/// The same, with a stdin that ends when we do.
pub(crate) fn command_with_stdin(program: impl AsRef<OsStr>) -> Command {
    kept(keeper::KEEP_WITH_STDIN, program.as_ref())
}

/// The same for a command that is written as one elsewhere; where its streams lead is forgotten.
pub(crate) fn keep(command: &Command) -> Command {
    let mut kept = self::command(command.get_program());
    kept.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => kept.env(name, value),
            None => kept.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        kept.current_dir(folder);
    }
    kept
}

#[allow(clippy::disallowed_methods, reason = "the one place")]
fn kept(role: &str, program: &OsStr) -> Command {
    let mut command = Command::new(ourselves());
    // No key of the terminal reaches another group. A session of its own would not do: the system shares its cores out between sessions,
    // and what is timed, the origin and what else runs are to be in one, as they would be without us.
    command.arg0("xtask-keeper").arg(role).arg(program).process_group(0);
    command
}

/// The image that runs, also where its file was replaced by a newer build.
fn ourselves() -> PathBuf {
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        running.to_owned()
    } else {
        env::current_exe().unwrap_or_else(|_| running.to_owned())
    }
}

/// The program that a [`command`] will start.
fn name(command: &Command) -> OsString {
    command.get_args().nth(1).unwrap_or_default().to_owned()
}

/// Runs `command` to its end, or ends it after `limit` and returns none.
///
/// # Errors
/// If it cannot be started, or an interrupt came: none of its processes is left.
pub fn run(command: &mut Command, limit: Option<Duration>) -> Result<Option<ExitStatus>> {
    let deadline = limit.map(|limit| Instant::now() + limit);
    Group::start(command)?.wait(deadline)
}

/// A program with all the processes that it starts; dropping it leaves none of them alive.
pub(crate) struct Group {
    keeper: Child,
    /// The keeper says on it how the program ends; the keeper ends it at the end of this.
    line: Option<UnixStream>,
    name: String,
    program: Option<Pid>,
    /// How it ended, once it has.
    status: Option<ExitStatus>,
}

impl Group {
    #[allow(clippy::disallowed_methods, reason = "the one place")]
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        check_interrupt()?;
        let name = name(command).to_string_lossy().into_owned();
        let cannot = || format!("cannot start {name}");
        keeper::check().with_context(cannot)?;
        let (line, theirs) = UnixStream::pair().with_context(cannot)?;
        let keeper = command.stdin(OwnedFd::from(theirs)).spawn().with_context(cannot)?;
        // Or the command would hold the keeper's end open, and we would not see it go.
        command.stdin(Stdio::null());
        let mut group = Self { keeper, line: Some(line), name, program: None, status: None };
        match group.hear(None)? {
            Some((keeper::STARTED, pid)) => {
                group.program = Some(Pid::from_raw(pid));
                Ok(group)
            }
            Some((_, number)) => {
                let error = io::Error::from_raw_os_error(number);
                Err(error).with_context(|| format!("cannot start {}", group.name))
            }
            None => bail!("cannot start {}", group.name),
        }
    }

    /// How it ended; none if it has not by `deadline`.
    pub(crate) fn wait(&mut self, deadline: Option<Instant>) -> Result<Option<ExitStatus>> {
        if self.status.is_none() {
            let heard = self.hear(deadline)?;
            // A Ctrl-C may reach the program first; then it is no failure of the program.
            check_interrupt()?;
            self.status = heard.map(|(_, raw)| ExitStatus::from_raw(raw));
        }
        Ok(self.status)
    }

    /// The program's own process.
    pub(crate) fn program(&self) -> Option<Pid> {
        self.program
    }

    /// What the program writes to a pipe.
    pub(crate) fn stdout(&mut self) -> Option<impl Read + AsFd + use<>> {
        self.keeper.stdout.take()
    }

    /// What the keeper says next; none if it says nothing by `deadline`.
    fn hear(&mut self, deadline: Option<Instant>) -> Result<Option<(u8, i32)>> {
        let Some(mut line) = self.line.as_ref() else { return Ok(None) };
        if !is_readable_by(line.as_fd(), deadline)? {
            return Ok(None);
        }
        let mut said = [0; keeper::WORD];
        match line.read_exact(&mut said) {
            Ok(()) => Ok(Some(keeper::read(said))),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(anyhow!("what watches over {} was killed", self.name))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Ends it with all that came of it, and returns when they are gone.
    fn end(&mut self) {
        if self.line.take().is_none() {
            return;
        }
        let started = Instant::now();
        let ended = loop {
            match self.keeper.try_wait() {
                Ok(None) if started.elapsed() < TO_GO => sleep(Duration::from_millis(1)),
                ended => break ended,
            }
        };
        if !matches!(ended, Ok(Some(status)) if status.success()) || !cfg!(target_os = "linux") {
            // It was killed itself, or knows only those that have stayed in its group.
            self.keeper.kill().ok();
            killpg(Pid::from_raw(self.keeper.id().cast_signed()), Signal::SIGKILL).ok();
            self.keeper.wait().ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits until there is something to read, or the end of it; false if there is nothing by `deadline`.
pub(crate) fn is_readable_by(source: BorrowedFd, deadline: Option<Instant>) -> Result<bool> {
    wait_for(&mut [PollFd::new(source, PollFlags::POLLIN)], deadline)
}

/// Waits until one of them is ready; false if none is by `deadline`.
fn wait_for(sources: &mut [PollFd], deadline: Option<Instant>) -> Result<bool> {
    loop {
        check_interrupt()?;
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let tick = left.map_or(TICK, |left| left.min(TICK));
        // Rounded up, or the last millisecond would be one of spinning.
        let tick = u16::try_from(tick.as_micros().div_ceil(1000)).unwrap_or(u16::MAX);
        match poll(sources, tick) {
            Ok(0) if left.is_some_and(|left| left.is_zero()) => return Ok(false),
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}
