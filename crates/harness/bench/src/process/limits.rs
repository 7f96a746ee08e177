//! Limits of this process (`ulimit`), named where they stand in the way.

use std::io::{self, ErrorKind};

use anyhow::{Result, ensure};
use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

/// Every command reads the data and draws the pages of a whole machine within this.
const ROOM: u64 = 512 << 20;

/// What the system calls each limit, what a shell does, and in which unit it shows it.
const LIMITS: [(Resource, &str, &str, u64, &str); 6] = [
    (Resource::RLIMIT_AS, "address space", "ulimit -v", 1 << 20, " MB"),
    (Resource::RLIMIT_DATA, "memory", "ulimit -d", 1 << 20, " MB"),
    (Resource::RLIMIT_FSIZE, "the size of a file", "ulimit -f", 1 << 10, " kB"),
    (Resource::RLIMIT_NPROC, "processes and threads", "ulimit -u", 1, ""),
    (Resource::RLIMIT_NOFILE, "open files", "ulimit -n", 1, ""),
    (Resource::RLIMIT_CPU, "processor time", "ulimit -t", 1, " s"),
];

/// The limit in words, if there is one.
fn told(resource: Resource) -> Option<String> {
    let (_, what, shell, unit, suffix) = LIMITS.into_iter().find(|limit| limit.0 == resource)?;
    let (soft, _) = getrlimit(resource).ok().filter(|&(soft, _)| soft != RLIM_INFINITY)?;
    Some(format!("the limit of {what} ({shell}) is {}{suffix}", soft / unit))
}

/// An allocation that fails would end us without a word, so that too little room is told first.
///
/// # Errors
/// If address space or memory is limited to less than 512 MB: the message names the limit as a shell does, `ulimit -v`.
pub fn check_room() -> Result<()> {
    for resource in [Resource::RLIMIT_AS, Resource::RLIMIT_DATA] {
        let (soft, _) = getrlimit(resource).unwrap_or((RLIM_INFINITY, RLIM_INFINITY));
        ensure!(
            soft >= ROOM,
            "{}, and {} MB are needed: raise it",
            told(resource).unwrap_or_default(),
            ROOM >> 20
        );
    }
    Ok(())
}

/// Whether threads may have as much address space as they reserve.
pub fn has_room_for_threads() -> bool {
    told(Resource::RLIMIT_AS).is_none()
}

/// The limits that a build may have run into, as they stand here; empty if there are none.
pub(crate) fn in_force() -> String {
    let limits = [Resource::RLIMIT_AS, Resource::RLIMIT_DATA, Resource::RLIMIT_FSIZE, Resource::RLIMIT_CPU];
    limits.into_iter().filter_map(told).fold(String::new(), |all, limit| all + "; " + &limit)
}

/// An error with all its causes, and what helps.
pub fn in_words(error: &anyhow::Error) -> String {
    mend(error).map_or_else(|| format!("{error:#}"), |mend| format!("{error:#}: {mend}"))
}

/// What helps against an error of the system, where its own words do not say.
fn mend(error: &anyhow::Error) -> Option<String> {
    let causes = || error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    // What tempfile says has no number any more.
    for cause in causes() {
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                let mend = "free some space there, or let bench-all write to another disk with --out DIR";
                return Some(mend.to_owned());
            }
            ErrorKind::FileTooLarge => return told(Resource::RLIMIT_FSIZE),
            _ => {}
        }
    }
    match Errno::from_raw(causes().find_map(io::Error::raw_os_error)?) {
        Errno::EAGAIN => told(Resource::RLIMIT_NPROC),
        Errno::EMFILE => told(Resource::RLIMIT_NOFILE),
        Errno::ENOMEM => told(Resource::RLIMIT_AS).or_else(|| told(Resource::RLIMIT_DATA)),
        _ => None,
    }
}
