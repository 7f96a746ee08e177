//! Ctrl-C, SIGTERM and a closed terminal: they end most commands where they stand, and the others at their next step.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use thiserror::Error;

/// How a command exits that was interrupted.
pub const INTERRUPTED: u8 = 130;

static IS_INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
/// Nothing would be left half done, so that an interrupt may end us where we stand.
static MAY_STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

/// Someone pressed Ctrl-C.
#[derive(Debug, Error)]
#[error("interrupted")]
pub struct Interrupted;

/// From here on Ctrl-C, SIGTERM and a closed terminal end us, and with us what we have started.
///
/// # Errors
/// If the system does not let us handle a signal.
pub fn watch_for_interrupts() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        if signal != SIGHUP || !hangups_are_ignored() {
            flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&MAY_STOP))
                .and_then(|_| flag::register(signal, Arc::clone(&IS_INTERRUPTED)))
                .context("cannot watch for Ctrl-C")?;
        }
    }
    // A file that grows beyond `ulimit -f` is then an error of the write, and not the end of us.
    flag::register(SIGXFSZ, Arc::default()).context("cannot watch for files that are too large")?;
    Ok(())
}

/// Whether we were started by `nohup`, whose promise a handler of our own would break.
fn hangups_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & 1 << (SIGHUP - 1) != 0)
}

/// Whether a signal has come since [`watch_for_interrupts`]; to be asked in every loop that waits.
///
/// # Errors
/// [`Interrupted`] if one has.
pub fn check_interrupt() -> Result<(), Interrupted> {
    if IS_INTERRUPTED.load(SeqCst) { Err(Interrupted) } else { Ok(()) }
}

/// Does what must not stop in the middle: an interrupt is heeded where `work` checks for it, or when it is done.
///
/// # Errors
/// [`Interrupted`] if a signal came, even if the work was done; else what `work` returns. A call within another one leaves the
/// signal to the outer one.
pub fn carefully<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = MAY_STOP.swap(false, SeqCst);
    let done = work();
    MAY_STOP.store(before, SeqCst);
    if before {
        check_interrupt()?;
    }
    done
}
