//! What a program says, if it answers.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::poll::{PollFd, PollFlags};
use thiserror::Error;

use super::{Group, is_readable_by, name, run, wait_for};
use crate::terminal::{pass_on, shows_progress, tell};

/// Whoever only says what it is does so within this, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(10);
/// Nothing that we ask says more than this.
const MOST: usize = 64 << 20;

/// Programs that were once asked in vain are not asked again.
static NEVER_ANSWERED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A program was asked something, and had to be ended.
#[derive(Debug, Error)]
#[error("{program} does not answer: it was ended after {} s", PATIENCE.as_secs())]
pub(crate) struct NoAnswer {
    program: String,
}

/// How a program ended, and what it said.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// What a program says, to its end; an error if that does not come soon.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    Pending::start(command)?.finish()
}

/// Runs a command whose messages are for the reader; it takes as long as it takes. They pass through us where they could be lost, since
/// a program may fail for want of somebody who reads. What it prints as its result goes to `results`, if that is named.
pub(crate) fn run_shown(command: &mut Command, results: Option<File>) -> Result<ExitStatus> {
    let ended = if shows_progress() {
        if let Some(results) = results {
            command.stdout(results);
        }
        run(command, None)?
    } else {
        let mut pending = Pending::start_to(command, results.map_or_else(Stdio::piped, Stdio::from))?;
        pending.deadline = None;
        while pending.take_what_is_there()? {
            pending.show();
        }
        let ended = pending.group.wait(None)?;
        pending.group.end();
        rest(&mut pending.stdout)?;
        rest(&mut pending.stderr)?;
        pending.show();
        ended
    };
    ended.context("it was waited for")
}

/// The first line that a command prints, if it runs and succeeds.
pub(crate) fn said_by(command: &mut Command) -> Option<String> {
    let output = match output(command) {
        Ok(output) if output.status.success() => output,
        Ok(_) => return None,
        Err(error) => {
            told_if_in_vain(&error);
            return None;
        }
    };
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(|line| line.trim().to_owned())
}

/// Tells of a program that does not answer, and takes it as missing.
fn told_if_in_vain(error: &anyhow::Error) {
    if let Some(NoAnswer { program }) = error.downcast_ref()
        && note(program)
    {
        tell(&format!("{error}, and is taken as missing"));
    }
}

/// True the first time.
fn note(program: &str) -> bool {
    NEVER_ANSWERED.lock().unwrap_or_else(PoisonError::into_inner).insert(program.to_owned())
}

/// Whether a program was asked in vain.
pub fn never_answered(program: &str) -> bool {
    NEVER_ANSWERED.lock().unwrap_or_else(PoisonError::into_inner).contains(program)
}

/// A program that was asked and has not answered yet; several can be asked at once.
pub(crate) struct Pending {
    group: Group,
    /// It is ended then.
    deadline: Option<Instant>,
    stdout: (Option<ChildStdout>, Vec<u8>),
    stderr: (Option<ChildStderr>, Vec<u8>),
}

impl Pending {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        Self::start_to(command, Stdio::piped())
    }

    fn start_to(command: &mut Command, stdout: Stdio) -> Result<Self> {
        let program = name(command).to_string_lossy().into_owned();
        ensure!(!never_answered(&program), NoAnswer { program });
        let mut group = Group::start(command.stdout(stdout).stderr(Stdio::piped()))?;
        let (stdout, stderr) = (group.keeper.stdout.take(), group.keeper.stderr.take());
        let deadline = Some(Instant::now() + PATIENCE);
        Ok(Self { group, deadline, stdout: (stdout, Vec::new()), stderr: (stderr, Vec::new()) })
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Result<Output> {
        while self.take_what_is_there()? {
            let is_too_much = self.stdout.1.len().max(self.stderr.1.len()) > MOST;
            ensure!(!is_too_much, "{} says more than {} MB", self.group.name, MOST >> 20);
        }
        let Some(status) = self.group.wait(self.deadline)? else {
            bail!(NoAnswer { program: self.group.name.clone() });
        };
        // Now nobody is left who could write more.
        self.group.end();
        rest(&mut self.stdout)?;
        rest(&mut self.stderr)?;
        Ok(Output { status, stdout: self.stdout.1, stderr: self.stderr.1 })
    }

    /// Passes on what was said since the last time.
    fn show(&mut self) {
        for said in [&mut self.stdout.1, &mut self.stderr.1] {
            pass_on(said);
            said.clear();
        }
    }

    /// Reads once from each pipe that has something; false when the program has ended or its time has.
    fn take_what_is_there(&mut self) -> Result<bool> {
        let Self { group, stdout: (out, _), stderr: (err, _), .. } = self;
        let Some(line) = &group.line else { return Ok(false) };
        let pipes = [out.as_ref().map(AsFd::as_fd), err.as_ref().map(AsFd::as_fd)];
        let watched = [Some(line.as_fd()), pipes[0], pipes[1]].into_iter().flatten();
        let mut watched: Vec<_> = watched.map(|one| PollFd::new(one, PollFlags::POLLIN)).collect();
        if !wait_for(&mut watched, self.deadline)? {
            return Ok(false);
        }
        let has_ended = watched[0].any() == Some(true);
        take(&mut self.stdout)?;
        take(&mut self.stderr)?;
        Ok(!has_ended)
    }
}

/// What can be read without waiting, up to a pipe's length.
fn take(pipe: &mut (Option<impl Read + AsFd>, Vec<u8>)) -> Result<bool> {
    let Some(source) = &mut pipe.0 else { return Ok(false) };
    if !is_readable_by(source.as_fd(), Some(Instant::now()))? {
        return Ok(false);
    }
    let mut piece = [0; 4096];
    match source.read(&mut piece) {
        Ok(0) => pipe.0 = None,
        Ok(length) => pipe.1.extend_from_slice(&piece[..length]),
        Err(error) if error.kind() == ErrorKind::Interrupted => {}
        Err(error) => return Err(error.into()),
    }
    Ok(pipe.0.is_some())
}

fn rest(pipe: &mut (Option<impl Read + AsFd>, Vec<u8>)) -> Result<()> {
    while take(pipe)? {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_did_not_answer_is_noted_once() {
        assert!(!never_answered("no-such-program"));
        assert!(note("no-such-program") && !note("no-such-program"));
        assert!(never_answered("no-such-program"));
    }
}
