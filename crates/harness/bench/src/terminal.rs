//! The two streams that we write to, each in one place: results to stdout, all else to stderr.
//!
//! Neither may be there: a reader may have seen enough, a terminal may be closed, a disk full. And a reader that has stopped reading
//! must not keep us from heeding Ctrl-C.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, stderr, stdout};
use std::os::fd::{AsFd, BorrowedFd};

use anyhow::{Result, anyhow, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::unistd::write;

use crate::interrupt::{Interrupted, check_interrupt};

/// A pipe that has room takes so much at once.
const PIECE: usize = 4096;

/// Prints a result. A reader who has seen enough, `| head` say, is no error.
///
/// # Errors
/// [`Interrupted`] if a signal came while the reader did not read; else if the text cannot be written, to a full disk for
/// example.
pub fn say(text: &str) -> Result<()> {
    match send(stdout().as_fd(), text.as_bytes()) {
        Ok(Sent::Interrupted) => bail!(Interrupted),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        // Its source is left out: what helps a full disk of results does not help here.
        Err(error) => Err(anyhow!("cannot write to the standard output: {error}")),
        Ok(Sent::All) => Ok(()),
    }
}

/// A line of progress, a note, an error. Where nobody can read it, nothing follows from that.
pub fn tell(text: &str) {
    send(stderr().as_fd(), format!("{text}\n").as_bytes()).ok();
}

/// What another program says, as it is.
pub(crate) fn pass_on(said: &[u8]) {
    send(stderr().as_fd(), said).ok();
}

/// A question, which an answer will follow on the same line.
pub fn ask(text: &str) {
    send(stderr().as_fd(), text.as_bytes()).ok();
}

/// Whether a bar can be drawn for somebody to see.
pub fn shows_progress() -> bool {
    stderr().is_terminal() && !is_dumb()
}

/// Whether results are to be coloured.
pub fn is_coloured() -> bool {
    stdout().is_terminal() && !is_dumb() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A terminal that knows no escapes.
fn is_dumb() -> bool {
    env::var_os("TERM").is_none_or(|term| term == "dumb")
}

enum Sent {
    All,
    Interrupted,
}

fn send(stream: BorrowedFd, mut left: &[u8]) -> io::Result<Sent> {
    while !left.is_empty() {
        if !takes_more(stream)? {
            if check_interrupt().is_err() {
                return Ok(Sent::Interrupted);
            }
            continue;
        }
        match write(stream, &left[..left.len().min(PIECE)]) {
            Ok(length) => left = &left[length..],
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Sent::All)
}

/// Waits a moment for room.
fn takes_more(stream: BorrowedFd) -> io::Result<bool> {
    match poll(&mut [PollFd::new(stream, PollFlags::POLLOUT)], 50_u8) {
        Ok(0) | Err(Errno::EINTR) => Ok(false),
        Ok(_) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
