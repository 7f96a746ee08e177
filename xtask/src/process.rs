//! Children that never outlive their time, their parent's interrupt, or their own end.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use thiserror::Error;

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Someone pressed Ctrl-C.
#[derive(Debug, Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;

/// From here on Ctrl-C, SIGTERM and a closed terminal end the child that runs, and the work at its next step.
pub(crate) fn watch_for_interrupts() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        if signal != SIGHUP || !hangups_are_ignored() {
            flag::register(signal, Arc::clone(&INTERRUPTED)).context("cannot watch for Ctrl-C")?;
        }
    }
    Ok(())
}

/// Whether we were started by `nohup`, whose promise a handler of our own would break.
fn hangups_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & 1 << (SIGHUP - 1) != 0)
}

pub(crate) fn check_interrupt() -> Result<(), Interrupted> {
    if INTERRUPTED.load(Relaxed) { Err(Interrupted) } else { Ok(()) }
}

/// Runs `command` to its end, or kills it after `limit` and returns none.
pub(crate) fn run(command: &mut Command, limit: Option<Duration>) -> Result<Option<ExitStatus>> {
    check_interrupt()?;
    let name = command.get_program().to_string_lossy().into_owned();
    let mut group = Group::start(command).with_context(|| format!("cannot start {name}"))?;
    let started = Instant::now();
    loop {
        if let Some(status) = group.child.try_wait()? {
            // A Ctrl-C in the terminal may reach the child first; then it is no failure of the child.
            check_interrupt()?;
            return Ok(Some(status));
        }
        check_interrupt()?;
        if limit.is_some_and(|limit| started.elapsed() >= limit) {
            return Ok(None);
        }
        sleep(Duration::from_millis(1));
    }
}

/// A child with all the processes that it starts; dropping it leaves none of them alive.
pub(crate) struct Group {
    pub(crate) child: Child,
}

impl Group {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        Ok(Self { child: command.process_group(0).spawn()? })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = Pid::from_raw(self.child.id().cast_signed());
        // Nobody is left in the group when all went well.
        killpg(group, Signal::SIGKILL).ok();
        self.child.wait().ok();
    }
}
